//! The convolutions of transfer networks in burn's tensors, differentiable with respect to their input.
//!
//! On graphics devices they are our own 3x3 convolution ([`super::convolution`]). A stride of two is every other pixel of a
//! stride of one. A 9x9 kernel is nine 3x3 kernels side by side: it is a 3x3 kernel over nine copies of its input, each shifted
//! by multiples of three.

use burn::tensor::{Device, Tensor};
#[cfg(any(feature = "measure", not(target_arch = "wasm32")))]
use burn::tensor::{module::conv2d, ops::ConvOptions};

use super::convolution::Convolution;
use super::device::is_graphics;
#[cfg(any(feature = "measure", not(target_arch = "wasm32")))]
use super::device::tensor;
use crate::error::{Error, Result};
use crate::net;

/// A convolution with its weights on a device.
pub enum Kernel {
    /// Our kernel, on graphics devices.
    Ours {
        convolution: Box<Convolution>,
        /// Kernels of 3x3 side by side.
        blocks: usize,
        stride: usize,
    },
    /// burn's: the weights, `[outputs][inputs][kernel][kernel]`.
    #[cfg(any(feature = "measure", not(target_arch = "wasm32")))]
    Burns { weights: Tensor<4>, stride: usize },
}

impl Kernel {
    /// Puts `weights`, `[outputs][inputs][kernel][kernel]`, of `c` on `device`.
    ///
    /// # Errors
    /// [`Error::Model`] for a kernel or a stride that graphics devices are not prepared for.
    pub fn new(c: &net::Convolution, weights: &[f32], device: &Device) -> Result<Self> {
        #[cfg(any(feature = "measure", not(target_arch = "wasm32")))]
        if !is_graphics(device) {
            let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
            return Ok(Self::Burns { weights: tensor(weights.to_vec(), shape, device), stride: c.stride });
        }
        debug_assert!(is_graphics(device));
        if !c.kernel.is_multiple_of(3) || !(1..=2).contains(&c.stride) {
            let problem =
                format!("{} is {2}x{2} with a stride of {1}, which cannot be trained", c.weight, c.stride, c.kernel);
            return Err(Error::Model { file: c.weight.clone(), problem });
        }
        let blocks = c.kernel / 3;
        let inputs = blocks * blocks * c.inputs;
        let bias = vec![0.0; c.outputs];
        let convolution = Box::new(Convolution::new(&blockwise(c, weights), &bias, inputs, device));
        Ok(Self::Ours { convolution, blocks, stride: c.stride })
    }

    /// Convolves `x`, `[pictures][inputs][height][width]`, which has its border already.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            #[cfg(any(feature = "measure", not(target_arch = "wasm32")))]
            Self::Burns { weights, stride } => {
                conv2d(x, weights.clone(), None, ConvOptions::new([*stride; 2], [0, 0], [1, 1], 1))
            }
            Self::Ours { convolution, blocks, stride } => {
                let [_, _, height, width] = x.dims();
                // What is left of the kernel beside one block.
                let rest = 3 * (blocks - 1);
                let (rows, columns) = (height - rest, width - rest);
                let shifts = (0..blocks * blocks).map(|block| (3 * (block / blocks), 3 * (block % blocks)));
                let mut copies: Vec<_> = shifts.map(|(y, x0)| part(&x, y..y + rows, x0..x0 + columns)).collect();
                let wide = if copies.len() == 1 { copies.swap_remove(0) } else { Tensor::cat(copies, 1) };
                // It makes pixels up to the border, where it takes zeros to lie beyond: those are not wanted.
                let whole = part(&convolution.linear(wide), 1..rows - 1, 1..columns - 1);
                if *stride == 1 { whole } else { every_other(whole) }
            }
        }
    }
}

/// Of `weights`, `[outputs][inputs][kernel][kernel]`, the kernels of 3x3 as inputs of their own: `[outputs][blocks][inputs][3][3]`.
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

fn part(x: &Tensor<4>, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Tensor<4> {
    let [pictures, channels, _, _] = x.dims();
    x.clone().slice([0..pictures, 0..channels, rows, columns])
}

/// The first pixel of each two by two.
fn every_other(x: Tensor<4>) -> Tensor<4> {
    let [pictures, channels, height, width] = x.dims();
    let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
    let even = x.pad([(0, 2 * rows - height), (0, 2 * columns - width)], burn::tensor::ops::PadMode::Constant(0.0));
    let pairs: Tensor<6> = even.reshape([pictures, channels, rows, 2, columns, 2]);
    let firsts = pairs.slice([0..pictures, 0..channels, 0..rows, 0..1, 0..columns, 0..1]);
    firsts.reshape([pictures, channels, rows, columns])
}
