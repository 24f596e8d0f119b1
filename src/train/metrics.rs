//! Metrics of a stylized picture with VGG16's features: its distance to a painting's style and to a photo. They compare
//! methods.

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};

use super::device::{read, upload};
use super::losses::perceptual::Targets;
use super::{Features, Terms};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::Pooling;
use crate::net::models::vgg::{Layer, VGG16};
use crate::settings::TrainLoss;
use crate::weights::Archive;

/// Added to feature norms, to avoid dividing by zero.
const SMALLEST: f32 = 1e-10;
/// The layers of [`Metrics::distance`].
const DISTANCE: [&str; 4] = ["relu1_2", "relu2_2", "relu3_3", "relu4_3"];

/// Style, colour, content and perceptual distance of one stylized picture. Smaller is nearer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// Style distance by Gram matrices: the mean over `relu1_2`, `relu2_2`, `relu3_3`, `relu4_3` of
    /// `sum((G - S)^2) / sum(S^2)`.
    pub style: f32,
    /// Colour distance, as [`super::losses::color::ColorStatistics::distance`].
    pub colours: f32,
    /// Content distance: `mean((F - C)^2) / mean(C^2)` at `relu3_3`.
    pub content: f32,
    /// Perceptual distance between the stylized picture and the photo: squared differences of features normalized to
    /// length 1 at each position, averaged over positions and summed over `relu1_2`, `relu2_2`, `relu3_3` and `relu4_3` (LPIPS:
    /// Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", with VGG16, without
    /// the learned weights and without the last layer).
    pub distance: f32,
}

/// Computes [`Metrics`] of stylized pictures.
pub struct Evaluator {
    features: Features,
    loss_weights: TrainLoss,
    distance: BTreeSet<Layer>,
    device: Device,
}

impl Evaluator {
    /// Loads VGG16's weights from `vgg`.
    ///
    /// # Errors
    /// As [`Features::load`].
    pub fn new(vgg: &Archive, device: &Device) -> Result<Self> {
        let loss_weights = TrainLoss::of(&VGG16)?;
        let distance: BTreeSet<Layer> = DISTANCE.iter().map(|name| VGG16.layer(name)).collect::<Result<_>>()?;
        let last = distance.last().copied().map_or_else(|| Terms::of(&VGG16)?.last(), Ok)?;
        let features = Features::load(vgg, VGG16, Pooling::Max, last, device)?;
        Ok(Self { features, loss_weights, distance, device: device.clone() })
    }

    /// Computes the metrics of `painted`, the stylized `photo` in the style of `painting`. `painted` and `photo` are
    /// resized to `longer` pixels on the longer side, `painting` to `strokes` pixels.
    ///
    /// # Errors
    /// [`Error::Picture`] when a picture has fewer than 16 pixels on a side after resizing, otherwise as [`read`].
    pub async fn evaluate(
        &self,
        painted: &Image,
        photo: &Image,
        painting: &Image,
        longer: usize,
        strokes: usize,
    ) -> Result<Metrics> {
        let (width, height) = Image::fitted(photo.width(), photo.height(), longer);
        let (columns, rows) = Image::fitted(painting.width(), painting.height(), strokes);
        if width.min(height).min(columns).min(rows) < 16 {
            return Err(Error::Picture("Metrics need pictures of at least 16 pixels a side.".to_string()));
        }
        let painting = upload(&painting.resized(columns, rows)?, &self.device);
        let [painted, photo] = [painted, photo].map(|picture| picture.resized(width, height));
        let (painted, photo) = (upload(&painted?, &self.device), upload(&photo?, &self.device));
        let targets =
            Targets::new(&self.features, &self.loss_weights, &[(painting, 1.0)], std::slice::from_ref(&photo));
        let [_, content, style, colours, _] = targets.losses(&self.features, painted.clone(), photo.clone(), 0);
        let [painted, photo] = [painted, photo].map(|picture| self.features.of(picture, &self.distance));
        let distances = self.distance.iter().map(|layer| {
            let off = unit(painted[layer].planes()) - unit(photo[layer].planes());
            (off.clone() * off).sum_dim(1).mean()
        });
        let distance = Tensor::cat(distances.collect(), 0).sum();
        match read(Tensor::cat(vec![style, colours, content, distance], 0)).await?[..] {
            [style, colours, content, distance] => Ok(Metrics { style, colours, content, distance }),
            _ => Err(Error::Gpu("the metrics have too few numbers".to_string())),
        }
    }
}

/// Normalizes features, `[pictures][channels][pixels]`, to length 1 at each position.
fn unit(features: Tensor<3>) -> Tensor<3> {
    let length = (features.clone() * features.clone()).sum_dim(1).sqrt();
    features / (length + SMALLEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedural::Kind;
    use crate::train::device::cpu;

    #[test]
    fn a_picture_is_nearest_to_itself() {
        let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors")).unwrap();
        let evaluator = Evaluator::new(&vgg, &cpu()).unwrap();
        let [photo, painting] = ["glass", "swirls"].map(|name| Kind::named(name).unwrap().paint(64, 1).unwrap());
        let of = |painted: &Image| pollster::block_on(evaluator.evaluate(painted, &photo, &painting, 64, 64)).unwrap();
        let (as_photo, as_painting) = (of(&photo), of(&painting));
        assert!(
            as_photo.content < 1e-6 && as_photo.distance < 1e-6 && as_photo.style > 0.1 && as_photo.colours > 0.1,
            "{as_photo:?}"
        );
        assert!(
            as_painting.style.max(as_painting.colours) < 1e-6
                && as_painting.content > 0.1
                && as_painting.distance > 0.1,
            "{as_painting:?}"
        );
        let narrow = photo.resized(64, 4).unwrap();
        assert!(pollster::block_on(evaluator.evaluate(&narrow, &narrow, &painting, 64, 64)).is_err());
    }
}
