//! Metrics of a stylized picture: its distance to a painting's style and to a photo with VGG16's features, and the grid that a
//! network leaves in flat parts. They compare methods.

mod patches;
pub mod sampling;
pub mod weave;

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};

pub use patches::PatchTargets;

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

/// The figures of one stylized picture. Smaller is nearer.
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
    /// Distance of positions of the picture to their nearest position of the painting, as [`PatchTargets::figures`].
    pub to: f32,
    /// Distance of positions of the painting to their nearest position of the picture, as [`PatchTargets::figures`].
    pub cover: f32,
    /// Difference of self-similarity between picture and photo, as [`PatchTargets::figures`].
    pub structure: f32,
    /// Strength of the grid that a network leaves where the photo is flat, as [`weave::weave`]; `None` for a small picture.
    pub weave: Option<f32>,
}

/// Computes [`Metrics`] of pictures which are all one photo in the style of one painting.
pub struct Evaluator<'a> {
    features: Features,
    targets: Targets,
    distance: BTreeSet<Layer>,
    patches: PatchTargets,
    photo: &'a Image,
    /// The photo as VGG16 sees it.
    small: Tensor<4>,
    device: Device,
}

impl<'a> Evaluator<'a> {
    /// Loads VGG16's weights from `vgg`, and computes the features of `photo`, resized to `longer` pixels on the longer side, and
    /// of `painting`, resized to `strokes` pixels. Patches are compared at a size of their own.
    ///
    /// # Errors
    /// [`Error::Picture`] when a picture has fewer than 16 pixels on a side after resizing, otherwise as [`Features::load`].
    pub fn new(
        vgg: &Archive,
        (photo, painting): (&'a Image, &Image),
        (longer, strokes): (usize, usize),
        device: &Device,
    ) -> Result<Self> {
        let (width, height) = Image::fitted(photo.width(), photo.height(), longer);
        let (columns, rows) = Image::fitted(painting.width(), painting.height(), strokes);
        if width.min(height).min(columns).min(rows) < 16 {
            return Err(Error::Picture("Metrics need pictures of at least 16 pixels a side.".to_string()));
        }
        let distance: BTreeSet<Layer> = DISTANCE.iter().map(|name| VGG16.layer(name)).collect::<Result<_>>()?;
        let last = distance.last().copied().map_or_else(|| Terms::of(&VGG16)?.last(), Ok)?;
        let features = Features::load(vgg, VGG16, Pooling::Max, last, device)?;
        let patches = PatchTargets::new(&features, photo, painting, device)?;
        let painting = upload(&painting.resized(columns, rows)?, device);
        let small = upload(&photo.resized(width, height)?, device);
        let targets =
            Targets::new(&features, &TrainLoss::of(&VGG16)?, &[(painting, 1.0)], std::slice::from_ref(&small));
        Ok(Self { features, targets, distance, patches, photo, small, device: device.clone() })
    }

    /// Computes the metrics of `painted`, the stylized photo, which may have another size.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn evaluate(&self, painted: &Image) -> Result<Metrics> {
        let weave = weave::weave(painted, self.photo)?;
        let [to, cover, structure] = self.patches.figures(&self.features, painted, &self.device)?;
        let [_, _, height, width] = self.small.dims();
        let painted = upload(&painted.resized(width, height)?, &self.device);
        let [_, content, style, colours, _] =
            self.targets.losses(&self.features, painted.clone(), self.small.clone(), 0);
        let [painted, photo] = [painted, self.small.clone()].map(|picture| self.features.of(picture, &self.distance));
        let distances = self.distance.iter().map(|layer| {
            let off = unit(painted[layer].planes()) - unit(photo[layer].planes());
            (off.clone() * off).sum_dim(1).mean()
        });
        let distance = Tensor::cat(distances.collect(), 0).sum();
        let figures = vec![style, colours, content, distance, to, cover, structure];
        match read(Tensor::cat(figures, 0)).await?[..] {
            [style, colours, content, distance, to, cover, structure] => {
                Ok(Metrics { style, colours, content, distance, to, cover, structure, weave })
            }
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
        let vgg = Archive::parse(include_bytes!("../../../weights/vgg16-to-relu4_3.safetensors")).unwrap();
        let [photo, painting] = ["glass", "swirls"].map(|name| Kind::named(name).unwrap().paint(64, 1).unwrap());
        let evaluator = Evaluator::new(&vgg, (&photo, &painting), (64, 64), &cpu()).unwrap();
        let of = |painted: &Image| pollster::block_on(evaluator.evaluate(painted)).unwrap();
        let (as_photo, as_painting) = (of(&photo), of(&painting));
        let none = as_photo.content.max(as_photo.distance).max(as_photo.structure);
        let some = [as_photo.style, as_photo.colours, as_photo.to, as_photo.cover];
        assert!(none < 1e-6 && some.iter().all(|figure| *figure > 0.1), "{as_photo:?}");
        let none = as_painting.style.max(as_painting.colours).max(as_painting.to).max(as_painting.cover);
        let some = [as_painting.content, as_painting.distance, as_painting.structure];
        assert!(none < 1e-6 && some.iter().all(|figure| *figure > 0.1), "{as_painting:?}");
        let narrow = photo.resized(64, 4).unwrap();
        assert!(Evaluator::new(&vgg, (&narrow, &painting), (64, 64), &cpu()).is_err());
    }
}
