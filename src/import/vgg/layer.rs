//! One layer of VGG as a file has it.

use crate::net::models::vgg::{Layer, Vgg};

/// A layer's weights `[outputs][inputs][3][3]` and biases.
pub struct Found {
    pub shape: Vec<usize>,
    pub weights: Vec<f32>,
    pub biases: Vec<f32>,
}

/// What a file says about a layer, or why it does not.
pub type Read<T> = std::result::Result<T, String>;

/// The shape `[outputs, inputs, 3, 3]` of a layer's weights, if that and the shape of its biases are what the network needs. Checked
/// before numbers are read, of which a small file may claim any amount.
pub fn check_shapes(vgg: Vgg, layer: Layer, weights: &[usize], biases: &[usize]) -> Read<Vec<usize>> {
    let expected = [layer.outputs(), layer.inputs(), 3, 3];
    if *weights != expected || *biases != expected[..1] {
        return Err(format!(
            "is no {}: {} has weights of the shape {weights:?} and biases of {biases:?}, where {expected:?} and {:?} were expected",
            vgg.name,
            layer.weight(),
            &expected[..1]
        ));
    }
    Ok(expected.to_vec())
}
