//! Writes TIFF files with deflate compression, colour profile and metadata.

use std::io::{Cursor, Seek, Write};

use exif::{Context, Field, Value};
use tiff::Directory;
use tiff::encoder::colortype::ColorType;
use tiff::encoder::{Compression, DeflateLevel, DirectoryEncoder, Predictor, TiffEncoder, TiffKind, TiffValue};
use tiff::tags::{ExtraSamples, Tag, Type};

use super::metadata::Metadata;

/// Returns the bytes of a TIFF file with these pixels, or `None` if it cannot be written.
pub(super) fn tiff<C: ColorType>(
    values: &[C::Inner],
    alpha: bool,
    (width, height): (u32, u32),
    profile: Option<Vec<u8>>,
    metadata: Option<&Metadata>,
) -> Option<Vec<u8>>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let encoder = TiffEncoder::new(&mut bytes).ok()?;
    let compression = Compression::Deflate(DeflateLevel::Balanced);
    let mut encoder = encoder.with_compression(compression).with_predictor(Predictor::Horizontal);
    let fields = metadata.map(Metadata::fields).unwrap_or_default();
    let of = |context: Context| fields.iter().filter(move |field| field.tag.context() == context);
    let mut pointers = Vec::new();
    for (context, pointer) in [(Context::Exif, Tag::ExifDirectory), (Context::Gps, Tag::GpsDirectory)] {
        if of(context).next().is_some() {
            let mut directory = encoder.extra_directory().ok()?;
            of(context).try_for_each(|field| write_field(&mut directory, field))?;
            pointers.push((pointer, directory.finish_with_offsets().ok()?.offset));
        }
    }
    let mut picture = encoder.new_image::<C>(width, height).ok()?;
    let directory = picture.encoder();
    if alpha {
        directory.write_tag(Tag::ExtraSamples, &[ExtraSamples::UnassociatedAlpha][..]).ok()?;
    }
    if let Some(profile) = profile {
        write_entry(directory, Tag::IccProfile, Type::UNDEFINED, &profile)?;
    }
    of(Context::Tiff).try_for_each(|field| write_field(directory, field))?;
    for (tag, offset) in pointers {
        directory.write_tag(tag, offset).ok()?;
    }
    picture.write_data(values).ok()?;
    Some(bytes.into_inner())
}

/// Writes one EXIF field into a directory.
fn write_field<W: Write + Seek, K: TiffKind>(directory: &mut DirectoryEncoder<'_, W, K>, field: &Field) -> Option<()> {
    let tag = Tag::from_u16_exhaustive(field.tag.number());
    let (kind, bytes): (Type, Vec<u8>) = match &field.value {
        Value::Byte(values) => (Type::BYTE, values.clone()),
        Value::Ascii(texts) => (Type::ASCII, texts.iter().flat_map(|text| text.iter().copied().chain([0])).collect()),
        Value::Short(values) => (Type::SHORT, values.iter().flat_map(|v| v.to_ne_bytes()).collect()),
        Value::Long(values) => (Type::LONG, values.iter().flat_map(|v| v.to_ne_bytes()).collect()),
        Value::Rational(values) => {
            (Type::RATIONAL, values.iter().flat_map(|v| [v.num, v.denom]).flat_map(u32::to_ne_bytes).collect())
        }
        Value::SRational(values) => {
            (Type::SRATIONAL, values.iter().flat_map(|v| [v.num, v.denom]).flat_map(i32::to_ne_bytes).collect())
        }
        Value::Undefined(values, _) => (Type::UNDEFINED, values.clone()),
        // The standard defines no other type for the kept tags.
        _ => return Some(()),
    };
    write_entry(directory, tag, kind, &bytes)
}

fn write_entry<W: Write + Seek, K: TiffKind>(
    directory: &mut DirectoryEncoder<'_, W, K>,
    tag: Tag,
    kind: Type,
    bytes: &[u8],
) -> Option<()> {
    let entry = directory.write_entry_bytes(kind, bytes).ok()?;
    directory.extend_from(&Directory::from_iter([(tag, entry)]));
    Some(())
}
