//! What is compared of a layer's features to tell one style from another.

use burn::tensor::{Device, Tensor};

use crate::error::Result;
use crate::image::Image;
use crate::net::models::vgg::Layer;
use crate::train::device::tensor;
use crate::train::ops::gram;

/// Aims of nothing (a layer that is dark everywhere) are not divided by.
const SMALLEST: f32 = 1e-12;

/// Which statistics are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyleLoss {
    /// Gram matrices: `sum((G - S)^2) / sum(S^2)` (Gatys, Ecker, Bethge 2015).
    Gram,
    /// Means and covariances, half each: `sum((m - n)^2) / sum(n^2)` and `sum((C - D)^2) / sum(D^2)`. Unlike Gram matrices these
    /// tell how bright a feature is from how much it varies. The statistics are those of Katherine Crowson's
    /// style-transfer-pytorch, which compares them as normal distributions; this is plain squares.
    Covariance,
}

/// Statistics of the features of one layer.
#[derive(Clone)]
pub struct Statistics {
    /// Means of the channels `[channels][1]`, where they are compared.
    means: Option<Tensor<2>>,
    /// Gram or covariance matrix `[channels][channels]`.
    products: Tensor<2>,
}

/// Statistics to be reached.
pub struct Aim {
    statistics: Statistics,
    /// One over the sums of the squares of either.
    inverse_means: Option<Tensor<1>>,
    inverse_products: Tensor<1>,
}

impl Statistics {
    /// Those of features `[1][channels][height][width]`, every pixel weighted by `weights` `[1][height * width]`, which sum to 1,
    /// or all the same.
    pub fn of(kind: StyleLoss, features: Tensor<4>, weights: Option<&Tensor<2>>) -> Self {
        let [_, channels, height, width] = features.dims();
        let f: Tensor<2> = features.reshape([channels, height * width]);
        let mean = |f: Tensor<2>| match weights {
            Some(weights) => (f * weights.clone()).sum_dim(1),
            None => f.mean_dim(1),
        };
        // Without weights nothing as large as the features is copied, which autodiff would keep.
        let products = |f: Tensor<2>| match weights {
            Some(weights) => (f.clone() * weights.clone()).matmul(f.transpose()),
            None => gram::products(f.unsqueeze()).squeeze_dim(0) / (height * width) as f32,
        };
        match kind {
            StyleLoss::Gram => Self { means: None, products: products(f) / channels as f32 },
            StyleLoss::Covariance => {
                let means = mean(f.clone());
                let products = products(f - means.clone());
                Self { means: Some(means), products }
            }
        }
    }

    /// These times `factor`.
    pub fn times(self, factor: f32) -> Self {
        Self { means: self.means.map(|m| m * factor), products: self.products * factor }
    }

    /// The sum of two of the same kind.
    pub fn plus(self, other: Self) -> Self {
        let means = self.means.zip(other.means).map(|(a, b)| a + b);
        Self { means, products: self.products + other.products }
    }

    /// How far they are from `aim`, which is of the same kind; nothing is at a distance of 1.
    pub fn distance(self, aim: &Aim) -> Tensor<1> {
        let products = squares(self.products - aim.statistics.products.clone()) * aim.inverse_products.clone();
        match (self.means, &aim.statistics.means, &aim.inverse_means) {
            (Some(found), Some(wanted), Some(inverse)) => {
                (products + squares(found - wanted.clone()) * inverse.clone()) / 2.0
            }
            _ => products,
        }
    }
}

impl Aim {
    /// To reach `statistics`.
    pub fn new(statistics: Statistics) -> Self {
        let inverse = |t: &Tensor<2>| squares(t.clone()).clamp_min(SMALLEST).recip();
        let (inverse_means, inverse_products) = (statistics.means.as_ref().map(inverse), inverse(&statistics.products));
        Self { statistics, inverse_means, inverse_products }
    }
}

/// The weights that a grey mask gives to the pixels of `layer` for a picture of `width` x `height`, `[1][pixels]`, with a sum of
/// 1 (guidance channels: Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 4; what they
/// multiply features with is the root of these).
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
