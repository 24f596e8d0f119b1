//! RGB pictures in memory: conversion from and to 8 bits, colour, resampling.

pub mod brushwork;
pub mod color_match;
pub mod composite;
pub mod lanczos;
pub mod oklab;
pub mod part;
pub mod pixels;
pub mod taps;
pub mod temporal;

use crate::error::{Error, Result};

/// An RGB picture: `height * width * 3` values in 0..1, row by row, channels interleaved (HWC). Values are sRGB-encoded
/// as in files, because the networks were trained on such values.
///
/// ```
/// use impasto::image::Image;
///
/// # fn main() -> impasto::error::Result<()> {
/// let red = Image::from_rgba8(4, 2, &[255, 0, 0, 255].repeat(4 * 2))?;
/// assert_eq!(red.data()[..3], [1.0, 0.0, 0.0]);
/// let (width, height) = Image::fitted(red.width(), red.height(), 2);
/// let small = red.resized(width, height)?;
/// assert_eq!((small.width(), small.height()), (2, 1));
/// assert_eq!(small.to_rgba8(), [255, 0, 0, 255].repeat(2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Image {
    /// Creates a picture from `height * width * 3` values.
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero or the number of values does not fit.
    pub fn new(width: usize, height: usize, data: Vec<f32>) -> Result<Self> {
        check_size(width, height, data.len(), 3)?;
        Ok(Self { width, height, data })
    }

    /// Creates a picture from `height * width * 4` bytes of RGBA. Transparent pixels are composited over white.
    ///
    /// # Errors
    /// [`Error::Picture`] as for [`Image::new`].
    pub fn from_rgba8(width: usize, height: usize, rgba: &[u8]) -> Result<Self> {
        check_size(width, height, rgba.len(), 4)?;
        let over_white = |value: u8, alpha: u8| {
            let alpha = f32::from(alpha) / 255.0;
            f32::from(value) / 255.0 * alpha + 1.0 - alpha
        };
        let data = rgba
            .chunks_exact(4)
            .flat_map(|p| [over_white(p[0], p[3]), over_white(p[1], p[3]), over_white(p[2], p[3])])
            .collect();
        Ok(Self { width, height, data })
    }

    /// Returns `height * width * 4` bytes of opaque RGBA, rounded to nearest.
    pub fn to_rgba8(&self) -> Vec<u8> {
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        self.data.chunks_exact(3).flat_map(|p| [byte(p[0]), byte(p[1]), byte(p[2]), 255]).collect()
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the values in HWC order.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Resizes the picture with a tent filter as wide as the reduction: shrinking averages, enlarging interpolates.
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero.
    pub fn resized(&self, width: usize, height: usize) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::Picture(format!(
                "a picture cannot be resized to {width}x{height}: both sides need a pixel"
            )));
        }
        let rows = resample(&self.data, self.height, height, self.width * 3, 1);
        let data = resample(&rows, self.width, width, 3, height);
        Ok(Self { width, height, data })
    }

    /// Returns the rectangle of `width` x `height` pixels with its top left corner at `x`, `y`.
    ///
    /// # Errors
    /// [`Error::Picture`] when the rectangle is not within the picture or has no pixels.
    pub fn cropped(&self, (x, y): (usize, usize), width: usize, height: usize) -> Result<Self> {
        let within = |start: usize, side: usize, all: usize| start.checked_add(side).is_some_and(|end| end <= all);
        if !within(x, width, self.width) || !within(y, height, self.height) {
            return Err(Error::Picture(format!(
                "the rectangle of {width}x{height} pixels at {x}, {y} is not inside the picture of {}x{} pixels",
                self.width, self.height
            )));
        }
        let row = |r: usize| &self.data[((y + r) * self.width + x) * 3..][..width * 3];
        Self::new(width, height, (0..height).flat_map(|r| row(r).iter().copied()).collect())
    }

    /// Returns the size with `longer` pixels on the longer side and the same proportions, at least one pixel per side.
    pub fn fitted(width: usize, height: usize, longer: usize) -> (usize, usize) {
        let scale = longer as f64 / width.max(height) as f64;
        let side = |n: usize| ((n as f64 * scale).round() as usize).max(1);
        (side(width), side(height))
    }

    /// Returns the largest number of pixels on the longer side, up to `longest`, at which a picture of these
    /// proportions `fits`, with sizes as in [`Image::fitted`]; 0 if no size fits.
    pub fn largest_fitted(
        (width, height): (usize, usize),
        longest: usize,
        fits: impl Fn(usize, usize) -> bool,
    ) -> usize {
        let fitting = |longer: usize| {
            let (width, height) = Self::fitted(width, height, longer);
            fits(width, height)
        };
        let (mut largest, mut too_large) = (0, longest + 1);
        while too_large - largest > 1 {
            let middle = largest.midpoint(too_large);
            if fitting(middle) { largest = middle } else { too_large = middle }
        }
        largest
    }
}

/// Checks that a picture of this width and height has pixels.
///
/// # Errors
/// [`Error::Picture`] if a side is zero.
pub fn check_sides((width, height): (usize, usize)) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(Error::Picture(format!("a picture of {width}x{height} has no pixels: choose another file")));
    }
    Ok(())
}

fn check_size(width: usize, height: usize, len: usize, channels: usize) -> Result<()> {
    check_sides((width, height))?;
    let expected = width.checked_mul(height).and_then(|n| n.checked_mul(channels));
    if expected != Some(len) {
        return Err(Error::Picture(format!(
            "a {width}x{height} picture with {channels} channels does not have {len} values"
        )));
    }
    Ok(())
}

/// Resamples the middle axis of `data`, a tensor of shape `[outer][from][inner]`, to `to` entries with a tent filter.
fn resample(data: &[f32], from: usize, to: usize, inner: usize, outer: usize) -> Vec<f32> {
    if from == to {
        return data.to_vec();
    }
    let scale = from as f32 / to as f32;
    let radius = scale.max(1.0);
    let mut out = vec![0.0; outer * to * inner];
    for i in 0..to {
        let centre = (i as f32 + 0.5) * scale - 0.5;
        let first = (centre - radius).ceil() as isize;
        let last = (centre + radius).floor() as isize;
        let taps: Vec<(usize, f32)> = (first..=last)
            .map(|j| (j.clamp(0, from as isize - 1) as usize, 1.0 - (j as f32 - centre).abs() / radius))
            .filter(|&(_, weight)| weight > 0.0)
            .collect();
        let total: f32 = taps.iter().map(|t| t.1).sum();
        for o in 0..outer {
            let target = &mut out[(o * to + i) * inner..][..inner];
            for &(j, weight) in &taps {
                let source = &data[(o * from + j) * inner..][..inner];
                for (t, s) in target.iter_mut().zip(source) {
                    *t += s * (weight / total);
                }
            }
        }
    }
    out
}

/// Returns mean and biased variance of `values`, computed in two passes and double precision.
pub fn mean_variance(values: &[f32]) -> (f32, f32) {
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    (mean as f32, variance as f32)
}

/// Converts the values of a picture from HWC to CHW order.
pub fn to_chw(image: &Image) -> Vec<f32> {
    (0..3).flat_map(|c| image.data().iter().skip(c).step_by(3).copied()).collect()
}

/// Converts values from CHW to HWC order.
pub fn to_hwc(x: &[f32], height: usize, width: usize) -> Vec<f32> {
    let plane = height * width;
    (0..plane).flat_map(|i| [x[i], x[plane + i], x[2 * plane + i]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_a_round_trip() {
        let rgba: Vec<u8> = (0..=255).flat_map(|v| [v, 255 - v, v / 2, 255]).collect();
        assert_eq!(Image::from_rgba8(16, 16, &rgba).unwrap().to_rgba8(), rgba);
    }

    #[test]
    fn transparent_pixels_become_white() {
        let image = Image::from_rgba8(1, 1, &[10, 20, 30, 0]).unwrap();
        assert_eq!(image.data(), [1.0, 1.0, 1.0]);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(matches!(Image::new(0, 4, vec![]), Err(Error::Picture(_))));
        assert!(matches!(Image::new(2, 2, vec![0.0; 11]), Err(Error::Picture(_))));
        assert!(matches!(Image::from_rgba8(usize::MAX, 2, &[]), Err(Error::Picture(_))));
        assert!(matches!(Image::new(1, 1, vec![0.0; 3]).unwrap().resized(0, 1), Err(Error::Picture(_))));
    }

    #[test]
    fn resizing_keeps_flat_colour_and_the_mean() {
        let flat = Image::new(7, 5, vec![0.25; 105]).unwrap();
        for (w, h) in [(1, 1), (3, 2), (14, 10), (7, 5)] {
            assert!(flat.resized(w, h).unwrap().data().iter().all(|v| (v - 0.25).abs() < 1e-6));
        }
        let ramp = Image::new(8, 1, (0..24).map(|i| (i / 3) as f32 / 7.0).collect()).unwrap();
        let small = ramp.resized(4, 1).unwrap();
        let mean = small.data().iter().sum::<f32>() / 12.0;
        assert!((mean - 0.5).abs() < 1e-3, "{mean}");
    }

    #[test]
    fn cropping_takes_what_is_there() {
        let ramp = Image::new(4, 3, (0..36).map(|i| i as f32 / 36.0).collect()).unwrap();
        let part = ramp.cropped((1, 2), 2, 1).unwrap();
        assert_eq!((part.width(), part.height(), part.data()), (2, 1, &ramp.data()[27..33]));
        for (corner, width, height) in [((3, 0), 2, 1), ((0, 0), 0, 1), ((usize::MAX, 0), 2, 1), ((0, 3), 1, 1)] {
            assert!(matches!(ramp.cropped(corner, width, height), Err(Error::Picture(_))));
        }
    }

    #[test]
    fn fitted_sizes_keep_proportions_and_never_vanish() {
        assert_eq!(Image::fitted(400, 200, 100), (100, 50));
        assert_eq!(Image::fitted(1000, 1, 10), (10, 1));
        assert_eq!(Image::fitted(3, 4, 400), (300, 400));
        assert_eq!(Image::largest_fitted((400, 200), 400, |width, height| width * height <= 5000), 100);
        assert_eq!(Image::largest_fitted((400, 200), 400, |_, _| false), 0);
        assert_eq!(Image::largest_fitted((400, 200), 4000, |_, _| true), 4000);
    }
}
