//! Encodes pictures as files.

use std::borrow::Cow;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use tiff::encoder::colortype::{RGB8, RGB16, RGBA8, RGBA16};

use super::alpha::Alpha;
use super::color::srgb_profile;
use super::limits::reserve;
use super::metadata::Metadata;
use super::problem::Problem;
use super::tiff_writer::tiff;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::pixels::Pixels;

/// The default JPEG quality: visually lossless for paintings, at about a fifth of the size of PNG.
pub const JPEG_QUALITY: u8 = 92;

/// The file extensions of supported formats.
pub const ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "jfif", "webp", "tif", "tiff"];

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics, lossless, with 8 or 16 bits per channel.
    Png,
    /// JPEG, lossy, without transparency.
    Jpeg,
    /// WebP, written losslessly.
    WebP,
    /// TIFF, lossless, with 8 or 16 bits per channel.
    Tiff,
}

impl Format {
    /// Returns the format that the extension of `path` names; case is ignored.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" | "jfif" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            "tif" | "tiff" => Some(Self::Tiff),
            _ => None,
        }
    }

    /// Returns the name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
        }
    }

    /// Returns whether the format supports transparency.
    pub fn has_alpha(self) -> bool {
        self != Self::Jpeg
    }

    /// Returns whether the format supports 16 bits per channel.
    pub fn has_depth16(self) -> bool {
        matches!(self, Self::Png | Self::Tiff)
    }

    /// Returns the longest side in pixels that the format supports.
    fn longest_side(self) -> usize {
        match self {
            Self::Jpeg => 65_535,
            Self::WebP => 16_383,
            Self::Png | Self::Tiff => i32::MAX as usize,
        }
    }
}

/// Options for writing pictures.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    /// The JPEG quality, 1 to 100.
    pub jpeg_quality: u8,
    /// 16 bits per channel, in PNG and TIFF files.
    pub depth16: bool,
    /// Embeds an sRGB colour profile.
    pub color_profile: bool,
    /// Metadata of the photo to copy to the file.
    pub metadata: Option<&'a Metadata>,
}

impl Default for WriteOptions<'_> {
    fn default() -> Self {
        Self { jpeg_quality: JPEG_QUALITY, depth16: false, color_profile: true, metadata: None }
    }
}

/// The colours of a picture that is written.
#[derive(Debug, Clone, Copy)]
pub enum Colors<'a> {
    /// Values in 0..1.
    Floats(&'a Image),
    /// 8 bits per channel.
    Bytes(&'a Pixels<u8>),
    /// 16 bits per channel.
    Words(&'a Pixels<u16>),
}

impl<'a> From<&'a Image> for Colors<'a> {
    fn from(image: &'a Image) -> Self {
        Self::Floats(image)
    }
}

impl Colors<'_> {
    /// Returns width and height.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Self::Floats(picture) => (picture.width(), picture.height()),
            Self::Bytes(picture) => (picture.width(), picture.height()),
            Self::Words(picture) => (picture.width(), picture.height()),
        }
    }
}

/// Returns the bytes of a file with this picture. JPEG files drop `alpha`.
///
/// # Errors
/// [`Error::Picture`] when `alpha` has another size, a side is too long for the format, or memory is insufficient.
pub fn encode<'a>(
    picture: impl Into<Colors<'a>>,
    alpha: Option<&Alpha>,
    format: Format,
    options: &WriteOptions<'_>,
) -> Result<Vec<u8>> {
    encode_inner(picture.into(), alpha, format, options).map_err(|problem| Error::Picture(problem.sentence()))
}

fn encode_inner(
    picture: Colors<'_>,
    alpha: Option<&Alpha>,
    format: Format,
    options: &WriteOptions<'_>,
) -> std::result::Result<Vec<u8>, Problem> {
    let (width, height) = picture.size();
    let alpha = alpha.filter(|_| format.has_alpha());
    if let Some(alpha) = alpha
        && (alpha.width(), alpha.height()) != (width, height)
    {
        return Err(Problem(format!(
            "the alpha channel of {}x{} pixels does not fit the picture of {width}x{height} pixels",
            alpha.width(),
            alpha.height()
        )));
    }
    let longest = format.longest_side();
    if width.max(height) > longest {
        return Err(Problem(format!(
            "a {} file holds at most {longest} pixels a side, and the picture has {width}x{height}. Choose another format, for example PNG",
            format.name()
        )));
    }
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let size = (side(width), side(height));
    let deep = options.depth16 && format.has_depth16();
    let pixels = Channels { picture, alpha: alpha.map(Alpha::data) };
    let written = match format {
        Format::Jpeg => jpeg(&pixels.bytes()?, size, options),
        Format::WebP => webp(&pixels.bytes()?, alpha.is_some(), size, options),
        Format::Png if deep => {
            let values: Vec<[u8; 2]> = pixels.words()?.iter().map(|word| word.to_be_bytes()).collect();
            png(values.as_flattened(), alpha.is_some(), png::BitDepth::Sixteen, size, options)
        }
        Format::Png => png(&pixels.bytes()?, alpha.is_some(), png::BitDepth::Eight, size, options),
        Format::Tiff => {
            let (profile, metadata) = (profile(options), options.metadata);
            match (deep, alpha.is_some()) {
                (false, false) => tiff::<RGB8>(&pixels.bytes()?, false, size, profile, metadata),
                (false, true) => tiff::<RGBA8>(&pixels.bytes()?, true, size, profile, metadata),
                (true, false) => tiff::<RGB16>(&pixels.words()?, false, size, profile, metadata),
                (true, true) => tiff::<RGBA16>(&pixels.words()?, true, size, profile, metadata),
            }
        }
    };
    written.ok_or_else(|| {
        Problem(format!("the picture of {width}x{height} pixels cannot be written as {}", format.name()))
    })
}

/// A picture with or without alpha.
struct Channels<'a> {
    picture: Colors<'a>,
    alpha: Option<&'a [f32]>,
}

impl<'a> Channels<'a> {
    /// Returns the channels of all pixels with 8 bits.
    fn bytes(&self) -> std::result::Result<Cow<'a, [u8]>, Problem> {
        match self.picture {
            Colors::Floats(picture) => self.values(picture.data(), to_u8, to_u8),
            Colors::Bytes(picture) if self.alpha.is_none() => Ok(Cow::Borrowed(picture.data())),
            Colors::Bytes(picture) => self.values(picture.data(), |byte| byte, to_u8),
            Colors::Words(picture) => self.values(picture.data(), |word| to_u8(f32::from(word) / 65535.0), to_u8),
        }
    }

    /// Returns the channels of all pixels with 16 bits.
    fn words(&self) -> std::result::Result<Cow<'a, [u16]>, Problem> {
        match self.picture {
            Colors::Floats(picture) => self.values(picture.data(), to_u16, to_u16),
            Colors::Bytes(picture) => self.values(picture.data(), |byte| u16::from(byte) * 257, to_u16),
            Colors::Words(picture) if self.alpha.is_none() => Ok(Cow::Borrowed(picture.data())),
            Colors::Words(picture) => self.values(picture.data(), |word| word, to_u16),
        }
    }

    /// Returns the channels of all pixels, each converted.
    fn values<C: Copy, T: Clone>(
        &self,
        colors: &[C],
        of_color: impl Fn(C) -> T,
        of_alpha: impl Fn(f32) -> T,
    ) -> std::result::Result<Cow<'a, [T]>, Problem> {
        let Some(alpha) = self.alpha else {
            let mut values = reserve(colors.len())?;
            values.extend(colors.iter().map(|&value| of_color(value)));
            return Ok(Cow::Owned(values));
        };
        let mut values = reserve(alpha.len() * 4)?;
        for (rgb, &alpha) in colors.as_chunks::<3>().0.iter().zip(alpha) {
            values.extend(rgb.map(&of_color));
            values.push(of_alpha(alpha));
        }
        Ok(Cow::Owned(values))
    }
}

fn to_u8(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

fn to_u16(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16
}

/// Returns the profile to embed, if one is requested.
fn profile(options: &WriteOptions<'_>) -> Option<Vec<u8>> {
    options.color_profile.then(srgb_profile).flatten()
}

fn jpeg(rgb: &[u8], (width, height): (u32, u32), options: &WriteOptions<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, options.jpeg_quality.clamp(1, 100));
    if let Some(profile) = profile(options) {
        encoder.set_icc_profile(profile).ok()?;
    }
    if let Some(metadata) = options.metadata {
        encoder.set_exif_metadata(metadata.exif().to_vec()).ok()?;
    }
    encoder.write_image(rgb, width, height, ExtendedColorType::Rgb8).ok()?;
    Some(bytes)
}

fn webp(pixels: &[u8], alpha: bool, (width, height): (u32, u32), options: &WriteOptions<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if let Some(profile) = profile(options) {
        encoder.set_icc_profile(profile).ok()?;
    }
    if let Some(metadata) = options.metadata {
        encoder.set_exif_metadata(metadata.exif().to_vec()).ok()?;
    }
    let color = if alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    encoder.write_image(pixels, width, height, color).ok()?;
    Some(bytes)
}

fn png(
    pixels: &[u8],
    alpha: bool,
    depth: png::BitDepth,
    (width, height): (u32, u32),
    options: &WriteOptions<'_>,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(width, height);
    info.exif_metadata = options.metadata.map(|metadata| metadata.exif().into());
    let mut encoder = png::Encoder::with_info(&mut bytes, info).ok()?;
    if options.color_profile {
        encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    }
    encoder.set_color(if alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
