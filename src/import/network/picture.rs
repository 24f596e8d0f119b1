//! A picture in the graph of an ONNX file: the step that made it, its size, and its current shape in the file.
//!
//! Exporters write instance normalizations over pictures in other shapes, such as `[1, channels, height * width]`. As
//! long as the channels stay separate, such a shape is only another view of the same picture.

use super::constant::Constant;

/// The longest accepted side in pixels.
pub const LONGEST_SIDE: usize = 1 << 20;

/// A picture, or a view of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The step that made the picture, counted from 1; 0 is the file's input.
    pub number: usize,
    /// The picture's shape, `[1, channels, height, width]`.
    pub shape: [usize; 4],
    /// The shape of the view in the file.
    pub view: Vec<usize>,
    /// Whether no value is negative.
    pub nonnegative: bool,
}

impl Picture {
    pub fn new(number: usize, shape: [usize; 4], nonnegative: bool) -> Self {
        Self { number, shape, view: shape.to_vec(), nonnegative }
    }

    /// Returns whether the view has the picture's own shape.
    pub fn is_plain(&self) -> bool {
        self.view == self.shape
    }

    pub fn channels(&self) -> usize {
        self.shape[1]
    }

    /// Returns the number of values.
    pub fn count(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side))
    }

    /// Returns a view in the shape `view`, if its channels are separate there.
    pub fn seen_as(&self, view: Vec<usize>) -> Option<Self> {
        let seen = Self { view, ..self.clone() };
        seen.split().map(|_| seen)
    }

    /// Returns the number of axes of the view that index channels. The axes after them index pixels.
    pub fn split(&self) -> Option<usize> {
        let product = |sides: &[usize]| sides.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
        let pixels = self.shape[2].checked_mul(self.shape[3])?;
        let apart = |at: &usize| {
            product(&self.view[..*at]) == Some(self.channels()) && product(&self.view[*at..]) == Some(pixels)
        };
        (0..=self.view.len()).rev().find(apart)
    }

    /// Returns whether `axes` are exactly the axes that index pixels.
    pub fn are_pixels(&self, axes: &[usize]) -> bool {
        let split = self.split().unwrap_or(self.view.len());
        let pixels = split..self.view.len();
        // Axes of length 1 are ignored.
        let all = pixels.clone().filter(|axis| self.view[*axis] != 1).all(|axis| axes.contains(&axis));
        all && axes.iter().all(|axis| pixels.contains(axis) || self.view.get(*axis) == Some(&1))
    }

    /// Returns whether the standard's normalizations, which take axis 1 as channels and later axes as pixels, have the
    /// same effect on the view as on the picture itself.
    pub fn has_channels_in_place(&self) -> bool {
        self.view.len() >= 3 && self.view[0] == 1 && self.view[1] == self.channels()
    }

    /// Returns a constant that is broadcast over the view as one value for each channel.
    pub fn per_channel(&self, constant: &Constant) -> Option<Vec<f32>> {
        let numbers = constant.small()?.floats();
        let channels = self.channels();
        let shape = constant.shape();
        let offset = self.view.len().checked_sub(shape.len())?;
        if numbers.len() == 1 {
            return Some(vec![numbers[0]; channels]);
        }
        let split = self.split()?;
        let is_channels = |axis: usize| axis < split && self.view[axis] == channels;
        let fits =
            shape.iter().enumerate().all(|(i, side)| *side == 1 || (*side == channels && is_channels(i + offset)));
        (fits && numbers.len() == channels).then_some(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::super::constant::Numbers;
    use super::*;

    fn picture() -> Picture {
        Picture::new(1, [1, 6, 4, 5], false)
    }

    #[test]
    fn channels_stay_apart_in_a_view() {
        for view in [vec![1, 6, 20], vec![6, 20], vec![1, 6, 1, 4, 5], vec![2, 3, 20], vec![1, 6, 20, 1]] {
            assert!(picture().seen_as(view.clone()).is_some(), "{view:?}");
        }
        for view in [vec![120], vec![1, 120], vec![4, 30], vec![20, 6], vec![1, 7, 20]] {
            assert!(picture().seen_as(view.clone()).is_none(), "{view:?}");
        }
        assert!(picture().seen_as(vec![1, 6, 20]).unwrap().has_channels_in_place());
        assert!(!picture().seen_as(vec![2, 3, 20]).unwrap().has_channels_in_place());
    }

    #[test]
    fn only_the_axes_of_all_pixels_are_pixels() {
        assert!(picture().are_pixels(&[2, 3]));
        assert!(picture().are_pixels(&[0, 2, 3]));
        assert!(!picture().are_pixels(&[2]));
        assert!(!picture().are_pixels(&[1, 2, 3]));
        assert!(picture().seen_as(vec![1, 6, 20]).unwrap().are_pixels(&[2]));
    }

    #[test]
    fn constants_are_combined_along_the_channels() {
        let constant = |shape: &[usize]| {
            let count: usize = shape.iter().product();
            Constant::Numbers(Numbers::new(shape.to_vec(), vec![2.0; count]))
        };
        for shape in [&[][..], &[1], &[6, 1, 1], &[1, 6, 1, 1]] {
            assert_eq!(picture().per_channel(&constant(shape)), Some(vec![2.0; 6]), "{shape:?}");
        }
        for shape in [&[6][..], &[5], &[4, 1], &[1, 1, 6, 1, 1], &[2, 3, 1, 1]] {
            assert_eq!(picture().per_channel(&constant(shape)), None, "{shape:?}");
        }
        let seen = picture().seen_as(vec![1, 6, 20]).unwrap();
        assert!(seen.per_channel(&constant(&[6, 1])).is_some());
        assert!(seen.per_channel(&constant(&[6, 1, 1, 1])).is_none());
    }
}
