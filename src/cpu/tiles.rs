//! Two-dimensional transforms of the tiles of F(4x4, 3x3).

#![expect(
    clippy::needless_range_loop,
    reason = "vectors are handled by plain loops: closures would be compiled without the instruction set"
)]

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{load, store};
use super::winograd::{POINTS, TILE, input, output};

/// Transforms one vector of each of six rows, which are `row` numbers long, along the columns.
#[inline(always)]
pub fn transform_columns<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    target: &mut [f32],
    row: usize,
    at: usize,
) {
    let column = input_column::<S, V>(simd, source, at, row);
    for y in 0..POINTS {
        store(column[y], target, y * row + at);
    }
}

/// Transforms one vector of channels of one tile, whose columns are transformed, along the rows.
#[inline(always)]
pub fn transform_rows<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    (row, pixel): (usize, usize),
    target: &mut [f32],
    stride: usize,
    at: usize,
) {
    for y in 0..POINTS {
        let values = input_column::<S, V>(simd, source, y * row + at, pixel);
        for x in 0..POINTS {
            store(values[x], target, (y * POINTS + x) * stride + at);
        }
    }
}

/// Transforms one vector of channels of one tile.
#[inline(always)]
pub fn input_tile<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    (row, pixel): (usize, usize),
    target: &mut [f32],
    stride: usize,
    at: usize,
) {
    let half = [
        input_column::<S, V>(simd, source, at, row),
        input_column::<S, V>(simd, source, pixel + at, row),
        input_column::<S, V>(simd, source, 2 * pixel + at, row),
        input_column::<S, V>(simd, source, 3 * pixel + at, row),
        input_column::<S, V>(simd, source, 4 * pixel + at, row),
        input_column::<S, V>(simd, source, 5 * pixel + at, row),
    ];
    let values = [
        input::<S, V>([half[0][0], half[1][0], half[2][0], half[3][0], half[4][0], half[5][0]]),
        input::<S, V>([half[0][1], half[1][1], half[2][1], half[3][1], half[4][1], half[5][1]]),
        input::<S, V>([half[0][2], half[1][2], half[2][2], half[3][2], half[4][2], half[5][2]]),
        input::<S, V>([half[0][3], half[1][3], half[2][3], half[3][3], half[4][3], half[5][3]]),
        input::<S, V>([half[0][4], half[1][4], half[2][4], half[3][4], half[4][4], half[5][4]]),
        input::<S, V>([half[0][5], half[1][5], half[2][5], half[3][5], half[4][5], half[5][5]]),
    ];
    for y in 0..POINTS {
        for x in 0..POINTS {
            store(values[y][x], target, (y * POINTS + x) * stride + at);
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
    input::<S, V>([
        load(simd, source, at),
        load(simd, source, row + at),
        load(simd, source, 2 * row + at),
        load(simd, source, 3 * row + at),
        load(simd, source, 4 * row + at),
        load(simd, source, 5 * row + at),
    ])
}

/// Transforms a column of the products of a tile that begins at `at` to outputs.
#[inline(always)]
pub fn output_column<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    products: &[f32],
    at: usize,
    stride: usize,
) -> [V; TILE] {
    output::<S, V>([
        load(simd, products, at),
        load(simd, products, at + POINTS * stride),
        load(simd, products, at + 2 * POINTS * stride),
        load(simd, products, at + 3 * POINTS * stride),
        load(simd, products, at + 4 * POINTS * stride),
        load(simd, products, at + 5 * POINTS * stride),
    ])
}
