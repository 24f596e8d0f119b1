//! Resolves a style argument: styles of the network of 26, style packs, paintings, and blends of them.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::files;
use impasto::net::models::{arbitrary, transfer26};
use impasto::net::{Network, custom};
use impasto::style::{Pack, Style, StyleSet, StyleSpace};
use impasto::stylize::StylizeModel;
use impasto::weights::Archive;

use super::device::{ARBITRARY, ARCHIVE};
use super::photos::ReadArguments;
use super::report;
use super::style_images::{self, Painting};
use super::style_text::parse_list;

/// The file extension of style packs.
pub const ENDING: &str = "impasto";

/// A requested style, read and checked as far as possible without a device.
pub struct StyleSource {
    /// The archive of the network of the style.
    pub archive: Archive,
    /// The name of the style.
    pub name: String,
    /// The files that the style is read from.
    pub files: Vec<PathBuf>,
    made_of: MadeOf,
}

enum MadeOf {
    Style(Style),
    Paintings(Vec<Painting>),
}

/// Returns the styles of the built-in archive.
pub fn styles(archive: &Archive) -> Result<StyleSet> {
    StyleSet::read(archive, &transfer26::network().norms)
}

/// Returns the network called `name`, with its archive.
///
/// # Errors
/// [`Error::Style`] when this program has no network of that name.
pub fn network(name: &str) -> Result<(Network, Archive)> {
    let (network, archive) = match name {
        transfer26::NAME => (transfer26::network(), ARCHIVE),
        arbitrary::NAME => (arbitrary::network(), ARBITRARY),
        other if custom::is_own(other) => {
            let hint = "add a style pack that contains it";
            return Err(Error::Style(format!(
                "The network {other:?} is part of a style pack, and this pack does not contain it: {hint}."
            )));
        }
        other => {
            let (one, two) = (transfer26::NAME, arbitrary::NAME);
            return Err(Error::Style(format!("This program has no network {other:?}: it has {one} and {two}.")));
        }
    };
    Ok((network, Archive::parse(archive)?))
}

/// Returns the network of the first of `packs`, with its archive, which one of the packs may contain.
///
/// # Errors
/// As [`network`], and [`Error::Pack`] for a network that cannot be used.
pub fn network_of(packs: &[&Pack]) -> Result<(Network, Archive)> {
    let name = packs.first().map_or(transfer26::NAME, |pack| pack.network.as_str());
    match packs.iter().find(|pack| pack.network == name && !pack.archive.is_empty()) {
        Some(pack) => match pack.network_archive()? {
            Some(archive) => Ok((custom::network(&archive)?, archive)),
            None => network(name),
        },
        None => network(name),
    }
}

/// Returns the style space of `network`: the layout of its style parameters.
pub fn space(network: &Network, archive: &Archive) -> Result<StyleSpace> {
    StyleSpace::read(archive, network.tensors(), &network.norms)
}

/// Reads a style pack from a file.
pub fn read_pack(path: &Path) -> Result<Pack> {
    let bytes = files::read(path, Pack::MAX_BYTES, "a style pack")?;
    Pack::read(&bytes).map_err(|error| Error::file(path, error))
}

/// Returns whether `path` has the extension of a style pack.
pub fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ENDING))
}

impl StyleSource {
    /// Reads the style of `--style`, or the paintings of `--style-image` if there are any.
    ///
    /// # Errors
    /// [`Error::Style`] for an unknown style and for styles that do not blend, [`Error::File`] for files that cannot be
    /// used.
    pub fn read(style: &OsStr, images: &[OsString], reading: &ReadArguments) -> Result<Self> {
        if !images.is_empty() {
            let paintings = style_images::read(images, reading)?;
            return Ok(Self {
                archive: network(arbitrary::NAME)?.1,
                name: style_images::name(&paintings),
                files: paintings.iter().map(|p| p.path.clone()).collect(),
                made_of: MadeOf::Paintings(paintings),
            });
        }
        let parts = parse_list(style, Path::is_file)?;
        let files: Vec<PathBuf> = parts.iter().map(|(path, _)| path.clone()).filter(|path| is_pack(path)).collect();
        let (archive, blend) = match files.first() {
            None => {
                let (_, archive) = network(transfer26::NAME)?;
                let set = styles(&archive)?;
                let blend = set.mix(&set.parse(&style.to_string_lossy())?)?;
                (archive, blend)
            }
            Some(_) => packed(&parts)?,
        };
        Ok(Self { archive, name: report::path(style.as_ref()), files, made_of: MadeOf::Style(blend) })
    }

    /// Returns the style for `model`, which was loaded from [`StyleSource::archive`].
    ///
    /// # Errors
    /// The error of the device, if paintings have to be encoded.
    pub async fn style(&self, model: &StylizeModel) -> Result<Style> {
        match &self.made_of {
            MadeOf::Style(style) => Ok(style.clone()),
            MadeOf::Paintings(paintings) => style_images::style(model, &self.archive, paintings).await,
        }
    }

    /// Returns whether the network comes from a style pack.
    pub fn has_own_network(&self) -> bool {
        self.archive.metadata("network").is_some_and(custom::is_own)
    }

    /// Returns whether the network takes style vectors, so that photos can be encoded as styles too.
    pub fn has_vectors(&self) -> bool {
        self.archive.metadata("network") == Some(arbitrary::NAME)
    }
}

/// Blends packs of one network with each other and with built-in styles of that network.
fn packed(parts: &[(PathBuf, f32)]) -> Result<(Archive, Style)> {
    let read = |(path, _): &(PathBuf, f32)| if is_pack(path) { read_pack(path).map(Some) } else { Ok(None) };
    let packs: Vec<Option<Pack>> = parts.iter().map(read).collect::<Result<_>>()?;
    let present: Vec<&Pack> = packs.iter().flatten().collect();
    let name = present.first().map_or(transfer26::NAME, |pack| pack.network.as_str());
    let (network, archive) = network_of(&present)?;
    let space = space(&network, &archive)?;
    let set = if name == transfer26::NAME { styles(&archive)? } else { StyleSet::default() };
    let apart = |path: &Path| {
        let kind = if custom::is_own(name) { "a style with a network of its own" } else { "styles of paintings" };
        Error::Style(format!(
            "`{}` and {kind} belong to different networks and cannot be blended: choose styles of one network.",
            path.display()
        ))
    };
    let mut blend = Vec::new();
    for ((path, weight), pack) in parts.iter().zip(&packs) {
        let style = match pack {
            Some(pack) if pack.network != name => return Err(apart(path)),
            Some(pack) => space.style(pack).map_err(|error| Error::file(path, error))?,
            None if set.is_empty() => return Err(apart(path)),
            None => set.mix(&set.parse(&path.to_string_lossy())?)?,
        };
        blend.push((style, *weight));
    }
    let sum: f32 = blend.iter().map(|(_, weight)| weight).sum();
    if sum <= 0.0 || !sum.is_finite() {
        return Err(Error::Style(
            "These weights cannot be used: give at least one style a weight above 0.".to_string(),
        ));
    }
    let shares: Vec<(&Style, f32)> = blend.iter().map(|(style, weight)| (style, weight / sum)).collect();
    Ok((archive, Style::blend(&shares)?))
}
