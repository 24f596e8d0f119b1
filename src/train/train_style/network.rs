//! Style packs that contain a network with all weights trained.

use crate::error::{Error, Result};
use crate::net::custom::{self, Architecture};
use crate::net::models::transfer26;
use crate::net::{Network, Operation};
use crate::style::{Pack, Parameters, Style, StyleSpace};
use crate::weights::{Archive, ArchiveBuilder};

/// Returns the architecture of the network of `archive`, if style packs may contain such a network.
///
/// # Errors
/// [`Error::Style`] when they may not.
pub fn architecture(archive: &Archive) -> Result<Architecture> {
    match (archive.metadata("architecture"), archive.metadata("network")) {
        (Some(text), _) => Architecture::parse(text),
        (None, Some(transfer26::NAME)) => Ok(Architecture::Transfer26),
        (None, other) => {
            let other = other.unwrap_or("this");
            let problem = format!(
                "All weights can be trained for {} and for imported networks, but not for {other}.",
                transfer26::NAME
            );
            Err(Error::Style(problem))
        }
    }
}

/// Makes the pack of `style`, called `name`, that contains its network `net`. `archive` has the weights before
/// training; `weights` are the trained ones, in the order of [`crate::train::transfer_net::weights`], and are stored in
/// 16 bits.
///
/// # Errors
/// As [`architecture`]; [`Error::Tensor`] for weights that are not finite.
pub fn pack(net: &Network, archive: &Archive, weights: &[f32], style: &Style, name: &str) -> Result<Pack> {
    let mut builder = ArchiveBuilder::new();
    let mut rest = weights;
    for layer in &net.layers {
        match &layer.operation {
            Operation::Convolution(c) => {
                let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
                let (these, behind) = rest.split_at_checked(shape.iter().product()).ok_or_else(|| Error::Tensor {
                    tensor: c.weight.clone(),
                    problem: "is missing among the trained weights".to_string(),
                })?;
                // In 8 bits outputs are below 40 dB, since these weights were not trained for quantization.
                builder.half(c.weight.clone(), &shape, these);
                rest = behind;
            }
            Operation::Bias { tensor } => {
                let count = archive.shape(tensor).and_then(|shape| shape.first().copied()).unwrap_or(0);
                builder.float(tensor.clone(), &[count], &archive.tensor(tensor, &[count])?);
            }
            _ => {}
        }
    }
    let bytes = custom::seal(&architecture(archive)?, &mut builder)?;
    let sealed = Archive::parse(&bytes)?;
    let net = custom::network(&sealed)?;
    let space = StyleSpace::read(&sealed, net.tensors(), &net.norms)?;
    Ok(Pack { archive: bytes, ..space.pack(name, Parameters::of(style)) })
}
