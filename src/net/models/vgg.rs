//! VGG16 and VGG19 up to their last convolution (Simonyan, Zisserman 2015, "Very Deep Convolutional Networks for
//! Large-Scale Image Recognition"). Gatys, Ecker, Bethge 2015 optimize pictures against their features. The input is
//! RGB in 0..1.
//!
//! Both consist of five blocks of 3x3 convolutions with zero padding, each followed by a ReLU, with 2x2 pooling between
//! blocks. They differ only in the number of convolutions per block.

use crate::error::{Error, Result};
use crate::net::{Border, Convolution, Network, Operation, Pooling, Preprocessing};

/// Output channels of the blocks.
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 512];

/// Preprocessing of the published weights (Caffe's convention): 255 x RGB in the order BGR, minus the mean colour of
/// ImageNet.
pub const PREPROCESSING: Preprocessing =
    Preprocessing { order: [2, 1, 0], scale: 255.0, mean: [103.939, 116.779, 123.68] };

/// A network of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vgg {
    /// Identifier, as in the weight archive's metadata.
    pub name: &'static str,
    /// Convolutions in each block.
    pub blocks: [usize; 5],
}

/// VGG16, with 13 convolutions.
pub const VGG16: Vgg = Vgg { name: "vgg16", blocks: [2, 2, 3, 3, 3] };
/// VGG19, with 16 convolutions.
pub const VGG19: Vgg = Vgg { name: "vgg19", blocks: [2, 2, 4, 4, 4] };

/// A convolution and the ReLU after it. Blocks and convolutions are counted from 1, as in their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// Number of the block, 1 to 5.
    pub block: usize,
    /// Number of the convolution within its block, from 1.
    pub convolution: usize,
}

impl Layer {
    /// Returns the name of the output in the literature, such as `relu4_2`.
    pub fn name(self) -> String {
        format!("relu{}_{}", self.block, self.convolution)
    }

    /// Returns the name of the weight tensor, `[outputs][inputs][3][3]`.
    pub fn weight(self) -> String {
        format!("conv{}_{}.w", self.block, self.convolution)
    }

    /// Returns the name of the bias tensor, `[outputs]`.
    pub fn bias(self) -> String {
        format!("conv{}_{}.b", self.block, self.convolution)
    }

    /// Returns the number of input channels.
    pub fn inputs(self) -> usize {
        match (self.block, self.convolution) {
            (1, 1) => 3,
            (block, 1) => WIDTHS[block - 2],
            (block, _) => WIDTHS[block - 1],
        }
    }

    /// Returns the number of output channels.
    pub fn outputs(self) -> usize {
        WIDTHS[self.block - 1]
    }

    /// Whether the input of this convolution is the pooled output of the previous block.
    pub fn follows_pooling(self) -> bool {
        self.block > 1 && self.convolution == 1
    }

    /// Returns the side of the output for a picture side of `size` pixels. Pooling drops an odd row or column.
    pub fn size(self, size: usize) -> usize {
        size >> (self.block - 1)
    }
}

impl Vgg {
    /// Returns all layers, in order.
    pub fn layers(&self) -> impl Iterator<Item = Layer> {
        let blocks = (1..).zip(self.blocks);
        blocks.flat_map(|(block, length)| (1..=length).map(move |convolution| Layer { block, convolution }))
    }

    /// Returns the layer called `name`, such as `relu4_2`.
    ///
    /// # Errors
    /// [`Error::Style`], with all names, if there is no such layer.
    pub fn layer(&self, name: &str) -> Result<Layer> {
        let name = name.trim();
        self.layers().find(|layer| layer.name() == name).ok_or_else(|| {
            let names: Vec<String> = self.layers().map(Layer::name).collect();
            Error::Style(format!("{} has no layer `{name}`: its layers are {}.", self.name, names.join(", ")))
        })
    }

    /// Returns the network from the picture to the ReLU of `last`. Accepts pictures of any size for which the last
    /// tensor has at least one pixel.
    pub fn network(&self, pooling: Pooling, last: Layer) -> Network {
        let mut net = Network::new(self.name, 3, 1);
        let mut x = net.push(Operation::Preprocess(PREPROCESSING), &[0]);
        for layer in self.layers().take_while(|layer| *layer <= last) {
            if layer.follows_pooling() {
                x = net.push(Operation::Pool2(pooling), &[x]);
            }
            x = net.push(
                Operation::Convolution(Convolution {
                    weight: layer.weight(),
                    inputs: layer.inputs(),
                    outputs: layer.outputs(),
                    kernel: 3,
                    stride: 1,
                    pad: 1,
                    border: Border::Zero,
                }),
                &[x],
            );
            x = net.push(Operation::Bias { tensor: layer.bias() }, &[x]);
            x = net.push(Operation::Relu, &[x]);
        }
        net
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_the_paper() {
        let weights = |vgg: Vgg| vgg.layers().map(|l| l.outputs() * (9 * l.inputs() + 1)).sum::<usize>();
        assert_eq!(weights(VGG16), 14_714_688);
        assert_eq!(weights(VGG19), 20_024_384);
        let last = VGG16.layer("relu5_3").unwrap();
        let net = VGG16.network(Pooling::Max, last);
        assert_eq!(net.multiply_adds(224, 224).unwrap(), 15_346_630_656);
        assert_eq!(net.receptive_field(), 196);
    }

    #[test]
    fn layers_are_found_by_name_and_unknown_names_are_refused_with_a_list() {
        assert_eq!(VGG16.layer(" relu4_2").unwrap(), Layer { block: 4, convolution: 2 });
        assert!(VGG19.layer("relu4_4").is_ok());
        let refused = VGG16.layer("relu4_4").unwrap_err().to_string();
        assert!(refused.contains("`relu4_4`") && refused.contains("relu1_1, relu1_2, relu2_1"), "{refused}");
    }

    #[test]
    fn odd_rows_are_dropped_and_pictures_too_small_for_a_layer_refused() {
        let layer = VGG16.layer("relu4_1").unwrap();
        let net = VGG16.network(Pooling::Average, layer);
        let shape = *net.shapes(77, 64).unwrap().last().unwrap();
        assert_eq!((shape.channels, shape.height, shape.width), (512, layer.size(77), layer.size(64)));
        assert!(net.shapes(8, 8).is_ok());
        assert!(net.shapes(7, 64).is_err());
    }
}
