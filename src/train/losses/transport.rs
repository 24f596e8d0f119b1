//! The transport loss of training: the relaxed earth mover's distance between features, and their means and covariances (Kolkin
//! et al. 2019, "Style Transfer by Relaxed Optimal Transport and Self-Similarity", section 2.1).

use burn::tensor::Tensor;

use crate::procedural::random::Random;
use crate::train::FeatureMap;
use crate::train::ops::nearest::nearest;
use crate::train::ops::resample::indices;
use crate::train::ops::rows::unit;

/// Positions that are compared at most.
const MOST: usize = 1024;
/// Weight of means and covariances beside the distance.
const MOMENTS: f32 = 0.5;
/// Lower bound of divisors.
const SMALLEST: f32 = 1e-8;

/// Features of paintings at one layer: a sample of their positions, and their means and covariances.
pub struct TransportTarget {
    /// The means of the samples, `[1][channels]`, from which directions are measured.
    center: Tensor<2>,
    /// The directions of the samples, `[positions][channels]`.
    directions: Tensor<2>,
    means: Tensor<2>,
    covariances: Tensor<2>,
}

impl TransportTarget {
    /// Samples the features of one picture of each painting, which have weights that are not all zero: a painting has a share of
    /// the positions by its weight.
    pub fn new(paintings: &[(FeatureMap, f32)], seed: u64) -> Self {
        let total: f32 = paintings.iter().map(|painting| painting.1).sum();
        let mut parts = Vec::new();
        for (i, (map, weight)) in paintings.iter().enumerate() {
            let count = (MOST as f32 * weight / total).round() as usize;
            if count > 0 {
                parts.push(sampled(&map.rows(0), count, seed.wrapping_add(i as u64)));
            }
        }
        let features = Tensor::cat(parts, 0);
        let center = features.clone().mean_dim(0);
        let (means, covariances) = moments(features.clone());
        Self { directions: unit(features - center.clone()), center, means, covariances }
    }

    /// Returns the loss of a batch of pictures, the mean over them. Their positions are sampled by `seed`.
    pub fn loss(&self, features: &FeatureMap, seed: u64) -> Tensor<1> {
        let (pictures, _, _) = features.size();
        let of_picture = |picture: usize| {
            let found = sampled(&features.rows(picture), MOST, seed.wrapping_add(picture as u64));
            self.distance(found.clone()) + self.moments(found) * MOMENTS
        };
        Tensor::cat((0..pictures).map(of_picture).collect(), 0).mean()
    }

    /// The relaxed earth mover's distance under the cosine distance: the larger of both means over the nearest of the other side.
    fn distance(&self, features: Tensor<2>) -> Tensor<1> {
        let own = unit(features - self.center.clone());
        let fixed = own.clone().detach();
        let among = || self.directions.clone();
        let forth = among().select(0, nearest(&fixed, &among()));
        let back = own.clone().select(0, nearest(&among(), &fixed));
        let far = |a: Tensor<2>, b: Tensor<2>| (a * b).sum_dim(1).mean().neg() + 1.0;
        far(own, forth).max_pair(far(back, among()))
    }

    /// The distances of means and covariances, relative to the sizes of the paintings'.
    fn moments(&self, features: Tensor<2>) -> Tensor<1> {
        let (means, covariances) = moments(features);
        let relative = |found: Tensor<2>, aim: &Tensor<2>| {
            (found - aim.clone()).abs().mean() / aim.clone().abs().mean().clamp_min(SMALLEST)
        };
        relative(means, &self.means) + relative(covariances, &self.covariances)
    }
}

/// Returns `count` rows of `x`, each at most once, or all if there are not more.
fn sampled(x: &Tensor<2>, count: usize, seed: u64) -> Tensor<2> {
    let [all, _] = x.dims();
    if count >= all {
        return x.clone();
    }
    let mut numbers: Vec<usize> = (0..all).collect();
    let mut random = Random::new(seed);
    for i in 0..count {
        numbers.swap(i, i + random.below(all - i));
    }
    numbers.truncate(count);
    x.clone().select(0, indices(numbers.into_iter(), &x.device()))
}

fn moments(features: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [count, _] = features.dims();
    let means = features.clone().mean_dim(0);
    let centred = features - means.clone();
    (means, centred.clone().transpose().matmul(centred) / count as f32)
}
