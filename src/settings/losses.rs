//! Weights and layers of the losses, of optimization and of training.

use crate::error::{Error, Result};
use crate::net::models::vgg::{Layer, Vgg};

/// The statistics that the style loss compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyleLoss {
    /// Gram matrices: `sum((G - S)^2) / sum(S^2)` (Gatys, Ecker, Bethge 2015).
    Gram,
    /// The average of the losses of means and covariances: `sum((m - n)^2) / sum(n^2)` and `sum((C - D)^2) / sum(D^2)`.
    /// Unlike Gram matrices, they separate the mean of a feature from its variation. The statistics are those of
    /// Katherine Crowson's style-transfer-pytorch, which compares them as normal distributions; this loss uses plain
    /// squares.
    Covariance,
    /// The Wasserstein distance between the features as normal distributions, by means and covariances, relative to the mean
    /// square of the painting's features.
    Wasserstein,
}

/// A loss term: its layers with their weights, and the weight of their weighted mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Weight of the term in the total loss.
    pub weight: f32,
    /// Layers of VGG with their weights in the mean.
    pub layers: Vec<(Layer, f32)>,
}

/// The weights of all losses.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Content loss: `mean((F - C)^2) / mean(C^2)`.
    pub content: Term,
    /// Style loss: distance between the statistics of the features and those of the paintings, as `style_loss` defines
    /// them.
    pub style: Term,
    /// The statistics that the style loss compares.
    pub style_loss: StyleLoss,
    /// Weight of the total variation: the mean squared difference to the neighbours below and to the right.
    pub variation: f32,
}

impl Terms {
    /// Returns the default weights: content at `relu4_2`, style at the first layers of four blocks.
    ///
    /// # Errors
    /// [`Error::Style`] when `vgg` lacks one of the layers.
    pub fn of(vgg: &Vgg) -> Result<Self> {
        let layers = |names: &[&str]| names.iter().map(|n| Ok((vgg.layer(n)?, 1.0))).collect::<Result<_>>();
        Ok(Self {
            content: Term { weight: 0.02, layers: layers(&["relu4_2"])? },
            style: Term { weight: 1.0, layers: layers(&["relu1_1", "relu2_1", "relu3_1", "relu4_1"])? },
            style_loss: StyleLoss::Gram,
            variation: 0.2,
        })
    }

    /// Returns the last layer that any loss reads.
    ///
    /// # Errors
    /// [`Error::Style`] when a term has no layer with a weight above 0, or a weight is out of range.
    pub fn last(&self) -> Result<Layer> {
        let terms = [&self.content, &self.style];
        let layers = || terms.iter().flat_map(|term| &term.layers);
        let weights = layers().map(|l| l.1).chain(terms.map(|t| t.weight)).chain([self.variation]);
        weights.into_iter().try_for_each(check_weight)?;
        if let Some(term) = terms.iter().find(|t| t.layers.is_empty() || t.layers.iter().all(|l| l.1 == 0.0)) {
            let which = if std::ptr::eq(*term, &self.content) { "content" } else { "style" };
            return Err(Error::Style(format!("The {which} loss needs a layer with a weight above 0.")));
        }
        layers().map(|l| l.0).max().ok_or_else(|| Error::Style("No loss reads any layer.".to_string()))
    }
}

/// The largest weight of a loss: far above useful values, and far below the limit of single precision.
const LARGEST_WEIGHT: f32 = 1e6;

/// Checks that `weight` is a valid weight of a loss.
///
/// # Errors
/// [`Error::Style`] when it is not a number from 0 to 1,000,000.
pub fn check_weight(weight: f32) -> Result<()> {
    if (0.0..=LARGEST_WEIGHT).contains(&weight) {
        return Ok(());
    }
    Err(Error::Style(format!("{weight:e} is not a weight: weights are numbers from 0 to {LARGEST_WEIGHT}.")))
}

/// What the style loss of training compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrainStyleLoss {
    /// Gram matrices: the mean over the batch of `sum((G - S)^2) / sum(S^2)`.
    #[default]
    Gram,
    /// Positions with their nearest ones in the paintings and the other way round, and means and covariances (Kolkin et al. 2019).
    Transport,
}

/// The weights of all training losses.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainLoss {
    /// Content loss: `mean((F - C)^2)` over the batch, divided by the mean of `C^2` over a sample of photos. Divided by
    /// the mean of the batch itself, an empty sky would have the largest weight.
    pub content: Term,
    /// Style loss, as `style_loss` defines it.
    pub style: Term,
    /// What the style loss compares.
    pub style_loss: TrainStyleLoss,
    /// Weight of the color loss, the distance of the batch's colours to the paintings' (`ColorStatistics::distance` in `train`).
    /// Gram matrices alone make a style paler than its painting: an output that matches the strokes only in part has a
    /// smaller loss at half the contrast.
    pub color: f32,
    /// Weight of the total variation, the mean squared difference of neighbouring pixels.
    pub variation: f32,
    /// Weight of the stability loss: the mean squared change of the output when noise is added to the photo, relative
    /// to the mean square of the noise (Rainy, de Berker 2018, Element AI, "Stabilizing neural style-transfer for
    /// video").
    pub stability: f32,
    /// Largest amplitude of the noise of the stability loss, as a part of white.
    pub noise: f32,
}

impl TrainLoss {
    /// Returns the default weights: content at `relu3_3`, style at the last layers of four blocks.
    ///
    /// # Errors
    /// [`Error::Style`] when `vgg` lacks one of the layers.
    pub fn of(vgg: &Vgg) -> Result<Self> {
        let layers = |names: &[&str]| names.iter().map(|n| Ok((vgg.layer(n)?, 1.0))).collect::<Result<_>>();
        Ok(Self {
            content: Term { weight: 1.0, layers: layers(&["relu3_3"])? },
            style: Term { weight: 6.0, layers: layers(&["relu1_2", "relu2_2", "relu3_3", "relu4_3"])? },
            style_loss: TrainStyleLoss::Gram,
            color: 1.5,
            variation: 0.0,
            stability: 0.0,
            noise: 0.04,
        })
    }
}
