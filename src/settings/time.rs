//! Estimates of the time of optimization and training, from measured steps.

use serde::Deserialize;

/// The assumed time of a training step for each pixel of its crops in milliseconds, before the first training: on a GPU,
/// and on a software adapter.
const TRAINING: (f64, f64) = (0.01, 0.4);

/// A measured optimization step.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct MeasuredStep {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Time of the step.
    pub milliseconds: f64,
}

/// The time of a step in milliseconds: a fixed part, and a part for each pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
struct StepCost {
    fixed: f64,
    pixel: f64,
}

impl StepCost {
    /// Fits the cost to a measurement, pixels and milliseconds, at a small size, and one at a large size, if there is one. With one
    /// measurement, the cost is proportional to the pixels.
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

/// Returns the time of a step in milliseconds for pictures of each of the `sizes`, width and height, from the first and the last of
/// the steps that were `measured`, from small to large. Without any it is 0.
pub fn step_times(sizes: impl IntoIterator<Item = (usize, usize)>, measured: &[MeasuredStep]) -> Vec<f64> {
    let pixels = |width: usize, height: usize| width as f64 * height as f64;
    let point = |step: &MeasuredStep| (pixels(step.width, step.height), step.milliseconds);
    let cost = match measured {
        [] => StepCost { fixed: 0.0, pixel: 0.0 },
        [one] => StepCost::fit(point(one), None),
        [small, .., large] => StepCost::fit(point(small), Some(point(large))),
    };
    sizes.into_iter().map(|(width, height)| cost.milliseconds(pixels(width, height))).collect()
}

/// Returns the number of steps for a run of `milliseconds`, within `limits`. `step_times` are the times of a step at each stage in
/// milliseconds, `shares` the steps of the stage for each step of the run.
pub fn steps_for(milliseconds: f64, shares: &[f64], step_times: &[f64], limits: (usize, usize)) -> usize {
    let one = shares.iter().zip(step_times).fold(0.0, |one, (share, time)| one + share * time);
    ((milliseconds / one) as usize).clamp(limits.0, limits.1)
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

    fn measured(side: usize, milliseconds: f64) -> MeasuredStep {
        MeasuredStep { width: side, height: side, milliseconds }
    }

    fn squares<const N: usize>(sides: [usize; N]) -> [(usize, usize); N] {
        sides.map(|side| (side, side))
    }

    #[test]
    fn the_number_of_steps_matches_the_time() {
        let shares = [1.0, 0.5, 0.5, 0.5, 0.5];
        let times = step_times(squares([128, 181, 256, 362, 512]), &[measured(128, 20.0)]);
        let steps = |milliseconds| steps_for(milliseconds, &shares, &times, (20, 3000));
        let total: f64 = times.iter().zip(shares).map(|(time, share)| time * share * steps(300_000.0) as f64).sum();
        assert!((total / 300_000.0 - 1.0).abs() < 0.01, "{total} ms");
        assert!(steps(600_000.0) as f64 > 1.9 * steps(300_000.0) as f64);
    }

    #[test]
    fn the_number_of_steps_stays_within_its_limits() {
        let steps = |time, step: f64| steps_for(time, &[1.0, 0.5], &[step, step], (20, 3000));
        assert_eq!((steps(120_000.0, 60_000.0), steps(2_400_000.0, 0.1)), (20, 3000));
        // Preparation alone may take longer than the chosen time; a clock may measure nothing.
        assert_eq!((steps(-5.0, 1.0), steps(1.0, 0.0), steps_for(1.0, &[], &[], (20, 3000))), (20, 3000, 3000));
        assert_eq!(step_times(squares([9]), &[]), [0.0]);
    }

    #[test]
    fn two_measurements_separate_the_fixed_cost_from_the_cost_per_pixel() {
        let cost = StepCost::fit((10_000.0, 15.0), Some((250_000.0, 39.0)));
        assert!((cost.fixed - 14.0).abs() < 1e-9 && (cost.milliseconds(50_000.0) - 19.0).abs() < 1e-9);
        // Equal times for both sizes, and a time that grows more than in proportion to the pixels.
        let flat = StepCost::fit((100.0, 9.0), Some((1000.0, 8.0)));
        assert_eq!(flat, StepCost { fixed: 9.0, pixel: 0.0 });
        assert_eq!(StepCost::fit((100.0, 1.0), Some((1000.0, 50.0))).milliseconds(1000.0), 50.0);
        // The sizes need not be those that were measured; one in between does not count.
        let three = [measured(100, 20.0), measured(150, 99.0), measured(200, 50.0)];
        assert_eq!(step_times(squares([100, 200, 300]), &three), [20.0, 50.0, 100.0]);
    }

    #[test]
    fn a_training_takes_longer_on_a_software_adapter_unless_it_was_measured() {
        assert_eq!(training_duration(150, 224, 2, false, Some(0.02)), 150.0 * 224.0 * 224.0 * 2.0 * 0.02);
        assert!(training_duration(10, 128, 1, true, None) > 10.0 * training_duration(10, 128, 1, false, None));
    }
}
