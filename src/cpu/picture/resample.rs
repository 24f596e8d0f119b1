//! Resizing by a tent filter as wide as the reduction, row by row, with weights that are computed once per size. The
//! plain twin is [`Image::resized`](crate::image::Image::resized).

use fearless_simd::{Simd, f32x4, prelude::*};

use super::source::{Photo, Source, check_size};
use crate::error::{Error, Result};
use crate::image::part::{Part, Side};

/// The filter of one side: for each pixel of the result, the same number of neighbouring pixels of the original.
struct Axis {
    from: Side,
    to: Side,
    taps: usize,
    /// The first pixel of the part of the original that each pixel of the result reads.
    first: Vec<usize>,
    /// `[result][taps]`; their sum is 1 for each pixel.
    weights: Vec<f32>,
}

impl Axis {
    /// Returns the filter from `from` to `to`; neither is empty.
    ///
    /// # Errors
    /// [`Error::Picture`] if a pixel of the result needs pixels that are not in `from`.
    fn new(from: Side, to: Side) -> Result<Self> {
        let windows: Vec<(usize, Vec<f32>)> = (to.first..to.end()).map(|i| window(from.whole, to.whole, i)).collect();
        let taps = windows.iter().map(|window| window.1.len()).max().unwrap_or(1);
        let (mut first, mut weights) = (Vec::with_capacity(to.length), Vec::with_capacity(to.length * taps));
        for (start, window) in windows {
            if start < from.first || start + window.len() > from.end() || taps > from.length {
                let problem = "a part of a picture lacks pixels that are needed to resize it";
                return Err(Error::Picture(problem.to_string()));
            }
            // A window of fewer pixels begins earlier at the end of the picture.
            let begin = start.min(from.end() - taps);
            first.push(begin - from.first);
            weights.resize(weights.len() + start - begin, 0.0);
            weights.extend(window);
            weights.resize(first.len() * taps, 0.0);
        }
        Ok(Self { from, to, taps, first, weights })
    }

    fn is_identity(&self) -> bool {
        self.from == self.to
    }

    /// Returns the first pixel that pixel `i` of the result reads, and the weights from there on.
    #[inline(always)]
    fn at(&self, i: usize) -> (usize, &[f32]) {
        (self.first[i], &self.weights[i * self.taps..][..self.taps])
    }
}

/// Returns the first pixel that pixel `i` of the result reads, and the weights from there on. Weights beyond a border
/// count for the pixel at the border.
fn window(from: usize, to: usize, i: usize) -> (usize, Vec<f32>) {
    if from == to {
        return (i, vec![1.0]);
    }
    let scale = from as f32 / to as f32;
    let radius = scale.max(1.0);
    let centre = (i as f32 + 0.5) * scale - 0.5;
    let taps = ((centre - radius).ceil() as isize..=(centre + radius).floor() as isize)
        .map(|j| (j.clamp(0, from as isize - 1) as usize, 1.0 - (j as f32 - centre).abs() / radius))
        .filter(|tap| tap.1 > 0.0);
    let (mut start, mut weights) = (0, Vec::new());
    for (j, weight) in taps {
        if weights.is_empty() {
            start = j;
        }
        weights.resize(weights.len().max(j - start + 1), 0.0);
        weights[j - start] += weight;
    }
    let total: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    (start, weights)
}

/// Resizes pictures of one size, or parts of them, to another.
pub(super) struct Resampler {
    columns: Axis,
    rows: Axis,
}

impl Resampler {
    /// Creates a resampler from one part of a picture to a part of the resized picture; no side is zero.
    ///
    /// # Errors
    /// [`Error::Picture`] if `from` lacks pixels that `to` needs.
    pub fn new(from: Part, to: Part) -> Result<Self> {
        let ([columns, rows], [to_columns, to_rows]) = (from.sides(), to.sides());
        Ok(Self { columns: Axis::new(columns, to_columns)?, rows: Axis::new(rows, to_rows)? })
    }

    /// Returns width and height of the pictures, or parts of pictures, that are resized.
    pub fn from(&self) -> (usize, usize) {
        (self.columns.from.length, self.rows.from.length)
    }

    /// Whether whole pictures are resized.
    pub fn is_whole(&self) -> bool {
        [self.columns.from, self.rows.from, self.columns.to, self.rows.to].iter().all(|side| side.length == side.whole)
    }

    /// Whether the result is what is given.
    pub fn is_identity(&self) -> bool {
        self.columns.is_identity() && self.rows.is_identity()
    }

    /// Returns the length of the scratch memory that [`Resampler::row`] needs.
    pub fn scratch(&self) -> usize {
        self.columns.from.length * 4
    }

    /// Writes row `y` of the resized picture to `target`, four floats per pixel. `scratch` has the
    /// length [`Resampler::scratch`].
    #[inline(always)]
    pub fn row<S: Simd>(&self, simd: S, source: impl Source, y: usize, scratch: &mut [f32], target: &mut [f32]) {
        if self.columns.is_identity() && !source.mirrored() {
            self.vertical(source, y, target);
            return;
        }
        self.vertical(source, y, scratch);
        let last = self.columns.to.length - 1;
        for (x, pixel) in target.chunks_exact_mut(4).enumerate() {
            // The filter is symmetric: of a mirrored picture it is that of the pixel on the other side.
            let (first, weights) = self.columns.at(if source.mirrored() { last - x } else { x });
            let mut sum = f32x4::splat(simd, 0.0);
            for (color, weight) in scratch[first * 4..].chunks_exact(4).zip(weights) {
                sum += f32x4::from_slice(simd, color) * *weight;
            }
            sum.store_slice(pixel);
        }
    }

    /// Writes row `y` of the picture, resized only vertically, to `target`.
    #[inline(always)]
    fn vertical(&self, source: impl Source, y: usize, target: &mut [f32]) {
        let (first, weights) = self.rows.at(y);
        source.set_row(first, weights[0], target);
        for (i, weight) in weights.iter().enumerate().skip(1) {
            if *weight != 0.0 {
                source.add_row(first + i, *weight, target);
            }
        }
    }
}

/// Checks that `resampler` can read `photo`.
pub(super) fn check_photo(photo: Photo, resampler: &Resampler) -> Result<()> {
    if photo.mirrored() && !resampler.is_whole() {
        return Err(Error::Picture("a part of a picture cannot be mirrored".to_string()));
    }
    check_size(photo.size(), resampler.from())
}
