//! Statistics of the channels of a tensor, merged from parts of it.

/// Mean and variance of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The variance, of the whole population.
    pub variance: f64,
}

/// Sums over parts of a tensor, for each channel, from which the moments of the whole follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    count: f64,
    /// Mean and sum of squared distances from it.
    channels: Vec<(f64, f64)>,
}

impl Merged {
    /// Returns the sums over nothing.
    pub fn new(channels: usize) -> Self {
        Self { count: 0.0, channels: vec![(0.0, 0.0); channels] }
    }

    /// Adds a part of `count` pixels, given the mean of each channel and its sum of squared distances from that mean (Chan,
    /// Golub, `LeVeque` 1979).
    pub fn add(&mut self, count: usize, channels: impl Iterator<Item = (f64, f64)>) {
        let count = count as f64;
        let total = self.count + count;
        if total == 0.0 {
            return;
        }
        for ((mean, spread), (new_mean, new_spread)) in self.channels.iter_mut().zip(channels) {
            let distance = new_mean - *mean;
            *mean += distance * count / total;
            *spread += new_spread + distance * distance * self.count * count / total;
        }
        self.count = total;
    }

    /// Returns mean and variance of each channel; zeros if no part was added.
    pub fn moments(&self) -> Vec<Moments> {
        let count = self.count.max(1.0);
        self.channels.iter().map(|(mean, spread)| Moments { mean: *mean, variance: spread / count }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_merge_to_the_moments_of_all_values() {
        let values: Vec<f64> = (0..40).map(|i| 1000.0 + f64::from(i * 17 % 23)).collect();
        let sums = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>())
        };
        let mut merged = Merged::new(2);
        merged.add(0, [(5.0, 5.0); 2].into_iter());
        assert_eq!(merged.moments(), [Moments::default(); 2]);
        for part in [&values[..3], &values[3..30], &values[30..]] {
            let (mean, spread) = sums(part);
            merged.add(part.len(), [(mean, spread), (-mean, spread)].into_iter());
        }
        let (mean, spread) = sums(&values);
        for (found, mean) in merged.moments().iter().zip([mean, -mean]) {
            assert!((found.mean - mean).abs() < 1e-9 && (found.variance - spread / 40.0).abs() < 1e-9, "{found:?}");
        }
    }
}
