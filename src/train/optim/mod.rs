//! Optimizers over the values of a picture: Adam (Kingma, Ba 2015), gradient descent with momentum (Polyak 1964), L-BFGS.

mod lbfgs;

use burn::tensor::Tensor;

use self::lbfgs::Lbfgs;
use crate::error::{Error, Result};

/// How slowly Adam forgets gradients and their squares.
const FORGET: (f32, f32) = (0.9, 0.999);
/// The largest learning rate that is taken: far above what is of use, and far below where single precision ends.
pub const LARGEST_RATE: f32 = 1e3;
/// Keeps Adam's step finite where there never was a gradient.
const EPSILON: f32 = 1e-8;

/// Which way a picture goes, given the gradient of its loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// About the same distance everywhere, whatever the size of the gradient: coarse and fine are painted together.
    Adam,
    /// Against the gradient, and on in the direction of earlier steps, of which each step keeps the part `momentum`.
    Sgd { momentum: f32 },
    /// By the curvature that the last `history` steps tell.
    Lbfgs { history: usize },
}

/// What an optimizer remembers of a picture `[1][3][height][width]`. All tensors have its shape and no autodiff.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a run has one of it")]
pub enum OptimizerState {
    /// Running means of gradients and of their squares, and the number of steps that they saw.
    Adam {
        mean: Tensor<4>,
        square: Tensor<4>,
        steps: u32,
    },
    Sgd {
        momentum: f32,
        velocity: Tensor<4>,
    },
    Lbfgs(Lbfgs),
}

impl Optimizer {
    /// The rate that suits it: for Adam the brightness (0..1) that a step changes at most, about; for gradient descent the
    /// brightness that a step changes for a gradient of 1 of the loss times the number of values, which makes it independent of
    /// the picture's size; for L-BFGS the part of the way that it thinks right.
    pub fn rate(self) -> f32 {
        match self {
            Self::Adam => 0.02,
            Self::Sgd { .. } => 0.002,
            Self::Lbfgs { .. } => 1.0,
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Sgd { .. } => "sgd",
            Self::Lbfgs { .. } => "lbfgs",
        }
    }

    /// Pictures that it remembers between two steps.
    pub fn pictures(self) -> usize {
        match self {
            Self::Adam => 2,
            Self::Sgd { .. } => 1,
            Self::Lbfgs { history } => 2 * history + 2,
        }
    }

    /// How slowly the average of the steps forgets, which is what is shown. Steps of L-BFGS do not tremble, so the last one is.
    pub fn decay(self) -> f32 {
        match self {
            Self::Adam | Self::Sgd { .. } => 0.99,
            Self::Lbfgs { .. } => 0.0,
        }
    }

    /// Checks its numbers.
    ///
    /// # Errors
    /// [`Error::Style`] for a momentum outside of 0..1 and for a history of nothing.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Sgd { momentum } if !(0.0..1.0).contains(&momentum) => Err(Error::Style(format!(
                "{momentum} is no momentum: it is a part, from 0 up to below 1, such as 0.9."
            ))),
            Self::Lbfgs { history: 0 } => {
                Err(Error::Style("L-BFGS needs a history of at least 1 step, such as 20.".to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl OptimizerState {
    /// That of `optimizer` before its first step on a picture like `picture`.
    pub fn new(optimizer: Optimizer, picture: &Tensor<4>) -> Self {
        let zeros = picture.zeros_like();
        match optimizer {
            Optimizer::Adam => Self::Adam { mean: zeros.clone(), square: zeros, steps: 0 },
            Optimizer::Sgd { momentum } => Self::Sgd { momentum, velocity: zeros },
            Optimizer::Lbfgs { history } => Self::Lbfgs(Lbfgs::new(history)),
        }
    }

    /// Where to go from a picture with this gradient.
    pub fn movement(&mut self, gradient: &Tensor<4>, rate: f32) -> Tensor<4> {
        match self {
            Self::Adam { mean, square, steps } => {
                *steps += 1;
                *mean = fade(mean, gradient.clone(), FORGET.0);
                *square = fade(square, gradient.clone() * gradient.clone(), FORGET.1);
                let unbiased = |m: &Tensor<4>, keep: f32| m.clone() / (1.0 - keep.powi(*steps as i32));
                unbiased(mean, FORGET.0) / (unbiased(square, FORGET.1).sqrt() + EPSILON) * -rate
            }
            Self::Sgd { momentum, velocity } => {
                let values = gradient.shape().num_elements() as f32;
                *velocity = velocity.clone() * *momentum - gradient.clone() * (rate * values);
                velocity.clone()
            }
            Self::Lbfgs(lbfgs) => lbfgs.movement(gradient, rate),
        }
    }

    /// Takes note of how far the picture really went, which the borders of brightness may have cut short.
    pub fn moved(&mut self, gradient: Tensor<4>, moved: Tensor<4>) {
        if let Self::Lbfgs(lbfgs) = self {
            lbfgs.moved(gradient, moved);
        }
    }
}

/// `old`, with the part `keep` of it kept and the rest from `new`.
pub fn fade(old: &Tensor<4>, new: Tensor<4>, keep: f32) -> Tensor<4> {
    old.clone() * keep + new * (1.0 - keep)
}
