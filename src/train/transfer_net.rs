//! Transfer networks in burn's tensors: the third executor of networks described by `net`. It is differentiable with
//! respect to the picture, to the style and, where they are trained, to the weights.

use std::collections::BTreeMap;
use std::ops::Range;

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::device::tensor;
use super::ops::layers::{Kernel, instance_norm, upsample2};
use crate::error::{Error, Result};
use crate::net::{Layer, Network, Operation, TensorId};
use crate::style::StyleLayout;
use crate::weights::Archive;

/// A transfer network on a device.
pub struct TransferNet {
    net: Network,
    kernels: BTreeMap<String, Kernel>,
    /// Biases by tensor name, `[1][channels][1][1]` each.
    biases: BTreeMap<String, Tensor<4>>,
}

impl TransferNet {
    /// Loads the weights of `net` from `archive` onto `device`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights that are missing or have the wrong shape, [`Error::Model`] for layers that
    /// transfer networks do not have.
    pub fn load(net: Network, archive: &Archive, device: &Device) -> Result<Self> {
        let (mut kernels, mut biases) = (BTreeMap::new(), BTreeMap::new());
        for layer in &net.layers {
            match &layer.operation {
                Operation::Convolution(c) => {
                    let weights = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
                    kernels.insert(c.weight.clone(), Kernel::new(c, &weights, device)?);
                }
                Operation::Bias { tensor: name } => {
                    let count = archive.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
                    let values = archive.tensor(name, &[count])?;
                    biases.insert(name.clone(), tensor(values, [1, count, 1, 1], device));
                }
                Operation::InstanceNorm { .. }
                | Operation::Relu
                | Operation::Upsample2
                | Operation::Add
                | Operation::Sigmoid
                | Operation::Clamp => {}
                other => {
                    let problem = format!("{other:?} is not a layer of a transfer network");
                    return Err(Error::Model { file: net.name.clone(), problem });
                }
            }
        }
        Ok(Self { net, kernels, biases })
    }

    /// Returns the network.
    pub fn network(&self) -> &Network {
        &self.net
    }

    /// Stylizes `pictures`, `[n][3][height][width]` in 0..1, all in one style. The sides must be valid for
    /// [`Network::shapes`]. `numbers` are the style's parameters in the order of [`crate::style::parameters`]. They may be followed
    /// by all weights of the convolutions in the order of [`weights`], which then replace the frozen weights.
    pub fn run(&self, pictures: Tensor<4>, numbers: &Tensor<1>) -> Tensor<4> {
        let ranges = StyleLayout::new(self.net.norms.iter().map(|(_, channels)| *channels)).ranges();
        let mut given = Given::behind(ranges.last().map_or(0, |(_, shift)| shift.end), numbers);
        let mut tensors = vec![pictures];
        for layer in &self.net.layers {
            let input = |i: usize| tensors[layer.inputs[i]].clone();
            let x = input(0);
            tensors.push(match &layer.operation {
                Operation::Convolution(c) => {
                    let kernel = given.next(c);
                    kernel.as_ref().unwrap_or(&self.kernels[&c.weight]).apply(x)
                }
                Operation::Bias { tensor } => x + self.biases[tensor].clone(),
                Operation::InstanceNorm { norm } => {
                    let (scale, shift) = ranges[*norm].clone();
                    let part = |range: Range<usize>| numbers.clone().slice([range]);
                    instance_norm(x, part(scale), part(shift), self.rectified(layer.output))
                }
                // The normalization kernel has already applied the ReLU.
                Operation::Relu if self.rectified(layer.inputs[0]) => x,
                Operation::Relu => relu(x),
                Operation::Upsample2 => upsample2(x),
                Operation::Add => x + input(1),
                Operation::Sigmoid => sigmoid(x),
                Operation::Clamp => x.clamp(0.0, 1.0),
                // `load` rejects these layers.
                _ => unreachable!("not a layer of a transfer network"),
            });
        }
        tensors.swap_remove(self.net.output())
    }

    /// Returns whether tensor `id` is the output of a normalization and a ReLU is its only consumer.
    fn rectified(&self, id: TensorId) -> bool {
        let made_by = |layer: &&Layer| layer.output == id && matches!(layer.operation, Operation::InstanceNorm { .. });
        let mut readers = self.net.layers.iter().filter(|layer| layer.inputs.contains(&id));
        self.net.layers.iter().any(|layer| made_by(&layer))
            && readers.next().is_some_and(|layer| layer.operation == Operation::Relu)
            && readers.next().is_none()
    }
}

/// Reader of the convolution weights that follow the style's parameters in `numbers`.
struct Given<'n> {
    numbers: &'n Tensor<1>,
    offset: usize,
}

impl<'n> Given<'n> {
    fn behind(offset: usize, numbers: &'n Tensor<1>) -> Self {
        Self { numbers, offset }
    }

    /// Returns the kernel of the next convolution, or `None` when `numbers` has no weights for it.
    fn next(&mut self, c: &crate::net::Convolution) -> Option<Kernel> {
        let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
        let end = self.offset + shape.iter().product::<usize>();
        if end > self.numbers.dims()[0] {
            return None;
        }
        let weights = self.numbers.clone().narrow(0, self.offset, end - self.offset).reshape(shape);
        self.offset = end;
        Some(Kernel::learning(c, weights))
    }
}

/// Returns all weights of the convolutions of `net` in `archive`, in the order of the layers.
///
/// # Errors
/// As [`TransferNet::load`].
pub fn weights(net: &Network, archive: &Archive) -> Result<Vec<f32>> {
    let tensors = net.convolutions().map(|c| archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel]));
    Ok(tensors.collect::<Result<Vec<_>>>()?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;
    use crate::net::models::{arbitrary, transfer26};
    use crate::reference;
    use crate::style::{Norm, Style, parameters};
    use crate::train::device::{cpu as processor, gpu, read, upload};

    #[test]
    fn both_networks_paint_as_the_reference_executor_does() {
        // The device opens once per process: no other test of this module opens it.
        let devices = [processor(), pollster::block_on(gpu()).unwrap()];
        let pixel = |i: usize| ((i * 7919) % 256) as f32 / 255.0;
        let photos: Vec<_> =
            [0, 1].map(|k| Image::new(20, 12, (0..720).map(|i| pixel(i + k)).collect()).unwrap()).into();
        for (net, bytes) in [
            (transfer26::network(), &include_bytes!("../../weights/transfer26.safetensors")[..]),
            (arbitrary::network(), &include_bytes!("../../weights/arbitrary.safetensors")[..]),
        ] {
            let archive = Archive::parse(bytes).unwrap();
            let norm = |&(_, channels): &(String, usize)| Norm {
                scale: (0..channels).map(|i| 0.5 + pixel(i)).collect(),
                shift: (0..channels).map(|i| pixel(i + 9) - 0.5).collect(),
            };
            let style =
                Style { network: net.name.clone(), name: "x".into(), norms: net.norms.iter().map(norm).collect() };
            let numbers = parameters(&style);
            let all = weights(&net, &archive).unwrap();
            for (device, numbers) in
                devices.iter().flat_map(|d| [(d, numbers.clone()), (d, [&numbers[..], &all].concat())])
            {
                let count = numbers.len();
                let batch = Tensor::cat(photos.iter().map(|photo| upload(photo, device)).collect(), 0);
                let executor = TransferNet::load(net.clone(), &archive, device).unwrap();
                let found = executor.run(batch, &tensor(numbers, [count], device));
                let found = pollster::block_on(read(found)).unwrap();
                for (photo, found) in photos.iter().zip(found.chunks_exact(720)) {
                    let (expected, _) = reference::forward(&net, &archive, &style, photo).unwrap();
                    let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(off < 1e-4, "{} on {device:?}: {off}", net.name);
                }
            }
        }
    }
}
