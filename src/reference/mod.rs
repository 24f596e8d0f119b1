//! The reference executor: every layer as a direct implementation of its definition, in plain loops and float32. Slow;
//! tests compare each kernel and each whole network with it. Tensors are CHW.
//!
//! ```
//! use impasto::image::Image;
//! use impasto::net::models::transfer26;
//! use impasto::reference;
//! use impasto::style::StyleSet;
//! use impasto::weights::Archive;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let archive = Archive::parse(&std::fs::read("weights/transfer26.safetensors")?)?;
//! let network = transfer26::network();
//! let styles = StyleSet::read(&archive, &network.norms)?;
//! let style = styles.mix(&styles.parse("Starry Strokes")?)?;
//! // Sides must be multiples of `network.multiple`.
//! let photo = Image::new(16, 8, (0..16 * 8 * 3).map(|i| i as f32 / 384.0).collect())?;
//! let painting = reference::run(&network, &archive, &style, &photo)?;
//! assert_eq!((painting.width(), painting.height()), (16, 8));
//! # Ok(())
//! # }
//! ```

pub mod convolution;
pub mod hypercolumn;
pub mod layers;
pub mod multiply_adds;
pub mod nearest;
pub mod picture;
pub mod window;

use crate::error::{Error, Result};
use crate::image::{Image, to_chw, to_hwc};
use crate::net::{Network, Operation, Shape};
use crate::style::Style;
use crate::weights::Archive;

/// Runs `net` on `photo`, whose sides must be multiples of [`Network::multiple`], with the weights of `archive`.
///
/// # Errors
/// [`Error::Tensor`] for weights of a wrong shape, [`Error::Model`] for a network whose output is not a picture;
/// otherwise as [`Network::shapes`].
pub fn run(net: &Network, archive: &Archive, style: &Style, photo: &Image) -> Result<Image> {
    let (x, Shape { channels, height, width }) = forward(net, archive, style, photo)?;
    if channels != 3 {
        let problem = format!("has {channels} output channels, but a picture has three");
        return Err(Error::Model { file: net.name.clone(), problem });
    }
    Image::new(width, height, to_hwc(&x, height, width))
}

/// As [`run`], for networks with any output. Returns the output as a CHW tensor, and its shape.
///
/// # Errors
/// [`Error::Tensor`] for weights of a wrong shape; otherwise as [`Network::shapes`].
pub fn forward(net: &Network, archive: &Archive, style: &Style, photo: &Image) -> Result<(Vec<f32>, Shape)> {
    let shapes = net.shapes(photo.height(), photo.width())?;
    let mut tensors = tensors(net, archive, style, photo, &shapes)?;
    Ok((tensors.swap_remove(net.output()), shapes[net.output()]))
}

/// Returns every tensor of the network, CHW, indexed by [`TensorId`](crate::net::TensorId). `shapes` is the result of
/// [`Network::shapes`] for this photo.
///
/// # Errors
/// As [`forward`].
pub fn tensors(
    net: &Network,
    archive: &Archive,
    style: &Style,
    photo: &Image,
    shapes: &[Shape],
) -> Result<Vec<Vec<f32>>> {
    let mut tensors: Vec<Vec<f32>> = vec![to_chw(photo)];
    for layer in &net.layers {
        let input = |i: usize| (&tensors[layer.inputs[i]][..], shapes[layer.inputs[i]]);
        let (x, shape) = input(0);
        let output = match &layer.operation {
            Operation::Preprocess(p) => layers::preprocess(x, shape, p),
            Operation::Convolution(c) => {
                let weight = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
                convolution::convolution(x, shape, c, &weight)
            }
            Operation::Depthwise(c) => {
                let weight = archive.tensor(&c.weight, &[c.outputs, 1, c.kernel, c.kernel])?;
                convolution::depthwise(x, shape, c, &weight)
            }
            Operation::Bias { tensor } => layers::bias(x, shape, &archive.tensor(tensor, &[shape.channels])?),
            Operation::InstanceNorm { norm } => {
                let norm = style.norms.get(*norm).ok_or_else(|| {
                    Error::Style(format!("the style {} has too few normalizations for {}", style.name, net.name))
                })?;
                layers::instance_norm(x, shape, &norm.scale, &norm.shift)
            }
            Operation::Relu => x.iter().map(|v| v.max(0.0)).collect(),
            Operation::Relu6 => x.iter().map(|v| v.clamp(0.0, 6.0)).collect(),
            Operation::PadEnd => layers::pad_end(x, shape),
            Operation::Pool2(pooling) => layers::pool2(x, shape, *pooling),
            Operation::GlobalMean => layers::global_mean(x, shape),
            Operation::Upsample2 => layers::upsample2(x, shape),
            Operation::Add => x.iter().zip(input(1).0).map(|(a, b)| a + b).collect(),
            Operation::Sigmoid => x.iter().map(|v| layers::sigmoid(*v)).collect(),
            Operation::Clamp => x.iter().map(|v| v.clamp(0.0, 1.0)).collect(),
        };
        debug_assert_eq!(output.len(), shapes[layer.output].len());
        tensors.push(output);
    }
    Ok(tensors)
}
