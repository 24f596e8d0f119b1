//! Parts of a network as files define them, before they become an archive.

use crate::net::Convolution;
use crate::style::Norm;
use crate::weights::foreign::quoted;

/// The largest accepted weight. Outputs of layers with larger weights are not finite, or not in half precision.
pub const LARGEST_WEIGHT: f32 = 1e6;
/// The largest accepted scale, shift or bias. These are used without rescaling.
pub const LARGEST_SCALE: f32 = 1e4;
/// The largest sum of the magnitudes of an output's weights. A larger sum overflows half precision, so the weights are
/// scaled down.
pub const LARGEST_SUM: f32 = 4096.0;
/// The number of weights that fit into a style pack in 8 bits.
pub const MOST_WEIGHTS: usize = 32 << 20;
/// Data read from a file, or a description of the problem, phrased as the end of a sentence about the file.
pub type Read<T> = Result<T, String>;

/// A convolution of a file, with its bias and its normalization.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The layer's name in the file.
    pub name: String,
    /// The shape of the weights, `[outputs, inputs, kernel, kernel]`.
    pub shape: Vec<usize>,
    pub weights: Vec<f32>,
    /// One value for each output.
    pub bias: Option<Vec<f32>>,
    pub norm: Option<Norm>,
}

/// A network of a file. The picture is multiplied by `input`, one factor per colour, and then passes through all
/// layers.
#[derive(Debug)]
pub struct Skeleton {
    pub input: [f32; 3],
    pub contract: Vec<Found>,
    pub blocks: Vec<[Found; 2]>,
    pub expand: Vec<Found>,
    pub sigmoid: bool,
    /// The output value of white, where the file specifies it.
    pub white: Option<f32>,
}

impl Found {
    /// Checks shapes and values against the convolution `c`.
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
            Some(wrong) => Err(format!("has the value {wrong} in {name}")),
            None => Ok(()),
        }
    }

    /// Checks that no value is too large to compute with.
    pub fn check_size(&self) -> Read<()> {
        let norm = self.norm.iter().flat_map(|norm| norm.scale.iter().chain(&norm.shift));
        let scales = norm.chain(self.bias.iter().flatten());
        let large = |limit: f32| move |v: &&f32| v.is_nan() || v.abs() > limit;
        let found = self.weights.iter().find(large(LARGEST_WEIGHT)).or(scales.into_iter().find(large(LARGEST_SCALE)));
        match found {
            Some(wrong) => {
                Err(format!("has the value {wrong:e} in {}, which is too large to compute with", quoted(&self.name)))
            }
            None => Ok(()),
        }
    }

    /// Scales down weights before a normalization, which removes the scale, so that their sums fit into half precision.
    pub fn shrink(&mut self) {
        let outputs = self.shape.first().copied().unwrap_or(1).max(1);
        if self.norm.is_none() {
            return;
        }
        let count = (self.weights.len() / outputs).max(1);
        for slice in self.weights.chunks_mut(count) {
            let sum: f32 = slice.iter().map(|w| w.abs()).sum();
            if sum > LARGEST_SUM {
                // A power of two is an exact factor.
                let by = (sum / LARGEST_SUM).log2().ceil().exp2().recip();
                slice.iter_mut().for_each(|w| *w *= by);
            }
        }
    }
}
