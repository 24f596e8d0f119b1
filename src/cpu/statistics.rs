//! Statistics of a convolution's output for the normalization that follows: each band writes sums to a slot of its own,
//! and the slots are merged in a fixed order, so that the result does not depend on the number of threads.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{load, store};
use crate::lower::moments::Moments;

/// Numbers of a slot for each column of the output: a value near the mean, which is subtracted before summation against
/// cancellation; the sum; and the sum of squares.
pub const PARTS: usize = 3;

/// Running sums of one vector of columns.
#[derive(Clone, Copy)]
pub struct Sums<V> {
    shift: V,
    sum: V,
    square: V,
}

impl<V> Sums<V> {
    /// Starts sums with a value near the mean.
    #[inline(always)]
    pub fn new<S: Simd>(simd: S, shift: V) -> Self
    where
        V: SimdFloat<S, Element = f32>,
    {
        Self { shift, sum: V::splat(simd, 0.0), square: V::splat(simd, 0.0) }
    }

    /// Continues the sums of the columns at `at` in `slot`.
    #[inline(always)]
    pub fn resume<S: Simd>(simd: S, slot: &[f32], at: usize) -> Self
    where
        V: SimdFloat<S, Element = f32>,
    {
        let columns = slot.len() / PARTS;
        Self {
            shift: load(simd, slot, at),
            sum: load(simd, slot, columns + at),
            square: load(simd, slot, 2 * columns + at),
        }
    }

    /// Adds a value.
    #[inline(always)]
    pub fn add<S: Simd>(&mut self, value: V)
    where
        V: SimdFloat<S, Element = f32>,
    {
        let distance = value - self.shift;
        self.sum += distance;
        self.square = distance.mul_add(distance, self.square);
    }

    /// Writes the sums to `slot`.
    #[inline(always)]
    pub fn finish<S: Simd>(self, slot: &mut [f32], at: usize)
    where
        V: SimdFloat<S, Element = f32>,
    {
        let columns = slot.len() / PARTS;
        store(self.shift, slot, at);
        store(self.sum, slot, columns + at);
        store(self.square, slot, 2 * columns + at);
    }
}

/// Merges the sums of all slots (Chan, Golub, `LeVeque` 1979). `slots` are the slots of the bands with the number of
/// pixels of each; columns that are `channels` apart belong to the same channel.
pub fn merge<'a>(slots: impl Iterator<Item = (&'a [f32], usize)> + Clone, channels: usize) -> Vec<Moments> {
    let channel = |c: usize| {
        let parts = slots.clone().flat_map(|(slot, count)| {
            let columns = slot.len() / PARTS;
            (c..columns).step_by(channels).map(move |o| {
                let [shift, sum, square] = [0, 1, 2].map(|part| f64::from(slot[part * columns + o]));
                let n = count as f64;
                (n, shift + sum / n, square - sum * sum / n)
            })
        });
        let count: f64 = parts.clone().map(|p| p.0).sum();
        let mean = parts.clone().map(|(n, mean, _)| n * mean).sum::<f64>() / count;
        let spread: f64 = parts.map(|(n, m, spread)| spread + n * (m - mean).powi(2)).sum();
        Moments { mean, variance: (spread / count).max(0.0) }
    };
    (0..channels).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_merge_to_the_moments_of_all_values() {
        // Two channels in two phases each, and two bands of unequal size.
        let values = |band: usize, column: usize| -> Vec<f32> {
            (0..3 + band)
                .map(|i| 100.0 + (column % 2) as f32 * 7.0 + ((i * 31 + column * 17 + band * 5) % 11) as f32)
                .collect()
        };
        let slot = |band: usize| -> Vec<f32> {
            let columns: Vec<Vec<f32>> = (0..4).map(|column| values(band, column)).collect();
            let shift = columns.iter().map(|v| v[0]);
            let sum = columns.iter().map(|v| v.iter().map(|x| x - v[0]).sum::<f32>());
            let square = columns.iter().map(|v| v.iter().map(|x| (x - v[0]).powi(2)).sum::<f32>());
            shift.chain(sum).chain(square).collect()
        };
        let slots = [slot(0), slot(1)];
        let found = merge(slots.iter().map(Vec::as_slice).zip([3, 4]), 2);
        for (c, found) in found.iter().enumerate() {
            let all: Vec<f64> =
                [0, 1].iter().flat_map(|b| [c, c + 2].into_iter().flat_map(|o| values(*b, o))).map(f64::from).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let variance = all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / all.len() as f64;
            assert!((found.mean - mean).abs() < 1e-9 && (found.variance - variance).abs() < 1e-9, "{found:?}");
        }
    }
}
