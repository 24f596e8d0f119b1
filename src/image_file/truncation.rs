//! Detects truncated JPEG files, and how much of the picture is missing.

use super::entropy::{self, Coverage};
use super::jpeg_segment::next_segment;

/// The gray value of missing parts.
const GRAY: u8 = 128;

/// The information in the markers of a JPEG file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Structure {
    /// Width and height in pixels.
    pub size: Option<(u16, u16)>,
    /// The number of scans that begin in the file.
    pub scans: usize,
    /// True if the end marker is missing.
    pub truncated: bool,
    pub progressive: bool,
    /// True if the decoder must keep all coefficients until the last scan: for progressive files, and for files with
    /// one scan per channel.
    pub keeps_coefficients: bool,
}

/// Parses the markers of a JPEG file up to the end of its first picture.
pub(super) fn structure(bytes: &[u8]) -> Structure {
    let mut found = Structure { truncated: true, ..Structure::default() };
    let (mut components, mut at) = (0, 2);
    while let Some((marker, body, next)) = next_segment(bytes, at) {
        match marker {
            0xd9 => {
                found.truncated = false;
                return found;
            }
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if let [_, h1, h0, w1, w0, count, ..] = *body {
                    let size = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                    found.size.get_or_insert(size);
                    components = count;
                }
                found.progressive |= marker == 0xc2;
                found.keeps_coefficients |= marker == 0xc2;
            }
            0xda => {
                found.scans += 1;
                found.keeps_coefficients |= body.first().is_some_and(|&count| count < components);
            }
            _ => {}
        }
        at = next;
    }
    found
}

/// Fills the missing parts of a decoded picture with gray, and returns a warning about their extent.
pub(super) fn repair(
    bytes: &[u8],
    structure: &Structure,
    buffer: &mut [u8],
    row: usize,
    channels: usize,
) -> Option<String> {
    let suspicious = structure.truncated || structure.progressive || ends_in_repetition(buffer, row);
    let data = if structure.truncated { without_padding(bytes) } else { bytes };
    let coverage = suspicious.then(|| entropy::coverage(data)).flatten();
    let missing = coverage.map_or(0.0, Coverage::missing);
    if let Some(coverage) = coverage
        && missing > 0.0
    {
        coverage.fill(buffer, row, channels, GRAY);
    }
    let what = if structure.truncated { "the file ends early" } else { "the file is damaged" };
    let percent = (missing * 100.0).round();
    if percent >= 1.0 {
        Some(format!("{what}: about {percent} % of the picture is missing and is left gray"))
    } else if missing > 0.0 {
        Some(format!("{what}: a small part at the end of the picture is missing"))
    } else if structure.truncated && structure.progressive {
        Some(format!("{what}: the picture may lack detail"))
    } else if structure.truncated && coverage.is_none() {
        Some(format!("{what}: a part of the picture may be missing"))
    } else {
        None
    }
}

/// Returns the bytes without the trailing zeros of an interrupted download.
fn without_padding(bytes: &[u8]) -> &[u8] {
    /// More zeros than occur in a row in the data of a picture.
    const PADDING: usize = 64;
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    if bytes.len() - end >= PADDING { &bytes[..end] } else { bytes }
}

/// Returns whether the last rows repeat the rows before, because some decoders fill missing parts by repetition.
fn ends_in_repetition(buffer: &[u8], row: usize) -> bool {
    // A row of blocks has 8 or 16 rows of pixels.
    [8, 16].iter().any(|&period| {
        let Some(start) = buffer.len().checked_sub(2 * period * row) else { return false };
        let (before, last) = buffer[start..].split_at(period * row);
        before == last
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file of SOI, a table that contains a false end marker, SOF, SOS, data with a stuffed byte and a
    /// restart, EOI.
    fn file(scan_components: u8) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 4, 0xff, 0xd9];
        bytes.extend([0xff, 0xc0, 0, 8, 8, 0, 48, 0, 64, 3, 0xff, 0xff, 0xda, 0, 3, scan_components]);
        bytes.extend([1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9, 9, 9]);
        bytes
    }

    #[test]
    fn the_end_is_found_where_it_is() {
        let whole = structure(&file(3));
        assert_eq!(whole.size, Some((64, 48)));
        assert_eq!((whole.scans, whole.truncated, whole.keeps_coefficients), (1, false, false));
        assert!(structure(&file(1)).keeps_coefficients);
        let bytes = file(3);
        for end in 0..bytes.len() - 3 {
            assert!(structure(&bytes[..end]).truncated, "{end}");
        }
    }

    #[test]
    fn zeros_at_the_end_are_no_data() {
        assert_eq!(without_padding(&[&[1, 0, 2][..], &[0; 80]].concat()), [1, 0, 2]);
        assert_eq!(without_padding(&[1, 0, 0]), [1, 0, 0]);
        assert!(without_padding(&[0; 80]).is_empty());
    }

    #[test]
    fn repetition_at_the_end_is_detected() {
        let rows = |count: usize, value: fn(usize) -> u8| (0..count).map(value).collect::<Vec<u8>>();
        assert!(ends_in_repetition(&rows(64, |y| (y % 8) as u8), 1));
        assert!(ends_in_repetition(&rows(64, |_| 7), 1));
        assert!(!ends_in_repetition(&rows(64, |y| y as u8), 1));
        assert!(!ends_in_repetition(&rows(12, |_| 7), 1));
    }
}
