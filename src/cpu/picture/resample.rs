//! Resizing by a tent filter as wide as the reduction, row by row, with weights that are computed once per size. The
//! plain twin is [`Image::resized`](crate::image::Image::resized).

use fearless_simd::{Simd, f32x4, prelude::*};

use super::source::Source;

/// The filter of one side: for each pixel of the result, the same number of neighbouring pixels of the original.
struct Axis {
    from: usize,
    taps: usize,
    /// The first pixel of the original that pixel `i` reads.
    first: Vec<usize>,
    /// `[result][taps]`; their sum is 1 for each pixel.
    weights: Vec<f32>,
}

impl Axis {
    /// Returns the filter from `from` to `to` pixels; neither is zero.
    fn new(from: usize, to: usize) -> Self {
        let windows: Vec<(usize, Vec<f32>)> = (0..to).map(|i| window(from, to, i)).collect();
        let taps = windows.iter().map(|window| window.1.len()).max().unwrap_or(1);
        let (mut first, mut weights) = (Vec::with_capacity(to), Vec::with_capacity(to * taps));
        for (start, window) in windows {
            // A window of fewer pixels begins earlier at the end of the picture.
            let begin = start.min(from - taps);
            first.push(begin);
            weights.resize(weights.len() + start - begin, 0.0);
            weights.extend(window);
            weights.resize(first.len() * taps, 0.0);
        }
        Self { from, taps, first, weights }
    }

    fn to(&self) -> usize {
        self.first.len()
    }

    fn is_identity(&self) -> bool {
        self.from == self.to()
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

/// Resizes pictures of one size to another.
pub(super) struct Resampler {
    columns: Axis,
    rows: Axis,
}

impl Resampler {
    /// Creates a resampler from one width and height to another; no side is zero.
    pub fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        Self { columns: Axis::new(from.0, to.0), rows: Axis::new(from.1, to.1) }
    }

    /// Returns width and height of the pictures that are resized.
    pub fn from(&self) -> (usize, usize) {
        (self.columns.from, self.rows.from)
    }

    /// Whether both sizes are the same.
    pub fn is_identity(&self) -> bool {
        self.columns.is_identity() && self.rows.is_identity()
    }

    /// Returns the length of the scratch memory that [`Resampler::row`] needs.
    pub fn scratch(&self) -> usize {
        self.columns.from * 4
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
        let last = self.columns.to() - 1;
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
