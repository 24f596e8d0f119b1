//! Networks that a style pack contains: an archive with the weights of one network and a description of its
//! architecture.
//!
//! The archive's metadata has `network`, which is `own-` and the first digits of the fingerprint of all tensors, so that
//! no file can use another network's name; and `architecture`, JSON:
//! `{"family":"johnson","contract":[32,64,128],"blocks":5, "expand":[64,32],"finish":"clamp"}` ([`Johnson`]; `finish`
//! may be `sigmoid`), or `{"family":"transfer26"}` for the 26-style network with other weights. The archive contains
//! the tensors that the network names ([`Network::tensors`]), and no others. The style itself is stored elsewhere in
//! the pack.

use serde_json::{Value, json};

use super::models::johnson::Johnson;
use super::models::transfer26;
use super::{Network, Operation};
use crate::error::{Error, Result};
use crate::style::OWN;
use crate::text::printable;
use crate::weights::{Archive, ArchiveBuilder};

/// Digits of the fingerprint in a name.
const DIGITS: usize = 12;
/// Maximum layer width and number of residual blocks: four times those of PyTorch's example.
const WIDEST: usize = 512;
const MOST_BLOCKS: usize = 20;
/// Maximum number of convolution weights: twenty times those of PyTorch's example, and the maximum number of bytes of an archive.
const MOST_WEIGHTS: usize = 1 << 25;
/// Maximum absolute weight: larger weights make sums exceed the range of 16-bit numbers. Trained weights are below 100.
const LARGEST_WEIGHT: f32 = 10_000.0;

/// The architecture of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Architecture {
    /// A network of the architecture of `johnson`, with its sizes.
    Johnson(Johnson),
    /// The 26-style network.
    Transfer26,
}

impl Architecture {
    /// Parses the output of [`Architecture::text`].
    ///
    /// # Errors
    /// [`Error::Pack`] if the architecture is unknown or exceeds a limit.
    pub fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|_| invalid("has an invalid description"))?;
        let widths = |key: &str, count: usize| {
            let list = value.get(key).and_then(Value::as_array).filter(|list| list.len() == count);
            let width = |v: &Value| v.as_u64().filter(|v| (1..=WIDEST as u64).contains(v)).map(|v| v as usize);
            list.and_then(|list| list.iter().map(width).collect::<Option<Vec<usize>>>()).ok_or_else(|| {
                invalid(format!("has invalid widths `{key}`: {count} numbers from 1 to {WIDEST} are needed"))
            })
        };
        match value.get("family").and_then(Value::as_str) {
            Some("johnson") => {
                let blocks = value.get("blocks").and_then(Value::as_u64).filter(|n| *n <= MOST_BLOCKS as u64);
                let blocks = blocks.ok_or_else(|| {
                    invalid(format!("has an invalid number of blocks: 0 to {MOST_BLOCKS} are allowed"))
                })?;
                let (contract, expand) = (widths("contract", 3)?, widths("expand", 2)?);
                let johnson = Johnson {
                    contract: [contract[0], contract[1], contract[2]],
                    blocks: blocks as usize,
                    expand: [expand[0], expand[1]],
                    sigmoid: match value.get("finish").and_then(Value::as_str) {
                        Some("clamp") => false,
                        Some("sigmoid") => true,
                        _ => return Err(invalid("ends neither in a clamp nor in a sigmoid")),
                    },
                };
                let net = johnson.network("");
                let weights: usize = net.convolutions().map(|c| c.inputs * c.outputs * c.kernel * c.kernel).sum();
                if weights > MOST_WEIGHTS {
                    return Err(invalid(format!("has {weights} weights, but at most {MOST_WEIGHTS} are allowed")));
                }
                Ok(Self::Johnson(johnson))
            }
            Some("transfer26") => Ok(Self::Transfer26),
            other => {
                let family = printable(other.unwrap_or("without a name"));
                Err(invalid(format!("has an architecture that this version does not support ({family})")))
            }
        }
    }

    /// Returns the JSON that archives contain. Equal architectures have equal texts.
    pub fn text(&self) -> String {
        match self {
            Self::Johnson(Johnson { contract, blocks, expand, sigmoid }) => {
                let finish = if *sigmoid { "sigmoid" } else { "clamp" };
                json!({ "family": "johnson", "contract": contract, "blocks": blocks, "expand": expand, "finish": finish })
                    .to_string()
            }
            Self::Transfer26 => json!({ "family": "transfer26" }).to_string(),
        }
    }

    /// Returns the network, under this name.
    pub fn network(&self, name: &str) -> Network {
        match self {
            Self::Johnson(johnson) => johnson.network(name),
            Self::Transfer26 => Network { name: name.to_string(), ..transfer26::network() },
        }
    }
}

/// Whether `name` is the name of a network from a style pack.
pub fn is_own(name: &str) -> bool {
    name.starts_with(OWN)
}

/// Returns the name of the network with this fingerprint.
pub fn name(sha256: &str) -> String {
    format!("{OWN}{sha256:.DIGITS$}")
}

/// Returns the network in `archive`, which is untrusted: its architecture, its name, and each of its tensors are
/// checked.
///
/// # Errors
/// [`Error::Pack`] with the problem found.
pub fn network(archive: &Archive) -> Result<Network> {
    let called = archive.metadata("network").unwrap_or_default();
    let net = Architecture::parse(archive.metadata("architecture").unwrap_or_default())?.network(called);
    for (tensor, shape) in tensors(&net)? {
        let values = archive.tensor(&tensor, &shape).map_err(in_pack)?;
        if let Some(value) = values.into_iter().find(|value| value.abs() > LARGEST_WEIGHT) {
            return Err(invalid(format!("cannot be used: its tensor `{tensor}` holds {value:e}, which is too large")));
        }
    }
    let names: Vec<String> = net.tensors().map(str::to_string).collect();
    let belongs = |found: &str| names.iter().any(|name| found == name || found.strip_suffix(".scale") == Some(name));
    if let Some(foreign) = archive.names().find(|found| !belongs(found)) {
        let foreign = printable(foreign);
        return Err(invalid(format!("has a tensor `{foreign}` that belongs to none of its layers")));
    }
    let expected = name(&archive.fingerprint(&names).map_err(in_pack)?);
    if called != expected {
        return Err(invalid(format!("has the name {called:?}, which does not match its weights")));
    }
    Ok(net)
}

/// Returns the archive of a network of this architecture with the tensors of `builder`. Other metadata of `builder` is
/// kept.
///
/// # Errors
/// As [`network`], and [`Error::Tensor`] for numbers that cannot be stored.
pub fn seal(architecture: &Architecture, builder: &mut ArchiveBuilder) -> Result<Vec<u8>> {
    let archive = Archive::parse(&builder.finish()?)?;
    let names: Vec<String> = architecture.network("").tensors().map(str::to_string).collect();
    let name = name(&archive.fingerprint(&names)?);
    let bytes = builder.metadata("network", name).metadata("architecture", architecture.text()).finish()?;
    network(&Archive::parse(&bytes)?).map(|_| bytes)
}

/// Returns names and shapes of the tensors of `net`.
fn tensors(net: &Network) -> Result<Vec<(String, Vec<usize>)>> {
    // Only channels are needed, which are the same at any size.
    let side = 2 * net.multiple;
    let shapes = net.shapes(side, side)?;
    let named = net.layers.iter().filter_map(|layer| match &layer.operation {
        Operation::Convolution(c) => Some((c.weight.clone(), vec![c.outputs, c.inputs, c.kernel, c.kernel])),
        Operation::Bias { tensor } => Some((tensor.clone(), vec![shapes[layer.output].channels])),
        _ => None,
    });
    Ok(named.collect())
}

fn in_pack(error: Error) -> Error {
    match error {
        Error::Tensor { tensor, problem } => invalid(format!("cannot be used: its tensor `{tensor}` {problem}")),
        other => other,
    }
}

fn invalid(problem: impl std::fmt::Display) -> Error {
    Error::Pack(format!("contains a network that {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Architecture {
        Architecture::Johnson(Johnson { contract: [4, 5, 6], blocks: 1, expand: [5, 4], sigmoid: false })
    }

    fn builder(architecture: &Architecture) -> ArchiveBuilder {
        let mut builder = ArchiveBuilder::new();
        for (i, (name, shape)) in tensors(&architecture.network("")).unwrap().into_iter().enumerate() {
            let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|v| ((v + i) % 7) as f32 - 3.0).collect();
            match shape.len() {
                1 => builder.float(name, &shape, &values),
                _ => builder.quantized(name, &shape, &values),
            };
        }
        builder
    }

    fn problem(bytes: &[u8]) -> String {
        match network(&Archive::parse(bytes).unwrap()) {
            Err(Error::Pack(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_network_comes_back_out_of_its_archive() {
        for architecture in [small(), Architecture::Transfer26] {
            assert_eq!(Architecture::parse(&architecture.text()).unwrap(), architecture);
            let bytes = seal(&architecture, &mut builder(&architecture)).unwrap();
            let net = network(&Archive::parse(&bytes).unwrap()).unwrap();
            assert!(is_own(&net.name) && net.name.len() == OWN.len() + DIGITS);
            assert_eq!(net, architecture.network(&net.name));
        }
    }

    #[test]
    fn what_does_not_fit_its_description_is_refused() {
        let sound = seal(&small(), &mut builder(&small())).unwrap();
        let name = Archive::parse(&sound).unwrap().metadata("network").unwrap().to_string();
        let with = |key: &str, value: &str| {
            let mut builder = builder(&small());
            let text = small().text();
            builder.metadata("network", &name).metadata("architecture", text).metadata(key, value).finish().unwrap()
        };
        assert_eq!(with("network", &name), sound);
        assert!(problem(&with("network", "transfer26")).contains("does not match its weights"));
        assert!(problem(&with("architecture", "{")).contains("invalid description"));
        assert!(problem(&with("architecture", r#"{"family":"unet"}"#)).contains("does not support (unet)"));
        let wide = small().text().replace("[5,4]", "[5,8]");
        assert!(problem(&with("architecture", &wide)).contains("`expand.1.w` has shape [4, 5, 3, 3]"));
        let endless = small().text().replace(":1,", ":2000000000,");
        assert!(problem(&with("architecture", &endless)).contains("number of blocks: 0 to 20"));
        let huge = small().text().replace("[4,5,6]", "[4,5,600]");
        assert!(problem(&with("architecture", &huge)).contains("widths `contract`"));
        let heavy = small().text().replace("[4,5,6]", "[4,5,512]").replace(":1,", ":20,");
        assert!(problem(&with("architecture", &heavy)).contains("weights, but at most"));
        let mut large = ArchiveBuilder::new();
        for (name, shape) in tensors(&small().network("")).unwrap() {
            large.float(name, &shape, &vec![-2e4; shape.iter().product()]);
        }
        assert!(
            matches!(seal(&small(), &mut large), Err(Error::Pack(p)) if p.contains("holds -2e4, which is too large"))
        );
        let mut more = builder(&small());
        more.float("extra", &[1], &[0.0]);
        assert!(matches!(seal(&small(), &mut more), Err(Error::Pack(p)) if p.contains("`extra` that belongs to none")));
        let mut less = ArchiveBuilder::new();
        less.metadata("architecture", small().text());
        assert!(problem(&less.finish().unwrap()).contains("`contract.0.w` is missing"));
    }
}
