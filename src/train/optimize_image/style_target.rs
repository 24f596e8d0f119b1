//! Paintings as style targets, with weights and masks.

use burn::tensor::Device;

use super::checkpoint::Fingerprint;
use crate::error::{Error, Result};
use crate::image::color_match::{ColorStatistics, ColorTarget};
use crate::image::composite::LUMA;
use crate::image::{Image, mean_variance};
use crate::train::device::upload;
use crate::train::losses::Source;

/// The smallest mean of a mask: a darker mask is treated as a mistake.
const LEAST: f32 = 1e-4;

/// A painting as style target.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleTarget {
    /// The painting.
    pub picture: Image,
    /// Weight relative to those of the other paintings.
    pub weight: f32,
    /// Mask of the photo for the region where the style applies: white is full, black is none. It may have any size and
    /// is stretched to the photo.
    pub mask: Option<Image>,
    /// Mask of the painting for the part that defines the style, likewise.
    pub style_mask: Option<Image>,
}

impl StyleTarget {
    /// Makes a target of a whole painting for the whole photo.
    pub fn new(picture: Image, weight: f32) -> Self {
        Self { picture, weight, mask: None, style_mask: None }
    }

    /// Checks weight and masks.
    ///
    /// # Errors
    /// [`Error::Style`] for a weight below 0 or not finite, [`Error::Picture`] for a mask that is black everywhere.
    pub(super) fn check(&self) -> Result<()> {
        if !self.weight.is_finite() || self.weight < 0.0 {
            return Err(Error::Style(format!(
                "{} is not a weight: weights of paintings are numbers of at least 0.",
                self.weight
            )));
        }
        for mask in self.mask.iter().chain(&self.style_mask) {
            let left = mask.data().iter().sum::<f32>() / mask.data().len() as f32;
            if left.is_nan() || left < LEAST {
                return Err(Error::Picture(
                    "A mask is black everywhere: make the region where it applies white.".to_string(),
                ));
            }
        }
        Ok(())
    }

    /// Converts the masks to grey, as the losses require.
    pub(super) fn with_grey_masks(mut self) -> Result<Self> {
        let grey = |mask: Option<Image>| mask.map(|mask| luminance(&mask)).transpose();
        (self.mask, self.style_mask) = (grey(self.mask)?, grey(self.style_mask)?);
        Ok(self)
    }

    /// Converts the painting to grey, with the brightness and contrast of `photo`, which is grey.
    pub(super) fn grey(self, photo: &Image) -> Result<Self> {
        Ok(Self { picture: matched(&luminance(&self.picture)?, photo)?, ..self })
    }

    /// Returns the colours of paintings: one target for those without a mask, one for each mask.
    ///
    /// # Errors
    /// As [`Image::resized`], for masks.
    pub(super) fn colors(paintings: &[Self]) -> Result<Vec<ColorTarget>> {
        let target = |group: &[&Self]| {
            let pictures =
                group.iter().map(|painting| (&painting.picture, painting.weight, painting.style_mask.as_ref()));
            Ok(ColorTarget {
                colors: ColorStatistics::of(pictures)?,
                weight: group.iter().map(|painting| painting.weight).sum(),
                mask: group.first().and_then(|painting| painting.mask.clone()),
            })
        };
        let (masked, whole): (Vec<_>, Vec<_>) = paintings.iter().partition(|painting| painting.mask.is_some());
        let groups = masked.chunks(1).chain((!whole.is_empty()).then_some(&whole[..]));
        groups.map(target).collect()
    }

    /// Returns the input of the style loss, with the painting resized to `longer` pixels on the longer side.
    pub(super) fn source(&self, longer: usize, device: &Device) -> Result<Source> {
        let (width, height) = Image::fitted(self.picture.width(), self.picture.height(), longer);
        Ok(Source {
            painting: upload(&self.picture.resized(width, height)?, device),
            weight: self.weight,
            mask: self.mask.clone(),
            style_mask: self.style_mask.clone(),
        })
    }

    /// Adds picture, weight and masks to the fingerprint.
    pub(super) fn print(&self, print: &mut Fingerprint) {
        for (what, picture) in
            [("painting", Some(&self.picture)), ("mask", self.mask.as_ref()), ("part", self.style_mask.as_ref())]
        {
            if let Some(picture) = picture {
                print.add(format!("{what} {}x{} {}", picture.width(), picture.height(), self.weight).as_bytes());
                print.add(&picture.to_rgba8());
            }
        }
    }
}

impl From<(Image, f32)> for StyleTarget {
    fn from((picture, weight): (Image, f32)) -> Self {
        Self::new(picture, weight)
    }
}

/// Returns the luma of a picture on all three channels.
pub(super) fn luminance(picture: &Image) -> Result<Image> {
    let luma = |p: &[f32]| p.iter().zip(LUMA).map(|(v, weight)| v * weight).sum::<f32>();
    let data = picture.data().chunks_exact(3).flat_map(|p| [luma(p); 3]).collect();
    Image::new(picture.width(), picture.height(), data)
}

/// Returns `painting` with the mean and standard deviation of `photo`, both grey. Otherwise the optimization would
/// match the painting's brightness rather than its strokes.
fn matched(painting: &Image, photo: &Image) -> Result<Image> {
    let statistics = |image: &Image| mean_variance(image.data());
    let ((from, variance), (to, aim)) = (statistics(painting), statistics(photo));
    let gain = (aim / variance.max(f32::MIN_POSITIVE)).sqrt();
    // A painting of one colour has no contrast to scale.
    let gain = if gain.is_finite() { gain } else { 1.0 };
    let data = painting.data().iter().map(|v| ((v - from) * gain + to).clamp(0.0, 1.0)).collect();
    Image::new(painting.width(), painting.height(), data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matched_painting_has_the_photos_brightness_and_contrast() {
        let image = |f: fn(usize) -> f32| Image::new(8, 8, (0..192).map(|i| f(i / 3)).collect()).unwrap();
        let (painting, photo) = (image(|i| 0.1 + i as f32 * 0.001), image(|i| 0.3 + i as f32 * 0.004));
        let found = matched(&painting, &photo).unwrap();
        for (a, b) in found.data().iter().zip(photo.data()) {
            assert!((a - b).abs() < 1e-4, "{a} for {b}");
        }
        let flat = matched(&image(|_| 0.5), &photo).unwrap();
        assert!(flat.data().iter().all(|v| v.is_finite()));
    }

    #[test]
    fn luminance_is_grey() {
        let picture = Image::new(1, 1, vec![1.0, 0.5, 0.0]).unwrap();
        let expected = 0.299 + 0.5 * 0.587;
        assert!(luminance(&picture).unwrap().data().iter().all(|v| (v - expected).abs() < 1e-6));
    }
}
