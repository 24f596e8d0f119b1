//! The optimization procedure: takes photo and paintings, runs steps, and returns the current picture.

use burn::tensor::{Device, Tensor};

use super::checkpoint::{Checkpoint, Fingerprint};
use super::optimizer_state::{OptimizerSnapshot, PictureState};
use super::style_target::{StyleTarget, luminance};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::composite::{Look, look};
use crate::settings::{LARGEST_RATE, STYLE_SCALES, Scale, Settings, scaled};
use crate::train::device::{download, upload};
use crate::train::{Features, Objective, Parts};
use crate::weights::Archive;

/// The message about a checkpoint of another run.
pub(super) const OTHER_CHECKPOINT: &str = "The checkpoint belongs to another photo, other paintings or other settings: use the photo, \
                                           paintings and settings that it was made with, or start without it.";

/// The initial state of an optimization.
pub enum Start {
    /// A picture, resized to the first size: the photo, noise, or the result of another method.
    Picture(Image),
    /// The checkpoint of an earlier run.
    Checkpoint(Checkpoint),
}

/// Progress report of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the step, from 1, counted over all sizes.
    pub step: usize,
    /// Number of steps of the run.
    pub steps: usize,
    /// Width of the picture in pixels at this step.
    pub width: usize,
    /// Height of the picture in pixels at this step.
    pub height: usize,
    /// The losses before the step. Losses at different sizes are not comparable.
    pub parts: Parts,
}

/// A running image optimization.
pub struct ImageOptimization {
    settings: Settings,
    device: Device,
    features: Features,
    fingerprint: u64,
    /// The photo as given, for its colours.
    photo: Image,
    /// Photo and paintings as inputs of the losses.
    seen: (Image, Vec<StyleTarget>),
    objective: Objective,
    state: PictureState,
    /// Index in [`Settings::scales`], or their number when finished, and the number of steps done at that size.
    scale: usize,
    step: usize,
}

impl ImageOptimization {
    /// Prepares the first size, or that of the checkpoint: `paintings` with their weights and masks, VGG's weights from
    /// `archive`, everything on `device`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid painting weights, settings without steps and invalid optimizer parameters,
    /// [`Error::Picture`] for pictures too small for the layers, black masks and a checkpoint of other pictures or
    /// settings, [`Error::Tensor`] for VGG weights of the wrong shape.
    pub fn new(
        archive: &Archive,
        settings: Settings,
        photo: Image,
        paintings: Vec<StyleTarget>,
        start: Start,
        device: &Device,
    ) -> Result<Self> {
        check(&settings, &photo, &paintings)?;
        let last = settings.terms.last()?;
        let features = Features::load(archive, settings.vgg, settings.pooling, last, device)?;
        let fingerprint = fingerprint(&settings, &photo, &paintings);
        let paintings = paintings.into_iter().map(StyleTarget::with_grey_masks).collect::<Result<Vec<_>>>()?;
        let seen = if settings.keep_colors {
            let grey = luminance(&photo)?;
            let matched = paintings.into_iter().map(|p| p.grey(&grey)).collect::<Result<_>>()?;
            (grey, matched)
        } else {
            (photo.clone(), paintings)
        };
        let (scale, step, state) = match start {
            Start::Picture(picture) => {
                let (width, height) = fitted(&photo, settings.scales[0].longer);
                let picture = picture.resized(width, height)?;
                let picture = if settings.keep_colors { luminance(&picture)? } else { picture };
                (0, 0, PictureState::new(&picture, settings.optimizer, device))
            }
            Start::Checkpoint(c) => {
                let size = (c.snapshot.picture.width(), c.snapshot.picture.height());
                let fits = |s: &Scale| c.step < s.steps && fitted(&photo, s.longer) == size;
                if c.fingerprint != fingerprint || !settings.scales.get(c.scale).is_some_and(fits) {
                    return Err(Error::Picture(OTHER_CHECKPOINT.to_string()));
                }
                (c.scale, c.step, c.snapshot.restore(settings.optimizer, device)?)
            }
        };
        let objective = objective(&settings, &features, &seen, settings.scales[scale].longer, device)?;
        let device = device.clone();
        Ok(Self { settings, device, features, fingerprint, photo, seen, objective, state, scale, step })
    }

    /// Runs one step; returns `None` when all steps are done.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Gpu`] and [`Error::DeviceLost`] as the device reports them. The picture stays
    /// unchanged.
    pub async fn step(&mut self) -> Result<Option<Progress>> {
        let Some(scale) = self.settings.scales.get(self.scale).copied() else { return Ok(None) };
        let picture = self.state.picture().clone().autodiff().require_grad();
        let losses = self.objective.losses(&self.features, picture.clone());
        let gradients = losses[0].backward();
        let parts = Parts::read(losses).await?;
        let gradient = picture.grad(&gradients);
        let mut gradient = gradient.ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
        if self.settings.keep_colors {
            gradient = grey_gradient(gradient);
        }
        self.state.step(gradient, self.settings.rate);
        let [_, _, height, width] = picture.dims();
        self.step += 1;
        let steps = self.settings.scales.iter().map(|s| s.steps).sum();
        let progress = Progress { step: self.steps_done(), steps, width, height, parts };
        if self.step == scale.steps {
            self.grow().await?;
        }
        Ok(Some(progress))
    }

    /// Switches to the next size, if there is one.
    async fn grow(&mut self) -> Result<()> {
        if let Some(next) = self.settings.scales.get(self.scale + 1) {
            let (width, height) = fitted(&self.photo, next.longer);
            self.state = self.state.enlarged(width, height, &self.device).await?;
            self.objective = objective(&self.settings, &self.features, &self.seen, next.longer, &self.device)?;
        }
        self.scale += 1;
        self.step = 0;
        Ok(())
    }

    /// Returns the number of steps done, over all sizes.
    pub fn steps_done(&self) -> usize {
        self.settings.scales[..self.scale].iter().map(|s| s.steps).sum::<usize>() + self.step
    }

    /// Returns the current result at the current size: the running average of the steps.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn picture(&self) -> Result<Image> {
        let painted = download(self.state.average().clamp(0.0, 1.0)).await?;
        if !self.settings.keep_colors {
            return Ok(painted);
        }
        let photo = self.photo.resized(painted.width(), painted.height())?;
        look(&painted, &photo, Look { keep_colors: true, ..Look::default() })
    }

    /// Returns a checkpoint to resume from; `None` when all steps are done.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        if self.scale == self.settings.scales.len() {
            return Ok(None);
        }
        let snapshot = OptimizerSnapshot::of(&self.state).await?;
        Ok(Some(Checkpoint { fingerprint: self.fingerprint, scale: self.scale, step: self.step, snapshot }))
    }
}

/// Returns width and height of a picture whose longer side has `longer` pixels.
fn fitted(picture: &Image, longer: usize) -> (usize, usize) {
    Image::fitted(picture.width(), picture.height(), longer)
}

fn check(settings: &Settings, photo: &Image, paintings: &[StyleTarget]) -> Result<()> {
    let refuse = |problem: &str| Err(Error::Style(problem.to_string()));
    if settings.scales.is_empty() || settings.scales.iter().any(|s| s.steps == 0) {
        return refuse("Every size needs at least one step.");
    }
    if !(settings.rate > 0.0 && settings.rate <= LARGEST_RATE) {
        return refuse("The learning rate must be a number above 0 and up to 1000.");
    }
    paintings.iter().try_for_each(StyleTarget::check)?;
    if paintings.iter().all(|p| p.weight == 0.0) {
        return refuse("At least one painting needs a weight above 0.");
    }
    if !STYLE_SCALES.contains(&settings.style_scale) {
        return refuse("The style scale must be a number from 0.1 to 10.");
    }
    settings.optimizer.check()?;
    let net = settings.vgg.network(settings.pooling, settings.terms.last()?);
    let pictures = paintings.iter().map(|p| (&p.picture, settings.style_scale)).chain([(photo, 1.0)]);
    for (picture, factor) in pictures {
        for scale in &settings.scales {
            let (width, height) = fitted(picture, scaled(scale.longer, factor));
            if net.shapes(height, width).is_err() || width < 2 || height < 2 {
                return Err(Error::Picture(format!(
                    "A picture of {width}x{height} pixels is too small for the last layer: choose a larger size, or \
                     crop the picture."
                )));
            }
        }
    }
    Ok(())
}

fn fingerprint(settings: &Settings, photo: &Image, paintings: &[StyleTarget]) -> u64 {
    let mut print = Fingerprint::default();
    print.add(format!("{settings:?}").as_bytes());
    paintings.iter().for_each(|painting| painting.print(&mut print));
    print.add(format!("photo {}x{}", photo.width(), photo.height()).as_bytes());
    print.add(&photo.to_rgba8());
    print.finish()
}

fn objective(
    settings: &Settings,
    features: &Features,
    (photo, paintings): &(Image, Vec<StyleTarget>),
    longer: usize,
    device: &Device,
) -> Result<Objective> {
    let (width, height) = fitted(photo, longer);
    let photo = upload(&photo.resized(width, height)?, device);
    let longer = scaled(longer, settings.style_scale);
    let sources = paintings.iter().map(|p| p.source(longer, device)).collect::<Result<Vec<_>>>()?;
    Objective::guided(features, &settings.terms, photo, &sources)
}

/// Averages the gradient over the channels, so that the picture stays grey.
pub(super) fn grey_gradient(gradient: Tensor<4>) -> Tensor<4> {
    gradient.mean_dim(1).repeat_dim(1, 3)
}
