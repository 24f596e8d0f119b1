//! Resamples a picture row by row, and rotates it upright. Only a few rows of the source are kept in memory.

use std::collections::VecDeque;

use image::metadata::Orientation;

use super::limits::{filled, reserve};
use super::problem::Problem;

/// The tent filter of one axis, as wide as the reduction, like that of [`crate::image::Image::resized`].
#[derive(Debug, Clone, Copy)]
struct Tent {
    from: usize,
    to: usize,
}

impl Tent {
    fn scale(self) -> f64 {
        self.from as f64 / self.to as f64
    }

    fn radius(self) -> f64 {
        self.scale().max(1.0)
    }

    fn center(self, index: usize) -> f64 {
        (index as f64 + 0.5) * self.scale() - 0.5
    }

    /// Returns the first and last source index of a target index. Borders are repeated.
    fn reach(self, index: usize) -> (usize, usize) {
        let last = self.from as f64 - 1.0;
        let center = self.center(index);
        let (low, high) = ((center - self.radius()).ceil(), (center + self.radius()).floor());
        (low.clamp(0.0, last) as usize, high.clamp(0.0, last) as usize)
    }

    /// Returns the first source index of a target index, and the weights, which sum to 1.
    fn weights(self, index: usize) -> (usize, Vec<f32>) {
        let (first, last) = self.reach(index);
        let (center, radius) = (self.center(index), self.radius());
        let mut weights = vec![0.0_f64; last - first + 1];
        let (low, high) = ((center - radius).ceil() as i64, (center + radius).floor() as i64);
        for tap in low..=high {
            let weight = 1.0 - (tap as f64 - center).abs() / radius;
            if weight > 0.0 {
                weights[tap.clamp(first as i64, last as i64) as usize - first] += weight;
            }
        }
        let total: f64 = weights.iter().sum();
        (first, weights.iter().map(|weight| (weight / total) as f32).collect())
    }
}

/// A row of the result that is being summed.
struct Pending {
    first: usize,
    weights: Vec<f32>,
    sum: Vec<f32>,
}

/// A number of a pixel in memory.
pub(super) trait Stored: Copy {
    /// Converts a value in 0..1.
    fn of(value: f32) -> Self;

    /// Returns the value in 0..1.
    fn value(self) -> f32;
}

impl Stored for f32 {
    fn of(value: f32) -> Self {
        value
    }

    fn value(self) -> f32 {
        self
    }
}

impl Stored for u8 {
    fn of(value: f32) -> Self {
        (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    }

    fn value(self) -> f32 {
        f32::from(self) / 255.0
    }
}

/// A resampler that receives the rows of a picture and produces it at another size, upright.
pub(super) struct Canvas<T> {
    channels: usize,
    vertical: Tent,
    /// The first source column and the weights of each column of the result; `None` if the width stays the same.
    columns: Option<Vec<(usize, Vec<f32>)>>,
    orientation: Orientation,
    /// The numbers of received and finished rows.
    taken: usize,
    given: usize,
    pending: VecDeque<Pending>,
    row: Vec<f32>,
    data: Vec<T>,
}

impl<T: Stored> Canvas<T> {
    /// Creates the resampler from size `from` to size `to`, both in the orientation of the file.
    pub fn new(
        from: (usize, usize),
        to: (usize, usize),
        channels: usize,
        orientation: Orientation,
    ) -> Result<Self, Problem> {
        let horizontal = Tent { from: from.0, to: to.0 };
        Ok(Self {
            channels,
            vertical: Tent { from: from.1, to: to.1 },
            columns: (from.0 != to.0).then(|| (0..to.0).map(|column| horizontal.weights(column)).collect()),
            orientation,
            taken: 0,
            given: 0,
            pending: VecDeque::new(),
            row: reserve(to.0 * channels)?,
            data: filled(to.0 * to.1 * channels, T::of(0.0))?,
        })
    }

    /// Receives the next row of the source.
    pub fn push(&mut self, row: &[f32]) {
        if self.taken == self.vertical.from {
            return;
        }
        if self.vertical.from == self.vertical.to {
            self.give(row);
            self.taken += 1;
            return;
        }
        let mut next = self.given + self.pending.len();
        while next < self.vertical.to && self.vertical.reach(next).0 <= self.taken {
            let (first, weights) = self.vertical.weights(next);
            self.pending.push_back(Pending { first, weights, sum: vec![0.0; row.len()] });
            next += 1;
        }
        for pending in &mut self.pending {
            if let Some(&weight) = self.taken.checked_sub(pending.first).and_then(|tap| pending.weights.get(tap)) {
                pending.sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * weight);
            }
        }
        self.taken += 1;
        while self.pending.front().is_some_and(|pending| pending.first + pending.weights.len() <= self.taken) {
            if let Some(mut pending) = self.pending.pop_front() {
                // Rounding errors of the sum may slightly exceed the range.
                pending.sum.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
                self.give(&pending.sum);
            }
        }
    }

    /// Returns whether all rows of the source were received.
    pub fn complete(&self) -> bool {
        self.taken == self.vertical.from
    }

    /// Returns the values, and width and height of the upright picture.
    pub fn finish(self) -> (Vec<T>, usize, usize) {
        let (width, height) = (self.width(), self.vertical.to);
        let (width, height) = if turned(self.orientation) { (height, width) } else { (width, height) };
        (self.data, width, height)
    }

    fn width(&self) -> usize {
        self.data.len() / self.channels / self.vertical.to
    }

    /// Stores one row of the result at its position in the upright picture.
    fn give(&mut self, row: &[f32]) {
        let channels = self.channels;
        let mut resized = std::mem::take(&mut self.row);
        let row = match &self.columns {
            None => row,
            Some(columns) => {
                resized.clear();
                for (first, weights) in columns {
                    let mut pixel = [0.0_f32; 4];
                    for (source, weight) in row[first * channels..].chunks_exact(channels).zip(weights) {
                        pixel.iter_mut().zip(source).for_each(|(sum, value)| *sum += value * weight);
                    }
                    resized.extend(pixel[..channels].iter().map(|value| value.clamp(0.0, 1.0)));
                }
                &resized
            }
        };
        let (width, height, y) = (self.width(), self.vertical.to, self.given);
        let mut store = |at: usize, values: &[f32]| {
            let stored = &mut self.data[at * channels..][..values.len()];
            stored.iter_mut().zip(values).for_each(|(stored, value)| *stored = T::of(*value));
        };
        match self.orientation {
            Orientation::NoTransforms => store(y * width, row),
            orientation => {
                for (x, pixel) in row.chunks_exact(channels).enumerate() {
                    store(upright(orientation, (x, y), (width, height)), pixel);
                }
            }
        }
        self.given += 1;
        self.row = resized;
    }
}

/// Returns whether the orientation exchanges width and height.
pub(super) fn turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Returns the index of a stored pixel in the upright picture.
fn upright(orientation: Orientation, (x, y): (usize, usize), (width, height): (usize, usize)) -> usize {
    let (right, bottom) = (width - 1 - x, height - 1 - y);
    match orientation {
        Orientation::NoTransforms => y * width + x,
        Orientation::FlipHorizontal => y * width + right,
        Orientation::FlipVertical => bottom * width + x,
        Orientation::Rotate180 => bottom * width + right,
        Orientation::Rotate90 => x * height + bottom,
        Orientation::Rotate270 => right * height + y,
        Orientation::Rotate90FlipH => x * height + y,
        Orientation::Rotate270FlipH => right * height + bottom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_are_kept_when_a_picture_is_made_small() {
        let Ok(mut canvas) = Canvas::<f32>::new((10, 1000), (1, 100), 3, Orientation::NoTransforms) else {
            panic!("no memory")
        };
        let mut most = 0;
        for _ in 0..1000 {
            assert!(!canvas.complete());
            canvas.push(&[0.5; 30]);
            most = most.max(canvas.pending.len());
        }
        assert!(canvas.complete() && most <= 3, "{most}");
        let (data, width, height) = canvas.finish();
        assert_eq!((width, height), (1, 100));
        assert!(data.iter().all(|value| (value - 0.5).abs() < 1e-6));
    }

    #[test]
    fn rows_beyond_the_last_are_not_taken() {
        let Ok(mut canvas) = Canvas::new((1, 2), (1, 2), 1, Orientation::Rotate90) else { panic!("no memory") };
        [0.1, 0.2, 0.3].iter().for_each(|&value| canvas.push(&[value]));
        assert_eq!(canvas.finish(), (vec![0.2, 0.1], 2, 1));
        let Ok(mut canvas) = Canvas::new((1, 2), (1, 2), 1, Orientation::Rotate90) else { panic!("no memory") };
        [0.1, 0.2].iter().for_each(|&value| canvas.push(&[value]));
        assert_eq!(canvas.finish(), (vec![51_u8, 26], 2, 1));
    }
}
