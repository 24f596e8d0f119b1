//! The parts of a network as files have them, before they are an archive.

use crate::net::Convolution;
use crate::style::Norm;
use crate::weights::foreign::quoted;

/// Weights above this are of no use: what layers make of them is no number, or none in half precision.
pub const LARGEST_WEIGHT: f32 = 1e6;
/// The same for scales, shifts and biases, which are used as they are.
pub const LARGEST_SCALE: f32 = 1e4;
/// A sum of an output's weights above this makes numbers that half precision does not have; the weights become smaller then.
pub const LARGEST_SUM: f32 = 4096.0;
/// Weights that fit into a style pack in 8 bits.
pub const MOST_WEIGHTS: usize = 32 << 20;
/// What is wrong with a file, as the end of a sentence about it.
pub type Read<T> = std::result::Result<T, String>;

/// One convolution as a file has it, with what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What the file calls it.
    pub name: String,
    /// `[outputs, inputs, kernel, kernel]`.
    pub shape: Vec<usize>,
    pub weights: Vec<f32>,
    /// One number an output.
    pub bias: Option<Vec<f32>>,
    pub norm: Option<Norm>,
}

/// A network as a file has it: the picture is multiplied by `input`, a number for each colour, and goes through all layers.
#[derive(Debug)]
pub struct Skeleton {
    pub input: [f32; 3],
    pub contract: Vec<Found>,
    pub blocks: Vec<[Found; 2]>,
    pub expand: Vec<Found>,
    pub sigmoid: bool,
    /// The white of what it makes, where the file says it.
    pub white: Option<f32>,
}

impl Found {
    /// Whether its numbers are those of the convolution `c`.
    pub fn check(&self, c: &Convolution) -> Read<()> {
        let Self { name, shape, weights, bias, norm } = self;
        let expected = [c.outputs, c.inputs, c.kernel, c.kernel];
        let name = quoted(name);
        if *shape != expected || weights.len() != expected.iter().product::<usize>() {
            return Err(format!("has {name} of the shape {shape:?}, where {expected:?} was expected"));
        }
        let misfit = |numbers: &Vec<f32>| numbers.len() != c.outputs;
        if norm.iter().any(|norm| misfit(&norm.scale) || misfit(&norm.shift)) {
            return Err(format!("has a normalization of {name} that does not fit its {} channels", c.outputs));
        }
        if bias.iter().any(misfit) {
            return Err(format!("has a bias of {name} that does not fit its {} channels", c.outputs));
        }
        let norm = norm.iter().flat_map(|norm| norm.scale.iter().chain(&norm.shift));
        match weights.iter().chain(norm).chain(bias.iter().flatten()).find(|v| !v.is_finite()) {
            Some(wrong) => Err(format!("has {wrong} among the numbers of {name}")),
            None => Ok(()),
        }
    }

    /// Whether its numbers are of a size that can be computed with.
    pub fn check_size(&self) -> Read<()> {
        let norm = self.norm.iter().flat_map(|norm| norm.scale.iter().chain(&norm.shift));
        let scales = norm.chain(self.bias.iter().flatten());
        let large = |limit: f32| move |v: &&f32| v.is_nan() || v.abs() > limit;
        let found = self.weights.iter().find(large(LARGEST_WEIGHT)).or(scales.into_iter().find(large(LARGEST_SCALE)));
        match found {
            Some(wrong) => Err(format!(
                "has {wrong:e} among the numbers of {}, which is too large to compute with",
                quoted(&self.name)
            )),
            None => Ok(()),
        }
    }

    /// Divides weights in front of a normalization, which takes that away again, so that their sums fit into half precision.
    pub fn shrink(&mut self) {
        let outputs = self.shape.first().copied().unwrap_or(1).max(1);
        if self.norm.is_none() {
            return;
        }
        let count = (self.weights.len() / outputs).max(1);
        for slice in self.weights.chunks_mut(count) {
            let sum: f32 = slice.iter().map(|w| w.abs()).sum();
            if sum > LARGEST_SUM {
                // By a power of two, which is exact.
                let by = (sum / LARGEST_SUM).log2().ceil().exp2().recip();
                slice.iter_mut().for_each(|w| *w *= by);
            }
        }
    }
}
