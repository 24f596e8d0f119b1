//! The 26-style transfer network of TensorFlow's Android stylize demo: Johnson et al. 2016 ("Perceptual Losses"),
//! narrowed to 32 channels, with the conditional instance normalization of Dumoulin, Shlens, Kudlur 2017 ("A Learned
//! Representation for Artistic Style"). Input and output are RGB in 0..1.

use crate::net::{Network, Operation, TensorId};

/// Channels of the residual trunk.
const WIDTH: usize = 32;

/// Name of the network in archives.
pub const NAME: &str = "transfer26";

/// Returns the network: 18 convolutions, each followed by a conditional instance normalization; 140,364 weights, 990
/// scales and shifts per style, 19,404 multiply-adds per input pixel.
pub fn network() -> Network {
    let mut net = Network::new(NAME, 3, 4);
    let mut x = net.push_normalized(0, "contract.0", (3, WIDTH), 9, 1);
    x = relu(&mut net, x);
    for name in ["contract.1", "contract.2"] {
        x = net.push_normalized(x, name, (WIDTH, WIDTH), 3, 2);
        x = relu(&mut net, x);
    }
    for i in 0..6 {
        let inner = net.push_normalized(x, &format!("res.{i}.0"), (WIDTH, WIDTH), 3, 1);
        let inner = relu(&mut net, inner);
        let inner = net.push_normalized(inner, &format!("res.{i}.1"), (WIDTH, WIDTH), 3, 1);
        x = net.push(Operation::Add, &[x, inner]);
    }
    for (name, channels) in [("expand.0", (WIDTH, 8)), ("expand.1", (8, 4))] {
        x = net.push(Operation::Upsample2, &[x]);
        x = net.push_normalized(x, name, channels, 3, 1);
        x = relu(&mut net, x);
    }
    x = net.push_normalized(x, "expand.2", (4, 3), 9, 1);
    net.push(Operation::Sigmoid, &[x]);
    net
}

fn relu(net: &mut Network, x: TensorId) -> TensorId {
    net.push(Operation::Relu, &[x])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_the_published_network() {
        let net = network();
        let weights: usize = net.convolutions().map(|c| c.inputs * c.outputs * c.kernel * c.kernel).sum();
        assert_eq!(weights, 140_364);
        assert_eq!(net.norms.iter().map(|n| 2 * n.1).sum::<usize>(), 990);
        assert_eq!(net.multiply_adds(256, 256).unwrap(), 19_404 * 256 * 256);
    }

    #[test]
    fn the_output_has_the_shape_of_the_input() {
        let shapes = network().shapes(100, 148).unwrap();
        assert_eq!(shapes.last(), shapes.first());
        assert_eq!(shapes.iter().map(|s| s.channels).max(), Some(32));
    }

    #[test]
    fn one_output_pixel_sees_a_good_part_of_the_picture() {
        // 9; two of stride 2: 11, 15; twelve 3x3 at a step of 4: 111; enlarged to a step of 2: 115, of 1: 117; 9x9:
        // 125.
        assert_eq!(network().receptive_field(), 125);
    }
}
