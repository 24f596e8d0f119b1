//! Parses the segments of JPEG files (ITU-T T.81, annex B).

/// Returns the marker of the next segment at or after `from`, its contents, and the position of its end. The end marker
/// has no contents.
pub(super) fn next_segment(bytes: &[u8], from: usize) -> Option<(u8, &[u8], usize)> {
    let mut at = from;
    loop {
        // Entropy-coded data contain no markers except restarts; 0xff may be repeated before a marker.
        let rest = bytes.get(at..)?;
        let found = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))?;
        let marker = rest[found + 1];
        at += found + 2;
        match marker {
            0xd9 => return Some((marker, &[], at)),
            // RSTn, SOI and TEM (arithmetic coding) have no contents.
            0xd0..=0xd8 | 0x01 => {}
            _ => {
                let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
                return Some((marker, bytes.get(at + 2..at + length)?, at + length));
            }
        }
    }
}
