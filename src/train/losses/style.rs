//! Style statistics: the statistics of a layer's features that the style loss compares.

use burn::tensor::{Device, Tensor};

use super::wasserstein::NormalTarget;
use crate::error::Result;
use crate::image::Image;
use crate::net::models::vgg::Layer;
use crate::settings::StyleLoss;
use crate::train::device::tensor;
use crate::train::feature_map::FeatureMap;
use crate::train::ops::products::products as all_products;

/// Lower bound of divisors: targets that are all zero (a layer without any activation) would divide by zero.
const SMALLEST: f32 = 1e-12;

/// Statistics of the features of one layer.
#[derive(Clone)]
pub struct Statistics {
    /// Means of the channels, `[channels][1]`, where they are compared.
    means: Option<Tensor<2>>,
    /// Gram or covariance matrix, `[channels][channels]`.
    products: Tensor<2>,
}

/// Target statistics of one layer.
pub struct Target {
    statistics: Statistics,
    /// Reciprocals of the sums of squares of means and matrix.
    inverse_means: Option<Tensor<1>>,
    inverse_products: Tensor<1>,
    /// The statistics as a normal distribution, where these are compared.
    normal: Option<NormalTarget>,
}

impl Statistics {
    /// Computes the statistics of the features of one picture. Pixels are weighted by `weights`, `[1][pixels]` with a sum
    /// of 1, or all equally.
    pub fn of(kind: StyleLoss, features: &FeatureMap, weights: Option<&Tensor<2>>) -> Self {
        let (_, channels, pixels) = features.size();
        let planes = || features.planes().squeeze_dim::<2>(0);
        let mean = |f: Tensor<2>| match weights {
            Some(weights) => (f * weights.clone()).sum_dim(1),
            None => f.mean_dim(1),
        };
        let products = |f: Tensor<2>| match weights {
            Some(weights) => (f.clone() * weights.clone()).matmul(f.transpose()),
            None => all_products(f.unsqueeze()).squeeze_dim(0) / pixels as f32,
        };
        match kind {
            // Without weights no copy as large as the features is made, which autodiff would keep.
            StyleLoss::Gram if weights.is_none() => {
                let products = features.products().squeeze_dim(0) / (pixels * channels) as f32;
                Self { means: None, products }
            }
            StyleLoss::Gram => Self { means: None, products: products(planes()) / channels as f32 },
            StyleLoss::Covariance | StyleLoss::Wasserstein => {
                let means = mean(planes());
                let products = products(planes() - means.clone());
                Self { means: Some(means), products }
            }
        }
    }

    /// Returns the statistics multiplied by `factor`.
    pub fn times(self, factor: f32) -> Self {
        Self { means: self.means.map(|m| m * factor), products: self.products * factor }
    }

    /// Returns the sum of two statistics of the same kind.
    pub fn plus(self, other: Self) -> Self {
        let means = self.means.zip(other.means).map(|(a, b)| a + b);
        Self { means, products: self.products + other.products }
    }

    /// Returns the distance to `target`, which is of the same kind. Statistics that are all zero have a distance of 1.
    pub fn distance(self, target: &Target) -> Tensor<1> {
        if let (Some(means), Some(normal)) = (&self.means, &target.normal) {
            return normal.distance(means.clone(), self.products);
        }
        let products = squares(self.products - target.statistics.products.clone()) * target.inverse_products.clone();
        match (self.means, &target.statistics.means, &target.inverse_means) {
            (Some(found), Some(means), Some(inverse)) => {
                (products + squares(found - means.clone()) * inverse.clone()) / 2.0
            }
            _ => products,
        }
    }
}

impl Target {
    /// Makes a target of `statistics`, which are of the kind `kind`.
    pub fn new(kind: StyleLoss, statistics: Statistics) -> Self {
        let normal = match (kind, &statistics.means) {
            (StyleLoss::Wasserstein, Some(means)) => Some(NormalTarget::new(means, &statistics.products)),
            _ => None,
        };
        let inverse = |t: &Tensor<2>| squares(t.clone()).clamp_min(SMALLEST).recip();
        let (inverse_means, inverse_products) = (statistics.means.as_ref().map(inverse), inverse(&statistics.products));
        Self { statistics, inverse_means, inverse_products, normal }
    }
}

/// Returns the weights of the pixels of `layer` for a grey mask, `[1][pixels]` with a sum of 1, for a picture of
/// `width` x `height` (guidance channels: Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer",
/// section 4; the paper multiplies features by the square root of these weights).
///
/// # Errors
/// [`crate::error::Error::Picture`] when the layer has no pixel left.
pub fn weights(mask: &Image, layer: Layer, width: usize, height: usize, device: &Device) -> Result<Tensor<2>> {
    let (width, height) = (layer.size(width), layer.size(height));
    let small = mask.resized(width, height)?;
    let mut values: Vec<f32> = small.data().chunks_exact(3).map(|p| p[0].clamp(0.0, 1.0)).collect();
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum.max(SMALLEST));
    Ok(tensor(values, [1, width * height], device))
}

fn squares(t: Tensor<2>) -> Tensor<1> {
    (t.clone() * t).sum()
}
