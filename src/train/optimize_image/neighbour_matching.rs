//! Optimization of one photo by neighbour matching (Kolkin et al. 2022, "Neural Neighbor Style Transfer"): from small to large,
//! each position of the picture takes the features of the position of the painting that resembles it most; at the end, layer by
//! layer and anew in each step (*feature splitting*).

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};

use super::checkpoint::Fingerprint;
use super::neighbour_checkpoint::{LevelSnapshot, NeighbourCheckpoint};
use super::optimization::{OTHER_CHECKPOINT, Progress, grey_gradient};
use super::pyramid::{compose, decompose};
use super::style_target::{StyleTarget, luminance};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::composite::{Look, look};
use crate::net::Pooling;
use crate::net::models::vgg::{Layer, VGG16};
use crate::settings::{NeighbourSettings, ORIENTATIONS, Optimizer, scaled};
use crate::train::device::{download, read, upload};
use crate::train::losses::neighbours::{Hypercolumns, Maps, Samples, Targets, layers};
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
    device: Device,
    features: Features,
    layers: BTreeSet<Layer>,
    fingerprint: u64,
    /// The photo as given, for its colours.
    photo: Image,
    /// Photo and painting at every size, the smallest first.
    photos: Vec<Image>,
    paintings: Vec<Image>,
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

enum Objective {
    Matching(Targets),
    Splitting(Samples),
}

impl NeighbourMatching {
    /// Prepares the smallest size, or the stage of `checkpoint`, with VGG16's weights from `archive`, everything on `device`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid settings, [`Error::Tensor`] for VGG weights of the wrong shape, [`Error::Picture`] for
    /// pictures whose shorter side is below 16 pixels at the smallest size and for a checkpoint of other pictures or settings, and
    /// as [`read`].
    pub async fn new(
        archive: &Archive,
        settings: NeighbourSettings,
        (photo, painting): (&Image, &Image),
        checkpoint: Option<NeighbourCheckpoint>,
        device: &Device,
    ) -> Result<Self> {
        settings.check()?;
        let layers = layers(&VGG16)?;
        let last = layers.last().copied().map_or_else(|| VGG16.layer("relu4_3"), Ok)?;
        let features = Features::load(archive, VGG16, Pooling::Max, last, device)?;
        let fingerprint = fingerprint(&settings, photo, painting);
        let (seen, painting) = if settings.keep_colors {
            let grey = luminance(photo)?;
            let painting = StyleTarget::new(painting.clone(), 1.0).grey(&grey)?.picture;
            (grey, painting)
        } else {
            (photo.clone(), painting.clone())
        };
        let sizes = settings.sizes();
        let photos = halved(&seen, settings.size, sizes)?;
        let paintings = halved(&painting, scaled(settings.size, settings.style_scale), sizes)?;
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
        let objective = if stage < photos.len() {
            matching(&features, &layers, &matched, &paintings[stage], device).await?
        } else {
            splitting(&features, &layers, paintings.last().unwrap_or(&painting), device)?
        };
        let device = device.clone();
        Ok(Self {
            settings,
            device,
            features,
            layers,
            fingerprint,
            photo: photo.clone(),
            photos,
            paintings,
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
        let maps = Maps::of(&self.features, picture, &self.layers);
        let loss = match &self.objective {
            Objective::Matching(targets) => targets.loss(&maps),
            Objective::Splitting(samples) => samples.loss(&maps),
        };
        let gradients = loss.backward();
        let [total] = read(loss.inner()).await?[..] else {
            return Err(Error::Gpu("a step has no loss".to_string()));
        };
        for (level, (x, optimizer)) in levels.iter().zip(&mut self.pyramid) {
            let gradient = level.grad(&gradients);
            let mut gradient = gradient.ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
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
        let next = if let Some(photo) = self.photos.get(self.stage) {
            let before = painted.resized(photo.width(), photo.height())?;
            self.matched = mixed(photo, &with_detail_of(&before, photo)?, self.settings.mix())?;
            let painting = &self.paintings[self.stage];
            self.objective = matching(&self.features, &self.layers, &self.matched, painting, &self.device).await?;
            before
        } else if self.settings.steps_at(self.stage) > 0 {
            let painting = &self.paintings[self.paintings.len() - 1];
            self.objective = splitting(&self.features, &self.layers, painting, &self.device)?;
            painted
        } else {
            self.stage += 1;
            return Ok(());
        };
        self.pyramid = untouched(&decompose(&next, LEVELS)?, &self.device);
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
        let painted = download(self.composed()?.clamp(0.0, 1.0)).await?;
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

fn fingerprint(settings: &NeighbourSettings, photo: &Image, painting: &Image) -> u64 {
    let mut print = Fingerprint::default();
    print.add(format!("neighbours {settings:?}").as_bytes());
    for picture in [photo, painting] {
        print.add(format!("{}x{}", picture.width(), picture.height()).as_bytes());
        print.add(&picture.to_rgba8());
    }
    print.finish()
}

fn composed(levels: &[Tensor<4>]) -> Result<Tensor<4>> {
    compose(levels).ok_or_else(|| Error::Gpu("a pyramid has no level".to_string()))
}

/// Returns the picture at `count` sizes, the largest with `longer` pixels on the longer side and last.
fn halved(picture: &Image, longer: usize, count: usize) -> Result<Vec<Image>> {
    let (width, height) = Image::fitted(picture.width(), picture.height(), longer);
    let mut sizes = vec![picture.resized(width, height)?];
    for _ in 1..count {
        let last = &sizes[sizes.len() - 1];
        sizes.push(last.resized((last.width() / 2).max(1), (last.height() / 2).max(1))?);
    }
    sizes.reverse();
    if sizes[0].width().min(sizes[0].height()) < 16 {
        return Err(Error::Picture(format!(
            "A picture of {width}x{height} pixels is too narrow for neighbour matching: crop it, or choose another method."
        )));
    }
    Ok(sizes)
}

/// Finds for each position of `content` its nearest of `painting`.
async fn matching(
    features: &Features,
    layers: &BTreeSet<Layer>,
    content: &Image,
    painting: &Image,
    device: &Device,
) -> Result<Objective> {
    let columns = Hypercolumns::of(orientations(features, layers, painting, device)).await?;
    let index = columns.nearest(&Maps::of(features, upload(content, device), layers));
    Ok(Objective::Matching(columns.targets(&index)))
}

fn splitting(features: &Features, layers: &BTreeSet<Layer>, painting: &Image, device: &Device) -> Result<Objective> {
    Ok(Objective::Splitting(Samples::of(orientations(features, layers, painting, device))?))
}

fn orientations(
    features: &Features,
    layers: &BTreeSet<Layer>,
    painting: &Image,
    device: &Device,
) -> impl Iterator<Item = Result<Maps>> {
    (0..ORIENTATIONS).map(move |quarters| Ok(Maps::of(features, upload(&turned(painting, quarters)?, device), layers)))
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

/// Returns `picture` turned counterclockwise by `quarters` quarters of a turn.
///
/// # Errors
/// None for a picture that exists.
pub fn turned(picture: &Image, quarters: usize) -> Result<Image> {
    let (width, height) = (picture.width(), picture.height());
    let (columns, rows) = if quarters.is_multiple_of(2) { (width, height) } else { (height, width) };
    let source = |x: usize, y: usize| match quarters % 4 {
        0 => (x, y),
        1 => (width - 1 - y, x),
        2 => (width - 1 - x, height - 1 - y),
        _ => (y, height - 1 - x),
    };
    let pixel = |x, y| {
        let (x, y) = source(x, y);
        let at = 3 * (y * width + x);
        [picture.data()[at], picture.data()[at + 1], picture.data()[at + 2]]
    };
    let data = (0..rows).flat_map(|y| (0..columns).flat_map(move |x| pixel(x, y))).collect();
    Image::new(columns, rows, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_turned_counterclockwise() {
        let numbered = |width, height, order: [u8; 6]| {
            Image::new(width, height, order.iter().flat_map(|i| [f32::from(*i); 3]).collect()).unwrap()
        };
        let picture = numbered(3, 2, [0, 1, 2, 3, 4, 5]);
        assert_eq!(turned(&picture, 0).unwrap(), picture);
        assert_eq!(turned(&picture, 1).unwrap(), numbered(2, 3, [2, 5, 1, 4, 0, 3]));
        assert_eq!(turned(&picture, 2).unwrap(), numbered(3, 2, [5, 4, 3, 2, 1, 0]));
        assert_eq!(turned(&picture, 3).unwrap(), numbered(2, 3, [3, 0, 4, 1, 5, 2]));
    }
}
