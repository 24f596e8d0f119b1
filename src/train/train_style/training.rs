//! The training procedure: takes crops, runs steps, and returns a style.

use std::f32::consts::PI;

use burn::tensor::{Device, Tensor};

use super::{Dataset, TrainCheckpoint};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::Pooling;
use crate::net::models::vgg::VGG16;
use crate::procedural::random::Random;
use crate::settings::{Optimizer, TrainSettings};
use crate::style::{Style, StyleLayout, parameters};
use crate::train::Features;
use crate::train::device::{download, read, tensor, upload};
use crate::train::losses::perceptual::Targets;
use crate::train::optim::OptimizerState;
use crate::train::optimize_image::checkpoint::Fingerprint;
use crate::train::transfer_net::TransferNet;
use crate::weights::Archive;

/// Learning rate of the convolutions' weights, relative to that of scales and shifts: weights are much smaller.
const WEIGHTS_RATE: f32 = 0.03;

/// Number of crops that the mean square of the photos' features is computed from.
const SOME: usize = 12;

/// Training data: paintings with weights, and photos.
pub struct TrainData<'a> {
    /// The paintings, with their weights relative to each other.
    pub paintings: &'a [(Image, f32)],
    /// The photos that crops are taken from.
    pub photos: &'a [Image],
}

/// The initial state of training.
pub struct InitState {
    /// The initial style, which also gives the network's name and the channels of each normalization.
    pub style: Style,
    /// All weights of the network's convolutions, in the order of [`crate::train::transfer_net::weights`], if they are
    /// trained too. The style then belongs to a network of its own.
    pub weights: Option<Vec<f32>>,
}

impl From<Style> for InitState {
    fn from(style: Style) -> Self {
        Self { style, weights: None }
    }
}

impl InitState {
    fn numbers(&self) -> Vec<f32> {
        let mut numbers = parameters(&self.style);
        numbers.extend(self.weights.iter().flatten());
        numbers
    }
}

/// Report of one step, with the unweighted losses before the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Number of the step, from 1.
    pub step: usize,
    /// Number of steps of the run.
    pub steps: usize,
    /// The weighted sum of the losses.
    pub total: f32,
    /// Content loss.
    pub content: f32,
    /// Style loss.
    pub style: f32,
    /// Color loss, or 0 when its weight is 0 and it is not computed.
    pub color: f32,
    /// Total variation.
    pub variation: f32,
    /// Stability loss, or 0 when its weight is 0 and it is not computed.
    pub stability: f32,
}

/// A running training of a style.
pub struct Training {
    settings: TrainSettings,
    device: Device,
    executor: TransferNet,
    features: Features,
    targets: Targets,
    dataset: Dataset,
    fingerprint: u64,
    init: InitState,
    /// Trained parameters: the style's, then the weights if they are trained, `[1][1][1][numbers]`, without autodiff.
    /// Adam's state is in `optimizer_state`.
    numbers: Tensor<4>,
    /// Learning rate of each parameter relative to that of the style, where they differ.
    rates: Option<Tensor<4>>,
    optimizer_state: OptimizerState,
    step: usize,
}

impl Training {
    /// Prepares training from `init`, of the network `executor`, or from the checkpoint `checkpoint` of an earlier run.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid settings and painting weights, [`Error::Picture`] without photos and for a
    /// checkpoint of another run, [`Error::Tensor`] for VGG weights of the wrong shape.
    pub fn new(
        executor: TransferNet,
        vgg: &Archive,
        settings: TrainSettings,
        data: &TrainData,
        init: impl Into<InitState>,
        checkpoint: Option<TrainCheckpoint>,
        device: &Device,
    ) -> Result<Self> {
        let init = init.into();
        settings.check(executor.network().multiple)?;
        let TrainData { paintings, photos } = data;
        if paintings.iter().any(|p| !p.1.is_finite() || p.1 < 0.0) || paintings.iter().all(|p| p.1 == 0.0) {
            let problem = "Weights of paintings must be at least 0, and at least one weight must be above 0.";
            return Err(Error::Style(problem.to_string()));
        }
        let features = Features::load(vgg, VGG16, Pooling::Max, settings.last()?, device)?;
        let seen = paintings.iter().map(|(painting, weight)| Ok((seen(painting, settings.painting, device)?, *weight)));
        let dataset = Dataset::new(photos, settings.crop, settings.seed)?;
        let targets = Targets::new(
            &features,
            &settings.loss_weights,
            &seen.collect::<Result<Vec<_>>>()?,
            &some(&dataset, device)?,
        );
        let fingerprint = fingerprint(&settings, data, &init);
        let row = |values: Vec<f32>| {
            let count = values.len();
            tensor(values, [1, 1, 1, count], device)
        };
        let rates = init
            .weights
            .as_ref()
            .map(|weights| row([vec![1.0; parameters(&init.style).len()], vec![WEIGHTS_RATE; weights.len()]].concat()));
        let mut numbers = row(init.numbers());
        let mut optimizer_state = OptimizerState::new(Optimizer::Adam, &numbers);
        let mut step = 0;
        if let Some(checkpoint) = checkpoint {
            if checkpoint.fingerprint != fingerprint || checkpoint.step >= settings.steps {
                return Err(Error::Picture(
                    "The checkpoint belongs to other paintings, photos or settings: use the paintings, photos and \
                     settings that it was made with, or start without it."
                        .to_string(),
                ));
            }
            step = checkpoint.step;
            numbers = row(checkpoint.numbers);
            optimizer_state =
                OptimizerState::Adam { mean: row(checkpoint.mean), square: row(checkpoint.square), steps: step as u32 };
        }
        let device = device.clone();
        Ok(Self {
            settings,
            device,
            executor,
            features,
            targets,
            dataset,
            fingerprint,
            init,
            numbers,
            rates,
            optimizer_state,
            step,
        })
    }

    /// Runs one step; returns `None` when all steps are done.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Gpu`] and [`Error::DeviceLost`] as the device reports them. The style stays
    /// unchanged.
    pub async fn step(&mut self) -> Result<Option<Report>> {
        let Self { settings, device, .. } = &*self;
        if self.step == settings.steps {
            return Ok(None);
        }
        let crops = self.dataset.batch(self.step, settings.batch)?;
        let photos = Tensor::cat(crops.iter().map(|crop| upload(crop, device)).collect(), 0);
        let numbers = self.numbers.clone().autodiff().require_grad();
        let count = numbers.dims()[3];
        let style = numbers.clone().reshape([count]);
        let painted = self.executor.run(photos.clone(), &style);
        let [mut total, content, style_loss, color, variation] = self.targets.losses(
            &self.features,
            painted.clone(),
            photos.clone(),
            settings.seed ^ ((self.step as u64) << 16),
        );
        let stability = if settings.loss_weights.stability > 0.0 {
            let disturbed = (photos.clone() + self.noise(photos.dims())).clamp(0.0, 1.0);
            let off = self.executor.run(disturbed, &style) - painted;
            (off.clone() * off).mean() / variance(settings.loss_weights.noise)
        } else {
            total.zeros_like()
        };
        total = total + stability.clone() * settings.loss_weights.stability;
        let gradients = total.backward();
        let gradient = numbers.grad(&gradients);
        let gradient = gradient.ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
        let losses = [total, content, style_loss, color, variation, stability].map(Tensor::inner);
        let values = read(Tensor::cat(losses.to_vec(), 0)).await?;
        let [total, content, style, color, variation, stability] = values[..] else {
            return Err(Error::Gpu("a step has too few losses".to_string()));
        };
        if !total.is_finite() {
            return Err(Error::Diverged(format!("the losses of step {} are {values:?}", self.step + 1)));
        }
        let done = self.step as f32 / settings.steps as f32;
        let rate = settings.rate * 0.5 * (1.0 + (PI * done).cos());
        let update = self.optimizer_state.update(&gradient, rate);
        let update = match &self.rates {
            Some(rates) => update * rates.clone(),
            None => update,
        };
        self.numbers = self.numbers.clone() + update;
        self.step += 1;
        let steps = self.settings.steps;
        Ok(Some(Report { step: self.step, steps, total, content, style, color, variation, stability }))
    }

    /// Returns the noise that the stability loss adds to this step's crops.
    fn noise(&self, shape: [usize; 4]) -> Tensor<4> {
        let most = self.settings.loss_weights.noise;
        let mut random = Random::new(self.settings.seed.wrapping_add(self.step as u64 + 1) << 20);
        let values = (0..shape.iter().product()).map(|_| random.between(-most, most)).collect();
        tensor(values, shape, &self.device)
    }

    /// Returns the number of steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Returns the current style.
    ///
    /// # Errors
    /// As [`read`]; [`Error::Diverged`] when parameters are not finite.
    pub async fn style(&self, name: &str) -> Result<Style> {
        let numbers = read(self.numbers.clone()).await?;
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(Error::Diverged("the style has numbers that are not finite".to_string()));
        }
        let init = &self.init.style;
        let norms = StyleLayout::of(init).norms(&numbers);
        Ok(Style { network: init.network.clone(), name: name.to_string(), norms })
    }

    /// Returns all current weights of the convolutions, if they are trained.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn weights(&self) -> Result<Option<Vec<f32>>> {
        if self.init.weights.is_none() {
            return Ok(None);
        }
        let numbers = read(self.numbers.clone()).await?;
        Ok(Some(numbers[parameters(&self.init.style).len()..].to_vec()))
    }

    /// Stylizes a photo with the current style. Its sides are cropped to multiples that the network accepts.
    ///
    /// # Errors
    /// [`Error::Picture`] for a photo that is too small; otherwise as [`download`].
    pub async fn paint(&self, photo: &Image) -> Result<Image> {
        let multiple = self.executor.network().multiple;
        let side = |length: usize| length / multiple * multiple;
        let (width, height) = (side(photo.width()), side(photo.height()));
        if width.min(height) < 4 * multiple {
            return Err(Error::Picture("The photo is too small to be stylized: choose a larger one.".to_string()));
        }
        let photo = upload(&photo.cropped((0, 0), width, height)?, &self.device);
        let count = self.numbers.dims()[3];
        download(self.executor.run(photo, &self.numbers.clone().reshape([count]))).await
    }

    /// Returns a checkpoint to resume from; `None` when all steps are done.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn checkpoint(&self) -> Result<Option<TrainCheckpoint>> {
        let OptimizerState::Adam { mean, square, .. } = &self.optimizer_state else { return Ok(None) };
        if self.step == self.settings.steps {
            return Ok(None);
        }
        Ok(Some(TrainCheckpoint {
            fingerprint: self.fingerprint,
            step: self.step,
            numbers: read(self.numbers.clone()).await?,
            mean: read(mean.clone()).await?,
            square: read(square.clone()).await?,
        }))
    }
}

/// Returns the style of `styles` with the smallest style loss, by Gram matrices, on crops of the photos.
///
/// # Errors
/// [`Error::Style`] when there are none; otherwise as [`Training::new`].
pub async fn nearest<'s>(
    executor: &TransferNet,
    vgg: &Archive,
    settings: &TrainSettings,
    data: &TrainData<'_>,
    styles: &'s [Style],
    device: &Device,
) -> Result<&'s Style> {
    settings.check(executor.network().multiple)?;
    let features = Features::load(vgg, VGG16, Pooling::Max, settings.last()?, device)?;
    let mut paintings = Vec::new();
    for (painting, weight) in data.paintings {
        paintings.push((seen(painting, settings.painting, device)?, *weight));
    }
    let dataset = Dataset::new(data.photos, settings.crop, settings.seed)?;
    let targets = Targets::new(&features, &settings.loss_weights, &paintings, &some(&dataset, device)?);
    let crops = dataset.batch(0, settings.batch)?;
    let photos = Tensor::cat(crops.iter().map(|crop| upload(crop, device)).collect(), 0);
    let mut best: Option<(f32, &Style)> = None;
    for style in styles {
        let numbers = parameters(style);
        let count = numbers.len();
        let painted = executor.run(photos.clone(), &tensor(numbers, [count], device));
        let loss = read(targets.style(&features, painted)).await?[0];
        if best.is_none_or(|(least, _)| loss < least) {
            best = Some((loss, style));
        }
    }
    best.map(|b| b.1).ok_or_else(|| Error::Style("There is no style to start from.".to_string()))
}

/// Returns sample crops, one per tensor, for statistics over all crops.
fn some(crops: &Dataset, device: &Device) -> Result<Vec<Tensor<4>>> {
    Ok(crops.batch(usize::MAX, SOME)?.iter().map(|crop| upload(crop, device)).collect())
}

/// Returns the variance of uniform noise between `-most` and `most`.
fn variance(most: f32) -> f32 {
    most * most / 3.0
}

/// Uploads a painting at the size that the losses use.
fn seen(painting: &Image, longer: usize, device: &Device) -> Result<Tensor<4>> {
    let (width, height) = Image::fitted(painting.width(), painting.height(), longer);
    if width.min(height) < 16 {
        return Err(Error::Picture(
            "The painting is too narrow for training: crop it, or choose another one.".to_string(),
        ));
    }
    Ok(upload(&painting.resized(width, height)?, device))
}

fn fingerprint(settings: &TrainSettings, data: &TrainData, init: &InitState) -> u64 {
    let mut print = Fingerprint::default();
    print.add(settings.fingerprint_text().as_bytes());
    let pictures = data.paintings.iter().map(|(p, w)| (p, *w)).chain(data.photos.iter().map(|p| (p, 0.0)));
    for (picture, weight) in pictures {
        print.add(format!("{}x{} {weight}", picture.width(), picture.height()).as_bytes());
        print.add(&picture.to_rgba8());
    }
    print.add(init.style.network.as_bytes());
    print.add(bytemuck::cast_slice(&init.numbers()));
    print.finish()
}
