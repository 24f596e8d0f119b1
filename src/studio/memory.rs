//! What a size needs, before anything is allocated.

use super::Optimizer;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::vgg::{Layer, Vgg};

/// Bytes of a number.
const FLOAT: u64 = 4;
const MEGABYTE: u64 = 1_000_000;
/// Pictures that a canvas and a step hold at once, besides what the optimizer remembers: picture, average, the successors of
/// these and of Adam's two, gradient, steps between.
const PICTURES: u64 = 10;
/// Activations of the largest layer that the backward pass and the convolutions' own copies hold at once.
const WORKING: u64 = 4;

/// The peak of one step, in bytes, for a picture of `width` x `height` through `vgg` up to `last`, by `optimizer`.
///
/// Autodiff keeps two activations of every layer, before and after the ReLU, and what was pooled; the backward pass and the
/// convolutions work on a few of the largest more. Weights are there twice, once as a convolution wants them.
pub fn peak(vgg: &Vgg, last: Layer, optimizer: Optimizer, width: usize, height: usize) -> u64 {
    let layers = || vgg.layers().take_while(|layer| *layer <= last);
    let pixels = |layer: Layer| (layer.size(width) * layer.size(height)) as u64;
    let outputs = |layer: Layer| layer.outputs() as u64 * pixels(layer);
    let kept: u64 = layers()
        .map(|layer| {
            let pooled = if layer.follows_pooling() { layer.inputs() as u64 * pixels(layer) } else { 0 };
            2 * outputs(layer) + pooled
        })
        .sum();
    let largest = layers().map(outputs).max().unwrap_or(0);
    let weights: u64 = layers().map(|layer| (layer.outputs() * (9 * layer.inputs() + 1)) as u64).sum();
    // The matrices of style layers: what they aim at, what is there, the difference, its gradient.
    let grams: u64 = layers().map(|layer| (layer.outputs() * layer.outputs()) as u64 * 4).sum();
    let pictures = (PICTURES + optimizer.pictures() as u64) * 3 * (width * height) as u64;
    (kept + WORKING * largest + 2 * weights + grams + pictures) * FLOAT
}

/// The largest buffer of such a step, in bytes: one activation.
pub fn largest_buffer(vgg: &Vgg, last: Layer, width: usize, height: usize) -> u64 {
    let layers = vgg.layers().take_while(|layer| *layer <= last);
    layers.map(|l| (l.outputs() * l.size(width) * l.size(height)) as u64 * FLOAT).max().unwrap_or(0)
}

/// What a device allows, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of everything.
    pub total: u64,
    /// Of one buffer.
    pub buffer: u64,
}

/// Checks that a picture of `width` x `height` can be optimized within `limits`.
///
/// # Errors
/// [`Error::TooLarge`], with the largest size that fits.
pub fn check(vgg: &Vgg, last: Layer, optimizer: Optimizer, width: usize, height: usize, limits: Limits) -> Result<()> {
    let demands = |width: usize, height: usize| {
        [
            ("MB of memory", peak(vgg, last, optimizer, width, height), limits.total),
            ("MB in one buffer", largest_buffer(vgg, last, width, height), limits.buffer),
        ]
    };
    let exceeded = demands(width, height).into_iter().find(|(_, needed, allowed)| needed > allowed);
    let Some((limit, needed, allowed)) = exceeded else { return Ok(()) };
    let fitting = |longer: usize| {
        let (width, height) = Image::fitted(width, height, longer);
        demands(width, height).iter().all(|(_, needed, allowed)| needed <= allowed)
    };
    let (mut fits, mut too_large) = (0, width.max(height));
    while too_large - fits > 1 {
        let middle = fits.midpoint(too_large);
        if fitting(middle) { fits = middle } else { too_large = middle }
    }
    let (needed, allowed) = (needed.div_ceil(MEGABYTE), allowed / MEGABYTE);
    Err(Error::TooLarge { width, height, limit, needed, allowed, fits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::vgg::VGG16;

    #[test]
    fn the_usual_size_fits_a_small_graphics_card() {
        let last = VGG16.layer("relu4_2").unwrap();
        let peak = peak(&VGG16, last, Optimizer::Adam, 512, 512);
        assert!((600_000_000..1_500_000_000).contains(&peak), "{peak}");
    }

    #[test]
    fn a_history_is_two_pictures_a_step() {
        let last = VGG16.layer("relu1_1").unwrap();
        let of = |history| peak(&VGG16, last, Optimizer::Lbfgs { history }, 100, 50);
        assert_eq!(of(21) - of(20), 2 * 3 * 100 * 50 * 4);
    }

    #[test]
    fn the_largest_size_that_is_named_fits_and_the_next_does_not() {
        let last = VGG16.layer("relu4_2").unwrap();
        let much = u64::MAX;
        for (total, buffer, what) in [
            (400_000_000, much, "MB of memory"),
            (1_000_000_000, much, "MB of memory"),
            (much, 128 << 20, "MB in one buffer"),
        ] {
            let limits = Limits { total, buffer };
            let refused = check(&VGG16, last, Optimizer::Adam, 2000, 1500, limits).unwrap_err();
            let Error::TooLarge { fits, limit, .. } = refused else { panic!("{refused}") };
            let at = |longer: usize| {
                let (width, height) = Image::fitted(2000, 1500, longer);
                check(&VGG16, last, Optimizer::Adam, width, height, limits)
            };
            assert_eq!(limit, what);
            assert!(at(fits).is_ok() && at(fits + 1).is_err(), "{fits}");
        }
        assert!(
            check(&VGG16, last, Optimizer::Adam, 100, 75, Limits { total: 1_000_000_000, buffer: 128 << 20 }).is_ok()
        );
    }
}
