//! Style packs: one style in one small file, to keep and to pass on.
//!
//! A pack is a safetensors file with the ending `.impasto`. Its table of texts has `format` ([`FORMAT`]), `name`, `network`
//! (the network that the style belongs to), `network_sha256` (the [`StyleSpace`](super::StyleSpace)'s fingerprint), `source`
//! (what the style was made of) and `licence` (what its maker says of its use); the last two may be empty. None of them has
//! control characters or characters that are not seen, but for line breaks in the last two. Its tensors are
//! `vector`, `F32` `[100]`, for a style that the predictor read, or `scales` and `shifts`, `F32` or `F16`, each with one number
//! for each channel of each normalization in the network's order, for a style that was trained; and, if there is one,
//! `thumbnail`, `U8`, a small JPEG, PNG or WebP file. It is about 1 KB, or 4 KB, and the thumbnail.
//!
//! A style may bring its network: `archive`, `U8`, is then a weight archive within the file, whose `network` is that of the pack
//! and begins with [`OWN`], and whose tensors have the fingerprint of the pack. `net::own` says what is in it.

use super::{DIMENSIONS, Norm, Style};
use crate::error::{Error, Result};
use crate::text::{cleaned, printable, unusable, unusable_in_lines};
use crate::weights::{Archive, ArchiveBuilder};

/// The version of the format, in each pack's table of texts.
pub const FORMAT: &str = "impasto-style-1";

/// How the names of networks begin that are brought by styles, so that none passes for one of the program's.
pub const OWN: &str = "own-";

/// Packs above this, without the network that they bring, are refused: ours have some KB.
const MAX_BYTES: usize = 1 << 20;
/// Networks above this are refused: the usual one has 1.7 MB.
const MAX_ARCHIVE: usize = 32 << 20;
/// Letters of a name.
pub const MAX_NAME: usize = 80;
/// Bytes of texts beside the name.
const MAX_TEXT: usize = 2000;
/// How files of the allowed kinds begin, at which byte.
const PICTURES: [(usize, &[u8]); 3] = [(0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"), (8, b"WEBP")];

/// A style as it stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    pub name: String,
    /// The network's name, as archives have it.
    pub network: String,
    /// The fingerprint of the network that it was made for.
    pub network_sha256: String,
    /// What it was made of: a painting, its painter.
    pub source: String,
    /// What may be done with it.
    pub licence: String,
    pub parameters: Parameters,
    /// A small picture's file: JPEG, PNG or WebP. May be empty.
    pub thumbnail: Vec<u8>,
    /// The weight archive of its network, where it brings that. May be empty.
    pub archive: Vec<u8>,
}

/// What makes the style.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// What the style predictor says: [`DIMENSIONS`] numbers.
    Vector(Vec<f32>),
    /// The scales of all normalizations, and their shifts.
    Norms { scales: Vec<f32>, shifts: Vec<f32> },
}

impl Pack {
    /// Bytes of the largest pack, with the network that it brings.
    pub const MAX_BYTES: u64 = (MAX_BYTES + MAX_ARCHIVE) as u64;

    /// Reads a pack and checks everything in it but whether it fits a network, which [`super::StyleSpace::style`] does. Of source
    /// and licence, characters that [`Pack::write`] refuses are replaced: older packs may have them.
    ///
    /// # Errors
    /// [`Error::Pack`] with what is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let pack = Self::parse(bytes)?;
        pack.check()?;
        Ok(pack)
    }

    /// As [`Pack::read`], with another name, whatever stands in the file.
    ///
    /// # Errors
    /// [`Error::Pack`] with what is wrong.
    pub fn read_renamed(bytes: &[u8], name: &str) -> Result<Self> {
        Self::parse(bytes)?.renamed(name)
    }

    /// What stands in the file.
    fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES + MAX_ARCHIVE {
            return Err(too_large(bytes.len()));
        }
        if let Some(problem) = crate::weights::foreign::stand_in(bytes) {
            return Err(refused(problem));
        }
        let archive = Archive::parse(bytes).map_err(|_| refused("is damaged or no style pack at all"))?;
        match archive.metadata("format") {
            Some(FORMAT) => {}
            Some(other) => {
                let other = printable(other);
                return Err(refused(format!("is of a kind that this version does not know ({other})")));
            }
            None => return Err(refused("is no style pack but another kind of safetensors file")),
        }
        let blob = |name: &str, what: &str| match archive.shape(name) {
            Some(_) => archive.bytes(name).map(<[u8]>::to_vec).map_err(|_| refused(format!("has a damaged {what}"))),
            None => Ok(vec![]),
        };
        let text = |key: &str| archive.metadata(key).unwrap_or_default().to_string();
        let lines = |key: &str| {
            let text = text(key);
            if text.len() > MAX_TEXT {
                Err(refused(format!("says more than {MAX_TEXT} bytes about its {key}")))
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
            parameters: Parameters::read(&archive).map_err(|_| refused("is damaged: it holds no usable style"))?,
            thumbnail: blob("thumbnail", "thumbnail")?,
            archive: blob("archive", "network")?,
        };
        if bytes.len() - pack.archive.len() > MAX_BYTES {
            return Err(too_large(bytes.len()));
        }
        Ok(pack)
    }

    /// The bytes of the file: the same for the same contents.
    ///
    /// # Errors
    /// [`Error::Pack`] for what [`Pack::read`] would refuse.
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

    /// The same under another name.
    ///
    /// # Errors
    /// [`Error::Pack`] when it is none.
    pub fn renamed(mut self, name: &str) -> Result<Self> {
        self.name = name.trim().to_string();
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        if let Some(problem) = name_problem(&self.name) {
            return Err(refused(format!("has no usable name: {problem}")));
        }
        if let Some(problem) = [&self.source, &self.licence].into_iter().find_map(|text| text_problem(text)) {
            return Err(refused(format!("has a source or licence that cannot be used: {problem}")));
        }
        let known = |(start, mark): &(usize, &[u8])| self.thumbnail.get(*start..).is_some_and(|t| t.starts_with(mark));
        if !self.thumbnail.is_empty() && !PICTURES.iter().any(known) {
            return Err(refused("has a thumbnail that is no JPEG, PNG or WebP picture"));
        }
        self.brought().map(drop)
    }

    /// The archive of the network that it brings, if it brings one: it is that of the pack.
    ///
    /// # Errors
    /// [`Error::Pack`] when it is damaged or another.
    pub fn brought(&self) -> Result<Option<Archive>> {
        if self.archive.is_empty() {
            return Ok(None);
        }
        if self.archive.len() > MAX_ARCHIVE {
            return Err(too_large(self.archive.len()));
        }
        let archive = Archive::parse(&self.archive).map_err(|_| refused("brings a network that is damaged"))?;
        let names: Vec<String> = archive.names().map(str::to_string).collect();
        let sha256 = archive.fingerprint(&names).map_err(|_| refused("brings a network that is damaged"))?;
        let same = archive.metadata("network") == Some(&self.network) && sha256 == self.network_sha256;
        if !same || !self.network.starts_with(OWN) {
            return Err(refused("brings another network than it names"));
        }
        Ok(Some(archive))
    }
}

/// Why a text cannot be the name of a style, if so.
pub fn name_problem(name: &str) -> Option<String> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME {
        return Some(format!("it takes 1 to {MAX_NAME} letters"));
    }
    unusable(name).map(unseen)
}

/// Why a text cannot be the source or the licence of a style, if so.
pub fn text_problem(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return Some(format!("it has more than {MAX_TEXT} bytes"));
    }
    unusable_in_lines(text).map(unseen)
}

fn unseen(c: char) -> String {
    format!("the character {} in it cannot be seen", printable(&c.to_string()))
}

fn too_large(bytes: usize) -> Error {
    refused(format!("has {bytes} bytes, which is too many for a style"))
}

impl Parameters {
    fn read(archive: &Archive) -> Result<Self> {
        if archive.shape("vector").is_some() {
            return Ok(Self::Vector(archive.tensor("vector", &[DIMENSIONS])?));
        }
        let count = archive.shape("scales").map(|shape| shape.iter().product()).unwrap_or(0);
        let numbers = |name: &str| archive.tensor(name, &[count]);
        Ok(Self::Norms { scales: numbers("scales")?, shifts: numbers("shifts")? })
    }

    /// Those of a style, for networks whose styles are trained.
    pub fn of(style: &Style) -> Self {
        let all = |side: fn(&Norm) -> &[f32]| style.norms.iter().flat_map(side).copied().collect();
        Self::Norms { scales: all(|n| &n.scale), shifts: all(|n| &n.shift) }
    }
}

/// An [`Error::Pack`].
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
        assert_eq!(problem(Pack::read(b"hello")), "is damaged or no style pack at all");
        assert_eq!(problem(Pack::read(&bytes[..bytes.len() - 1])), "is damaged or no style pack at all");
        assert!(problem(Pack::read(&vec![0; MAX_BYTES + MAX_ARCHIVE + 1])).contains("too many"));
        let thick = [&sound.thumbnail[..], &vec![0; MAX_BYTES]].concat();
        assert!(
            problem(Pack { thumbnail: thick, ..sound.clone() }.write().map(|_| sound.clone())).contains("too many")
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
            assert!(problem(sound.clone().renamed(name)).contains("no usable name"), "{name:?}");
        }
        let html = Pack { thumbnail: b"<html>".to_vec(), ..sound.clone() };
        assert!(problem(html.write().map(|_| sound.clone())).contains("thumbnail"));
        let endless = Pack { licence: "x".repeat(2001), ..sound.clone() };
        assert!(problem(endless.write().map(|_| sound.clone())).contains("licence"));
        for text in ["\x1b]0;x\x07", "a\rb", "\u{202e}a"] {
            let hidden = Pack { source: text.into(), ..sound.clone() };
            assert!(problem(hidden.write().map(|_| sound.clone())).contains("cannot be seen"), "{text:?}");
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
        assert!(problem(Pack::read(&bytes)).contains("the character \\u{202e} in it cannot be seen"));
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
        assert_eq!(back.brought().unwrap().unwrap().tensor("c.w", &[2, 3]).unwrap(), [0.5; 6]);
        let refusal = |pack: Pack| problem(pack.write().map(|_| sound.clone()));
        assert!(refusal(Pack { network: "own-1".into(), ..sound.clone() }).contains("another network"));
        assert!(refusal(Pack { network_sha256: "0".into(), ..sound.clone() }).contains("another network"));
        let posing = network.metadata("network", "transfer26").finish().unwrap();
        let posing = Pack { network: "transfer26".into(), archive: posing, ..sound.clone() };
        assert!(refusal(posing).contains("another network"));
        assert!(refusal(Pack { archive: b"hello".to_vec(), ..sound.clone() }).contains("network that is damaged"));
        assert!(refusal(Pack { archive: vec![0; MAX_ARCHIVE + 1], ..sound.clone() }).contains("too many"));
    }
}
