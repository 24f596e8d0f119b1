//! 3x3 convolutions of stride 2 in tiles of 4x4 outputs: F(4, 2) on the even rows and columns of the input, whose taps
//! are the first and the last, and plain products on the odd ones. 81 products replace 144.

#![expect(
    clippy::needless_range_loop,
    reason = "vectors are handled by plain loops: closures would be compiled without the instruction set"
)]

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
    let half = [
        input_column::<S, V>(simd, source, 0, row),
        input_column::<S, V>(simd, source, pixel, row),
        input_column::<S, V>(simd, source, 2 * pixel, row),
        input_column::<S, V>(simd, source, 3 * pixel, row),
        input_column::<S, V>(simd, source, 4 * pixel, row),
        input_column::<S, V>(simd, source, 5 * pixel, row),
        input_column::<S, V>(simd, source, 6 * pixel, row),
        input_column::<S, V>(simd, source, 7 * pixel, row),
        input_column::<S, V>(simd, source, 8 * pixel, row),
    ];
    let values = [
        strided_input::<S, V>([
            half[0][0], half[1][0], half[2][0], half[3][0], half[4][0], half[5][0], half[6][0], half[7][0], half[8][0],
        ]),
        strided_input::<S, V>([
            half[0][1], half[1][1], half[2][1], half[3][1], half[4][1], half[5][1], half[6][1], half[7][1], half[8][1],
        ]),
        strided_input::<S, V>([
            half[0][2], half[1][2], half[2][2], half[3][2], half[4][2], half[5][2], half[6][2], half[7][2], half[8][2],
        ]),
        strided_input::<S, V>([
            half[0][3], half[1][3], half[2][3], half[3][3], half[4][3], half[5][3], half[6][3], half[7][3], half[8][3],
        ]),
        strided_input::<S, V>([
            half[0][4], half[1][4], half[2][4], half[3][4], half[4][4], half[5][4], half[6][4], half[7][4], half[8][4],
        ]),
        strided_input::<S, V>([
            half[0][5], half[1][5], half[2][5], half[3][5], half[4][5], half[5][5], half[6][5], half[7][5], half[8][5],
        ]),
        strided_input::<S, V>([
            half[0][6], half[1][6], half[2][6], half[3][6], half[4][6], half[5][6], half[6][6], half[7][6], half[8][6],
        ]),
        strided_input::<S, V>([
            half[0][7], half[1][7], half[2][7], half[3][7], half[4][7], half[5][7], half[6][7], half[7][7], half[8][7],
        ]),
        strided_input::<S, V>([
            half[0][8], half[1][8], half[2][8], half[3][8], half[4][8], half[5][8], half[6][8], half[7][8], half[8][8],
        ]),
    ];
    for y in 0..POINTS {
        for x in 0..POINTS {
            store(values[y][x], target, (y * POINTS + x) * stride);
        }
    }
}

/// Transforms the column of a tile that begins at `at`.
#[inline(always)]
fn input_column<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    at: usize,
    row: usize,
) -> [V; POINTS] {
    strided_input::<S, V>([
        load(simd, source, at),
        load(simd, source, row + at),
        load(simd, source, 2 * row + at),
        load(simd, source, 3 * row + at),
        load(simd, source, 4 * row + at),
        load(simd, source, 5 * row + at),
        load(simd, source, 6 * row + at),
        load(simd, source, 7 * row + at),
        load(simd, source, 8 * row + at),
    ])
}

/// Transforms a column of the products of a tile that begins at `at` to outputs.
#[inline(always)]
fn output_column<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    products: &[f32],
    at: usize,
    stride: usize,
) -> [V; TILE] {
    strided_output::<S, V>([
        load(simd, products, at),
        load(simd, products, at + POINTS * stride),
        load(simd, products, at + 2 * POINTS * stride),
        load(simd, products, at + 3 * POINTS * stride),
        load(simd, products, at + 4 * POINTS * stride),
        load(simd, products, at + 5 * POINTS * stride),
        load(simd, products, at + 6 * POINTS * stride),
        load(simd, products, at + 7 * POINTS * stride),
        load(simd, products, at + 8 * POINTS * stride),
    ])
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
    let zero = V::splat(simd, 0.0);
    let mut sums = if start == 0 { Sums::new(simd, zero) } else { Sums::<V>::resume(simd, slot, at) };
    for t in 0..count {
        let from = t * n + at;
        let half = [
            output_column::<S, V>(simd, products, from, stride),
            output_column::<S, V>(simd, products, stride + from, stride),
            output_column::<S, V>(simd, products, 2 * stride + from, stride),
            output_column::<S, V>(simd, products, 3 * stride + from, stride),
            output_column::<S, V>(simd, products, 4 * stride + from, stride),
            output_column::<S, V>(simd, products, 5 * stride + from, stride),
            output_column::<S, V>(simd, products, 6 * stride + from, stride),
            output_column::<S, V>(simd, products, 7 * stride + from, stride),
            output_column::<S, V>(simd, products, 8 * stride + from, stride),
        ];
        let (ty, tx) = ((start + t) / across, (start + t) % across);
        let (rows, columns) = (TILE.min(rows - ty * TILE), TILE.min(width - tx * TILE));
        let values = [
            strided_output::<S, V>([
                half[0][0], half[1][0], half[2][0], half[3][0], half[4][0], half[5][0], half[6][0], half[7][0],
                half[8][0],
            ]),
            strided_output::<S, V>([
                half[0][1], half[1][1], half[2][1], half[3][1], half[4][1], half[5][1], half[6][1], half[7][1],
                half[8][1],
            ]),
            strided_output::<S, V>([
                half[0][2], half[1][2], half[2][2], half[3][2], half[4][2], half[5][2], half[6][2], half[7][2],
                half[8][2],
            ]),
            strided_output::<S, V>([
                half[0][3], half[1][3], half[2][3], half[3][3], half[4][3], half[5][3], half[6][3], half[7][3],
                half[8][3],
            ]),
        ];
        if t == 0 && start == 0 {
            sums = Sums::new(simd, values[0][0]);
        }
        let to = (ty * TILE * width + tx * TILE) * n + at;
        if rows == TILE && columns == TILE {
            // All bounds are constants.
            for y in 0..TILE {
                let out = &mut out[to + y * width * n..];
                for x in 0..TILE {
                    store(values[y][x], out, x * n);
                    sums.add(values[y][x]);
                }
            }
        } else {
            for y in 0..rows {
                for x in 0..columns {
                    store(values[y][x], out, to + y * width * n + x * n);
                    sums.add(values[y][x]);
                }
            }
        }
    }
    sums.finish(slot, at);
}
