//! Products of every two channels summed over all pixels, and their derivative.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x4};

use crate::cpu::gemm::{PackedMatrix, Rows, multiply};
use crate::cpu::{InstructionSet, Workers};
use crate::error::Result;

/// Parts of the pixels that have sums of their own, and the minimum of pixels in a part.
const PARTS: usize = 16;
const SMALLEST_PART: usize = 128;
/// Pixels that stay in the first cache while all products of channels are added.
const BLOCK: usize = 128;

/// Returns the sums of the products of every two channels, `[channels][channels]`, of `features`, `[pixels][channels]`.
/// `channels` is a multiple of four.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `features` is no whole number of pixels.
pub fn channel_products(set: InstructionSet, workers: &Workers, features: &[f32], channels: usize) -> Result<Vec<f32>> {
    assert!(features.len().is_multiple_of(channels), "whole pixels");
    let level = set.require()?;
    let pixels = features.len() / channels;
    let part = pixels.div_ceil(PARTS).max(SMALLEST_PART);
    let mut sums = vec![0.0; pixels.div_ceil(part) * channels * channels];
    let parts = sums.chunks_exact_mut(channels * channels).zip(features.chunks(part * channels)).collect();
    workers.for_each(parts, 0, |(sums, features), _| {
        dispatch!(level, simd => simd.vectorize(#[inline(always)] || add_products(simd, features, channels, sums)));
    });
    let (first, others) = sums.split_at_mut(channels * channels);
    for other in others.chunks_exact(channels * channels) {
        first.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
    }
    sums.truncate(channels * channels);
    // Only the blocks at and above the diagonal are computed.
    for row in 1..channels {
        for column in 0..row {
            sums[row * channels + column] = sums[column * channels + row];
        }
    }
    Ok(sums)
}

/// Returns the product of `features`, `[pixels][channels]`, and `matrix`, `[channels][channels]` and symmetric.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `features` is no whole number of pixels, or `matrix` too short.
pub fn symmetric_product(
    set: InstructionSet,
    workers: &Workers,
    matrix: &[f32],
    features: &[f32],
    channels: usize,
) -> Result<Vec<f32>> {
    assert!(features.len().is_multiple_of(channels), "whole pixels");
    let level = set.require()?;
    let packed = PackedMatrix::new(set, channels, channels, |i, j| matrix[i * channels + j]);
    let mut product = vec![0.0; features.len()];
    let blocks = product.chunks_mut(BLOCK * channels).zip(features.chunks(BLOCK * channels)).collect();
    workers.for_each(blocks, 0, |(product, features), _| {
        let a = Rows::plain(features, channels);
        dispatch!(level, simd => multiply(simd, features.len() / channels, a, &packed, product, channels));
    });
    Ok(product)
}

/// Adds the products of the channels of some pixels to `sums`: all blocks that are not below the diagonal.
#[inline(always)]
fn add_products<S: Simd>(simd: S, features: &[f32], channels: usize, sums: &mut [f32]) {
    let lanes = S::f32s::LEN;
    for block in features.chunks(BLOCK * channels) {
        let mut row = 0;
        while row < channels {
            // As many rows as in the matrix product. `channels` is a multiple of four: two rows must not be left.
            let tall = match lanes {
                16 => 12,
                8 => 6,
                _ => 4,
            };
            let below = channels - row;
            let rows = if below >= tall && below - tall != 2 { tall } else { 4 };
            let mut column = row / (2 * lanes) * 2 * lanes;
            while column < channels {
                let left = channels - column;
                if left >= 2 * lanes {
                    match rows {
                        12 => tile::<S, S::f32s, 12, 2>(simd, block, channels, (row, column), sums),
                        6 => tile::<S, S::f32s, 6, 2>(simd, block, channels, (row, column), sums),
                        _ => tile::<S, S::f32s, 4, 2>(simd, block, channels, (row, column), sums),
                    }
                    column += 2 * lanes;
                } else if left >= lanes {
                    match rows {
                        12 => tile::<S, S::f32s, 12, 1>(simd, block, channels, (row, column), sums),
                        6 => tile::<S, S::f32s, 6, 1>(simd, block, channels, (row, column), sums),
                        _ => tile::<S, S::f32s, 4, 1>(simd, block, channels, (row, column), sums),
                    }
                    column += lanes;
                } else {
                    match rows {
                        12 => tile::<S, f32x4<S>, 12, 1>(simd, block, channels, (row, column), sums),
                        6 => tile::<S, f32x4<S>, 6, 1>(simd, block, channels, (row, column), sums),
                        _ => tile::<S, f32x4<S>, 4, 1>(simd, block, channels, (row, column), sums),
                    }
                    column += 4;
                }
            }
            row += rows;
        }
    }
}

/// Adds the products of `R` channels from `row` on with `N` vectors of channels from `column` on.
#[inline(always)]
fn tile<S: Simd, V: SimdFloat<S, Element = f32>, const R: usize, const N: usize>(
    simd: S,
    block: &[f32],
    channels: usize,
    (row, column): (usize, usize),
    sums: &mut [f32],
) {
    let zero = V::splat(simd, 0.0);
    let mut found = [[zero; N]; R];
    for pixel in block.chunks_exact(channels) {
        let (left, right) = (&pixel[row..row + R], &pixel[column..column + N * V::LEN]);
        let mut w = [zero; N];
        for j in 0..N {
            w[j] = V::from_slice(simd, &right[j * V::LEN..(j + 1) * V::LEN]);
        }
        for r in 0..R {
            let x = V::splat(simd, left[r]);
            for j in 0..N {
                found[r][j] = x.mul_add(w[j], found[r][j]);
            }
        }
    }
    for r in 0..R {
        let target = &mut sums[(row + r) * channels + column..][..N * V::LEN];
        for j in 0..N {
            let target = &mut target[j * V::LEN..(j + 1) * V::LEN];
            (V::from_slice(simd, target) + found[r][j]).store_slice(target);
        }
    }
}
