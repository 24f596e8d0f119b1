//! What the processor can do at most: the rate of multiply-adds in registers.

use std::hint::black_box;
use std::time::Instant;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::instruction_set::InstructionSet;
use super::workers::Workers;
use crate::error::Result;

/// Steps of each thread, and runs of which the fastest counts.
const STEPS: usize = 100_000;
const ROUNDS: usize = 9;
/// Independent sums: as many as hide the latency of a multiply-add.
const CHAINS: usize = 12;

/// Returns the rate of independent multiply-adds of all `workers` in GFLOP/s: a multiply-add counts as two operations.
///
/// # Errors
/// As [`InstructionSet::require`].
pub fn gflops(set: InstructionSet, workers: &Workers) -> Result<f64> {
    let level = set.require()?;
    let run = || {
        let start = Instant::now();
        workers.for_each((0..workers.threads()).collect(), 0, |_, _| {
            black_box(dispatch!(level, simd => chains(simd, STEPS, black_box(1e-9), black_box(0.5))));
        });
        start.elapsed().as_secs_f64()
    };
    let fastest = (0..ROUNDS).map(|_| run()).fold(f64::MAX, f64::min);
    Ok(2.0 * (STEPS * CHAINS * set.lanes() * workers.threads()) as f64 / fastest / 1e9)
}

/// Returns the sum of chains in which each step is `sum * factor + term`.
#[inline(always)]
fn chains<S: Simd>(simd: S, steps: usize, factor: f32, term: f32) -> f32 {
    let mut sums = [S::f32s::splat(simd, term); CHAINS];
    let (factor, term) = (S::f32s::splat(simd, factor), S::f32s::splat(simd, term));
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = sum.mul_add(factor, term);
        }
    }
    sums.iter().map(|sum| sum.as_slice().iter().sum::<f32>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_compute_what_they_say() {
        for set in InstructionSet::available() {
            let level = set.require().unwrap();
            let found = dispatch!(level, simd => chains(simd, 3, 0.5, 2.0));
            // 2, 3, 3.5, 3.75 in each lane of each chain.
            assert_eq!(found, 3.75 * (CHAINS * set.lanes()) as f32, "{set:?}");
            assert!(gflops(set, &Workers::new(1)).unwrap() > 0.0);
        }
    }
}
