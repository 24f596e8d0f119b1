//! Measures how much of the picture the first scan of a JPEG file contains. It parses the Huffman codes and decodes no
//! pixels.

/// The coverage of a scan, in minimum coded units (MCUs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coverage {
    /// The number of complete MCUs, from the top left, row by row.
    pub done: usize,
    pub columns: usize,
    pub rows: usize,
    /// The size of an MCU in pixels.
    pub width: usize,
    pub height: usize,
}

impl Coverage {
    /// Returns the fraction of the picture that is missing, in 0..1.
    pub fn missing(self) -> f64 {
        1.0 - self.done as f64 / (self.columns * self.rows) as f64
    }

    /// Sets all missing pixels to `value`.
    pub fn fill(self, buffer: &mut [u8], row: usize, channels: usize, value: u8) {
        let (first, column) =
            (self.done / self.columns * self.height, self.done % self.columns * self.width * channels);
        for (y, row) in buffer.chunks_exact_mut(row.max(1)).enumerate().skip(first) {
            let start = if y < first + self.height { column.min(row.len()) } else { 0 };
            row[start..].fill(value);
        }
    }
}

/// A Huffman table: for each code length the first code, the index of its first symbol, and the number of codes.
#[derive(Debug, Clone, Default)]
struct Codes {
    lengths: [(u32, usize, u32); 16],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8], symbols: &[u8]) -> Self {
        let mut codes = Self { symbols: symbols.to_vec(), ..Self::default() };
        let (mut code, mut symbol) = (0_u32, 0);
        for (length, &count) in codes.lengths.iter_mut().zip(counts) {
            *length = (code, symbol, u32::from(count));
            code = (code + u32::from(count)) << 1;
            symbol += usize::from(count);
        }
        codes
    }

    /// Reads the next symbol. Returns `None` at the end of the data and for an invalid code.
    fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let mut code = 0;
        for &(first, symbol, count) in &self.lengths {
            code = code << 1 | bits.next()?;
            if code >= first && code - first < count {
                return self.symbols.get(symbol + (code - first) as usize).copied();
            }
        }
        None
    }
}

/// A bit reader of entropy-coded data, up to a marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    byte: u8,
    left: u32,
}

impl Bits<'_> {
    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            self.byte = *self.bytes.get(self.at)?;
            if self.byte == 0xff && *self.bytes.get(self.at + 1)? != 0 {
                return None;
            }
            self.at += if self.byte == 0xff { 2 } else { 1 };
            self.left = 8;
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    fn skip(&mut self, count: u8) -> Option<()> {
        (0..count).try_for_each(|_| self.next().map(drop))
    }

    /// Continues after a restart marker. Returns `None` if there is no such marker.
    fn restart(&mut self) -> Option<()> {
        self.left = 0;
        let marker = self.bytes.get(self.at..self.at + 2)?;
        (marker[0] == 0xff && (0xd0..=0xd7).contains(&marker[1])).then(|| self.at += 2)
    }
}

#[derive(Debug, Clone, Copy)]
struct Component {
    id: u8,
    horizontal: usize,
    vertical: usize,
}

/// The contents of the segments before the first scan.
#[derive(Debug, Default)]
struct Frame {
    width: usize,
    height: usize,
    progressive: bool,
    components: Vec<Component>,
    dc: [Codes; 4],
    ac: [Codes; 4],
    restart: usize,
}

impl Frame {
    fn set(&mut self, marker: u8, body: &[u8]) -> Option<()> {
        match marker {
            0xc0..=0xc2 => {
                self.progressive = marker == 0xc2;
                self.height = usize::from(u16::from_be_bytes([*body.get(1)?, *body.get(2)?]));
                self.width = usize::from(u16::from_be_bytes([*body.get(3)?, *body.get(4)?]));
                let component = |c: &[u8; 3]| Component {
                    id: c[0],
                    horizontal: usize::from(c[1] >> 4),
                    vertical: usize::from(c[1] & 15),
                };
                self.components = body.get(6..)?.as_chunks::<3>().0.iter().map(component).collect();
            }
            0xc4 => {
                let mut rest = body;
                while let Some((head, tail)) = rest.split_at_checked(17) {
                    let count = head[1..].iter().map(|&count| usize::from(count)).sum();
                    let (symbols, tail) = tail.split_at_checked(count)?;
                    let tables = if head[0] >> 4 == 0 { &mut self.dc } else { &mut self.ac };
                    *tables.get_mut(usize::from(head[0] & 15))? = Codes::new(&head[1..], symbols);
                    rest = tail;
                }
            }
            0xdd => self.restart = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?])),
            _ => {}
        }
        Some(())
    }

    /// Parses the scan with this header and data.
    fn follow(&self, header: &[u8], data: &[u8]) -> Option<Coverage> {
        let count = usize::from(*header.first()?);
        let mut parts = Vec::new();
        for entry in header.get(1..)?.as_chunks::<2>().0.iter().take(count) {
            let component = *self.components.iter().find(|component| component.id == entry[0])?;
            parts.push((component, self.dc.get(usize::from(entry[1] >> 4))?, self.ac.get(usize::from(entry[1] & 15))?));
        }
        // A single component is stored block by block; if it is subsampled, its blocks cover the picture in another
        // order.
        let alone = parts.len() == 1;
        let most = |side: fn(&Component) -> usize| self.components.iter().map(side).max().filter(|&most| most > 0);
        let (wide, high) = (most(|c| c.horizontal)?, most(|c| c.vertical)?);
        if alone && self.components.len() > 1 && (parts[0].0.horizontal, parts[0].0.vertical) != (wide, high) {
            return None;
        }
        let (width, height) = if alone { (8, 8) } else { (8 * wide, 8 * high) };
        let (columns, rows) = (self.width.div_ceil(width), self.height.div_ceil(height));
        if columns == 0 || rows == 0 || parts.is_empty() {
            return None;
        }
        let mut bits = Bits { bytes: data, at: 0, byte: 0, left: 0 };
        let mut done = 0;
        while done < columns * rows {
            if self.restart > 0 && done > 0 && done % self.restart == 0 && bits.restart().is_none() {
                break;
            }
            let whole = parts.iter().try_for_each(|(component, dc, ac)| {
                let blocks = if alone { 1 } else { component.horizontal * component.vertical };
                (0..blocks).try_for_each(|_| self.block(dc, ac, &mut bits))
            });
            if whole.is_none() {
                break;
            }
            done += 1;
        }
        Some(Coverage { done, columns, rows, width, height })
    }

    /// Parses one block. In the first scan of a progressive file, a block contains only its first coefficient.
    fn block(&self, dc: &Codes, ac: &Codes, bits: &mut Bits<'_>) -> Option<()> {
        let size = dc.read(bits).filter(|&size| size <= 16)?;
        bits.skip(size)?;
        if self.progressive {
            return Some(());
        }
        let mut coefficient = 1;
        while coefficient < 64 {
            let symbol = ac.read(bits)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => coefficient += 16,
                (_, 0) => break,
                _ => {
                    coefficient += u32::from(run) + 1;
                    bits.skip(size)?;
                }
            }
        }
        (coefficient <= 64).then_some(())
    }
}

/// Returns how much of the picture the first scan contains, or `None` if it cannot be determined.
pub(super) fn coverage(bytes: &[u8]) -> Option<Coverage> {
    let mut frame = Frame::default();
    let mut at = 2;
    loop {
        let (marker, body, next) = super::jpeg_segment::next_segment(bytes, at)?;
        if marker == 0xda {
            return frame.follow(body, bytes.get(next..)?);
        }
        frame.set(marker, body)?;
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a gray picture of 3 x 2 blocks. Code 0 means size 0 and end of block, so that a block takes two bits.
    fn file(data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 24, 1, 1, 0x11, 0];
        for table in [0x00, 0x10] {
            bytes.extend([0xff, 0xc4, 0, 20, table, 1]);
            bytes.extend([0; 16]);
        }
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend(data);
        bytes
    }

    #[test]
    fn blocks_are_counted_as_far_as_they_go() {
        let done = |data: &[u8]| coverage(&file(data)).map(|coverage| coverage.done);
        assert_eq!(done(&[0, 0]), Some(6));
        assert_eq!(done(&[0]), Some(4));
        assert_eq!(done(&[0, 0xff, 0xd9]), Some(4));
        // A code that is in no table.
        assert_eq!(done(&[0b0000_1000, 0]), Some(2));
        assert_eq!(done(&[]), Some(0));
        assert_eq!(coverage(&file(&[0])[..40]), None);
    }

    #[test]
    fn what_is_missing_is_filled() {
        let coverage = Coverage { done: 4, columns: 3, rows: 2, width: 2, height: 2 };
        assert!((coverage.missing() - 1.0 / 3.0).abs() < 1e-9);
        let mut buffer = vec![0; 6 * 4];
        coverage.fill(&mut buffer, 6, 1, 9);
        assert_eq!(buffer, [[0; 6], [0; 6], [0, 0, 9, 9, 9, 9], [0, 0, 9, 9, 9, 9]].concat());
    }
}
