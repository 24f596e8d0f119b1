//! Reads TIFF files: the first page, with 8, 16 or 32 (float) bits per channel.

use std::io::Cursor;

use image::codecs::tiff::TiffDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::limits::{Limits, filled};
use super::metadata::Metadata;
use super::problem::{Problem, damaged, unsupported};
use super::source::{Channels, ColorTag, Header, Row, Sink, Source, push_rows};
use super::tiff_tags;

struct TiffSource<'a> {
    decoder: TiffDecoder<Cursor<&'a [u8]>>,
    header: Header,
    color: ColorType,
}

/// Reads the header of a TIFF file.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Box<dyn Source + 'a>, Problem> {
    // The tags are checked first, because the decoder allocates memory for the values of a tag before it reads them.
    let tags = tiff_tags::tags(bytes);
    if tags.unsound {
        return Err(damaged("TIFF"));
    }
    let mut decoder = TiffDecoder::new(Cursor::new(bytes)).map_err(|e| problem(&e))?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width.into(), height.into())?;
    let color = decoder.color_type();
    let channels = match color {
        ColorType::L8 | ColorType::L16 => Channels::Gray,
        ColorType::La8 | ColorType::La16 => Channels::GrayAlpha,
        ColorType::Rgb8 | ColorType::Rgb16 | ColorType::Rgb32F => Channels::Rgb,
        ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F => Channels::Rgba,
        _ => return Err(unsupported("TIFF", "an unknown kind of channels")),
    };
    let mut header = Header::plain(width, height, channels);
    header.deep = usize::from(color.bytes_per_pixel()) > channels.count();
    header.premultiplied = tags.premultiplied && channels.has_alpha();
    // The output of the decoder, a copy with reordered channels, and strips that are read as a whole.
    header.decoding = decoder.total_bytes().saturating_mul(3).saturating_add(bytes.len() as u64);
    limits.check_memory(width.into(), height.into(), header.decoding)?;
    header.orientation = decoder.orientation().unwrap_or(header.orientation);
    if let Ok(Some(profile)) = decoder.icc_profile() {
        // The decoder converts CMYK to RGB, so that a CMYK profile does not fit the pixels.
        header.color = ColorTag::Icc(profile);
    }
    header.metadata = Metadata::from_exif(bytes);
    let mut decoder_limits = image::Limits::no_limits();
    decoder_limits.max_alloc = Some(header.decoding.saturating_add(1 << 20));
    decoder.set_limits(decoder_limits).map_err(|e| problem(&e))?;
    if tags.pages > 1 {
        header.warnings.push(format!("only the first of {} pages is used", tags.pages));
    }
    Ok(Box::new(TiffSource { decoder, header, color }))
}

impl Source for TiffSource<'_> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn rows(self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem> {
        let len = usize::try_from(self.decoder.total_bytes()).map_err(|_| damaged("TIFF"))?;
        let row = self.header.width as usize * usize::from(self.color.bytes_per_pixel());
        let values = self.header.channels.count();
        let bytes_per_value = usize::from(self.color.bytes_per_pixel()) / values;
        let mut buffer = filled(len, 0_u8)?;
        self.decoder.read_image(&mut buffer).map_err(|e| problem(&e))?;
        match bytes_per_value {
            1 => push_rows(&buffer, row, sink)?,
            2 => {
                let mut values = Vec::new();
                for row in buffer.chunks_exact(row) {
                    values.clear();
                    values.extend(row.as_chunks::<2>().0.iter().map(|&value| u16::from_ne_bytes(value)));
                    sink(Row::U16(&values))?;
                }
            }
            _ => {
                let mut values = Vec::new();
                for row in buffer.chunks_exact(row) {
                    values.clear();
                    let finite = |value: f32| if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
                    values.extend(row.as_chunks::<4>().0.iter().map(|&value| finite(f32::from_ne_bytes(value))));
                    sink(Row::F32(&values))?;
                }
            }
        }
        Ok(Vec::new())
    }
}

/// Converts an error of the decoder.
fn problem(error: &ImageError) -> Problem {
    match error {
        ImageError::Unsupported(_) => unsupported("TIFF", "a rare kind of pixels or compression"),
        _ => damaged("TIFF"),
    }
}
