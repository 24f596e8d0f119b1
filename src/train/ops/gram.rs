//! Gram matrices as an operation of burn over this crate's kernels (`shaders/train/gram.wgsl` and, in the backward
//! pass, `shaders/train/gram_grad.wgsl`). burn's matrix product is tuned for other shapes, and is slow without matrix
//! instructions.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::into_contiguous;
use burn::backend::{Autodiff, Backend, Cube, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::launch::{Kernel, dispatch, empty, sizes};
use crate::gpu::preprocess::specialize;
use crate::gpu::shaders::{GRAM, GRAM_GRAD};

/// Threads per workgroup in both kernels.
const THREADS: usize = 64;
/// Side of the tile of channels per thread of the forward kernel.
const TILE: usize = 8;
/// Pixels and channels per thread of the backward kernel.
const BACK: (usize, usize) = (4, 16);
/// Minimum of pixels per chunk, so that a chunk has enough work, and maximum of chunks, so that their partial sums take
/// little memory.
const CHUNK: usize = 256;
const CHUNKS: usize = 64;

static FORWARD: Kernel = Kernel::new(|| specialize(GRAM, &[], false));
static BACKWARD: Kernel = Kernel::new(|| specialize(GRAM_GRAD, &[], false));

/// Returns the products of every two channels, summed over all pixels, `[pictures][channels][channels]`, of features
/// `[pictures][channels][pixels]` on a graphics device; `None` for numbers of channels that the kernels do not support.
pub fn products(features: Tensor<3>) -> Option<Tensor<3>> {
    if !features.dims()[1].is_multiple_of(BACK.1) {
        return None;
    }
    let chunks = Tensor::<4>::from_dispatch(<Dispatch as ChannelProducts>::channel_products(features.into_dispatch()));
    Some(chunks.sum_dim(1).squeeze_dim(1))
}

/// Registers the products with burn's autodiff.
#[backend_extension(Cube, Autodiff)]
pub trait ChannelProducts: Backend {
    /// Returns the products of every two channels of `features`, `[pictures][channels][pixels]`, summed over chunks of
    /// pixels: `[pictures][chunks][channels][channels]`.
    fn channel_products(features: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait SymmetricProduct: Backend {
    /// Returns the product of `matrix`, `[pictures][channels][channels]` and symmetric, and `features`,
    /// `[pictures][channels][pixels]`.
    fn symmetric_product(matrix: FloatTensor<Self>, features: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl ChannelProducts for Cube {
    fn channel_products(features: FloatTensor<Self>) -> FloatTensor<Self> {
        let features = into_contiguous(features);
        let [pictures, channels, pixels] = sizes(&features);
        let chunk = CHUNK.max(pixels.div_ceil(CHUNKS));
        let chunks = pixels.div_ceil(chunk);
        let products = empty(&features, [pictures, chunks, channels, channels]);
        let across = channels / TILE;
        let groups = (across * (across + 1) / 2).div_ceil(THREADS);
        let tensors = [&features, &products];
        dispatch(&FORWARD, THREADS, [groups, chunks, pictures], &tensors, &[channels, pixels, chunk, chunks]);
        products
    }
}

impl SymmetricProduct for Cube {
    fn symmetric_product(matrix: FloatTensor<Self>, features: FloatTensor<Self>) -> FloatTensor<Self> {
        let [matrix, features] = [matrix, features].map(into_contiguous);
        let [pictures, channels, pixels] = sizes(&features);
        let target = empty(&features, [pictures, channels, pixels]);
        let groups = [pixels.div_ceil(THREADS * BACK.0), channels / BACK.1, pictures];
        dispatch(&BACKWARD, THREADS, groups, &[&matrix, &features, &target], &[channels, pixels]);
        target
    }
}

impl<B: ChannelProducts + SymmetricProduct, C: CheckpointStrategy> ChannelProducts for Autodiff<B, C> {
    fn channel_products(features: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: ChannelProducts + SymmetricProduct> Backward<B, 1> for Back {
            type State = FloatTensor<B>;

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let [parent] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let Some(parent) = parent else { return };
                // All chunks are summed, so their gradients are equal.
                let shape = gradient.shape();
                let first = B::float_slice(
                    gradient,
                    &[(0..shape[0]).into(), (0..1).into(), (0..shape[2]).into(), (0..shape[3]).into()],
                );
                let first = B::float_reshape(first, burn::tensor::Shape::new([shape[0], shape[2], shape[3]]));
                let matrix = B::float_add(first.clone(), B::float_swap_dims(first, 1, 2));
                gradients.register::<B>(parent.id, B::symmetric_product(matrix, ops.state));
            }
        }

        let node = features.node();
        let features = features.into_primitive();
        let products = B::channel_products(features.clone());
        match Back.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish(features, products),
            OpsKind::UnTracked(preparation) => preparation.finish(products),
        }
    }
}
