//! What neighbour matching optimizes at a stage: targets of all positions, or samples of all paintings.

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};

use super::style_target::StyleTarget;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::Layer;
use crate::settings::ORIENTATIONS;
use crate::train::Features;
use crate::train::device::upload;
use crate::train::losses::neighbours::{Hypercolumns, Maps, Orientation, Samples, Targets};
use crate::train::losses::regions::Regions;

/// A painting at all sizes, the smallest first.
pub struct SizedPainting {
    pub pictures: Vec<Image>,
    /// The grey mask of the part that is compared.
    pub mask: Option<Image>,
}

/// VGG and the layers of hypercolumns.
pub struct Network {
    pub features: Features,
    pub layers: BTreeSet<Layer>,
    pub device: Device,
}

/// What is optimized at a stage, for each painting that applies anywhere.
pub enum Objective {
    Matching(Vec<Targets>),
    Splitting(Vec<Samples>),
}

impl Network {
    /// Computes the features of `picture`, `[1][3][height][width]`.
    pub fn maps(&self, picture: Tensor<4>) -> Maps {
        Maps::of(&self.features, picture, &self.layers)
    }

    /// Computes the features of the orientations of a painting of index `size`, one at a time.
    fn orientations(&self, painting: &SizedPainting, size: usize) -> impl Iterator<Item = Result<Orientation>> {
        (0..ORIENTATIONS).map(move |quarters| {
            Ok(Orientation {
                maps: self.maps(upload(&turned(&painting.pictures[size], quarters)?, &self.device)),
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
        let content = network.maps(upload(content, &network.device));
        let mut targets = Vec::new();
        for (painting, region) in paintings.iter().zip(content.regions(regions)?) {
            let Some(region) = region else { continue };
            let columns = Hypercolumns::of(network.orientations(painting, size)).await?;
            let index = columns.nearest(&content, &region);
            targets.push(columns.targets(&index, region));
        }
        Ok(Self::Matching(targets))
    }

    /// Collects the samples of the paintings at the largest size, of index `size`, and finds the nearest of the positions of
    /// `matched`.
    ///
    /// # Errors
    /// As [`Samples::of`].
    pub fn splitting(
        network: &Network,
        matched: &Image,
        paintings: &[SizedPainting],
        size: usize,
        regions: &Regions,
    ) -> Result<Self> {
        let maps = network.maps(upload(matched, &network.device));
        let layers = maps.sampled_regions(regions)?;
        let mut all = Vec::new();
        for (i, painting) in paintings.iter().enumerate() {
            let regions: Vec<_> = layers.iter().map(|regions| regions[i].clone()).collect();
            if regions.iter().all(Option::is_none) {
                continue;
            }
            let mut samples = Samples::of(network.orientations(painting, size), regions)?;
            samples.find(&maps);
            all.push(samples);
        }
        Ok(Self::Splitting(all))
    }

    /// Returns the loss of a picture, between 0 and 2 per layer that is matched by itself.
    pub fn loss(&self, picture: &Maps) -> Tensor<1> {
        let losses: Vec<_> = match self {
            Self::Matching(targets) => targets.iter().map(|targets| targets.loss(picture)).collect(),
            Self::Splitting(samples) => samples.iter().map(|samples| samples.loss(picture)).collect(),
        };
        Tensor::cat(losses, 0).sum()
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
