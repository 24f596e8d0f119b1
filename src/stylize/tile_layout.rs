//! How a picture is divided into tiles.

use crate::error::{Error, Result};
use crate::image::part::{Part, Side};
use crate::image::{Image, check_sides};
use crate::net::Network;

/// One tile. What the network sees overlaps with other tiles; what it yields does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// The pixels of the photo that the tile needs.
    pub photo: Part,
    /// The pixels that the network sees, of the photo at the network's size.
    pub picture: Part,
    /// The pixels of the first tensor whose statistics count for this tile.
    pub own: Part,
    /// The pixels of the result that the tile yields.
    pub result: Part,
}

/// The tiles of a picture, row by row, and the size of the network that paints each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileLayout {
    /// Width and height of the first tensor.
    pub size: (usize, usize),
    /// The tiles. Every pixel of the result belongs to one of them.
    pub tiles: Vec<Tile>,
}

/// The side of a square with the pixels of a small copy, relative to that of a tile: networks pad pictures. And the longest side
/// of the copy of a panorama.
const COPY: f64 = 0.97;
const COPY_SIDES: f64 = 4.0;

/// The most tiles of a picture.
const MOST_TILES: usize = 1 << 20;

/// One side of a tile: of the photo, of the picture, of the first tensor, of the result.
type Sides = [Side; 4];

impl TileLayout {
    /// Divides photos of the size `photo`, which `net` sees at the size `picture`, into tiles of at most `longest` pixels a
    /// side. The network reads as many pixels around what a tile yields as its output depends on.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero, if less than a third of each side of a tile would be its own, or for more than a
    /// million tiles.
    pub fn new(net: &Network, photo: (usize, usize), picture: (usize, usize), longest: usize) -> Result<Self> {
        check_sides(photo)?;
        check_sides(picture)?;
        let multiple = net.multiple.max(1);
        // A pixel of the result is interpolated between pixels of the painting.
        let scale = picture.0 as f64 / photo.0 as f64;
        let margin = (net.receptive_field() / 2 + scale.max(1.0).ceil() as usize + 1).next_multiple_of(multiple);
        let longest = longest / multiple * multiple;
        let divided = |photo: usize, picture: usize| {
            let padded = net.padded(picture);
            // Smaller tiles would consist of their surroundings for the most part.
            let least = 3 * margin;
            if padded > longest && longest < least {
                return Err(Error::Picture(format!(
                    "tiles of {longest} pixels are too small for this network: choose at least {least}"
                )));
            }
            if padded / least > MOST_TILES {
                return Err(Error::Picture(format!("a side of {picture} pixels is too long for tiles")));
            }
            Ok(sides(photo, picture, padded, longest, margin))
        };
        let (columns, rows) = (divided(photo.0, picture.0)?, divided(photo.1, picture.1)?);
        let tiles = columns.len() * rows.len();
        if tiles > MOST_TILES {
            return Err(Error::Picture(format!("a picture of {}x{} needs too many tiles: {tiles}", photo.0, photo.1)));
        }
        let tile = |[columns, rows]: [Sides; 2]| {
            let part = |i: usize| Part::of([columns[i], rows[i]]);
            Tile { photo: part(0), picture: part(1), own: part(2), result: part(3) }
        };
        let tiles = rows.iter().flat_map(|rows| columns.iter().map(move |columns| tile([*columns, *rows]))).collect();
        Ok(Self { size: (net.padded(picture.0).min(longest), net.padded(picture.1).min(longest)), tiles })
    }

    /// Returns the size of a small copy of a picture of this size, which takes no more memory than a square tile of `longest`
    /// pixels a side, and is not much longer.
    pub fn reduced((width, height): (usize, usize), longest: usize) -> (usize, usize) {
        let longest = longest as f64;
        let by_pixels = COPY * longest / (width as f64 * height as f64).sqrt();
        let by_side = COPY_SIDES * longest / width.max(height) as f64;
        let scale = by_pixels.min(by_side).min(1.0);
        Image::fitted(width, height, ((width.max(height) as f64 * scale) as usize).max(1))
    }
}

/// Divides one side.
fn sides(photo: usize, picture: usize, padded: usize, longest: usize, margin: usize) -> Vec<Sides> {
    let length = padded.min(longest);
    let mut firsts = vec![0];
    while firsts.last().is_some_and(|first| first + length < padded) {
        // The last tile has the full size, too, and overlaps more.
        firsts.push((firsts[firsts.len() - 1] + length - 2 * margin).min(padded - length));
    }
    let mut begun = 0;
    let mut divided = Vec::with_capacity(firsts.len());
    for (i, &first) in firsts.iter().enumerate() {
        let end = if i + 1 == firsts.len() { padded } else { first + length - margin };
        let own = Side { whole: length, first: begun - first, length: end - begun };
        let seen = Side { whole: picture, first, length: length.min(picture - first) };
        // The pixels whose centres lie between those borders.
        let border = |at: usize| (at * photo).saturating_sub(picture / 2).div_ceil(picture).min(photo);
        let (from, to) = (border(begun), if end == padded { photo } else { border(end) });
        let result = Side { whole: photo, first: from, length: to - from };
        divided.push([needed(photo, picture, seen), seen, own, result]);
        begun = end;
    }
    divided
}

/// Returns the pixels of a side of `photo` pixels of which `seen`, a part of the resized side, is made.
fn needed(photo: usize, picture: usize, seen: Side) -> Side {
    let scale = photo as f64 / picture as f64;
    let radius = if photo == picture { 0.0 } else { scale.max(1.0) + 1.0 };
    let centre = |at: usize| (at as f64 + 0.5) * scale - 0.5;
    let first = (centre(seen.first) - radius).floor().max(0.0) as usize;
    let end = ((centre(seen.end() - 1) + radius).ceil() as usize + 1).min(photo);
    Side { whole: photo, first, length: end - first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::models::{arbitrary, transfer26};

    #[test]
    fn every_pixel_belongs_to_one_tile_that_sees_enough_around_it() {
        let nets = [transfer26::network(), arbitrary::network()];
        let sizes = [(300, 300), (1000, 1000), (1003, 1003), (517, 1200), (1200, 517), (257, 256), (9, 7)];
        for net in &nets {
            let reach = net.receptive_field() / 2;
            for ((photo, picture), longest) in sizes.iter().flat_map(|size| [(*size, 256), (*size, 301), (*size, 4096)])
            {
                let layout = TileLayout::new(net, (photo, 40), (picture, 40), longest).unwrap();
                let (mut begun, mut owned) = (0, 0);
                for tile in &layout.tiles {
                    let [photo_side, seen, own, result] =
                        [tile.photo, tile.picture, tile.own, tile.result].map(|part| part.sides()[0]);
                    assert_eq!(result.first, begun);
                    begun = result.end();
                    assert_eq!(seen.first + own.first, owned);
                    owned = seen.first + own.end();
                    assert!(photo_side.first <= result.first && photo_side.end() >= result.end());
                    assert!(layout.size.0 <= longest && seen.length <= layout.size.0 && seen.end() <= picture);
                    assert!(
                        own.first.is_multiple_of(4) && own.length.is_multiple_of(4) && seen.first.is_multiple_of(4)
                    );
                    // The pixels of the painting that the result is made of.
                    let scale = picture as f64 / photo as f64;
                    let at = |pixel: usize, side: f64| (pixel as f64 + 0.5) * scale - 0.5 + side * scale.max(1.0);
                    let (low, high) = (at(result.first, -1.0), at(result.end() - 1, 1.0));
                    assert!(seen.first == 0 || low >= (seen.first + reach) as f64, "{tile:?}");
                    assert!(seen.end() == picture || high <= (seen.end() - reach) as f64, "{tile:?}");
                }
                assert_eq!((begun, owned), (photo, net.padded(picture)));
            }
        }
        let one = TileLayout::new(&nets[0], (300, 200), (300, 200), 300).unwrap();
        assert_eq!((one.size, one.tiles.len()), ((300, 200), 1));
        assert!(one.tiles[0].photo.is_whole() && one.tiles[0].result.is_whole() && one.tiles[0].own.is_whole());
    }

    #[test]
    fn small_tiles_and_pictures_without_pixels_or_with_too_many_are_refused() {
        let net = transfer26::network();
        let error = TileLayout::new(&net, (3000, 10), (3000, 10), 160).unwrap_err().to_string();
        let least: usize = error.rsplit(' ').next().and_then(|n| n.trim_end_matches('.').parse().ok()).unwrap();
        assert!(TileLayout::new(&net, (3000, 10), (3000, 10), least).is_ok(), "{error}");
        assert!(TileLayout::new(&net, (3000, 10), (3000, 10), least - 1).is_err(), "{error}");
        for impossible in [(0, 10), (1 << 40, 10), (1 << 20, 1 << 20)] {
            assert!(TileLayout::new(&net, impossible, impossible, 256).is_err());
        }
    }

    #[test]
    fn a_small_copy_fits_where_a_tile_fits() {
        assert_eq!(TileLayout::reduced((400, 100), 1000), (400, 100));
        assert_eq!(TileLayout::reduced((4000, 1000), 1000), (1940, 485));
        assert_eq!(TileLayout::reduced((90_000, 900), 1000), (4000, 40));
        let net = transfer26::network();
        for (width, height) in [(12_240, 8160), (1023, 1025), (8000, 8000), (65_000, 300)] {
            let (width, height) = TileLayout::reduced((width, height), 1024);
            assert!(net.padded(width) * net.padded(height) <= 1024 * 1024, "{width} {height}");
        }
    }
}
