//! Reference implementations of normalization, enlargement and activation. [`instance_norm`] and [`affine`] are the
//! reference of `instance_norm_fold.wgsl`.

use crate::image::mean_variance;
use crate::image::part::Part;
use crate::net::{EPSILON, Pooling, Preprocessing, Shape};

/// Returns the `(a, b)` for which `a * v + b` is `v` normalized by `mean` and `variance`, then scaled and shifted.
pub fn affine(mean: f32, variance: f32, scale: f32, shift: f32) -> (f32, f32) {
    let a = scale / (variance + EPSILON).sqrt();
    (a, shift - mean * a)
}

/// Instance normalization (Ulyanov et al. 2016) with one scale and shift per channel.
pub fn instance_norm(x: &[f32], shape: Shape, scale: &[f32], shift: &[f32]) -> Vec<f32> {
    let planes = x.chunks_exact(shape.height * shape.width).zip(scale.iter().zip(shift));
    planes
        .flat_map(|(plane, (&scale, &shift))| {
            let (mean, variance) = mean_variance(plane);
            let (a, _) = affine(mean, variance, scale, shift);
            // The mean is subtracted first: `v * a + b` loses digits where the variance is small.
            plane.iter().map(move |v| (v - mean) * a + shift)
        })
        .collect()
}

/// Backward pass of [`instance_norm`], followed by a ReLU if `rectified`: returns the gradients of `x`, of the scales
/// and of the shifts, given the `gradient` of the result. Reference of `instance_norm_grad.wgsl`.
pub fn instance_norm_back(
    x: &[f32],
    shape: Shape,
    (scale, shift): (&[f32], &[f32]),
    gradient: &[f32],
    rectified: bool,
) -> [Vec<f32>; 3] {
    let pixels = shape.height * shape.width;
    let [mut of_x, mut of_scale, mut of_shift] = [(); 3].map(|()| Vec::new());
    for (channel, (plane, gradient)) in x.chunks_exact(pixels).zip(gradient.chunks_exact(pixels)).enumerate() {
        let (mean, variance) = mean_variance(plane);
        let deviation = (variance + EPSILON).sqrt();
        let normal: Vec<f32> = plane.iter().map(|v| (v - mean) / deviation).collect();
        let lets = |n: f32| !rectified || n * scale[channel] + shift[channel] > 0.0;
        let passed: Vec<f32> = normal.iter().zip(gradient).map(|(n, g)| if lets(*n) { *g } else { 0.0 }).collect();
        let product: f32 = normal.iter().zip(&passed).map(|(n, g)| n * g).sum();
        let sum: f32 = passed.iter().sum();
        let (along, level) = (product / pixels as f32, sum / pixels as f32);
        let factor = scale[channel] / deviation;
        of_x.extend(normal.iter().zip(&passed).map(|(n, g)| factor * (g - level - n * along)));
        of_scale.push(product);
        of_shift.push(sum);
    }
    [of_x, of_scale, of_shift]
}

/// Returns `x` with one number per channel added.
pub fn bias(x: &[f32], shape: Shape, numbers: &[f32]) -> Vec<f32> {
    let planes = x.chunks_exact(shape.height * shape.width).zip(numbers);
    planes.flat_map(|(plane, number)| plane.iter().map(move |v| v + number)).collect()
}

/// Returns `x` with one more column of zeros on the right and one more row of zeros below.
pub fn pad_end(x: &[f32], shape: Shape) -> Vec<f32> {
    let mut out = Vec::with_capacity(shape.channels * (shape.height + 1) * (shape.width + 1));
    for plane in x.chunks_exact(shape.height * shape.width) {
        for row in plane.chunks_exact(shape.width) {
            out.extend_from_slice(row);
            out.push(0.0);
        }
        out.resize(out.len() + shape.width + 1, 0.0);
    }
    out
}

/// Converts a picture of three channels to the network's input.
pub fn preprocess(x: &[f32], shape: Shape, p: &Preprocessing) -> Vec<f32> {
    let plane = shape.height * shape.width;
    let channels = p.order.iter().zip(p.mean);
    channels.flat_map(|(&c, mean)| x[c * plane..][..plane].iter().map(move |v| v * p.scale - mean)).collect()
}

/// Returns the maximum or the mean of each window of 2x2 pixels, without an odd row or column at the end.
pub fn pool2(x: &[f32], shape: Shape, pooling: Pooling) -> Vec<f32> {
    let mut out = Vec::with_capacity(x.len() / 4);
    for plane in x.chunks_exact(shape.height * shape.width) {
        for rows in plane.chunks_exact(2 * shape.width) {
            let (above, below) = rows.split_at(shape.width);
            for (a, b) in above.chunks_exact(2).zip(below.chunks_exact(2)) {
                out.push(match pooling {
                    Pooling::Max => a[0].max(a[1]).max(b[0].max(b[1])),
                    Pooling::Average => (a[0] + a[1] + b[0] + b[1]) / 4.0,
                });
            }
        }
    }
    out
}

/// Returns mean and sum of squared distances from it, of each channel in each row of a part of `x`: `[channel][row]`.
pub fn row_moments(x: &[f32], shape: Shape, part: Part) -> Vec<(f32, f32)> {
    let [columns, rows] = part.sides();
    let moments = |channel: usize, y: usize| {
        let row = &x[(channel * shape.height + y) * shape.width + columns.first..][..columns.length];
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        (mean, row.iter().map(|v| (v - mean).powi(2)).sum())
    };
    (0..shape.channels).flat_map(|channel| (rows.first..rows.end()).map(move |y| moments(channel, y))).collect()
}

/// Returns the mean of each channel. Reference of `global_mean.wgsl`.
pub fn global_mean(x: &[f32], shape: Shape) -> Vec<f32> {
    x.chunks_exact(shape.height * shape.width).map(|plane| mean_variance(plane).0).collect()
}

/// Nearest-neighbour enlargement by two.
pub fn upsample2(x: &[f32], shape: Shape) -> Vec<f32> {
    let mut out = Vec::with_capacity(4 * x.len());
    for row in x.chunks_exact(shape.width) {
        for _ in 0..2 {
            out.extend(row.iter().flat_map(|&v| [v, v]));
        }
    }
    out
}

/// Returns the Gram matrix: the sums over all pixels of the products of every two channels, `[channels][channels]`, not
/// normalized. Reference of `gram.wgsl`.
pub fn gram(x: &[f32], channels: usize) -> Vec<f32> {
    let planes = || x.chunks_exact(x.len() / channels);
    let product =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32;
    planes().flat_map(|a| planes().map(move |b| product(a, b))).collect()
}

/// Returns the product of `matrix`, `[channels][channels]` and symmetric, with the channels of `x`: each output channel
/// is the sum of all channels weighted by a row. Reference of `gram_grad.wgsl`.
pub fn symmetric_product(matrix: &[f32], x: &[f32], channels: usize) -> Vec<f32> {
    let pixels = x.len() / channels;
    let mixed = |row: &[f32], pixel: usize| row.iter().zip(x[pixel..].iter().step_by(pixels)).map(|(w, v)| w * v).sum();
    matrix.chunks_exact(channels).flat_map(|row| (0..pixels).map(move |pixel| mixed(row, pixel))).collect()
}

/// The logistic function.
pub fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_an_odd_picture_leave_its_end_out() {
        let shape = Shape { channels: 2, height: 3, width: 5 };
        let x: Vec<f32> = (0..30).map(|i| i as f32).collect();
        assert_eq!(pool2(&x, shape, Pooling::Max), [6.0, 8.0, 21.0, 23.0]);
        assert_eq!(pool2(&x, shape, Pooling::Average), [3.0, 5.0, 18.0, 20.0]);
    }
}
