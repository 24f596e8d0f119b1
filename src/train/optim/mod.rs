//! Optimizers over the values of a picture: Adam (Kingma, Ba 2015), gradient descent with momentum (Polyak 1964),
//! L-BFGS.

mod lbfgs;

use burn::tensor::Tensor;

use self::lbfgs::Lbfgs;
use crate::settings::Optimizer;

/// Decay rates of Adam's running means of gradients and of their squares.
const FORGET: (f32, f32) = (0.9, 0.999);
/// Keeps Adam's step finite where all gradients were zero.
const EPSILON: f32 = 1e-8;

/// State of an optimizer for a picture `[1][3][height][width]`. All tensors have the picture's shape and no autodiff.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a run has one of it")]
pub enum OptimizerState {
    /// Adam.
    Adam {
        /// Running mean of the gradients.
        mean: Tensor<4>,
        /// Running mean of the squared gradients.
        square: Tensor<4>,
        /// Number of steps in the means.
        steps: u32,
    },
    /// Gradient descent with momentum.
    Sgd {
        /// Part of the velocity that a step keeps, 0..1.
        momentum: f32,
        /// The previous update of the picture.
        velocity: Tensor<4>,
    },
    /// L-BFGS.
    Lbfgs(Lbfgs),
}

impl OptimizerState {
    /// Makes the state of `optimizer` before its first step on a picture like `picture`.
    pub fn new(optimizer: Optimizer, picture: &Tensor<4>) -> Self {
        let zeros = picture.zeros_like();
        match optimizer {
            Optimizer::Adam => Self::Adam { mean: zeros.clone(), square: zeros, steps: 0 },
            Optimizer::Sgd { momentum } => Self::Sgd { momentum, velocity: zeros },
            Optimizer::Lbfgs { history } => Self::Lbfgs(Lbfgs::new(history)),
        }
    }

    /// Returns the update of the picture for this gradient.
    pub fn update(&mut self, gradient: &Tensor<4>, rate: f32) -> Tensor<4> {
        match self {
            Self::Adam { mean, square, steps } => {
                *steps += 1;
                *mean = ema(mean, gradient.clone(), FORGET.0);
                *square = ema(square, gradient.clone() * gradient.clone(), FORGET.1);
                let unbiased = |m: &Tensor<4>, keep: f32| m.clone() / (1.0 - keep.powi(*steps as i32));
                unbiased(mean, FORGET.0) / (unbiased(square, FORGET.1).sqrt() + EPSILON) * -rate
            }
            Self::Sgd { momentum, velocity } => {
                let values = gradient.shape().num_elements() as f32;
                *velocity = velocity.clone() * *momentum - gradient.clone() * (rate * values);
                velocity.clone()
            }
            Self::Lbfgs(lbfgs) => lbfgs.update(gradient, rate),
        }
    }

    /// Records the update that the picture actually made, which clamping to 0..1 may have reduced.
    pub fn record(&mut self, gradient: Tensor<4>, update: Tensor<4>) {
        if let Self::Lbfgs(lbfgs) = self {
            lbfgs.record(gradient, update);
        }
    }
}

/// Returns the exponential moving average: `keep` of `old` plus the rest of `new`.
pub fn ema(old: &Tensor<4>, new: Tensor<4>, keep: f32) -> Tensor<4> {
    old.clone() * keep + new * (1.0 - keep)
}
