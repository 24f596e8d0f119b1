//! Bilinear resampling without a wider filter for reductions, differentiable.

use burn::tensor::{Device, Int, Tensor, TensorData};

pub use crate::image::taps::Every;
use crate::image::taps::Tap;

/// Resamples dimension `axis` of `x` to `length` values, of which those at `kept` are returned: each interpolates the two nearest
/// input values, whose centres lie at half-integers. Beyond the first and the last centre, the values continue.
pub fn resample<const D: usize>(x: Tensor<D>, axis: usize, length: usize, kept: Every) -> Tensor<D> {
    let before = x.dims()[axis];
    if before == length {
        return every(x, axis, kept);
    }
    let device = x.device();
    let taps: Vec<Tap> = kept.of(length).map(|i| Tap::of(i, before, length)).collect();
    let mut shape = [1; D];
    shape[axis] = taps.len();
    let second = Tensor::from_data(TensorData::new(taps.iter().map(|tap| tap.second).collect(), shape), &device);
    let first = second.clone().neg() + 1.0;
    let lower = x.clone().select(axis, indices(taps.iter().map(|tap| tap.lower), &device));
    let upper = x.select(axis, indices(taps.iter().map(|tap| tap.upper), &device));
    lower * first + upper * second
}

/// Returns the values of dimension `axis` at `kept`.
pub fn every<const D: usize>(x: Tensor<D>, axis: usize, kept: Every) -> Tensor<D> {
    if kept == Every::ONE {
        return x;
    }
    let device = x.device();
    let kept = indices(kept.of(x.dims()[axis]), &device);
    x.select(axis, kept)
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
        assert_eq!(values(resample(row.clone(), 1, 4, Every::ONE)), [0.0, 4.0, 8.0, 6.0]);
        assert_eq!(values(resample(row.clone(), 1, 2, Every::ONE)), [2.0, 7.0]);
        assert_eq!(values(resample(row.clone(), 1, 1, Every::ONE)), [6.0]);
        assert_eq!(values(resample(row.clone(), 1, 8, Every::ONE)), [0.0, 1.0, 3.0, 5.0, 7.0, 7.5, 6.5, 6.0]);
        let third = |first| Every::from(first, 3);
        assert_eq!(values(resample(row.clone(), 1, 8, third(1))), [1.0, 7.0, 6.0]);
        assert_eq!(values(every(row.clone(), 1, third(0))), [0.0, 6.0]);
        assert_eq!(values(every(row, 1, third(2))), [8.0]);
        let column = tensor(vec![1.0, 2.0, 3.0, 6.0], [2, 2], &cpu());
        assert_eq!(values(resample(column, 0, 4, Every::ONE)), [1.0, 2.0, 1.5, 3.0, 2.5, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn gradients_are_those_of_the_interpolation() {
        let x = tensor(vec![1.0, 5.0, 2.0], [1, 3], &cpu()).autodiff().require_grad();
        let weights = tensor(vec![1.0, 10.0, 100.0, 1000.0, 1.0, 1.0], [1, 6], &cpu()).autodiff();
        let gradients = (resample(x.clone(), 1, 6, Every::ONE) * weights).sum().backward();
        // 0.75 and 0.25 of both neighbours of each output, and the whole of the outermost.
        let expected = [1.0 + 7.5 + 25.0, 2.5 + 75.0 + 750.0 + 0.25, 250.0 + 0.75 + 1.0];
        assert_eq!(values(x.grad(&gradients).unwrap()), expected);
    }
}
