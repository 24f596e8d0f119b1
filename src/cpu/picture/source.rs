//! The pictures that the passes read: photos in bytes and paintings in floats, both with four values a pixel.

use crate::error::{Error, Result};
use crate::image::check_sides;

/// A photo: `height * width * 4` bytes of RGBA. Alpha is ignored.
#[derive(Debug, Clone, Copy)]
pub struct Photo<'a> {
    rgba: &'a [u8],
    size: (usize, usize),
    pub(super) mirrored: bool,
}

impl<'a> Photo<'a> {
    /// Creates a photo of `size`, width and height, which is mirrored horizontally where it is read if `mirrored`.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero or the number of bytes does not match.
    pub fn new(rgba: &'a [u8], size: (usize, usize), mirrored: bool) -> Result<Self> {
        check_sides(size)?;
        let (width, height) = size;
        if count(width, height, 4) != Some(rgba.len()) {
            return Err(Error::Picture(format!(
                "a {width}x{height} picture needs 4 bytes of RGBA per pixel, not {} bytes",
                rgba.len()
            )));
        }
        Ok(Self { rgba, size, mirrored })
    }
}

/// A painting: colours in 0..1, four floats per pixel (R, G, B and one that is ignored).
#[derive(Debug, Clone, Copy)]
pub struct Painting<'a> {
    colors: &'a [f32],
    stride: usize,
    size: (usize, usize),
}

impl<'a> Painting<'a> {
    /// Creates a painting of `size`, width and height, whose rows are `stride` pixels apart.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero, rows overlap, or floats are missing.
    pub fn new(colors: &'a [f32], stride: usize, size: (usize, usize)) -> Result<Self> {
        check_sides(size)?;
        let (width, height) = size;
        let needed = count(stride, height, 4);
        if stride < width || needed.is_none_or(|needed| colors.len() < needed) {
            return Err(Error::Picture(format!(
                "a {width}x{height} painting with rows of {stride} pixels does not fit into {} values",
                colors.len()
            )));
        }
        Ok(Self { colors, stride, size })
    }

    /// Returns row `y`, four floats per pixel.
    #[inline(always)]
    pub(super) fn row(self, y: usize) -> &'a [f32] {
        &self.colors[y * self.stride * 4..][..self.size.0 * 4]
    }

    /// Creates a painting of `size` whose rows follow each other.
    pub(super) fn whole(colors: &'a [f32], size: (usize, usize)) -> Self {
        Self { colors, stride: size.0, size }
    }
}

fn count(width: usize, height: usize, values: usize) -> Option<usize> {
    width.checked_mul(height)?.checked_mul(values)
}

/// Checks that a picture has the size that a pass was made for.
pub(super) fn check_size(found: (usize, usize), needed: (usize, usize)) -> Result<()> {
    if found != needed {
        return Err(Error::Picture(format!(
            "a picture of {}x{} cannot be read where one of {}x{} is needed",
            found.0, found.1, needed.0, needed.1
        )));
    }
    Ok(())
}

/// A picture whose rows a pass reads, weighted.
pub(super) trait Source: Copy + Sync {
    /// Width and height in pixels.
    fn size(self) -> (usize, usize);

    /// Whether the picture is read mirrored horizontally.
    fn mirrored(self) -> bool;

    /// Writes row `y`, multiplied by `weight`, to `target`.
    fn set_row(self, y: usize, weight: f32, target: &mut [f32]);

    /// Adds row `y`, multiplied by `weight`, to `target`.
    fn add_row(self, y: usize, weight: f32, target: &mut [f32]);
}

/// The weight of a byte in a colour of 0..1.
const BYTE: f32 = 1.0 / 255.0;

// The loops have neither calls nor bounds to check: the compiler makes vectors of them, with the instructions of the pass
// that inlines them.
impl Source for Photo<'_> {
    fn size(self) -> (usize, usize) {
        self.size
    }

    fn mirrored(self) -> bool {
        self.mirrored
    }

    #[inline(always)]
    fn set_row(self, y: usize, weight: f32, target: &mut [f32]) {
        let row = self.size.0 * 4;
        for (value, byte) in target.iter_mut().zip(&self.rgba[y * row..][..row]) {
            *value = f32::from(*byte) * (weight * BYTE);
        }
    }

    #[inline(always)]
    fn add_row(self, y: usize, weight: f32, target: &mut [f32]) {
        let row = self.size.0 * 4;
        for (value, byte) in target.iter_mut().zip(&self.rgba[y * row..][..row]) {
            *value += f32::from(*byte) * (weight * BYTE);
        }
    }
}

impl Source for Painting<'_> {
    fn size(self) -> (usize, usize) {
        self.size
    }

    fn mirrored(self) -> bool {
        false
    }

    #[inline(always)]
    fn set_row(self, y: usize, weight: f32, target: &mut [f32]) {
        for (value, color) in target.iter_mut().zip(self.row(y)) {
            *value = color * weight;
        }
    }

    #[inline(always)]
    fn add_row(self, y: usize, weight: f32, target: &mut [f32]) {
        for (value, color) in target.iter_mut().zip(self.row(y)) {
            *value += color * weight;
        }
    }
}
