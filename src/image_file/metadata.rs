//! Filters the EXIF metadata of a photo: drops values that no longer apply to the painting or would reveal the photo.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Context, Exif, Field, In, Tag, Value};

use super::tiff_tags::{Entry, Reader};

/// The longest kept value in bytes. Longer values contain previews and vendor data.
const LONGEST_VALUE: u64 = 8192;
/// The largest total size of the values in bytes: an EXIF block in a JPEG file must fit into 64 KiB.
const LONGEST_BLOCK: usize = 48 << 10;

/// The kept tags: date, camera, exposure and author of the photo. All GPS tags are kept too.
const KEPT: [Tag; 45] = [
    Tag::ImageDescription,
    Tag::Make,
    Tag::Model,
    Tag::DateTime,
    Tag::Artist,
    Tag::Copyright,
    Tag::ExposureTime,
    Tag::FNumber,
    Tag::ExposureProgram,
    Tag::PhotographicSensitivity,
    Tag::SensitivityType,
    Tag::ExifVersion,
    Tag::DateTimeOriginal,
    Tag::DateTimeDigitized,
    Tag::OffsetTime,
    Tag::OffsetTimeOriginal,
    Tag::OffsetTimeDigitized,
    Tag::ShutterSpeedValue,
    Tag::ApertureValue,
    Tag::BrightnessValue,
    Tag::ExposureBiasValue,
    Tag::MaxApertureValue,
    Tag::SubjectDistance,
    Tag::MeteringMode,
    Tag::LightSource,
    Tag::Flash,
    Tag::FocalLength,
    Tag::UserComment,
    Tag::SubSecTime,
    Tag::SubSecTimeOriginal,
    Tag::SubSecTimeDigitized,
    Tag::SensingMethod,
    Tag::ExposureMode,
    Tag::WhiteBalance,
    Tag::DigitalZoomRatio,
    Tag::FocalLengthIn35mmFilm,
    Tag::SceneCaptureType,
    Tag::GainControl,
    Tag::Contrast,
    Tag::Saturation,
    Tag::Sharpness,
    Tag::SubjectDistanceRange,
    Tag::LensSpecification,
    Tag::LensMake,
    Tag::LensModel,
];

/// Dates, place, camera, exposure, author and description of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    exif: Vec<u8>,
}

impl Metadata {
    /// Extracts the kept metadata of an EXIF block (starting at its byte order mark), or of a TIFF file. Returns `None`
    /// if there is none. Orientation is set to upright and the colour space to sRGB, as in every picture that is
    /// written.
    pub fn from_exif(block: &[u8]) -> Option<Self> {
        let tags = kept_tags(block)?;
        let exif = parse(block)?;
        let mut fields: Vec<Field> = Vec::new();
        let mut size = 0;
        for field in tags.into_iter().filter_map(|tag| exif.get_field(tag, In::PRIMARY)) {
            let bytes = value_size(&field.value);
            if bytes > 0 && size + bytes <= LONGEST_BLOCK {
                size += bytes;
                fields.push(field.clone());
            }
        }
        if !fields.iter().any(|field| field.tag != Tag::ExifVersion) {
            return None;
        }
        let set = |tag, value| Field { tag, ifd_num: In::PRIMARY, value: Value::Short(vec![value]) };
        fields.extend([set(Tag::Orientation, 1), set(Tag::ColorSpace, 1)]);
        write(&fields).map(|exif| Self { exif })
    }

    /// Returns the EXIF block, starting at its byte order mark.
    pub fn exif(&self) -> &[u8] {
        &self.exif
    }

    /// Returns the fields of the block.
    pub(super) fn fields(&self) -> Vec<Field> {
        parse(&self.exif).map(|exif| exif.fields().cloned().collect()).unwrap_or_default()
    }
}

/// Returns the kept tags of a block. Values that are too long are never read, because a file can have thousands of them
/// at the same position.
fn kept_tags(block: &[u8]) -> Option<Vec<Tag>> {
    let (reader, first) = Reader::new(block)?;
    let directory = reader.directory(first);
    let below = |tag: Tag| directory.iter().find(|entry| entry.tag == tag.number()).map(|entry| entry.value);
    let mut tags = Vec::new();
    let mut take = |context: Context, entries: &[Entry]| {
        for entry in entries {
            let tag = Tag(context, entry.tag);
            let kept = context == Context::Gps || KEPT.contains(&tag);
            if kept && entry.size() <= LONGEST_VALUE && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    };
    take(Context::Tiff, &directory);
    for (context, pointer) in [(Context::Exif, Tag::ExifIFDPointer), (Context::Gps, Tag::GPSInfoIFDPointer)] {
        if let Some(offset) = below(pointer) {
            take(context, &reader.directory(offset));
        }
    }
    Some(tags)
}

/// Parses a block as far as it is valid.
fn parse(block: &[u8]) -> Option<Exif> {
    match exif::Reader::new().continue_on_error(true).read_raw(block.to_vec()) {
        Ok(exif) => Some(exif),
        Err(error) => error.distill_partial_result(|_| {}).ok(),
    }
}

fn write(fields: &[Field]) -> Option<Vec<u8>> {
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).ok()?;
    Some(block.into_inner())
}

/// Returns the size of a value in bytes; 0 for values of an unknown type.
fn value_size(value: &Value) -> usize {
    match value {
        Value::Byte(values) => values.len(),
        Value::Ascii(texts) => texts.iter().map(|text| text.len() + 1).sum(),
        Value::Short(values) => values.len() * 2,
        Value::Long(values) => values.len() * 4,
        Value::Rational(values) => values.len() * 8,
        Value::SByte(values) => values.len(),
        Value::Undefined(values, _) => values.len(),
        Value::SShort(values) => values.len() * 2,
        Value::SLong(values) => values.len() * 4,
        Value::SRational(values) => values.len() * 8,
        Value::Float(values) => values.len() * 4,
        Value::Double(values) => values.len() * 8,
        Value::Unknown(..) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tag: Tag, text: &str) -> Field {
        Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![text.as_bytes().to_vec()]) }
    }

    #[test]
    fn only_metadata_about_the_photo_is_kept() {
        let rational = |num| exif::Rational { num, denom: 1 };
        let fields = [
            text(Tag::Model, "Camera"),
            text(Tag::DateTimeOriginal, "2026:01:02 03:04:05"),
            text(Tag::Software, "Editor"),
            Field { tag: Tag::Orientation, ifd_num: In::PRIMARY, value: Value::Short(vec![6]) },
            Field { tag: Tag::MakerNote, ifd_num: In::PRIMARY, value: Value::Undefined(vec![1; 20], 0) },
            Field {
                tag: Tag::GPSLatitude,
                ifd_num: In::PRIMARY,
                value: Value::Rational(vec![rational(52), rational(31), rational(0)]),
            },
            text(Tag::ImageDescription, &"long".repeat(LONGEST_VALUE as usize)),
        ];
        let metadata = Metadata::from_exif(&write(&fields).unwrap()).unwrap();
        let kept = metadata.fields();
        let value = |tag| kept.iter().find(|field| field.tag == tag).map(|field| field.value.clone());
        assert_eq!(value(Tag::Orientation).and_then(|value| value.get_uint(0)), Some(1));
        assert!(value(Tag::Model).is_some() && value(Tag::DateTimeOriginal).is_some());
        assert!(matches!(value(Tag::GPSLatitude), Some(Value::Rational(values)) if values.len() == 3));
        assert!(value(Tag::Software).is_none() && value(Tag::MakerNote).is_none());
        assert!(value(Tag::ImageDescription).is_none());
        assert_eq!(Metadata::from_exif(metadata.exif()), Some(metadata.clone()));
    }

    #[test]
    fn empty_blocks_are_not_metadata() {
        let orientation = Field { tag: Tag::Orientation, ifd_num: In::PRIMARY, value: Value::Short(vec![6]) };
        assert!(Metadata::from_exif(&write(&[orientation]).unwrap()).is_none());
        assert!(Metadata::from_exif(b"").is_none());
        assert!(Metadata::from_exif(b"MM\0\x2a\xff\xff\xff\xff").is_none());
    }
}
