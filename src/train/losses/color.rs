//! Color statistics: means and covariances of the colours of pictures, and the distance between two of them.

use burn::tensor::Tensor;

/// Added to the covariance norm, one or two grey levels: a painting of one colour has no covariance to divide by.
const LEAST: f32 = 1e-4;

/// First and second moments of the colours of pictures.
#[derive(Clone)]
pub struct ColorStatistics {
    /// Means of the channels, `[3][1]`.
    means: Tensor<2>,
    /// Means of the products of every two channels, `[3][3]`.
    products: Tensor<2>,
}

impl ColorStatistics {
    /// Computes the statistics of all pixels of `pictures`, `[n][3][height][width]`.
    pub fn of(pictures: Tensor<4>) -> Self {
        let [count, channels, height, width] = pictures.dims();
        let colours: Tensor<2> = pictures.swap_dims(0, 1).reshape([channels, count * height * width]);
        let products = (0..channels).map(|i| (colours.clone() * colours.clone().narrow(0, i, 1)).mean_dim(1));
        Self { products: Tensor::cat(products.collect(), 1), means: colours.mean_dim(1) }
    }

    /// Returns the moments multiplied by `factor`.
    pub fn times(self, factor: f32) -> Self {
        Self { means: self.means * factor, products: self.products * factor }
    }

    /// Returns the sum of the moments of both.
    pub fn plus(self, other: Self) -> Self {
        Self { means: self.means + other.means, products: self.products + other.products }
    }

    /// Returns the distance to the target `target` with means `n` and covariances `D`: the average of
    /// `sum((m - n)^2) / |D|` and `sum((C - D)^2) / |D|^2`, where `|D|` is the root of the sum of squares. A picture of
    /// the target's mean colour everywhere has a distance of one half.
    pub fn distance(&self, target: &Self) -> Tensor<1> {
        let (found, expected) = (self.covariances(), target.covariances());
        let squares = |x: Tensor<2>| (x.clone() * x).sum();
        let size = squares(expected.clone());
        let means = squares(self.means.clone() - target.means.clone()) / (size.clone().sqrt() + LEAST);
        let covariances = squares(found - expected) / (size + LEAST * LEAST);
        (means + covariances) * 0.5
    }

    fn covariances(&self) -> Tensor<2> {
        self.products.clone() - self.means.clone().matmul(self.means.clone().transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::{cpu, read, tensor};

    /// Statistics of a picture of two pixels.
    fn statistics(first: [f32; 3], second: [f32; 3]) -> ColorStatistics {
        let values = (0..3).flat_map(|channel| [first[channel], second[channel]]).collect();
        ColorStatistics::of(tensor(values, [1, 3, 1, 2], &cpu()))
    }

    fn distance(found: &ColorStatistics, target: &ColorStatistics) -> f32 {
        pollster::block_on(read(found.distance(target))).unwrap()[0]
    }

    #[test]
    fn distances_are_those_of_means_and_covariances() {
        let target = statistics([0.2, 0.4, 0.6], [0.6, 0.4, 0.2]);
        assert!(distance(&target, &target) < 1e-6);
        // Without variance only the means agree.
        assert!((distance(&statistics([0.4; 3], [0.4; 3]), &target) - 0.5).abs() < 1e-3);
        // Covariances of 0.04 at four positions have a sum of squares of 0.0064: a mean that is off by 0.1 contributes
        // 0.01 / 0.08.
        let redder = statistics([0.3, 0.4, 0.6], [0.7, 0.4, 0.2]);
        assert!((distance(&redder, &target) - 0.5 * 0.01 / (0.08 + LEAST)).abs() < 1e-4);
        // Half of each of two paintings gives their mean, and the variance between them.
        let halves = statistics([0.2; 3], [0.2; 3]).times(0.5).plus(statistics([0.6; 3], [0.6; 3]).times(0.5));
        assert!(distance(&statistics([0.2; 3], [0.6; 3]), &halves) < 1e-6);
        // A single colour is a valid target.
        let flat = statistics([0.5; 3], [0.5; 3]);
        assert!(distance(&flat, &flat) < 1e-6 && distance(&target, &flat).is_finite());
    }
}
