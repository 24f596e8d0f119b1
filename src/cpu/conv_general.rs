//! Convolutions of any kernel, stride and border, without a transform: the pixels under the kernel are the rows of the
//! matrix product, in one segment for each row of the kernel.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::gemm::{PackedMatrix, Rows, multiply};
use super::instruction_set::InstructionSet;
use super::lanes::{each_vector, load};
use super::rows::{Input, Patch, fill_patch};
use super::statistics::Sums;
use crate::net::{Border, Convolution};

/// Output rows of a band.
const BAND: usize = 4;

/// A packed convolution.
pub struct General {
    /// Input channels, with padding.
    channels: usize,
    kernel: usize,
    stride: usize,
    pad: usize,
    border: Border,
    weights: PackedMatrix,
}

impl General {
    /// Packs a convolution.
    pub fn new(set: InstructionSet, c: &Convolution, weight: &[f32]) -> Self {
        let channels = c.inputs.next_multiple_of(4);
        let taps = c.kernel * c.kernel;
        let weights = PackedMatrix::new(set, taps * channels, c.outputs, |row, o| {
            let (tap, i) = (row / channels, row % channels);
            if i < c.inputs { weight[(o * c.inputs + i) * taps + tap] } else { 0.0 }
        });
        let Convolution { kernel, stride, pad, border, .. } = *c;
        Self { channels, kernel, stride, pad, border, weights }
    }

    /// Returns the packed bytes.
    pub fn bytes(&self) -> u64 {
        self.weights.bytes()
    }

    /// Returns the output channels, with padding.
    pub fn columns(&self) -> usize {
        self.weights.columns()
    }

    /// Returns the output rows that a band covers.
    pub fn band_rows(&self) -> usize {
        BAND
    }

    /// Returns the inputs along one side that `outputs` outputs read.
    fn needed(&self, outputs: usize) -> usize {
        (outputs - 1) * self.stride + self.kernel
    }

    fn row_pixels(&self, width: usize, source_width: usize) -> usize {
        self.needed(width).max(self.pad + source_width)
    }

    /// Returns the numbers of scratch memory that a band needs.
    pub fn scratch(&self, rows: usize, width: usize, source_width: usize) -> usize {
        self.needed(rows) * self.row_pixels(width, source_width) * self.channels
    }

    /// Computes the rows `first..first + rows` of an output of `width` pixels into `out`, and their sums into `slot`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a kernel: each is a plain part of its work")]
    pub fn band<S: Simd>(
        &self,
        simd: S,
        source: &Input,
        first: usize,
        rows: usize,
        width: usize,
        out: &mut [f32],
        slot: &mut [f32],
        scratch: &mut [f32],
    ) {
        let filled_columns = self.row_pixels(width, source.width);
        let shape = Patch {
            first: (first * self.stride) as isize - self.pad as isize,
            rows: self.needed(rows),
            filled_rows: self.needed(rows),
            pad: self.pad,
            columns: self.needed(width),
            filled_columns,
            border: self.border,
        };
        simd.vectorize(
            #[inline(always)]
            || fill_patch(simd, source, &shape, scratch),
        );
        let row = filled_columns * self.channels;
        let n = self.columns();
        for (y, out) in out.chunks_exact_mut(width * n).enumerate() {
            let a = Rows {
                values: &scratch[y * self.stride * row..],
                stride: self.stride * self.channels,
                segments: self.kernel,
                segment_stride: row,
            };
            multiply(simd, width, a, &self.weights, out, n);
            simd.vectorize(
                #[inline(always)]
                || each_vector!(S, n, at => add_row(simd, out, (n, at), y == 0, slot)),
            );
        }
    }
}

/// Adds one vector of columns of a row to the sums.
#[inline(always)]
fn add_row<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    row: &[f32],
    (n, at): (usize, usize),
    fresh: bool,
    slot: &mut [f32],
) {
    let mut sums: Sums<V> = if fresh { Sums::new(simd, load(simd, row, at)) } else { Sums::resume(simd, slot, at) };
    for pixel in row.chunks_exact(n) {
        sums.add(load(simd, pixel, at));
    }
    sums.finish(slot, at);
}
