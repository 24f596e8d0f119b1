//! The picture in work, with what its optimizer remembers, and a running average that is calmer than the last step.

use burn::tensor::{Device, Tensor};

use crate::error::{Error, Result};
use crate::image::Image;
use crate::train::device::{download, upload};
use crate::train::optim::{Optimizer, OptimizerState, fade};

/// A picture in work. All tensors are `[1][3][height][width]`, without autodiff.
#[derive(Clone)]
pub struct PictureState {
    optimizer: Optimizer,
    picture: Tensor<4>,
    memory: OptimizerState,
    /// Running sum of pictures, and the number of them.
    average: Tensor<4>,
    averaged: u32,
}

/// A [`PictureState`] away from its device, as checkpoints keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerSnapshot {
    pub picture: Image,
    pub memory: SnapshotState,
    pub average: Image,
    pub averaged: u32,
}

/// What an optimizer remembers, away from its device.
#[derive(Debug, Clone, PartialEq)]
pub enum SnapshotState {
    Adam {
        mean: Image,
        square: Image,
        steps: u32,
    },
    Sgd {
        velocity: Image,
    },
    /// Its history is as large as dozens of pictures and grows again within as many steps, so it is not kept.
    Lbfgs,
}

impl PictureState {
    /// Nothing painted yet but `start`.
    pub fn new(start: &Image, optimizer: Optimizer, device: &Device) -> Self {
        let picture = upload(start, device);
        let (memory, average) = (OptimizerState::new(optimizer, &picture), picture.zeros_like());
        Self { optimizer, picture, memory, average, averaged: 0 }
    }

    /// The picture of the last step.
    pub fn picture(&self) -> &Tensor<4> {
        &self.picture
    }

    /// The running average of all steps at this size, or the start if there was no step.
    pub fn average(&self) -> Tensor<4> {
        match self.averaged {
            0 => self.picture.clone(),
            n => self.average.clone() / (1.0 - self.optimizer.decay().powi(n as i32)),
        }
    }

    /// One step against `gradient`, at a rate as [`Optimizer::rate`] says; the picture stays in 0..1.
    pub fn step(&mut self, gradient: Tensor<4>, rate: f32) {
        let before = self.picture.clone();
        let movement = self.memory.movement(&gradient, rate);
        self.picture = (before.clone() + movement).clamp(0.0, 1.0);
        self.memory.moved(gradient, self.picture.clone() - before);
        self.average = fade(&self.average, self.picture.clone(), self.optimizer.decay());
        self.averaged += 1;
    }

    /// The canvas at another size: the average becomes the picture, a new average begins. What Adam and gradient descent
    /// remember goes along; the curvature that L-BFGS learnt is another one there, so it begins anew.
    ///
    /// # Errors
    /// As [`OptimizerSnapshot::of`].
    pub async fn enlarged(&self, width: usize, height: usize, device: &Device) -> Result<Self> {
        let scaled =
            async |tensor: &Tensor<4>| Ok(upload(&download(tensor.clone()).await?.resized(width, height)?, device));
        let picture = scaled(&self.average()).await?.clamp(0.0, 1.0);
        let memory = match &self.memory {
            OptimizerState::Adam { mean, square, steps } => {
                OptimizerState::Adam { mean: scaled(mean).await?, square: scaled(square).await?, steps: *steps }
            }
            OptimizerState::Sgd { momentum, velocity } => {
                OptimizerState::Sgd { momentum: *momentum, velocity: scaled(velocity).await? }
            }
            OptimizerState::Lbfgs(_) => OptimizerState::new(self.optimizer, &picture),
        };
        Ok(Self { optimizer: self.optimizer, average: picture.zeros_like(), averaged: 0, memory, picture })
    }
}

impl OptimizerSnapshot {
    /// Reads a canvas.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn of(canvas: &PictureState) -> Result<Self> {
        let memory = match &canvas.memory {
            OptimizerState::Adam { mean, square, steps } => SnapshotState::Adam {
                mean: download(mean.clone()).await?,
                square: download(square.clone()).await?,
                steps: *steps,
            },
            OptimizerState::Sgd { velocity, .. } => SnapshotState::Sgd { velocity: download(velocity.clone()).await? },
            OptimizerState::Lbfgs(_) => SnapshotState::Lbfgs,
        };
        Ok(Self {
            picture: download(canvas.picture.clone()).await?,
            memory,
            average: download(canvas.average.clone()).await?,
            averaged: canvas.averaged,
        })
    }

    /// The canvas on `device`.
    ///
    /// # Errors
    /// [`Error::Picture`] when what is remembered is not `optimizer`'s.
    pub fn canvas(&self, optimizer: Optimizer, device: &Device) -> Result<PictureState> {
        let picture = upload(&self.picture, device);
        let memory = match (&self.memory, optimizer) {
            (SnapshotState::Adam { mean, square, steps }, Optimizer::Adam) => {
                OptimizerState::Adam { mean: upload(mean, device), square: upload(square, device), steps: *steps }
            }
            (SnapshotState::Sgd { velocity }, Optimizer::Sgd { momentum }) => {
                OptimizerState::Sgd { momentum, velocity: upload(velocity, device) }
            }
            (SnapshotState::Lbfgs, Optimizer::Lbfgs { .. }) => OptimizerState::new(optimizer, &picture),
            _ => {
                let problem = format!("The checkpoint is of another optimizer than {}.", optimizer.name());
                return Err(Error::Picture(problem));
            }
        };
        Ok(PictureState { optimizer, picture, memory, average: upload(&self.average, device), averaged: self.averaged })
    }
}
