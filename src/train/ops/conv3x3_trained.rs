//! The convolution of [`super::conv3x3`] with trained weights, as an operation of burn. The forward pass and the
//! gradient of the input use the same kernel; the gradient of the weights uses
//! `shaders/train/train_conv3x3_weight_grad.wgsl`.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::into_contiguous;
use burn::backend::{Autodiff, Backend, Cube, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

use super::conv3x3::{RectifiedConvolution, TAPS};
use super::launch::{Kernel, dispatch, empty, sizes};
use crate::gpu::preprocess::specialize;
use crate::gpu::shaders::TRAIN_CONV3X3_WEIGHT_GRAD;

/// Threads per workgroup.
const THREADS: usize = 64;
/// Inputs and quads of outputs per workgroup.
const TILE: (usize, usize) = (8, 8);
/// Minimum of rows per chunk, so that a chunk has enough work, and maximum of chunks, so that their partial sums take
/// little memory.
const ROWS: usize = 4;
const CHUNKS: usize = 16;

static WEIGHT_GRADIENT: Kernel = Kernel::new(|| specialize(TRAIN_CONV3X3_WEIGHT_GRAD, &[], false));

/// Convolves `x`, `[pictures][inputs][height][width]` on a graphics device, with `kernel`, `[outputs][inputs][3][3]`,
/// with zero padding. Both may have gradients.
pub fn convolved(x: Tensor<4>, kernel: Tensor<4>) -> Tensor<4> {
    let outputs = kernel.dims()[0];
    let turned = kernel.clone().detach().flip([2, 3]).swap_dims(0, 1);
    Tensor::from_dispatch(<Dispatch as TrainedConvolution>::trained_convolution(
        x.into_dispatch(),
        laid_out(kernel).into_dispatch(),
        laid_out(turned).into_dispatch(),
        outputs,
    ))
}

/// Returns `kernel`, `[outputs][inputs][3][3]`, in the layout of this crate's kernel: `[inputs][taps][outputs]`, with
/// the outputs padded with zeros to a multiple of four.
fn laid_out(kernel: Tensor<4>) -> Tensor<3> {
    let [outputs, inputs, _, _] = kernel.dims();
    let rows: Tensor<3> = kernel.reshape([outputs, inputs, TAPS]).permute([1, 2, 0]);
    let missing = outputs.next_multiple_of(4) - outputs;
    if missing == 0 { rows } else { rows.pad((0, missing, 0, 0), PadMode::Constant(0.0)) }
}

/// Registers the convolution with burn's autodiff.
#[backend_extension(Cube, Autodiff)]
pub trait TrainedConvolution: Backend {
    /// Convolves `x`, `[pictures][inputs][height][width]`, with `weights`, laid out, to `outputs` channels. `turned`
    /// are the weights of the backward pass.
    fn trained_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        turned: FloatTensor<Self>,
        outputs: usize,
    ) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait WeightsGradient: Backend {
    /// Returns the gradient of the weights, laid out, from the input and the gradient of the output: one partial sum
    /// per chunk of rows of each picture, `[chunks][inputs][taps][outputs]`.
    fn weights_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl TrainedConvolution for Cube {
    fn trained_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        turned: FloatTensor<Self>,
        outputs: usize,
    ) -> FloatTensor<Self> {
        linear::<Self>(x, weights, turned, outputs)
    }
}

impl WeightsGradient for Cube {
    fn weights_gradient(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        let [x, gradient] = [x, gradient].map(into_contiguous);
        let ([pictures, inputs, height, width], [_, outputs, _, _]) = (sizes(&x), sizes(&gradient));
        let out_quads = outputs.div_ceil(4);
        let rows = ROWS.max(height.div_ceil(CHUNKS));
        let chunks = height.div_ceil(rows);
        let sums = empty(&x, [pictures * chunks, inputs, TAPS, 4 * out_quads]);
        let groups = [inputs.div_ceil(TILE.0) * out_quads.div_ceil(TILE.1), chunks, pictures];
        let numbers = [width, height, inputs, outputs, out_quads, rows, chunks];
        dispatch(&WEIGHT_GRADIENT, THREADS, groups, &[&x, &gradient, &sums], &numbers);
        sums
    }
}

impl<B: RectifiedConvolution + TrainedConvolution + WeightsGradient, C: CheckpointStrategy> TrainedConvolution
    for Autodiff<B, C>
{
    fn trained_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        turned: FloatTensor<Self>,
        outputs: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: RectifiedConvolution + WeightsGradient> Backward<B, 2> for Back {
            /// The input, and the weights of both directions.
            type State = [FloatTensor<B>; 3];

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let [x, weights, turned] = ops.state;
                let inputs = x.shape()[1];
                let [of_x, of_weights] = ops.parents;
                if let Some(parent) = of_weights {
                    let shape = weights.shape();
                    let sum = B::float_sum_dim(B::weights_gradient(x, gradient.clone()), 0);
                    gradients.register::<B>(parent.id, B::float_reshape(sum, shape));
                }
                if let Some(parent) = of_x {
                    gradients.register::<B>(parent.id, linear::<B>(gradient, turned, weights, inputs));
                }
            }
        }

        let nodes = [x.node(), weights.node()];
        let tensors = [x, weights, turned].map(FloatTensor::<Self>::into_primitive);
        let [x, weights, turned] = tensors.clone();
        let output = B::trained_convolution(x, weights, turned, outputs);
        match Back.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish(tensors, output),
            OpsKind::UnTracked(preparation) => preparation.finish(output),
        }
    }
}

/// Convolves with frozen weights, without bias and ReLU.
fn linear<B: RectifiedConvolution>(
    x: FloatTensor<B>,
    weights: FloatTensor<B>,
    turned: FloatTensor<B>,
    outputs: usize,
) -> FloatTensor<B> {
    let zeros = |count: usize| {
        let padded = count.next_multiple_of(4);
        B::float_zeros([padded].into(), &x.device(), x.dtype().into())
    };
    let (bias, nothing) = (zeros(outputs), zeros(x.shape()[1]));
    B::rectified_convolution(x, weights, bias, turned, nothing, outputs, false)
}
