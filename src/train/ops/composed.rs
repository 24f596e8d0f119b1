//! Layers of transfer networks composed of burn's operations: what the processor runs, and the reference of the kernels for
//! graphics devices.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::{ConvOptions, PadMode};

use crate::net::EPSILON;

/// Convolves `x`, `[pictures][inputs][height][width]`, with `weights`, `[outputs][inputs][kernel][kernel]`, and `pad` pixels
/// of reflection padding on every side.
pub fn convolution(x: Tensor<4>, weights: Tensor<4>, pad: usize, stride: usize) -> Tensor<4> {
    let padded = x.pad([(pad, pad), (pad, pad)], PadMode::Reflect);
    conv2d(padded, weights, None, ConvOptions::new([stride; 2], [0, 0], [1, 1], 1))
}

/// As [`super::layers::instance_norm`].
pub fn instance_norm(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, rectified: bool) -> Tensor<4> {
    let [_, channels, _, _] = x.dims();
    let mean = |x: Tensor<4>| x.mean_dim(3).mean_dim(2);
    let centred = x.clone() - mean(x);
    let variance = mean(centred.clone() * centred.clone());
    let [scale, shift] = [scale, shift].map(|numbers| numbers.reshape([1, channels, 1, 1]));
    let y = centred / (variance + EPSILON).sqrt() * scale + shift;
    if rectified { relu(y) } else { y }
}

/// As [`super::layers::upsample2`].
pub fn upsample2(x: Tensor<4>) -> Tensor<4> {
    let [pictures, channels, height, width] = x.dims();
    let pixels: Tensor<6> = x.reshape([pictures, channels, height, 1, width, 1]);
    let four = pixels.expand([pictures, channels, height, 2, width, 2]);
    four.reshape([pictures, channels, 2 * height, 2 * width])
}
