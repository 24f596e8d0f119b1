//! What neighbour matching optimizes at a stage: targets of all positions, or samples of all paintings.

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};

use super::style_target::StyleTarget;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::Layer;
use crate::settings::{FOUND_AGAIN, ORIENTATIONS, Tile};
use crate::train::Features;
use crate::train::device::upload;
use crate::train::losses::maps::{Maps, Tiled, seen};
use crate::train::losses::neighbours::{Hypercolumns, Orientation, Targets, summed};
use crate::train::losses::regions::Regions;
use crate::train::losses::splitting::Samples;

/// A painting at all sizes, the smallest first.
pub struct SizedPainting {
    /// The painting at each size.
    pub pictures: Vec<Image>,
    /// The grey mask of the part that is compared.
    pub mask: Option<Image>,
}

/// VGG and the layers of hypercolumns.
pub struct Network {
    /// VGG16.
    pub features: Features,
    /// The layers.
    pub layers: BTreeSet<Layer>,
    /// What it runs on.
    pub device: Device,
}

/// What is optimized at a stage, for each painting that applies anywhere.
pub enum Objective {
    /// Each position has the direction of the features of the one that was found for it.
    Matching(Vec<Targets>),
    /// Each layer by itself has those of the nearest at the moment.
    Splitting(Vec<Samples>),
}

impl Network {
    /// Prepares `picture`, `[1][3][height][width]`, for its features.
    pub fn tiled(&self, picture: Tensor<4>) -> Tiled<'_> {
        Tiled::new(&self.features, &self.layers, picture)
    }

    /// Prepares the orientations of a painting of index `size`, one at a time.
    fn orientations(&self, painting: &SizedPainting, size: usize) -> impl Iterator<Item = Result<Orientation<'_>>> {
        (0..ORIENTATIONS).map(move |quarters| {
            Ok(Orientation {
                picture: self.tiled(upload(&turned(&painting.pictures[size], quarters)?, &self.device)),
                mask: painting.mask.as_ref().map(|mask| turned(mask, quarters)).transpose()?,
            })
        })
    }
}

impl Objective {
    /// Finds for each position of `content` its nearest of each painting that applies there. `size` is the index of the size.
    ///
    /// # Errors
    /// As [`Hypercolumns::of`].
    pub async fn matching(
        network: &Network,
        content: &Image,
        paintings: &[SizedPainting],
        size: usize,
        regions: &Regions,
    ) -> Result<Self> {
        let content = network.tiled(upload(content, &network.device));
        let regions = content.regions(regions)?;
        let mut targets = Vec::new();
        for (i, painting) in paintings.iter().enumerate() {
            if regions.iter().all(|regions| regions[i].is_none()) {
                continue;
            }
            let columns = Hypercolumns::of(network.orientations(painting, size)).await?;
            let parts = columns.nearest(&content, regions.iter().map(|regions| regions[i].clone()).collect()).await;
            targets.push(columns.targets(parts));
        }
        Ok(Self::Matching(targets))
    }

    /// Collects the samples of the paintings at the largest size, of index `size`.
    ///
    /// # Errors
    /// As [`Samples::of`].
    pub fn splitting(network: &Network, paintings: &[SizedPainting], size: usize) -> Result<Self> {
        let samples = paintings.iter().map(|painting| Samples::of(network.orientations(painting, size)));
        Ok(Self::Splitting(samples.collect::<Result<_>>()?))
    }

    /// With feature splitting, finds the nearest of the positions of `picture` whose turn it is in step `step`.
    ///
    /// # Errors
    /// As [`Regions::at`].
    pub fn find(&mut self, picture: &Tiled, regions: &Regions, step: usize) -> Result<()> {
        let Self::Splitting(samples) = self else { return Ok(()) };
        let round = step / FOUND_AGAIN;
        let layers = picture.sampled_regions(regions, round)?;
        for (i, samples) in samples.iter_mut().enumerate() {
            let own = layers.iter().map(|tiles| tiles.iter().map(|regions| regions[i].clone()).collect());
            samples.find(picture, own.collect(), round);
        }
        Ok(())
    }

    /// Returns the loss of a tile of a picture: the weighted sum over its positions of a number between 0 and 2, with feature
    /// splitting summed over the layers. The weights of all tiles sum to 1. `None` if no painting applies to any position.
    fn loss(&mut self, picture: &Maps, number: usize) -> Option<Tensor<1>> {
        summed(match self {
            Self::Matching(targets) => targets.iter_mut().filter_map(|targets| targets.loss(picture, number)).collect(),
            Self::Splitting(samples) => samples.iter().filter_map(|samples| samples.loss(picture, number)).collect(),
        })
    }

    /// Returns the loss of `picture`, `[1][3][height][width]`, and its gradient, tile by tile. `None` if no painting applies to any
    /// position.
    ///
    /// # Errors
    /// [`Error::Gpu`] if autodiff finds no gradient.
    pub fn gradient(&mut self, network: &Network, picture: &Tensor<4>) -> Result<Option<(Tensor<1>, Tensor<4>)>> {
        let [_, _, height, width] = picture.dims();
        let mut sum: Option<(Tensor<1>, Tensor<4>)> = None;
        for (number, tile) in Tile::of(height, width).iter().enumerate() {
            let x = seen(picture, tile).autodiff().require_grad();
            let Some(loss) = self.loss(&Maps::of(&network.features, x.clone(), tile, &network.layers), number) else {
                continue;
            };
            let gradient = x.grad(&loss.backward()).ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
            let (before, all) = sum.take().unwrap_or_else(|| (loss.zeros_like().inner(), picture.zeros_like()));
            let part = [0..1, 0..3, tile.rows.seen.clone(), tile.columns.seen.clone()];
            let own = all.clone().slice(part.clone()) + gradient;
            sum = Some((before + loss.inner(), all.slice_assign(part, own)));
        }
        Ok(sum)
    }
}

impl SizedPainting {
    /// Resizes a painting to `count` sizes, the largest with `longer` pixels on the longer side.
    ///
    /// # Errors
    /// As [`halved`].
    pub fn new(painting: StyleTarget, longer: usize, count: usize) -> Result<Self> {
        Ok(Self { pictures: halved(&painting.picture, longer, count)?, mask: painting.style_mask })
    }
}

/// Returns the picture at `count` sizes, the largest with `longer` pixels on the longer side and last.
///
/// # Errors
/// [`Error::Picture`] if its shorter side has fewer than 16 pixels at the smallest size.
pub fn halved(picture: &Image, longer: usize, count: usize) -> Result<Vec<Image>> {
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
