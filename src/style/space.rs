//! The style space of a network: the shape that its styles must have.

use super::pack::refused;
use super::{Pack, Parameters, Style, StyleLayers, StyleLayout};
use crate::error::{Error, Result};
use crate::weights::Archive;

/// Maximum absolute scale or shift of a pack: larger values make activations exceed the range of 16-bit arithmetic.
/// Trained values are below 20.
const LARGEST: f32 = 1000.0;

/// The space of all styles of one network: its name, the fingerprint of its weights, and the channels of its
/// normalizations.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleSpace {
    network: String,
    sha256: String,
    layout: StyleLayout,
    /// Present if styles are computed from style vectors.
    layers: Option<StyleLayers>,
}

impl StyleSpace {
    /// Reads the style space of an archive's network, whose weights are the tensors `weights` and whose normalizations
    /// are `slots`, as in [`super::StyleSet::read`]. Two archives with the same weights give the same space,
    /// independent of the styles that they contain.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a tensor is missing or unusable.
    pub fn read<'n>(
        archive: &Archive,
        weights: impl Iterator<Item = &'n str>,
        slots: &[(String, usize)],
    ) -> Result<Self> {
        let layered = StyleLayers::tensors(slots).next().is_some_and(|name| archive.shape(&name).is_some());
        let layers = layered.then(|| StyleLayers::read(archive, slots)).transpose()?;
        let mut names: Vec<String> = weights.map(str::to_string).collect();
        if layered {
            names.extend(StyleLayers::tensors(slots));
        }
        Ok(Self {
            network: archive.metadata("network").unwrap_or_default().to_string(),
            sha256: archive.fingerprint(&names)?,
            layout: StyleLayout::new(slots.iter().map(|(_, channels)| *channels)),
            layers,
        })
    }

    /// Returns the network's name.
    pub fn network(&self) -> &str {
        &self.network
    }

    /// Returns the SHA-256 of the network's weights.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns the style for a vector of the style predictor.
    ///
    /// # Errors
    /// [`Error::Style`] if `vector` is not a style vector, or if this network does not support style vectors.
    pub fn vector(&self, name: impl Into<String>, vector: &[f32]) -> Result<Style> {
        match &self.layers {
            Some(layers) => layers.style(name, vector),
            None => Err(Error::Style(format!("The network {} does not accept style vectors.", self.network))),
        }
    }

    /// Returns the style in a pack.
    ///
    /// # Errors
    /// [`Error::Pack`] if the pack belongs to another network or to another version of this one, or if its values are
    /// too large.
    pub fn style(&self, pack: &Pack) -> Result<Style> {
        let name = &pack.name;
        if pack.network != self.network {
            let (theirs, ours) = (&pack.network, &self.network);
            return Err(refused(format!("({name}) is for the network {theirs:?}, and this is {ours:?}")));
        }
        if pack.network_sha256 != self.sha256 {
            let network = &self.network;
            return Err(refused(format!("({name}) was made for another version of the network {network:?}")));
        }
        let style = match &pack.parameters {
            Parameters::Vector(vector) => self.vector(name, vector)?,
            Parameters::Norms { scales, shifts } => {
                let norms = self.layout.joined(scales, shifts).ok_or_else(|| {
                    let (found, count) = (scales.len(), self.layout.channels());
                    refused(format!("({name}) sets {found} channels, and the network has {count}"))
                })?;
                Style { network: self.network.clone(), name: name.clone(), norms }
            }
        };
        let fits = |value: &f32| value.is_finite() && value.abs() <= LARGEST;
        match style.norms.iter().flat_map(|n| n.scale.iter().chain(&n.shift)).find(|value| !fits(value)) {
            Some(value) => Err(refused(format!("({name}) has numbers that are too large to paint with ({value:e})"))),
            None => Ok(style),
        }
    }

    /// Returns a pack of this network.
    pub fn pack(&self, name: impl Into<String>, parameters: Parameters) -> Pack {
        Pack {
            name: name.into(),
            network: self.network.clone(),
            network_sha256: self.sha256.clone(),
            source: String::new(),
            licence: String::new(),
            parameters,
            thumbnail: vec![],
            archive: vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Norm;
    use super::*;
    use crate::weights::ArchiveBuilder;

    fn archive(weight: f32, style: f32) -> Archive {
        let mut builder = ArchiveBuilder::new();
        builder.metadata("network", "small").float("c.w", &[1], &[weight]).float("a.gamma", &[1, 2], &[style; 2]);
        Archive::parse(&builder.finish().unwrap()).unwrap()
    }

    fn space(archive: &Archive) -> StyleSpace {
        let slots = [("a".to_string(), 2), ("b".to_string(), 1)];
        StyleSpace::read(archive, ["c.w"].into_iter(), &slots).unwrap()
    }

    #[test]
    fn the_fingerprint_is_of_the_weights_alone() {
        let one = space(&archive(1.0, 1.0));
        assert_eq!(one.sha256().len(), 64);
        assert_eq!(one, space(&archive(1.0, 2.0)));
        assert_ne!(one.sha256(), space(&archive(2.0, 1.0)).sha256());
        assert!(StyleSpace::read(&archive(1.0, 1.0), ["d.w"].into_iter(), &[]).is_err());
    }

    #[test]
    fn a_style_comes_back_out_of_its_pack() {
        let space = space(&archive(1.0, 1.0));
        let norm = |value: f32, n: usize| Norm { scale: vec![value; n], shift: vec![-value; n] };
        let style = Style { network: "small".into(), name: "x".into(), norms: vec![norm(1.0, 2), norm(2.0, 1)] };
        let pack = space.pack("x", Parameters::of(&style));
        assert_eq!(space.style(&Pack::read(&pack.write().unwrap()).unwrap()).unwrap(), style);
    }

    #[test]
    fn packs_of_other_networks_are_refused() {
        let space = space(&archive(1.0, 1.0));
        let norms = |n: usize| Parameters::Norms { scales: vec![1.0; n], shifts: vec![1.0; n] };
        let problem = |pack: Pack| match space.style(&pack) {
            Err(Error::Pack(problem)) => problem,
            other => panic!("{other:?}"),
        };
        let sound = space.pack("x", norms(3));
        assert!(space.style(&sound).is_ok());
        assert!(problem(Pack { network: "large".into(), ..sound.clone() }).contains("is for the network \"large\""));
        assert!(problem(Pack { network_sha256: "0".into(), ..sound }).contains("another version"));
        assert!(problem(space.pack("x", norms(4))).contains("sets 4 channels"));
        for large in [1001.0, -3e38, f32::INFINITY, f32::NAN] {
            let parameters = Parameters::Norms { scales: vec![1.0; 3], shifts: vec![0.0, large, 0.0] };
            assert!(problem(space.pack("x", parameters)).contains("too large to paint with"), "{large}");
        }
        let vector = space.pack("x", Parameters::Vector(vec![0.0; 100]));
        assert!(matches!(space.style(&vector), Err(Error::Style(_))));
    }
}
