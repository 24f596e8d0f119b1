//! The alpha channel of a picture.

use super::limits::Limits;
use super::problem::Problem;
use super::resample::Canvas;
use crate::error::{Error, Result};
use image::metadata::Orientation;

/// The alpha channel of a picture: one value in 0..1 per pixel, row by row. 0 is transparent, 1 is opaque.
#[derive(Debug, Clone, PartialEq)]
pub struct Alpha {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Alpha {
    /// Creates the alpha channel of a picture of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero or the number of values does not fit.
    pub fn new(width: usize, height: usize, data: Vec<f32>) -> Result<Self> {
        if width == 0 || height == 0 || width.checked_mul(height) != Some(data.len()) {
            return Err(Error::Picture(format!(
                "an alpha channel of {width}x{height} pixels does not have {} values",
                data.len()
            )));
        }
        Ok(Self { width, height, data })
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the values, row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Returns the alpha channel at another size, resampled like [`crate::image::Image::resized`].
    ///
    /// # Errors
    /// [`Error::Picture`] when a side is zero or the size is beyond `limits`.
    pub fn resized(&self, width: usize, height: usize, limits: &Limits) -> Result<Self> {
        let sentence = |problem: Problem| Error::Picture(problem.sentence());
        limits.check_target(width as u64, height as u64).map_err(sentence)?;
        let size = ((self.width, self.height), (width, height));
        let mut canvas = Canvas::new(size.0, size.1, 1, Orientation::NoTransforms).map_err(sentence)?;
        self.data.chunks_exact(self.width).for_each(|row| canvas.push(row));
        let (data, width, height) = canvas.finish();
        Self::new(width, height, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_resized_and_bounded() {
        let limits = Limits { pixels: 100, memory: 10_000 };
        let alpha = Alpha::new(4, 2, vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]).unwrap();
        let small = alpha.resized(2, 1, &limits).unwrap();
        assert_eq!((small.width(), small.height()), (2, 1));
        assert!(small.data()[0] < 0.25 && small.data()[1] > 0.75, "{:?}", small.data());
        assert!(alpha.resized(200, 100, &limits).is_err());
        assert!(alpha.resized(0, 1, &limits).is_err());
        assert!(Alpha::new(2, 2, vec![0.0; 3]).is_err());
    }
}
