//! Reads the tags of TIFF files that distinguish kinds of files. It follows a limited number of directories.

/// The largest number of directories that are read.
const DIRECTORIES: usize = 1000;
/// The largest number of entries of a directory that are read.
const ENTRIES: usize = 512;

const NEW_SUBFILE_TYPE: u16 = 254;
const PHOTOMETRIC: u16 = 262;
const MAKE: u16 = 271;
const SUB_DIRECTORIES: u16 = 330;
const EXTRA_SAMPLES: u16 = 338;
const DNG_VERSION: u16 = 50706;
/// The photometric interpretations of raw sensor data.
const SENSOR: [u32; 2] = [32803, 34892];

/// The largest number of values of a tag that a picture decoder may read: each value takes 32 bytes of its memory.
const VALUES: u32 = 1 << 20;
/// The last tag of the format itself, and the tag of ICC profiles.
const LAST_OF_FORMAT: u16 = 347;
const PROFILE: u16 = 34675;

/// The information in the directories.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TiffTags {
    /// The number of pictures in the file.
    pub pages: u64,
    /// True if the file contains raw sensor data of a camera.
    pub raw: bool,
    /// True if colours are premultiplied by alpha.
    pub premultiplied: bool,
    /// True if a tag declares more values than the file can contain, or more than [`VALUES`].
    pub unsound: bool,
}

/// Reads the tags of a TIFF file.
pub(super) fn tags(bytes: &[u8]) -> TiffTags {
    let mut found = TiffTags::default();
    let Some((reader, first)) = Reader::new(bytes) else { return found };
    let mut offset = first;
    while offset != 0 && found.pages < DIRECTORIES as u64 {
        let Some(count) = reader.u16(offset as usize) else { break };
        if found.pages == 0 {
            reader.first_directory(offset, &mut found);
        }
        found.pages += 1;
        offset = reader.u32(offset as usize + 2 + usize::from(count) * 12).unwrap_or(0);
    }
    found
}

/// An entry of a directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub tag: u16,
    /// The type of the values, in the numbering of the format.
    kind: u16,
    count: u32,
    /// The first value, if it is an integer that is stored in the entry; otherwise the position of the values.
    pub value: u32,
}

impl Entry {
    /// Returns the size of all values in bytes.
    pub fn size(self) -> u64 {
        const SIZES: [u64; 14] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
        SIZES.get(usize::from(self.kind)).copied().unwrap_or(0) * u64::from(self.count)
    }
}

/// A reader of the directories of TIFF files and EXIF blocks.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Reader<'a> {
    /// Returns a reader and the position of the first directory, or `None` for data without the signature.
    pub fn new(bytes: &'a [u8]) -> Option<(Self, u32)> {
        let reader = Self { bytes, big_endian: bytes.starts_with(b"MM") };
        let begins = (reader.big_endian || bytes.starts_with(b"II")) && reader.u16(2) == Some(42);
        let first = reader.u32(4).filter(|_| begins)?;
        Some((reader, first))
    }

    /// Returns the entries of the directory at this position.
    pub fn directory(&self, offset: u32) -> Vec<Entry> {
        let offset = offset as usize;
        let count = self.u16(offset).map_or(0, usize::from).min(ENTRIES);
        let entry = |index: usize| {
            let at = offset + 2 + index * 12;
            let kind = self.u16(at + 2)?;
            // A short is stored in the first two bytes of the value field.
            let value = if kind == 3 { self.u16(at + 8).map(u32::from) } else { self.u32(at + 8) }?;
            Some(Entry { tag: self.u16(at)?, kind, count: self.u32(at + 4)?, value })
        };
        (0..count).map_while(entry).collect()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let pair = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn first_directory(&self, offset: u32, found: &mut TiffTags) {
        let (mut small, mut others, mut photo_maker) = (false, false, false);
        for entry in self.directory(offset) {
            let read = entry.tag <= LAST_OF_FORMAT || entry.tag == PROFILE;
            found.unsound |= read && (entry.count > VALUES || entry.size() > self.bytes.len() as u64);
            match entry.tag {
                NEW_SUBFILE_TYPE => small = entry.value & 1 == 1,
                PHOTOMETRIC => found.raw |= SENSOR.contains(&entry.value),
                MAKE => photo_maker = true,
                SUB_DIRECTORIES => others = true,
                EXTRA_SAMPLES => found.premultiplied = entry.value == 1,
                DNG_VERSION => found.raw = true,
                _ => {}
            }
        }
        // Cameras store a small preview first, and the sensor data in another directory.
        found.raw |= small && others && photo_maker;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a little-endian file with these entries (tag, type, value) in one directory.
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
    fn raw_files_of_cameras_are_distinguished_from_pictures() {
        assert_eq!(tags(&file(&[(PHOTOMETRIC, 3, 2)])), TiffTags { pages: 1, ..TiffTags::default() });
        assert!(tags(&file(&[(DNG_VERSION, 1, 4)])).raw);
        assert!(tags(&file(&[(PHOTOMETRIC, 3, 32803)])).raw);
        assert!(tags(&file(&[(NEW_SUBFILE_TYPE, 4, 1), (MAKE, 2, 0), (SUB_DIRECTORIES, 4, 8)])).raw);
        assert!(!tags(&file(&[(NEW_SUBFILE_TYPE, 4, 0), (MAKE, 2, 0), (SUB_DIRECTORIES, 4, 8)])).raw);
        assert!(tags(&file(&[(EXTRA_SAMPLES, 3, 1)])).premultiplied);
    }

    #[test]
    fn tags_with_more_values_than_the_file_are_unsound() {
        let mut bytes = file(&[(PHOTOMETRIC, 3, 2)]);
        bytes[14] = 200;
        assert!(tags(&bytes).unsound);
        bytes[16] = 0x48;
        assert!(tags(&bytes).unsound);
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
