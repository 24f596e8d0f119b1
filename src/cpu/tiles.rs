//! Two-dimensional transforms of tiles: columns, then rows. Bounds are checked once for a tile: a check for each vector takes
//! a fifth of the time of layers with few channels.

#![expect(
    clippy::needless_range_loop,
    reason = "vectors are handled by plain loops: closures would be compiled without the instruction set"
)]

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{load_unchecked, store, store_unchecked};
use super::statistics::Sums;
use super::winograd::{POINTS, Plain, TILE, Transform};

/// Transforms one vector of each of six rows, which are `row` numbers long, along the columns.
#[inline(always)]
pub fn transform_columns<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    source: &[f32],
    target: &mut [f32],
    row: usize,
    at: usize,
) {
    let column = Plain::input::<S, V>(loaded(simd, source, at, row));
    assert!((POINTS - 1) * row + at + V::LEN <= target.len());
    for y in 0..POINTS {
        // SAFETY: checked above for the last row.
        unsafe { store_unchecked(column[y], target, y * row + at) };
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
    assert!((POINTS * POINTS - 1) * stride + at + V::LEN <= target.len());
    for y in 0..POINTS {
        let values = Plain::input::<S, V>(loaded(simd, source, y * row + at, pixel));
        for x in 0..POINTS {
            // SAFETY: checked above for the last point.
            unsafe { store_unchecked(values[x], target, (y * POINTS + x) * stride + at) };
        }
    }
}

/// Transforms one vector of channels of one tile.
#[inline(always)]
pub fn input_tile<S: Simd, V: SimdFloat<S, Element = f32>, T: Transform<P>, const P: usize>(
    simd: S,
    source: &[f32],
    (row, pixel): (usize, usize),
    target: &mut [f32],
    stride: usize,
    at: usize,
) {
    let mut rows = [[V::splat(simd, 0.0); P]; P];
    for x in 0..P {
        let column = T::input::<S, V>(loaded(simd, source, x * pixel + at, row));
        for y in 0..P {
            rows[y][x] = column[y];
        }
    }
    assert!((P * P - 1) * stride + at + V::LEN <= target.len());
    for y in 0..P {
        let values = T::input::<S, V>(rows[y]);
        for x in 0..P {
            // SAFETY: checked above for the last point.
            unsafe { store_unchecked(values[x], target, (y * P + x) * stride + at) };
        }
    }
}

/// Loads vectors that are `step` numbers apart.
#[inline(always)]
fn loaded<S: Simd, V: SimdFloat<S, Element = f32>, const P: usize>(
    simd: S,
    source: &[f32],
    at: usize,
    step: usize,
) -> [V; P] {
    assert!((P - 1) * step + at + V::LEN <= source.len());
    let mut vectors = [V::splat(simd, 0.0); P];
    for i in 0..P {
        // SAFETY: checked above for the last vector.
        vectors[i] = unsafe { load_unchecked(simd, source, i * step + at) };
    }
    vectors
}

/// The output of a band.
pub struct Grid {
    /// Rows of the grid.
    pub rows: usize,
    /// Pixels of a row of the grid.
    pub width: usize,
    /// Tiles along a row.
    pub across: usize,
    /// Whether each pixel of the grid becomes 2x2 pixels of the output.
    pub enlarged: bool,
    /// Output channels.
    pub outputs: usize,
}

/// Transforms one vector of columns of `count` tiles from tile `start` on to outputs, and adds them to the sums. The
/// column is `part + at`: an enlargement has the two pixels of a row of the output in one part. The products of a point
/// have `n` columns, and points are `stride` numbers apart.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a kernel: each is a plain part of its work")]
pub fn output_tiles<S: Simd, V: SimdFloat<S, Element = f32>, T: Transform<P>, const P: usize>(
    simd: S,
    grid: &Grid,
    start: usize,
    count: usize,
    products: &[f32],
    (n, stride): (usize, usize),
    (part, at): (usize, usize),
    out: &mut [f32],
    slot: &mut [f32],
) {
    let scale = if grid.enlarged { 2 } else { 1 };
    let pixel = scale * grid.outputs;
    let row = scale * grid.width * grid.outputs;
    let below = if part > 0 { row } else { 0 };
    let zero = V::splat(simd, 0.0);
    let mut sums = if start == 0 { Sums::new(simd, zero) } else { Sums::<V>::resume(simd, slot, part + at) };
    for t in 0..count {
        let from = t * n + part + at;
        let mut columns = [[zero; P]; TILE];
        for x in 0..P {
            let column = T::output::<S, V>(loaded(simd, products, x * stride + from, P * stride));
            for y in 0..TILE {
                columns[y][x] = column[y];
            }
        }
        let mut values = [[zero; TILE]; TILE];
        for y in 0..TILE {
            values[y] = T::output::<S, V>(columns[y]);
        }
        let (ty, tx) = ((start + t) / grid.across, (start + t) % grid.across);
        let (rows, columns) = (TILE.min(grid.rows - ty * TILE), TILE.min(grid.width - tx * TILE));
        if t == 0 && start == 0 {
            sums = Sums::new(simd, values[0][0]);
        }
        let to = ty * TILE * scale * row + below + tx * TILE * pixel + at;
        if rows == TILE && columns == TILE {
            // All bounds are constants.
            assert!(to + (TILE - 1) * (scale * row + pixel) + V::LEN <= out.len());
            for y in 0..TILE {
                for x in 0..TILE {
                    // SAFETY: checked above for the last pixel.
                    unsafe { store_unchecked(values[y][x], out, to + y * scale * row + x * pixel) };
                    sums.add(values[y][x]);
                }
            }
        } else {
            for y in 0..rows {
                for x in 0..columns {
                    store(values[y][x], out, to + y * scale * row + x * pixel);
                    sums.add(values[y][x]);
                }
            }
        }
    }
    sums.finish(slot, part + at);
}
