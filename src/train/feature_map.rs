//! Features of one layer: graphics devices keep a plane for each channel, the processor keeps the channels of a pixel
//! together.

use burn::tensor::Tensor;

#[cfg(feature = "cpu")]
use super::ops::processor::Operation;
use super::ops::products::products;

/// The features of one layer for a batch of pictures.
#[derive(Clone)]
pub struct FeatureMap {
    values: Tensor<4>,
    order: Order,
}

/// The order of the dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `[pictures][channels][height][width]`.
    Planar,
    /// `[pictures][height][width][channels]`.
    #[cfg(feature = "cpu")]
    Interleaved,
}

impl FeatureMap {
    /// Makes a map of `values`, `[pictures][channels][height][width]`.
    pub fn planar(values: Tensor<4>) -> Self {
        Self { values, order: Order::Planar }
    }

    /// Makes a map of `values`, `[pictures][height][width][channels]` on the processor, where the number of channels is a
    /// multiple of four.
    #[cfg(feature = "cpu")]
    pub fn interleaved(values: Tensor<4>) -> Self {
        Self { values, order: Order::Interleaved }
    }

    /// Returns all values, in an order that is the same for all maps of a device.
    pub fn values(&self) -> Tensor<4> {
        self.values.clone()
    }

    /// Returns the numbers of pictures, channels and pixels.
    pub fn size(&self) -> (usize, usize, usize) {
        let dims = self.values.dims();
        match self.order {
            Order::Planar => (dims[0], dims[1], dims[2] * dims[3]),
            #[cfg(feature = "cpu")]
            Order::Interleaved => (dims[0], dims[3], dims[1] * dims[2]),
        }
    }

    /// Returns the values as `[pictures][channels][height][width]`.
    pub fn maps(&self) -> Tensor<4> {
        match self.order {
            Order::Planar => self.values(),
            #[cfg(feature = "cpu")]
            Order::Interleaved => self.values().permute([0, 3, 1, 2]),
        }
    }

    /// Returns the values as `[pictures][channels][pixels]`.
    pub fn planes(&self) -> Tensor<3> {
        let (pictures, channels, pixels) = self.size();
        self.maps().reshape([pictures, channels, pixels])
    }

    /// Returns the features of one picture, position by position: `[pixels][channels]`.
    pub fn rows(&self, picture: usize) -> Tensor<2> {
        self.planes().narrow(0, picture, 1).squeeze_dim::<2>(0).transpose()
    }

    /// Returns the products of every two channels, summed over all pixels: `[pictures][channels][channels]`.
    pub fn products(&self) -> Tensor<3> {
        match self.order {
            Order::Planar => products(self.planes()),
            #[cfg(feature = "cpu")]
            Order::Interleaved => Operation::Products.apply(self.values()).squeeze_dim(1),
        }
    }
}
