//! Detects the format of a file by its contents.

use std::path::Path;

use super::tiff_tags;

/// The number of bytes at the beginning of a file that are examined.
const HEAD: usize = 4096;

/// The supported picture formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    Png,
    Jpeg,
    WebP,
    Tiff,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Readable(Readable),
    /// An unsupported file: its description, and how to convert it to a supported picture. `{}` stands for the file
    /// name.
    Other(&'static str, &'static str),
    /// An unknown format.
    Unknown,
}

const CONVERT: &str = "Save it as PNG or JPEG, for example with `magick {} {}.png`";
const HEIF: &str = "Convert it to JPEG, for example with `heif-convert {} {}.jpg`";
const DEVELOP: &str = "Develop it and save it as JPEG or TIFF, for example with darktable or RawTherapee";
const FRAME: &str = "Choose a picture, or save one frame of it: `ffmpeg -i {} -frames:v 1 {}.png`";
const RENDER: &str = "Render it to PNG, for example with `rsvg-convert {} -o {}.png`";
const PAGE: &str = "Save its page as PNG, for example with `pdftoppm -png {} {}`";
const EXPORT: &str = "Export it as PNG or JPEG from the program that made it";
const AGAIN: &str = "Copy or download the picture again";
const CHOOSE: &str = "Choose a PNG, JPEG, WebP or TIFF picture";

const RAW: Kind = Kind::Other("a raw photo of a camera (DNG or alike)", DEVELOP);

/// The signatures of formats. A longer signature precedes its own prefixes.
const BEGINNINGS: [(&[u8], Kind); 36] = [
    (b"\x89PNG\r\n\x1a\n", Kind::Readable(Readable::Png)),
    (b"\xff\xd8\xff", Kind::Readable(Readable::Jpeg)),
    (b"II\x2a\0\x10\0\0\0CR", Kind::Other("a raw photo of a camera (CR2)", DEVELOP)),
    (b"II\x2b\0", Kind::Other("a BigTIFF picture", CONVERT)),
    (b"MM\0\x2b", Kind::Other("a BigTIFF picture", CONVERT)),
    (b"IIU\0", Kind::Other("a raw photo of a camera (RW2)", DEVELOP)),
    (b"IIRO", Kind::Other("a raw photo of a camera (ORF)", DEVELOP)),
    (b"IIRS", Kind::Other("a raw photo of a camera (ORF)", DEVELOP)),
    (b"MMOR", Kind::Other("a raw photo of a camera (ORF)", DEVELOP)),
    (b"FUJIFILMCCD-RAW", Kind::Other("a raw photo of a camera (RAF)", DEVELOP)),
    (b"FOVb", Kind::Other("a raw photo of a camera (X3F)", DEVELOP)),
    (b"\0MRM", Kind::Other("a raw photo of a camera (MRW)", DEVELOP)),
    (b"GIF8", Kind::Other("a GIF picture", CONVERT)),
    (b"8BPS", Kind::Other("a Photoshop document", EXPORT)),
    (b"gimp xcf", Kind::Other("a GIMP document", EXPORT)),
    (b"\xff\x0a", Kind::Other("a JPEG XL picture", "Convert it to PNG, for example with `djxl {} {}.png`")),
    (b"\0\0\0\x0cJXL ", Kind::Other("a JPEG XL picture", "Convert it to PNG, for example with `djxl {} {}.png`")),
    (b"\0\0\0\x0cjP  ", Kind::Other("a JPEG 2000 picture", CONVERT)),
    (b"\xff\x4f\xff\x51", Kind::Other("a JPEG 2000 picture", CONVERT)),
    (b"\x76\x2f\x31\x01", Kind::Other("an OpenEXR picture", CONVERT)),
    (b"#?RADIANCE", Kind::Other("a Radiance HDR picture", CONVERT)),
    (b"DDS ", Kind::Other("a DirectDraw picture", CONVERT)),
    (b"qoif", Kind::Other("a QOI picture", CONVERT)),
    (b"\0\0\x01\0", Kind::Other("an icon", CONVERT)),
    (b"%PDF", Kind::Other("a PDF document", PAGE)),
    (b"%!PS", Kind::Other("a PostScript document", EXPORT)),
    (b"\x1a\x45\xdf\xa3", Kind::Other("a video (WebM or Matroska)", FRAME)),
    (b"PK\x03\x04", Kind::Other("a zip archive or a document", "Unpack it, and choose one of its pictures")),
    (b"\x1f\x8b", Kind::Other("a compressed file (gzip)", "Unpack it first")),
    (b"7z\xbc\xaf\x27\x1c", Kind::Other("a compressed file (7z)", "Unpack it first")),
    (b"Rar!", Kind::Other("a compressed file (RAR)", "Unpack it first")),
    (b"ID3", Kind::Other("a sound", CHOOSE)),
    (b"OggS", Kind::Other("a sound or video (Ogg)", CHOOSE)),
    (b"\0\x05\x16\x07", Kind::Other("a metadata file of macOS", "Choose the file whose name has no `._` before it")),
    (b"\0\x05\x16\0", Kind::Other("a metadata file of macOS", "Choose the file whose name has no `._` before it")),
    (
        b"version https://git-lfs",
        Kind::Other("a Git LFS pointer, not the picture itself", "Fetch the picture with `git lfs pull`"),
    ),
];

/// File extensions of raw photos that have the signature of TIFF files.
const RAW_ENDINGS: [&str; 12] = ["dng", "nef", "nrw", "cr2", "arw", "srf", "sr2", "pef", "srw", "3fr", "erf", "kdc"];

/// Returns the kind of a file from its bytes and its name. The name is only used to distinguish raw photos from other
/// TIFF files.
pub(super) fn kind_of(bytes: &[u8], name: &str) -> Kind {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match kind(bytes) {
        Kind::Readable(Readable::Tiff) if ending.is_some_and(|ending| RAW_ENDINGS.contains(&ending.as_str())) => RAW,
        kind => kind,
    }
}

/// Returns the kind of a file from its bytes.
fn kind(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Other("empty", AGAIN);
    }
    if let Some((_, kind)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return *kind;
    }
    if bytes.starts_with(b"II\x2a\0") || bytes.starts_with(b"MM\0\x2a") {
        return if tiff_tags::tags(bytes).raw { RAW } else { Kind::Readable(Readable::Tiff) };
    }
    if let Some(container) = bytes.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..8)) {
        return match container {
            b"WEBP" => Kind::Readable(Readable::WebP),
            b"AVI " => Kind::Other("a video (AVI)", FRAME),
            b"WAVE" => Kind::Other("a sound", CHOOSE),
            _ => Kind::Unknown,
        };
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return media(bytes);
    }
    if is_bitmap(bytes) {
        return Kind::Other("a BMP picture", CONVERT);
    }
    if bytes.iter().take(HEAD).all(|&byte| byte == 0) {
        return Kind::Other("only zeros", AGAIN);
    }
    text(&bytes[..bytes.len().min(HEAD)])
}

/// Returns the kind of a file of the MP4 family, from the first known brand.
fn media(bytes: &[u8]) -> Kind {
    let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let brands = bytes.get(8..length.min(bytes.len()).min(HEAD)).unwrap_or_default();
    // The second four bytes are a version.
    let brands = brands.chunks_exact(4).enumerate().filter(|(i, _)| *i != 1).map(|(_, brand)| brand);
    for brand in brands {
        match brand {
            b"avif" | b"avis" => {
                return Kind::Other("an AVIF picture", "Convert it to PNG, for example with `avifdec {} {}.png`");
            }
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                // MIAF is the common base of both formats; AVIF has an additional brand.
                if contains(bytes, b"avif") {
                    return Kind::Other("an AVIF picture", "Convert it to PNG, for example with `avifdec {} {}.png`");
                }
                return Kind::Other("a HEIC (HEIF) photo", HEIF);
            }
            b"crx " => return Kind::Other("a raw photo of a camera (CR3)", DEVELOP),
            b"jxl " => return Kind::Other("a JPEG XL picture", "Convert it to PNG, for example with `djxl {} {}.png`"),
            b"M4A " | b"M4B " => return Kind::Other("a sound", CHOOSE),
            _ => {}
        }
    }
    Kind::Other("a video (MP4 or MOV)", FRAME)
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes[..bytes.len().min(64)].windows(word.len()).any(|part| part == word)
}

/// Returns whether the file begins with `BM` and a header size that BMP defines.
fn is_bitmap(bytes: &[u8]) -> bool {
    let size = bytes.get(14..18).map(|size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    bytes.starts_with(b"BM") && matches!(size, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// Returns the kind of a text file, or [`Kind::Unknown`] for other files.
fn text(head: &[u8]) -> Kind {
    let netpbm = head.len() > 3 && head[0] == b'P' && (b'1'..=b'7').contains(&head[1]) && head[2].is_ascii_whitespace();
    if netpbm {
        return Kind::Other("a PNM picture", CONVERT);
    }
    // The last character may be cut at the end of the examined bytes.
    let (text, cut) = match std::str::from_utf8(head) {
        Ok(text) => (text, true),
        Err(error) => {
            let valid = std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default();
            (valid, error.error_len().is_none())
        }
    };
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let looks_like_text = cut && !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    if !looks_like_text {
        return Kind::Unknown;
    }
    if start.contains("<svg") {
        Kind::Other("an SVG drawing", RENDER)
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head") {
        Kind::Other("a web page that was saved instead of the picture", AGAIN)
    } else {
        Kind::Other("a text", CHOOSE)
    }
}

impl Kind {
    /// Returns the error message for a file of this name, or `None` for a supported picture.
    pub fn refusal(self, name: &str) -> Option<String> {
        match self {
            Self::Readable(_) => None,
            Self::Other("empty", advice) => Some(format!("the file is empty. {advice}")),
            Self::Other("only zeros", advice) => Some(format!("the file contains only zeros. {advice}")),
            Self::Other(what, advice) => {
                let advice = advice.replacen("{}", &quoted(name), 1).replace("{}", &result(name, advice));
                Some(format!("the file is {what}, which is not supported. {advice}"))
            }
            Self::Unknown => Some(
                "the file is not a picture of a known format. Choose a PNG, JPEG, WebP or TIFF picture, or save the \
                 picture in one of these formats"
                    .to_string(),
            ),
        }
    }
}

/// Returns the name of a file if a shell accepts it without quotes, or else a placeholder.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-+,=@%".contains(c);
    match Path::new(name).file_name().map(|file| file.to_string_lossy()) {
        Some(file) if !file.starts_with('-') && file.chars().all(plain) => file.into_owned(),
        _ => "photo".to_string(),
    }
}

/// Returns the output name, without extension, for the command in `advice`, chosen so that the command does not
/// overwrite the file.
fn result(name: &str, advice: &str) -> String {
    let quoted = quoted(name);
    let path = Path::new(&quoted);
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let same = path.extension().is_some_and(|ending| advice.contains(&format!("{{}}.{}`", ending.to_string_lossy())));
    if same { format!("{stem}-converted") } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        kind(bytes).refusal("holiday.jpg").unwrap_or_else(|| "readable".to_string())
    }

    #[test]
    fn kinds_are_told_by_contents() {
        let mut ftyp = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic".to_vec();
        assert!(said(&ftyp).contains("HEIC") && said(&ftyp).contains("heif-convert holiday.jpg holiday-converted.jpg"));
        ftyp[20..24].copy_from_slice(b"avif");
        assert!(said(&ftyp).contains("AVIF"));
        assert!(said(b"\0\0\0\x14ftypisom\0\0\0\0mp42").contains("video"));
        assert!(said(b"\0\0\0\x14ftypcrx \0\0\0\0crx ").contains("raw photo"));
        let mut bitmap = b"BM".to_vec();
        bitmap.extend([0; 12]);
        bitmap.extend(40_u32.to_le_bytes());
        assert!(said(&bitmap).contains("BMP"));
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"\0\0\0\0\0", "zeros"),
            (b"GIF89a", "GIF"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version='1.0'?><svg/>", "SVG"),
            (b"  <!DOCTYPE html><title>404</title>", "web page"),
            (b"Not a picture\n", "a text"),
            (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
            (b"P6 2 2 255 ", "PNM"),
            (b"\x01\x02\x03\x04", "not a picture of a known format"),
            (b"\0\x05\x16\x07\0\x02", "macOS"),
            (b"RIFF\x01\0\0\0AVI ", "video"),
        ] {
            assert!(said(bytes).contains(word), "{word}: {}", said(bytes));
        }
    }

    #[test]
    fn pictures_that_are_read_are_not_refused() {
        for (bytes, readable) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Readable::Png),
            (b"\xff\xd8\xff\xe0", Readable::Jpeg),
            (b"RIFF\0\0\0\0WEBP", Readable::WebP),
            (b"II\x2a\0\x08\0\0\0", Readable::Tiff),
            (b"MM\0\x2a\0\0\0\x08", Readable::Tiff),
        ] {
            assert_eq!(kind(bytes), Kind::Readable(readable));
            assert_eq!(kind(bytes).refusal("a"), None);
        }
    }

    #[test]
    fn names_in_commands_need_no_quotes() {
        assert_eq!(quoted("a b; rm -r.gif"), "photo");
        assert_eq!(quoted("-o.gif"), "photo");
        assert_eq!(kind_of(b"II\x2a\0\x08\0\0\0", "a.NEF"), RAW);
        assert_eq!(quoted("été_1.gif"), "été_1.gif");
        assert_eq!(result("a/b.heic", HEIF), "b");
        assert_eq!(result("a/b.jpg", HEIF), "b-converted");
    }
}
