//! VGG weights that a user has: out of PyTorch, Keras and ONNX files into an archive of ours.
//!
//! Convolutions are found by the names that are usual in each kind of file, or, in ONNX, by their order; classifiers behind them
//! are left out. Weights are quantized to 8 bits per channel as those that ship are, or kept as they are.

use std::collections::BTreeMap;

use super::ArchiveBuilder;
use super::onnx::{Attribute, Data, read_model};
use super::torch::{StateDict, is_state_dict};
use crate::error::{Error, Result};
use crate::net::vgg::{Layer, PREPROCESSING, Vgg};

/// Mean and deviation of the colours R, G, B in 0..1 that torchvision's models expect (its documentation of pre-trained models).
const TORCHVISION: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// First bytes of an HDF5 file.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// What the first layer expects to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// R, G, B in 0..1, minus a mean and divided by a deviation each.
    Torchvision,
    /// B, G, R in 0..255, minus a mean each ([`PREPROCESSING`]): Caffe's models, and Keras', which are made of these.
    Caffe,
}

/// How a weight is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// As an integer, with one scale for each output channel.
    Eight,
    /// As it is.
    ThirtyTwo,
}

/// A layer's weights `[outputs][inputs][3][3]` and biases.
struct Found {
    shape: Vec<usize>,
    weights: Vec<f32>,
    biases: Vec<f32>,
}

/// What a file says about a layer, or why it does not.
type Read<T> = std::result::Result<T, String>;

/// The archive of `vgg`'s convolutions out of the file `bytes`; `file` names it in errors. Without `expects`, torchvision's
/// names (`features.0.weight`) and ONNX files mean its colours, all others Caffe's.
///
/// # Errors
/// [`Error::Model`] when the file is none of the three kinds, is damaged, asks for anything to be run, or is not of this network.
pub fn vgg(file: &str, bytes: &[u8], vgg: Vgg, expects: Option<Expects>, bits: Bits) -> Result<Vec<u8>> {
    let wrong = |problem: String| Error::Model { file: file.to_string(), problem };
    let (mut found, usual) = if is_state_dict(bytes) {
        from_torch(bytes, vgg).map_err(wrong)?
    } else if bytes.starts_with(HDF5) {
        (from_keras(bytes, vgg).map_err(wrong)?, Expects::Caffe)
    } else {
        (from_onnx(file, bytes, vgg)?, Expects::Torchvision)
    };
    for (layer, Found { shape, weights, biases }) in vgg.layers().zip(&found) {
        let expected = [layer.outputs(), layer.inputs(), 3, 3];
        let counts = (weights.len(), biases.len());
        if *shape != expected || counts != (expected.iter().product(), expected[0]) {
            let problem = format!(
                "is no {}: {} has the shape {shape:?} and {} biases, where {expected:?} and {} were expected",
                vgg.name,
                layer.weight(),
                biases.len(),
                expected[0]
            );
            return Err(wrong(problem));
        }
    }
    let expects = expects.unwrap_or(usual);
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

/// Makes a first layer that expects torchvision's colours one that expects Caffe's.
///
/// Of a colour `x` in 0..1 these are `(x - mean) / deviation` and `255 x - theirs`; so the first is the second divided by `255
/// deviation`, plus a constant below 0.01, which goes into the biases. Only at the picture's border, where zeros are beyond it,
/// is that not the same, by less than the constant.
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

/// torchvision's `features.N.weight`, counted through all its layers, or `conv1_1.weight` as converted Caffe models have it.
fn from_torch(bytes: &[u8], vgg: Vgg) -> Read<(Vec<Found>, Expects)> {
    let file = StateDict::parse(bytes)?;
    let number = |name: &str| name.strip_prefix("features.")?.strip_suffix(".weight")?.parse::<usize>().ok();
    let mut numbers: Vec<usize> = file.names().filter_map(number).collect();
    numbers.sort_unstable();
    let count = vgg.layers().count();
    let of = |name: String| {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let shape = file.shape(&weight).ok_or_else(|| format!("has no tensor `{weight}`"))?.to_vec();
        Ok::<_, String>(Found { shape, weights: file.values(&weight)?, biases: file.values(&bias)? })
    };
    if numbers.is_empty() {
        let named = vgg.layers().map(|layer| of(layer.weight().replace(".w", "")));
        return Ok((named.collect::<Read<_>>()?, Expects::Caffe));
    }
    if file.names().any(|name| name.ends_with(".running_mean")) {
        return Err("is a VGG with batch normalization; the one without is needed".to_string());
    }
    if numbers.len() != count {
        return Err(format!("has {} convolutions, where {} has {count}", numbers.len(), vgg.name));
    }
    let found = numbers.into_iter().map(|n| of(format!("features.{n}")));
    Ok((found.collect::<Read<_>>()?, Expects::Torchvision))
}

/// Keras' data sets of four axes and of one below `block1_conv1` and so on, whatever they are called there.
fn from_keras(bytes: &[u8], vgg: Vgg) -> Read<Vec<Found>> {
    let damaged = |e: hdf5_pure::Error| format!("cannot be read as an HDF5 file ({e})");
    let file = hdf5_pure::File::from_bytes(bytes.to_vec()).map_err(damaged)?;
    let mut sets = BTreeMap::new();
    collect(&file.root(), "", 0, &mut sets).map_err(damaged)?;
    let of = |layer: Layer| {
        let name = format!("block{}_conv{}", layer.block, layer.convolution);
        let inside = format!("/{name}/");
        let of_rank = |rank: usize, what: &str| {
            let mut fits = sets.iter().filter(|(path, set)| path.contains(&inside) && set.0.len() == rank);
            let found = fits.next().ok_or_else(|| format!("has no {what} of `{name}`"))?;
            if fits.next().is_some() {
                return Err(format!("has two {what} of `{name}`"));
            }
            Ok(found)
        };
        let values = |path: &str| file.dataset(path).and_then(|set| set.read_f32()).map_err(damaged);
        let ((path, (shape,)), (bias, _)) = (of_rank(4, "weights")?, of_rank(1, "biases")?);
        let (weights, biases) = (values(path)?, values(bias)?);
        let (outputs, inputs) = (shape[3], shape[2]);
        if shape[..2] != [3, 3] || weights.len() != 9 * outputs * inputs {
            return Err(format!("has weights of the shape {shape:?} in `{name}`"));
        }
        // Keras has the outputs innermost.
        let all =
            (0..outputs * inputs * 9).map(|i| weights[(i % 9 * inputs + i / 9 % inputs) * outputs + i / 9 / inputs]);
        Ok(Found { shape: vec![outputs, inputs, 3, 3], weights: all.collect(), biases })
    };
    vgg.layers().map(of).collect()
}

/// Groups within groups that a file of weights may have.
const DEEPEST: usize = 8;

/// The shapes of all data sets below `group`, by path.
fn collect(
    group: &hdf5_pure::Group,
    path: &str,
    depth: usize,
    sets: &mut BTreeMap<String, (Vec<usize>,)>,
) -> std::result::Result<(), hdf5_pure::Error> {
    for name in group.datasets()? {
        let shape = group.dataset(&name)?.shape()?;
        sets.insert(format!("{path}/{name}"), (shape.into_iter().map(|side| side as usize).collect(),));
    }
    if depth < DEEPEST {
        for name in group.groups()? {
            collect(&group.group(&name)?, &format!("{path}/{name}"), depth + 1, sets)?;
        }
    }
    Ok(())
}

/// The first convolutions of an ONNX file, in its order.
fn from_onnx(file: &str, bytes: &[u8], vgg: Vgg) -> Result<Vec<Found>> {
    let wrong = |problem: String| Error::Model { file: file.to_string(), problem };
    let model = read_model(file, bytes).map_err(|e| match e {
        Error::Model { problem, .. } if problem.starts_with("is no ONNX model") => {
            wrong("is no file of weights that is known: PyTorch's (.pth), Keras' (.h5) and ONNX are".to_string())
        }
        other => other,
    })?;
    let convolutions: Vec<_> = model.nodes.iter().filter(|node| node.op == "Conv").collect();
    let count = vgg.layers().count();
    if convolutions.len() != count {
        return Err(wrong(format!("has {} convolutions, where {} has {count}", convolutions.len(), vgg.name)));
    }
    let floats = |name: Option<&String>| {
        let name = name.map_or("", String::as_str);
        let tensor = model.initializers.get(name).ok_or_else(|| wrong(format!("has no initializer `{name}`")))?;
        match &tensor.data {
            Data::Float(values) => Ok((tensor.shape.clone(), values.clone())),
            _ => Err(wrong(format!("has an initializer `{name}` that is not in single precision"))),
        }
    };
    let of = |node: &&super::onnx::Node| {
        let grouped = !matches!(node.attributes.get("group"), None | Some(Attribute::Int(1)));
        if grouped {
            return Err(wrong(format!("is no {}: `{}` is a grouped convolution", vgg.name, node.name)));
        }
        let ((shape, weights), (_, biases)) = (floats(node.inputs.get(1))?, floats(node.inputs.get(2))?);
        Ok(Found { shape, weights, biases })
    };
    convolutions.iter().map(of).collect()
}
