//! Whether a JPEG file is whole, and how much of its picture is missing.

/// Rows of a block of pixels.
pub(super) const BLOCK: usize = 8;
/// What the decoder fills missing blocks with.
const FILL: u8 = 128;

/// What the markers of a JPEG file tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Structure {
    /// Width and height.
    pub size: Option<(u16, u16)>,
    /// Scans that begin.
    pub scans: usize,
    /// The end marker is missing.
    pub truncated: bool,
    /// The decoder has to keep all coefficients until the last scan: progressive, or one scan for each channel.
    pub keeps_coefficients: bool,
}

/// Follows the markers of a JPEG file to the end of its first picture.
pub(super) fn structure(bytes: &[u8]) -> Structure {
    let mut found = Structure { truncated: true, ..Structure::default() };
    let mut components = 0;
    let mut at = 2;
    while let Some(marker_at) = next_marker(bytes, at) {
        let marker = bytes[marker_at + 1];
        at = marker_at + 2;
        match marker {
            0xd9 => {
                found.truncated = false;
                return found;
            }
            // Markers without a length: restarts, starts, and one for arithmetic coding.
            0xd0..=0xd8 | 0x01 => continue,
            _ => {}
        }
        let Some(body) = segment(bytes, at) else { return found };
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if let [_, h1, h0, w1, w0, count, ..] = *body {
                    let size = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                    found.size.get_or_insert(size);
                    components = count;
                }
                found.keeps_coefficients |= marker == 0xc2;
            }
            0xda => {
                found.scans += 1;
                found.keeps_coefficients |= body.first().is_some_and(|&count| count < components);
            }
            _ => {}
        }
        at += body.len() + 2;
    }
    found
}

/// Where the next marker begins at or after `from`. Entropy-coded data have no markers but restarts.
fn next_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))?;
    Some(from + found)
}

/// The contents of the segment whose length stands at `at`.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    bytes.get(at + 2..at.checked_add(length)?)
}

/// How many rows at the bottom are nothing but the decoder's fill.
pub(super) fn missing_rows(buffer: &[u8], row: usize) -> usize {
    buffer.chunks_exact(row.max(1)).rev().take_while(|row| row.iter().all(|&value| value == FILL)).count()
}

/// What the user is told of a file without its end.
pub(super) fn note_on_end(missing: usize, height: usize) -> String {
    match percent(missing, height) {
        0 => "the file ends early: the last rows of the picture may be damaged".to_string(),
        percent => format!("the file ends early: about {percent} % of the picture is missing and is left gray"),
    }
}

/// What the user is told of a whole file whose data are wrong.
pub(super) fn note_on_damage(missing: usize, height: usize) -> String {
    format!(
        "the file is damaged: about {} % of the picture cannot be read and is left gray",
        percent(missing, height).max(1)
    )
}

fn percent(missing: usize, height: usize) -> usize {
    (missing * 100 + height / 2) / height.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, a table with a false end in it, SOF, SOS, data with a stuffed byte and a restart, EOI.
    fn file(scan_components: u8) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xdb, 0, 4, 0xff, 0xd9];
        bytes.extend([0xff, 0xc0, 0, 8, 8, 0, 48, 0, 64, 3, 0xff, 0xff, 0xda, 0, 3, scan_components]);
        bytes.extend([1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9, 9, 9]);
        bytes
    }

    #[test]
    fn the_end_is_found_where_it_is() {
        let whole = structure(&file(3));
        assert_eq!(whole, Structure { size: Some((64, 48)), scans: 1, truncated: false, keeps_coefficients: false });
        assert!(structure(&file(1)).keeps_coefficients);
        let bytes = file(3);
        for end in 0..bytes.len() - 3 {
            assert!(structure(&bytes[..end]).truncated, "{end}");
        }
    }

    #[test]
    fn missing_rows_are_counted_and_told() {
        let mut buffer = vec![7; 30];
        buffer.extend([FILL; 30]);
        assert_eq!(missing_rows(&buffer, 3), 10);
        assert!(note_on_end(10, 20).contains("50 %"));
        assert!(!note_on_end(0, 20).contains('%'));
        assert!(note_on_damage(10, 20).contains("50 %"));
    }
}
