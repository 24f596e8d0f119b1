//! Bilinear resampling without a wider filter for reductions, differentiable.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Resamples dimension `axis` of `x` to `length` values: each interpolates the two nearest input values, whose centres lie at
/// half-integers. Beyond the first and the last centre, the values continue.
pub fn resample<const D: usize>(x: Tensor<D>, axis: usize, length: usize) -> Tensor<D> {
    let before = x.dims()[axis];
    if before == length {
        return x;
    }
    let device = x.device();
    let taps: Vec<Tap> = (0..length).map(|i| Tap::of(i, before, length)).collect();
    let mut shape = [1; D];
    shape[axis] = length;
    let second = Tensor::from_data(TensorData::new(taps.iter().map(|tap| tap.second).collect(), shape), &device);
    let first = second.clone().neg() + 1.0;
    let lower = x.clone().select(axis, indices(taps.iter().map(|tap| tap.lower), &device));
    let upper = x.select(axis, indices(taps.iter().map(|tap| tap.upper), &device));
    lower * first + upper * second
}

/// Returns every `step`th value of dimension `axis`, from the first.
pub fn every<const D: usize>(x: Tensor<D>, axis: usize, step: usize) -> Tensor<D> {
    if step == 1 {
        return x;
    }
    let device = x.device();
    let kept = indices((0..x.dims()[axis]).step_by(step), &device);
    x.select(axis, kept)
}

/// The two input values of one output value, and the weight of the second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tap {
    lower: usize,
    upper: usize,
    second: f32,
}

impl Tap {
    fn of(i: usize, before: usize, after: usize) -> Self {
        let position = (i as f64 + 0.5) * before as f64 / after as f64 - 0.5;
        let position = position.clamp(0.0, (before - 1) as f64);
        let lower = position as usize;
        Self { lower, upper: (lower + 1).min(before - 1), second: (position - lower as f64) as f32 }
    }
}

/// Returns positions as a tensor of indices.
pub fn indices(values: impl Iterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.map(|v| v as i32).collect();
    Tensor::from_data(TensorData::new(values.clone(), [values.len()]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::{cpu, read, tensor};

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        pollster::block_on(read(x)).unwrap()
    }

    #[test]
    fn values_are_interpolated_and_continue_at_the_ends() {
        let row = tensor(vec![0.0, 4.0, 8.0, 6.0], [1, 4], &cpu());
        assert_eq!(values(resample(row.clone(), 1, 4)), [0.0, 4.0, 8.0, 6.0]);
        assert_eq!(values(resample(row.clone(), 1, 2)), [2.0, 7.0]);
        assert_eq!(values(resample(row.clone(), 1, 1)), [6.0]);
        assert_eq!(values(resample(row.clone(), 1, 8)), [0.0, 1.0, 3.0, 5.0, 7.0, 7.5, 6.5, 6.0]);
        assert_eq!(values(every(row, 1, 3)), [0.0, 6.0]);
        let column = tensor(vec![1.0, 2.0, 3.0, 6.0], [2, 2], &cpu());
        assert_eq!(values(resample(column, 0, 4)), [1.0, 2.0, 1.5, 3.0, 2.5, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn gradients_are_those_of_the_interpolation() {
        let x = tensor(vec![1.0, 5.0, 2.0], [1, 3], &cpu()).autodiff().require_grad();
        let weights = tensor(vec![1.0, 10.0, 100.0, 1000.0, 1.0, 1.0], [1, 6], &cpu()).autodiff();
        let gradients = (resample(x.clone(), 1, 6) * weights).sum().backward();
        // 0.75 and 0.25 of both neighbours of each output, and the whole of the outermost.
        let expected = [1.0 + 7.5 + 25.0, 2.5 + 75.0 + 750.0 + 0.25, 250.0 + 0.75 + 1.0];
        assert_eq!(values(x.grad(&gradients).unwrap()), expected);
    }
}
