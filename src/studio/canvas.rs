//! The picture in work, with what its optimizer remembers: Adam (Kingma, Ba 2015) over pixels, and a running average that is
//! calmer than the last step.

use burn::tensor::{Device, Tensor};

use super::device::{download, upload};
use crate::error::Result;
use crate::image::Image;

/// How slowly Adam forgets gradients and their squares.
const FORGET: (f32, f32) = (0.9, 0.999);
/// Keeps Adam's step finite where there never was a gradient.
const EPSILON: f32 = 1e-8;
/// How slowly the average forgets.
const DECAY: f32 = 0.99;

/// A picture in work. All tensors are `[1][3][height][width]`, without autodiff.
#[derive(Clone)]
pub struct Canvas {
    picture: Tensor<4>,
    /// Adam's running means of gradients and of their squares, and the number of steps that they saw.
    mean: Tensor<4>,
    square: Tensor<4>,
    steps: u32,
    /// Running sum of pictures, and the number of them.
    average: Tensor<4>,
    averaged: u32,
}

/// A [`Canvas`] away from its device, as checkpoints keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    pub picture: Image,
    pub mean: Image,
    pub square: Image,
    pub steps: u32,
    pub average: Image,
    pub averaged: u32,
}

impl Canvas {
    /// Nothing painted yet but `start`.
    pub fn new(start: &Image, device: &Device) -> Self {
        let picture = upload(start, device);
        let zeros = picture.zeros_like();
        Self { mean: zeros.clone(), square: zeros.clone(), average: zeros, picture, steps: 0, averaged: 0 }
    }

    /// The picture of the last step.
    pub fn picture(&self) -> &Tensor<4> {
        &self.picture
    }

    /// The running average of all steps at this size, or the start if there was no step.
    pub fn average(&self) -> Tensor<4> {
        match self.averaged {
            0 => self.picture.clone(),
            n => self.average.clone() / (1.0 - DECAY.powi(n as i32)),
        }
    }

    /// One step of Adam against `gradient`, `rate` in brightness (0..1) a step; the picture stays in 0..1.
    pub fn step(&mut self, gradient: Tensor<4>, rate: f32) {
        self.steps += 1;
        let fade = |old: &Tensor<4>, new: Tensor<4>, keep: f32| old.clone() * keep + new * (1.0 - keep);
        self.mean = fade(&self.mean, gradient.clone(), FORGET.0);
        self.square = fade(&self.square, gradient.clone() * gradient, FORGET.1);
        let unbiased = |m: &Tensor<4>, keep: f32| m.clone() / (1.0 - keep.powi(self.steps as i32));
        let step = unbiased(&self.mean, FORGET.0) / (unbiased(&self.square, FORGET.1).sqrt() + EPSILON);
        self.picture = (self.picture.clone() - step * rate).clamp(0.0, 1.0);
        self.average = fade(&self.average, self.picture.clone(), DECAY);
        self.averaged += 1;
    }

    /// The canvas at another size: the average becomes the picture, Adam's memory goes along, a new average begins.
    ///
    /// # Errors
    /// As [`Sketch::of`].
    pub async fn enlarged(&self, width: usize, height: usize, device: &Device) -> Result<Self> {
        let scaled = async |tensor: Tensor<4>| Ok(upload(&download(tensor).await?.resized(width, height)?, device));
        let picture = scaled(self.average()).await?.clamp(0.0, 1.0);
        Ok(Self {
            average: picture.zeros_like(),
            averaged: 0,
            mean: scaled(self.mean.clone()).await?,
            square: scaled(self.square.clone()).await?,
            steps: self.steps,
            picture,
        })
    }
}

impl Sketch {
    /// Reads a canvas.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn of(canvas: &Canvas) -> Result<Self> {
        Ok(Self {
            picture: download(canvas.picture.clone()).await?,
            mean: download(canvas.mean.clone()).await?,
            square: download(canvas.square.clone()).await?,
            steps: canvas.steps,
            average: download(canvas.average.clone()).await?,
            averaged: canvas.averaged,
        })
    }

    /// The canvas on `device`.
    pub fn canvas(&self, device: &Device) -> Canvas {
        Canvas {
            picture: upload(&self.picture, device),
            mean: upload(&self.mean, device),
            square: upload(&self.square, device),
            steps: self.steps,
            average: upload(&self.average, device),
            averaged: self.averaged,
        }
    }
}
