//! The scales and shifts of a style as lists of numbers: in the order of training, of packs, and of the shaders.

use std::ops::Range;

use super::{Norm, Style};

/// The number of channels of each normalization of a network, in network order, which determines where the parameters
/// of a style stand in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleLayout {
    channels: Vec<usize>,
}

impl StyleLayout {
    /// The layout of a network whose normalizations have these numbers of channels.
    pub fn new(channels: impl IntoIterator<Item = usize>) -> Self {
        Self { channels: channels.into_iter().collect() }
    }

    /// The layout of the network of `style`.
    pub fn of(style: &Style) -> Self {
        Self::new(style.norms.iter().map(|norm| norm.scale.len()))
    }

    /// Whether the style has one scale and one shift for each channel.
    pub fn fits(&self, style: &Style) -> bool {
        style.norms.len() == self.channels.len()
            && style.norms.iter().zip(&self.channels).all(|(n, c)| n.scale.len() == *c && n.shift.len() == *c)
    }

    /// Returns the number of channels of all normalizations, which is the number of scales, and of shifts.
    pub fn channels(&self) -> usize {
        self.channels.iter().sum()
    }

    /// Returns the ranges of the scales and of the shifts of each normalization in the order of training: for each
    /// normalization all scales, then all shifts.
    pub fn ranges(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut start = 0;
        let ranges = |channels: &usize| {
            let middle = start + channels;
            let ranges = (start..middle, middle..middle + channels);
            start = ranges.1.end;
            ranges
        };
        self.channels.iter().map(ranges).collect()
    }

    /// Returns the normalizations whose parameters are `numbers`, in the order of [`parameters`].
    ///
    /// # Panics
    /// If there are fewer than two numbers for each channel.
    pub fn norms(&self, numbers: &[f32]) -> Vec<Norm> {
        let norm = |(scale, shift): (Range<usize>, Range<usize>)| Norm {
            scale: numbers[scale].to_vec(),
            shift: numbers[shift].to_vec(),
        };
        self.ranges().into_iter().map(norm).collect()
    }

    /// Returns the normalizations of the order of packs: the scales of all normalizations in one list, and the shifts
    /// in another. `None` if a list does not have one number for each channel.
    pub fn joined(&self, scales: &[f32], shifts: &[f32]) -> Option<Vec<Norm>> {
        if scales.len() != self.channels() || shifts.len() != self.channels() {
            return None;
        }
        let mut start = 0;
        let norm = |channels: &usize| {
            let range = start..start + channels;
            start = range.end;
            Norm { scale: scales[range.clone()].to_vec(), shift: shifts[range].to_vec() }
        };
        Some(self.channels.iter().map(norm).collect())
    }
}

/// Returns the parameters of a style in the order of training: for each normalization all scales, then all shifts.
pub fn parameters(style: &Style) -> Vec<f32> {
    style.norms.iter().flat_map(|norm| norm.scale.iter().chain(&norm.shift).copied()).collect()
}

/// Returns the scales and the shifts of a style in the order of packs.
pub(super) fn separated(style: &Style) -> (Vec<f32>, Vec<f32>) {
    let all = |side: fn(&Norm) -> &[f32]| style.norms.iter().flat_map(side).copied().collect();
    (all(|norm| &norm.scale), all(|norm| &norm.shift))
}

/// Returns the parameters of a style in the order of the shaders: as [`parameters`], with each list of scales or shifts
/// padded by zeros to a multiple of four.
pub fn quads(style: &Style) -> Vec<f32> {
    let mut values: Vec<f32> = Vec::new();
    for side in style.norms.iter().flat_map(|norm| [&norm.scale, &norm.shift]) {
        values.extend_from_slice(side);
        values.resize(values.len().next_multiple_of(4), 0.0);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style() -> Style {
        let norm = |from: u8, n: u8| Norm {
            scale: (from..from + n).map(f32::from).collect(),
            shift: (from + n..from + 2 * n).map(f32::from).collect(),
        };
        Style { network: "n".into(), name: "x".into(), norms: vec![norm(0, 3), norm(6, 2)] }
    }

    #[test]
    fn parameters_return_in_every_order() {
        let style = style();
        let layout = StyleLayout::of(&style);
        assert_eq!((layout.channels(), layout.fits(&style)), (5, true));
        let numbers = parameters(&style);
        assert_eq!(numbers, (0..10u8).map(f32::from).collect::<Vec<_>>());
        assert_eq!(layout.norms(&numbers), style.norms);
        let (scales, shifts) = separated(&style);
        assert_eq!((&scales[..], &shifts[..]), (&[0.0, 1.0, 2.0, 6.0, 7.0][..], &[3.0, 4.0, 5.0, 8.0, 9.0][..]));
        assert_eq!(layout.joined(&scales, &shifts), Some(style.norms.clone()));
        assert_eq!(layout.joined(&scales[1..], &shifts), None);
        let expected = [0.0, 1.0, 2.0, 0.0, 3.0, 4.0, 5.0, 0.0, 6.0, 7.0, 0.0, 0.0, 8.0, 9.0, 0.0, 0.0];
        assert_eq!(quads(&style), expected);
    }

    #[test]
    fn styles_of_other_networks_do_not_fit() {
        let mut other = style();
        other.norms[1].shift.pop();
        assert!(!StyleLayout::of(&style()).fits(&other));
        assert!(!StyleLayout::new([3]).fits(&style()));
    }
}
