//! Pooling of 2x2 pixels with a stride of two, and its derivative. An odd last row or column is left out.

use fearless_simd::{Simd, dispatch};

use crate::cpu::{InstructionSet, Workers};
use crate::error::Result;
use crate::net::Pooling;

/// Output rows that a thread takes at a time.
const ROWS: usize = 4;
/// Numbers that differ by less than this part are equal: in flat areas Winograd's algorithm rounds equal pixels differently, and
/// gradients would go to any of them.
const TIE: f32 = 3e-6;

/// Returns the pooled pixels of `x`, `height` x `width` pixels of `channels` numbers.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `x` has another length.
pub fn pool(
    set: InstructionSet,
    workers: &Workers,
    pooling: Pooling,
    x: &[f32],
    (height, width): (usize, usize),
    channels: usize,
) -> Result<Vec<f32>> {
    assert_eq!(x.len(), height * width * channels, "the numbers of a tensor");
    let row = width / 2 * channels;
    let mut pooled = vec![0.0; height / 2 * row];
    let level = set.require()?;
    let bands = pooled.chunks_mut((ROWS * row).max(1)).enumerate().collect();
    workers.for_each(bands, 0, |(band, rows): (usize, &mut [f32]), _| {
        for (y, target) in rows.chunks_exact_mut(row).enumerate() {
            let pair = &x[2 * (band * ROWS + y) * width * channels..][..2 * width * channels];
            dispatch!(level, simd => simd.vectorize(#[inline(always)] || pool_row(pooling, pair, channels, target)));
        }
    });
    Ok(pooled)
}

/// Returns the gradient of the input of [`pool`] from the gradient of its output. Of equal largest numbers the first one
/// gets the gradient.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `x` or `gradient` has another length.
pub fn unpool(
    set: InstructionSet,
    workers: &Workers,
    pooling: Pooling,
    x: &[f32],
    gradient: &[f32],
    (height, width): (usize, usize),
    channels: usize,
) -> Result<Vec<f32>> {
    assert_eq!(x.len(), height * width * channels, "the numbers of a tensor");
    let row = width / 2 * channels;
    assert_eq!(gradient.len(), height / 2 * row, "the numbers of a gradient");
    let mut found = vec![0.0; x.len()];
    let pair = 2 * width * channels;
    let level = set.require()?;
    let bands = found.chunks_mut((ROWS * pair).max(1)).enumerate().collect();
    workers.for_each(bands, 0, |(band, rows): (usize, &mut [f32]), _| {
        // An odd last row stays zero.
        for (y, target) in rows.chunks_exact_mut(pair).enumerate() {
            let y = band * ROWS + y;
            let (x, gradient) = (&x[y * pair..][..pair], &gradient[y * row..][..row]);
            dispatch!(level, simd => simd.vectorize(#[inline(always)] || unpool_row(pooling, x, gradient, channels, target)));
        }
    });
    Ok(found)
}

/// Pools a pair of rows.
#[inline(always)]
fn pool_row(pooling: Pooling, pair: &[f32], channels: usize, target: &mut [f32]) {
    let (above, below) = pair.split_at(pair.len() / 2);
    let squares = above.chunks_exact(2 * channels).zip(below.chunks_exact(2 * channels));
    for ((above, below), target) in squares.zip(target.chunks_exact_mut(channels)) {
        let ((a, b), (c, d)) = (above.split_at(channels), below.split_at(channels));
        for i in 0..channels {
            target[i] = match pooling {
                Pooling::Average => (a[i] + b[i] + c[i] + d[i]) * 0.25,
                Pooling::Max => a[i].max(b[i]).max(c[i].max(d[i])),
            };
        }
    }
}

/// Distributes the gradient of a row of pooled pixels over a pair of rows.
#[inline(always)]
fn unpool_row(pooling: Pooling, pair: &[f32], gradient: &[f32], channels: usize, target: &mut [f32]) {
    let (above, below) = pair.split_at(pair.len() / 2);
    let squares = above.chunks_exact(2 * channels).zip(below.chunks_exact(2 * channels));
    let (to_above, to_below) = target.split_at_mut(pair.len() / 2);
    let targets = to_above.chunks_exact_mut(2 * channels).zip(to_below.chunks_exact_mut(2 * channels));
    for (((above, below), (to_above, to_below)), gradient) in squares.zip(targets).zip(gradient.chunks_exact(channels))
    {
        let ((a, b), (c, d)) = (above.split_at(channels), below.split_at(channels));
        let ((to_a, to_b), (to_c, to_d)) = (to_above.split_at_mut(channels), to_below.split_at_mut(channels));
        for i in 0..channels {
            let g = gradient[i];
            match pooling {
                Pooling::Average => (to_a[i], to_b[i], to_c[i], to_d[i]) = (g * 0.25, g * 0.25, g * 0.25, g * 0.25),
                Pooling::Max => {
                    let largest = a[i].max(b[i]).max(c[i].max(d[i]));
                    let least = largest - TIE * largest.abs();
                    let (is_a, is_b, is_c) = (a[i] >= least, b[i] >= least, c[i] >= least);
                    to_a[i] = if is_a { g } else { 0.0 };
                    to_b[i] = if is_b & !is_a { g } else { 0.0 };
                    to_c[i] = if is_c & !is_a & !is_b { g } else { 0.0 };
                    to_d[i] = if is_a | is_b | is_c { 0.0 } else { g };
                }
            }
        }
    }
}
