//! What every decoder gives: a description of the picture, then its rows.

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
    /// Inks: 0 is none, the largest value is full.
    Cmyk,
}

impl Channels {
    /// Values of a pixel.
    pub fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Values of a pixel without alpha.
    pub fn colors(self) -> usize {
        match self {
            Self::Gray | Self::GrayAlpha => 1,
            Self::Rgb | Self::Rgba => 3,
            Self::Cmyk => 4,
        }
    }

    /// Whether the last channel is alpha.
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

/// What a file says about its colours.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColorTag {
    /// sRGB, also where a file says nothing.
    Srgb,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// PNG's code points: primaries and transfer function as ITU-T H.273 numbers them.
    CodePoints { primaries: u8, transfer: u8, matrix: u8, full_range: bool },
    /// PNG's gAMA and cHRM: values are light to the power of `gamma`; without chromaticities those of sRGB.
    Gamma { gamma: f32, chromaticities: Option<Chromaticities> },
}

/// The description of a picture, known before it is decoded.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub width: u32,
    pub height: u32,
    pub channels: Channels,
    /// More than 8 bits a channel.
    pub deep: bool,
    /// Colours are multiplied by alpha already.
    pub premultiplied: bool,
    /// The most bytes that decoding takes, without the rows' conversion.
    pub decoding: u64,
    pub orientation: Orientation,
    pub color: ColorTag,
    pub metadata: Option<Metadata>,
    /// What the user is told.
    pub notes: Vec<String>,
}

impl Header {
    /// A picture of 8-bit sRGB without metadata.
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
            notes: Vec::new(),
        }
    }

    /// Takes orientation and metadata from an EXIF block.
    pub fn set_exif(&mut self, exif: &[u8]) {
        let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        if let Some(orientation) = Orientation::from_exif_chunk(exif) {
            self.orientation = orientation;
        }
        self.metadata = Metadata::from_exif(exif);
    }

    /// Pixels of the picture.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// One row of pixels, channels interleaved.
pub(super) enum Row<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    /// 0..1
    F32(&'a [f32]),
}

/// Takes the rows of a picture, top to bottom.
pub(super) type Sink<'a> = dyn FnMut(Row<'_>) -> Result<(), Problem> + 'a;

/// A picture whose header is read.
pub(super) trait Source {
    fn header(&self) -> &Header;

    /// Decodes all rows. Gives notes on what was wrong and could be read nevertheless.
    fn rows(self: Box<Self>, sink: &mut Sink<'_>) -> Result<Vec<String>, Problem>;
}

/// Gives a decoded buffer of 8-bit rows to the sink.
pub(super) fn push_rows(buffer: &[u8], row: usize, sink: &mut Sink<'_>) -> Result<(), Problem> {
    buffer.chunks_exact(row.max(1)).try_for_each(|row| sink(Row::U8(row)))
}
