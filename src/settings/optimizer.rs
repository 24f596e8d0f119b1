//! The choice of an optimizer with its parameters.

use crate::error::{Error, Result};

/// The largest accepted learning rate: far above useful values, and far below the limit of single precision.
pub const LARGEST_RATE: f32 = 1e3;

/// The optimizer of the picture's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Adam. Steps have about the same size everywhere, whatever the size of the gradient, so that coarse and fine
    /// structure develop together.
    Adam,
    /// Gradient descent with momentum.
    Sgd {
        /// Part of the previous update that a step keeps, 0..1.
        momentum: f32,
    },
    /// L-BFGS.
    Lbfgs {
        /// Number of previous steps that the curvature is estimated from, at least 1.
        history: usize,
    },
}

impl Optimizer {
    /// Returns the default learning rate. For Adam it is about the largest change of a value (0..1) per step. For
    /// gradient descent it is the change per step for a gradient of 1 of the loss times the number of values, which
    /// makes it independent of the picture's size. For L-BFGS it is a factor of the proposed step.
    pub fn rate(self) -> f32 {
        match self {
            Self::Adam => 0.02,
            Self::Sgd { .. } => 0.002,
            Self::Lbfgs { .. } => 1.0,
        }
    }

    /// Returns the optimizer's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Sgd { .. } => "sgd",
            Self::Lbfgs { .. } => "lbfgs",
        }
    }

    /// Returns the number of pictures that the state holds between two steps.
    pub fn pictures(self) -> usize {
        match self {
            Self::Adam => 2,
            Self::Sgd { .. } => 1,
            Self::Lbfgs { history } => 2 * history + 2,
        }
    }

    /// Returns the decay rate of the running average of pictures that is shown as the result. L-BFGS does not
    /// oscillate, so its last picture is shown.
    pub fn decay(self) -> f32 {
        match self {
            Self::Adam | Self::Sgd { .. } => 0.99,
            Self::Lbfgs { .. } => 0.0,
        }
    }

    /// Checks the optimizer's parameters.
    ///
    /// # Errors
    /// [`Error::Style`] for a momentum outside 0..1 and for a history of 0.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Sgd { momentum } if !(0.0..1.0).contains(&momentum) => Err(Error::Style(format!(
                "{momentum} is not a momentum: choose a number of at least 0 and below 1, such as 0.9."
            ))),
            Self::Lbfgs { history: 0 } => {
                Err(Error::Style("L-BFGS needs a history of at least 1 step, such as 20.".to_string()))
            }
            _ => Ok(()),
        }
    }
}
