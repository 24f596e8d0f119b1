//! Reference implementations of border reflection and of the temporal filter, for parts of `load_input.wgsl`, for
//! `temporal_filter.wgsl`, and for `load.rs` and `temporal_filter.rs` in `cpu/picture`.

use crate::error::Result;
use crate::image::Image;
use crate::image::composite::luma;
use crate::image::temporal::{MOTION, NOISE};
use crate::net::Border;

/// Returns the photo, padded by reflection at its right and lower border to `width` x `height`.
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

/// Returns the next state of the temporal filter: the output's colour and the photo's luma of each pixel. Where `photo`
/// has changed only by noise, the fraction `keep`, 0..1, of the state `before` is kept.
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
