//! A picture as a Laplacian pyramid (Burt, Adelson 1983, "The Laplacian Pyramid as a Compact Image Code"): what each size adds
//! to the next smaller one. A step of the optimizer on all levels changes large areas as fast as fine detail.

use burn::tensor::Tensor;

use crate::error::Result;
use crate::image::Image;
use crate::train::ops::resample::{Every, resample};

/// Splits `picture` into `levels` levels of detail, the finest first, and the remainder. Each level has half the sides of the one
/// before, rounded down. Sides that would vanish stay at one pixel.
///
/// # Errors
/// None for a picture that exists.
pub fn decompose(picture: &Image, levels: usize) -> Result<Vec<Image>> {
    let mut pyramid = Vec::with_capacity(levels + 1);
    let mut rest = picture.clone();
    for _ in 0..levels {
        let (width, height) = (rest.width(), rest.height());
        let small = rest.resized((width / 2).max(1), (height / 2).max(1))?;
        let smooth = small.resized(width, height)?;
        let detail = rest.data().iter().zip(smooth.data()).map(|(a, b)| a - b).collect();
        pyramid.push(Image::new(width, height, detail)?);
        rest = small;
    }
    pyramid.push(rest);
    Ok(pyramid)
}

/// Adds up the levels of a pyramid, `[1][3][height][width]` each, the finest first. Differentiable.
pub fn compose(pyramid: &[Tensor<4>]) -> Option<Tensor<4>> {
    let (base, details) = pyramid.split_last()?;
    let enlarged = |picture: Tensor<4>, detail: &Tensor<4>| {
        let [_, _, height, width] = detail.dims();
        resample(resample(picture, 2, height, Every::ONE), 3, width, Every::ONE) + detail.clone()
    };
    Some(details.iter().rev().fold(base.clone(), enlarged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedural::Kind;
    use crate::train::device::{cpu, download, upload};

    #[test]
    fn a_pyramid_adds_up_to_its_picture() {
        let picture = Kind::named("glass").unwrap().paint(45, 1).unwrap().resized(45, 30).unwrap();
        for levels in [0, 1, 4, 7] {
            let pyramid = decompose(&picture, levels).unwrap();
            assert_eq!(pyramid.len(), levels + 1);
            let levels: Vec<_> = pyramid.iter().map(|level| upload(level, &cpu())).collect();
            let sum = pollster::block_on(download(compose(&levels).unwrap())).unwrap();
            let worst = sum.data().iter().zip(picture.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= 1e-6, "{worst}");
        }
        assert!(compose(&[]).is_none());
    }
}
