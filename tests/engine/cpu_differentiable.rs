//! Compares the processor's operations for losses, and their derivatives, with the plain executor, at odd sizes, with every
//! instruction set of this processor.

use crate::common::interleaved::{interleaved, planar};
use crate::common::{noise, relative_distance};
use impasto::cpu::differentiable::{
    Positions, RectifiedConvolution, channel_products, hypercolumn_gradient, hypercolumn_products, pool,
    symmetric_product, unpool,
};
use impasto::cpu::{InstructionSet, Workers, nearest};
use impasto::image::taps::Every;
use impasto::net::{Border, Convolution, Pooling, Shape};
use impasto::reference::convolution::convolution;
use impasto::reference::hypercolumn::Sampled;
use impasto::reference::{layers, nearest as searched};

/// Channels in and out, height and width, and the largest allowed distance, which grows with the channels. The last layer's
/// weights exceed the second cache, and its tiles one pass.
const LAYERS: [(usize, usize, usize, usize, f32); 4] =
    [(3, 8, 7, 10, 5e-6), (8, 12, 1, 5, 5e-6), (36, 20, 21, 18, 1e-5), (212, 208, 70, 62, 3e-5)];

fn layer(inputs: usize, outputs: usize) -> Convolution {
    let weight = "conv.w".to_string();
    Convolution { weight, inputs, outputs, kernel: 3, stride: 1, pad: 1, border: Border::Zero }
}

#[test]
fn rectified_convolutions_and_their_gradients_agree_with_the_definition() {
    for (inputs, outputs, height, width, allowed) in LAYERS {
        let (shape, made) = (Shape { channels: inputs, height, width }, Shape { channels: outputs, height, width });
        let (kernel, bias, x) = (noise(1, outputs * inputs * 9), noise(2, outputs), noise(3, shape.len()));
        let plane = height * width;
        let mut expected = convolution(&x, shape, &layer(inputs, outputs), &kernel);
        expected.iter_mut().enumerate().for_each(|(i, v)| *v = (*v + bias[i / plane]).max(0.0));

        let gradient = noise(4, made.len());
        let passed: Vec<f32> = gradient.iter().zip(&expected).map(|(g, v)| if *v > 0.0 { *g } else { 0.0 }).collect();
        let rotated: Vec<f32> = (0..kernel.len())
            .map(|at| kernel[(at / 9 % outputs * inputs + at / 9 / outputs) * 9 + 8 - at % 9])
            .collect();
        let expected_gradient = convolution(&passed, made, &layer(outputs, inputs), &rotated);

        for set in InstructionSet::available() {
            let packed = RectifiedConvolution::new(set, &kernel, &bias, inputs).unwrap();
            let size = (height, width);
            let [one, two] = [1, 2].map(|threads| packed.apply(&Workers::new(threads), &interleaved(&x, shape), size));
            assert!(one == two, "{}: threads", set.name());
            let off = relative_distance(&planar(&one, made), &expected);
            println!("{} {inputs} to {outputs}: {off:.1e}", set.name());
            assert!(off < allowed, "{} {inputs} to {outputs}: {off}", set.name());

            let (gradient, output) = (interleaved(&gradient, made), interleaved(&expected, made));
            let found = packed.gradient(&Workers::new(2), &gradient, &output, size);
            let off = relative_distance(&planar(&found, shape), &expected_gradient);
            println!("{} {inputs} to {outputs}, gradient: {off:.1e}", set.name());
            assert!(off < allowed, "{} {inputs} to {outputs}, gradient: {off}", set.name());
        }
    }
}

#[test]
fn products_of_channels_agree_with_the_definition() {
    for (channels, pixels) in [(4, 1), (8, 7), (64, 300), (28, 2500), (100, 129), (128, 5)] {
        let shape = Shape { channels, height: 1, width: pixels };
        let (x, matrix) = (noise(5, shape.len()), noise(6, channels * channels));
        let symmetric: Vec<f32> =
            (0..channels * channels).map(|i| matrix[i] + matrix[i % channels * channels + i / channels]).collect();
        let products = layers::gram(&x, channels);
        let product = layers::symmetric_product(&symmetric, &x, channels);
        for set in InstructionSet::available() {
            let features = interleaved(&x, shape);
            let sums = |threads| channel_products(set, &Workers::new(threads), &features, channels).unwrap();
            assert!(sums(1) == sums(2), "{}: threads", set.name());
            let off = relative_distance(&sums(2), &products);
            assert!(off < 2e-6, "{} {channels} channels, {pixels} pixels: {off}", set.name());
            let found = symmetric_product(set, &Workers::new(2), &symmetric, &features, channels).unwrap();
            let off = relative_distance(&planar(&found, shape), &product);
            assert!(off < 2e-6, "{} {channels} channels, {pixels} pixels, gradient: {off}", set.name());
        }
    }
}

#[test]
fn pooled_pixels_and_their_gradients_agree_with_the_definition() {
    for (height, width) in [(2, 2), (7, 10), (18, 5), (12, 16)] {
        let shape = Shape { channels: 12, height, width };
        let half = Shape { channels: 12, height: height / 2, width: width / 2 };
        let x = noise(7, shape.len());
        let gradient = noise(8, half.len());
        for pooling in [Pooling::Average, Pooling::Max] {
            let pooled = layers::pool2(&x, shape, pooling);
            let given = interleaved(&x, shape);
            let (workers, size) = (Workers::new(2), (height, width));
            let gradients = interleaved(&gradient, half);
            let all = InstructionSet::available().into_iter().map(|set| {
                let found = pool(set, &workers, pooling, &given, size, 12).unwrap();
                assert!(relative_distance(&planar(&found, half), &pooled) < 1e-6, "{}", set.name());
                planar(&unpool(set, &workers, pooling, &given, &gradients, size, 12).unwrap(), shape)
            });
            let all: Vec<_> = all.collect();
            assert!(all.iter().all(|back| *back == all[0]), "instruction sets");
            let back = &all[0];
            for (i, found) in back.iter().enumerate() {
                let (plane, y, x_at) = (i / (height * width), i / width % height, i % width);
                let inside = y / 2 < half.height && x_at / 2 < half.width;
                let at = (plane * half.height + y / 2) * half.width + x_at / 2;
                let expected = match pooling {
                    _ if !inside => 0.0,
                    Pooling::Average => gradient[at] / 4.0,
                    Pooling::Max if x[i] == pooled[at] => gradient[at],
                    Pooling::Max => 0.0,
                };
                assert!((found - expected).abs() < 1e-6, "{pooling:?} {height}x{width} at {i}: {found}");
            }
        }
    }
    // Of equal numbers the first one gets the gradient.
    let found =
        unpool(InstructionSet::best(), &Workers::new(1), Pooling::Max, &[1.0; 16], &[3.0; 4], (2, 2), 4).unwrap();
    assert_eq!(found, [[3.0; 4], [0.0; 4], [0.0; 4], [0.0; 4]].concat());
    // Rounding makes no difference, more does.
    let x = [[1.0; 4], [1.000_001; 4], [-1.0; 4], [0.5, 1.0, 1.000_1, 2.0]].concat();
    let found = unpool(InstructionSet::best(), &Workers::new(1), Pooling::Max, &x, &[3.0; 4], (2, 2), 4).unwrap();
    assert_eq!(found, [[3.0, 3.0, 0.0, 0.0], [0.0; 4], [0.0; 4], [0.0, 0.0, 3.0, 3.0]].concat());
}

#[test]
fn nearest_rows_agree_with_the_definition() {
    for (rows, others, channels) in [(1, 1, 4), (7, 3, 4), (97, 300, 20), (10, 9000, 8), (200, 4099, 12)] {
        let (own, mut among) = (noise(8, rows * channels), noise(9, others * channels));
        // All products are below zero for the first row; of two equal rows the first is found.
        among.iter_mut().zip(own[..channels].iter().cycle()).for_each(|(a, b)| *a = -a.abs() * b.signum());
        let copied = among[..channels].to_vec();
        among[(others - 1) * channels..].copy_from_slice(&copied);
        let expected = searched::nearest(&own, &among, channels);
        for set in InstructionSet::available() {
            let [one, two] = [1, 2].map(|threads| nearest(set, &Workers::new(threads), &own, &among, channels));
            assert_eq!(one.unwrap(), expected, "{} {rows} of {others} rows", set.name());
            assert_eq!(two.unwrap(), expected, "{} {rows} of {others} rows, two threads", set.name());
        }
    }
}

#[test]
fn products_of_hypercolumns_and_their_gradients_agree_with_the_definition() {
    let all = Every::ONE;
    let some = (Every { end: 5, ..Every::from(1, 2) }, Every::from(0, 3));
    // A layer that is larger than the grid, one of its size, a smaller one; all positions, a part of them, chosen ones.
    for (size, grid, every, chosen) in [
        ((21, 30), (5, 7), (all, all), None),
        ((6, 9), (6, 9), some, None),
        ((4, 3), (9, 7), (all, all), Some(&[0, 8, 9, 30, 62][..])),
        ((2, 5), (7, 11), some, Some(&[1, 5])),
    ] {
        for channels in [4, 20, 64] {
            let positions = Positions::new(size, grid, every, chosen, 0.3);
            let taps = positions.taps();
            assert_eq!(taps.len(), chosen.map_or(every.0.of(grid.0).count() * every.1.of(grid.1).count(), <[_]>::len));
            let x = noise(10, size.0 * size.1 * channels);
            let (targets, slope) = (noise(11, taps.len() * channels), noise(12, taps.len() * 2));
            let sampled = Sampled { x: &x, width: size.1, channels, taps: &taps, scale: 0.3 };
            let (products, gradient) = (sampled.products(&targets), sampled.gradient(&slope, &targets));
            for set in InstructionSet::available() {
                let found =
                    |threads| hypercolumn_products(set, &Workers::new(threads), &x, &positions, &targets).unwrap();
                assert!(found(1) == found(2), "{}: threads", set.name());
                let off = relative_distance(&found(2), &products);
                assert!(off < 2e-6, "{} {size:?} {channels} channels: {off}", set.name());
                let back = |threads| {
                    hypercolumn_gradient(set, &Workers::new(threads), &slope, &x, &positions, &targets).unwrap()
                };
                assert!(back(1) == back(2), "{}: threads", set.name());
                let off = relative_distance(&back(2), &gradient);
                assert!(off < 2e-6, "{} {size:?} {channels} channels, gradient: {off}", set.name());
            }
        }
    }
}
