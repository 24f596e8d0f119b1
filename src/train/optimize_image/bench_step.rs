//! One optimization step for benchmarks, with this crate's convolution or with burn's.

use burn::tensor::{Device, Tensor};

use crate::error::{Error, Result};
use crate::net::Pooling;
use crate::net::models::vgg::VGG16;
use crate::procedural::Kind;
use crate::settings::{Convolutions, Terms};
use crate::train::device::{read, upload};
use crate::train::{Features, Objective, Parts};
use crate::weights::Archive;

/// Features up to `relu4_2`, losses, and a picture.
pub struct BenchStep {
    features: Features,
    objective: Objective,
    picture: Tensor<4>,
}

impl BenchStep {
    /// Prepares a step on pictures of `side` x `side` pixels, with VGG16's weights from `vgg`.
    ///
    /// # Errors
    /// As [`Features::load`] and [`Objective::new`].
    pub fn new(convolutions: Convolutions, vgg: &Archive, side: usize, device: &Device) -> Result<Self> {
        let terms = Terms::of(&VGG16)?;
        let features = Features::load_with(convolutions, vgg, VGG16, Pooling::Average, terms.last()?, device)?;
        let picture = |name: &str| Ok(upload(&Kind::named(name)?.paint(side, 1)?, device));
        let objective = Objective::new(&features, &terms, picture("waves")?, &[(picture("swirls")?, 1.0)])?;
        Ok(Self { features, objective, picture: picture("glass")? })
    }

    /// Runs the forward and backward pass, and waits until losses and gradient are computed.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn step(&self) -> Result<()> {
        let picture = self.picture.clone().autodiff().require_grad();
        let losses = self.objective.losses(&self.features, picture.clone());
        let gradients = losses[0].backward();
        let gradient = picture.grad(&gradients).ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
        Parts::read(losses).await?;
        read(gradient.sum()).await.map(|_| ())
    }
}
