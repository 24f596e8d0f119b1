//! What is measured of one network at one size, as text and as JSON.

use std::time::Instant;

use impasto::gpu::ceilings::Ceilings;
use serde_json::{Value, json};

use crate::cli::report::say;

/// Median, tenth and ninetieth percentile of several times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    /// Returns the spread of `times`; `None` if there are none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let last = times.len().checked_sub(1)?;
        let at = |part: f64| times[(last as f64 * part).round() as usize];
        Some(Self { median: at(0.5), low: at(0.1), high: at(0.9) })
    }

    pub fn json(self) -> Value {
        json!([rounded(self.median), rounded(self.low), rounded(self.high)])
    }
}

/// The figures of one network at one size. Times are in milliseconds.
#[derive(Debug, Default)]
pub struct Figures<'a> {
    pub network: &'a str,
    pub size: (usize, usize),
    /// Name of the kernels.
    pub kernels: String,
    pub frames: u32,
    /// Loading of the network, and its first frame after that, which includes the compilation of pipelines.
    pub loading: f64,
    pub first: f64,
    /// A frame on the device, by its own clock.
    pub device: Option<Spread>,
    /// A frame among frames that are submitted without waiting for each.
    pub in_a_row: f64,
    /// A frame, from its submission until it is known to be done.
    pub alone: Option<Spread>,
    pub multiply_adds: u64,
    /// Bytes that kernels read and write, where they are counted.
    pub bytes: Option<u64>,
    pub dispatches: u64,
    /// Bytes of all buffers.
    pub memory: u64,
    /// Each pass by itself.
    pub passes: Vec<(String, f64)>,
    /// The time of a frame at the ceilings, divided by the measured time.
    pub ceiling: Option<f64>,
}

impl Figures<'_> {
    /// Returns the time of a frame: on the device, if it is known.
    fn frame(&self) -> f64 {
        self.device.map_or(self.in_a_row, |spread| spread.median)
    }

    /// Sets `ceiling`.
    pub fn compare(&mut self, ceilings: &Ceilings, half: bool) {
        self.ceiling = Some(ceilings.milliseconds(self.multiply_adds, self.bytes.unwrap_or(0), half) / self.frame());
    }

    /// Prints the figures.
    pub fn print(&self, as_json: bool) {
        let (width, height) = self.size;
        let gflops = 2.0 * self.multiply_adds as f64 / self.frame() / 1e6;
        let gbytes = self.bytes.map(|bytes| bytes as f64 / self.frame() / 1e6);
        if as_json {
            let passes: Vec<Value> = self.passes.iter().map(|(name, ms)| json!([name, rounded(*ms)])).collect();
            say!(
                "{}",
                json!({ "network": self.network, "width": width, "height": height, "kernels": self.kernels,
                    "frames": self.frames, "loading_ms": rounded(self.loading), "first_ms": rounded(self.first),
                    "device_ms": self.device.map(Spread::json), "in_a_row_ms": rounded(self.in_a_row),
                    "alone_ms": self.alone.map(Spread::json), "gflops": rounded(gflops), "gbytes": gbytes.map(rounded),
                    "ceiling": self.ceiling.map(rounded), "multiply_adds": self.multiply_adds, "bytes": self.bytes,
                    "dispatches": self.dispatches, "memory": self.memory, "passes": passes })
            );
            return;
        }
        say!("{}, {width}x{height}, {}", self.network, self.kernels);
        let spread = |Spread { median, low, high }: Spread| format!("{median:.3} ms ({low:.3} to {high:.3})");
        if let Some(device) = self.device {
            say!("  on the device   {}", spread(device));
        }
        say!("  in a row        {:.3} ms", self.in_a_row);
        if let Some(alone) = self.alone {
            say!("  alone           {}", spread(alone));
        }
        say!("  start           {:.1} ms to load, {:.1} ms for the first frame", self.loading, self.first);
        let memory = gbytes.map_or_else(String::new, |gbytes| format!(", {gbytes:.1} GB/s"));
        let ceiling = self.ceiling.map_or_else(String::new, |part| format!(", {:.0} % of the ceiling", 100.0 * part));
        say!("  rates           {gflops:.1} GFLOP/s{memory}{ceiling}");
        for (name, ms) in &self.passes {
            say!("    {name:22} {ms:.4} ms");
        }
    }
}

/// Returns the milliseconds since `start`.
pub fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// Rounds to six digits after the point.
pub fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_the_outer_tenths() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect());
        assert_eq!(spread, Some(Spread { median: 50.0, low: 10.0, high: 90.0 }));
        assert_eq!(Spread::of(vec![3.0]), Some(Spread { median: 3.0, low: 3.0, high: 3.0 }));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn the_device_time_counts_before_the_clock() {
        let ceilings = Ceilings { gflops: 1000.0, half_gflops: None, gbytes: 100.0 };
        let mut figures = Figures { in_a_row: 4.0, multiply_adds: 500_000_000, ..Figures::default() };
        figures.compare(&ceilings, false);
        assert_eq!(figures.ceiling, Some(0.25));
        figures.device = Spread::of(vec![2.0]);
        figures.compare(&ceilings, true);
        assert_eq!(figures.ceiling, Some(0.5));
    }
}
