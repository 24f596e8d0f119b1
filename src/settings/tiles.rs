//! Large pictures in tiles: features are computed of one tile at a time, so that memory does not grow with the picture.
//!
//! A tile has a margin, from which the features of its inside depend too: they are those of the whole picture. Tiles begin at
//! multiples of what pooling halves, so that their pixels are pooled in the same pairs.

use std::ops::Range;

/// The longest side of the inside of a tile in pixels, up to rounding, and the margin around it: the last layer of a hypercolumn
/// depends on 46 pixels in each direction, and is interpolated from positions 8 pixels apart.
pub const TILE: usize = 512;
const MARGIN: usize = 64;
/// Tiles begin at multiples of this number of pixels.
const UNIT: usize = 16;

/// One dimension of a tile, in pixels or in positions of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The length of the whole picture.
    pub whole: usize,
    /// The part that features are computed of.
    pub seen: Range<usize>,
    /// The part that counts, which is in no other tile.
    pub inside: Range<usize>,
}

/// A tile of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its rows.
    pub rows: Span,
    /// Its columns.
    pub columns: Span,
}

impl Span {
    /// All of a dimension.
    pub fn all(length: usize) -> Self {
        Self { whole: length, seen: 0..length, inside: 0..length }
    }

    /// Returns the same part in a plane that has one position for each `scale` pixels, rounded down, but at least one.
    #[must_use]
    pub fn in_plane(&self, scale: usize) -> Self {
        let end = |at: usize| if at == self.whole { (at / scale).max(1) } else { at / scale };
        let range = |part: &Range<usize>| part.start / scale..end(part.end);
        Self { whole: end(self.whole), seen: range(&self.seen), inside: range(&self.inside) }
    }

    /// Divides a dimension into parts of about equal lengths.
    fn divide(length: usize) -> Vec<Self> {
        let count = length.div_ceil(TILE).max(1);
        let edge = |i: usize| if i == count { length } else { length * i / count / UNIT * UNIT };
        let span = |i: usize| {
            let inside = edge(i)..edge(i + 1);
            let seen = inside.start.saturating_sub(MARGIN)..(inside.end + MARGIN).min(length);
            Self { whole: length, seen, inside }
        };
        (0..count).map(span).collect()
    }
}

impl Tile {
    /// All of a picture of this height and width.
    pub fn all(height: usize, width: usize) -> Self {
        Self { rows: Span::all(height), columns: Span::all(width) }
    }

    /// Returns the tiles of a picture of this height and width: one of all of it up to [`TILE`] pixels a side.
    pub fn of(height: usize, width: usize) -> Vec<Self> {
        let columns = Span::divide(width);
        let row = |rows: Span| columns.iter().map(move |columns| Self { rows: rows.clone(), columns: columns.clone() });
        Span::divide(height).into_iter().flat_map(row).collect()
    }

    /// Returns the height and the width of what features are computed of.
    pub fn seen(&self) -> (usize, usize) {
        (self.rows.seen.len(), self.columns.seen.len())
    }

    /// As [`Span::in_plane`].
    #[must_use]
    pub fn in_plane(&self, scale: usize) -> Self {
        Self { rows: self.rows.in_plane(scale), columns: self.columns.in_plane(scale) }
    }
}

/// Returns the largest height and the largest width of tiles of a picture, with the margin and without.
pub(super) fn largest(height: usize, width: usize) -> [(usize, usize); 2] {
    let side = |length: usize, part: fn(&Span) -> usize| Span::divide(length).iter().map(part).max().unwrap_or(length);
    [|span: &Span| span.seen.len(), |span: &Span| span.inside.len()].map(|part| (side(height, part), side(width, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_one_tile() {
        assert_eq!(Tile::of(512, 300), [Tile::all(512, 300)]);
        assert_eq!(largest(512, 300), [(512, 300); 2]);
    }

    #[test]
    fn insides_cover_large_pictures_once_and_margins_are_aligned() {
        for length in [513, 1024, 1400, 2047] {
            let spans = Span::divide(length);
            let mut end = 0;
            for span in &spans {
                assert_eq!((span.inside.start, span.whole), (end, length));
                assert!(span.inside.len() <= TILE + UNIT && span.seen.start % UNIT == 0, "{span:?}");
                let margins = (span.inside.start - span.seen.start, span.seen.end - span.inside.end);
                assert_eq!(margins.0, if end == 0 { 0 } else { MARGIN }, "{span:?}");
                assert_eq!(margins.1, if span.inside.end == length { 0 } else { MARGIN.min(length - span.inside.end) });
                end = span.inside.end;
            }
            assert_eq!(end, length);
            assert_eq!(spans.len(), length.div_ceil(TILE));
        }
        assert_eq!(Tile::of(1025, 600).len(), 6);
        assert_eq!(largest(1025, 600), [(464, 376), (353, 312)]);
    }

    #[test]
    fn planes_of_layers_are_divided_alike() {
        let spans = Span::divide(1030);
        let in_plane: Vec<_> = spans.iter().map(|span| span.in_plane(8)).collect();
        assert_eq!(in_plane[0], Span { whole: 128, seen: 0..50, inside: 0..42 });
        assert_eq!(in_plane[1], Span { whole: 128, seen: 34..92, inside: 42..84 });
        assert_eq!(in_plane[2], Span { whole: 128, seen: 76..128, inside: 84..128 });
        assert_eq!(Span::all(3).in_plane(4), Span::all(1));
    }
}
