//! Windows on planes ([`crate::net::window::Window`]) as an operation of burn over this crate's kernels,
//! `shaders/train/im_window.wgsl` and `shaders/train/im_window_grad.wgsl`. Composed of burn's tensor operations each
//! window would take a dozen dispatches.

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
use crate::gpu::shaders::{IM_WINDOW, IM_WINDOW_GRAD};
use crate::net::window::Window;

/// Threads per workgroup.
const THREADS: usize = 64;

static FORWARD: Kernel = Kernel::new(|| specialize(IM_WINDOW, &[], false));
static BACKWARD: Kernel = Kernel::new(|| specialize(IM_WINDOW_GRAD, &[], false));

/// Returns the windowed copies of `x`, `[pictures][channels][height][width]`, on a graphics device:
/// `[pictures][copies * channels][rows][columns]`.
pub fn window(x: Tensor<4>, window: Window) -> Tensor<4> {
    let Window { size: (rows, columns), offset, stride, zoom, blocks } = window;
    let offset = offset as i64;
    Tensor::from_dispatch(<Dispatch as Windows>::windowed(
        x.into_dispatch(),
        rows,
        columns,
        offset,
        stride,
        zoom,
        blocks,
    ))
}

/// Registers the window operation with burn's autodiff. The parameters are the fields of a [`Window`].
#[backend_extension(Cube, Autodiff)]
pub trait Windows: Backend {
    /// Returns the windowed copies of `x`.
    fn windowed(
        x: FloatTensor<Self>,
        rows: usize,
        columns: usize,
        offset: i64,
        stride: usize,
        zoom: usize,
        blocks: usize,
    ) -> FloatTensor<Self>;
}

/// The device operation of the backward pass.
pub trait WindowsBack: Backend {
    /// Returns the gradient of the input planes of `height` x `width`.
    fn unwindowed(gradient: FloatTensor<Self>, window: Window, height: usize, width: usize) -> FloatTensor<Self>;
}

impl Windows for Cube {
    fn windowed(
        x: FloatTensor<Self>,
        rows: usize,
        columns: usize,
        offset: i64,
        stride: usize,
        zoom: usize,
        blocks: usize,
    ) -> FloatTensor<Self> {
        let window = Window { size: (rows, columns), offset: offset as isize, stride, zoom, blocks };
        let x = into_contiguous(x);
        let [pictures, channels, height, width] = sizes(&x);
        let copies = blocks * blocks * channels;
        let target = empty(&x, [pictures, copies, rows, columns]);
        let groups = [(rows * columns).div_ceil(THREADS), copies, pictures];
        dispatch(&FORWARD, THREADS, groups, &[&x, &target], &numbers(window, channels, height, width));
        target
    }
}

impl WindowsBack for Cube {
    fn unwindowed(gradient: FloatTensor<Self>, window: Window, height: usize, width: usize) -> FloatTensor<Self> {
        let gradient = into_contiguous(gradient);
        let [pictures, copies, _, _] = sizes(&gradient);
        let channels = copies / (window.blocks * window.blocks);
        let target = empty(&gradient, [pictures, channels, height, width]);
        let groups = [(height * width).div_ceil(THREADS), channels, pictures];
        dispatch(&BACKWARD, THREADS, groups, &[&gradient, &target], &numbers(window, channels, height, width));
        target
    }
}

/// Returns the window's parameters in the order of the kernels' uniform struct.
fn numbers(window: Window, channels: usize, height: usize, width: usize) -> [usize; 9] {
    let Window { size: (rows, columns), offset, stride, zoom, blocks } = window;
    // The bit pattern of a signed 32-bit integer.
    let offset = (offset as i32).cast_unsigned() as usize;
    [channels, height, width, rows, columns, blocks, stride, zoom, offset]
}

impl<B: Windows + WindowsBack, C: CheckpointStrategy> Windows for Autodiff<B, C> {
    fn windowed(
        x: FloatTensor<Self>,
        rows: usize,
        columns: usize,
        offset: i64,
        stride: usize,
        zoom: usize,
        blocks: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Back;

        impl<B: Windows + WindowsBack> Backward<B, 1> for Back {
            /// The window, and height and width of the input planes.
            type State = (Window, usize, usize);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let [parent] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let (window, height, width) = ops.state;
                if let Some(parent) = parent {
                    gradients.register::<B>(parent.id, B::unwindowed(gradient, window, height, width));
                }
            }
        }

        let window = Window { size: (rows, columns), offset: offset as isize, stride, zoom, blocks };
        let shape = x.shape();
        let node = x.node();
        let copies = B::windowed(x.into_primitive(), rows, columns, offset, stride, zoom, blocks);
        match Back.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => preparation.finish((window, shape[2], shape[3]), copies),
            OpsKind::UnTracked(preparation) => preparation.finish(copies),
        }
    }
}
