//! Gram matrices of features in planes.

use burn::tensor::Tensor;

#[cfg(feature = "gpu")]
use super::gram;
#[cfg(feature = "gpu")]
use crate::train::device::is_graphics;

/// Returns the products of every two channels, summed over all pixels, `[pictures][channels][channels]`, of features
/// `[pictures][channels][pixels]`.
pub fn products(features: Tensor<3>) -> Tensor<3> {
    #[cfg(feature = "gpu")]
    if is_graphics(&features.device())
        && let Some(products) = gram::products(features.clone())
    {
        return products;
    }
    features.clone().matmul(features.transpose())
}
