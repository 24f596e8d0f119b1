//! Memory estimates of optimization and of VGG in training, made before anything is allocated.

use super::optimize_settings::{Settings, scaled};
use super::optimizer::Optimizer;
use super::tiles::largest;
use crate::error::{Error, MEMORY, Result};
use crate::image::Image;
use crate::net::models::vgg::{Layer, Vgg};

/// Bytes of a single-precision number.
const FLOAT: u64 = 4;
const MEGABYTE: u64 = 1_000_000;
/// Pictures that the run and a step hold at once, besides the optimizer state: picture, average, the successors of
/// these and of Adam's two, gradient, intermediate results.
const PICTURES: u64 = 10;
/// Activations of the largest layer that the backward pass and the convolutions' own copies hold at once.
const WORKING: u64 = 4;

/// Memory limits of a device, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Limit for all allocations together.
    pub total: u64,
    /// Limit for one buffer.
    pub buffer: u64,
}

/// The implementation of the convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convolutions {
    /// This crate's kernel, on graphics devices.
    Ours,
    /// This crate's SIMD kernels, on the processor.
    Processor,
    /// burn's convolution, on any device. In browsers it is built for measurements only, since its code is large.
    #[cfg(feature = "reference")]
    Burns,
}

/// Parameters of a run that determine its memory use.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryEstimate {
    /// The network of the losses.
    pub vgg: Vgg,
    /// The last layer that any loss reads.
    pub last: Layer,
    /// The layers of the style loss.
    pub style: Vec<Layer>,
    /// As [`Settings::style_scale`].
    pub style_scale: f32,
    /// The optimizer, whose state holds pictures.
    pub optimizer: Optimizer,
    /// The implementation of the convolutions, which determines the copies of activations.
    pub convolutions: Convolutions,
}

impl MemoryEstimate {
    /// Makes the estimate for the settings of a run.
    ///
    /// # Errors
    /// As [`super::Terms::last`].
    pub fn of(settings: &Settings, convolutions: Convolutions) -> Result<Self> {
        let Settings { vgg, terms, style_scale, optimizer, .. } = settings;
        let style = terms.style.layers.iter().map(|l| l.0).collect();
        Ok(Self {
            vgg: *vgg,
            last: terms.last()?,
            style,
            style_scale: *style_scale,
            optimizer: *optimizer,
            convolutions,
        })
    }

    fn layers(&self) -> impl Iterator<Item = Layer> {
        self.vgg.layers().take_while(|layer| *layer <= self.last)
    }

    /// Returns the peak memory in bytes for a picture of `width` x `height`: that of a step, or that of computing the
    /// paintings' features before the first step, where the paintings are much larger. Paintings are assumed to be
    /// square.
    pub fn peak(&self, width: usize, height: usize) -> u64 {
        let painting = self.painting(width, height);
        self.peak_of((width, height), (width, height), painting)
    }

    /// As [`Self::peak`], where features are computed of tiles of a size, of the picture and of the paintings.
    pub(super) fn peak_in_tiles(&self, picture: (usize, usize), tile: (usize, usize)) -> u64 {
        let painting = self.painting(picture.0, picture.1);
        let [(rows, columns), _] = largest(painting, painting);
        self.peak_of(picture, tile, rows.max(columns))
    }

    fn peak_of(&self, (width, height): (usize, usize), seen: (usize, usize), painting: usize) -> u64 {
        let weights: u64 = self.layers().map(|layer| (layer.outputs() * (9 * layer.inputs() + 1)) as u64).sum();
        // Matrices of the style layers: target, current value, difference, gradient of the difference.
        let grams: u64 = self.layers().map(|layer| (layer.outputs() * layer.outputs()) as u64 * 4).sum();
        let pictures = (PICTURES + self.optimizer.pictures() as u64) * 3 * (width as u64 * height as u64);
        let copies = match self.convolutions {
            // Forward and backward pass have 36 numbers of Winograd's algorithm each for nine weights.
            Convolutions::Processor => 8,
            // In the convolution's own layout too, or for the backward pass.
            _ => 2,
        };
        let always = copies * weights + grams + pictures;
        (always + self.step(seen.0, seen.1).max(self.reading(painting))) * FLOAT
    }

    /// Returns the number of values of features that a step holds. Autodiff keeps each layer's activations, those
    /// before the ReLU where they are separate tensors, and the pooled ones. The backward pass and the convolutions
    /// hold a few of the largest activations in addition.
    fn step(&self, width: usize, height: usize) -> u64 {
        let copies = match self.convolutions {
            Convolutions::Ours | Convolutions::Processor => 1,
            #[cfg(feature = "reference")]
            Convolutions::Burns => 2,
        };
        let kept = |layer: Layer| {
            let pixels = layer.size(width) as u64 * layer.size(height) as u64;
            let pooled = if layer.follows_pooling() { layer.inputs() as u64 * pixels } else { 0 };
            copies * layer.outputs() as u64 * pixels + pooled
        };
        self.layers().map(kept).sum::<u64>() + WORKING * self.largest(width, height)
    }

    /// Returns the number of values held while computing the features of a square painting: the style layers, and a few
    /// of the largest activations.
    fn reading(&self, side: usize) -> u64 {
        let features = self.style.iter().map(|layer| outputs(*layer, side, side));
        features.sum::<u64>() + WORKING * self.largest(side, side)
    }

    /// Returns the longer side of a painting.
    fn painting(&self, width: usize, height: usize) -> usize {
        scaled(width.max(height), self.style_scale)
    }

    /// Returns the number of values of the largest activation.
    fn largest(&self, width: usize, height: usize) -> u64 {
        self.layers().map(|layer| outputs(layer, width, height)).max().unwrap_or(0)
    }

    /// Returns the size of the largest buffer in bytes: one activation.
    pub fn largest_buffer(&self, width: usize, height: usize) -> u64 {
        let side = self.painting(width, height);
        self.largest(width, height).max(self.largest(side, side)) * FLOAT
    }

    /// Checks that the optimization of a picture of `width` x `height` stays within `limits`.
    ///
    /// # Errors
    /// [`Error::TooLarge`], with the largest size that fits.
    pub fn check(&self, width: usize, height: usize, limits: Limits) -> Result<()> {
        let requirements = |width: usize, height: usize| {
            [
                (MEMORY, self.peak(width, height), limits.total),
                ("MB in one buffer", self.largest_buffer(width, height), limits.buffer),
            ]
        };
        check_requirements((width, height), requirements)
    }
}

/// Checks that a run that needs `peak(width, height)` bytes for a picture of this size needs at most `allowed`.
///
/// # Errors
/// [`Error::TooLarge`], with the largest size that fits.
pub(super) fn check_memory(size: (usize, usize), allowed: u64, peak: impl Fn(usize, usize) -> u64) -> Result<()> {
    check_requirements(size, |width, height| [(MEMORY, peak(width, height), allowed)])
}

/// Checks what a picture of this size needs, as limits with the needed and the allowed amount.
fn check_requirements<const N: usize>(
    (width, height): (usize, usize),
    requirements: impl Fn(usize, usize) -> [(&'static str, u64, u64); N],
) -> Result<()> {
    let exceeded = requirements(width, height).into_iter().find(|(_, needed, allowed)| needed > allowed);
    let Some((limit, needed, allowed)) = exceeded else { return Ok(()) };
    let fits = Image::largest_fitted((width, height), width.max(height), |width, height| {
        requirements(width, height).iter().all(|(_, needed, allowed)| needed <= allowed)
    });
    let (needed, allowed) = (needed.div_ceil(MEGABYTE), allowed / MEGABYTE);
    Err(Error::TooLarge { width, height, limit, needed, allowed, fits })
}

/// Returns the number of output values of a layer for a picture.
fn outputs(layer: Layer, width: usize, height: usize) -> u64 {
    // In wasm, `usize` has 32 bits, which the largest sizes exceed.
    layer.outputs() as u64 * layer.size(width) as u64 * layer.size(height) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::models::vgg::VGG16;

    fn estimate(last: &str, optimizer: Optimizer) -> MemoryEstimate {
        let style = ["relu1_1", "relu2_1"].map(|name| VGG16.layer(name).unwrap()).to_vec();
        let last = VGG16.layer(last).unwrap();
        MemoryEstimate { vgg: VGG16, last, style, style_scale: 1.0, optimizer, convolutions: Convolutions::Burns }
    }

    #[test]
    fn the_default_size_fits_a_small_graphics_card() {
        let burns = estimate("relu4_2", Optimizer::Adam);
        let ours = MemoryEstimate { convolutions: Convolutions::Ours, ..burns.clone() };
        let peak = burns.peak(512, 512);
        assert!((600_000_000..1_500_000_000).contains(&peak), "{peak}");
        assert!(ours.peak(512, 512) < peak / 4 * 3);
    }

    #[test]
    fn a_history_is_two_pictures_a_step() {
        let of = |history| estimate("relu1_1", Optimizer::Lbfgs { history }).peak(100, 50);
        assert_eq!(of(21) - of(20), 2 * 3 * 100 * 50 * 4);
    }

    #[test]
    fn paintings_count_where_they_are_much_larger_than_the_photo() {
        let defaults = estimate("relu4_2", Optimizer::Adam);
        let large = MemoryEstimate { style_scale: 4.0, ..defaults.clone() };
        assert!(large.peak(128, 128) > 3 * defaults.peak(128, 128));
        assert_eq!(large.largest_buffer(128, 128), 16 * defaults.largest_buffer(128, 128));
    }

    #[test]
    fn the_largest_size_that_is_named_fits_and_the_next_does_not() {
        let estimate = estimate("relu4_2", Optimizer::Adam);
        let much = u64::MAX;
        for (total, buffer, what) in
            [(400_000_000, much, MEMORY), (1_000_000_000, much, MEMORY), (much, 128 << 20, "MB in one buffer")]
        {
            let limits = Limits { total, buffer };
            let refused = estimate.check(2000, 1500, limits).unwrap_err();
            let Error::TooLarge { fits, limit, .. } = refused else { panic!("{refused}") };
            let at = |longer: usize| {
                let (width, height) = Image::fitted(2000, 1500, longer);
                estimate.check(width, height, limits)
            };
            assert_eq!(limit, what);
            assert!(at(fits).is_ok() && at(fits + 1).is_err(), "{fits}");
        }
        assert!(estimate.check(100, 75, Limits { total: 1_000_000_000, buffer: 128 << 20 }).is_ok());
    }
}
