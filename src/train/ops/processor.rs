//! VGG's operations on the processor, as operations of burn over the SIMD kernels in [`crate::cpu::differentiable`], and the
//! search for nearest rows. Tensors of pictures are `[pictures][height][width][channels]`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::nearest::NearestRows;
use crate::cpu::differentiable::{RectifiedConvolution, channel_products, pool, symmetric_product, unpool};
use crate::cpu::{InstructionSet, Workers, nearest};
use crate::error::Result;
use crate::net::Pooling;

/// The threads of all operations.
pub(super) static WORKERS: LazyLock<Workers> = LazyLock::new(Workers::all);

/// An operation on one tensor whose derivative needs its input and its output at most.
#[derive(Debug, Clone)]
pub enum Operation {
    /// A convolution with bias and ReLU.
    Convolution(Frozen),
    /// Pooling of 2x2 pixels with a stride of two.
    Pooling(Pooling),
    /// The products of every two channels, summed over all pixels: `[pictures][1][channels][channels]`.
    Products,
}

/// A convolution whose weights are frozen.
#[derive(Clone)]
pub struct Frozen(Arc<RectifiedConvolution>);

impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frozen")
    }
}

impl Frozen {
    /// Packs `kernel`, `[outputs][inputs][3][3]`, and `bias`, `[outputs]`.
    ///
    /// # Errors
    /// As [`RectifiedConvolution::new`].
    pub fn new(kernel: &[f32], bias: &[f32], inputs: usize) -> Result<Self> {
        Ok(Self(Arc::new(RectifiedConvolution::new(InstructionSet::best(), kernel, bias, inputs)?)))
    }
}

impl Operation {
    /// Applies the operation to `x`, `[pictures][height][width][channels]` on the processor, where the number of channels
    /// is a multiple of four.
    pub fn apply(self, x: Tensor<4>) -> Tensor<4> {
        Tensor::from_dispatch(<Dispatch as OnProcessor>::on_processor(x.into_dispatch(), self))
    }

    /// Computes the output for one picture.
    fn output(&self, x: &[f32], size: (usize, usize), channels: usize) -> Result<Vec<f32>> {
        match self {
            Self::Convolution(Frozen(convolution)) => Ok(convolution.apply(&WORKERS, x, size)),
            Self::Pooling(pooling) => pool(InstructionSet::best(), &WORKERS, *pooling, x, size, channels),
            Self::Products => channel_products(InstructionSet::best(), &WORKERS, x, channels),
        }
    }

    /// Computes the gradient of the input of one picture from the gradient of the output, input and output.
    fn gradient(
        &self,
        gradient: &[f32],
        x: &[f32],
        output: &[f32],
        size: (usize, usize),
        channels: usize,
    ) -> Result<Vec<f32>> {
        match self {
            Self::Convolution(Frozen(convolution)) => Ok(convolution.gradient(&WORKERS, gradient, output, size)),
            Self::Pooling(pooling) => unpool(InstructionSet::best(), &WORKERS, *pooling, x, gradient, size, channels),
            Self::Products => {
                let both = |i: usize| gradient[i] + gradient[i % channels * channels + i / channels];
                let matrix: Vec<f32> = (0..channels * channels).map(both).collect();
                symmetric_product(InstructionSet::best(), &WORKERS, &matrix, x, channels)
            }
        }
    }
}

/// Registers the operations with burn's autodiff.
#[backend_extension(Flex, Autodiff)]
pub trait OnProcessor: Backend {
    /// Applies `operation` to `x`, `[pictures][height][width][channels]`.
    fn on_processor(x: FloatTensor<Self>, operation: Operation) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait OnProcessorBack: Backend {
    /// Returns the gradient of the input from the gradient of the output, input and output.
    fn back(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        output: FloatTensor<Self>,
        operation: Operation,
    ) -> FloatTensor<Self>;
}

impl OnProcessor for Flex {
    fn on_processor(x: FloatTensor<Self>, operation: Operation) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let [pictures, height, width, channels] = x.shape().dims();
        let output =
            per_picture(pictures, |picture| operation.output(part(&x, picture, pictures), (height, width), channels));
        let length = output.len() / pictures;
        let shape = match &operation {
            Operation::Convolution(_) => [pictures, height, width, length / (height * width)],
            Operation::Pooling(_) => [pictures, height / 2, width / 2, channels],
            Operation::Products => [pictures, 1, channels, channels],
        };
        FlexTensor::from_data(TensorData::new(output, shape))
    }
}

impl OnProcessorBack for Flex {
    fn back(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        output: FloatTensor<Self>,
        operation: Operation,
    ) -> FloatTensor<Self> {
        let [gradient, x, output] = [gradient, x, output].map(|tensor| tensor.to_contiguous());
        let [pictures, height, width, channels] = x.shape().dims();
        let found = per_picture(pictures, |picture| {
            let [gradient, x, output] = [&gradient, &x, &output].map(|tensor| part(tensor, picture, pictures));
            operation.gradient(gradient, x, output, (height, width), channels)
        });
        FlexTensor::from_data(TensorData::new(found, [pictures, height, width, channels]))
    }
}

impl NearestRows for Flex {
    fn nearest_rows(own: FloatTensor<Self>, among: FloatTensor<Self>) -> FloatTensor<Self> {
        let [own, among] = [own, among].map(|tensor| tensor.to_contiguous());
        let [rows, channels] = own.shape().dims();
        let found = nearest(InstructionSet::best(), &WORKERS, own.storage(), among.storage(), channels);
        let found = found.expect("an available instruction set");
        // There is one chunk, so nothing reads the products.
        let numbers = std::iter::repeat_n(0.0, rows).chain(found.into_iter().map(|row| row as f32)).collect();
        FlexTensor::from_data(TensorData::new(numbers, [2, 1, rows]))
    }
}

/// Returns the numbers of one picture of a contiguous tensor.
fn part(tensor: &FlexTensor, picture: usize, pictures: usize) -> &[f32] {
    let values: &[f32] = tensor.storage();
    let length = values.len() / pictures;
    &values[picture * length..][..length]
}

/// Joins the numbers that `compute` returns for each picture.
fn per_picture(pictures: usize, compute: impl Fn(usize) -> Result<Vec<f32>>) -> Vec<f32> {
    // The best instruction set is available, so kernels cannot fail.
    let compute = |picture| compute(picture).expect("an available instruction set");
    let mut joined = compute(0);
    (1..pictures).for_each(|picture| joined.extend(compute(picture)));
    joined
}

impl<B: OnProcessor + OnProcessorBack, C: CheckpointStrategy> OnProcessor for Autodiff<B, C> {
    fn on_processor(x: FloatTensor<Self>, operation: Operation) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: OnProcessorBack> Backward<B, 1> for Back {
            /// Input and output, and the operation.
            type State = ([FloatTensor<B>; 2], Operation);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let [parent] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let ([x, output], operation) = ops.state;
                if let Some(parent) = parent {
                    gradients.register::<B>(parent.id, B::back(gradient, x, output, operation));
                }
            }
        }

        let node = x.node();
        let x = x.into_primitive();
        let output = B::on_processor(x.clone(), operation.clone());
        match Back.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish(([x, output.clone()], operation), output),
            OpsKind::UnTracked(preparation) => preparation.finish(output),
        }
    }
}
