//! The weave of a picture: a grid that a feed-forward network leaves where the photo is flat.
//!
//! Networks enlarge their features twice, each time to twice the size. What they add to a flat part of a photo is therefore tied to a grid
//! of 4 pixels: at some of its 16 positions neighbouring pixels differ more than at others, and these are the same everywhere. Photos
//! and paintings by hand have no such positions. Peaks of the spectrum tell less: regular strokes have as high ones, and those of a
//! weave lie at any period, since the grid modulates strokes of any length. JPEG files have a grid of 8 pixels, so neighbouring cells of 4
//! pixels are compared: what only one of them has does not count.

use crate::error::Result;
use crate::image::Image;
use crate::image::composite::luma;

/// The period of the grid in pixels.
const PERIOD: usize = 4;
/// Sides in pixels of the flat parts, and of the squares that they consist of.
const PART: usize = 64;
const SQUARE: usize = 32;
/// The number of flat parts, or fewer in a small picture.
const PARTS: usize = 4;
/// The contrast, as a standard deviation, below which a weave counts for less: two of 255 levels are hardly visible.
const VISIBLE: f64 = 2.0 / 255.0;

/// Values at the positions of the grid, row by row.
type Grid = [f64; PERIOD * PERIOD];

/// The neighbour that a pixel is compared with.
#[derive(Clone, Copy)]
enum Neighbour {
    Right,
    Lower,
}

/// The luminance of a picture.
struct Plane {
    width: usize,
    values: Vec<f64>,
}

/// Sums of luminance and of its square over a rectangle.
#[derive(Clone, Copy, Default)]
struct Sums {
    plain: f64,
    squared: f64,
}

/// Measures the weave of `painted` in the parts of 64x64 pixels where `photo` has the smallest variance, up to four. Returns `None` for a
/// picture of less than 65 pixels on a side.
///
/// The squared differences of horizontal neighbours are averaged at each position of the grid, likewise those of vertical neighbours,
/// and divided by twice the variance of the part, which is their average in white noise. The result is the standard deviation of these
/// 16 averages: the root of the mean product of deviations in two different squares, of even cells of the grid in one and of odd cells in
/// the other. So chance, which differs from square to square, and the blocks of JPEG files cancel out. A picture that does not repeat
/// itself has about 0.
///
/// # Errors
/// As [`Image::resized`].
pub fn weave(painted: &Image, photo: &Image) -> Result<Option<f32>> {
    let (width, height) = (painted.width(), painted.height());
    if width.min(height) <= PART {
        return Ok(None);
    }
    let parts = flattest(&Plane::of(&photo.resized(width, height)?), height);
    let plane = Plane::of(painted);
    let mean = (common(&plane, &parts, Neighbour::Right) + common(&plane, &parts, Neighbour::Lower)) / 2.0;
    Ok(Some(mean.max(0.0).sqrt() as f32))
}

impl Plane {
    fn of(image: &Image) -> Self {
        let values = image.data().chunks_exact(3).map(|pixel| f64::from(luma([pixel[0], pixel[1], pixel[2]])));
        Self { width: image.width(), values: values.collect() }
    }

    fn row(&self, (x, y): (usize, usize), length: usize) -> &[f64] {
        &self.values[y * self.width + x..][..length]
    }

    /// Returns the sums over the square of `side` pixels at `x`, `y`.
    fn sums(&self, (x, y): (usize, usize), side: usize) -> Sums {
        let rows = (y..y + side).flat_map(|y| self.row((x, y), side));
        rows.fold(Sums::default(), |sums, value| sums.plus(Sums { plain: *value, squared: value * value }))
    }
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self { plain: self.plain + other.plain, squared: self.squared + other.squared }
    }

    fn minus(self, other: Self) -> Self {
        Self { plain: self.plain - other.plain, squared: self.squared - other.squared }
    }

    /// Returns the variance of `count` values.
    fn variance(self, count: usize) -> f64 {
        let mean = self.plain / count as f64;
        (self.squared / count as f64 - mean * mean).max(0.0)
    }
}

/// Returns the corners of the flattest parts, which do not overlap. All are multiples of the period, and every pixel has a right and a
/// lower neighbour.
fn flattest(photo: &Plane, height: usize) -> Vec<(usize, usize)> {
    // Sums over everything above and to the left, in cells of one period.
    let (columns, rows) = ((photo.width - 1) / PERIOD, (height - 1) / PERIOD);
    let mut totals = vec![Sums::default(); (columns + 1) * (rows + 1)];
    let at = |column: usize, row: usize| row * (columns + 1) + column;
    for row in 0..rows {
        for column in 0..columns {
            let cell = photo.sums((column * PERIOD, row * PERIOD), PERIOD);
            let above = totals[at(column + 1, row)].minus(totals[at(column, row)]);
            totals[at(column + 1, row + 1)] = totals[at(column, row + 1)].plus(above).plus(cell);
        }
    }
    let cells = PART / PERIOD;
    let variance = |column: usize, row: usize| {
        let lower = totals[at(column + cells, row + cells)].minus(totals[at(column, row + cells)]);
        lower.minus(totals[at(column + cells, row)].minus(totals[at(column, row)])).variance(PART * PART)
    };
    let mut candidates: Vec<(usize, usize, f64)> = (0..=rows - cells)
        .flat_map(|row| (0..=columns - cells).map(move |column| (column, row)))
        .map(|(column, row)| (column, row, variance(column, row)))
        .collect();
    let mut parts = Vec::new();
    while let Some((column, row, _)) = candidates.iter().copied().min_by(|a, b| a.2.total_cmp(&b.2)) {
        parts.push((column * PERIOD, row * PERIOD));
        if parts.len() == PARTS {
            break;
        }
        candidates.retain(|other| other.0.abs_diff(column) >= cells || other.1.abs_diff(row) >= cells);
    }
    parts
}

/// Returns the mean product of what even cells of one square and odd cells of another deviate from their averages.
fn common(painted: &Plane, parts: &[(usize, usize)], neighbour: Neighbour) -> f64 {
    let (mut sums, mut same, mut squares) = ([Grid::default(); 2], 0.0, 0.0);
    for (x, y) in parts {
        let variance = painted.sums((*x, *y), PART).variance(PART * PART);
        let scale = 1.0 / (2.0 * (variance + VISIBLE * VISIBLE));
        for corner in [(0, 0), (SQUARE, 0), (0, SQUARE), (SQUARE, SQUARE)] {
            let both = deviations(painted, (x + corner.0, y + corner.1), neighbour).map(|grid| grid.map(|d| d * scale));
            for (sum, grid) in sums.iter_mut().zip(&both) {
                sum.iter_mut().zip(grid).for_each(|(total, deviation)| *total += deviation);
            }
            same += product(&both);
            squares += 1.0;
        }
    }
    (product(&sums) - same) / (squares * (squares - 1.0))
}

/// Returns the mean product of two grids.
fn product([even, odd]: &[Grid; 2]) -> f64 {
    even.iter().zip(odd).map(|(a, b)| a * b).sum::<f64>() / even.len() as f64
}

/// Returns the mean squared difference of neighbours at each position of the grid in one square, less the mean of the 16: of the cells
/// whose number in the direction of the neighbour is even, and of the others.
fn deviations(painted: &Plane, (x, y): (usize, usize), neighbour: Neighbour) -> [Grid; 2] {
    let mut grids = [Grid::default(); 2];
    for row in y..y + SQUARE {
        for column in x..x + SQUARE {
            let at = row * painted.width + column;
            let (along, offset) = match neighbour {
                Neighbour::Right => (column, 1),
                Neighbour::Lower => (row, painted.width),
            };
            let difference = painted.values[at + offset] - painted.values[at];
            grids[along / PERIOD % 2][row % PERIOD * PERIOD + column % PERIOD] += difference * difference;
        }
    }
    let each = (SQUARE / PERIOD * SQUARE / PERIOD / 2) as f64;
    grids.map(|grid| {
        let mean = grid.iter().sum::<f64>() / grid.len() as f64;
        grid.map(|sum| (sum - mean) / each)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedural::random::Random;

    fn grey(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Image {
        let values = (0..width * height).flat_map(|i| [value(i % width, i / width); 3]);
        Image::new(width, height, values.collect()).unwrap()
    }

    fn noise(width: usize, height: usize, amplitude: f32) -> Image {
        let mut random = Random::new(7);
        let values: Vec<f32> = (0..width * height).map(|_| 0.5 + random.between(-amplitude, amplitude)).collect();
        grey(width, height, |x, y| values[y * width + x])
    }

    #[test]
    fn lines_four_pixels_apart_are_a_weave_and_noise_is_none() {
        let photo = noise(150, 140, 0.01);
        let measured = |picture: &Image| weave(picture, &photo).unwrap().unwrap();
        // Every fourth column is brighter by 0.1. Two of four horizontal differences are 0.1, and vertical ones are 0.
        let lines = grey(150, 140, |x, _| if x % 4 == 0 { 0.6 } else { 0.5 });
        let variance = 0.01 * 3.0 / 16.0 + VISIBLE * VISIBLE;
        let expected = (0.01 / (2.0 * variance) / 2.0 / 2.0_f64.sqrt()) as f32;
        assert!((measured(&lines) - expected).abs() < 1e-3, "{} for {expected}", measured(&lines));
        for other in [noise(150, 140, 0.2), noise(150, 140, 0.001), grey(150, 140, |_, _| 0.3)] {
            assert!(measured(&other) < 0.02, "{}", measured(&other));
        }
        // Lines five pixels apart belong to another grid, and steps at every eighth pixel are blocks of a JPEG file.
        let fifth = grey(150, 140, |x, _| if x % 5 == 0 { 0.6 } else { 0.5 });
        let blocks = grey(150, 140, |x, y| if (x / 8 + y / 8) % 2 == 0 { 0.6 } else { 0.5 });
        for other in [fifth, blocks] {
            assert!(measured(&other) < 0.1, "{}", measured(&other));
        }
    }

    #[test]
    fn the_flattest_parts_of_the_photo_are_measured() {
        // The photo is flat in four parts, and the painted picture has lines there or everywhere else.
        let flat = |x: usize, y: usize| (64..192).contains(&x) && y < 128;
        let busy = noise(260, 200, 0.3);
        let photo = grey(260, 200, |x, y| if flat(x, y) { 0.5 } else { busy.data()[(y * 260 + x) * 3] });
        let mut parts = flattest(&Plane::of(&photo), 200);
        parts.sort_unstable();
        assert_eq!(parts, [(64, 0), (64, 64), (128, 0), (128, 64)]);
        let lines = |inside: bool| {
            let line = |x: usize, y: usize| x.is_multiple_of(4) && flat(x, y) == inside;
            weave(&grey(260, 200, |x, y| if line(x, y) { 0.6 } else { 0.5 }), &photo).unwrap().unwrap()
        };
        assert!(lines(true) > 0.4 && lines(false) < 0.1, "{} {}", lines(true), lines(false));
        // A photo of another size is resized, and a small picture has no part.
        assert!(weave(&photo, &busy.resized(60, 50).unwrap()).unwrap().is_some());
        assert!(weave(&grey(64, 200, |_, _| 0.5), &photo).unwrap().is_none());
        assert!(weave(&grey(65, 65, |_, _| 0.5), &photo).unwrap().is_some());
    }
}
