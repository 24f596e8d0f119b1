//! Numeric settings of style training.

use super::losses::{TrainLoss, TrainStyleLoss, check_weight};
use super::optimizer::LARGEST_RATE;
use crate::error::{Error, Result};
use crate::net::models::vgg::{Layer, VGG16};

/// Longer side of the photos that crops are taken from, in crop sides: 314 pixels for crops of 224. A crop covers most
/// of its photo, since normalizations depend on the whole picture: trained on small parts, a style makes whole photos
/// pale.
const PHOTO: f32 = 1.4;

/// Returns the scale of a photo of `width` x `height` for crops of `side` pixels. The shorter side of long and narrow photos
/// stays at least as large as a crop.
pub fn photo_scale(width: usize, height: usize, side: usize) -> f32 {
    let (width, height, side) = (width as f32, height as f32, side as f32);
    (side * PHOTO / width.max(height)).max(side / width.min(height))
}

/// Settings of style training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSettings {
    /// Weights and layers of the losses.
    pub loss_weights: TrainLoss,
    /// Number of steps.
    pub steps: usize,
    /// Initial learning rate of Adam for scales and shifts: about the largest change per step. It decreases to 0 along
    /// a cosine.
    pub rate: f32,
    /// Side of the crops in pixels, a multiple of the network's.
    pub crop: usize,
    /// Number of crops per step.
    pub batch: usize,
    /// Longer side of the paintings in pixels. Larger paintings make larger strokes relative to a crop.
    pub painting: usize,
    /// Seed of crops and noise.
    pub seed: u64,
}

impl TrainSettings {
    /// Returns the default settings.
    ///
    /// # Errors
    /// As [`TrainLoss::of`].
    pub fn defaults() -> Result<Self> {
        Ok(Self {
            loss_weights: TrainLoss::of(&VGG16)?,
            steps: 150,
            rate: 0.03,
            crop: 224,
            batch: 1,
            painting: 320,
            seed: 0,
        })
    }

    /// Returns the settings for a style that is near its painting already. The learning rate is lower, since the
    /// default rate would first undo the initial style. Style and color losses have larger weights, at which such a
    /// style still preserves the photo.
    ///
    /// # Errors
    /// As [`TrainLoss::of`].
    pub fn fine_tune() -> Result<Self> {
        let mut settings = Self::defaults()?;
        settings.loss_weights.style.weight *= 2.0;
        settings.loss_weights.color *= 4.0;
        settings.rate = 0.02;
        Ok(settings)
    }

    /// Returns the settings with another style loss, whose numbers are of another size, and its own weight.
    #[must_use]
    pub fn with_style_loss(mut self, style_loss: TrainStyleLoss) -> Self {
        if style_loss == TrainStyleLoss::Transport {
            self.loss_weights.style.weight /= 3.0;
        }
        self.loss_weights.style_loss = style_loss;
        self
    }

    /// Returns the settings as text for the fingerprint of checkpoints. It keeps the names of the first version, so
    /// that older checkpoints stay valid.
    pub fn fingerprint_text(&self) -> String {
        let Self { loss_weights, steps, rate, crop, batch, painting, seed } = self;
        let TrainLoss { content, style, style_loss, color, variation, stability, noise } = loss_weights;
        let other = match style_loss {
            TrainStyleLoss::Gram => "",
            TrainStyleLoss::Transport => ", transport",
        };
        format!(
            "TrainSettings {{ lesson: Lesson {{ content: {content:?}, style: {style:?}, palette: {color:?}, \
             variation: {variation:?}, stability: {stability:?}, noise: {noise:?} }}, steps: {steps}, rate: {rate:?}, \
             crop: {crop}, batch: {batch}, painting: {painting}, seed: {seed}{other} }}"
        )
    }

    /// Returns the last layer of VGG that any loss reads.
    ///
    /// # Errors
    /// [`Error::Style`] when no loss has a layer.
    pub fn last(&self) -> Result<Layer> {
        let layers = self.loss_weights.content.layers.iter().chain(&self.loss_weights.style.layers);
        layers.map(|l| l.0).max().ok_or_else(|| Error::Style("No loss reads any layer.".to_string()))
    }

    /// Checks all numbers, for a network that takes pictures whose sides are multiples of `multiple`.
    ///
    /// # Errors
    /// [`Error::Style`], which names the number.
    pub fn check(&self, multiple: usize) -> Result<()> {
        let refuse = |problem: String| Err(Error::Style(problem));
        let TrainLoss { content, style, style_loss: _, color, variation, stability, noise } = &self.loss_weights;
        let weights =
            [content, style].into_iter().flat_map(|term| term.layers.iter().map(|l| l.1).chain([term.weight]));
        for number in weights.chain([*color, *variation, *stability, *noise]) {
            check_weight(number)?;
        }
        if [content, style].iter().any(|term| term.layers.iter().all(|l| l.1 == 0.0)) {
            return refuse("The content loss and the style loss each need a layer with a weight above 0.".to_string());
        }
        if *stability > 0.0 && *noise == 0.0 {
            return refuse(
                "The stability loss needs noise: set the noise above 0, or the stability weight to 0.".to_string(),
            );
        }
        if !(self.rate > 0.0 && self.rate <= LARGEST_RATE) {
            return refuse(format!(
                "{:e} is not a learning rate: it is a number above 0 and up to {LARGEST_RATE}.",
                self.rate
            ));
        }
        if self.steps == 0 || self.batch == 0 || self.crop < 32 || !self.crop.is_multiple_of(multiple) {
            return refuse(format!(
                "Training needs at least one step and one crop per step. The side of a crop is at least 32 pixels and \
                 a multiple of {multiple}."
            ));
        }
        if self.painting < 32 {
            return refuse("Paintings need at least 32 pixels on the longer side.".to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_are_scaled_to_the_size_that_their_crops_are_taken_from() {
        assert_eq!(photo_scale(3200, 2400, 160), 0.07);
        // The shorter side of a long photo still fits a crop; a small photo is enlarged.
        assert_eq!(photo_scale(6400, 320, 160), 0.5);
        assert!(photo_scale(100, 80, 160) > 2.0);
    }

    #[test]
    fn checkpoints_of_the_first_version_still_fit() {
        let settings = TrainSettings { seed: 7, ..TrainSettings::fine_tune().unwrap() };
        let text = settings.fingerprint_text();
        assert!(text.starts_with("TrainSettings { lesson: Lesson { content: Term { weight: 1.0, layers: [("), "{text}");
        assert_eq!(
            text,
            format!("{settings:?}")
                .replace("loss_weights: TrainLoss", "lesson: Lesson")
                .replace(" color:", " palette:")
                .replace(" style_loss: Gram,", "")
        );
        assert_ne!(settings.with_style_loss(TrainStyleLoss::Transport).fingerprint_text(), text);
    }
}
