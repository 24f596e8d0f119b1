//! Reference of the products of resampled features with targets and with themselves.

use crate::image::taps::Tap;

/// Features `[height][width][channels]`, and where positions lie in them.
#[derive(Debug, Clone, Copy)]
pub struct Sampled<'a> {
    /// The features.
    pub x: &'a [f32],
    /// Pixels in a row.
    pub width: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// The row and the column of each position.
    pub taps: &'a [(Tap, Tap)],
    /// What features are multiplied with.
    pub scale: f32,
}

impl Sampled<'_> {
    /// Returns the four pixels that a position is made of, with their weights.
    fn corners(&self, position: usize) -> [(usize, f64); 4] {
        let (row, column) = self.taps[position];
        let (down, right) = (f64::from(row.second), f64::from(column.second));
        let pixel = |y: usize, x: usize| y * self.width + x;
        let scale = f64::from(self.scale);
        [
            (pixel(row.lower, column.lower), scale * (1.0 - down) * (1.0 - right)),
            (pixel(row.lower, column.upper), scale * (1.0 - down) * right),
            (pixel(row.upper, column.lower), scale * down * (1.0 - right)),
            (pixel(row.upper, column.upper), scale * down * right),
        ]
    }

    /// Returns the resampled features of a position.
    fn feature(&self, position: usize) -> Vec<f64> {
        let corners = self.corners(position);
        let at = |pixel: usize, channel: usize| f64::from(self.x[pixel * self.channels + channel]);
        (0..self.channels).map(|c| corners.iter().map(|(pixel, weight)| weight * at(*pixel, c)).sum()).collect()
    }

    /// Returns for each position the product of its features with those in `targets`, `[positions][channels]`, and with
    /// themselves: `[positions][2]`.
    pub fn products(&self, targets: &[f32]) -> Vec<f32> {
        let both = |(position, target): (usize, &[f32])| {
            let feature = self.feature(position);
            let product = feature.iter().zip(target).map(|(a, b)| a * f64::from(*b)).sum::<f64>();
            [product as f32, feature.iter().map(|a| a * a).sum::<f64>() as f32]
        };
        targets.chunks_exact(self.channels).enumerate().flat_map(both).collect()
    }

    /// Returns the gradient of the features from the gradient of [`Self::products`].
    pub fn gradient(&self, gradient: &[f32], targets: &[f32]) -> Vec<f32> {
        let mut found = vec![0.0_f64; self.x.len()];
        for (position, target) in targets.chunks_exact(self.channels).enumerate() {
            let [product, square] = [0, 1].map(|i| f64::from(gradient[2 * position + i]));
            let feature = self.feature(position);
            for (pixel, weight) in self.corners(position) {
                for c in 0..self.channels {
                    found[pixel * self.channels + c] +=
                        weight * (product * f64::from(target[c]) + 2.0 * square * feature[c]);
                }
            }
        }
        found.into_iter().map(|v| v as f32).collect()
    }
}
