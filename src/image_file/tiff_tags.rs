//! The tags of TIFF files that tell kinds apart: a reader of directories that never follows more than a few.

/// Directories that are looked at.
const DIRECTORIES: usize = 1000;
/// Entries of a directory that are looked at.
const ENTRIES: usize = 512;

const NEW_SUBFILE_TYPE: u16 = 254;
const PHOTOMETRIC: u16 = 262;
const MAKE: u16 = 271;
const SUB_DIRECTORIES: u16 = 330;
const EXTRA_SAMPLES: u16 = 338;
const DNG_VERSION: u16 = 50706;
/// Photometric interpretations of sensor data.
const SENSOR: [u32; 2] = [32803, 34892];

/// What the directories tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TiffTags {
    /// Pictures in the file.
    pub pages: u64,
    /// The file holds what a camera's sensor saw.
    pub raw: bool,
    /// Colours are multiplied by alpha already.
    pub premultiplied: bool,
}

/// Reads the tags of a TIFF file; of BigTIFF files nothing but that there is a picture.
pub(super) fn tags(bytes: &[u8]) -> TiffTags {
    let big_endian = bytes.starts_with(b"MM");
    let reader = Reader { bytes, big_endian };
    let mut found = TiffTags { pages: 1, ..TiffTags::default() };
    if reader.u16(2) != Some(42) {
        return found;
    }
    let first = reader.u32(4).unwrap_or(0);
    found.pages = 0;
    let mut offset = first;
    while offset != 0 && found.pages < DIRECTORIES as u64 {
        let Some(count) = reader.u16(offset as usize) else { break };
        if found.pages == 0 {
            reader.first_directory(offset as usize, count, &mut found);
        }
        found.pages += 1;
        offset = reader.u32(offset as usize + 2 + usize::from(count) * 12).unwrap_or(0);
    }
    found
}

struct Reader<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Reader<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let pair = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn first_directory(&self, offset: usize, count: u16, found: &mut TiffTags) {
        let (mut small, mut others, mut photo_maker) = (false, false, false);
        for entry in 0..usize::from(count).min(ENTRIES) {
            let at = offset + 2 + entry * 12;
            let (Some(tag), Some(kind)) = (self.u16(at), self.u16(at + 2)) else { return };
            // A short stands in the first two bytes of the value.
            let value = if kind == 3 { self.u16(at + 8).map(u32::from) } else { self.u32(at + 8) }.unwrap_or(0);
            match tag {
                NEW_SUBFILE_TYPE => small = value & 1 == 1,
                PHOTOMETRIC => found.raw |= SENSOR.contains(&value),
                MAKE => photo_maker = true,
                SUB_DIRECTORIES => others = true,
                EXTRA_SAMPLES => found.premultiplied = value == 1,
                DNG_VERSION => found.raw = true,
                _ => {}
            }
        }
        // Cameras put a small preview first, and the sensor's data into another directory.
        found.raw |= small && others && photo_maker;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian file with these entries (tag, type, value) in one directory.
    fn file(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn raw_files_of_cameras_are_told_from_pictures() {
        assert_eq!(tags(&file(&[(PHOTOMETRIC, 3, 2)])), TiffTags { pages: 1, raw: false, premultiplied: false });
        assert!(tags(&file(&[(DNG_VERSION, 1, 4)])).raw);
        assert!(tags(&file(&[(PHOTOMETRIC, 3, 32803)])).raw);
        assert!(tags(&file(&[(NEW_SUBFILE_TYPE, 4, 1), (MAKE, 2, 0), (SUB_DIRECTORIES, 4, 8)])).raw);
        assert!(!tags(&file(&[(NEW_SUBFILE_TYPE, 4, 0), (MAKE, 2, 0), (SUB_DIRECTORIES, 4, 8)])).raw);
        assert!(tags(&file(&[(EXTRA_SAMPLES, 3, 1)])).premultiplied);
    }

    #[test]
    fn directories_that_go_in_circles_end() {
        let mut bytes = file(&[]);
        let end = bytes.len() - 4;
        bytes[end] = 8;
        assert_eq!(tags(&bytes).pages, DIRECTORIES as u64);
        assert_eq!(tags(b"II\x2a\0\xff\xff\xff\xff").pages, 0);
    }
}
