//! The part of one layer in the cosine between hypercolumns, on the processor, as an operation of burn over
//! [`crate::cpu::differentiable`].

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::processor::WORKERS;
use crate::cpu::InstructionSet;
use crate::cpu::differentiable::{Positions, hypercolumn_gradient, hypercolumn_products};

/// Returns for each of the `positions` the product of its features in the layer `x`, `[height][width][channels]`, with those in
/// `targets`, `[positions][channels]`, and with themselves: `[positions][2]`. Only `x` is differentiated.
pub fn products(x: Tensor<3>, targets: Tensor<2>, positions: Arc<Positions>) -> Tensor<2> {
    let (x, targets) = (x.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Hypercolumn>::hypercolumn(x, targets, positions))
}

/// Registers the operation with burn's autodiff.
#[backend_extension(Flex, Autodiff)]
pub trait Hypercolumn: Backend {
    /// As [`products`].
    fn hypercolumn(x: FloatTensor<Self>, targets: FloatTensor<Self>, positions: Arc<Positions>) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait HypercolumnBack: Backend {
    /// Returns the gradient of `x` from that of the products.
    fn hypercolumn_back(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        positions: &Positions,
    ) -> FloatTensor<Self>;
}

impl Hypercolumn for Flex {
    fn hypercolumn(x: FloatTensor<Self>, targets: FloatTensor<Self>, positions: Arc<Positions>) -> FloatTensor<Self> {
        let [x, targets] = [x, targets].map(|tensor| tensor.to_contiguous());
        let set = InstructionSet::best();
        let found = hypercolumn_products(set, &WORKERS, x.storage(), &positions, targets.storage());
        let found = found.expect("an available instruction set");
        FlexTensor::from_data(TensorData::new(found, [positions.count(), 2]))
    }
}

impl HypercolumnBack for Flex {
    fn hypercolumn_back(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        positions: &Positions,
    ) -> FloatTensor<Self> {
        let [gradient, x, targets] = [gradient, x, targets].map(|tensor| tensor.to_contiguous());
        let (set, shape) = (InstructionSet::best(), x.shape());
        let (gradient, targets) = (gradient.storage(), targets.storage());
        let found = hypercolumn_gradient(set, &WORKERS, gradient, x.storage(), positions, targets);
        FlexTensor::from_data(TensorData::new(found.expect("an available instruction set"), shape))
    }
}

impl<B: Hypercolumn + HypercolumnBack, C: CheckpointStrategy> Hypercolumn for Autodiff<B, C> {
    fn hypercolumn(x: FloatTensor<Self>, targets: FloatTensor<Self>, positions: Arc<Positions>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: HypercolumnBack> Backward<B, 1> for Back {
            /// The layer and the targets, and the positions.
            type State = ([FloatTensor<B>; 2], Arc<Positions>);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let [parent] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let ([x, targets], positions) = ops.state;
                if let Some(parent) = parent {
                    gradients.register::<B>(parent.id, B::hypercolumn_back(gradient, x, targets, &positions));
                }
            }
        }

        let node = x.node();
        let (x, targets) = (x.into_primitive(), targets.into_primitive());
        let output = B::hypercolumn(x.clone(), targets.clone(), positions.clone());
        match Back.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish(([x, targets], positions), output),
            OpsKind::UnTracked(preparation) => preparation.finish(output),
        }
    }
}
