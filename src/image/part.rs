//! A rectangle of a picture that is processed without the rest of it.

/// A rectangle of a picture, in pixels, and the size of the whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// Width and height of the whole picture.
    pub whole: (usize, usize),
    /// Column and row of the first pixel.
    pub origin: (usize, usize),
    /// Width and height of the part.
    pub size: (usize, usize),
}

impl Part {
    /// Whether the part is the whole picture.
    pub fn is_whole(&self) -> bool {
        self.origin == (0, 0) && self.size == self.whole
    }

    /// Returns the number of pixels.
    pub fn pixels(&self) -> usize {
        self.size.0 * self.size.1
    }

    /// Returns the columns and the rows.
    pub fn sides(&self) -> [Side; 2] {
        let side = |whole, first, length| Side { whole, first, length };
        [side(self.whole.0, self.origin.0, self.size.0), side(self.whole.1, self.origin.1, self.size.1)]
    }

    /// Returns the same part of the picture at another size, of which the size of the whole picture is a multiple.
    pub fn scaled(&self, whole: (usize, usize)) -> Self {
        let side = |side: Side, whole: usize| {
            let scaled = |pixels: usize| pixels * whole / side.whole;
            Side { whole, first: scaled(side.first), length: scaled(side.length) }
        };
        let [columns, rows] = self.sides();
        Self::of([side(columns, whole.0), side(rows, whole.1)])
    }

    /// Returns the part with these columns and rows.
    pub fn of([columns, rows]: [Side; 2]) -> Self {
        Self {
            whole: (columns.whole, rows.whole),
            origin: (columns.first, rows.first),
            size: (columns.length, rows.length),
        }
    }
}

impl From<(usize, usize)> for Part {
    /// Returns the whole picture of this width and height.
    fn from(size: (usize, usize)) -> Self {
        Self { whole: size, origin: (0, 0), size }
    }
}

/// A range of the columns or rows of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Side {
    /// Length of the whole side.
    pub whole: usize,
    /// The first pixel.
    pub first: usize,
    /// Number of pixels.
    pub length: usize,
}

impl Side {
    /// Returns the end of the range: the pixel after the last.
    pub fn end(self) -> usize {
        self.first + self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_made_of_its_sides() {
        let part = Part { whole: (30, 20), origin: (3, 5), size: (7, 8) };
        assert_eq!(Part::of(part.sides()), part);
        assert_eq!((part.pixels(), part.sides().map(Side::end), part.is_whole()), (56, [10, 13], false));
        let aligned = Part { whole: (32, 24), origin: (4, 8), size: (12, 16) };
        assert_eq!(aligned.scaled((8, 6)), Part { whole: (8, 6), origin: (1, 2), size: (3, 4) });
        let whole = Part::from((30, 20));
        assert!(whole.is_whole() && whole.pixels() == 600);
    }
}
