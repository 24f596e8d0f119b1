//! Optimization of one photo by neighbour matching (Kolkin et al. 2022, "Neural Neighbor Style Transfer"): from small to large,
//! each position of the picture takes the features of the position of the painting that resembles it most; at the end, layer by
//! layer and anew in each step (*feature splitting*).

use burn::tensor::{Device, Tensor};

use super::checkpoint::Fingerprint;
use super::neighbour_checkpoint::{LevelSnapshot, NeighbourCheckpoint};
use super::neighbour_objective::{Network, Objective, SizedPainting, halved};
use super::optimization::{OTHER_CHECKPOINT, Progress, grey_gradient};
use super::pyramid::{compose, decompose};
use super::style_target::{StyleTarget, luminance};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::color_match::{ColorTarget, matched};
use crate::image::composite::{Look, look};
use crate::net::Pooling;
use crate::net::models::vgg::VGG16;
use crate::settings::{FOUND_AGAIN, NeighbourSettings, Optimizer, scaled};
use crate::train::device::{download, read, upload};
use crate::train::losses::neighbours::layers;
use crate::train::losses::regions::Regions;
use crate::train::optim::OptimizerState;
use crate::train::{Features, Parts};
use crate::weights::Archive;

/// Learning rate of Adam for the coefficients of the pyramid.
const RATE: f32 = 2e-3;
/// Levels of detail of a picture.
const LEVELS: usize = 6;

/// A running optimization by neighbour matching.
pub struct NeighbourMatching {
    settings: NeighbourSettings,
    network: Network,
    fingerprint: u64,
    /// The photo as given, for its colours and for what is not painted.
    photo: Image,
    /// The colours that the result shall have, if they are matched.
    colors: Option<Vec<ColorTarget>>,
    /// The photo at every size, the smallest first.
    photos: Vec<Image>,
    paintings: Vec<SizedPainting>,
    /// Where each painting applies.
    regions: Regions,
    /// The picture whose positions were matched last.
    matched: Image,
    /// The pyramid of the picture, the finest level first, with the state of the optimizer for each level.
    pyramid: Vec<(Tensor<4>, OptimizerState)>,
    objective: Objective,
    /// Index of the size; the number of sizes during feature splitting, and one more at the end.
    stage: usize,
    /// Number of steps done at this stage.
    step: usize,
}

impl NeighbourMatching {
    /// Prepares the smallest size, or the stage of `checkpoint`, with VGG16's weights from `archive`, everything on `device`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid settings and for weights of the paintings that are invalid or all zero, [`Error::Tensor`] for
    /// VGG weights of the wrong shape, [`Error::Picture`] for pictures whose shorter side is below 16 pixels at the smallest size,
    /// for black masks, and for a checkpoint of other pictures or settings, and as [`read`].
    pub async fn new(
        archive: &Archive,
        settings: NeighbourSettings,
        photo: &Image,
        paintings: Vec<StyleTarget>,
        checkpoint: Option<NeighbourCheckpoint>,
        device: &Device,
    ) -> Result<Self> {
        settings.check()?;
        paintings.iter().try_for_each(StyleTarget::check)?;
        if paintings.iter().all(|painting| painting.weight == 0.0) {
            return Err(Error::Style("At least one painting needs a weight above 0.".to_string()));
        }
        let layers = layers(&VGG16)?;
        let last = layers.last().copied().map_or_else(|| VGG16.layer("relu4_3"), Ok)?;
        let features = Features::load(archive, VGG16, Pooling::Max, last, device)?;
        let fingerprint = fingerprint(&settings, photo, &paintings);
        let paintings = paintings.into_iter().map(StyleTarget::with_grey_masks).collect::<Result<Vec<_>>>()?;
        let (seen, paintings) = if settings.keep_colors {
            let grey = luminance(photo)?;
            let paintings = paintings.into_iter().map(|painting| painting.grey(&grey)).collect::<Result<_>>()?;
            (grey, paintings)
        } else {
            (photo.clone(), paintings)
        };
        let colors = settings.match_colors.then(|| StyleTarget::colors(&paintings)).transpose()?;
        let sizes = settings.sizes();
        let photos = halved(&seen, settings.size, sizes)?;
        let regions = Regions::new(paintings.iter().map(|p| (p.weight, p.mask.clone())).collect());
        let longer = scaled(settings.size, settings.style_scale);
        let paintings = paintings.into_iter().map(|painting| SizedPainting::new(painting, longer, sizes));
        let paintings = paintings.collect::<Result<Vec<_>>>()?;
        let (stage, step, matched, pyramid) = match checkpoint {
            None => (0, 0, photos[0].clone(), untouched(&decompose(&photos[0], LEVELS)?, device)),
            Some(checkpoint) => {
                if checkpoint.fingerprint != fingerprint || checkpoint.step >= settings.steps_at(checkpoint.stage) {
                    return Err(Error::Picture(OTHER_CHECKPOINT.to_string()));
                }
                let NeighbourCheckpoint { stage, step, matched, levels, .. } = checkpoint;
                (stage, step, matched, levels.iter().map(|level| level.restore(step as u32, device)).collect())
            }
        };
        let network = Network { features, layers, device: device.clone() };
        let objective = if stage < sizes {
            Objective::matching(&network, &matched, &paintings, stage, &regions).await?
        } else {
            let mut objective = Objective::splitting(&network, &paintings, sizes - 1)?;
            objective.find(&network.tiled(upload(&matched, device)), &regions, step)?;
            objective
        };
        let photo = photo.clone();
        Ok(Self {
            settings,
            network,
            fingerprint,
            photo,
            colors,
            photos,
            paintings,
            regions,
            matched,
            pyramid,
            objective,
            stage,
            step,
        })
    }

    /// Runs one step; returns `None` when all steps are done.
    ///
    /// # Errors
    /// As [`read`]. The picture stays unchanged.
    pub async fn step(&mut self) -> Result<Option<Progress>> {
        if self.stage > self.photos.len() {
            return Ok(None);
        }
        let levels: Vec<_> = self.pyramid.iter().map(|(x, _)| x.clone().autodiff().require_grad()).collect();
        let picture = composed(&levels)?;
        let [_, _, height, width] = picture.dims();
        let inner = picture.clone().inner();
        if self.stage == self.photos.len() && self.step.is_multiple_of(FOUND_AGAIN) {
            self.objective.find(&self.network.tiled(inner.clone()), &self.regions, self.step)?;
            self.matched = download(inner.clone()).await?;
        }
        // Without a painting at any position, the optimizer still moves on, so that its steps are counted.
        let (total, gradients) = match self.objective.gradient(&self.network, &inner)? {
            None => (0.0, None),
            Some((loss, gradient)) => {
                let values = read(loss).await?;
                let total = values.first().copied().ok_or_else(|| Error::Gpu("a step has no loss".to_string()))?;
                (total, Some((picture * gradient.autodiff()).sum().backward()))
            }
        };
        for (level, (x, optimizer)) in levels.iter().zip(&mut self.pyramid) {
            let mut gradient = match &gradients {
                None => x.zeros_like(),
                Some(all) => level.grad(all).ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?,
            };
            if self.settings.keep_colors {
                gradient = grey_gradient(gradient);
            }
            *x = x.clone() + optimizer.update(&gradient, RATE);
        }
        self.step += 1;
        let parts = Parts { total, content: 0.0, style: total, variation: 0.0 };
        let progress = Progress { step: self.steps_done(), steps: self.settings.steps_of_run(), width, height, parts };
        if self.step == self.settings.steps_at(self.stage) {
            self.next_stage().await?;
        }
        Ok(Some(progress))
    }

    /// Prepares the next size, then feature splitting, then the end.
    async fn next_stage(&mut self) -> Result<()> {
        let painted = download(self.composed()?).await?;
        self.stage += 1;
        self.step = 0;
        let Self { network, paintings, regions, stage, .. } = self;
        let next = if let Some(photo) = self.photos.get(*stage) {
            let before = painted.resized(photo.width(), photo.height())?;
            self.matched = mixed(photo, &with_detail_of(&before, photo)?, self.settings.mix())?;
            self.objective = Objective::matching(network, &self.matched, paintings, *stage, regions).await?;
            before
        } else if self.settings.steps_at(*stage) > 0 {
            self.objective = Objective::splitting(network, paintings, *stage - 1)?;
            painted
        } else {
            self.stage += 1;
            return Ok(());
        };
        self.pyramid = untouched(&decompose(&next, LEVELS)?, &self.network.device);
        Ok(())
    }

    /// Returns the number of steps done.
    pub fn steps_done(&self) -> usize {
        (0..self.stage).map(|stage| self.settings.steps_at(stage)).sum::<usize>() + self.step
    }

    /// Returns the current picture at the current size.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn picture(&self) -> Result<Image> {
        let mut painted = download(self.composed()?.clamp(0.0, 1.0)).await?;
        if let Some(colors) = &self.colors {
            painted = matched(&painted, colors)?;
        }
        let (width, height) = (painted.width(), painted.height());
        let coverage = self.regions.coverage((width, height))?;
        if !self.settings.keep_colors && coverage.is_none() {
            return Ok(painted);
        }
        let photo = self.photo.resized(width, height)?;
        if self.settings.keep_colors {
            painted = look(&painted, &photo, Look { keep_colors: true, ..Look::default() })?;
        }
        let Some(coverage) = coverage else { return Ok(painted) };
        let pixels = photo.data().iter().zip(painted.data()).zip(coverage.iter().flat_map(|share| [*share; 3]));
        Image::new(width, height, pixels.map(|((a, b), share)| a + (b - a) * share).collect())
    }

    /// Returns a checkpoint to resume from; `None` when all steps are done.
    ///
    /// # Errors
    /// As [`download`].
    pub async fn checkpoint(&self) -> Result<Option<NeighbourCheckpoint>> {
        if self.stage > self.photos.len() {
            return Ok(None);
        }
        let mut levels = Vec::with_capacity(self.pyramid.len());
        for (x, optimizer) in &self.pyramid {
            levels.push(LevelSnapshot::of(x, optimizer).await?);
        }
        let Self { fingerprint, stage, step, matched, .. } = self;
        Ok(Some(NeighbourCheckpoint {
            fingerprint: *fingerprint,
            stage: *stage,
            step: *step,
            matched: matched.clone(),
            levels,
        }))
    }

    fn composed(&self) -> Result<Tensor<4>> {
        composed(&self.pyramid.iter().map(|(x, _)| x.clone()).collect::<Vec<_>>())
    }
}

fn fingerprint(settings: &NeighbourSettings, photo: &Image, paintings: &[StyleTarget]) -> u64 {
    let mut print = Fingerprint::default();
    // Colours are matched in what is shown; the optimization does not depend on it.
    let settings = NeighbourSettings { match_colors: false, ..*settings };
    print.add(format!("neighbours {settings:?}").as_bytes());
    print.add(format!("{}x{}", photo.width(), photo.height()).as_bytes());
    print.add(&photo.to_rgba8());
    paintings.iter().for_each(|painting| painting.print(&mut print));
    print.finish()
}

fn composed(levels: &[Tensor<4>]) -> Result<Tensor<4>> {
    compose(levels).ok_or_else(|| Error::Gpu("a pyramid has no level".to_string()))
}

/// Returns a pyramid before its first step.
fn untouched(pyramid: &[Image], device: &Device) -> Vec<(Tensor<4>, OptimizerState)> {
    let level = |image: &Image| {
        let x = upload(image, device);
        (x.clone(), OptimizerState::new(Optimizer::Adam, &x))
    };
    pyramid.iter().map(level).collect()
}

/// Returns `picture`, enlarged from half the sides of `photo`, with the finest detail of `photo`.
fn with_detail_of(picture: &Image, photo: &Image) -> Result<Image> {
    let detail = decompose(photo, 1)?;
    let data = picture.data().iter().zip(detail[0].data()).map(|(a, b)| a + b).collect();
    Image::new(photo.width(), photo.height(), data)
}

/// Returns `share` of `b` and the rest of `a`.
fn mixed(a: &Image, b: &Image, share: f32) -> Result<Image> {
    let data = a.data().iter().zip(b.data()).map(|(a, b)| a + (b - a) * share).collect();
    Image::new(a.width(), a.height(), data)
}
