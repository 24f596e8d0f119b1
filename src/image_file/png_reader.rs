//! Reads PNG files. Rows are decoded one by one, unless the picture is interlaced.

use std::io::Cursor;

use png::{BitDepth, ColorType, DecodingError, Limits as PngLimits, Transformations};

use super::limits::{Limits, filled};
use super::problem::{Problem, damaged, unsupported};
use super::source::{Channels, Chromaticities, ColorTag, Header, Row, Sink, Source};

/// The largest decompressed size of profiles and other ancillary data in bytes.
const SIDE_DATA: usize = 32 << 20;
/// The number of rows that the decoder buffers: decompressed data and the previous row.
const ROWS_KEPT: usize = 8;

/// The gamma of sRGB in the PNG specification, and the tolerance within which another gamma is taken as sRGB.
const SRGB_GAMMA: f32 = 1.0 / 2.2;
const GAMMA_TOLERANCE: f32 = 0.05;

struct PngSource<'a> {
    reader: png::Reader<Cursor<&'a [u8]>>,
    header: Header,
    interlaced: bool,
}

/// Reads the header of a PNG file.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Box<dyn Source + 'a>, Problem> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), PngLimits { bytes: SIDE_DATA });
    decoder.set_ignore_text_chunk(true);
    // Palettes and 1 to 4 bits are expanded to 8 bits and transparent colours to alpha; 16 bits are kept.
    decoder.set_transformations(Transformations::EXPAND);
    let info = decoder.read_header_info().map_err(|e| problem(&e))?;
    let (width, height) = info.size();
    limits.check_pixels(width.into(), height.into())?;
    let row = info.raw_row_length();
    limits.check_memory(width.into(), height.into(), (row as u64).saturating_mul(ROWS_KEPT as u64))?;
    decoder.set_limits(PngLimits { bytes: SIDE_DATA.saturating_add(row.saturating_mul(ROWS_KEPT)) });
    let reader = decoder.read_info().map_err(|e| problem(&e))?;

    let (color, depth) = reader.output_color_type();
    let channels = match color {
        ColorType::Grayscale => Channels::Gray,
        ColorType::GrayscaleAlpha => Channels::GrayAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(damaged("PNG")),
    };
    let info = reader.info();
    let mut header = Header::plain(width, height, channels);
    header.deep = depth == BitDepth::Sixteen;
    header.color = color_tag(info);
    if let Some(exif) = exif_chunk(bytes) {
        header.set_exif(exif);
    }
    if let Some(control) = info.animation_control().filter(|control| control.num_frames > 1) {
        header.warnings.push(super::frames_warning(u64::from(control.num_frames)));
    }
    let row_bytes = u64::from(width) * channels.count() as u64 * if header.deep { 2 } else { 1 };
    header.decoding = SIDE_DATA as u64 + row_bytes * if info.interlaced { u64::from(height) } else { ROWS_KEPT as u64 };
    let interlaced = info.interlaced;
    Ok(Box::new(PngSource { reader, header, interlaced }))
}

impl Source for PngSource<'_> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn rows(mut self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem> {
        let mut deep_row = Vec::new();
        let deep = self.header.deep;
        let mut push = |row: &[u8], sink: &mut Sink<'_>| {
            if !deep {
                return sink(Row::U8(row));
            }
            deep_row.clear();
            deep_row.extend(row.as_chunks::<2>().0.iter().map(|&value| u16::from_be_bytes(value)));
            sink(Row::U16(&deep_row))
        };
        if self.interlaced {
            let row = self.reader.output_line_size(self.header.width).ok_or_else(|| damaged("PNG"))?;
            let len = self.reader.output_buffer_size().ok_or_else(|| damaged("PNG"))?;
            let mut buffer = filled(len, 0_u8)?;
            self.reader.next_frame(&mut buffer).map_err(|e| problem(&e))?;
            buffer.chunks_exact(row.max(1)).try_for_each(|row| push(row, sink))?;
            return Ok(Vec::new());
        }
        for _ in 0..self.header.height {
            let row = self.reader.next_row().map_err(|e| problem(&e))?.ok_or_else(|| damaged("PNG"))?;
            push(row.data(), sink)?;
        }
        Ok(Vec::new())
    }
}

/// Converts an error of the decoder.
fn problem(error: &DecodingError) -> Problem {
    match error {
        DecodingError::LimitsExceeded => unsupported("PNG", "too much metadata"),
        _ => damaged("PNG"),
    }
}

/// Returns the most precise of the colour chunks, in the order of the PNG specification.
fn color_tag(info: &png::Info<'_>) -> ColorTag {
    if let Some(points) = info.coding_independent_code_points {
        return ColorTag::CodePoints {
            primaries: points.color_primaries,
            transfer: points.transfer_function,
            matrix: points.matrix_coefficients,
            full_range: points.is_video_full_range_image,
        };
    }
    if let Some(profile) = &info.icc_profile {
        return ColorTag::Icc(profile.to_vec());
    }
    match (info.srgb, info.gama_chunk) {
        (None, Some(gamma)) if gamma.into_scaled() > 0 => {
            let pair = |(x, y): (png::ScaledFloat, png::ScaledFloat)| (x.into_value(), y.into_value());
            let chromaticities = info.chrm_chunk.map(|chrm| Chromaticities {
                white: pair(chrm.white),
                red: pair(chrm.red),
                green: pair(chrm.green),
                blue: pair(chrm.blue),
            });
            let gamma = gamma.into_value();
            // Without chromaticities, a gamma near that of sRGB means sRGB with its own curve, as in browsers.
            if chromaticities.is_none() && (gamma / SRGB_GAMMA - 1.0).abs() < GAMMA_TOLERANCE {
                return ColorTag::Srgb;
            }
            ColorTag::Gamma { gamma, chromaticities }
        }
        _ => ColorTag::Srgb,
    }
}

/// Returns the data of the eXIf chunk, which may follow the image data.
fn exif_chunk(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (head, body) = rest.split_at_checked(8)?;
        let len = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
        if &head[4..] == b"eXIf" {
            return body.get(..len);
        }
        rest = body.get(len.checked_add(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::exif_chunk;

    #[test]
    fn exif_is_found_behind_other_chunks() {
        let mut bytes = vec![0; 8];
        for (name, data) in [(b"IDAT", &b"xyz"[..]), (b"eXIf", b"MM")] {
            bytes.extend((data.len() as u32).to_be_bytes());
            bytes.extend(name);
            bytes.extend(data);
            bytes.extend([0; 4]);
        }
        assert_eq!(exif_chunk(&bytes), Some(&b"MM"[..]));
        assert_eq!(exif_chunk(&bytes[..30]), None);
        bytes[8] = 0xff;
        assert_eq!(exif_chunk(&bytes), None);
    }
}
