//! The first convolution, 3x3, of an RGB picture: a matrix product whose rows are the pixels under the kernel.

use fearless_simd::Simd;

use super::dense::Dense;
use super::extent::Extent;
use crate::cpu::gemm::Rows;

/// Columns and rows of the kernel.
pub(in crate::cpu) const SIDE: usize = 3;
/// Numbers of a pixel: R, G, B and 0.
const PIXEL: usize = 4;
/// Rows of the output that are computed at once.
const ROWS: usize = 8;

/// A 3x3 convolution of three channels.
pub(in crate::cpu) struct Stem {
    pub input: Extent,
    pub output: Extent,
    pub stride: usize,
    /// Zeros on the left and above.
    pub pad: usize,
    /// The matrix: `[3][3][4]` rows.
    pub dense: Dense,
}

impl Stem {
    /// Returns the length of the scratch memory of a thread.
    pub fn scratch(&self) -> usize {
        ((ROWS - 1) * self.stride + SIDE) * self.padded_row()
    }

    /// Numbers of a row of the input with its border.
    fn padded_row(&self) -> usize {
        let read = (self.output.width - 1) * self.stride + SIDE;
        read.max(self.pad + self.input.width) * PIXEL
    }

    /// Computes the rows of the output from row `first` on that `target` has.
    #[inline(always)]
    pub fn band<S: Simd>(&self, simd: S, input: &[f32], first: usize, target: &mut [f32], scratch: &mut [f32]) {
        let (row, padded) = (self.output.row(), self.padded_row());
        for (i, target) in target.chunks_mut(ROWS * row).enumerate() {
            let top = (first + i * ROWS) * self.stride;
            let rows = (target.len() / row - 1) * self.stride + SIDE;
            for (j, scratch) in scratch.chunks_exact_mut(padded).enumerate().take(rows) {
                scratch.fill(0.0);
                if let Some(y) = (top + j).checked_sub(self.pad).filter(|y| *y < self.input.height) {
                    let pixels = &input[y * self.input.row()..][..self.input.row()];
                    scratch[self.pad * PIXEL..][..pixels.len()].copy_from_slice(pixels);
                }
            }
            for (j, target) in target.chunks_exact_mut(row).enumerate() {
                let values = &scratch[j * self.stride * padded..];
                let rows = Rows { values, stride: self.stride * PIXEL, segments: SIDE, segment_stride: padded };
                self.dense.multiply(simd, self.output.width, rows, &[], target);
            }
        }
    }
}
