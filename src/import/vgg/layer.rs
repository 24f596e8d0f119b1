//! One layer of VGG as stored in a file.

use crate::net::models::vgg::{Layer, Vgg};

/// A layer's weights `[outputs][inputs][3][3]` and biases.
pub struct Found {
    pub shape: Vec<usize>,
    pub weights: Vec<f32>,
    pub biases: Vec<f32>,
}

/// Data read from a file, or a description of the problem.
pub type Read<T> = Result<T, String>;

/// Returns the shape `[outputs, inputs, 3, 3]` of a layer's weights, after checking that it and the shape of the biases
/// are those of the network. The check precedes reading values, since a small file may declare any number of them.
pub fn check_shapes(vgg: Vgg, layer: Layer, weights: &[usize], biases: &[usize]) -> Read<Vec<usize>> {
    let expected = [layer.outputs(), layer.inputs(), 3, 3];
    if *weights != expected || *biases != expected[..1] {
        return Err(format!(
            "is not {}: {} has weights of the shape {weights:?} and biases of {biases:?}, where {expected:?} and {:?} \
             were expected",
            vgg.name,
            layer.weight(),
            &expected[..1]
        ));
    }
    Ok(expected.to_vec())
}
