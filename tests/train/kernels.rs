//! Compares the other training kernels and their backward passes on the graphics device with the plain reference.

use crate::adapter;
use crate::common::relative_distance;
use burn::tensor::{Device, Tensor};
use impasto::net::window::Window;
use impasto::net::{Border, Convolution, Shape};
use impasto::procedural::random::Random;
use impasto::reference::window as definition;
use impasto::reference::{convolution, layers, nearest as searched};
use impasto::train::device::{cpu, read, tensor};
use impasto::train::ops::conv3x3_trained::convolved;
use impasto::train::ops::instance_norm::normalized;
use impasto::train::ops::nearest::nearest;
use impasto::train::ops::products::products;
use impasto::train::ops::window::window;

/// Pictures, channels and pixels: one pixel, less and more than a workgroup's and a chunk's, many chunks, channels that our
/// kernels leave to burn.
const SIZES: [[usize; 3]; 8] =
    [[1, 16, 1], [2, 64, 77], [1, 128, 300], [3, 48, 257], [1, 16, 20_000], [1, 32, 4096], [1, 512, 64], [2, 6, 40]];

struct Case {
    size: [usize; 3],
    features: Vec<f32>,
    /// The gradient of the products, which is not symmetric.
    output_gradient: Vec<f32>,
}

impl Case {
    /// Returns the products, and the input gradient of their product with `output_gradient`.
    fn both(&self, device: &Device) -> (Vec<f32>, Vec<f32>) {
        let [pictures, channels, _] = self.size;
        let features: Tensor<3> = tensor(self.features.clone(), self.size, device).autodiff().require_grad();
        let found = products(features.clone());
        let output_gradient = tensor(self.output_gradient.clone(), [pictures, channels, channels], device);
        let gradients = (found.clone() * output_gradient).sum().backward();
        let numbers = |tensor| pollster::block_on(read(tensor)).unwrap();
        (numbers(found.inner()), numbers(features.grad(&gradients).unwrap()))
    }
}

#[test]
fn gram_products_equal_the_reference() {
    let (graphics, processor) = (adapter(), cpu());
    for size in SIZES {
        let [pictures, channels, pixels] = size;
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect::<Vec<_>>();
        let (features, output_gradient) =
            (numbers(pictures * channels * pixels), numbers(pictures * channels * channels));
        let case = Case { size, features, output_gradient };
        let (found, gradient) = case.both(graphics);

        let planes = || case.features.chunks_exact(channels * pixels);
        let expected: Vec<f32> = planes().flat_map(|picture| layers::gram(picture, channels)).collect();
        let distance = relative_distance(&found, &expected);
        assert!(distance < 1e-5, "{size:?}: {distance}");

        let at = |matrix: &[f32], i: usize| matrix[i] + matrix[i % channels * channels + i / channels];
        let matrices = case.output_gradient.chunks_exact(channels * channels);
        let both_ways = matrices.map(|m| (0..m.len()).map(|i| at(m, i)).collect::<Vec<_>>());
        let expected: Vec<f32> =
            both_ways.zip(planes()).flat_map(|(m, picture)| layers::symmetric_product(&m, picture, channels)).collect();
        let distance = relative_distance(&gradient, &expected);
        assert!(distance < 1e-5, "{size:?}, gradient: {distance}");

        let (_, burns) = case.both(&processor);
        let distance = relative_distance(&gradient, &burns);
        assert!(distance < 1e-5, "{size:?}, gradient beside burn's: {distance}");
    }
}

/// Rows, other rows and channels: one of each, less and more than a workgroup's, many chunks.
const SEARCHES: [[usize; 3]; 5] = [[1, 1, 4], [63, 65, 20], [64, 64, 16], [130, 700, 36], [5, 9000, 8]];

#[test]
fn nearest_rows_equal_the_reference() {
    for [rows, others, channels] in SEARCHES {
        let mut random = Random::new((rows + others) as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect::<Vec<_>>();
        let (own, mut among) = (numbers(rows * channels), numbers(others * channels));
        // Of two equal rows, the first is found.
        let copied = among[..channels].to_vec();
        among[(others - 1) * channels..].copy_from_slice(&copied);
        let expected = searched::nearest(&own, &among, channels);
        for device in [adapter(), &cpu()] {
            let matrix = |values: &[f32], rows| tensor(values.to_vec(), [rows, channels], device);
            let index = nearest(&matrix(&own, rows), &matrix(&among, others));
            let found = pollster::block_on(read(index.float())).unwrap();
            let same = found.iter().zip(&expected).all(|(a, b)| *a == *b as f32);
            assert!(same, "{rows} of {others} rows, {channels} channels: {found:?} for {expected:?}");
        }
    }
}

/// Channels and sizes, and windows on planes of that size.
fn windows() -> Vec<([usize; 4], Window)> {
    let mut windows = Vec::new();
    for [pictures, channels, height, width] in [[1, 1, 2, 2], [2, 3, 9, 16], [1, 5, 12, 33]] {
        let size = [pictures, channels, height, width];
        windows.push((size, Window::padded(height, width, 1, 1)));
        windows.push((size, Window::doubled(height, width)));
        if height > 4 {
            windows.push((size, Window::padded(height, width, 4, 3)));
            windows.push((size, Window::inner(height, width, 1)));
            windows.push((size, Window::inner(height, width, 2)));
        }
    }
    windows
}

#[test]
fn windows_equal_the_reference() {
    let device = adapter();
    for (size, of) in windows() {
        let [pictures, channels, height, width] = size;
        let shape = Shape { channels, height, width };
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect::<Vec<_>>();
        let x = numbers(pictures * shape.len());
        let copies = [pictures, channels * of.blocks * of.blocks, of.size.0, of.size.1];
        let output_gradient = numbers(copies.iter().product());
        let input = tensor(x.clone(), size, device).autodiff().require_grad();
        let found = window(input.clone(), of);
        let gradients = (found.clone() * tensor(output_gradient.clone(), copies, device)).sum().backward();
        let read = |tensor| pollster::block_on(read(tensor)).unwrap();
        let expected: Vec<f32> =
            x.chunks_exact(shape.len()).flat_map(|planes| definition::window(of, planes, shape)).collect();
        assert_eq!(read(found.inner()), expected, "{size:?} {of:?}");
        let back = output_gradient
            .chunks_exact(output_gradient.len() / pictures)
            .flat_map(|gradient| definition::window_back(of, gradient, shape));
        let distance = relative_distance(&read(input.grad(&gradients).unwrap()), &back.collect::<Vec<_>>());
        assert!(distance < 1e-6, "{size:?} {of:?}: {distance}");
    }
}

#[test]
fn normalizations_equal_the_reference() {
    let device = adapter();
    for (size, rectified) in
        [([1, 1, 1, 1], false), ([2, 3, 5, 13], true), ([1, 7, 16, 16], false), ([3, 4, 40, 9], true)]
    {
        let [pictures, channels, height, width] = size;
        let shape = Shape { channels, height, width };
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        // Far from 0, where variances are easily lost.
        let mut numbers =
            |count: usize, low: f32| (0..count).map(|_| random.between(low, low + 2.0)).collect::<Vec<_>>();
        let (x, output_gradient) = (numbers(pictures * shape.len(), 30.0), numbers(pictures * shape.len(), -1.0));
        let (scale, shift) = (numbers(channels, 0.2), numbers(channels, -1.0));
        let inputs = || tensor(x.clone(), size, device).autodiff().require_grad();
        let style = |values: &[f32]| tensor(values.to_vec(), [channels], device).autodiff().require_grad();
        let (input, scales, shifts) = (inputs(), style(&scale), style(&shift));
        let found = normalized(input.clone(), scales.clone(), shifts.clone(), rectified);
        let gradients = (found.clone() * tensor(output_gradient.clone(), size, device)).sum().backward();

        let reference = |planes: &[f32]| layers::instance_norm(planes, shape, &scale, &shift);
        let expected = x.chunks_exact(shape.len()).flat_map(reference).map(|v| if rectified { v.max(0.0) } else { v });
        let close = |found: Vec<f32>, expected: Vec<f32>, what: &str| {
            let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let largest = expected.iter().fold(1.0, |most: f32, v| most.max(v.abs()));
            assert!(found.len() == expected.len() && off < 1e-4 * largest, "{size:?}, {what}: {off}");
        };
        close(pollster::block_on(read(found.inner())).unwrap(), expected.collect(), "painted");
        let mut backs = [vec![], vec![0.0; channels], vec![0.0; channels]];
        for (planes, gradient) in x.chunks_exact(shape.len()).zip(output_gradient.chunks_exact(shape.len())) {
            let [of_x, of_scale, of_shift] =
                layers::instance_norm_back(planes, shape, (&scale, &shift), gradient, rectified);
            backs[0].extend(of_x);
            for (sums, part) in backs[1..].iter_mut().zip([of_scale, of_shift]) {
                sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
            }
        }
        let [of_x, of_scale, of_shift] = backs;
        close(pollster::block_on(read(input.grad(&gradients).unwrap())).unwrap(), of_x, "gradient of the input");
        for (parent, expected, what) in [(scales, of_scale, "of scales"), (shifts, of_shift, "of shifts")] {
            close(pollster::block_on(read(parent.grad(&gradients).unwrap())).unwrap(), expected, what);
        }
    }
}

/// Pictures, channels in and out, height and width: less and more than a workgroup's inputs, outputs and columns, outputs that fill no
/// quad, one pixel, many chunks.
const LEARNT: [[usize; 5]; 7] = [
    [1, 1, 1, 1, 1],
    [2, 3, 8, 9, 16],
    [1, 27, 32, 12, 17],
    [2, 9, 35, 6, 33],
    [1, 32, 3, 70, 7],
    [1, 8, 32, 1, 40],
    [3, 5, 6, 25, 2],
];

#[test]
fn trainable_convolutions_equal_the_reference() {
    let device = adapter();
    for size in LEARNT {
        let [pictures, inputs, outputs, height, width] = size;
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect::<Vec<_>>();
        let (from, to) = (Shape { channels: inputs, height, width }, Shape { channels: outputs, height, width });
        let (x, kernel, output_gradient) =
            (numbers(pictures * from.len()), numbers(outputs * inputs * 9), numbers(pictures * to.len()));
        let input = tensor(x.clone(), [pictures, inputs, height, width], device).autodiff().require_grad();
        let weights = tensor(kernel.clone(), [outputs, inputs, 3, 3], device).autodiff().require_grad();
        let found = convolved(input.clone(), weights.clone());
        let weighted = found.clone() * tensor(output_gradient.clone(), [pictures, outputs, height, width], device);
        let gradients = weighted.sum().backward();
        let read = |tensor| pollster::block_on(read(tensor)).unwrap();

        let geometry = |inputs, outputs| Convolution {
            weight: String::new(),
            inputs,
            outputs,
            kernel: 3,
            stride: 1,
            pad: 1,
            border: Border::Zero,
        };
        let (there, back) = (geometry(inputs, outputs), geometry(outputs, inputs));
        let close = |found: Vec<f32>, expected: Vec<f32>, what: &str| {
            let distance = relative_distance(&found, &expected);
            assert!(distance < 1e-5, "{size:?}, {what}: {distance}");
        };
        let made =
            x.chunks_exact(from.len()).flat_map(|picture| convolution::convolution(picture, from, &there, &kernel));
        close(read(found.inner()), made.collect(), "output");
        let turned: Vec<f32> = (0..inputs * outputs * 9)
            .map(|i| kernel[(i / 9 % outputs * inputs + i / 9 / outputs) * 9 + 8 - i % 9])
            .collect();
        let of_x = output_gradient
            .chunks_exact(to.len())
            .flat_map(|picture| convolution::convolution(picture, to, &back, &turned));
        close(read(input.grad(&gradients).unwrap()), of_x.collect(), "gradient of the input");
        let mut of_weights = vec![0.0; kernel.len()];
        for (x, gradient) in x.chunks_exact(from.len()).zip(output_gradient.chunks_exact(to.len())) {
            let part = convolution::weights_gradient(x, from, &there, gradient);
            of_weights.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
        close(read(weights.grad(&gradients).unwrap()), of_weights, "gradient of the weights");
    }
}
