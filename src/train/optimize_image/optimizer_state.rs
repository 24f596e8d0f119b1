//! The optimized picture with its optimizer state, and a running average that is smoother than the last step.

use burn::tensor::{Device, Tensor};

use crate::error::{Error, Result};
use crate::image::Image;
use crate::settings::Optimizer;
use crate::train::device::{download, upload};
use crate::train::optim::{OptimizerState, ema};

/// The optimized picture and its optimizer state. All tensors are `[1][3][height][width]`, without autodiff.
#[derive(Clone)]
pub struct PictureState {
    optimizer: Optimizer,
    picture: Tensor<4>,
    optimizer_state: OptimizerState,
    /// Running average of pictures, not corrected for bias, and the number of pictures in it.
    average: Tensor<4>,
    averaged: u32,
}

/// A [`PictureState`] in CPU memory, as checkpoints store it.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerSnapshot {
    /// The optimized picture.
    pub picture: Image,
    /// State of the optimizer.
    pub optimizer_state: SnapshotState,
    /// Running average of pictures, not corrected for bias.
    pub average: Image,
    /// Number of pictures in the average.
    pub averaged: u32,
}

/// An optimizer state in CPU memory.
#[derive(Debug, Clone, PartialEq)]
pub enum SnapshotState {
    /// Adam.
    Adam {
        /// Running mean of the gradients.
        mean: Image,
        /// Running mean of the squared gradients.
        square: Image,
        /// Number of steps in the means.
        steps: u32,
    },
    /// Gradient descent with momentum.
    Sgd {
        /// The previous update of the picture.
        velocity: Image,
    },
    /// L-BFGS. Its history takes the memory of dozens of pictures and rebuilds within as many steps, so it is not
    /// stored.
    Lbfgs,
}

impl PictureState {
    /// Makes the state before the first step, with the picture `start`.
    pub fn new(start: &Image, optimizer: Optimizer, device: &Device) -> Self {
        let picture = upload(start, device);
        let (optimizer_state, average) = (OptimizerState::new(optimizer, &picture), picture.zeros_like());
        Self { optimizer, picture, optimizer_state, average, averaged: 0 }
    }

    /// Returns the picture of the last step.
    pub fn picture(&self) -> &Tensor<4> {
        &self.picture
    }

    /// Returns the running average of all steps at this size, or the initial picture before the first step.
    pub fn average(&self) -> Tensor<4> {
        match self.averaged {
            0 => self.picture.clone(),
            n => self.average.clone() / (1.0 - self.optimizer.decay().powi(n as i32)),
        }
    }

    /// Runs one step with `gradient`, at a learning rate as in [`Optimizer::rate`]. The picture is clamped to 0..1.
    pub fn step(&mut self, gradient: Tensor<4>, rate: f32) {
        let before = self.picture.clone();
        let update = self.optimizer_state.update(&gradient, rate);
        self.picture = (before.clone() + update).clamp(0.0, 1.0);
        self.optimizer_state.record(gradient, self.picture.clone() - before);
        self.average = ema(&self.average, self.picture.clone(), self.optimizer.decay());
        self.averaged += 1;
    }

    /// Returns the state at another size: the average becomes the picture, and a new average begins. The states of Adam
    /// and gradient descent are resized. L-BFGS starts again, since the curvature is a different one at the new size.
    ///
    /// # Errors
    /// As [`OptimizerSnapshot::of`].
    pub async fn enlarged(&self, width: usize, height: usize, device: &Device) -> Result<Self> {
        let scaled =
            async |tensor: &Tensor<4>| Ok(upload(&download(tensor.clone()).await?.resized(width, height)?, device));
        let picture = scaled(&self.average()).await?.clamp(0.0, 1.0);
        let optimizer_state = match &self.optimizer_state {
            OptimizerState::Adam { mean, square, steps } => {
                OptimizerState::Adam { mean: scaled(mean).await?, square: scaled(square).await?, steps: *steps }
            }
            OptimizerState::Sgd { momentum, velocity } => {
                OptimizerState::Sgd { momentum: *momentum, velocity: scaled(velocity).await? }
            }
            OptimizerState::Lbfgs(_) => OptimizerState::new(self.optimizer, &picture),
        };
        Ok(Self { optimizer: self.optimizer, average: picture.zeros_like(), averaged: 0, optimizer_state, picture })
    }
}

impl OptimizerSnapshot {
    /// Downloads a state.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn of(state: &PictureState) -> Result<Self> {
        let optimizer_state = match &state.optimizer_state {
            OptimizerState::Adam { mean, square, steps } => SnapshotState::Adam {
                mean: download(mean.clone()).await?,
                square: download(square.clone()).await?,
                steps: *steps,
            },
            OptimizerState::Sgd { velocity, .. } => SnapshotState::Sgd { velocity: download(velocity.clone()).await? },
            OptimizerState::Lbfgs(_) => SnapshotState::Lbfgs,
        };
        Ok(Self {
            picture: download(state.picture.clone()).await?,
            optimizer_state,
            average: download(state.average.clone()).await?,
            averaged: state.averaged,
        })
    }

    /// Uploads the state to `device`.
    ///
    /// # Errors
    /// [`Error::Picture`] when the stored state belongs to another optimizer than `optimizer`.
    pub fn restore(&self, optimizer: Optimizer, device: &Device) -> Result<PictureState> {
        let picture = upload(&self.picture, device);
        let optimizer_state = match (&self.optimizer_state, optimizer) {
            (SnapshotState::Adam { mean, square, steps }, Optimizer::Adam) => {
                OptimizerState::Adam { mean: upload(mean, device), square: upload(square, device), steps: *steps }
            }
            (SnapshotState::Sgd { velocity }, Optimizer::Sgd { momentum }) => {
                OptimizerState::Sgd { momentum, velocity: upload(velocity, device) }
            }
            (SnapshotState::Lbfgs, Optimizer::Lbfgs { .. }) => OptimizerState::new(optimizer, &picture),
            _ => {
                let problem = format!("The checkpoint belongs to another optimizer than {}.", optimizer.name());
                return Err(Error::Picture(problem));
            }
        };
        Ok(PictureState {
            optimizer,
            picture,
            optimizer_state,
            average: upload(&self.average, device),
            averaged: self.averaged,
        })
    }
}
