//! Import of users' VGG weights: converts PyTorch, Keras and ONNX files to an archive.
//!
//! Convolutions are found by the names that are usual in each kind of file or, in ONNX, by their order. The classifiers
//! after them are left out. Weights are quantized to 8 bits per channel, as those that ship are, or stored unchanged.

mod keras;
mod layer;

use self::layer::{Found, Read, check_shapes};
use super::onnx::external::ReadExternal;
use super::onnx::{Attribute, Data, Node, Options, Tensor, read_model_with};
use super::torch::{StateDict, is_state_dict};
use crate::error::{Error, Result};
use crate::net::models::vgg::{Layer, PREPROCESSING, Vgg};
use crate::text::printable;
use crate::weights::ArchiveBuilder;
use crate::weights::foreign::{quoted, stand_in};

/// Mean and standard deviation of the colours R, G, B in 0..1 that torchvision's models expect (its documentation of
/// pre-trained models).
const TORCHVISION: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// First bytes of an HDF5 file.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The preprocessing that the first layer expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// R, G, B in 0..1, with a mean subtracted and divided by a standard deviation for each channel.
    Torchvision,
    /// B, G, R in 0..255, with a mean subtracted for each channel ([`PREPROCESSING`]): Caffe's models, and Keras
    /// models, which are converted from these.
    Caffe,
}

/// The precision in which weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// 8-bit integers, with one scale for each output channel.
    Eight,
    /// Single precision, unchanged.
    ThirtyTwo,
}

/// Converts the convolutions of `vgg` in the file `bytes` to an archive. `file` names the file in errors. Without
/// `expects`, torchvision's names (`features.0.weight`) and ONNX files imply torchvision's preprocessing, all others
/// Caffe's.
///
/// # Errors
/// [`Error::Model`] when the file is none of the three kinds, is damaged, requests code execution, or is not of this
/// network.
pub fn read(file: &str, bytes: &[u8], vgg: Vgg, expects: Option<Expects>, bits: Bits) -> Result<Vec<u8>> {
    read_with(file, bytes, vgg, expects, bits, Options::default().external)
}

/// Converts as [`read`] does; `external` reads the external data of an ONNX file.
///
/// # Errors
/// As [`read`]; also when an external file is missing or too short.
pub fn read_with(
    file: &str,
    bytes: &[u8],
    vgg: Vgg,
    expects: Option<Expects>,
    bits: Bits,
    external: ReadExternal,
) -> Result<Vec<u8>> {
    let wrong = |problem: String| Error::Model { file: file.to_string(), problem: printable(&problem) };
    if let Some(problem) = stand_in(bytes) {
        return Err(wrong(problem.to_string()));
    }
    let (mut found, default_preprocessing) = if is_state_dict(bytes) {
        from_torch(bytes, vgg).map_err(wrong)?
    } else if bytes.starts_with(HDF5) {
        (keras::read(bytes, vgg).map_err(wrong)?, Expects::Caffe)
    } else {
        (from_onnx(file, bytes, vgg, external).map_err(wrong)?, Expects::Torchvision)
    };
    let expects = expects.unwrap_or(default_preprocessing);
    if let (Expects::Torchvision, Some(first)) = (expects, found.first_mut()) {
        to_caffe(first);
    }
    let mut builder = ArchiveBuilder::new();
    builder.metadata("network", vgg.name).metadata("version", "1").metadata("source", file);
    for (layer, Found { shape, weights, biases }) in vgg.layers().zip(&found) {
        match bits {
            Bits::Eight => builder.quantized(layer.weight(), shape, weights),
            Bits::ThirtyTwo => builder.float(layer.weight(), shape, weights),
        };
        builder.float(layer.bias(), &[biases.len()], biases);
    }
    builder.finish().map_err(|e| match e {
        Error::Tensor { tensor, problem } => wrong(format!("its {tensor} {problem}")),
        other => other,
    })
}

/// Converts a first layer from torchvision's preprocessing to Caffe's.
///
/// For a colour `x` in 0..1 the inputs are `(x - mean) / deviation` and `255 x - caffe_mean`. The first is the second
/// divided by `255 deviation`, plus a constant below 0.01, which is added to the biases. The result differs only at the
/// picture's border, due to the zero padding, and by less than the constant.
fn to_caffe(first: &mut Found) {
    let from = first.weights.clone();
    let kernels = from.chunks_exact(27).zip(first.weights.chunks_exact_mut(27)).zip(&mut first.biases);
    for ((from, to), bias) in kernels {
        for (slice, channel) in to.chunks_exact_mut(9).zip(0..) {
            let colour = PREPROCESSING.order[channel];
            let (mean, deviation) = TORCHVISION[colour];
            let constant = (PREPROCESSING.mean[channel] / PREPROCESSING.scale - mean) / deviation;
            let seen = &from[colour * 9..][..9];
            *bias += constant * seen.iter().sum::<f32>();
            for (target, weight) in slice.iter_mut().zip(seen) {
                *target = weight / (PREPROCESSING.scale * deviation);
            }
        }
    }
}

/// Reads torchvision's `features.N.weight`, where N counts all its layers, or `conv1_1.weight` of converted Caffe
/// models.
fn from_torch(bytes: &[u8], vgg: Vgg) -> Read<(Vec<Found>, Expects)> {
    let file = StateDict::parse(bytes)?;
    let number = |name: &str| name.strip_prefix("features.")?.strip_suffix(".weight")?.parse::<usize>().ok();
    let mut numbers: Vec<usize> = file.names().filter_map(number).collect();
    numbers.sort_unstable();
    let count = vgg.layers().count();
    let of = |(layer, name): (Layer, String)| {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let shape_of = |name: &str| file.shape(name).ok_or_else(|| format!("has no tensor `{name}`"));
        let shape = check_shapes(vgg, layer, shape_of(&weight)?, shape_of(&bias)?)?;
        Ok::<_, String>(Found { shape, weights: file.values(&weight)?, biases: file.values(&bias)? })
    };
    if numbers.is_empty() {
        let named = vgg.layers().map(|layer| of((layer, layer.weight().replace(".w", ""))));
        return Ok((named.collect::<Read<_>>()?, Expects::Caffe));
    }
    if file.names().any(|name| name.ends_with(".running_mean")) {
        return Err("is a VGG with batch normalization; use the variant without it".to_string());
    }
    if numbers.len() != count {
        return Err(format!("has {} convolutions, where {} has {count}", numbers.len(), vgg.name));
    }
    let found = vgg.layers().zip(numbers).map(|(layer, n)| of((layer, format!("features.{n}"))));
    Ok((found.collect::<Read<_>>()?, Expects::Torchvision))
}

/// Reads the first convolutions of an ONNX file, in its order.
fn from_onnx(file: &str, bytes: &[u8], vgg: Vgg, external: ReadExternal) -> Read<Vec<Found>> {
    // The layers of a classifier are several times as large as all convolutions, so only convolutions are read.
    let options = Options { external, only_for: Some("Conv") };
    let model = read_model_with(file, bytes, options).map_err(|e| match e {
        Error::Model { problem, .. } if problem.starts_with("is not an ONNX model") => {
            "is not a supported weight file: use PyTorch (.pth), Keras (.h5) or ONNX".to_string()
        }
        Error::Model { problem, .. } => problem,
        other => other.to_string(),
    })?;
    let convolutions: Vec<_> = model.nodes.iter().filter(|node| node.op == "Conv").collect();
    let count = vgg.layers().count();
    if convolutions.len() != count {
        return Err(format!("has {} convolutions, where {} has {count}", convolutions.len(), vgg.name));
    }
    let tensor = |name: Option<&String>| {
        let name = name.map_or("", String::as_str);
        model.initializers.get(name).ok_or_else(|| format!("has no initializer {}", quoted(name)))
    };
    let floats = |tensor: &Tensor| match &tensor.data {
        Data::Float(values) => Ok(values.clone()),
        _ => Err("has weights that are not floats: export it without quantization".to_string()),
    };
    let of = |(layer, node): (Layer, &&Node)| {
        let grouped = !matches!(node.attributes.get("group"), None | Some(Attribute::Int(1)));
        if grouped {
            return Err(format!("is not {}: {} is a grouped convolution", vgg.name, quoted(&node.name)));
        }
        let (weights, biases) = (tensor(node.inputs.get(1))?, tensor(node.inputs.get(2))?);
        let shape = check_shapes(vgg, layer, &weights.shape, &biases.shape)?;
        Ok(Found { shape, weights: floats(weights)?, biases: floats(biases)? })
    };
    vgg.layers().zip(&convolutions).map(of).collect()
}
