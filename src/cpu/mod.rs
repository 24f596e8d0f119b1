//! The reference executor: every layer as its definition says it, in plain loops, in float32. Short, obvious, slow: the
//! tests compare each kernel and each whole network with it. Tensors are CHW.

pub mod conv;
pub mod layers;
pub mod picture;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::{Network, Operation, Shape};
use crate::style::Style;
use crate::weights::Archive;

/// Runs `net` on `photo`, whose sides must be multiples of [`Network::multiple`], with the weights of `archive`.
///
/// # Errors
/// [`Error::Tensor`] for weights that do not fit; otherwise as [`Network::shapes`].
pub fn run(net: &Network, archive: &Archive, style: &Style, photo: &Image) -> Result<Image> {
    let shapes = net.shapes(photo.height(), photo.width())?;
    let mut tensors: Vec<Vec<f32>> = vec![picture::to_chw(photo)];
    for layer in &net.layers {
        let input = |i: usize| (&tensors[layer.inputs[i]][..], shapes[layer.inputs[i]]);
        let (x, shape) = input(0);
        let output = match &layer.operation {
            Operation::Convolution(c) => {
                let weight = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
                conv::convolution(x, shape, c, &weight)
            }
            Operation::InstanceNorm { norm } => {
                let norm = style.norms.get(*norm).ok_or_else(|| {
                    Error::Style(format!("the style {} has too few normalizations for {}", style.name, net.name))
                })?;
                layers::instance_norm(x, shape, &norm.scale, &norm.shift)
            }
            Operation::Relu => x.iter().map(|v| v.max(0.0)).collect(),
            Operation::Upsample2 => layers::upsample2(x, shape),
            Operation::Add => x.iter().zip(input(1).0).map(|(a, b)| a + b).collect(),
            Operation::Sigmoid => x.iter().map(|v| layers::sigmoid(*v)).collect(),
        };
        debug_assert_eq!(output.len(), shapes[layer.output].len());
        tensors.push(output);
    }
    let Shape { height, width, .. } = shapes[net.output()];
    Image::new(width, height, picture::to_hwc(&tensors[net.output()], height, width))
}
