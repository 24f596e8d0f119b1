//! Reads WebP files: lossy, lossless, and the first frame of animations.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::limits::{Limits, filled};
use super::problem::{Problem, damaged, unsupported};
use super::source::{Channels, ColorTag, Header, Sink, Source, push_rows};

/// The largest number of bytes per pixel for decoding, without the result: a lossless frame, its transforms, and its
/// copy in an animation.
const WORKING_BYTES: u64 = 16;

struct WebpSource<'a> {
    decoder: WebPDecoder<Cursor<&'a [u8]>>,
    header: Header,
}

/// Reads the header of a WebP file.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Box<dyn Source + 'a>, Problem> {
    if is_cut(bytes) {
        return Err(damaged("WebP"));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| problem(&e))?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width.into(), height.into())?;
    // Each frame has its own size, and the decoder allocates memory for it before it compares the sizes.
    if bitstreams(bytes.get(12..).unwrap_or_default()).any(|(w, h)| w > width || h > height) {
        return Err(damaged("WebP"));
    }
    decoder.set_memory_limit(usize::try_from(limits.memory).unwrap_or(usize::MAX).min(bytes.len().max(1 << 20)));
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let mut header = Header::plain(width, height, channels);
    header.decoding = header.pixels() * (channels.count() as u64 + WORKING_BYTES);
    limits.check_memory(width.into(), height.into(), header.decoding)?;
    // Unreadable ancillary data do not make the picture unreadable.
    if let Ok(Some(profile)) = decoder.icc_profile() {
        header.color = ColorTag::Icc(profile);
    }
    if let Ok(Some(exif)) = decoder.exif_metadata() {
        header.set_exif(&exif);
    }
    if decoder.num_frames() > 1 {
        header.warnings.push(super::frames_warning(decoder.num_frames().into()));
    }
    decoder.set_memory_limit(usize::try_from(limits.memory).unwrap_or(usize::MAX));
    Ok(Box::new(WebpSource { decoder, header }))
}

impl Source for WebpSource<'_> {
    fn header(&self) -> &Header {
        &self.header
    }

    fn rows(mut self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem> {
        let len = self.decoder.output_buffer_size().ok_or_else(|| damaged("WebP"))?;
        let mut buffer = filled(len, 0_u8)?;
        if self.decoder.is_animated() {
            // Pixels that the first frame does not cover are transparent.
            self.decoder.set_background_color([0; 4]).map_err(|e| problem(&e))?;
        }
        self.decoder.read_image(&mut buffer).map_err(|e| problem(&e))?;
        push_rows(&buffer, self.header.width as usize * self.header.channels.count(), sink)?;
        Ok(Vec::new())
    }
}

/// Returns whether the declared size exceeds the file. Some writers count a padding byte that is missing.
fn is_cut(bytes: &[u8]) -> bool {
    let declared = bytes.get(4..8).map(|size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    declared.is_none_or(|declared| u64::from(declared) + 8 > bytes.len() as u64 + 1)
}

/// Returns the sizes in the bitstreams of these chunks, including those in the frames of an animation.
fn bitstreams(chunks: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let mut stack = vec![chunks];
    std::iter::from_fn(move || {
        while let Some(rest) = stack.pop() {
            let Some((head, body)) = rest.split_at_checked(8) else { continue };
            let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            let data = body.get(..len).unwrap_or(body);
            if let Some(next) = len.checked_add(len % 2).and_then(|len| body.get(len..)) {
                stack.push(next);
            }
            match &head[..4] {
                b"VP8 " if data.len() >= 10 => {
                    let side = |at: usize| u32::from(u16::from_le_bytes([data[at], data[at + 1]]) & 0x3fff);
                    return Some((side(6), side(8)));
                }
                b"VP8L" if data.len() >= 5 => {
                    let bits = u32::from_le_bytes([data[1], data[2], data[3], data[4]]);
                    return Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
                }
                b"ANMF" => stack.extend(data.get(16..)),
                _ => {}
            }
        }
        None
    })
}

/// Converts an error of the decoder.
fn problem(error: &DecodingError) -> Problem {
    match error {
        DecodingError::UnsupportedFeature(_) => unsupported("WebP", "a rare kind of compression"),
        _ => damaged("WebP"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_are_larger_than_the_picture_are_found() {
        let mut lossy = b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a".to_vec();
        lossy.extend([0xff, 0x3f, 0x10, 0]);
        assert_eq!(bitstreams(&lossy).collect::<Vec<_>>(), [(16383, 16)]);
        let lossless = b"VP8L\x05\0\0\0\x2f\x07\xc0\x03\0\0".to_vec();
        assert_eq!(bitstreams(&lossless).collect::<Vec<_>>(), [(8, 16)]);
        let mut frame = b"ANMF".to_vec();
        frame.extend((16 + lossless.len() as u32).to_le_bytes());
        frame.extend([0; 16]);
        frame.extend(&lossless);
        frame.extend(&lossy);
        assert_eq!(bitstreams(&frame).collect::<Vec<_>>(), [(8, 16), (16383, 16)]);
        assert_eq!(bitstreams(b"VP8 \xff\xff\xff\xff").count(), 0);
    }
}
