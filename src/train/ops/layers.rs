//! Layers of transfer networks in burn's tensors, differentiable with respect to input and style. Graphics devices use
//! this crate's kernels, the processor uses burn's operations.
//!
//! On graphics devices convolutions use the 3x3 convolution of [`super::conv3x3`]. A stride of two takes every other
//! pixel of a stride of one. A 9x9 kernel is a 3x3 grid of 3x3 kernels, which equals a 3x3 kernel over nine copies of
//! its input, each shifted by a multiple of three.

use burn::tensor::{Device, Tensor};

#[cfg(feature = "reference")]
use super::composed;
#[cfg(feature = "gpu")]
use super::conv3x3::Convolution;
#[cfg(feature = "gpu")]
use super::conv3x3_trained::convolved;
#[cfg(feature = "gpu")]
use super::instance_norm::normalized;
#[cfg(feature = "gpu")]
use super::window::window;
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::net::window::Window;
use crate::net::{self, Border};
#[cfg(feature = "reference")]
use crate::train::device::{is_graphics, tensor};

/// A convolution with its weights on a device.
pub enum Kernel {
    /// This crate's kernel with frozen weights, on graphics devices, with reflection padding.
    #[cfg(feature = "gpu")]
    Ours {
        /// The 3x3 convolution over the blocks of the kernel.
        convolution: Box<Convolution>,
        /// Padding, blocks and stride.
        geometry: Geometry,
    },
    /// This crate's kernel with weights that are trained.
    #[cfg(feature = "gpu")]
    Learning {
        /// `[outputs][blocks * inputs][3][3]`.
        weights: Box<Tensor<4>>,
        /// Padding, blocks and stride.
        geometry: Geometry,
    },
    /// burn's convolution.
    #[cfg(feature = "reference")]
    Burns {
        /// `[outputs][inputs][kernel][kernel]`.
        weights: Box<Tensor<4>>,
        /// Pixels of reflection padding on every side.
        pad: usize,
        /// Distance in input pixels between adjacent output pixels.
        stride: usize,
    },
}

/// Geometry of a convolution on this crate's kernel.
#[cfg(feature = "gpu")]
#[derive(Debug, Clone, Copy)]
pub struct Geometry {
    pad: usize,
    /// 3x3 kernels per side of the kernel.
    blocks: usize,
    stride: usize,
}

#[cfg(feature = "gpu")]
impl Geometry {
    fn of(c: &net::Convolution) -> Self {
        Self { pad: c.pad, blocks: c.kernel / 3, stride: c.stride }
    }

    /// Applies `convolve`, a convolution with zero padding, to `x` with reflection padding. The result excludes all
    /// pixels that depend on the zero padding.
    fn around(self, x: Tensor<4>, convolve: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let wide = Window::padded(height, width, self.pad, self.blocks);
        window(convolve(window(x, wide)), Window::inner(wide.size.0, wide.size.1, self.stride))
    }
}

impl Kernel {
    /// Loads `weights`, `[outputs][inputs][kernel][kernel]`, of `c` onto `device`.
    ///
    /// # Errors
    /// [`Error::Model`] for kernel sizes, strides and borders that cannot be trained.
    pub fn new(c: &net::Convolution, weights: &[f32], device: &Device) -> Result<Self> {
        if !c.kernel.is_multiple_of(3) || !(1..=2).contains(&c.stride) || c.border != Border::Reflect {
            let problem = format!("a {}x{0} convolution with a stride of {} cannot be trained", c.kernel, c.stride);
            return Err(Error::Model { file: c.weight.clone(), problem });
        }
        #[cfg(feature = "reference")]
        if !is_graphics(device) {
            let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
            return Ok(Self::burns(c, tensor(weights.to_vec(), shape, device)));
        }
        #[cfg(feature = "gpu")]
        {
            let geometry = Geometry::of(c);
            let inputs = geometry.blocks * geometry.blocks * c.inputs;
            let bias = vec![0.0; c.outputs];
            let convolution = Box::new(Convolution::new(&blockwise(c, weights), &bias, inputs, device));
            Ok(Self::Ours { convolution, geometry })
        }
        #[cfg(not(feature = "gpu"))]
        Err(Error::NoAdapter("this build runs on the processor only".to_string()))
    }

    /// Makes a convolution with `weights`, `[outputs][inputs][kernel][kernel]`, that may have a gradient. `c` must be
    /// valid for [`Self::new`].
    pub fn learning(c: &net::Convolution, weights: Tensor<4>) -> Self {
        #[cfg(not(feature = "gpu"))]
        return Self::burns(c, weights);
        #[cfg(feature = "gpu")]
        {
            #[cfg(feature = "reference")]
            if !is_graphics(&weights.device()) {
                return Self::burns(c, weights);
            }
            let geometry = Geometry::of(c);
            let blocks = geometry.blocks;
            // The same order as in `blockwise`.
            let apart: Tensor<6> = weights.reshape([c.outputs, c.inputs, blocks, 3, blocks, 3]);
            let sorted = apart.permute([0, 2, 4, 1, 3, 5]).reshape([c.outputs, blocks * blocks * c.inputs, 3, 3]);
            Self::Learning { weights: Box::new(sorted), geometry }
        }
    }

    #[cfg(feature = "reference")]
    fn burns(c: &net::Convolution, weights: Tensor<4>) -> Self {
        Self::Burns { weights: Box::new(weights), pad: c.pad, stride: c.stride }
    }

    /// Convolves `x`, `[pictures][inputs][height][width]`.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            #[cfg(feature = "reference")]
            Self::Burns { weights, pad, stride } => composed::convolution(x, (**weights).clone(), *pad, *stride),
            #[cfg(feature = "gpu")]
            Self::Learning { weights, geometry } => geometry.around(x, |wide| convolved(wide, (**weights).clone())),
            #[cfg(feature = "gpu")]
            Self::Ours { convolution, geometry } => geometry.around(x, |wide| convolution.linear(wide)),
        }
    }
}

/// Splits `weights`, `[outputs][inputs][kernel][kernel]`, into 3x3 kernels with inputs of their own:
/// `[outputs][blocks][inputs][3][3]`.
#[cfg(feature = "gpu")]
fn blockwise(c: &net::Convolution, weights: &[f32]) -> Vec<f32> {
    let blocks = c.kernel / 3;
    let mut sorted = Vec::with_capacity(weights.len());
    for output in 0..c.outputs {
        for block in 0..blocks * blocks {
            for input in 0..c.inputs {
                for tap in 0..9 {
                    let (y, x) = (3 * (block / blocks) + tap / 3, 3 * (block % blocks) + tap % 3);
                    sorted.push(weights[((output * c.inputs + input) * c.kernel + y) * c.kernel + x]);
                }
            }
        }
    }
    sorted
}

/// Normalizes each channel of each picture to mean 0 and variance 1 (Ulyanov, Vedaldi, Lempitsky 2016, "Instance
/// Normalization"), then multiplies by `scale` and adds `shift`, `[channels]` both, and applies a ReLU if `rectified`.
pub fn instance_norm(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, rectified: bool) -> Tensor<4> {
    #[cfg(not(feature = "gpu"))]
    return composed::instance_norm(x, scale, shift, rectified);
    #[cfg(feature = "gpu")]
    {
        #[cfg(feature = "reference")]
        if !is_graphics(&x.device()) {
            return composed::instance_norm(x, scale, shift, rectified);
        }
        normalized(x, scale, shift, rectified)
    }
}

/// Enlarges by two with nearest-neighbour sampling.
pub fn upsample2(x: Tensor<4>) -> Tensor<4> {
    #[cfg(not(feature = "gpu"))]
    return composed::upsample2(x);
    #[cfg(feature = "gpu")]
    {
        #[cfg(feature = "reference")]
        if !is_graphics(&x.device()) {
            return composed::upsample2(x);
        }
        let [_, _, height, width] = x.dims();
        window(x, Window::doubled(height, width))
    }
}
