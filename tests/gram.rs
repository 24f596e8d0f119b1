//! Products of channels on the graphics device against their plain twin, and their gradient against burn's own on the processor.
#![cfg(feature = "studio")]

mod common;

use burn::tensor::{Device, Tensor};
use common::relative_distance;
use impasto::art::random::Random;
use impasto::cpu::layers;
use impasto::studio::device::{cpu, gpu, read, tensor};
use impasto::studio::gram::products;

/// Pictures, channels and pixels: one pixel, less and more than a workgroup's and a chunk's, many chunks, channels that our
/// kernels leave to burn.
const SIZES: [[usize; 3]; 8] =
    [[1, 16, 1], [2, 64, 77], [1, 128, 300], [3, 48, 257], [1, 16, 20_000], [1, 32, 4096], [1, 512, 64], [2, 6, 40]];

struct Case {
    size: [usize; 3],
    features: Vec<f32>,
    /// What the products are weighted with, for a gradient: not symmetric.
    aim: Vec<f32>,
}

impl Case {
    /// The products, and the gradient of their product with the aim.
    fn both(&self, device: &Device) -> (Vec<f32>, Vec<f32>) {
        let [pictures, channels, _] = self.size;
        let features: Tensor<3> = tensor(self.features.clone(), self.size, device).autodiff().require_grad();
        let found = products(features.clone());
        let aim = tensor(self.aim.clone(), [pictures, channels, channels], device);
        let gradients = (found.clone() * aim).sum().backward();
        let numbers = |tensor| pollster::block_on(read(tensor)).unwrap();
        (numbers(found.inner()), numbers(features.grad(&gradients).unwrap()))
    }
}

#[test]
fn they_equal_their_twins() {
    let (graphics, processor) = (pollster::block_on(gpu()).unwrap(), cpu());
    for size in SIZES {
        let [pictures, channels, pixels] = size;
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect::<Vec<_>>();
        let (features, aim) = (numbers(pictures * channels * pixels), numbers(pictures * channels * channels));
        let case = Case { size, features, aim };
        let (found, gradient) = case.both(&graphics);

        let planes = || case.features.chunks_exact(channels * pixels);
        let expected: Vec<f32> = planes().flat_map(|picture| layers::gram(picture, channels)).collect();
        let distance = relative_distance(&found, &expected);
        assert!(distance < 1e-5, "{size:?}: {distance}");

        let at = |matrix: &[f32], i: usize| matrix[i] + matrix[i % channels * channels + i / channels];
        let matrices = case.aim.chunks_exact(channels * channels);
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
