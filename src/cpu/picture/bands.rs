//! Rows of a picture, distributed over threads in bands.

use crate::cpu::workers::Workers;

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
