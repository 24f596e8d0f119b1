//! The interface of the decoders: a description of the picture, then its rows.

use image::metadata::Orientation;

use super::metadata::Metadata;
use super::problem::Problem;

/// The channels of a pixel, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Inks: 0 is no ink, the largest value is full ink.
    Cmyk,
}

impl Channels {
    /// Returns the number of values per pixel.
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Returns the number of values per pixel without alpha.
    pub fn colors(self) -> usize {
        match self {
            Self::Gray | Self::GrayAlpha => 1,
            Self::Rgb | Self::Rgba => 3,
            Self::Cmyk => 4,
        }
    }

    /// Returns whether the last channel is alpha.
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// White point and primaries, as CIE 1931 x and y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chromaticities {
    pub white: (f32, f32),
    pub red: (f32, f32),
    pub green: (f32, f32),
    pub blue: (f32, f32),
}

/// The colour space that a file specifies.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColorTag {
    /// sRGB, also for a file without a specified colour space.
    Srgb,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// The code points of a PNG file: primaries and transfer function in the numbering of ITU-T H.273.
    CodePoints { primaries: u8, transfer: u8, matrix: u8, full_range: bool },
    /// The gAMA and cHRM chunks of a PNG file: values are light to the power of `gamma`; without chromaticities, those
    /// of sRGB apply.
    Gamma { gamma: f32, chromaticities: Option<Chromaticities> },
}

/// The description of a picture, known before it is decoded.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub width: u32,
    pub height: u32,
    pub channels: Channels,
    /// True for more than 8 bits per channel.
    pub deep: bool,
    /// True if colours are premultiplied by alpha.
    pub premultiplied: bool,
    /// The largest number of bytes for decoding, without the conversion of the rows.
    pub decoding: u64,
    pub orientation: Orientation,
    pub color: ColorTag,
    pub metadata: Option<Metadata>,
    /// Notes for the user.
    pub warnings: Vec<String>,
}

impl Header {
    /// Returns the header of an 8-bit sRGB picture without metadata.
    pub fn plain(width: u32, height: u32, channels: Channels) -> Self {
        Self {
            width,
            height,
            channels,
            deep: false,
            premultiplied: false,
            decoding: 0,
            orientation: Orientation::NoTransforms,
            color: ColorTag::Srgb,
            metadata: None,
            warnings: Vec::new(),
        }
    }

    /// Sets orientation and metadata from an EXIF block.
    pub fn set_exif(&mut self, exif: &[u8]) {
        let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        if let Some(orientation) = Orientation::from_exif_chunk(exif) {
            self.orientation = orientation;
        }
        self.metadata = Metadata::from_exif(exif);
    }

    /// Returns the number of pixels.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// One row of pixels with interleaved channels.
pub(super) enum Row<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    /// Values in 0..1.
    F32(&'a [f32]),
}

/// A function that receives the rows of a picture from top to bottom.
pub(super) type Sink<'a> = dyn FnMut(Row<'_>) -> Result<(), Problem> + 'a;

/// A picture with a parsed header.
pub(super) trait Source {
    fn header(&self) -> &Header;

    /// Decodes all rows. Returns warnings on recoverable errors.
    fn rows(self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem>;
}

/// Passes the rows of a decoded 8-bit buffer to the sink.
pub(super) fn push_rows(buffer: &[u8], row: usize, sink: &mut Sink<'_>) -> Result<(), Problem> {
    buffer.chunks_exact(row.max(1)).try_for_each(|row| sink(Row::U8(row)))
}
