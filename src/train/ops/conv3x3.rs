//! The convolution of VGG as an operation of burn, over this crate's kernel (`shaders/train/train_conv3x3.wgsl`): 3x3,
//! stride 1, zero padding, with bias and ReLU in the same pass, and its gradient with respect to the input. The weights
//! are frozen.
//!
//! The gradient of the input is a convolution too: it convolves the output's gradient, masked by the ReLU, with the
//! kernel rotated by 180 degrees and with inputs and outputs exchanged.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::backend::{Autodiff, Backend, Cube, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor};

use super::launch::{Kernel, dispatch, empty, sizes};
use crate::gpu::preprocess::specialize;
use crate::gpu::shaders::TRAIN_CONV3X3;
use crate::train::device::tensor;

/// Taps of the kernel.
pub(super) const TAPS: usize = 9;
/// Columns and rows of pixels per thread.
const PIXELS: (usize, usize) = (2, 8);
/// Threads per workgroup.
const THREADS: usize = 64;

static KERNEL: Kernel = Kernel::new(|| specialize(TRAIN_CONV3X3, &[], false));

/// A convolution on a graphics device, with its weights in the kernel's layout.
pub struct Convolution {
    forward: Direction,
    backward: Direction,
}

/// Weights and bias of one direction (forward or backward) of a convolution.
#[derive(Clone)]
struct Direction {
    /// Weights `[inputs][taps][outputs]`, with the outputs padded with zeros to a multiple of four.
    weights: Tensor<3>,
    /// Bias `[outputs]`, padded likewise.
    bias: Tensor<1>,
    outputs: usize,
}

impl Convolution {
    /// Uploads `kernel`, `[outputs][inputs][3][3]`, and `bias`, `[outputs]`, to `device`.
    ///
    /// # Panics
    /// When the slices are too short. The shapes are checked when archives are read.
    pub fn new(kernel: &[f32], bias: &[f32], inputs: usize, device: &Device) -> Self {
        let outputs = bias.len();
        let at = |output: usize, input: usize, tap: usize| kernel[(output * inputs + input) * TAPS + tap];
        let forward = Direction::new(inputs, outputs, at, bias, device);
        let turned = |input: usize, output: usize, tap: usize| at(output, input, TAPS - 1 - tap);
        let backward = Direction::new(outputs, inputs, turned, &vec![0.0; inputs], device);
        Self { forward, backward }
    }

    /// Applies convolution and ReLU to `x`, `[pictures][inputs][height][width]`, on the device of the weights.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        self.convolve(x, true)
    }

    /// Applies the convolution as [`Convolution::apply`] does, without the ReLU.
    pub fn linear(&self, x: Tensor<4>) -> Tensor<4> {
        self.convolve(x, false)
    }

    fn convolve(&self, x: Tensor<4>, rectified: bool) -> Tensor<4> {
        let Self { forward, backward } = self;
        Tensor::from_dispatch(<Dispatch as RectifiedConvolution>::rectified_convolution(
            x.into_dispatch(),
            forward.weights.clone().into_dispatch(),
            forward.bias.clone().into_dispatch(),
            backward.weights.clone().into_dispatch(),
            backward.bias.clone().into_dispatch(),
            forward.outputs,
            rectified,
        ))
    }
}

impl Direction {
    /// Lays out the weights, which a function returns for each output, input and tap.
    fn new(
        inputs: usize,
        outputs: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
        bias: &[f32],
        device: &Device,
    ) -> Self {
        let padded = outputs.next_multiple_of(4);
        let mut weights = vec![0.0; inputs * TAPS * padded];
        for (row, index) in weights.chunks_exact_mut(padded).zip(0..) {
            for (output, value) in row[..outputs].iter_mut().enumerate() {
                *value = weight(output, index / TAPS, index % TAPS);
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self { weights: tensor(weights, [inputs, TAPS, padded], device), bias: tensor(bias, [padded], device), outputs }
    }
}

/// Registers the convolution with burn's autodiff.
#[backend_extension(Cube, Autodiff)]
pub trait RectifiedConvolution: Backend {
    /// Convolves `x`, `[pictures][inputs][height][width]`, with `weights` and `bias`, to `outputs` channels, with a
    /// ReLU if `rectified`. `turned` and `nothing` are weights and bias of the backward pass.
    fn rectified_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        turned: FloatTensor<Self>,
        nothing: FloatTensor<Self>,
        outputs: usize,
        rectified: bool,
    ) -> FloatTensor<Self>;
}

impl RectifiedConvolution for Cube {
    fn rectified_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        _turned: FloatTensor<Self>,
        _nothing: FloatTensor<Self>,
        outputs: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        launch(x, weights, bias, outputs, rectified)
    }
}

impl<B: RectifiedConvolution, C: CheckpointStrategy> RectifiedConvolution for Autodiff<B, C> {
    fn rectified_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        turned: FloatTensor<Self>,
        nothing: FloatTensor<Self>,
        outputs: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: RectifiedConvolution> Backward<B, 1> for Back {
            /// The output, weights and biases of both directions, the number of input channels, and the ReLU flag.
            type State = (FloatTensor<B>, [FloatTensor<B>; 4], usize, bool);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let [parent] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let (output, [turned, nothing, weights, bias], inputs, rectified) = ops.state;
                let Some(parent) = parent else { return };
                let passed = if rectified { B::relu_backward(output, gradient) } else { gradient };
                let back = B::rectified_convolution(passed, turned, nothing, weights, bias, inputs, false);
                gradients.register::<B>(parent.id, back);
            }
        }

        let inputs = x.shape()[1];
        let node = x.node();
        let [x, weights, bias, turned, nothing] =
            [x, weights, bias, turned, nothing].map(FloatTensor::<Self>::into_primitive);
        let forward = |x: FloatTensor<B>| {
            let [weights, bias, turned, nothing] =
                [&weights, &bias, &turned, &nothing].map(|tensor: &FloatTensor<B>| tensor.clone());
            B::rectified_convolution(x, weights, bias, turned, nothing, outputs, rectified)
        };
        let output = forward(x);
        match Back.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => {
                let state = (output.clone(), [turned, nothing, weights, bias], inputs, rectified);
                preparation.finish(state, output)
            }
            OpsKind::UnTracked(preparation) => preparation.finish(output),
        }
    }
}

fn launch(x: CubeTensor, weights: CubeTensor, bias: CubeTensor, outputs: usize, rectified: bool) -> CubeTensor {
    let [x, weights, bias] = [x, weights, bias].map(into_contiguous);
    let ([pictures, inputs, height, width], [padded]) = (sizes(&x), sizes(&bias));
    let out_quads = padded / 4;
    let output = empty(&x, [pictures, outputs, height, width]);
    let groups = (width.div_ceil(PIXELS.0) * height.div_ceil(PIXELS.1)).div_ceil(THREADS);
    let numbers = [width, height, inputs, outputs, out_quads, usize::from(rectified)];
    dispatch(&KERNEL, THREADS, [groups, out_quads, pictures], &[&x, &weights, &bias, &output], &numbers);
    output
}
