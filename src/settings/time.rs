//! Estimates of the time of optimization and training, from measured steps.

use super::optimize_config::PlannedScale;

/// The limits of the number of steps at the first size: fewer give no painting, more change nothing.
const STEPS: (usize, usize) = (20, 3000);
/// The assumed time of a training step for each pixel of its crops in milliseconds, before the first training: on a GPU,
/// and on a software adapter.
const TRAINING: (f64, f64) = (0.01, 0.4);

/// The time of a step in milliseconds: a fixed part, and a part for each pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
struct StepCost {
    fixed: f64,
    pixel: f64,
}

impl StepCost {
    /// Fits the cost to a measurement, pixels and milliseconds, at the first size, and one at the last size, if there is
    /// one. With one measurement, the cost is proportional to the pixels.
    fn fit(small: (f64, f64), large: Option<(f64, f64)>) -> Self {
        let Some(large) = large else { return Self { fixed: 0.0, pixel: small.1 / small.0 } };
        let slope = if large.0 > small.0 { (large.1 - small.1) / (large.0 - small.0) } else { 0.0 };
        if slope <= 0.0 {
            return Self { fixed: small.1, pixel: 0.0 };
        }
        let fixed = small.1 - slope * small.0;
        // Below 0 the growth is more than proportional: a large picture no longer fits into a cache.
        if fixed > 0.0 { Self { fixed, pixel: slope } } else { Self { fixed: 0.0, pixel: large.1 / large.0 } }
    }

    fn milliseconds(self, pixels: f64) -> f64 {
        self.fixed + self.pixel * pixels
    }
}

/// Returns the time of a step in milliseconds at each of the `scales`. `first` was measured at the first of them, `last`, if
/// it was measured, at the last.
pub fn step_times(scales: &[PlannedScale], first: f64, last: Option<f64>) -> Vec<f64> {
    let pixels = |scale: &PlannedScale| scale.width as f64 * scale.height as f64;
    let (Some(small), Some(large)) = (scales.first(), scales.last()) else { return Vec::new() };
    let cost = StepCost::fit((pixels(small), first), last.map(|last| (pixels(large), last)));
    scales.iter().map(|scale| cost.milliseconds(pixels(scale))).collect()
}

/// Returns the number of steps at the first size for a run of `minutes`, given the times of a step in milliseconds at each
/// size. Each larger size gets half as many.
pub fn steps_for(minutes: f64, step_times: &[f64]) -> usize {
    let Some((first, larger)) = step_times.split_first() else { return STEPS.0 };
    let one = first + larger.iter().sum::<f64>() / 2.0;
    ((minutes * 60_000.0 / one) as usize).clamp(STEPS.0, STEPS.1)
}

/// Returns the duration of a training in milliseconds. `pace` is the time of a step for each pixel of its crops, as it was
/// measured in the last training.
pub fn training_duration(steps: usize, crop: usize, batch: usize, software: bool, pace: Option<f64>) -> f64 {
    let pace = pace.unwrap_or(if software { TRAINING.1 } else { TRAINING.0 });
    steps as f64 * (crop as f64).powi(2) * batch as f64 * pace
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales(sides: &[usize]) -> Vec<PlannedScale> {
        sides.iter().map(|&side| PlannedScale { width: side, height: side, steps: 1 }).collect()
    }

    #[test]
    fn the_number_of_steps_matches_the_chosen_time() {
        let times = step_times(&scales(&[128, 181, 256, 362, 512]), 20.0, None);
        let steps = steps_for(5.0, &times);
        let total: f64 =
            times.iter().enumerate().map(|(i, time)| time * if i == 0 { 1.0 } else { 0.5 } * steps as f64).sum();
        assert!((total / 300_000.0 - 1.0).abs() < 0.01, "{total} ms");
        assert!(steps_for(10.0, &times) as f64 > 1.9 * steps as f64);
    }

    #[test]
    fn the_number_of_steps_stays_within_its_limits() {
        let sizes = scales(&[128, 181, 256]);
        assert_eq!(steps_for(2.0, &step_times(&sizes, 60_000.0, Some(60_000.0))), 20);
        assert_eq!(steps_for(40.0, &step_times(&sizes, 0.1, Some(0.1))), 3000);
        assert_eq!((steps_for(5.0, &[]), steps_for(5.0, &[0.0])), (20, 3000));
    }

    #[test]
    fn two_measurements_separate_the_fixed_cost_from_the_cost_per_pixel() {
        let cost = StepCost::fit((10_000.0, 15.0), Some((250_000.0, 39.0)));
        assert!((cost.fixed - 14.0).abs() < 1e-9 && (cost.milliseconds(50_000.0) - 19.0).abs() < 1e-9);
        // Equal times for both sizes, and a time that grows more than in proportion to the pixels.
        let flat = StepCost::fit((100.0, 9.0), Some((1000.0, 8.0)));
        assert_eq!(flat, StepCost { fixed: 9.0, pixel: 0.0 });
        assert_eq!(StepCost::fit((100.0, 1.0), Some((1000.0, 50.0))).milliseconds(1000.0), 50.0);
        assert_eq!(step_times(&scales(&[100, 200]), 20.0, Some(50.0)), [20.0, 50.0]);
    }

    #[test]
    fn a_training_takes_longer_on_a_software_adapter_unless_it_was_measured() {
        assert_eq!(training_duration(150, 224, 2, false, Some(0.02)), 150.0 * 224.0 * 224.0 * 2.0 * 0.02);
        assert!(training_duration(10, 128, 1, true, None) > 10.0 * training_duration(10, 128, 1, false, None));
    }
}
