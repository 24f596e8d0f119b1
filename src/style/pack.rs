//! Style packs: one style in one small file, for storing and sharing.
//!
//! A pack is a safetensors file with the extension `.impasto`. Its metadata has `format` ([`FORMAT`]), `name`,
//! `network` (the network that the style belongs to), `network_sha256` (the [`StyleSpace`](super::StyleSpace)'s
//! fingerprint), `source` (the origin of the style, such as a painting) and `licence` (the terms of use); the last two
//! may be empty. Metadata contains no control characters and no invisible characters, except for line breaks in the
//! last two. The tensors are `vector`, `F32` `[100]`, for a style from the style predictor, or `scales` and `shifts`,
//! `F32` or `F16`, each with one number for each channel of each normalization in network order, for a trained style;
//! and, optionally, `thumbnail`, `U8`, a small JPEG, PNG or WebP file. A pack has about 1 KB (vector) or 4 KB
//! (trained), plus the thumbnail.
//!
//! A pack may contain its network: `archive`, `U8`, is then a weight archive within the file, whose `network` equals
//! that of the pack and begins with [`OWN`], and whose tensors have the fingerprint of the pack. `net::custom`
//! documents its contents.

use super::Parameters;
use crate::error::{Error, Result};
use crate::text::{cleaned, printable, unusable, unusable_in_lines};
use crate::weights::{Archive, ArchiveBuilder};

/// The version of the format, stored in each pack's metadata.
pub const FORMAT: &str = "impasto-style-1";

/// Prefix of the names of networks that packs contain, which keeps them distinct from built-in networks.
pub const OWN: &str = "own-";

/// Maximum bytes of a pack without its network. Typical packs have a few KB.
const MAX_BYTES: usize = 1 << 20;
/// Maximum bytes of a network in a pack. PyTorch's example has 1.7 MB.
const MAX_ARCHIVE: usize = 32 << 20;
/// Maximum characters of a name.
pub const MAX_NAME: usize = 80;
/// Maximum bytes of source and licence, each.
const MAX_TEXT: usize = 2000;
/// Signatures of the allowed picture files, with their byte offsets.
const PICTURES: [(usize, &[u8]); 3] = [(0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (8, b"WEBP")];

/// A style as stored in a file.
///
/// ```
/// use impasto::net::models::arbitrary;
/// use impasto::style::{DIMENSIONS, Pack, Parameters, StyleSpace};
/// use impasto::weights::Archive;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let archive = Archive::parse(&std::fs::read("weights/arbitrary.safetensors")?)?;
/// let network = arbitrary::network();
/// let space = StyleSpace::read(&archive, network.tensors(), &network.norms)?;
/// // `StyleEncoder` computes this vector from a painting.
/// let vector = vec![0.0; DIMENSIONS];
/// let pack = Pack { source: "My own painting".to_string(), ..space.pack("Waves", Parameters::Vector(vector)) };
/// let bytes = pack.write()?;
/// let read = Pack::read(&bytes)?;
/// assert_eq!(read, pack);
/// assert_eq!(space.style(&read)?.norms.len(), network.norms.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// The style's name, at most [`MAX_NAME`] characters.
    pub name: String,
    /// The network's name, as in archives.
    pub network: String,
    /// The fingerprint of the network that the style was made for.
    pub network_sha256: String,
    /// The origin of the style: a painting, its painter.
    pub source: String,
    /// The terms of use.
    pub licence: String,
    /// The style's parameters.
    pub parameters: Parameters,
    /// The file of a small picture: JPEG, PNG or WebP. May be empty.
    pub thumbnail: Vec<u8>,
    /// The weight archive of the network, if the pack contains it. May be empty.
    pub archive: Vec<u8>,
}

impl Pack {
    /// Maximum bytes of a pack with its network.
    pub const MAX_BYTES: u64 = (MAX_BYTES + MAX_ARCHIVE) as u64;

    /// Reads a pack and validates it. Does not check whether it fits a network, which [`super::StyleSpace::style`]
    /// does. Characters of source and licence that [`Pack::write`] refuses are replaced, because older packs may
    /// contain them.
    ///
    /// # Errors
    /// [`Error::Pack`] with the problem found.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let pack = Self::parse(bytes)?;
        pack.check()?;
        Ok(pack)
    }

    /// As [`Pack::read`], with `name` instead of the name in the file, which is not validated.
    ///
    /// # Errors
    /// [`Error::Pack`] with the problem found.
    pub fn read_renamed(bytes: &[u8], name: &str) -> Result<Self> {
        Self::parse(bytes)?.renamed(name)
    }

    /// Parses the file without calling `check`.
    fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES + MAX_ARCHIVE {
            return Err(too_large(bytes.len()));
        }
        if let Some(problem) = crate::weights::foreign::stand_in(bytes) {
            return Err(refused(problem));
        }
        let archive = Archive::parse(bytes).map_err(|_| refused("is damaged, or is not a style pack"))?;
        match archive.metadata("format") {
            Some(FORMAT) => {}
            Some(other) => {
                let other = printable(other);
                return Err(refused(format!("has a format that this version does not support ({other})")));
            }
            None => return Err(refused("is not a style pack, but another kind of safetensors file")),
        }
        let blob = |name: &str, what: &str| match archive.shape(name) {
            Some(_) => archive.bytes(name).map(<[u8]>::to_vec).map_err(|_| refused(format!("has a damaged {what}"))),
            None => Ok(vec![]),
        };
        let text = |key: &str| archive.metadata(key).unwrap_or_default().to_string();
        let lines = |key: &str| {
            let text = text(key);
            if text.len() > MAX_TEXT {
                Err(refused(format!("has a {key} of more than {MAX_TEXT} bytes")))
            } else {
                Ok(cleaned(&text, MAX_TEXT))
            }
        };
        let pack = Self {
            name: text("name"),
            network: text("network"),
            network_sha256: text("network_sha256"),
            source: lines("source")?,
            licence: lines("licence")?,
            parameters: Parameters::read(&archive).map_err(|_| refused("is damaged: it contains no usable style"))?,
            thumbnail: blob("thumbnail", "thumbnail")?,
            archive: blob("archive", "network")?,
        };
        if bytes.len() - pack.archive.len() > MAX_BYTES {
            return Err(too_large(bytes.len()));
        }
        Ok(pack)
    }

    /// Returns the bytes of the file. Equal packs give equal bytes.
    ///
    /// # Errors
    /// [`Error::Pack`] for a pack that [`Pack::read`] would refuse.
    pub fn write(&self) -> Result<Vec<u8>> {
        self.check()?;
        let mut builder = ArchiveBuilder::new();
        builder
            .metadata("format", FORMAT)
            .metadata("name", &self.name)
            .metadata("network", &self.network)
            .metadata("network_sha256", &self.network_sha256)
            .metadata("source", &self.source)
            .metadata("licence", &self.licence);
        match &self.parameters {
            Parameters::Vector(vector) => builder.float("vector", &[vector.len()], vector),
            Parameters::Norms { scales, shifts } => {
                builder.float("scales", &[scales.len()], scales).float("shifts", &[shifts.len()], shifts)
            }
        };
        if !self.thumbnail.is_empty() {
            builder.bytes("thumbnail", &self.thumbnail);
        }
        if !self.archive.is_empty() {
            builder.bytes("archive", &self.archive);
        }
        let bytes = builder.finish().map_err(|error| refused(format!("cannot be written: {error}")))?;
        Self::read(&bytes).map(|_| bytes)
    }

    /// Returns the pack under another name.
    ///
    /// # Errors
    /// [`Error::Pack`] if the name is unusable.
    pub fn renamed(mut self, name: &str) -> Result<Self> {
        self.name = name.trim().to_string();
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        if let Some(problem) = name_problem(&self.name) {
            return Err(refused(format!("has an invalid name: {problem}")));
        }
        if let Some(problem) = [&self.source, &self.licence].into_iter().find_map(|text| text_problem(text)) {
            return Err(refused(format!("has an invalid source or licence: {problem}")));
        }
        let known = |(start, mark): &(usize, &[u8])| self.thumbnail.get(*start..).is_some_and(|t| t.starts_with(mark));
        if !self.thumbnail.is_empty() && !PICTURES.iter().any(known) {
            return Err(refused("has a thumbnail that is not a JPEG, PNG or WebP picture"));
        }
        self.network_archive().map(drop)
    }

    /// Returns the archive of the network that the pack contains, if any, after checking its name and fingerprint.
    ///
    /// # Errors
    /// [`Error::Pack`] if the archive is damaged or contains another network.
    pub fn network_archive(&self) -> Result<Option<Archive>> {
        if self.archive.is_empty() {
            return Ok(None);
        }
        if self.archive.len() > MAX_ARCHIVE {
            return Err(too_large(self.archive.len()));
        }
        let archive = Archive::parse(&self.archive).map_err(|_| refused("contains a damaged network"))?;
        let names: Vec<String> = archive.names().map(str::to_string).collect();
        let sha256 = archive.fingerprint(&names).map_err(|_| refused("contains a damaged network"))?;
        let same = archive.metadata("network") == Some(&self.network) && sha256 == self.network_sha256;
        if !same || !self.network.starts_with(OWN) {
            return Err(refused("contains another network than it declares"));
        }
        Ok(Some(archive))
    }
}

/// Returns the reason why a text cannot be the name of a style, if so.
pub fn name_problem(name: &str) -> Option<String> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME {
        return Some(format!("a name has 1 to {MAX_NAME} characters"));
    }
    unusable(name).map(unseen)
}

/// Returns the reason why a text cannot be the source or the licence of a style, if so.
pub fn text_problem(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return Some(format!("it has more than {MAX_TEXT} bytes"));
    }
    unusable_in_lines(text).map(unseen)
}

fn unseen(c: char) -> String {
    format!("it contains the invisible character {}", printable(&c.to_string()))
}

fn too_large(bytes: usize) -> Error {
    refused(format!("has {bytes} bytes, which is too large for a style pack"))
}

/// Returns an [`Error::Pack`].
pub(super) fn refused(problem: impl Into<String>) -> Error {
    Error::Pack(problem.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(parameters: Parameters) -> Pack {
        Pack {
            name: "Étude in blue".into(),
            network: "arbitrary".into(),
            network_sha256: "0123".into(),
            source: "a painting".into(),
            licence: "CC0".into(),
            parameters,
            thumbnail: b"\xff\xd8\xff\xe0 and so on".to_vec(),
            archive: vec![],
        }
    }

    fn problem(pack: Result<Pack>) -> String {
        match pack {
            Err(Error::Pack(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn packs_come_back_as_they_were() {
        let vector = pack(Parameters::Vector((0..100).map(|i| i as f32 * 0.1).collect()));
        assert_eq!(Pack::read(&vector.write().unwrap()).unwrap(), vector);
        assert!(vector.write().unwrap().len() < 1100);
        let norms = Parameters::Norms { scales: vec![1.0; 495], shifts: vec![-2.0; 495] };
        let trained = Pack { thumbnail: vec![], ..pack(norms) };
        assert_eq!(Pack::read(&trained.write().unwrap()).unwrap(), trained);
        assert!(trained.write().unwrap().len() < 4800);
        assert_eq!(vector.write().unwrap(), vector.clone().write().unwrap());
        assert_eq!(vector.renamed("  Nocturne ").unwrap().name, "Nocturne");
    }

    #[test]
    fn what_is_no_pack_is_refused_with_a_sentence() {
        let sound = pack(Parameters::Vector(vec![0.5; 100]));
        let bytes = sound.write().unwrap();
        assert_eq!(problem(Pack::read(b"hello")), "is damaged, or is not a style pack");
        assert_eq!(problem(Pack::read(&bytes[..bytes.len() - 1])), "is damaged, or is not a style pack");
        assert!(problem(Pack::read(&vec![0; MAX_BYTES + MAX_ARCHIVE + 1])).contains("too large"));
        let thick = [&sound.thumbnail[..], &vec![0; MAX_BYTES]].concat();
        assert!(
            problem(Pack { thumbnail: thick, ..sound.clone() }.write().map(|_| sound.clone())).contains("too large")
        );
        let mut other = ArchiveBuilder::new();
        other.float("vector", &[100], &[0.0; 100]);
        assert!(problem(Pack::read(&other.finish().unwrap())).contains("another kind"));
        other.metadata("format", "impasto-style-9");
        assert!(problem(Pack::read(&other.finish().unwrap())).contains("impasto-style-9"));
        let mut short = ArchiveBuilder::new();
        short.metadata("format", FORMAT).metadata("name", "x").float("vector", &[99], &[0.0; 99]);
        assert!(problem(Pack::read(&short.finish().unwrap())).contains("no usable style"));
        let mut uneven = ArchiveBuilder::new();
        uneven.metadata("format", FORMAT).metadata("name", "x");
        uneven.float("scales", &[2], &[0.0; 2]).float("shifts", &[3], &[0.0; 3]);
        assert!(problem(Pack::read(&uneven.finish().unwrap())).contains("no usable style"));
    }

    #[test]
    fn texts_and_thumbnails_are_checked() {
        let sound = pack(Parameters::Vector(vec![0.5; 100]));
        for name in ["", "  ", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\x1b[1m", "\u{feff}", &"x".repeat(81)] {
            assert!(problem(sound.clone().renamed(name)).contains("an invalid name"), "{name:?}");
        }
        let html = Pack { thumbnail: b"<html>".to_vec(), ..sound.clone() };
        assert!(problem(html.write().map(|_| sound.clone())).contains("thumbnail"));
        let endless = Pack { licence: "x".repeat(2001), ..sound.clone() };
        assert!(problem(endless.write().map(|_| sound.clone())).contains("licence"));
        for text in ["\x1b]0;x\x07", "a\rb", "\u{202e}a"] {
            let hidden = Pack { source: text.into(), ..sound.clone() };
            assert!(problem(hidden.write().map(|_| sound.clone())).contains("invisible character"), "{text:?}");
        }
        let lines = Pack { licence: "CC0\nby nobody".into(), ..sound.clone() };
        assert_eq!(Pack::read(&lines.write().unwrap()).unwrap(), lines);
        let webp = Pack { thumbnail: b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(), ..sound };
        assert!(webp.write().is_ok());
    }

    #[test]
    fn older_packs_are_read_without_their_control_characters() {
        let mut older = ArchiveBuilder::new();
        older.metadata("format", FORMAT).metadata("name", "a\u{202e}b").metadata("source", "\x1b]0;owned\x07");
        older.metadata("licence", "\x1b".repeat(MAX_TEXT)).float("vector", &[100], &[0.0; 100]);
        let bytes = older.finish().unwrap();
        assert!(problem(Pack::read(&bytes)).contains("it contains the invisible character \\u{202e}"));
        let renamed = Pack::read_renamed(&bytes, "ab").unwrap();
        assert_eq!((renamed.name.as_str(), renamed.source.as_str()), ("ab", "\u{fffd}]0;owned\u{fffd}"));
        assert_eq!(Pack::read(&renamed.write().unwrap()).unwrap(), renamed);
        older.metadata("format", "\x1b[2J");
        assert!(problem(Pack::read(&older.finish().unwrap())).contains("(\\u{1b}[2J)"));
    }

    #[test]
    fn a_network_in_a_pack_is_the_one_that_the_pack_names() {
        let mut network = ArchiveBuilder::new();
        network.metadata("network", "own-0").quantized("c.w", &[2, 3], &[0.5; 6]);
        let archive = network.finish().unwrap();
        let names = ["c.w".to_string()];
        let sound = Pack {
            network: "own-0".into(),
            network_sha256: Archive::parse(&archive).unwrap().fingerprint(&names).unwrap(),
            archive,
            ..pack(Parameters::Norms { scales: vec![1.0; 2], shifts: vec![0.0; 2] })
        };
        let back = Pack::read(&sound.write().unwrap()).unwrap();
        assert_eq!(back, sound);
        assert_eq!(back.network_archive().unwrap().unwrap().tensor("c.w", &[2, 3]).unwrap(), [0.5; 6]);
        let refusal = |pack: Pack| problem(pack.write().map(|_| sound.clone()));
        assert!(refusal(Pack { network: "own-1".into(), ..sound.clone() }).contains("another network"));
        assert!(refusal(Pack { network_sha256: "0".into(), ..sound.clone() }).contains("another network"));
        let posing = network.metadata("network", "transfer26").finish().unwrap();
        let posing = Pack { network: "transfer26".into(), archive: posing, ..sound.clone() };
        assert!(refusal(posing).contains("another network"));
        assert!(refusal(Pack { archive: b"hello".to_vec(), ..sound.clone() }).contains("contains a damaged network"));
        assert!(refusal(Pack { archive: vec![0; MAX_ARCHIVE + 1], ..sound.clone() }).contains("too large"));
    }
}
