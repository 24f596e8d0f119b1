//! Reads and writes pictures with the options of the command line.

use std::path::Path;

use clap::Args;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::image::pixels::Pixels;
use impasto::image_file::{self, Alpha, Colors, Format, JPEG_QUALITY, Limits, Metadata, ReadOptions, WriteOptions};

pub use impasto::image_file::{ENDINGS, Picture, PictureFile};

const MEGABYTE: u64 = 1_000_000;

/// Returns whether the extension of `path` names a format that can be read and written.
pub fn has_known_ending(path: &Path) -> bool {
    has_ending(path, &ENDINGS)
}

/// Returns whether the extension of `path` is one of `endings`; case is ignored.
pub fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// The options for reading pictures.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// Largest picture that is read, in pixels, width times height; default 268 million
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u64).range(1..))]
    max_pixels: Option<u64>,
    /// Largest amount of memory that may be used, in MB; default: four fifths of the free memory
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    memory: Option<u64>,
    /// Colour behind transparent pixels, such as `white` or `#f4ead5`; default: white, and transparency is kept
    #[arg(long, value_name = "COLOUR", value_parser = colour)]
    background: Option<[f32; 3]>,
}

impl ReadArguments {
    /// Returns the memory limit in bytes, if it was given.
    pub fn memory(&self) -> Option<u64> {
        self.memory.map(|megabytes| megabytes.saturating_mul(MEGABYTE))
    }

    /// Returns the options for reading a picture, with its longer side fitted to `size` pixels, if given.
    pub fn options(&self, size: Option<u32>) -> ReadOptions {
        let default = Limits::default();
        let limits = Limits {
            pixels: self.max_pixels.unwrap_or(default.pixels),
            memory: self.memory().unwrap_or(default.memory),
        };
        ReadOptions { limits, background: self.background.unwrap_or([1.0; 3]), size, at_most: false }
    }

    /// Reads the header of a picture.
    ///
    /// # Errors
    /// As [`PictureFile::open`].
    pub fn open(&self, path: &Path) -> Result<PictureFile> {
        PictureFile::open(path, &self.options(None).limits)
    }

    /// Decodes a picture, with its longer side fitted to `size` pixels, if given. With `--background`, the picture has
    /// no transparency.
    ///
    /// # Errors
    /// As [`PictureFile::decode`].
    pub fn decode(&self, file: &PictureFile, size: Option<u32>) -> Result<Picture> {
        file.decode(&self.options(size)).map(|picture| self.grounded(picture))
    }

    /// Decodes a picture like [`ReadArguments::decode`], with 8 bits per channel.
    ///
    /// # Errors
    /// As [`PictureFile::decode_bytes`].
    pub fn decode_bytes(&self, file: &PictureFile, size: Option<u32>) -> Result<Picture<Pixels<u8>>> {
        file.decode_bytes(&self.options(size)).map(|picture| self.grounded(picture))
    }

    /// Reads a picture, like [`ReadArguments::open`] and [`ReadArguments::decode`].
    ///
    /// # Errors
    /// As [`image_file::read`].
    pub fn read(&self, path: &Path, size: Option<u32>) -> Result<Picture> {
        self.decode(&self.open(path)?, size)
    }

    /// Removes the transparency of the picture if a background was given.
    fn grounded<I>(&self, picture: Picture<I>) -> Picture<I> {
        Picture { alpha: picture.alpha.filter(|_| self.background.is_none()), ..picture }
    }

    /// Reads a picture with at most `size` pixels on the longer side, to save memory.
    ///
    /// # Errors
    /// As [`image_file::read`].
    #[cfg(feature = "studio")]
    pub fn read_within(&self, path: &Path, size: usize) -> Result<Picture> {
        let options = ReadOptions { at_most: true, ..self.options(Some(size as u32)) };
        image_file::read(path, &options).map(|picture| self.grounded(picture))
    }

    /// Reads a mask with at most `size` pixels on the longer side. Transparent pixels are black.
    ///
    /// # Errors
    /// As [`image_file::read_mask`].
    #[cfg(feature = "studio")]
    pub fn read_mask(&self, path: &Path, size: usize) -> Result<Image> {
        let options = ReadOptions { at_most: true, ..self.options(Some(size as u32)) };
        Ok(image_file::read_mask(path, &options)?.image)
    }

    /// Checks that a picture of this size is within the limits.
    ///
    /// # Errors
    /// As [`image_file::check_resize`].
    pub fn check_size(&self, width: usize, height: usize) -> Result<()> {
        image_file::check_resize(width, height, &self.options(None).limits)
    }
}

/// The options for writing paintings.
#[derive(Debug, Args)]
pub struct WriteArguments {
    /// Copies date, place, camera, author and copyright of the photo (EXIF)
    #[arg(long)]
    keep_metadata: bool,
    /// Bits per channel in PNG and TIFF files; default: 16 where the photo has more than 8
    #[arg(long, value_name = "BITS", value_parser = ["8", "16"])]
    depth: Option<String>,
}

impl WriteArguments {
    /// Returns the writer for the painting of `photo`.
    pub fn writer<I>(&self, photo: &Picture<I>) -> PhotoWriter {
        PhotoWriter {
            depth16: self.depth.as_deref().map_or(photo.depth16, |depth| depth == "16"),
            alpha: photo.alpha.clone(),
            metadata: photo.metadata.clone().filter(|_| self.keep_metadata),
            ..PhotoWriter::default()
        }
    }
}

/// Encodes paintings as files.
#[derive(Debug, Clone)]
pub struct PhotoWriter {
    quality: u8,
    /// 16 bits per channel, if the format supports them.
    pub depth16: bool,
    color_profile: bool,
    alpha: Option<Alpha>,
    metadata: Option<Metadata>,
}

impl Default for PhotoWriter {
    /// Returns a writer of opaque pictures with 8 bits per channel and an sRGB colour profile.
    fn default() -> Self {
        Self { quality: JPEG_QUALITY, depth16: false, color_profile: true, alpha: None, metadata: None }
    }
}

impl PhotoWriter {
    /// Returns a writer of pixels without a colour profile; `quality` is that of JPEG files, 1 to 100.
    pub fn plain(quality: u8) -> Self {
        Self { quality, color_profile: false, ..Self::default() }
    }

    /// Returns the bytes of the file at `path`, whose extension selects the format.
    ///
    /// # Errors
    /// [`Error::File`] for another extension, and when the format cannot hold the picture.
    pub fn bytes<'a>(&self, picture: impl Into<Colors<'a>>, path: &Path) -> Result<Vec<u8>> {
        let picture = picture.into();
        let named = |error: Error| Error::file(path, error);
        let format = Format::of(path);
        let format = format.ok_or_else(|| Error::file(path, format!("the name must end in {}", ENDINGS.join(", "))))?;
        let size = picture.size();
        let limits = Limits { pixels: u64::MAX, memory: u64::MAX };
        let fitted = |alpha: &Alpha| match (alpha.width(), alpha.height()) == size {
            true => Ok(alpha.clone()),
            false => alpha.resized(size.0, size.1, &limits),
        };
        let alpha = self.alpha.as_ref().filter(|_| format.has_alpha()).map(fitted).transpose().map_err(named)?;
        let options = WriteOptions {
            jpeg_quality: self.quality,
            depth16: self.depth16,
            color_profile: self.color_profile,
            metadata: self.metadata.as_ref(),
        };
        image_file::encode(picture, alpha.as_ref(), format, &options).map_err(named)
    }
}

/// Decodes a picture that comes with the program.
#[cfg(feature = "studio")]
pub fn decode(bytes: &[u8]) -> Result<Image> {
    image_file::decode(bytes, "picture", &ReadOptions::default()).map(|picture| picture.image)
}

/// Returns the bytes of a small JPEG file.
pub fn jpeg(picture: &Image, quality: u8) -> Result<Vec<u8>> {
    PhotoWriter::plain(quality).bytes(picture, Path::new("thumbnail.jpg"))
}

/// Parses a colour: `white`, `black`, `grey`, `#rgb` or `#rrggbb`.
fn colour(text: &str) -> std::result::Result<[f32; 3], String> {
    let named = match text.to_ascii_lowercase().as_str() {
        "white" => Some([255; 3]),
        "black" => Some([0; 3]),
        "grey" | "gray" => Some([128; 3]),
        hex => hexadecimal(hex.trim_start_matches('#')),
    };
    let bytes = named.ok_or("write a colour as white, black, grey, or such as #f4ead5")?;
    Ok(bytes.map(|byte| f32::from(byte) / 255.0))
}

fn hexadecimal(text: &str) -> Option<[u8; 3]> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    match digits[..] {
        [r, g, b] => Some([r * 17, g * 17, b * 17]),
        [r, r2, g, g2, b, b2] => Some([r * 16 + r2, g * 16 + g2, b * 16 + b2]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_names_and_numbers() {
        assert_eq!(colour("White"), Ok([1.0; 3]));
        assert_eq!(colour("#f00"), Ok([1.0, 0.0, 0.0]));
        assert_eq!(colour("#0000ff"), colour("00f"));
        for wrong in ["", "#12", "#12345g", "reddish", "#é"] {
            assert!(colour(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_without_a_format_are_refused() {
        let picture = Image::new(1, 1, vec![0.5; 3]).unwrap();
        assert!(PhotoWriter::default().bytes(&picture, Path::new("a.gif")).unwrap_err().to_string().contains("png"));
        assert!(PhotoWriter::default().bytes(&picture, Path::new("a.PNG")).is_ok());
    }
}
