//! The 3x3 convolution of training on the graphics device against the plain reference, and its gradient against burn's
//! own on the CPU.

use crate::adapter;
use crate::common::relative_distance;
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use impasto::net::{Border, Convolution as Geometry, Shape};
use impasto::procedural::random::Random;
use impasto::reference::{convolution, layers};
use impasto::train::device::{cpu, read, tensor};
use impasto::train::ops::conv3x3::Convolution;

/// Pictures, channels in and out, height and width: every remainder of a thread's 8 pixels and of its channels, sizes of one
/// pixel, rows and columns.
const SIZES: [[usize; 5]; 9] = [
    [1, 3, 64, 33, 17],
    [2, 64, 64, 9, 16],
    [1, 64, 128, 8, 8],
    [1, 5, 3, 1, 1],
    [1, 1, 1, 1, 9],
    [3, 4, 7, 11, 1],
    [2, 8, 9, 5, 23],
    [1, 12, 13, 3, 12],
    [1, 16, 10, 2, 31],
];

struct Case {
    size: [usize; 5],
    input: Vec<f32>,
    kernel: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the output.
    output_gradient: Vec<f32>,
}

impl Case {
    fn new(size: [usize; 5]) -> Self {
        let [pictures, inputs, outputs, height, width] = size;
        let mut random = Random::new(size.iter().sum::<usize>() as u64);
        let mut numbers = |count: usize| (0..count).map(|_| random.between(-1.0, 1.0)).collect();
        Self {
            size,
            input: numbers(pictures * inputs * height * width),
            kernel: numbers(outputs * inputs * 9),
            bias: numbers(outputs),
            output_gradient: numbers(pictures * outputs * height * width),
        }
    }

    fn input(&self, device: &Device) -> Tensor<4> {
        let [pictures, inputs, _, height, width] = self.size;
        tensor(self.input.clone(), [pictures, inputs, height, width], device)
    }

    /// Returns the output of `convolve`, and the input gradient of its product with `output_gradient`.
    fn both(&self, device: &Device, convolve: impl Fn(Tensor<4>) -> Tensor<4>) -> (Vec<f32>, Vec<f32>) {
        let [pictures, _, outputs, height, width] = self.size;
        let output_gradient = tensor(self.output_gradient.clone(), [pictures, outputs, height, width], device);
        let input = self.input(device).autodiff().require_grad();
        let output = convolve(input.clone());
        let gradients = (output.clone() * output_gradient).sum().backward();
        let numbers = |tensor| pollster::block_on(read(tensor)).unwrap();
        (numbers(output.inner()), numbers(input.grad(&gradients).unwrap()))
    }
}

#[test]
fn it_equals_the_reference_and_its_gradient_that_of_burn() {
    let (graphics, processor) = (adapter().clone(), cpu());
    for size in SIZES {
        let [_, inputs, outputs, height, width] = size;
        let case = Case::new(size);
        let ours = Convolution::new(&case.kernel, &case.bias, inputs, &graphics);
        let (found, gradient) = case.both(&graphics, |x| ours.apply(x));

        let geometry =
            Geometry { weight: String::new(), inputs, outputs, kernel: 3, stride: 1, pad: 1, border: Border::Zero };
        let (from, to) = (Shape { channels: inputs, height, width }, Shape { channels: outputs, height, width });
        let reference =
            |picture| layers::bias(&convolution::convolution(picture, from, &geometry, &case.kernel), to, &case.bias);
        let expected = case.input.chunks_exact(from.len()).flat_map(reference).map(|v| v.max(0.0)).collect::<Vec<_>>();
        assert!(expected.contains(&0.0) || expected.len() < 8, "{size:?}: the ReLU has nothing to do");
        let distance = relative_distance(&found, &expected);
        assert!(distance < 1e-5, "{size:?}: {distance}");

        let kernel = tensor(case.kernel.clone(), [outputs, inputs, 3, 3], &processor);
        let bias = tensor(case.bias.clone(), [outputs], &processor);
        let same = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let (_, expected) = case.both(&processor, |x| relu(conv2d(x, kernel.clone(), Some(bias.clone()), same())));
        let distance = relative_distance(&gradient, &expected);
        assert!(distance < 1e-5, "{size:?}, gradient: {distance}");
    }
}
