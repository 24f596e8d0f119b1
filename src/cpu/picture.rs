//! From pictures to tensors and back. Twins of `ingest.wgsl`, `present.wgsl` and `steady.wgsl`.

use crate::error::Result;
use crate::image::Image;
use crate::net::Border;

/// How a painting is laid over its photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// 0 shows the photo, 1 the painting.
    pub strength: f32,
    /// Luminance from the painting, chroma from the photo.
    pub keep_colors: bool,
    /// Part of the width, from the left, that shows the photo untouched (a before/after line).
    pub split: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { strength: 1.0, keep_colors: false, split: 0.0 }
    }
}

/// Weights of R, G and B in luma (ITU-R BT.601, which the YIQ transfer of Gatys et al. 2016 uses).
pub const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

fn luma(c: [f32; 3]) -> f32 {
    c[0] * LUMA[0] + c[1] * LUMA[1] + c[2] * LUMA[2]
}

/// HWC to CHW.
pub fn to_chw(image: &Image) -> Vec<f32> {
    (0..3).flat_map(|c| image.data().iter().skip(c).step_by(3).copied()).collect()
}

/// CHW with three channels to HWC.
pub fn to_hwc(x: &[f32], height: usize, width: usize) -> Vec<f32> {
    let plane = height * width;
    (0..plane).flat_map(|i| [x[i], x[plane + i], x[2 * plane + i]]).collect()
}

/// The photo, mirrored at its right and lower border to `width` x `height`.
///
/// # Errors
/// As [`Image::new`].
pub fn reflect_pad(image: &Image, width: usize, height: usize) -> Result<Image> {
    let mut data = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let sx = Border::Reflect.index(x as isize, image.width()).unwrap_or(0);
            let sy = Border::Reflect.index(y as isize, image.height()).unwrap_or(0);
            data.extend_from_slice(&image.data()[(sy * image.width() + sx) * 3..][..3]);
        }
    }
    Image::new(width, height, data)
}

/// One pixel of the result, from the painting's and the photo's colour; `position` is the pixel centre's place in 0..1 of
/// the width.
pub fn look_pixel(painted: [f32; 3], photo: [f32; 3], position: f32, look: Look) -> [f32; 3] {
    if position < look.split {
        return photo;
    }
    let mut target = painted;
    if look.keep_colors {
        // In YIQ only Y changes, which in RGB is the same step on every channel.
        let step = luma(painted) - luma(photo);
        target = photo.map(|v| (v + step).clamp(0.0, 1.0));
    }
    std::array::from_fn(|c| photo[c] + (target[c] - photo[c]) * look.strength)
}

/// Changes of luma: up to the first it is noise, from the second on the picture moves.
const NOISE: f32 = 0.04;
const MOTION: f32 = 0.12;

/// The next memory of a steady picture: the painting's colour and the photo's luma of each pixel. Where `photo` has not
/// changed but for noise, the part `keep`, 0..1, of what was `before` stays.
pub fn steadied(painted: &Image, photo: &Image, before: &[[f32; 4]], keep: f32) -> Vec<[f32; 4]> {
    let pixels = painted.data().chunks_exact(3).zip(photo.data().chunks_exact(3)).zip(before);
    let next = |((color, photo), before): ((&[f32], &[f32]), &[f32; 4])| {
        let luma = luma([photo[0], photo[1], photo[2]]);
        let t = (((luma - before[3]).abs() - NOISE) / (MOTION - NOISE)).clamp(0.0, 1.0);
        let moved = t * t * (3.0 - 2.0 * t);
        let now = [color[0], color[1], color[2], luma];
        std::array::from_fn(|i| now[i] + (before[i] - now[i]) * keep * (1.0 - moved))
    };
    pixels.map(next).collect()
}

/// The painting laid over its photo, cropped to the photo's size.
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
