//! The style predictor of arbitrary style transfer (Ghiasi et al. 2017), distilled by Magenta to a MobileNetV2 (Sandler
//! et al. 2018). The input is a painting of 256 x 256 pixels, RGB in 0..1; the output is a style vector of 100 numbers.
//!
//! The layers of the published file: a 3x3 convolution of stride 2 to 32 channels; 17 blocks, each of which widens by a
//! 1x1 convolution (except the first), convolves depthwise by 3x3 and narrows by a 1x1 convolution without activation,
//! with a residual sum if input and output have the same shape; a 1x1 convolution to 1280 channels; the mean of each
//! channel; a matrix. Batch normalizations are folded into biases; all convolutions except the narrowing ones and the
//! matrix are followed by ReLU6. Padding is zero: one pixel on every side, or, at stride 2, one on the right and one
//! below.

use crate::net::{Border, Convolution, Network, Operation, TensorId};
use crate::style::DIMENSIONS;

/// Width and height of the paintings.
pub const SIDE: usize = 256;

/// Expansion factor: the ratio of a block's inner channels to its input channels (Sandler et al. 2018, table 1).
const EXPANSION: usize = 6;

/// Output channels, first stride and number of the blocks (Sandler et al. 2018, table 2).
const BLOCKS: [(usize, usize, usize); 7] =
    [(16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1)];

/// Returns the network: 53 convolutions, 2,317,760 weights.
pub fn network() -> Network {
    let mut net = Network::new("predictor", 3, 32);
    let mut x = activated(&mut net, 0, "predict.stem", Operation::Convolution, (3, 32), 3, 2);
    let mut channels = 32;
    let strides =
        BLOCKS.iter().flat_map(|&(outputs, stride, n)| (0..n).map(move |i| (outputs, if i == 0 { stride } else { 1 })));
    for (i, (outputs, stride)) in strides.enumerate() {
        x = block(&mut net, x, &format!("predict.block.{i}"), (channels, outputs), i > 0, stride);
        channels = outputs;
    }
    x = activated(&mut net, x, "predict.head", Operation::Convolution, (channels, 1280), 1, 1);
    x = net.push(Operation::GlobalMean, &[x]);
    convolution(&mut net, x, "predict.style", Operation::Convolution, (1280, DIMENSIONS), 1, 1);
    net
}

/// Appends an inverted residual block with a linear bottleneck.
fn block(
    net: &mut Network,
    x: TensorId,
    name: &str,
    (inputs, outputs): (usize, usize),
    expanded: bool,
    stride: usize,
) -> TensorId {
    let (mut y, mut inner) = (x, inputs);
    if expanded {
        inner = EXPANSION * inputs;
        y = activated(net, y, &format!("{name}.expand"), Operation::Convolution, (inputs, inner), 1, 1);
    }
    y = activated(net, y, &format!("{name}.depthwise"), Operation::Depthwise, (inner, inner), 3, stride);
    y = biased(net, y, &format!("{name}.project"), Operation::Convolution, (inner, outputs), 1, 1);
    if stride == 1 && inputs == outputs { net.push(Operation::Add, &[x, y]) } else { y }
}

/// Appends a convolution, its bias and ReLU6.
fn activated(
    net: &mut Network,
    x: TensorId,
    name: &str,
    kind: fn(Convolution) -> Operation,
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
) -> TensorId {
    let y = biased(net, x, name, kind, channels, kernel, stride);
    net.push(Operation::Relu6, &[y])
}

/// Appends a convolution and its bias.
fn biased(
    net: &mut Network,
    x: TensorId,
    name: &str,
    kind: fn(Convolution) -> Operation,
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
) -> TensorId {
    let y = convolution(net, x, name, kind, channels, kernel, stride);
    net.push(Operation::Bias { tensor: format!("{name}.b") }, &[y])
}

/// Appends a convolution with zero padding: symmetric at stride 1, only right and below at stride 2.
fn convolution(
    net: &mut Network,
    mut x: TensorId,
    name: &str,
    kind: fn(Convolution) -> Operation,
    (inputs, outputs): (usize, usize),
    kernel: usize,
    stride: usize,
) -> TensorId {
    let mut pad = kernel / 2;
    if stride == 2 {
        x = net.push(Operation::PadEnd, &[x]);
        pad = 0;
    }
    let weight = format!("{name}.w");
    net.push(kind(Convolution { weight, inputs, outputs, kernel, stride, pad, border: Border::Zero }), &[x])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Shape;

    #[test]
    fn counts_agree_with_the_published_network() {
        let net = network();
        let mut counts = (0, 0, 0);
        for layer in &net.layers {
            match &layer.operation {
                Operation::Convolution(c) => counts.0 += c.inputs * c.outputs * c.kernel * c.kernel,
                Operation::Depthwise(c) => counts.0 += c.inputs * c.kernel * c.kernel,
                Operation::Add => counts.1 += 1,
                Operation::Relu6 => counts.2 += 1,
                _ => {}
            }
        }
        assert_eq!(counts, (2_317_760, 10, 35));
    }

    #[test]
    fn a_painting_becomes_100_numbers() {
        let shapes = network().shapes(SIDE, SIDE).unwrap();
        assert_eq!(shapes.last(), Some(&Shape { channels: DIMENSIONS, height: 1, width: 1 }));
        assert!(shapes.contains(&Shape { channels: 1280, height: 8, width: 8 }));
        assert!(network().multiply_adds(SIDE, SIDE).unwrap() < 420_000_000);
    }
}
