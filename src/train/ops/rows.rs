//! Matrices whose rows are the features of positions.

use burn::tensor::Tensor;

/// Lower bound of squared lengths: features of a black picture have none.
const SMALLEST: f32 = 1e-8;

/// Returns the length of each row, whose parts stand in several matrices: `[rows][1]`.
pub fn length(parts: &[Tensor<2>]) -> Tensor<2> {
    let squares = parts.iter().map(|x| (x.clone() * x.clone()).sum_dim(1)).collect();
    Tensor::cat(squares, 1).sum_dim(1).clamp_min(SMALLEST).sqrt()
}

/// Divides each row by its length.
pub fn unit(x: Tensor<2>) -> Tensor<2> {
    let length = length(std::slice::from_ref(&x));
    x / length
}
