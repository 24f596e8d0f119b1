//! The transfer network of arbitrary style transfer: Ghiasi et al. 2017 ("Exploring the structure of a real-time,
//! arbitrary neural artistic stylization network", BMVC), as Magenta published it for phones. Input and output are RGB
//! in 0..1. The style comes from the network in [`super::predictor`] through `style::StyleLayers`.
//!
//! The layers of the published file, where `conv k s a->b` is a convolution with a kernel of k, stride s, a inputs and
//! b outputs, and a reflected border of k / 2:
//!
//! - contract: `relu(conv 9 1 3->8 + bias)`, `relu(conv 3 2 8->16 + bias)`, `relu(conv 3 2 16->32 + bias)`. The biases
//!   are folded batch normalizations; the style does not affect these layers.
//! - five residual blocks `x + norm(conv 3 1 32->32 (relu(norm(conv 3 1 32->32 (x)))))`, without ReLU after the sum
//! - expand: `relu(norm(conv 3 1 32->16 (enlarged)))`, `relu(norm(conv 3 1 16->8 (enlarged)))`, `norm(conv 9 1 8->3)`,
//!   sigmoid; enlarged by nearest neighbour
//!
//! Each `norm` is an instance normalization (epsilon 1e-5) whose scales and shifts belong to the style. The published
//! file is fixed at 384 x 384 pixels; the network is not.

use crate::net::{Network, Operation};

/// Name of the network in archives.
pub const NAME: &str = "arbitrary";

/// Longer side in pixels above which strokes become too fine: the network was trained and published for 384 pixels.
const BROAD_UP_TO: usize = 512;

/// Channels of the residual trunk.
const WIDTH: usize = 32;

/// Returns the network: 16 convolutions, 13 of them followed by a normalization.
pub fn network() -> Network {
    let mut net = Network::new(NAME, 3, 4);
    net.broad_up_to = BROAD_UP_TO;
    let mut x = 0;
    for (i, (channels, kernel, stride)) in
        [((3, 8), 9, 1), ((8, 16), 3, 2), ((16, WIDTH), 3, 2)].into_iter().enumerate()
    {
        let name = format!("contract.{i}");
        x = net.push_reflected(x, &name, channels, kernel, stride);
        x = net.push(Operation::Bias { tensor: format!("{name}.b") }, &[x]);
        x = net.push(Operation::Relu, &[x]);
    }
    for i in 0..5 {
        let inner = net.push_normalized(x, &format!("res.{i}.0"), (WIDTH, WIDTH), 3, 1);
        let inner = net.push(Operation::Relu, &[inner]);
        let inner = net.push_normalized(inner, &format!("res.{i}.1"), (WIDTH, WIDTH), 3, 1);
        x = net.push(Operation::Add, &[x, inner]);
    }
    for (name, channels) in [("expand.0", (WIDTH, 16)), ("expand.1", (16, 8))] {
        x = net.push(Operation::Upsample2, &[x]);
        x = net.push_normalized(x, name, channels, 3, 1);
        x = net.push(Operation::Relu, &[x]);
    }
    x = net.push_normalized(x, "expand.2", (8, 3), 9, 1);
    net.push(Operation::Sigmoid, &[x]);
    net
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_the_published_network() {
        let net = network();
        let weights: usize = net.convolutions().map(|c| c.inputs * c.outputs * c.kernel * c.kernel).sum();
        // The published file's 176,968 weights are these and two matrices of 100 inputs for each normalization.
        let channels: usize = net.norms.iter().map(|n| n.1).sum();
        assert_eq!((net.convolutions().count(), net.norms.len()), (16, 13));
        assert_eq!(weights + 2 * 100 * channels, 176_968);
        // The 26-style network has 125, because it has two more 3x3 convolutions at a step of 4 pixels.
        assert_eq!(net.receptive_field(), 125 - 2 * 2 * 4);
    }

    #[test]
    fn large_photos_are_reduced_for_the_network() {
        let net = network();
        assert_eq!(net.working_size((512, 384), 1.0), (512, 384));
        assert_eq!(net.working_size((1024, 768), 1.0), (776, 582));
        assert_eq!(net.working_size((768, 1024), 2.0), (291, 388));
        assert_eq!(net.working_size((100, 40), 0.5), (200, 80));
        assert_eq!(net.working_size((20, 1), 4.0), (8, 1));
        assert_eq!(crate::net::models::transfer26::network().working_size((4000, 3000), 1.0), (4000, 3000));
    }

    #[test]
    fn the_output_has_the_shape_of_the_input() {
        let shapes = network().shapes(100, 148).unwrap();
        assert_eq!(shapes.last(), shapes.first());
    }
}
