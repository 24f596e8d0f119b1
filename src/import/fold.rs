//! What ONNX files compute of constants and of the picture's size, to say by how much they pad and enlarge: operators of the
//! standard (<https://onnx.ai/onnx/operators/>) on small tensors, in double precision.

use super::Read;
use crate::weights::onnx::{Attribute, Data, Node, Tensor};

/// Nothing that is computed has more numbers: it is about sizes.
const MOST: usize = 4096;

/// A constant tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Numbers {
    /// A list.
    pub fn list(values: Vec<f64>) -> Self {
        Self { shape: vec![values.len()], values }
    }

    /// The tensor of a file.
    pub fn of(tensor: &Tensor) -> Self {
        let values = match &tensor.data {
            Data::Float(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Data::Uint8(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Data::Int8(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Data::Int32(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Data::Int64(v) => v.iter().map(|v| *v as f64).collect(),
        };
        Self { shape: tensor.shape.clone(), values }
    }

    /// In single precision, as they were.
    pub fn floats(&self) -> Vec<f32> {
        self.values.iter().map(|v| *v as f32).collect()
    }
}

/// The number of an attribute, or `otherwise`.
pub fn int(node: &Node, name: &str, otherwise: i64) -> i64 {
    match node.attributes.get(name) {
        Some(Attribute::Int(value)) => *value,
        _ => otherwise,
    }
}

/// The numbers of an attribute.
pub fn ints<'a>(node: &'a Node, name: &str) -> Option<&'a [i64]> {
    match node.attributes.get(name) {
        Some(Attribute::Ints(values)) => Some(values),
        _ => None,
    }
}

/// The value of a node `Constant`.
pub fn constant(node: &Node) -> Option<Numbers> {
    let one = |value: f64| Numbers { shape: vec![], values: vec![value] };
    node.attributes.iter().find_map(|(name, value)| match (name.as_str(), value) {
        ("value", Attribute::Tensor(tensor)) => Some(Numbers::of(tensor)),
        ("value_float", Attribute::Float(value)) => Some(one((*value).into())),
        ("value_int", Attribute::Int(value)) => Some(one(*value as f64)),
        ("value_floats", Attribute::Floats(values)) => {
            Some(Numbers::list(values.iter().map(|v| (*v).into()).collect()))
        }
        ("value_ints", Attribute::Ints(values)) => Some(Numbers::list(values.iter().map(|v| *v as f64).collect())),
        _ => None,
    })
}

/// What `node` makes of constants; `None` stands for an input that is left out.
///
/// # Errors
/// That it cannot be computed here.
pub fn evaluate(node: &Node, inputs: &[Option<&Numbers>]) -> Read<Numbers> {
    let count = |n: &Numbers| n.shape.iter().try_fold(1usize, |count, side| count.checked_mul(*side));
    let made = made(node, inputs).filter(|n| n.values.len() <= MOST && count(n) == Some(n.values.len()));
    made.ok_or_else(|| format!("computes something of constants that is not supported here ({})", node.op))
}

fn made(node: &Node, inputs: &[Option<&Numbers>]) -> Option<Numbers> {
    let input = |i: usize| inputs.get(i).copied().flatten();
    let x = input(0)?;
    if x.values.len() > MOST {
        return None;
    }
    let each =
        |f: fn(f64) -> f64| Some(Numbers { shape: x.shape.clone(), values: x.values.iter().map(|v| f(*v)).collect() });
    match node.op.as_str() {
        "Identity" => Some(x.clone()),
        "Floor" => each(f64::floor),
        "Ceil" => each(f64::ceil),
        "Sqrt" => each(f64::sqrt),
        "Neg" => each(|v| -v),
        // Whole numbers are what floats are cast to here: 1 is single, 10 half, 11 double precision.
        "Cast" if matches!(int(node, "to", 1), 1 | 10 | 11) => Some(x.clone()),
        "Cast" => each(f64::trunc),
        "Add" => both(x, input(1)?, |a, b| a + b),
        "Sub" => both(x, input(1)?, |a, b| a - b),
        "Mul" => both(x, input(1)?, |a, b| a * b),
        "Div" => both(x, input(1)?, |a, b| a / b),
        "Shape" => Some(Numbers::list(x.shape.iter().map(|side| *side as f64).collect())),
        "Gather" => gather(x, input(1)?, int(node, "axis", 0)),
        "Concat" => {
            let parts = inputs.iter().copied().collect::<Option<Vec<_>>>()?;
            let flat = parts.iter().all(|part| part.shape.len() == 1) && matches!(int(node, "axis", 0), 0 | -1);
            flat.then(|| Numbers::list(parts.iter().flat_map(|part| &part.values).copied().collect()))
        }
        "Unsqueeze" | "Squeeze" | "Reshape" => reshape(node, x, input(1)),
        "ConstantOfShape" => {
            let value = constant(node).map_or(0.0, |n| n.values.first().copied().unwrap_or(0.0));
            let count = x.values.iter().product::<f64>();
            let shape = x.values.iter().map(|side| *side as usize).collect();
            (0.0..=MOST as f64).contains(&count).then(|| Numbers { shape, values: vec![value; count as usize] })
        }
        "Slice" => slice(node, x, [1, 2, 3, 4].map(input)),
        "Transpose" => {
            let [rows, columns] = x.shape[..] else { return None };
            matches!(ints(node, "perm"), None | Some([1, 0])).then_some(())?;
            let values = (0..rows * columns).map(|i| x.values[i % rows * columns + i / rows]).collect();
            Some(Numbers { shape: vec![columns, rows], values })
        }
        _ => None,
    }
}

/// Numbers one by one, or one of them with all others.
fn both(a: &Numbers, b: &Numbers, f: fn(f64, f64) -> f64) -> Option<Numbers> {
    let (shape, count) =
        if a.values.len() >= b.values.len() { (&a.shape, a.values.len()) } else { (&b.shape, b.values.len()) };
    let fits = |n: &Numbers| n.values.len() == 1 || n.shape == *shape;
    let at = |n: &Numbers, i: usize| n.values[if n.values.len() == 1 { 0 } else { i }];
    (fits(a) && fits(b))
        .then(|| Numbers { shape: shape.clone(), values: (0..count).map(|i| f(at(a, i), at(b, i))).collect() })
}

/// Of a list.
fn gather(x: &Numbers, indices: &Numbers, axis: i64) -> Option<Numbers> {
    (x.shape.len() == 1 && axis == 0).then_some(())?;
    let count = x.values.len() as f64;
    let place = |i: &f64| if *i < 0.0 { i + count } else { *i };
    let pick = |i: &f64| Some(place(i)).filter(|i| *i >= 0.0).and_then(|i| x.values.get(i as usize).copied());
    let values = indices.values.iter().map(pick).collect::<Option<_>>()?;
    Some(Numbers { shape: indices.shape.clone(), values })
}

/// The same numbers in another shape.
fn reshape(node: &Node, x: &Numbers, wanted: Option<&Numbers>) -> Option<Numbers> {
    let listed = || wanted.map(|n| n.values.iter().map(|v| *v as i64).collect::<Vec<_>>());
    let axes = ints(node, "axes").map(<[i64]>::to_vec).or_else(listed);
    let shape = match node.op.as_str() {
        "Squeeze" => {
            let rank = x.shape.len() as i64;
            let gone =
                |i: usize| axes.as_ref().is_none_or(|axes| axes.iter().any(|a| a.rem_euclid(rank.max(1)) == i as i64));
            let kept = x.shape.iter().enumerate().filter(|(i, side)| **side != 1 || !gone(*i));
            kept.map(|(_, side)| *side).collect()
        }
        "Unsqueeze" => {
            let axes = axes?;
            let rank = x.shape.len() + axes.len();
            let mut sides = x.shape.iter();
            let new = |i: usize| axes.iter().any(|a| a.rem_euclid(rank.max(1) as i64) == i as i64);
            (0..rank).map(|i| if new(i) { Some(1) } else { sides.next().copied() }).collect::<Option<_>>()?
        }
        _ => {
            let known: i64 =
                axes.as_ref()?.iter().filter(|side| **side > 0).try_fold(1i64, |n, side| n.checked_mul(*side))?;
            let rest = x.values.len() as i64 / known.max(1);
            axes?.iter().map(|side| if *side == -1 { rest as usize } else { *side as usize }).collect()
        }
    };
    Some(Numbers { shape, values: x.values.clone() })
}

/// Of rows, which are single numbers in a list: `starts`, `ends`, `axes` and `steps` are attributes in older files.
fn slice(node: &Node, x: &Numbers, given: [Option<&Numbers>; 4]) -> Option<Numbers> {
    let setting = |name: &str, given: Option<&Numbers>, otherwise: i64| match (ints(node, name), given) {
        (Some([one]), _) => Some(*one),
        (None, Some(numbers)) => (numbers.values.len() == 1).then(|| numbers.values[0] as i64),
        (None, None) => Some(otherwise),
        _ => None,
    };
    let rows = *x.shape.first()? as i64;
    let width = x.values.len() / (rows as usize).max(1);
    let (start, end) = (setting("starts", given[0], 0)?, setting("ends", given[1], 0)?);
    let (axis, step) = (setting("axes", given[2], 0)?, setting("steps", given[3], 1)?);
    (axis == 0 && matches!(step, 1 | -1)).then_some(())?;
    // Ends far away mean all there are.
    let place = |i: i64| if i < 0 { i.saturating_add(rows) } else { i };
    let order: Vec<i64> = if step == 1 {
        (place(start).clamp(0, rows)..place(end).clamp(0, rows)).collect()
    } else {
        (place(end).clamp(-1, rows - 1) + 1..=place(start).clamp(-1, rows - 1)).rev().collect()
    };
    let values = order.iter().flat_map(|row| &x.values[*row as usize * width..][..width]).copied().collect();
    Some(Numbers { shape: [&[order.len()][..], &x.shape[1..]].concat(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(op: &str, attributes: &[(&str, Attribute)]) -> Node {
        let attributes = attributes.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        Node { name: String::new(), op: op.to_string(), inputs: vec![], outputs: vec![], attributes }
    }

    fn list(values: &[f64]) -> Numbers {
        Numbers::list(values.to_vec())
    }

    fn run(node: &Node, inputs: &[&Numbers]) -> Read<Numbers> {
        evaluate(node, &inputs.iter().map(|n| Some(*n)).collect::<Vec<_>>())
    }

    /// What PyTorch writes for a padding by 4 of height and width.
    #[test]
    fn pytorchs_paddings_are_computed() {
        let zeros = run(&node("ConstantOfShape", &[]), &[&list(&[4.0])]).unwrap();
        let all = run(&node("Concat", &[("axis", Attribute::Int(0))]), &[&list(&[4.0; 4]), &zeros]).unwrap();
        let pairs = run(&node("Reshape", &[]), &[&all, &list(&[-1.0, 2.0])]).unwrap();
        assert_eq!(pairs.shape, [4, 2]);
        let one = |v: f64| list(&[v]);
        let ends = one(-9_223_372_036_854_775_807.0);
        let turned = run(&node("Slice", &[]), &[&pairs, &one(-1.0), &ends, &one(0.0), &one(-1.0)]).unwrap();
        let columns = run(&node("Transpose", &[("perm", Attribute::Ints(vec![1, 0]))]), &[&turned]).unwrap();
        let flat = run(&node("Reshape", &[]), &[&columns, &list(&[-1.0])]).unwrap();
        assert_eq!(flat, list(&[0.0, 0.0, 4.0, 4.0, 0.0, 0.0, 4.0, 4.0]));
    }

    /// What PyTorch writes for an enlargement by two of 24 x 32 pixels.
    #[test]
    fn pytorchs_scales_are_computed() {
        let shape = list(&[1.0, 8.0, 24.0, 32.0]);
        let two = Numbers { shape: vec![], values: vec![2.0] };
        let side = |i: f64| {
            let index = Numbers { shape: vec![], values: vec![i] };
            let side = run(&node("Gather", &[("axis", Attribute::Int(0))]), &[&shape, &index]).unwrap();
            let twice = run(&node("Floor", &[]), &[&run(&node("Mul", &[]), &[&side, &two]).unwrap()]).unwrap();
            run(&node("Unsqueeze", &[("axes", Attribute::Ints(vec![0]))]), &[&twice]).unwrap()
        };
        let sizes = run(&node("Concat", &[("axis", Attribute::Int(0))]), &[&side(2.0), &side(3.0)]).unwrap();
        let ends = ("ends", Attribute::Ints(vec![i64::MAX]));
        let tail = run(&node("Slice", &[("starts", Attribute::Ints(vec![2])), ends]), &[&shape]).unwrap();
        assert_eq!(run(&node("Div", &[]), &[&sizes, &tail]).unwrap(), list(&[2.0, 2.0]));
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        let large = list(&[1e9]);
        for (op, inputs) in [
            ("ConstantOfShape", vec![&large]),
            ("Gather", vec![&large, &large]),
            ("Loop", vec![&large]),
            ("Reshape", vec![&large, &large]),
            ("Add", vec![]),
        ] {
            assert!(run(&node(op, &[]), &inputs).unwrap_err().contains(op));
        }
        let (two, three) = (list(&[0.0; 2]), list(&[0.0; 3]));
        assert!(run(&node("Add", &[]), &[&two, &three]).is_err());
        let doubled = list(&[0.0; 3000]);
        assert!(run(&node("Concat", &[]), &[&doubled, &doubled]).is_err());
    }
}
