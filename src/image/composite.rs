//! Composites a painting over its photo: strength and colour preservation.

use super::Image;
use crate::error::Result;

/// The parameters of the compositing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The strength of the style: 0 shows the photo, 1 the painting.
    pub strength: f32,
    /// Takes luminance from the painting and chroma from the photo.
    pub keep_colors: bool,
    /// The fraction of the width, from the left, that shows the unchanged photo (a before/after line).
    pub split: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { strength: 1.0, keep_colors: false, split: 0.0 }
    }
}

/// Weights of R, G and B in luma (ITU-R BT.601, which the YIQ transfer of Gatys et al. 2016 uses).
pub const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Returns the luma of a colour.
pub fn luma(c: [f32; 3]) -> f32 {
    c[0] * LUMA[0] + c[1] * LUMA[1] + c[2] * LUMA[2]
}

/// Returns one pixel of the result from the colours of painting and photo; `position` is the horizontal position of the
/// pixel's centre, in 0..1 of the width.
pub fn look_pixel(painted: [f32; 3], photo: [f32; 3], position: f32, look: Look) -> [f32; 3] {
    if position < look.split {
        return photo;
    }
    let mut target = painted;
    if look.keep_colors {
        // Only Y changes in YIQ, which is the same difference in each RGB channel.
        let step = luma(painted) - luma(photo);
        target = photo.map(|v| (v + step).clamp(0.0, 1.0));
    }
    std::array::from_fn(|c| photo[c] + (target[c] - photo[c]) * look.strength)
}

/// Returns the painting composited over its photo, cropped to the photo's size.
///
/// # Errors
/// As [`Image::new`].
pub fn look(painted: &Image, photo: &Image, look: Look) -> Result<Image> {
    let (width, height) = (photo.width(), photo.height());
    let mut data = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let pixel = |image: &Image| {
                let i = (y * image.width() + x) * 3;
                [image.data()[i], image.data()[i + 1], image.data()[i + 2]]
            };
            let position = (x as f32 + 0.5) / width as f32;
            data.extend(look_pixel(pixel(painted), pixel(photo), position, look));
        }
    }
    Image::new(width, height, data)
}
