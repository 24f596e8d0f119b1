//! The search for nearest rows: for each row of one matrix the row of another with the largest product. The products are
//! computed in blocks; the matrix of all of them never exists.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::gemm::{PackedMatrix, Rows, multiply};
use super::{InstructionSet, Workers};
use crate::error::Result;

/// Rows of `own` that a thread compares at a time, so that they stay in the second cache.
const ROWS: usize = 96;
/// Rows of `among` in a packed block.
const BLOCK: usize = 256;
/// Blocks that are packed at a time.
const BLOCKS: usize = 16;
/// The numbers of a vector at most.
const MOST_LANES: usize = 16;

/// Returns for each row of `own` the row of `among` with the largest product, the first of equal ones. Both have rows of
/// `channels` numbers.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `own` or `among` is no whole number of rows.
pub fn nearest(
    set: InstructionSet,
    workers: &Workers,
    own: &[f32],
    among: &[f32],
    channels: usize,
) -> Result<Vec<u32>> {
    assert!(own.len().is_multiple_of(channels) && among.len().is_multiple_of(channels), "whole rows");
    let level = set.require()?;
    let rows = own.len() / channels;
    let (mut values, mut indices) = (vec![f32::NEG_INFINITY; rows], vec![0; rows]);
    for (group, part) in among.chunks(BLOCKS * BLOCK * channels).enumerate() {
        let mut packed = vec![None; part.len().div_ceil(BLOCK * channels)];
        let blocks = packed.iter_mut().zip(part.chunks(BLOCK * channels)).collect();
        workers.for_each(blocks, 0, |(packed, block): (&mut Option<PackedMatrix>, &[f32]), _| {
            let at = |i: usize, j: usize| block[j * channels + i];
            *packed = Some(PackedMatrix::new(set, channels, block.len() / channels, at));
        });
        let packed: Vec<PackedMatrix> = packed.into_iter().flatten().collect();
        let found = values.chunks_mut(ROWS).zip(indices.chunks_mut(ROWS));
        let items = own.chunks(ROWS * channels).zip(found).collect();
        workers.for_each(items, ROWS * BLOCK, |(own, (values, indices)), products| {
            let best = Best { values, indices };
            let first = group * BLOCKS * BLOCK;
            let counts = (part.len() / channels, channels);
            dispatch!(level, simd => compare(simd, own, &packed, counts, first, best, products));
        });
    }
    Ok(indices)
}

/// The largest product of each row so far, and whose it is.
struct Best<'a> {
    values: &'a mut [f32],
    indices: &'a mut [u32],
}

/// Compares rows of `channels` numbers with `count` packed ones, the first of which has the number `first`.
#[inline(always)]
fn compare<S: Simd>(
    simd: S,
    own: &[f32],
    packed: &[PackedMatrix],
    (count, channels): (usize, usize),
    first: usize,
    best: Best,
    products: &mut [f32],
) {
    let rows = best.values.len();
    for (i, block) in packed.iter().enumerate() {
        let (begin, stride) = (i * BLOCK, block.columns());
        multiply(simd, rows, Rows::plain(own, channels), block, products, stride);
        // What the block is padded with has the product zero, which may be the largest.
        let columns = BLOCK.min(count - begin);
        for (row, products) in products.chunks_exact(stride).take(rows).enumerate() {
            let products = &products[..columns];
            let value = simd.vectorize(
                #[inline(always)]
                || largest(simd, products),
            );
            if value > best.values[row] {
                best.values[row] = value;
                // Rarely needed: after n rows, on average the logarithm of n times.
                let column = products.iter().position(|product| *product == value).unwrap_or(0);
                best.indices[row] = (first + begin + column) as u32;
            }
        }
    }
}

/// Returns the largest of `values`, or a very small number if there is none.
#[inline(always)]
fn largest<S: Simd>(simd: S, values: &[f32]) -> f32 {
    let lanes = S::f32s::LEN;
    let vectors = values.chunks_exact(lanes);
    let rest = vectors.remainder().iter().copied().fold(f32::MIN, f32::max);
    let mut top = S::f32s::splat(simd, f32::MIN);
    for vector in vectors {
        top = top.max(S::f32s::from_slice(simd, vector));
    }
    let mut each = [f32::MIN; MOST_LANES];
    top.store_slice(&mut each[..lanes]);
    each.into_iter().fold(rest, f32::max)
}
