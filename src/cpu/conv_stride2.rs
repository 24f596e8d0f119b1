//! 3x3 convolutions of stride 2 in tiles of 4x4 outputs: F(4, 2) on the even rows and columns of the input, whose taps
//! are the first and the last, and plain products on the odd ones. 81 products replace 144.

use std::array::from_fn;

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::gemm::{PackedMatrix, Rows, multiply};
use super::instruction_set::InstructionSet;
use super::lanes::{each_vector, load, store};
use super::rows::{Input, Patch, fill_patch};
use super::statistics::Sums;
use super::winograd::{
    STRIDED_POINTS as POINTS, STRIDED_WEIGHTS as WEIGHTS, TILE, kernel, plane_stride, strided_input, strided_output,
    strided_weights, transposed,
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
        let transformed: Vec<Vec<f32>> =
            weight.chunks_exact(9).map(|g| kernel(from_fn(|tap| g[tap]), strided_weights)).collect();
        let get = |i: usize, o: usize, p: usize| if i < c.inputs { transformed[o * c.inputs + i][p] } else { 0.0 };
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
        for start in (0..tiles).step_by(BLOCK) {
            let count = BLOCK.min(tiles - start);
            simd.vectorize(
                #[inline(always)]
                || {
                    for t in 0..count {
                        let (ty, tx) = ((start + t) / across, (start + t) % across);
                        let from = ty * 2 * TILE * row + tx * 2 * TILE * k;
                        each_vector!(S, k, at => input_tile(
                            simd, &patch[from + at..], (row, k), &mut points[t * k + at..], in_stride
                        ));
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
                    each_vector!(S, n, at => output_tiles(
                        simd, (rows, width), start, count, products, (n, out_stride), at, out, slot
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

/// Transforms one vector of channels of one tile.
#[inline(always)]
fn input_tile<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    (row, pixel): (usize, usize),
    target: &mut [f32],
    stride: usize,
) {
    let columns: [[V; POINTS]; POINTS] =
        from_fn(|x| strided_input::<S, V>(from_fn(|y| load(simd, source, y * row + x * pixel))));
    for (y, row) in transposed(columns).into_iter().enumerate() {
        let values = strided_input::<S, V>(row);
        for (x, value) in values.into_iter().enumerate() {
            store(value, target, (y * POINTS + x) * stride);
        }
    }
}

/// Transforms one vector of columns of `count` tiles from tile `start` on to outputs, and adds them to the sums.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a kernel: each is a plain part of its work")]
fn output_tiles<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    (rows, width): (usize, usize),
    start: usize,
    count: usize,
    products: &[f32],
    (n, stride): (usize, usize),
    at: usize,
    out: &mut [f32],
    slot: &mut [f32],
) {
    let across = width.div_ceil(TILE);
    let mut sums: Option<Sums<V>> = None;
    for t in 0..count {
        let point = |p: usize| load::<S, V>(simd, products, p * stride + t * n + at);
        let halves: [[V; TILE]; POINTS] = from_fn(|x| strided_output::<S, V>(from_fn(|y| point(y * POINTS + x))));
        let (ty, tx) = ((start + t) / across, (start + t) % across);
        let (tile_rows, columns) = (TILE.min(rows - ty * TILE), TILE.min(width - tx * TILE));
        for (y, half) in transposed(halves).into_iter().enumerate() {
            let values = strided_output::<S, V>(half);
            let sums = sums.get_or_insert_with(|| Sums::start(simd, slot, at, (start == 0).then_some(values[0])));
            if y < tile_rows {
                let to = ((ty * TILE + y) * width + tx * TILE) * n + at;
                for (x, value) in values.into_iter().enumerate() {
                    if x < columns {
                        store(value, out, to + x * n);
                        sums.add(value);
                    }
                }
            }
        }
    }
    if let Some(sums) = sums {
        sums.finish(slot, at);
    }
}
