//! Reads JPEG files. A truncated file is decoded as far as possible.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::limits::{Limits, filled, reserve};
use super::problem::{Problem, damaged, unsupported};
use super::source::{Channels, ColorTag, Header, Sink, Source, push_rows};
use super::truncation::{self, Structure};

/// Bytes per coefficient that the decoder keeps until the last scan.
const COEFFICIENT: u64 = 2;
/// The end marker of a file (EOI).
const END: [u8; 2] = [0xff, 0xd9];

struct JpegSource<'a> {
    bytes: &'a [u8],
    header: Header,
    /// The colour space of the decoder's output.
    output: ColorSpace,
    structure: Structure,
}

/// Reads the header of a JPEG file.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Box<dyn Source + 'a>, Problem> {
    let structure = truncation::structure(bytes);
    // The limits are checked against the size in the file's structure before the decoder runs.
    if let Some((width, height)) = structure.size {
        limits.check_pixels(width.into(), height.into())?;
    }
    if structure.scans == 0 {
        return Err(damaged("JPEG"));
    }
    let mut decoder = decoder(bytes, ColorSpace::RGB);
    decoder.decode_headers().map_err(|e| problem(&e))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged("JPEG"))?;
    limits.check_pixels(width as u64, height as u64)?;
    let (width, height) = (u32::try_from(width), u32::try_from(height));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(damaged("JPEG")) };
    let components = decoder.info().map_or(3, |info| u64::from(info.components));

    let (output, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, Channels::Gray),
        Some(ColorSpace::CMYK) if components == 4 => (ColorSpace::CMYK, Channels::Cmyk),
        Some(ColorSpace::YCCK) if components == 4 => (ColorSpace::YCCK, Channels::Cmyk),
        Some(ColorSpace::RGB | ColorSpace::YCbCr | ColorSpace::CMYK | ColorSpace::YCCK) if components == 3 => {
            (ColorSpace::RGB, Channels::Rgb)
        }
        _ => return Err(unsupported("JPEG", format_args!("{components} channels of an unknown kind"))),
    };
    let mut header = Header::plain(width, height, channels);
    if let Some(profile) = decoder.icc_profile() {
        header.color = ColorTag::Icc(profile);
    }
    if let Some(exif) = decoder.exif() {
        header.set_exif(exif);
    }
    // The decoder pads upsampled blocks, so that the estimate allows a little more than the exact size per pixel.
    let kept = if structure.keeps_coefficients { components * COEFFICIENT } else { 0 };
    header.decoding = header.pixels() * (channels.count() as u64 + kept) / 15 * 16 + (1 << 20);
    if structure.truncated {
        header.decoding += bytes.len() as u64;
    }
    Ok(Box::new(JpegSource { bytes, header, output, structure }))
}

impl Source for JpegSource<'_> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn rows(self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem> {
        let row = self.header.width as usize * self.header.channels.count();
        let mut buffer = filled(row * self.header.height as usize, 0_u8)?;
        if let Err(error) = decoder(self.bytes, self.output).decode_into(&mut buffer) {
            if !self.structure.truncated {
                return Err(problem(&error));
            }
            // The decoder accepts progressive files that end within their first scan if an end marker is appended.
            let mut ended = reserve(self.bytes.len() + END.len())?;
            ended.extend_from_slice(self.bytes);
            ended.extend_from_slice(&END);
            decoder(&ended, self.output).decode_into(&mut buffer).map_err(|e| problem(&e))?;
        }
        let channels = self.header.channels.count();
        let warning = truncation::repair(self.bytes, &self.structure, &mut buffer, row, channels);
        match self.output {
            ColorSpace::CMYK => {
                // In Adobe's convention, which all writers of CMYK follow, 255 means no ink.
                buffer.iter_mut().for_each(|value| *value = 255 - *value);
                push_rows(&buffer, row, sink)?;
            }
            ColorSpace::YCCK => {
                buffer.as_chunks_mut::<4>().0.iter_mut().for_each(ycck_to_cmyk);
                push_rows(&buffer, row, sink)?;
            }
            _ => push_rows(&buffer, row, sink)?,
        }
        Ok(warning.into_iter().collect())
    }
}

fn decoder(bytes: &[u8], output: ColorSpace) -> JpegDecoder<ZCursor<&[u8]>> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(output);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options)
}

/// Converts a pixel from YCCK to CMYK. Adobe's files store luminance and chrominance of the inks, and inverted black.
fn ycck_to_cmyk(pixel: &mut [u8; 4]) {
    let [y, cb, cr, k] = pixel.map(f32::from);
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    *pixel = [byte(y + 1.402 * cr), byte(y - 0.344_136 * cb - 0.714_136 * cr), byte(y + 1.772 * cb), byte(255.0 - k)];
}

/// Converts an error of the decoder.
fn problem(error: &DecodeErrors) -> Problem {
    match error {
        DecodeErrors::Unsupported(_) => {
            unsupported("JPEG", "a rare kind of compression (arithmetic coding, lossless, or 12 bits)")
        }
        _ => damaged("JPEG"),
    }
}
