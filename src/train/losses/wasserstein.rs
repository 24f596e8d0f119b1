//! The Wasserstein distance between features as normal distributions: `|m - n|^2 + tr(C + D - 2 (D^1/2 C D^1/2)^1/2)` (Dowson and
//! Landau 1982, "The Fréchet distance between multivariate normal distributions"). Katherine Crowson's style-transfer-pytorch uses
//! it as a style loss.

use burn::tensor::Tensor;

/// Added to the diagonal of a matrix of trace 1 before its root is computed: layers may have fewer pixels than channels.
const REGULAR: f32 = 1e-6;
/// Iterations: after n of them, eigenvalues above 1.5^-2n have their roots.
const ITERATIONS: usize = 15;
/// Lower bound of divisors.
const SMALLEST: f32 = 1e-12;

/// The distribution of a painting's features.
pub struct NormalTarget {
    means: Tensor<2>,
    /// The root of the covariances.
    root: Tensor<2>,
    trace: Tensor<1>,
    /// The reciprocal of the mean square of the features.
    inverse: Tensor<1>,
}

impl NormalTarget {
    /// Makes a target of means, `[channels][1]`, and covariances, `[channels][channels]`.
    pub fn new(means: &Tensor<2>, covariances: &Tensor<2>) -> Self {
        let (means, covariances) = (means.clone().detach(), covariances.clone().detach());
        let total = trace(covariances.clone());
        let inverse = ((means.clone() * means.clone()).sum() + total.clone()).clamp_min(SMALLEST).recip();
        Self { means, root: roots(covariances).0, trace: total, inverse }
    }

    /// Returns the distance of a distribution, relative to the mean square of the painting's features.
    pub fn distance(&self, means: Tensor<2>, covariances: Tensor<2>) -> Tensor<1> {
        let off = means - self.means.clone();
        let product = self.root.clone().matmul(covariances.clone()).matmul(self.root.clone());
        // The derivative of the trace of a root is half of the inverse root. Differentiating the iterations would keep them all.
        let (_, inverse) = roots(product.clone().detach());
        let shared = (product * inverse).sum();
        let shared = shared.clone() * 0.5 + shared.detach() * 0.5;
        let distance = (off.clone() * off).sum() + trace(covariances) + self.trace.clone() - shared * 2.0;
        distance * self.inverse.clone()
    }
}

fn trace(matrix: Tensor<2>) -> Tensor<1> {
    let identity = Tensor::eye(matrix.dims()[0], &matrix.device());
    (matrix * identity).sum()
}

/// Returns the root of a symmetric matrix without negative eigenvalues, and the inverse of the root, by the iteration of Newton
/// and Schulz (Higham 2008, "Functions of Matrices", section 6.3).
fn roots(matrix: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let identity = || Tensor::<2>::eye(matrix.dims()[0], &matrix.device());
    let total = trace(matrix.clone()).clamp_min(SMALLEST);
    let scale = total.clone().sqrt().reshape([1, 1]);
    let mut root = matrix.clone() / total.reshape([1, 1]) + identity() * REGULAR;
    let mut inverse = identity();
    for _ in 0..ITERATIONS {
        let factor = (identity() * 3.0 - inverse.clone().matmul(root.clone())) * 0.5;
        root = root.matmul(factor.clone());
        inverse = factor.matmul(inverse);
    }
    (root * scale.clone(), inverse / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::{cpu, read, tensor};

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        pollster::block_on(read(x)).unwrap()
    }

    fn diagonal(values: [f32; 3]) -> Tensor<2> {
        tensor((0..9).map(|i| if i % 4 == 0 { values[i / 4] } else { 0.0 }).collect(), [3, 3], &cpu())
    }

    fn near(found: &[f32], expected: &[f32], allowed: f32) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= allowed), "{found:?} for {expected:?}");
    }

    #[test]
    fn roots_of_a_matrix_give_it_back() {
        let matrix = tensor(vec![2.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 1.0], [3, 3], &cpu());
        let (root, inverse) = roots(matrix.clone());
        near(&values(root.clone().matmul(root.clone())), &values(matrix), 1e-4);
        near(&values(root.matmul(inverse)), &values(Tensor::<2>::eye(3, &cpu())), 1e-3);
        // A layer without any activation.
        assert!(values(roots(diagonal([0.0; 3])).0).iter().all(|v| v.abs() < 1e-6));
    }

    #[test]
    fn distances_and_gradients_of_independent_channels_are_known() {
        let means = |values: [f32; 3]| tensor(values.to_vec(), [3, 1], &cpu());
        let target = NormalTarget::new(&means([1.0, 0.0, 0.0]), &diagonal([4.0, 1.0, 1.0]));
        let covariances = diagonal([1.0, 4.0, 0.25]).autodiff().require_grad();
        let found = NormalTarget {
            means: target.means.autodiff(),
            root: target.root.autodiff(),
            trace: target.trace.autodiff(),
            inverse: target.inverse.autodiff(),
        };
        let distance = found.distance(means([1.0, 0.5, 0.0]).autodiff(), covariances.clone());
        let gradients = distance.backward();
        // Squared differences of the deviations, and of the means, by 1 + 6.
        near(&values(distance.inner()), &[(1.0 + 1.0 + 0.25 + 0.25) / 7.0], 1e-4);
        // One minus the quotient of the deviations.
        let expected = [1.0 - 2.0, 1.0 - 0.5, 1.0 - 2.0].map(|v: f32| v / 7.0);
        let found = values(covariances.grad(&gradients).unwrap());
        near(&[found[0], found[4], found[8]], &expected, 1e-3);
    }
}
