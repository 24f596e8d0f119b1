//! RGB pictures in memory in the numbers of files, for pictures that would be too large in floats.

use super::part::Part;
use crate::error::{Error, Result};

/// An RGB picture: `height * width * 3` numbers, row by row, channels interleaved, with 8 bits (`u8`) or 16 (`u16`) each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels<T> {
    width: usize,
    height: usize,
    data: Vec<T>,
}

impl<T: Copy + Default> Pixels<T> {
    /// Creates a picture from `height * width * 3` numbers.
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero or the number of values does not fit.
    pub fn new(width: usize, height: usize, data: Vec<T>) -> Result<Self> {
        super::check_size(width, height, data.len(), 3)?;
        Ok(Self { width, height, data })
    }

    /// Creates a black picture.
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero or the system has too little memory.
    pub fn black(width: usize, height: usize) -> Result<Self> {
        let refused = || {
            let problem = "the system has too little memory: choose a smaller size, or close other programs";
            Error::Picture(format!("a picture of {width}x{height} pixels cannot be stylized, because {problem}"))
        };
        let length = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(3)).ok_or_else(refused)?;
        let mut data = Vec::new();
        data.try_reserve_exact(length).map_err(|_| refused())?;
        data.resize(length, T::default());
        Self::new(width, height, data)
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the numbers, row by row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// Replaces the pixels of `part` by `pixels`, row by row.
    ///
    /// # Errors
    /// [`Error::Picture`] when it is no part of this picture.
    pub fn set_part(&mut self, part: Part, pixels: impl Iterator<Item = [T; 3]>) -> Result<()> {
        self.check(part)?;
        let mut pixels = pixels;
        for y in part.origin.1..part.origin.1 + part.size.1 {
            let row = &mut self.data[(y * self.width + part.origin.0) * 3..][..part.size.0 * 3];
            row.as_chunks_mut::<3>().0.iter_mut().zip(pixels.by_ref()).for_each(|(old, new)| *old = new);
        }
        Ok(())
    }

    /// Checks that `part` is a part of this picture.
    fn check(&self, part: Part) -> Result<()> {
        let whole = (self.width, self.height);
        if part.whole == whole && part.sides().iter().all(|side| side.end() <= side.whole) {
            return Ok(());
        }
        let ((columns, rows), (x, y)) = (part.size, part.origin);
        Err(Error::Picture(format!(
            "the rectangle of {columns}x{rows} pixels at {x}, {y} is not inside the picture of {}x{} pixels",
            whole.0, whole.1
        )))
    }
}

impl Pixels<u8> {
    /// Returns `part` as RGBA, `height * width * 4` bytes, opaque.
    ///
    /// # Errors
    /// [`Error::Picture`] when it is no part of this picture.
    pub fn rgba(&self, part: Part) -> Result<Vec<u8>> {
        self.check(part)?;
        let mut rgba = Vec::with_capacity(part.pixels() * 4);
        for y in part.origin.1..part.origin.1 + part.size.1 {
            let row = &self.data[(y * self.width + part.origin.0) * 3..][..part.size.0 * 3];
            rgba.extend(row.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]));
        }
        Ok(rgba)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_replaced() {
        let mut picture = Pixels::new(4, 3, (0..36).collect()).unwrap();
        let part = Part { whole: (4, 3), origin: (1, 1), size: (2, 2) };
        let rgba = picture.rgba(part).unwrap();
        assert_eq!(rgba, [15, 16, 17, 255, 18, 19, 20, 255, 27, 28, 29, 255, 30, 31, 32, 255]);
        picture.set_part(part, rgba.chunks(4).map(|p| [p[0] + 100, p[1], p[2]])).unwrap();
        assert_eq!(picture.data()[12..24], [12, 13, 14, 115, 16, 17, 118, 19, 20, 21, 22, 23]);
        for wrong in [Part { whole: (5, 3), ..part }, Part { origin: (3, 1), ..part }, Part { origin: (1, 2), ..part }]
        {
            assert!(picture.rgba(wrong).is_err() && picture.set_part(wrong, std::iter::empty()).is_err());
        }
        assert!(Pixels::<u8>::black(0, 3).is_err() && Pixels::<u16>::black(usize::MAX / 2, 3).is_err());
        assert_eq!(Pixels::<u16>::black(2, 1).unwrap().data(), [0; 6]);
    }
}
