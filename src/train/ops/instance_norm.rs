//! Instance normalization with a style's scale and shift and a ReLU, as an operation of burn over this crate's kernels,
//! `shaders/train/instance_norm.wgsl` and `shaders/train/instance_norm_grad.wgsl`. Composed of burn's tensor operations
//! it would take dozens of dispatches.

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
use crate::gpu::shaders::{INSTANCE_NORM, INSTANCE_NORM_GRAD};

/// Threads per workgroup.
const THREADS: usize = 64;

static FORWARD: Kernel = Kernel::new(|| specialize(INSTANCE_NORM, &[], false));
static BACKWARD: Kernel = Kernel::new(|| specialize(INSTANCE_NORM_GRAD, &[], false));

/// Normalizes each channel of each picture of `x`, `[pictures][channels][height][width]`, on a graphics device, applies
/// `scale` and `shift`, `[channels]`, and a ReLU if `rectified` (Ulyanov, Vedaldi, Lempitsky 2016, "Instance
/// Normalization").
pub fn normalized(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, rectified: bool) -> Tensor<4> {
    let [x, scale, shift] = [x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch()];
    Tensor::from_dispatch(<Dispatch as Normalization>::normalization(x, scale, shift, rectified))
}

/// Registers the normalization with burn's autodiff.
#[backend_extension(Cube, Autodiff)]
pub trait Normalization: Backend {
    /// Normalizes as [`normalized`] does.
    fn normalization(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait NormalizationBack: Backend {
    /// Returns the gradient of `x`, and the gradients of scale and shift for each picture and channel,
    /// `[pictures][channels][2]`.
    fn back(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rectified: bool,
    ) -> [FloatTensor<Self>; 2];
}

impl Normalization for Cube {
    fn normalization(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [x, scale, shift] = [x, scale, shift].map(into_contiguous);
        let [pictures, channels, height, width] = sizes(&x);
        let target = empty(&x, [pictures, channels, height, width]);
        let numbers = [channels, height * width, usize::from(rectified)];
        dispatch(&FORWARD, THREADS, [channels, pictures, 1], &[&x, &scale, &shift, &target], &numbers);
        target
    }
}

impl NormalizationBack for Cube {
    fn back(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rectified: bool,
    ) -> [FloatTensor<Self>; 2] {
        let [x, scale, shift, gradient] = [x, scale, shift, gradient].map(into_contiguous);
        let [pictures, channels, height, width] = sizes(&x);
        let target = empty(&x, [pictures, channels, height, width]);
        let of_style = empty(&x, [pictures, channels, 2]);
        let tensors = [&x, &scale, &shift, &gradient, &target, &of_style];
        let numbers = [channels, height * width, usize::from(rectified)];
        dispatch(&BACKWARD, THREADS, [channels, pictures, 1], &tensors, &numbers);
        [target, of_style]
    }
}

impl<B: Normalization + NormalizationBack, C: CheckpointStrategy> Normalization for Autodiff<B, C> {
    fn normalization(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: Normalization + NormalizationBack> Backward<B, 3> for Back {
            /// Input, scale and shift, and whether a ReLU follows.
            type State = ([FloatTensor<B>; 3], bool);

            fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let ([x, scale, shift], rectified) = ops.state;
                let [of_x, of_style] = B::back(x, scale, shift, gradient, rectified);
                let [x, scale, shift] = ops.parents;
                if let Some(x) = x {
                    gradients.register::<B>(x.id, of_x);
                }
                // All pictures share one style, so its gradients are summed.
                let summed = B::float_sum_dim(of_style, 0);
                let channels = summed.shape()[1];
                for (parent, which) in [(scale, 0), (shift, 1)] {
                    if let Some(parent) = parent {
                        let part = B::float_slice(
                            summed.clone(),
                            &[(0..1).into(), (0..channels).into(), (which..which + 1).into()],
                        );
                        gradients.register::<B>(parent.id, B::float_reshape(part, [channels].into()));
                    }
                }
            }
        }

        let nodes = [x.node(), scale.node(), shift.node()];
        let inputs = [x, scale, shift].map(FloatTensor::<Self>::into_primitive);
        let [x, scale, shift] = inputs.clone();
        let target = B::normalization(x, scale, shift, rectified);
        match Back.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((inputs, rectified), target),
            OpsKind::UnTracked(preparation) => preparation.finish(target),
        }
    }
}
