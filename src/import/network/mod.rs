//! Import of users' transfer networks: converts PyTorch and ONNX files to a style pack that contains its network.
//!
//! All are of the architecture of PyTorch's example ([`Johnson`]). Widths, the number of residual blocks, and
//! preprocessing and postprocessing may differ. `state_dict` reads networks by tensor names, `graph` reads them step by
//! step. `steps` converts an ONNX file's nodes to these steps, with `layers` and `norms` for the parameters of layers,
//! and `fold` evaluates computations on constants (`shapes`, `quantized`). Every part of a file must belong to a layer,
//! otherwise the file is rejected. `precision` chooses the precision of the stored weights.

mod constant;
mod fold;
mod graph;
mod layers;
mod norms;
mod parts;
mod picture;
mod precision;
mod quantized;
mod shapes;
mod state_dict;
mod steps;

pub use precision::{CLOSE_ENOUGH, Converted, convert, psnr};

use self::parts::{Found, MOST_WEIGHTS, Read, Skeleton};
use crate::error::{Error, Result};
use crate::import::onnx::Options;
use crate::import::onnx::external::ReadExternal;
use crate::import::torch::is_state_dict;
use crate::net::custom::{self, Architecture};
use crate::net::models::johnson::{BIAS, Johnson};
use crate::style::{Norm, Pack, Parameters, Style, StyleSpace};
use crate::text::printable;
use crate::weights::foreign::stand_in;
use crate::weights::{Archive, ArchiveBuilder};

/// The largest accepted file, in bytes: the weights of the largest network in double precision.
const LARGEST_FILE: usize = 300 << 20;

/// An imported layer, for reports to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The layer's name in the archive.
    pub name: String,
    /// The layer's name in the file.
    pub from: String,
    /// The shape of the weights, `[outputs, inputs, kernel, kernel]`.
    pub shape: Vec<usize>,
    /// Whether a normalization follows; otherwise the layer has a bias.
    pub normalized: bool,
}

/// The precision in which the weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 8 bits, with a scale for each output channel.
    Bits8,
    /// 8 bits, but 16 bits in the first and the last convolution, which process colours directly.
    Ends16,
    /// 16-bit floats.
    Bits16,
    /// 32-bit floats.
    Bits32,
}

impl Precision {
    /// All precisions, from the smallest to the most exact.
    pub const ALL: [Self; 4] = [Self::Bits8, Self::Ends16, Self::Bits16, Self::Bits32];
}

/// A network that was read and checked, in single precision, for pictures in 0..1.
#[derive(Debug, Clone)]
pub struct Import {
    /// Widths and number of residual blocks.
    pub johnson: Johnson,
    /// The imported layers, in network order.
    pub layers: Vec<Taken>,
    /// The values of white in the network's input and output: 1 or 255.
    pub range: (f32, f32),
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
    norms: Vec<Norm>,
}

/// Reads the network in the file `bytes`, without external data. `file` names the file in errors. `range` is the value
/// of white in the network's pictures, 1 or 255, where the file does not specify it; the default is 255.
///
/// # Errors
/// [`Error::Model`] when the file is of neither kind, is damaged, requests code execution, or holds another network.
pub fn read(file: &str, bytes: &[u8], range: Option<f32>) -> Result<Import> {
    read_with(file, bytes, range, Options::default().external)
}

/// Reads the network as [`read`] does; `external` reads the external data of an ONNX file.
///
/// # Errors
/// As [`read`]; also when an external file is missing or too short.
pub fn read_with(file: &str, bytes: &[u8], range: Option<f32>, external: ReadExternal) -> Result<Import> {
    let skeleton = if let Some(problem) = stand_in(bytes) {
        Err(problem.to_string())
    } else if bytes.len() > LARGEST_FILE {
        Err(format!("has {} MB, which is too large for a network of this kind", bytes.len() >> 20))
    } else if is_state_dict(bytes) {
        state_dict::read(bytes)
    } else {
        graph::read(file, bytes, external)
    };
    let import = skeleton.and_then(|s| s.import(range));
    import.map_err(|problem| Error::Model { file: file.to_string(), problem: printable(&problem) })
}

impl Skeleton {
    /// Checks all shapes, and converts the weights to pictures in 0..1.
    fn import(mut self, range: Option<f32>) -> Read<Import> {
        let output = self.white.or(range).unwrap_or(255.0);
        let input = range.or(self.white).unwrap_or(255.0);
        let outputs = |layer: &Found| layer.shape.first().copied().unwrap_or(0);
        let [first, second, trunk] = [0, 1, 2].map(|i| self.contract.get(i).map_or(0, outputs));
        let [wide, narrow] = [0, 1].map(|i| self.expand.get(i).map_or(0, outputs));
        let blocks = self.blocks.len();
        let johnson =
            Johnson { contract: [first, second, trunk], blocks, expand: [wide, narrow], sigmoid: self.sigmoid };
        // Applies the limits of networks in style packs.
        Architecture::parse(&Architecture::Johnson(johnson.clone()).text()).map_err(|e| match e {
            Error::Pack(problem) => problem,
            other => other.to_string(),
        })?;
        let white = |layer: &mut Found| {
            let plane = layer.shape[2] * layer.shape[3];
            for (slice, scale) in layer.weights.chunks_exact_mut(plane).zip(self.input.iter().cycle()) {
                slice.iter_mut().for_each(|w| *w *= scale * input);
            }
        };
        let net = johnson.network("");
        let weights = net.convolutions().map(|c| c.outputs * c.inputs * c.kernel * c.kernel).sum::<usize>();
        if weights > MOST_WEIGHTS {
            return Err(format!("has {weights} weights, where at most {MOST_WEIGHTS} fit into a style pack"));
        }
        let mut found: Vec<&mut Found> = self.contract.iter_mut().collect();
        found.extend(self.blocks.iter_mut().flatten());
        found.extend(self.expand.iter_mut());
        for (layer, c) in found.iter().zip(net.convolutions()) {
            layer.check(c)?;
            layer.check_size()?;
        }
        found.first_mut().into_iter().for_each(|first| white(first));
        for layer in &mut found {
            layer.check_size()?;
            layer.shrink();
        }
        let mut bias = vec![0.0; 3];
        if let Some(last) = found.last_mut() {
            bias = last.bias.take().unwrap_or(bias);
            if !self.sigmoid {
                last.weights.iter_mut().chain(&mut bias).for_each(|w| *w /= output);
            }
        }
        // All other biases are dropped: the normalization subtracts the mean, and with it any constant over all pixels.
        let layers = found.iter().zip(net.convolutions()).map(|(layer, c)| Taken {
            name: c.weight.trim_end_matches(".w").to_string(),
            from: layer.name.clone(),
            shape: layer.shape.clone(),
            normalized: layer.norm.is_some(),
        });
        let layers = layers.collect();
        let norms = found.iter_mut().filter_map(|layer| layer.norm.take()).collect();
        let weights = found.into_iter().map(|layer| std::mem::take(&mut layer.weights)).collect();
        Ok(Import { johnson, layers, range: (input, output), weights, bias, norms })
    }
}

impl Import {
    /// Makes the archive of the network with weights in this precision.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights that are not finite or too large for this precision.
    pub fn archive(&self, precision: Precision) -> Result<Vec<u8>> {
        let mut builder = ArchiveBuilder::new();
        let last = self.layers.len() - 1;
        for (i, (layer, weights)) in self.layers.iter().zip(&self.weights).enumerate() {
            let name = format!("{}.w", layer.name);
            let end = i == 0 || i == last;
            match precision {
                Precision::Bits32 => builder.float(name, &layer.shape, weights),
                Precision::Bits16 => builder.half(name, &layer.shape, weights),
                Precision::Ends16 if end => builder.half(name, &layer.shape, weights),
                Precision::Ends16 | Precision::Bits8 => builder.quantized(name, &layer.shape, weights),
            };
        }
        builder.float(BIAS, &[self.bias.len()], &self.bias);
        custom::seal(&Architecture::Johnson(self.johnson.clone()), &mut builder)
    }

    /// Makes the pack of the network's only style. It contains `archive`, which [`Import::archive`] made.
    ///
    /// # Errors
    /// [`Error::Pack`] when the archive is another.
    pub fn pack(&self, name: &str, archive: Vec<u8>) -> Result<Pack> {
        let parsed = Archive::parse(&archive)?;
        let net = custom::network(&parsed)?;
        let style = Style { network: net.name.clone(), name: name.to_string(), norms: self.norms.clone() };
        let space = StyleSpace::read(&parsed, net.tensors(), &net.norms)?;
        Ok(Pack { archive, ..space.pack(name, Parameters::of(&style)) })
    }
}
