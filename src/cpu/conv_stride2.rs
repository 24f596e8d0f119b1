//! 3x3 convolutions of stride 2 in tiles of 4x4 outputs: F(4, 2) on the even rows and columns of the input, whose taps
//! are the first and the last, and plain products on the odd ones. 81 products replace 144.

use std::array::from_fn;

use fearless_simd::Simd;

use super::gemm::{PackedMatrix, Rows, multiply};
use super::instruction_set::InstructionSet;
use super::lanes::each_vector;
use super::rows::{Input, Patch, fill_patch};
use super::tiles::{Grid, input_tile, output_tiles};
use super::winograd::{
    STRIDED_POINTS as POINTS, STRIDED_WEIGHTS as WEIGHTS, Strided as Tiles, TILE, Transform, kernel, plane_stride,
    strided_weights,
};
use crate::net::{Border, Convolution};

/// Tiles of one matrix product.
const BLOCK: usize = 12;

/// A packed convolution.
pub struct Strided {
    /// Input channels, with padding.
    channels: usize,
    pad: usize,
    border: Border,
    /// The different weights of the points of a tile.
    weights: Vec<PackedMatrix>,
}

impl Strided {
    /// Packs a 3x3 convolution of stride 2.
    pub fn new(set: InstructionSet, c: &Convolution, weight: &[f32]) -> Self {
        let channels = c.inputs.next_multiple_of(4);
        let transformed: Vec<_> =
            weight.chunks_exact(9).map(|g| kernel(from_fn(|tap| g[tap]), strided_weights)).collect();
        let get = |i: usize, o: usize, p: usize| {
            if i < c.inputs { transformed[o * c.inputs + i].as_flattened()[p] } else { 0.0 }
        };
        let point = |p: usize| PackedMatrix::new(set, channels, c.outputs, |i, o| get(i, o, p));
        Self { channels, pad: c.pad, border: c.border, weights: (0..WEIGHTS * WEIGHTS).map(point).collect() }
    }

    /// Returns the packed bytes.
    pub fn bytes(&self) -> u64 {
        self.weights.iter().map(PackedMatrix::bytes).sum()
    }

    /// Returns the output channels, with padding.
    pub fn columns(&self) -> usize {
        self.weights[0].columns()
    }

    /// Returns the output rows that a band covers.
    pub fn band_rows(&self) -> usize {
        TILE
    }

    /// Returns the layout of the scratch memory: lengths of the input patch, of the inputs' points, of the products.
    fn layout(&self, rows: usize, width: usize, source_width: usize) -> [usize; 3] {
        let patch = filled(rows) * self.row_pixels(width, source_width) * self.channels;
        let points = |length: usize| POINTS * POINTS * plane_stride(BLOCK * length);
        [patch, points(self.channels), points(self.columns())]
    }

    fn row_pixels(&self, width: usize, source_width: usize) -> usize {
        filled(width).max(self.pad + source_width)
    }

    /// Returns the numbers of scratch memory that a band needs.
    pub fn scratch(&self, rows: usize, width: usize, source_width: usize) -> usize {
        self.layout(rows, width, source_width).iter().sum()
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
        let [patch_length, points_length, products_length] = self.layout(rows, width, source.width);
        let (patch, scratch) = scratch.split_at_mut(patch_length);
        let (points, products) = scratch.split_at_mut(points_length);
        let products = &mut products[..products_length];
        let filled_columns = self.row_pixels(width, source.width);
        let shape = Patch {
            first: (2 * first) as isize - self.pad as isize,
            rows: 2 * rows + 1,
            filled_rows: filled(rows),
            pad: self.pad,
            columns: 2 * width + 1,
            filled_columns,
            border: self.border,
        };
        simd.vectorize(
            #[inline(always)]
            || fill_patch(simd, source, &shape, patch),
        );
        let row = filled_columns * self.channels;
        let across = width.div_ceil(TILE);
        let tiles = rows.div_ceil(TILE) * across;
        let (k, n) = (self.channels, self.columns());
        let (in_stride, out_stride) = (plane_stride(BLOCK * k), plane_stride(BLOCK * n));
        let grid = Grid { rows, width, across, enlarged: false, outputs: n };
        for start in (0..tiles).step_by(BLOCK) {
            let count = BLOCK.min(tiles - start);
            simd.vectorize(
                #[inline(always)]
                || {
                    for t in 0..count {
                        let (ty, tx) = ((start + t) / across, (start + t) % across);
                        let from = &patch[ty * Tiles::STEP * row + tx * Tiles::STEP * k..];
                        let to = &mut points[t * k..];
                        each_vector!(S, k, at => input_tile[Tiles, POINTS](simd, from, (row, k), to, in_stride, at));
                    }
                },
            );
            for p in 0..POINTS * POINTS {
                let weight = (p / POINTS).min(WEIGHTS - 1) * WEIGHTS + (p % POINTS).min(WEIGHTS - 1);
                let a = Rows::plain(&points[p * in_stride..], k);
                multiply(simd, count, a, &self.weights[weight], &mut products[p * out_stride..], n);
            }
            simd.vectorize(
                #[inline(always)]
                || {
                    each_vector!(S, n, at => output_tiles[Tiles, POINTS](
                        simd, &grid, start, count, products, (n, out_stride), (0, at), out, slot
                    ));
                },
            );
        }
    }
}

/// Returns the inputs along one side that the tiles of `outputs` outputs read.
fn filled(outputs: usize) -> usize {
    2 * outputs.next_multiple_of(TILE) + 1
}
