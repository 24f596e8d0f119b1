//! Constants of an ONNX file, and bounds on values computed from them.

use std::rc::Rc;

use super::parts::Read;
use crate::import::onnx::{Attribute, Data, Node, Tensor};

/// Limit of the values that all constants of a file may be converted to: as many as the largest network has in 8 bits.
const MOST_NUMBERS: usize = 24 << 20;
/// Limit of the values of a result that describes sizes: a shape, a padding, a scale for each channel.
pub const MOST_SIZES: usize = 4096;

/// The number of values that may still be computed.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_NUMBERS)
    }
}

impl Budget {
    /// Subtracts `count` values from the budget.
    pub fn charge(&mut self, count: usize) -> Read<()> {
        self.0 = self.0.checked_sub(count).ok_or("has more constants than a network of this kind needs")?;
        Ok(())
    }
}

/// Values in row-major order, in double precision, which is exact for sizes and weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    pub shape: Vec<usize>,
    pub values: Rc<Vec<f64>>,
    /// Whether the values are of an integer type, so that divisions truncate.
    pub whole: bool,
}

impl Numbers {
    pub fn new(shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self { shape, values: Rc::new(values), whole: false }
    }

    /// Makes a list of integers.
    pub fn sizes(sizes: impl IntoIterator<Item = usize>) -> Self {
        let values: Vec<f64> = sizes.into_iter().map(|size| size as f64).collect();
        Self { whole: true, ..Self::new(vec![values.len()], values) }
    }

    /// Returns the values in single precision.
    pub fn floats(&self) -> Vec<f32> {
        self.values.iter().map(|v| *v as f32).collect()
    }

    /// Returns the values as integers, truncated towards zero and clamped to 64 bits.
    pub fn integers(&self) -> Vec<i64> {
        self.values.iter().map(|v| *v as i64).collect()
    }
}

/// A constant: a tensor of the file, or a computed value.
#[derive(Debug, Clone)]
pub enum Constant<'m> {
    Tensor(&'m Tensor),
    Numbers(Numbers),
}

impl<'m> Constant<'m> {
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Tensor(tensor) => &tensor.shape,
            Self::Numbers(numbers) => &numbers.shape,
        }
    }

    /// Returns the number of values.
    pub fn count(&self) -> usize {
        match self {
            Self::Tensor(tensor) => tensor.data.len(),
            Self::Numbers(numbers) => numbers.values.len(),
        }
    }

    /// Returns the values, if there are at most [`MOST_SIZES`].
    pub fn small(&self) -> Option<Numbers> {
        let sides = self.shape().iter().try_fold(1usize, |n, side| n.checked_mul((*side).max(1)));
        sides.filter(|sides| *sides <= MOST_SIZES).map(|_| self.converted())
    }

    /// Returns the values, as far as the budget allows.
    pub fn numbers(&self, budget: &mut Budget) -> Read<Numbers> {
        if let Self::Tensor(_) = self {
            budget.charge(self.count())?;
        }
        Ok(self.converted())
    }

    /// Returns the values in single precision, as far as the budget allows.
    pub fn floats(&self, budget: &mut Budget) -> Read<Vec<f32>> {
        budget.charge(self.count())?;
        Ok(match self {
            Self::Tensor(Tensor { data: Data::Float(values), .. }) => values.clone(),
            Self::Tensor(tensor) => {
                (0..tensor.data.len()).filter_map(|i| tensor.data.get(i)).map(|v| v as f32).collect()
            }
            Self::Numbers(numbers) => numbers.floats(),
        })
    }

    fn converted(&self) -> Numbers {
        match self {
            Self::Numbers(numbers) => numbers.clone(),
            Self::Tensor(Tensor { shape, data }) => {
                let values = (0..data.len()).filter_map(|i| data.get(i)).collect();
                Numbers { whole: !matches!(data, Data::Float(_)), ..Numbers::new(shape.clone(), values) }
            }
        }
    }

    /// Returns the value of a `Constant` node.
    pub fn of(node: &'m Node) -> Option<Self> {
        let scalar = |value: f64, whole| Numbers { whole, ..Numbers::new(vec![], vec![value]) };
        let list = |values: Vec<f64>, whole| Numbers { whole, ..Numbers::new(vec![values.len()], values) };
        node.attributes.iter().find_map(|(name, value)| match (name.as_str(), value) {
            ("value", Attribute::Tensor(tensor)) => Some(Self::Tensor(tensor)),
            ("value_float", Attribute::Float(value)) => Some(Self::Numbers(scalar((*value).into(), false))),
            ("value_int", Attribute::Int(value)) => Some(Self::Numbers(scalar(*value as f64, true))),
            ("value_floats", Attribute::Floats(values)) => {
                Some(Self::Numbers(list(values.iter().map(|v| (*v).into()).collect(), false)))
            }
            ("value_ints", Attribute::Ints(values)) => {
                Some(Self::Numbers(list(values.iter().map(|v| *v as f64).collect(), true)))
            }
            _ => None,
        })
    }
}

/// Returns an integer attribute, or `otherwise`.
pub fn int(node: &Node, name: &str, otherwise: i64) -> i64 {
    match node.attributes.get(name) {
        Some(Attribute::Int(value)) => *value,
        _ => otherwise,
    }
}

/// Returns an attribute that is a list of integers.
pub fn ints<'a>(node: &'a Node, name: &str) -> Option<&'a [i64]> {
    match node.attributes.get(name) {
        Some(Attribute::Ints(values)) => Some(values),
        _ => None,
    }
}

/// Returns a single-precision attribute.
pub fn float(node: &Node, name: &str) -> Option<f32> {
    match node.attributes.get(name) {
        Some(Attribute::Float(value)) => Some(*value),
        _ => None,
    }
}

/// Returns a string attribute, or `otherwise`.
pub fn text<'a>(node: &'a Node, name: &str, otherwise: &'a str) -> &'a str {
    match node.attributes.get(name) {
        Some(Attribute::Text(text)) => text,
        _ => otherwise,
    }
}

/// Returns the axis `axis` of `rank` axes. Negative axes count from the end.
pub fn axis(axis: i64, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add(i64::try_from(rank).ok()?)? } else { axis };
    usize::try_from(axis).ok().filter(|axis| *axis < rank)
}
