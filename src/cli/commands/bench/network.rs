//! The networks that are measured.

use std::path::Path;

use impasto::error::Result;
use impasto::net::Network;
use impasto::net::models::johnson::{BIAS, Johnson};
use impasto::procedural::random::Random;
use impasto::style::{Norm, Style};
use impasto::weights::{Archive, ArchiveBuilder};

use crate::cli::style_source::{network, network_of, read_pack};

/// A network of the size of PyTorch's example, as imported networks are.
const JOHNSON: &str = "johnson";

/// A network with its weights.
pub struct BenchNetwork {
    /// The name that was given.
    pub name: String,
    pub net: Network,
    pub archive: Archive,
}

impl BenchNetwork {
    /// Reads the network `name`: a built-in one, [`JOHNSON`], or that of a style pack.
    ///
    /// # Errors
    /// For unknown names, and packs that cannot be read.
    pub fn read(name: &str) -> Result<Self> {
        let (net, archive) = match name {
            JOHNSON => random_johnson()?,
            _ if Path::new(name).is_file() => network_of(&[&read_pack(Path::new(name))?])?,
            _ => network(name)?,
        };
        Ok(Self { name: name.to_string(), net, archive })
    }

    /// Returns a style for which all normalizations do the same. Styles do not differ in time.
    pub fn style(&self) -> Style {
        let norm = |(_, channels): &(String, usize)| Norm { scale: vec![1.0; *channels], shift: vec![0.1; *channels] };
        let norms = self.net.norms.iter().map(norm).collect();
        Style { network: self.net.name.clone(), name: "even".to_string(), norms }
    }
}

/// Returns a network of the usual size with random weights, whose outputs keep the size of their inputs.
fn random_johnson() -> Result<(Network, Archive)> {
    let johnson = Johnson { contract: [32, 64, 128], blocks: 5, expand: [64, 32], sigmoid: false };
    let net = johnson.network(JOHNSON);
    let (mut builder, mut random) = (ArchiveBuilder::new(), Random::new(1));
    for c in net.convolutions() {
        let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
        let largest = (3.0 / (c.inputs * c.kernel * c.kernel) as f32).sqrt();
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.between(-largest, largest)).collect();
        builder.float(c.weight.clone(), &shape, &values);
    }
    builder.float(BIAS, &[3], &[0.0; 3]);
    Ok((net, Archive::parse(&builder.finish()?)?))
}
