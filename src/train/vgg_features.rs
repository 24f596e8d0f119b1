//! VGG in burn's tensors, differentiable with respect to the picture.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
#[cfg(feature = "reference")]
use burn::tensor::{activation::relu, module::conv2d, ops::ConvOptions};

use super::device::{is_graphics, tensor};
use super::feature_map::FeatureMap;
#[cfg(feature = "gpu")]
use super::ops::conv3x3::Convolution;
#[cfg(feature = "cpu")]
use super::ops::processor::{Frozen, Operation};
use crate::error::Result;
use crate::net::Pooling;
use crate::net::models::vgg::{Layer, PREPROCESSING, Vgg};
use crate::settings::Convolutions;
use crate::weights::Archive;

/// A VGG network on a device, up to the last required layer.
pub struct Features {
    pooling: Pooling,
    /// The mean colour that is subtracted from the picture, `[1][3][1][1]`.
    mean: Tensor<4>,
    layers: Vec<Weights>,
}

struct Weights {
    layer: Layer,
    kernel: Kernel,
}

impl Convolutions {
    /// Returns the fastest implementation on `device`.
    pub fn of(device: &Device) -> Self {
        #[cfg(feature = "cpu")]
        if !is_graphics(device) {
            return Self::Processor;
        }
        debug_assert!(is_graphics(device));
        Self::Ours
    }
}

enum Kernel {
    #[cfg(feature = "gpu")]
    Ours(Box<Convolution>),
    #[cfg(feature = "cpu")]
    Processor(Frozen),
    /// Weights `[outputs][inputs][3][3]` and biases `[outputs]`.
    #[cfg(feature = "reference")]
    Burns(Box<(Tensor<4>, Tensor<1>)>),
}

impl Features {
    /// Loads the weights of `archive` up to the layer `last` onto `device`.
    ///
    /// # Errors
    /// [`crate::error::Error::Tensor`] for weights that are missing or have the wrong shape.
    pub fn load(archive: &Archive, vgg: Vgg, pooling: Pooling, last: Layer, device: &Device) -> Result<Self> {
        Self::load_with(Convolutions::of(device), archive, vgg, pooling, last, device)
    }

    /// As [`Features::load`], with an explicit choice of the convolutions. [`Features::load`] chooses by device: this
    /// crate's kernel is the faster one where it runs.
    ///
    /// # Errors
    /// As [`Features::load`].
    pub fn load_with(
        convolutions: Convolutions,
        archive: &Archive,
        vgg: Vgg,
        pooling: Pooling,
        last: Layer,
        device: &Device,
    ) -> Result<Self> {
        let mut layers = Vec::new();
        for layer in vgg.layers().take_while(|layer| *layer <= last) {
            let shape = [layer.outputs(), layer.inputs(), 3, 3];
            let mut kernel = archive.tensor(&layer.weight(), &shape)?;
            if layers.is_empty() {
                kernel = for_rgb(&kernel);
            }
            let bias = archive.tensor(&layer.bias(), &[layer.outputs()])?;
            let kernel = match convolutions {
                #[cfg(feature = "gpu")]
                Convolutions::Ours => Kernel::Ours(Box::new(Convolution::new(&kernel, &bias, layer.inputs(), device))),
                #[cfg(feature = "cpu")]
                Convolutions::Processor => Kernel::Processor(Frozen::new(&kernel, &bias, layer.inputs())?),
                #[cfg(feature = "reference")]
                Convolutions::Burns => {
                    Kernel::Burns(Box::new((tensor(kernel, shape, device), tensor(bias, [layer.outputs()], device))))
                }
                #[cfg(not(all(feature = "cpu", feature = "gpu")))]
                other => {
                    let problem = format!("this build has no convolutions of the kind {other:?}");
                    return Err(crate::error::Error::NoAdapter(problem));
                }
            };
            layers.push(Weights { layer, kernel });
        }
        let mut mean = [0.0; 3];
        for (channel, value) in PREPROCESSING.order.iter().zip(PREPROCESSING.mean) {
            mean[*channel] = value / PREPROCESSING.scale;
        }
        Ok(Self { pooling, mean: tensor(mean.to_vec(), [1, 3, 1, 1], device), layers })
    }

    /// Returns the feature maps of the `layers` layers for pictures `[n][3][height][width]` in RGB, 0..1. The sides must leave at least one pixel at the last of these layers (see
    /// [`crate::net::Network::shapes`]).
    pub fn of(&self, picture: Tensor<4>, layers: &BTreeSet<Layer>) -> BTreeMap<Layer, FeatureMap> {
        let mut found = BTreeMap::new();
        let mut x = self.input(picture - self.mean.clone());
        for Weights { layer, kernel } in &self.layers {
            if layer.follows_pooling() {
                x = match self.pooling {
                    #[cfg(feature = "cpu")]
                    pooling if kernel.interleaved() => Operation::Pooling(pooling).apply(x),
                    Pooling::Max => max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2])),
                    Pooling::Average => avg_pool2d(x, AvgPoolOptions::new([2, 2]).with_stride([2, 2])),
                };
            }
            x = match kernel {
                #[cfg(feature = "gpu")]
                Kernel::Ours(convolution) => convolution.apply(x),
                #[cfg(feature = "cpu")]
                Kernel::Processor(frozen) => Operation::Convolution(frozen.clone()).apply(x),
                #[cfg(feature = "reference")]
                Kernel::Burns(weights) => {
                    let (kernel, bias) = &**weights;
                    let same = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
                    relu(conv2d(x, kernel.clone(), Some(bias.clone()), same))
                }
            };
            if layers.contains(layer) {
                found.insert(*layer, kernel.map(x.clone()));
            }
            if layers.last().is_none_or(|last| layer >= last) {
                break;
            }
        }
        found
    }

    /// Returns the input of the first layer.
    fn input(&self, picture: Tensor<4>) -> Tensor<4> {
        #[cfg(feature = "cpu")]
        if self.layers.first().is_some_and(|first| first.kernel.interleaved()) {
            let [pictures, _, height, width] = picture.dims();
            let fourth = Tensor::zeros([pictures, height, width, 1], &picture.device());
            return Tensor::cat(vec![picture.permute([0, 2, 3, 1]), fourth], 3);
        }
        picture
    }
}

impl Kernel {
    /// Returns whether the channels of a pixel lie together.
    #[cfg(feature = "cpu")]
    fn interleaved(&self) -> bool {
        matches!(self, Self::Processor(_))
    }

    /// Returns the output of this layer as a map.
    fn map(&self, output: Tensor<4>) -> FeatureMap {
        match self {
            #[cfg(feature = "cpu")]
            Self::Processor(_) => FeatureMap::interleaved(output),
            _ => FeatureMap::planar(output),
        }
    }
}

/// Converts the first layer's weights, `[outputs][3][3][3]`, from the channels that they were trained on to RGB in
/// 0..1. The mean cannot be folded into the weights, since the zero padding applies after its subtraction.
fn for_rgb(kernel: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; kernel.len()];
    for (from, to) in kernel.chunks_exact(27).zip(out.chunks_exact_mut(27)) {
        for (slice, channel) in from.chunks_exact(9).zip(PREPROCESSING.order) {
            for (target, weight) in to[channel * 9..][..9].iter_mut().zip(slice) {
                *target = weight * PREPROCESSING.scale;
            }
        }
    }
    out
}
