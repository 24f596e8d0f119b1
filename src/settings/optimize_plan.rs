//! Sizes, memory and time of an optimization with either method, before anything is allocated.

use serde::Serialize;

use super::memory::{Convolutions, Limits, MemoryEstimate};
use super::neighbour_work::{StageWork, stages};
use super::neighbours::NeighbourSettings;
use super::optimize_settings::Settings;
use super::time::{MeasuredStep, step_times, steps_for};
use crate::error::Result;
use crate::image::Image;

/// The limits of the number of steps that a chosen time becomes: fewer give no painting, more change nothing. With `gram` steps
/// at the first size.
const GRAM_STEPS: (usize, usize) = (20, 3000);
/// With `neighbours` steps at each size.
const NEIGHBOUR_STEPS: (usize, usize) = (25, 400);
/// A painting whose proportions are unknown is assumed to be square: no other has more pixels.
const SQUARE: (usize, usize) = (1, 1);

/// Settings of an optimization, and its method with them.
#[derive(Debug, Clone, PartialEq)]
pub enum MethodSettings {
    /// Statistics of features (Gatys, Ecker, Bethge 2015).
    Gram(Settings),
    /// Neighbour matching (Kolkin et al. 2022).
    Neighbours(NeighbourSettings),
}

/// Sizes and costs of a run, computed before anything is allocated.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Stages in order: sizes with their steps. Feature splitting is one more, at the largest size.
    pub scales: Vec<PlannedScale>,
    /// Approximate memory in bytes at the largest size.
    pub peak: u64,
    /// Multiply-adds of all steps, forward and backward pass, and of searches for neighbours.
    pub multiply_adds: u64,
}

/// One size of a run in pixels, and the number of steps at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlannedScale {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Number of steps at this size.
    pub steps: usize,
}

/// Memory of a run whose final size is `size` pixels on the longer side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SizeEstimate {
    /// Pixels on the longer side.
    pub size: usize,
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Approximate memory in bytes.
    pub bytes: u64,
    /// Whether the run stays within the limits.
    pub fits: bool,
}

/// The steps of a run that takes a chosen time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimedSteps {
    /// Number of steps, as in the settings.
    pub steps: usize,
    /// Estimated time of a step in milliseconds at each stage of the plan.
    pub step_times: Vec<f64>,
    /// Estimated time of the preparation in milliseconds before each stage.
    pub preparation_times: Vec<f64>,
}

impl MethodSettings {
    /// Returns the pixels on the longer side of the result.
    pub fn size(&self) -> usize {
        match self {
            Self::Gram(settings) => settings.scales.last().map_or(1, |scale| scale.longer),
            Self::Neighbours(settings) => settings.size,
        }
    }

    /// Returns the number of steps at each stage.
    pub fn steps(&self) -> Vec<usize> {
        match self {
            Self::Gram(settings) => settings.scales.iter().map(|scale| scale.steps).collect(),
            Self::Neighbours(settings) => {
                let steps = (0..=settings.sizes()).map(|stage| settings.steps_at(stage));
                steps.filter(|steps| *steps > 0).collect()
            }
        }
    }

    /// Returns the stages for a photo of `width` x `height`.
    pub fn scales(&self, width: usize, height: usize) -> Vec<PlannedScale> {
        let size = |stage: usize| match self {
            Self::Gram(settings) => Image::fitted(width, height, settings.scales[stage].longer),
            Self::Neighbours(settings) => {
                let (width, height) = Image::fitted(width, height, settings.size);
                let halved = settings.sizes().saturating_sub(stage + 1);
                ((width >> halved).max(1), (height >> halved).max(1))
            }
        };
        let scale = |(stage, steps)| {
            let (width, height) = size(stage);
            PlannedScale { width, height, steps }
        };
        self.steps().into_iter().enumerate().map(scale).collect()
    }

    /// Checks that a run for a photo and paintings of these sizes stays within `limits`.
    ///
    /// # Errors
    /// [`crate::error::Error::TooLarge`], with the largest size that fits, and as [`MemoryEstimate::of`].
    pub fn check_memory(
        &self,
        photo: (usize, usize),
        paintings: &[(usize, usize)],
        convolutions: Convolutions,
        limits: Limits,
    ) -> Result<()> {
        match self {
            Self::Gram(settings) => {
                let (width, height) = Image::fitted(photo.0, photo.1, self.size());
                MemoryEstimate::of(settings, convolutions)?.check(width, height, limits)
            }
            Self::Neighbours(settings) => settings.check_memory(photo, paintings, convolutions, limits),
        }
    }

    /// Returns the memory of the run with `convolutions` at each of the `sizes`, instead of its own, for a photo of `width` x
    /// `height` and this number of paintings.
    ///
    /// # Errors
    /// As [`MemoryEstimate::of`] and [`NeighbourSettings::peak`].
    pub fn sizes(
        &self,
        (width, height): (usize, usize),
        paintings: usize,
        sizes: &[usize],
        convolutions: Convolutions,
        limits: Limits,
    ) -> Result<Vec<SizeEstimate>> {
        let paintings = vec![SQUARE; paintings];
        let at = |&size: &usize| {
            let (width, height) = Image::fitted(width, height, size);
            let (bytes, fits) = match self {
                Self::Gram(settings) => {
                    let estimate = MemoryEstimate::of(settings, convolutions)?;
                    (estimate.peak(width, height), estimate.check(width, height, limits).is_ok())
                }
                Self::Neighbours(settings) => {
                    let settings = NeighbourSettings { size, ..*settings };
                    let bytes = settings.peak((width, height), &paintings, convolutions)?;
                    (bytes, settings.check_memory((width, height), &paintings, convolutions, limits).is_ok())
                }
            };
            Ok(SizeEstimate { size, width, height, bytes, fits })
        };
        sizes.iter().map(at).collect()
    }

    /// Returns the stages and costs of the run for a photo of `width` x `height` and this number of paintings.
    ///
    /// # Errors
    /// As [`Self::check_memory`].
    pub fn plan(
        &self,
        (width, height): (usize, usize),
        paintings: usize,
        convolutions: Convolutions,
        limits: Limits,
    ) -> Result<Plan> {
        self.check_memory((width, height), &vec![SQUARE; paintings], convolutions, limits)?;
        let scales = self.scales(width, height);
        let work = self.work(&scales, paintings)?;
        let multiply_adds = scales.iter().zip(&work).map(|(scale, work)| work.of_steps(scale.steps)).sum();
        let size = self.sizes((width, height), paintings, &[self.size()], convolutions, limits)?;
        let peak = size.first().map_or(0, |size| size.bytes);
        Ok(Plan { scales, peak, multiply_adds })
    }

    /// Returns the number of steps for a run of `minutes`, within limits, and the times of a step. The number of steps of these
    /// settings counts only as a ratio between the stages.
    ///
    /// # Errors
    /// [`crate::error::Error::Style`] for layers that the network does not have.
    pub fn timed(
        &self,
        (width, height): (usize, usize),
        paintings: usize,
        minutes: f64,
        measured: &[MeasuredStep],
    ) -> Result<TimedSteps> {
        let scales = self.scales(width, height);
        let work = self.work(&scales, paintings)?;
        let passes = step_times(scales.iter().map(|scale| (scale.width, scale.height)), measured);
        let step_times: Vec<f64> = passes.iter().zip(&work).map(|(time, work)| time * work.step_in_passes()).collect();
        let preparation_times: Vec<f64> =
            passes.iter().zip(&work).map(|(time, work)| time * work.preparation_in_passes()).collect();
        let first = scales.first().map_or(1, |scale| scale.steps) as f64;
        let shares: Vec<f64> = scales.iter().map(|scale| scale.steps as f64 / first).collect();
        let limits = match self {
            Self::Gram(_) => GRAM_STEPS,
            Self::Neighbours(_) => NEIGHBOUR_STEPS,
        };
        let milliseconds = minutes * 60_000.0 - preparation_times.iter().sum::<f64>();
        let steps = steps_for(milliseconds, &shares, &step_times, limits);
        Ok(TimedSteps { steps, step_times, preparation_times })
    }

    /// Returns the work at each stage.
    fn work(&self, scales: &[PlannedScale], paintings: usize) -> Result<Vec<StageWork>> {
        match self {
            Self::Gram(settings) => {
                let net = settings.vgg.network(settings.pooling, settings.terms.last()?);
                let work = |scale: &PlannedScale| {
                    // The backward pass through a convolution to its input costs as much as the forward pass.
                    let pass = 2 * net.multiply_adds(scale.height, scale.width)?;
                    Ok(StageWork { pass, search: 0, preparation: 0 })
                };
                scales.iter().map(work).collect()
            }
            Self::Neighbours(settings) => {
                let sizes: Vec<_> = scales.iter().map(|scale| (scale.width, scale.height)).collect();
                stages(settings, &sizes, paintings)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::net::Pooling;
    use crate::net::models::vgg::VGG16;
    use crate::settings::Terms;
    use crate::settings::optimizer::Optimizer;
    use crate::settings::schedule::coarse_to_fine;

    const ROOMY: Limits = Limits { total: 4_000_000_000, buffer: 1 << 30 };

    fn gram(smallest: usize, size: usize, steps: usize) -> Settings {
        Settings {
            vgg: VGG16,
            pooling: Pooling::Average,
            terms: Terms::of(&VGG16).unwrap(),
            scales: coarse_to_fine(smallest, size, steps),
            optimizer: Optimizer::Adam,
            rate: 0.02,
            style_scale: 1.0,
            keep_colors: false,
        }
    }

    fn neighbours(size: usize, strength: f32) -> MethodSettings {
        MethodSettings::Neighbours(NeighbourSettings { size, strength, ..NeighbourSettings::default() })
    }

    fn planned(scales: &[(usize, usize, usize)]) -> Vec<PlannedScale> {
        scales.iter().map(|&(width, height, steps)| PlannedScale { width, height, steps }).collect()
    }

    #[test]
    fn a_plan_of_gram_names_sizes_and_counts_work() {
        let plan = MethodSettings::Gram(gram(91, 128, 4)).plan((400, 200), 1, Convolutions::Ours, ROOMY).unwrap();
        assert_eq!(plan.scales, planned(&[(91, 46, 4), (128, 64, 2)]));
        let net = VGG16.network(Pooling::Average, VGG16.layer("relu4_2").unwrap());
        let one = |width, height| net.multiply_adds(height, width).unwrap();
        assert_eq!(plan.multiply_adds, 2 * (4 * one(91, 46) + 2 * one(128, 64)));
    }

    #[test]
    fn a_plan_of_neighbours_halves_the_sizes_and_ends_with_feature_splitting() {
        let plan = neighbours(300, 0.5).plan((400, 270), 1, Convolutions::Ours, ROOMY).unwrap();
        assert_eq!(plan.scales, planned(&[(75, 50, 100), (150, 101, 100), (300, 203, 100), (300, 203, 40)]));
        let net = VGG16.network(Pooling::Max, VGG16.layer("relu4_3").unwrap());
        let passes: u64 =
            plan.scales.iter().map(|s| 2 * net.multiply_adds(s.height, s.width).unwrap() * s.steps as u64).sum();
        assert!((passes..2 * passes).contains(&plan.multiply_adds), "{} for {passes}", plan.multiply_adds);
        // Without strength the painting is matched once at each size, and there is no feature splitting.
        assert_eq!(neighbours(64, 0.0).scales(64, 43), planned(&[(64, 43, 100)]));
        assert_eq!(neighbours(64, 1.0).steps(), [100, 80]);
    }

    #[test]
    fn sizes_have_the_memory_of_their_plans() {
        let limits = Limits { total: 1_200_000_000, buffer: u64::MAX };
        let defaults = MethodSettings::Gram(gram(128, 512, 300));
        let sizes = defaults.sizes((300, 200), 1, &[64, 512, 768, 8192], Convolutions::Ours, limits).unwrap();
        let about: Vec<_> = sizes.iter().map(|s| (s.size, s.width, s.height, s.fits)).collect();
        assert_eq!(
            about,
            [(64, 64, 43, true), (512, 512, 341, true), (768, 768, 512, true), (8192, 8192, 5461, false)]
        );
        assert_eq!(sizes[1].bytes, defaults.plan((300, 200), 1, Convolutions::Ours, ROOMY).unwrap().peak);
        // What the page showed before: 2304 bytes for each pixel, and 54 MB for VGG.
        let square = defaults.sizes((1, 1), 1, &[256, 512, 1024], Convolutions::Ours, limits).unwrap();
        for SizeEstimate { width, height, bytes, .. } in square {
            let before = (width * height) as f64 * 2304.0 + 54e6;
            assert!((bytes as f64 / before - 1.0).abs() < 0.05, "{bytes} instead of {before}");
        }
        // Settings count.
        let lbfgs = Settings { optimizer: Optimizer::Lbfgs { history: 20 }, ..gram(128, 512, 300) };
        let lbfgs = MethodSettings::Gram(lbfgs).sizes((300, 200), 1, &[512], Convolutions::Ours, limits).unwrap();
        assert!(lbfgs[0].bytes > sizes[1].bytes);
        // The processor holds transformed weights.
        let processor = defaults.sizes((300, 200), 1, &[512], Convolutions::Processor, limits).unwrap();
        assert_eq!(processor[0].bytes, defaults.plan((300, 200), 1, Convolutions::Processor, ROOMY).unwrap().peak);
        assert!(processor[0].bytes > sizes[1].bytes + 100_000_000);
    }

    #[test]
    fn neighbours_take_memory_for_each_painting_and_square_ones_are_the_upper_bound() {
        let bytes = |paintings| {
            let sizes =
                neighbours(512, 0.5).sizes((300, 200), paintings, &[256, 512], Convolutions::Ours, ROOMY).unwrap();
            (sizes[0].bytes, sizes[1].bytes)
        };
        assert!(bytes(1).0 < bytes(1).1 && bytes(1).1 < bytes(3).1);
        let settings = NeighbourSettings::default();
        let narrow = settings.peak((512, 341), &[(640, 480)], Convolutions::Ours).unwrap();
        assert!(narrow <= bytes(1).1);
        assert_eq!(bytes(1).1, neighbours(512, 0.5).plan((300, 200), 1, Convolutions::Ours, ROOMY).unwrap().peak);
    }

    #[test]
    fn a_size_that_does_not_fit_is_refused_with_one_that_does() {
        for settings in [MethodSettings::Gram(gram(128, 4096, 9)), neighbours(4096, 0.5)] {
            let refused = settings.plan((400, 200), 1, Convolutions::Ours, ROOMY).unwrap_err();
            assert!(matches!(refused, Error::TooLarge { fits, .. } if fits < 4096), "{refused}");
        }
    }

    /// The milliseconds that a run takes, as its own estimate has them, without preparation.
    fn duration(settings: &MethodSettings, minutes: f64, measured: &[MeasuredStep]) -> (usize, f64) {
        let TimedSteps { steps, step_times, .. } = settings.timed((300, 300), 1, minutes, measured).unwrap();
        let scales = settings.scales(300, 300);
        let time = scales.iter().zip(&step_times).map(|(scale, time)| scale.steps as f64 * time).sum::<f64>();
        (steps, time * steps as f64 / scales[0].steps as f64)
    }

    #[test]
    fn minutes_become_steps_by_the_shares_of_the_stages() {
        let measured = |side: usize, milliseconds| MeasuredStep { width: side, height: side, milliseconds };
        let (steps, time) = duration(&MethodSettings::Gram(gram(128, 512, 300)), 5.0, &[measured(128, 20.0)]);
        assert!((20..3000).contains(&steps) && (time / 300_000.0 - 1.0).abs() < 0.01, "{steps} {time}");
        // Preparation takes a part of the time.
        let (steps, time) = duration(&neighbours(256, 0.5), 5.0, &[measured(64, 75.0)]);
        assert!((60..150).contains(&steps) && time < 300_000.0 && time > 240_000.0, "{steps} {time}");
    }

    #[test]
    fn the_number_of_steps_stays_within_the_limits_of_the_method() {
        let measured = |milliseconds| [MeasuredStep { width: 64, height: 64, milliseconds }];
        let steps = |settings: &MethodSettings, milliseconds| duration(settings, 10.0, &measured(milliseconds)).0;
        let gram = MethodSettings::Gram(gram(128, 256, 300));
        assert_eq!((steps(&gram, 1e6), steps(&gram, 1e-3)), (20, 3000));
        assert_eq!((steps(&neighbours(256, 0.5), 1e6), steps(&neighbours(256, 0.5), 1e-3)), (25, 400));
    }

    #[test]
    fn a_step_of_feature_splitting_takes_longer() {
        let measured = [MeasuredStep { width: 64, height: 64, milliseconds: 10.0 }];
        let timed = neighbours(256, 0.5).timed((300, 300), 1, 5.0, &measured).unwrap();
        let (times, before) = (timed.step_times, timed.preparation_times);
        assert_eq!(times[..3], [10.0, 40.0, 160.0]);
        assert!(times[3] > 1.1 * times[2] && times[3] < 3.0 * times[2], "{times:?}");
        // The search for neighbours before each stage takes some steps' time.
        assert!(before.iter().zip(&times).all(|(before, step)| (2.0..20.0).contains(&(before / step))), "{before:?}");
    }
}
