//! The network of Johnson, Alahi, Fei-Fei 2016 ("Perceptual Losses for Real-Time Style Transfer and Super-Resolution")
//! as PyTorch's examples train it, with one style per network: instance instead of batch normalization, reflected
//! borders, and nearest-neighbour enlargement instead of transposed convolutions (Odena, Dumoulin, Olah 2016,
//! "Deconvolution and Checkerboard Artifacts").
//!
//! Unlike the 26-style network, it ends in a bias instead of a normalization, and its output is trained to be colours:
//! they are clamped, unless the network was trained with a sigmoid. Input and output are RGB in 0..1; `import` scales
//! the weights of networks whose input and output are in 0..255.

use crate::net::{Network, Operation, TensorId};

/// The hyperparameters of a network of this family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Johnson {
    /// Output channels of the three downsampling convolutions; the last is the width of the residual trunk.
    pub contract: [usize; 3],
    /// Number of residual blocks.
    pub blocks: usize,
    /// Output channels of the two upsampling convolutions.
    pub expand: [usize; 2],
    /// Whether the last operation is a sigmoid instead of a clamp.
    pub sigmoid: bool,
}

/// Name of the only bias tensor.
pub const BIAS: &str = "expand.2.b";

impl Johnson {
    /// Returns the network called `name`. The network of PyTorch's example, `[32, 64, 128]`, 5, `[64, 32]`, has 1,674,432 weights.
    pub fn network(&self, name: &str) -> Network {
        let [first, second, trunk] = self.contract;
        let [wide, narrow] = self.expand;
        let mut net = Network::new(name, 3, 4);
        let mut x = 0;
        for (i, (channels, kernel, stride)) in
            [((3, first), 9, 1), ((first, second), 3, 2), ((second, trunk), 3, 2)].into_iter().enumerate()
        {
            x = net.push_normalized(x, &format!("contract.{i}"), channels, kernel, stride);
            x = relu(&mut net, x);
        }
        for i in 0..self.blocks {
            let inner = net.push_normalized(x, &format!("res.{i}.0"), (trunk, trunk), 3, 1);
            let inner = relu(&mut net, inner);
            let inner = net.push_normalized(inner, &format!("res.{i}.1"), (trunk, trunk), 3, 1);
            x = net.push(Operation::Add, &[x, inner]);
        }
        for (i, channels) in [(trunk, wide), (wide, narrow)].into_iter().enumerate() {
            x = net.push(Operation::Upsample2, &[x]);
            x = net.push_normalized(x, &format!("expand.{i}"), channels, 3, 1);
            x = relu(&mut net, x);
        }
        x = net.push_reflected(x, "expand.2", (narrow, 3), 9, 1);
        x = net.push(Operation::Bias { tensor: BIAS.to_string() }, &[x]);
        net.push(if self.sigmoid { Operation::Sigmoid } else { Operation::Clamp }, &[x]);
        net
    }
}

fn relu(net: &mut Network, x: TensorId) -> TensorId {
    net.push(Operation::Relu, &[x])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_pytorchs_example() {
        let net = Johnson { contract: [32, 64, 128], blocks: 5, expand: [64, 32], sigmoid: false }.network("default");
        let weights: usize = net.convolutions().map(|c| c.inputs * c.outputs * c.kernel * c.kernel).sum();
        assert_eq!(weights, 1_674_432);
        // With scales, shifts and the biases that a normalization cancels: the 1,679,235 values of its `state_dict`.
        let outputs: usize = net.convolutions().map(|c| c.outputs).sum();
        assert_eq!(weights + outputs + net.norms.iter().map(|n| 2 * n.1).sum::<usize>(), 1_679_235);
        let shapes = net.shapes(64, 96).unwrap();
        assert_eq!(shapes.last(), shapes.first());
        assert_eq!(net.tensors().count(), 3 + 10 + 3 + 1);
    }

    #[test]
    fn widths_and_blocks_may_differ() {
        for (blocks, sigmoid) in [(0, true), (2, false)] {
            let net = Johnson { contract: [8, 12, 16], blocks, expand: [10, 6], sigmoid }.network("small");
            assert_eq!((net.convolutions().count(), net.norms.len()), (6 + 2 * blocks, 5 + 2 * blocks));
            assert!(net.shapes(8, 12).is_ok());
        }
    }
}
