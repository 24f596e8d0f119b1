//! A 3x3 convolution with zero padding, bias and ReLU, and its derivative with respect to the input.

use crate::cpu::rows::{Affine, Input, Operand};
use crate::cpu::{CpuConvolution, InstructionSet, Workers};
use crate::error::Result;
use crate::net::{Border, Convolution};

/// Taps of the kernel.
const TAPS: usize = 9;

/// A 3x3 convolution of stride 1 with zero padding, bias and ReLU, whose weights are frozen.
///
/// The gradient of the input is a convolution too: it convolves the output's gradient, masked by the ReLU, with the kernel
/// rotated by 180 degrees and with inputs and outputs exchanged.
pub struct RectifiedConvolution {
    forward: CpuConvolution,
    backward: CpuConvolution,
    /// The identity of the input's and of the output's channels.
    identities: [Affine; 2],
}

impl RectifiedConvolution {
    /// Packs `kernel`, `[outputs][inputs][3][3]`, and `bias`, `[outputs]`, for `set`.
    ///
    /// # Errors
    /// As [`CpuConvolution::new`].
    pub fn new(set: InstructionSet, kernel: &[f32], bias: &[f32], inputs: usize) -> Result<Self> {
        let outputs = bias.len();
        let layer = |inputs, outputs| Convolution {
            weight: "a convolution of VGG".to_string(),
            inputs,
            outputs,
            kernel: 3,
            stride: 1,
            pad: 1,
            border: Border::Zero,
        };
        let forward = CpuConvolution::new(set, &layer(inputs, outputs), false, kernel)?.with_bias(bias, true);
        let mut rotated = vec![0.0; kernel.len()];
        for (at, value) in kernel.iter().enumerate() {
            let (output, input, tap) = (at / TAPS / inputs, at / TAPS % inputs, at % TAPS);
            rotated[(input * outputs + output) * TAPS + TAPS - 1 - tap] = *value;
        }
        let backward = CpuConvolution::new(set, &layer(outputs, inputs), false, &rotated)?;
        let identities = [inputs, outputs].map(|channels| Affine::identity(channels.next_multiple_of(4)));
        Ok(Self { forward, backward, identities })
    }

    /// Returns the output for `x`, of `height` x `width` pixels.
    ///
    /// # Panics
    /// If `x` has another length.
    pub fn apply(&self, workers: &Workers, x: &[f32], size: (usize, usize)) -> Vec<f32> {
        run(&self.forward, workers, input(x, &self.identities[0], size))
    }

    /// Returns the gradient of the input from the gradient of the output, and the output.
    ///
    /// # Panics
    /// If `gradient` or `output` has another length.
    pub fn gradient(&self, workers: &Workers, gradient: &[f32], output: &[f32], size: (usize, usize)) -> Vec<f32> {
        run(&self.backward, workers, Input { mask: Some(output), ..input(gradient, &self.identities[1], size) })
    }
}

fn input<'a>(values: &'a [f32], affine: &'a Affine, (height, width): (usize, usize)) -> Input<'a> {
    let channels = affine.channels();
    assert_eq!(values.len(), height * width * channels, "the numbers of a tensor");
    Input { main: Operand { values, affine, relu: false }, skip: None, mask: None, height, width, channels }
}

fn run(convolution: &CpuConvolution, workers: &Workers, input: Input) -> Vec<f32> {
    let size = (input.height, input.width);
    let mut output = vec![0.0; convolution.output_length(size)];
    let mut statistics = vec![0.0; convolution.statistics_length(size)];
    convolution.run(workers, &input, &mut output, &mut statistics);
    output
}
