//! The search for nearest rows as an operation of burn.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};

/// Rows of `among` at most: their numbers are handed over as floats, which hold them exactly up to here.
const MOST_ROWS: usize = 1 << 24;

/// Returns for each row of `own`, `[rows][channels]`, the row of `among`, `[other rows][channels]`, with the largest product.
/// `channels` is a multiple of four.
///
/// # Panics
/// If `among` has more than 16 million rows.
pub fn nearest(own: &Tensor<2>, among: &Tensor<2>) -> Tensor<1, Int> {
    assert!(among.dims()[0] <= MOST_ROWS, "{} rows", among.dims()[0]);
    let (own, among) = (own.clone().into_dispatch(), among.clone().into_dispatch());
    let found = Tensor::<3>::from_dispatch(<Dispatch as NearestRows>::nearest_rows(own, among));
    let [_, chunks, _] = found.dims();
    let part = |i: usize| found.clone().narrow(0, i, 1).squeeze_dim::<2>(0);
    let index = if chunks == 1 { part(1) } else { part(1).gather(0, part(0).argmax(0)) };
    index.squeeze_dim::<1>(0).int()
}

/// Registers the search with burn. It has no derivative.
#[backend_extension(Flex: cfg(feature = "cpu"), Cube: cfg(feature = "gpu"), Autodiff)]
pub trait NearestRows: Backend {
    /// Returns for each row of `own` and each chunk of the rows of `among` the largest product and the row that has it:
    /// `[product, row][chunks][rows]`.
    fn nearest_rows(own: FloatTensor<Self>, among: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl<B: NearestRows, C: CheckpointStrategy> NearestRows for Autodiff<B, C> {
    fn nearest_rows(own: FloatTensor<Self>, among: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::nearest_rows(own.into_primitive(), among.into_primitive()))
    }
}
