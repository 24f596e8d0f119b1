//! Settings of image optimization.

use super::losses::Terms;
use super::optimizer::Optimizer;
use super::schedule::Scale;
use crate::net::Pooling;
use crate::net::models::vgg::Vgg;

/// Range of valid style scales.
pub const STYLE_SCALES: std::ops::RangeInclusive<f32> = 0.1..=10.0;

/// Settings of an optimization.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The network of the losses.
    pub vgg: Vgg,
    /// Pooling between the blocks of the network.
    pub pooling: Pooling,
    /// Weights and layers of the losses.
    pub terms: Terms,
    /// Sizes and their steps, in order; see [`super::coarse_to_fine`].
    pub scales: Vec<Scale>,
    /// The optimizer with its parameters.
    pub optimizer: Optimizer,
    /// Learning rate; see [`Optimizer::rate`].
    pub rate: f32,
    /// Longer side of the paintings in the style loss, relative to the photo's. Values above 1 make larger strokes.
    pub style_scale: f32,
    /// Takes the luminance from the paintings and the colours from the photo (Gatys et al. 2016, "Preserving Color in
    /// Neural Artistic Style Transfer", luminance-only transfer).
    pub keep_colors: bool,
}

/// Returns a painting's longer side where the photo's is `longer`.
pub fn scaled(longer: usize, style_scale: f32) -> usize {
    ((longer as f32 * style_scale).round() as usize).max(1)
}
