//! Reads a picture from a file: checks the limits, then streams the rows through colour conversion and resampling.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::alpha::Alpha;
use super::color::Converter;
use super::limits::{Limits, reserve};
use super::metadata::Metadata;
use super::problem::{Problem, damaged};
use super::resample::{Canvas, Stored, turned};
use super::sniff::{self, Kind, Readable};
use super::source::{Header, Source};
use super::{jpeg_reader, png_reader, tiff_reader, webp_reader};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::pixels::Pixels;

/// Options for reading pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadOptions {
    /// Limits of pixels and memory, checked before decoding.
    pub limits: Limits,
    /// The colour behind transparent pixels, sRGB in 0..1.
    pub background: [f32; 3],
    /// The longer side of the result in pixels; by default that of the picture.
    pub size: Option<u32>,
    /// Keeps the size of pictures that are smaller than `size`.
    pub at_most: bool,
}

impl Default for ReadOptions {
    /// Returns the default options: white background, the picture's own size.
    fn default() -> Self {
        Self { limits: Limits::default(), background: [1.0; 3], size: None, at_most: false }
    }
}

/// An upright picture from a file, in floats or, as [`Pixels`], in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture<I = Image> {
    /// The colours in sRGB; transparent pixels are composited over the background.
    pub image: I,
    /// The alpha channel, if a pixel is transparent.
    pub alpha: Option<Alpha>,
    /// True if the file has more than 8 bits per channel.
    pub depth16: bool,
    /// The metadata of the photo.
    pub metadata: Option<Metadata>,
    /// Notes for the user about missing parts and unused frames, without the file's name and without a full stop.
    pub warnings: Vec<String>,
}

impl<I> Picture<I> {
    /// Returns the image, and everything else.
    pub fn split(self) -> (I, Picture<()>) {
        let Self { image, alpha, depth16, metadata, warnings } = self;
        (image, Picture { image: (), alpha, depth16, metadata, warnings })
    }
}

/// The file of a picture with its parsed header. The pixels are not decoded.
pub struct PictureFile {
    name: String,
    bytes: Vec<u8>,
    header: Header,
}

impl PictureFile {
    /// Reads the file at `path`, and parses the header of the picture.
    ///
    /// # Errors
    /// [`Error::File`] when it is not a regular file, cannot be read, is not of a supported format, or exceeds
    /// `limits`.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = read_bytes(path, limits).map_err(|problem| problem.of(&name))?;
        let header = source(&bytes, &name, limits).map_err(|problem| problem.of(&name))?.0.header().clone();
        Ok(Self { name, bytes, header })
    }

    /// Returns width and height of the upright picture.
    pub fn size(&self) -> (usize, usize) {
        let (width, height) = (self.header.width as usize, self.header.height as usize);
        if turned(self.header.orientation) { (height, width) } else { (width, height) }
    }

    /// Checks that the picture can be decoded with these options.
    ///
    /// # Errors
    /// [`Error::File`] when it exceeds the limits.
    pub fn check(&self, options: &ReadOptions) -> Result<()> {
        target::<f32>(&self.header, options).map(drop).map_err(|problem| problem.of(&self.name))
    }

    /// Checks that the picture can be decoded to bytes with these options.
    ///
    /// # Errors
    /// [`Error::File`] when it exceeds the limits.
    pub fn check_bytes(&self, options: &ReadOptions) -> Result<()> {
        target::<u8>(&self.header, options).map(drop).map_err(|problem| problem.of(&self.name))
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// [`Error::File`] when it is damaged or exceeds the limits.
    pub fn decode(&self, options: &ReadOptions) -> Result<Picture> {
        decode(&self.bytes, &self.name, options)
    }

    /// Decodes the picture with 8 bits per channel, in a quarter of the memory.
    ///
    /// # Errors
    /// As [`PictureFile::decode`].
    pub fn decode_bytes(&self, options: &ReadOptions) -> Result<Picture<Pixels<u8>>> {
        picture(&self.bytes, &self.name, options, Pixels::new).map_err(|problem| problem.of(&self.name))
    }
}

/// Reads a picture from a file.
///
/// # Errors
/// As [`PictureFile::open`] and [`PictureFile::decode`].
pub fn read(path: &Path, options: &ReadOptions) -> Result<Picture> {
    PictureFile::open(path, &options.limits)?.decode(options)
}

/// Decodes a picture from the bytes of a file; `name` is the file's name in errors.
///
/// # Errors
/// [`Error::File`] as for [`read`].
pub fn decode(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Picture> {
    picture(bytes, name, options, Image::new).map_err(|problem| problem.of(name))
}

/// Reads a mask: a picture in which transparent pixels are black.
///
/// # Errors
/// [`Error::File`] as for [`read`].
pub fn read_mask(path: &Path, options: &ReadOptions) -> Result<Picture> {
    read(path, &ReadOptions { background: [0.0; 3], ..*options })
}

/// Reads a regular file that is not larger than the memory limit.
fn read_bytes(path: &Path, limits: &Limits) -> std::result::Result<Vec<u8>, Problem> {
    let unreadable = |error: std::io::Error| Problem(reason(&error));
    // The type of the file is checked first, because opening a FIFO would block until it has a writer.
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err(Problem("this is a folder, not a picture".to_string()));
    }
    if !about.is_file() {
        return Err(Problem("this is not a regular file. Choose the file of a picture".to_string()));
    }
    limits.check_file(about.len())?;
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = reserve(usize::try_from(about.len()).unwrap_or(usize::MAX))?;
    // Bytes that are appended to the file while it is read are ignored.
    file.take(about.len()).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Describes why a file cannot be read.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => {
            "the file cannot be read: its permissions do not allow reading".to_string()
        }
        _ => format!("the file cannot be read: {error}"),
    }
}

/// Decodes a picture, of which `make` makes an image from width, height and colours.
fn picture<T: Stored, I>(
    bytes: &[u8],
    name: &str,
    options: &ReadOptions,
    make: impl FnOnce(usize, usize, Vec<T>) -> Result<I>,
) -> std::result::Result<Picture<I>, Problem> {
    let (source, format) = source(bytes, name, &options.limits)?;
    let header = source.header().clone();
    let target = target::<T>(&header, options)?;
    let picture = painted(source, &header, target, options.background, make)?;
    picture.ok_or_else(|| damaged(format))
}

/// Returns the source of the picture's header and rows, and the name of the format.
fn source<'a>(
    bytes: &'a [u8],
    name: &str,
    limits: &Limits,
) -> std::result::Result<(Box<dyn Source + 'a>, &'static str), Problem> {
    let kind = sniff::kind_of(bytes, name);
    let Kind::Readable(readable) = kind else { return Err(Problem(kind.refusal(name).unwrap_or_default())) };
    Ok(match readable {
        Readable::Png => (png_reader::open(bytes, limits)?, "PNG"),
        Readable::Jpeg => (jpeg_reader::open(bytes, limits)?, "JPEG"),
        Readable::WebP => (webp_reader::open(bytes, limits)?, "WebP"),
        Readable::Tiff => (tiff_reader::open(bytes, limits)?, "TIFF"),
    })
}

/// Returns the size of the result in the orientation of the file, checked against the limits; `T` are the numbers of its
/// pixels.
fn target<T>(header: &Header, options: &ReadOptions) -> std::result::Result<(usize, usize), Problem> {
    let (width, height) = (header.width as usize, header.height as usize);
    let longer = options.size.map(|size| size as usize);
    let longer = longer.filter(|size| !options.at_most || *size < width.max(height));
    let (target_width, target_height) = longer.map_or((width, height), |size| Image::fitted(width, height, size));
    let limits = &options.limits;
    let (upright_width, upright_height) =
        if turned(header.orientation) { (target_height, target_width) } else { (target_width, target_height) };
    limits.check_pixels(header.width.into(), header.height.into())?;
    if longer.is_some() {
        limits.check_target(upright_width as u64, upright_height as u64)?;
    }
    // The result with alpha, a copy without alpha, its alpha, and row buffers.
    let number = size_of::<T>() as u64;
    let pixel = if header.channels.has_alpha() { 7 * number + size_of::<f32>() as u64 } else { 3 * number };
    let result = (target_width as u64).saturating_mul(target_height as u64).saturating_mul(pixel);
    let rows = (width as u64 + target_width as u64).saturating_mul(64);
    let needed = header.decoding.saturating_add(result).saturating_add(rows);
    limits.check_memory(header.width.into(), header.height.into(), needed)?;
    Ok((target_width, target_height))
}

/// Decodes the rows into a picture. Returns `None` if rows are missing.
fn painted<T: Stored, I>(
    source: Box<dyn Source + '_>,
    header: &Header,
    target: (usize, usize),
    background: [f32; 3],
    make: impl FnOnce(usize, usize, Vec<T>) -> Result<I>,
) -> std::result::Result<Option<Picture<I>>, Problem> {
    let mut warnings = header.warnings.clone();
    let with_alpha = header.channels.has_alpha();
    let channels = if with_alpha { 4 } else { 3 };
    let mut converter = Converter::new(header, background, &mut warnings);
    let size = (header.width as usize, header.height as usize);
    let mut canvas = Canvas::new(size, target, channels, header.orientation)?;
    let mut converted = Vec::new();
    warnings.extend(source.rows(&mut |row| {
        converter.convert(&row, with_alpha, &mut converted);
        canvas.push(&converted);
        Ok(())
    })?);
    if !canvas.complete() {
        return Ok(None);
    }
    let (data, width, height) = canvas.finish();
    let (colors, alpha) = if with_alpha { split(&data, converter.transparent)? } else { (data, None) };
    let wrong = |error: Error| Problem(error.to_string());
    Ok(Some(Picture {
        image: make(width, height, colors).map_err(wrong)?,
        alpha: alpha.map(|alpha| Alpha::new(width, height, alpha)).transpose().map_err(wrong)?,
        depth16: header.deep,
        metadata: header.metadata.clone(),
        warnings,
    }))
}

/// Splits interleaved pixels into colours and, if `with_alpha`, alpha.
fn split<T: Stored>(data: &[T], with_alpha: bool) -> std::result::Result<(Vec<T>, Option<Vec<f32>>), Problem> {
    let pixels = data.as_chunks::<4>().0;
    let mut colors = reserve(pixels.len() * 3)?;
    pixels.iter().for_each(|[r, g, b, _]| colors.extend([*r, *g, *b]));
    if !with_alpha {
        return Ok((colors, None));
    }
    let mut alpha = reserve(pixels.len())?;
    alpha.extend(pixels.iter().map(|pixel| pixel[3].value()));
    Ok((colors, Some(alpha)))
}
