//! Depthwise 3x3 convolutions: each channel is convolved alone, with bias and ReLU6. A tile of four pixels of a row shares
//! its inputs in registers.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4};

use crate::cpu::lanes::limited;

/// Columns and rows of the kernel.
pub(in crate::cpu) const SIDE: usize = 3;
/// Adjacent pixels of a row that are computed at once.
const TILE: usize = 4;
/// Most input columns that a tile reads.
const MOST: usize = 2 * (TILE - 1) + SIDE;

/// Weights and geometry of a depthwise convolution, of a stride of 1 or 2. Channels are padded to a multiple of four.
pub(in crate::cpu) struct Depthwise {
    pub channels: usize,
    pub stride: usize,
    /// Zeros on the left and above.
    pub pad: usize,
    /// `[3][3][channels]`.
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub relu6: bool,
}

/// Adjacent pixels of the output.
struct Pixels<'a> {
    of: &'a Depthwise,
    /// The rows of the input under the kernel.
    inputs: [&'a [f32]; SIDE],
    /// The first column of the kernel that is inside the picture, and the end of these.
    columns: [usize; 2],
    /// The number in the inputs that the first of these columns reads.
    from: usize,
}

impl Depthwise {
    /// Computes a row of the output from the rows of the input under the kernel. Rows outside the picture are zeros.
    #[inline(always)]
    pub fn row<S: Simd>(&self, simd: S, inputs: [&[f32]; SIDE], target: &mut [f32]) {
        let (channels, pad, stride) = (self.channels, self.pad, self.stride);
        let (width, outputs) = (inputs[0].len() / channels, target.len() / channels);
        // From `first` to `end`, the kernel is inside the picture.
        let first = pad.div_ceil(stride).min(outputs);
        let end = if width + pad < SIDE { first } else { ((width + pad - SIDE) / stride + 1).clamp(first, outputs) };
        let tiled = end - first >= TILE;
        let mut x = 0;
        while x < outputs {
            if tiled && (first..end).contains(&x) {
                // The last tile computes some pixels again.
                let x = x.min(end - TILE);
                let from = (x * stride - pad) * channels;
                let pixels = Pixels { of: self, inputs, columns: [0, SIDE], from };
                let target = &mut target[x * channels..][..TILE * channels];
                if stride == 1 {
                    pixels.compute::<S, TILE, 1>(simd, target);
                } else {
                    pixels.compute::<S, TILE, 2>(simd, target);
                }
            } else {
                let begin = pad.saturating_sub(x * stride);
                let columns = [begin, (width + pad).saturating_sub(x * stride).clamp(begin, SIDE)];
                let from = (x * stride).saturating_sub(pad) * channels;
                let pixels = Pixels { of: self, inputs, columns, from };
                pixels.compute::<S, 1, 1>(simd, &mut target[x * channels..][..channels]);
            }
            x = if tiled && (first..end).contains(&x) { (x + TILE).min(end) } else { x + 1 };
        }
    }
}

impl Pixels<'_> {
    #[inline(always)]
    fn compute<S: Simd, const N: usize, const STRIDE: usize>(&self, simd: S, target: &mut [f32]) {
        let mut channel = 0;
        while channel + S::f32s::LEN <= self.of.channels {
            self.vectors::<S, S::f32s, N, STRIDE>(simd, channel, target);
            channel += S::f32s::LEN;
        }
        while channel < self.of.channels {
            self.vectors::<S, f32x4<S>, N, STRIDE>(simd, channel, target);
            channel += 4;
        }
    }

    /// Computes one vector of each of `N` pixels.
    #[inline(always)]
    fn vectors<S: Simd, V: SimdFloat<S, Element = f32>, const N: usize, const STRIDE: usize>(
        &self,
        simd: S,
        channel: usize,
        target: &mut [f32],
    ) {
        let Depthwise { channels, ref weights, ref bias, relu6, .. } = *self.of;
        let [begin, end] = self.columns;
        let mut sums = [V::from_slice(simd, &bias[channel..][..V::LEN]); N];
        for (input, weights) in self.inputs.iter().zip(weights.chunks_exact(SIDE * channels)) {
            let weights = &weights[channel..];
            let input = &input[(self.from + channel).min(input.len())..];
            if N == 1 {
                for (i, column) in (begin..end).enumerate() {
                    let weight = V::from_slice(simd, &weights[column * channels..][..V::LEN]);
                    sums[0] = V::from_slice(simd, &input[i * channels..][..V::LEN]).mul_add(weight, sums[0]);
                }
                continue;
            }
            let mut values = [V::splat(simd, 0.0); MOST];
            for (i, value) in values.iter_mut().enumerate().take((N - 1) * STRIDE + SIDE) {
                *value = V::from_slice(simd, &input[i * channels..][..V::LEN]);
            }
            for column in 0..SIDE {
                let weight = V::from_slice(simd, &weights[column * channels..][..V::LEN]);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = values[i * STRIDE + column].mul_add(weight, *sum);
                }
            }
        }
        for (sum, target) in sums.iter().zip(target.chunks_exact_mut(channels)) {
            let sum = if relu6 { limited(simd, *sum, 6.0) } else { *sum };
            sum.store_slice(&mut target[channel..][..V::LEN]);
        }
    }
}
