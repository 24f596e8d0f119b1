//! The mean of each channel over all pixels.

use super::extent::Extent;

/// Writes the mean of each channel of `input` to `target`. Sums of rows are added, which keeps rounding errors small.
#[inline(always)]
pub(in crate::cpu) fn mean(input: &[f32], extent: Extent, target: &mut [f32], scratch: &mut [f32]) {
    target.fill(0.0);
    for row in input.chunks_exact(extent.row()) {
        let sums = &mut scratch[..extent.channels];
        sums.fill(0.0);
        for pixel in row.chunks_exact(extent.channels) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        target.iter_mut().zip(&*sums).for_each(|(total, sum)| *total += sum);
    }
    let part = 1.0 / (extent.height * extent.width) as f32;
    target.iter_mut().for_each(|total| *total *= part);
}
