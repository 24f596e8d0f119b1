//! Settings of neighbour matching.

use super::memory::{Convolutions, Limits, MemoryEstimate, check_memory};
use super::optimize_settings::{STYLE_SCALES, scaled};
use super::optimizer::Optimizer;
use super::tiles::largest;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::{Layer, VGG16};

/// The smallest size of a run has fewer than twice as many pixels on the longer side.
const SMALLEST: usize = 64;
/// The largest size that has all steps, and the fewest steps of larger ones.
const MANY_STEPS: usize = 512;
const FEWEST: usize = 10;
/// Pixels of a picture for each position that is matched, along each side, and the most positions of a painting along a side
/// that are compared.
pub(crate) const STEP: usize = 4;
pub(crate) const SAMPLED: usize = 64;
/// Orientations of a painting that are compared.
pub(crate) const ORIENTATIONS: usize = 4;
/// Copies of the features of all positions that exist while they are matched: by layer, in one matrix, centred, scaled.
const COPIES: u64 = 4;
/// Copies of the features of the picture's positions during a step, with those for the gradient.
const STEP_COPIES: u64 = 8;
/// The same where a kernel reads the features in place: the targets alone.
const PROCESSOR_COPIES: u64 = 2;
/// Positions whose packed features exist at a time during a search.
const PACKED: u64 = 4096;
/// Steps of feature splitting between two searches. The picture changes little in between.
pub(crate) const FOUND_AGAIN: usize = 4;

/// Settings of an optimization by neighbour matching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourSettings {
    /// Pixels on the longer side of the result.
    pub size: usize,
    /// Number of steps at each size up to 512 pixels.
    pub steps: usize,
    /// How much of the painting the result has, 0 to 1: how far matching looks at the picture that is painted so far instead of the
    /// photo, and the number of steps of feature splitting.
    pub strength: f32,
    /// As [`super::Settings::style_scale`].
    pub style_scale: f32,
    /// Optimizes the luminance only and keeps the colours of the photo.
    pub keep_colors: bool,
    /// Gives the result the mean and the covariance of the paintings' colours. Without it, results may be pale: the finest detail
    /// is painted without regard to contrast.
    pub match_colors: bool,
}

impl Default for NeighbourSettings {
    fn default() -> Self {
        Self { size: 512, steps: 100, strength: 0.5, style_scale: 1.0, keep_colors: false, match_colors: true }
    }
}

impl NeighbourSettings {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Style`] for a strength outside 0..1, no steps, a style scale outside 0.1..10, sizes below 32, and
    /// colours that are both kept and matched.
    pub fn check(&self) -> Result<()> {
        let problem = if !(0.0..=1.0).contains(&self.strength) {
            "The strength must be a number from 0 to 1."
        } else if self.steps == 0 {
            "Every size needs at least one step."
        } else if !STYLE_SCALES.contains(&self.style_scale) {
            "The style scale must be a number from 0.1 to 10."
        } else if self.keep_colors && self.match_colors {
            "Colours are either kept or matched: choose one of both."
        } else if self.size < 32 {
            "Neighbour matching needs at least 32 pixels on the longer side."
        } else {
            return Ok(());
        };
        Err(Error::Style(problem.to_string()))
    }

    /// Returns the number of sizes, each with twice the sides of the one before.
    pub fn sizes(&self) -> usize {
        (self.size / SMALLEST).max(1).ilog2() as usize + 1
    }

    /// Returns how much of the picture that is painted so far is mixed into the photo for matching.
    pub fn mix(&self) -> f32 {
        0.5 * self.strength
    }

    /// Returns the number of steps at a stage: those of the sizes, then feature splitting.
    pub fn steps_at(&self, stage: usize) -> usize {
        match stage.cmp(&self.sizes()) {
            std::cmp::Ordering::Less => Self::fewer(self.size >> (self.sizes() - 1 - stage), self.steps),
            std::cmp::Ordering::Equal => {
                Self::fewer(self.size, (0.8 * self.strength * self.steps as f32).round() as usize)
            }
            std::cmp::Ordering::Greater => 0,
        }
    }

    /// Returns the part of `steps` that is done at a size of `longer` pixels: half of them above 512 pixels, where steps are slow
    /// and the sizes before have done most, a quarter above 1024, and so on.
    fn fewer(longer: usize, steps: usize) -> usize {
        steps.min((steps >> longer.div_ceil(MANY_STEPS).next_power_of_two().ilog2()).max(FEWEST))
    }

    /// Returns the approximate peak memory in bytes for a photo and paintings of these sizes.
    ///
    /// # Errors
    /// None.
    pub fn peak(
        &self,
        (width, height): (usize, usize),
        paintings: &[(usize, usize)],
        convolutions: Convolutions,
    ) -> Result<u64> {
        let last = VGG16.layer("relu4_3")?;
        let estimate = MemoryEstimate {
            vgg: VGG16,
            last,
            style: Vec::new(),
            style_scale: self.style_scale,
            optimizer: Optimizer::Adam,
            convolutions,
        };
        let layers = || VGG16.layers().take_while(|layer| *layer <= last);
        let channels: u64 = layers().map(|layer| layer.outputs() as u64).sum();
        let positions = |width: usize, height: usize, step: usize| {
            let side = |pixels: usize| (pixels / STEP).max(1).div_ceil(step) as u64;
            side(width) * side(height)
        };
        let [seen, (rows, columns)] = largest(height, width);
        let own = positions(columns, rows, 1);
        let count = paintings.len() as u64;
        let most_matching = paintings.iter().map(|painting| {
            let longer = scaled(width.max(height), self.style_scale);
            let (columns, rows) = Image::fitted(painting.0, painting.1, longer);
            let step = (columns.max(rows) / STEP).div_ceil(SAMPLED).max(1);
            let found = ORIENTATIONS as u64 * positions(columns, rows, step);
            let [(rows, columns), _] = largest(rows, columns);
            let pixels = |layer: Layer| layer.outputs() as u64 * (layer.size(columns) * layer.size(rows)) as u64;
            layers().map(pixels).sum::<u64>() + COPIES * (own + found) * channels
        });
        let targets = own * channels * count.saturating_sub(1);
        let matching = most_matching.max().unwrap_or(0) + targets;
        let samples = ORIENTATIONS as u64 * (SAMPLED * SAMPLED) as u64 * channels;
        let copies = match convolutions {
            Convolutions::Processor => PROCESSOR_COPIES,
            _ => STEP_COPIES,
        };
        let stepping = count * (copies * own * channels + samples);
        Ok(estimate.peak_in_tiles((width, height), (seen.1, seen.0)) + 4 * (matching.max(stepping) + PACKED * channels))
    }

    /// Checks that a run for a photo and paintings of these sizes stays within `limits`.
    ///
    /// # Errors
    /// [`Error::TooLarge`], with the largest size that fits.
    pub fn check_memory(
        &self,
        photo: (usize, usize),
        paintings: &[(usize, usize)],
        convolutions: Convolutions,
        limits: Limits,
    ) -> Result<()> {
        let (width, height) = Image::fitted(photo.0, photo.1, self.size);
        // The parts that depend on names of layers do not fail.
        let peak = |width, height| self.peak((width, height), paintings, convolutions).unwrap_or(u64::MAX);
        check_memory((width, height), limits.total, peak)
    }

    /// Returns the number of all steps.
    pub fn steps_of_run(&self) -> usize {
        (0..=self.sizes()).map(|stage| self.steps_at(stage)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_double_from_64_pixels_and_strength_adds_steps() {
        let sizes = |size| NeighbourSettings { size, ..NeighbourSettings::default() }.sizes();
        assert_eq!([32, 64, 127, 128, 500, 512, 2048].map(sizes), [1, 1, 1, 2, 3, 4, 6]);
        let settings = NeighbourSettings::default();
        assert_eq!((settings.mix(), settings.steps_at(4), settings.steps_of_run()), (0.25, 40, 440));
        let large = NeighbourSettings { size: 2048, ..settings };
        assert_eq!([0, 3, 4, 5, 6, 7].map(|stage| large.steps_at(stage)), [100, 100, 50, 25, 10, 0]);
        let photo = NeighbourSettings { strength: 0.0, ..settings };
        assert_eq!((photo.mix(), photo.steps_at(4), photo.steps_of_run()), (0.0, 0, 400));
    }

    #[test]
    fn memory_grows_with_the_size_and_too_much_is_refused_with_a_size_that_fits() {
        let settings = NeighbourSettings::default();
        let peak = |side| settings.peak((side, side), &[(640, 480)], Convolutions::Processor).unwrap();
        assert!(peak(256) < peak(512) && peak(512) < peak(1024));
        let both = settings.peak((512, 512), &[(640, 480); 2], Convolutions::Processor).unwrap();
        assert!(both > peak(512) && both < 2 * peak(512), "{both} and {}", peak(512));
        let limits = |total| Limits { total, buffer: u64::MAX };
        let check = |total| settings.check_memory((300, 300), &[(640, 480)], Convolutions::Processor, limits(total));
        assert!(check(peak(512)).is_ok());
        let Err(Error::TooLarge { fits, .. }) = check(peak(512) - 1) else { panic!("it fits") };
        assert!(fits < 512 && peak(fits) < peak(512) && fits > 400, "{fits}");
    }

    #[test]
    fn invalid_settings_are_refused() {
        let good = NeighbourSettings::default();
        assert!(good.check().is_ok());
        for wrong in [
            NeighbourSettings { strength: f32::NAN, ..good },
            NeighbourSettings { strength: 1.1, ..good },
            NeighbourSettings { steps: 0, ..good },
            NeighbourSettings { size: 31, ..good },
            NeighbourSettings { keep_colors: true, ..good },
            NeighbourSettings { style_scale: 11.0, ..good },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
