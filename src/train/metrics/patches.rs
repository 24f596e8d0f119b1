//! Figures by positions of feature maps: the distance of each position of a picture to its nearest position in the painting, and how
//! much of the photo's structure remains.
//!
//! Neighbour matching aims at the first (Kolkin et al. 2022, "Neural Neighbor Style Transfer"); structure is the self-similarity of
//! features (Kolkin et al. 2019, "Style Transfer by Relaxed Optimal Transport and Self-Similarity"). All are computed at one size, so
//! figures of pictures of any size can be compared.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor};

use super::sampling::sample;
use crate::error::Result;
use crate::image::{Image, lanczos};
use crate::net::models::vgg::{Layer, VGG16};
use crate::train::device::upload;
use crate::train::ops::resample::indices;
use crate::train::ops::rows::unit;
use crate::train::{FeatureMap, Features};

/// The longer side of all pictures in pixels; both sides are rounded down to multiples of [`MULTIPLE`].
const LONGER: usize = 256;
const MULTIPLE: usize = 8;
/// The layers whose positions are compared with the painting's.
const MATCHED: [&str; 3] = ["relu2_2", "relu3_3", "relu4_3"];
/// The layers of structure.
const STRUCTURE: [&str; 2] = ["relu3_3", "relu4_3"];
/// The largest numbers of positions of a layer that are compared.
const MATCHED_POSITIONS: usize = 3072;
const STRUCTURE_POSITIONS: usize = 1024;
/// Lower bound of squared lengths and of sums of distances: parts of one colour have none.
const SMALLEST: f32 = 1e-8;

/// What pictures are compared with: a photo and a painting.
pub struct PatchTargets {
    layers: BTreeSet<Layer>,
    /// Width and height of the photo and of all pictures.
    size: (usize, usize),
    /// For each matched layer the mean of the painting's features, `[1][channels]`, and their directions from it,
    /// `[positions][channels]`.
    painting: BTreeMap<Layer, (Tensor<2>, Tensor<2>)>,
    /// For each layer of structure the self-similarity of the photo, `[positions][positions]`.
    photo: BTreeMap<Layer, Tensor<2>>,
}

impl PatchTargets {
    /// Computes the features of `photo` and `painting`. `features` must reach `relu4_3`.
    ///
    /// # Errors
    /// [`crate::error::Error::Style`] if VGG16 lacks a layer.
    pub fn new(features: &Features, photo: &Image, painting: &Image, device: &Device) -> Result<Self> {
        let named = |names: &[&str]| names.iter().map(|name| VGG16.layer(name)).collect::<Result<BTreeSet<_>>>();
        let (matched, structure) = (named(&MATCHED)?, named(&STRUCTURE)?);
        let size = size(photo.width(), photo.height());
        let painting = uploaded(painting, self::size(painting.width(), painting.height()), device)?;
        let painting = features.of(painting, &matched).into_iter().map(|(layer, map)| {
            let found = sampled(&map);
            let mean = found.clone().mean_dim(0);
            (layer, (mean.clone(), unit(found - mean)))
        });
        let photo = features.of(uploaded(photo, size, device)?, &structure);
        let photo = photo.into_iter().map(|(layer, map)| (layer, self_similarity(&map)));
        Ok(Self { layers: &matched | &structure, size, painting: painting.collect(), photo: photo.collect() })
    }

    /// Returns the figures of a picture, one value each:
    ///
    /// 1. to: the mean over positions of 1 minus the cosine to the nearest position of the painting, both centred by the painting's
    ///    mean, averaged over `relu2_2`, `relu3_3` and `relu4_3`;
    /// 2. cover: the same from each position of the painting to the nearest of the picture;
    /// 3. structure: the mean difference between the matrices of 1 minus the cosine of every two positions, whose columns sum to 1,
    ///    of picture and photo, times the number of positions, averaged over `relu3_3` and `relu4_3`.
    ///
    /// # Errors
    /// [`crate::error::Error::Picture`] if the picture cannot be resized.
    pub fn figures(&self, features: &Features, painted: &Image, device: &Device) -> Result<[Tensor<1>; 3]> {
        let found = features.of(uploaded(painted, self.size, device)?, &self.layers);
        let (mut to, mut cover) = (Vec::new(), Vec::new());
        for (layer, (mean, directions)) in &self.painting {
            let own = unit(sampled(&found[layer]) - mean.clone());
            let cosines = own.matmul(directions.clone().transpose());
            to.push(cosines.clone().max_dim(1).mean().neg() + 1.0);
            cover.push(cosines.max_dim(0).mean().neg() + 1.0);
        }
        let structure = self.photo.iter().map(|(layer, photo)| {
            let positions = photo.dims()[0] as f32;
            (self_similarity(&found[layer]) - photo.clone()).abs().mean() * positions
        });
        let mean = |parts: Vec<Tensor<1>>| Tensor::cat(parts, 0).mean();
        Ok([mean(to), mean(cover), mean(structure.collect())])
    }
}

/// Returns the size at which a picture is compared. Halves are rounded to even numbers, as in Python.
fn size(width: usize, height: usize) -> (usize, usize) {
    let scale = LONGER as f64 / width.max(height) as f64;
    let side = |pixels: usize| {
        let rounded = (pixels as f64 * scale).round_ties_even() as usize;
        (rounded / MULTIPLE * MULTIPLE).max(MULTIPLE)
    };
    (side(width), side(height))
}

fn uploaded(image: &Image, (width, height): (usize, usize), device: &Device) -> Result<Tensor<4>> {
    Ok(upload(&lanczos::resized(image, width, height)?, device))
}

/// Returns the features of at most [`MATCHED_POSITIONS`] positions.
fn sampled(map: &FeatureMap) -> Tensor<2> {
    chosen(map, &sample(map.size().2, MATCHED_POSITIONS))
}

fn chosen(map: &FeatureMap, positions: &[usize]) -> Tensor<2> {
    let rows = map.rows(0);
    let device = rows.device();
    rows.select(0, indices(positions.iter().copied(), &device))
}

/// Returns 1 minus the cosine of every two positions, `[positions][positions]`. Each column is divided by its sum.
fn self_similarity(map: &FeatureMap) -> Tensor<2> {
    let directions = unit(chosen(map, &spread(map.size().2, STRUCTURE_POSITIONS)));
    let distances = directions.clone().matmul(directions.transpose()).neg() + 1.0;
    let sums = distances.clone().sum_dim(0).clamp_min(SMALLEST);
    distances / sums
}

/// Returns at most `count` of the integers below `positions`, evenly spaced, the first and the last among them.
fn spread(positions: usize, count: usize) -> Vec<usize> {
    if positions <= count {
        return (0..positions).collect();
    }
    let (last, intervals) = (positions - 1, count - 1);
    let step = last as f64 / intervals as f64;
    (0..count).map(|i| if i == intervals { last } else { (i as f64 * step) as usize }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_multiples_of_eight() {
        assert_eq!(size(512, 340), (256, 168));
        assert_eq!(size(100, 400), (64, 256));
        assert_eq!(size(4000, 10), (256, 8));
        // 256 * 3 / 5 = 153.6 and 256 * 4.25 / 8 = 136.
        assert_eq!(size(3, 5), (152, 256));
        assert_eq!(size(32, 17), (256, 136));
    }

    #[test]
    fn positions_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(4, 8), [0, 1, 2, 3]);
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
        assert_eq!(spread(8, 3), [0, 3, 7]);
    }
}
