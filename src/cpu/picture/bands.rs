//! Rows of a picture, distributed over threads in bands.

use fearless_simd::Level;

use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::workers::Workers;
use crate::error::{Error, Result};

/// Bands for each thread, so that threads which other programs slow down get fewer.
const BANDS_A_THREAD: usize = 4;

/// Calls `work` for bands of whole rows of `values`, which has rows of `row` values: with the number of the first row, the
/// rows, and `scratch` numbers of scratch memory whose values are arbitrary.
pub(super) fn for_each_band<T: Send>(
    workers: &Workers,
    values: &mut [T],
    row: usize,
    scratch: usize,
    work: impl Fn(usize, &mut [T], &mut [f32]) + Sync,
) {
    let bands = if workers.threads() == 1 { 1 } else { BANDS_A_THREAD * workers.threads() };
    let rows = (values.len() / row).div_ceil(bands).max(1);
    let items = values.chunks_mut(rows * row).enumerate().collect();
    workers.for_each(items, scratch, |(i, band), scratch| work(i * rows, band, scratch));
}

/// Returns the proof that this processor has `set`.
///
/// # Errors
/// [`Error::Picture`] if it does not.
pub(super) fn level(set: InstructionSet) -> Result<Level> {
    set.level()
        .ok_or_else(|| Error::Picture(format!("this processor has no {}: choose another instruction set", set.name())))
}
