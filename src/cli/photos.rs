//! Photos from and to files.

use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};
use impasto::error::{Error, Result};
use impasto::image::Image;

/// Endings of the formats that can be read and written.
pub const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "webp"];
/// Visually lossless for paintings, at about a fifth of the size of PNG.
const JPEG_QUALITY: u8 = 92;

/// Whether the ending of `path` names a format that can be read and written.
pub fn has_known_ending(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// Reads a photo, turns it upright as its EXIF orientation says, and fits its longer side to `size` pixels, if given.
pub fn read(path: &Path, size: Option<u32>) -> Result<Image> {
    let unusable = |e: &dyn std::fmt::Display| Error::file(path, format!("{e}; choose a PNG, JPEG or WebP picture"));
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|e| unusable(&e))?;
    let mut decoder = reader.into_decoder().map_err(|e| unusable(&e))?;
    let orientation = decoder.orientation().map_err(|e| unusable(&e))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| unusable(&e))?;
    picture.apply_orientation(orientation);
    let rgba = picture.into_rgba8();
    let photo = Image::from_rgba8(rgba.width() as usize, rgba.height() as usize, rgba.as_raw())?;
    let Some(size) = size else { return Ok(photo) };
    let (width, height) = Image::fitted(photo.width(), photo.height(), size as usize);
    photo.resized(width, height)
}

/// Reads a picture out of the bytes of its file.
#[cfg(feature = "studio")]
pub fn decode(bytes: &[u8]) -> Result<Image> {
    let picture = image::load_from_memory(bytes).map_err(|e| Error::Picture(format!("no picture can be read: {e}")))?;
    let rgba = picture.into_rgba8();
    Image::from_rgba8(rgba.width() as usize, rgba.height() as usize, rgba.as_raw())
}

/// Writes a picture in the format that the ending of `path` names.
pub fn write(path: &Path, picture: &Image) -> Result<()> {
    write_with(path, picture, JPEG_QUALITY)
}

/// As [`write`], with this quality, 1 to 100, if the format is JPEG.
pub fn write_with(path: &Path, picture: &Image, jpeg_quality: u8) -> Result<()> {
    let unusable = |e: &dyn std::fmt::Display| Error::file(path, format!("{e}; choose another place for the painting"));
    let bytes = match ImageFormat::from_path(path).map_err(|e| unusable(&e))? {
        ImageFormat::Jpeg => jpeg(picture, jpeg_quality)?,
        format => {
            let mut bytes = Cursor::new(Vec::new());
            buffer(picture)?.write_to(&mut bytes, format).map_err(|e| unusable(&e))?;
            bytes.into_inner()
        }
    };
    std::fs::write(path, bytes).map_err(|e| unusable(&e))
}

/// The bytes of a JPEG file.
pub fn jpeg(picture: &Image, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = buffer(picture)?.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality));
    written.map_err(|e| Error::Picture(format!("the picture cannot be written as JPEG: {e}")))?;
    Ok(bytes)
}

fn buffer(picture: &Image) -> Result<RgbImage> {
    let rgb = picture.to_rgba8().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let buffer = RgbImage::from_raw(picture.width() as u32, picture.height() as u32, rgb);
    buffer.ok_or_else(|| Error::Picture("the painting does not fill its size".to_string()))
}
