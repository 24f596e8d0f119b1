//! Losses of image optimization: content, style and total variation (Gatys, Ecker, Bethge 2015, sections on content and
//! style representation).
//!
//! Content and style losses are relative to the size of their targets, so that a weight means the same for every photo,
//! painting and layer.
//!
//! A style may apply to a region of the picture, and may come from a part of its painting ([`Source`]).

pub mod color;
pub mod maps;
pub mod neighbours;
pub mod perceptual;
pub mod regions;
pub mod splitting;
pub mod style;
pub mod transport;
pub mod wasserstein;

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Tensor;

use self::style::{Statistics, Target, weights};
use super::Features;
use super::device::read;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::Layer;
use crate::settings::{StyleLoss, Term, Terms};

/// Lower bound of divisors: targets that are all zero (a layer without any activation) would divide by zero.
const SMALLEST: f32 = 1e-12;

/// The losses of one picture. Content, style and variation are unweighted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// The weighted sum of the losses.
    pub total: f32,
    /// Content loss.
    pub content: f32,
    /// Style loss.
    pub style: f32,
    /// Total variation.
    pub variation: f32,
}

/// A painting as input of the style loss.
pub struct Source {
    /// The picture of the painting, `[1][3][height][width]`.
    pub painting: Tensor<4>,
    /// Weight relative to those of the other paintings.
    pub weight: f32,
    /// Grey mask of the photo, stretched to its size, for the region where the style applies: white is full, black is
    /// none. Without a mask the style applies everywhere.
    pub mask: Option<Image>,
    /// Grey mask of the painting, stretched to its size, for the part that defines the style.
    pub style_mask: Option<Image>,
}

/// The optimization targets of one photo and its paintings at one size.
pub struct Objective {
    terms: Terms,
    layers: BTreeSet<Layer>,
    /// The photo's features by layer, and the reciprocal of their mean square.
    content: BTreeMap<Layer, (Tensor<4>, Tensor<1>)>,
    regions: Vec<Region>,
}

/// A region of the picture, or all of it, with its own style target.
struct Region {
    weight: f32,
    /// Style targets by layer, and the pixel weights of the region at that layer.
    targets: BTreeMap<Layer, (Target, Option<Tensor<2>>)>,
}

impl Objective {
    /// Computes the targets of `photo` and `paintings`, `[1][3][height][width]` each, without masks. The paintings'
    /// statistics are averaged by weight; not all weights may be 0. The average has the same gradient as one style loss
    /// per painting would have.
    ///
    /// # Errors
    /// As [`Self::guided`].
    pub fn new(features: &Features, terms: &Terms, photo: Tensor<4>, paintings: &[(Tensor<4>, f32)]) -> Result<Self> {
        let source = |(painting, weight): &(Tensor<4>, f32)| Source {
            painting: painting.clone(),
            weight: *weight,
            mask: None,
            style_mask: None,
        };
        Self::guided(features, terms, photo, &paintings.iter().map(source).collect::<Vec<_>>())
    }

    /// Computes the targets as [`Self::new`] does, with masks. Paintings without a mask are averaged and apply
    /// everywhere; each other painting has its own loss over its region (guided Gram matrices: Gatys et al. 2017,
    /// section 4). A region is weighted by its area, so that the balance of style and content inside it is the same as
    /// in a picture without masks.
    ///
    /// # Errors
    /// [`Error::Picture`] when a picture leaves no pixel at a layer.
    pub fn guided(features: &Features, terms: &Terms, photo: Tensor<4>, sources: &[Source]) -> Result<Self> {
        let names = |term: &Term| term.layers.iter().map(|l| l.0).collect::<BTreeSet<_>>();
        let [_, _, height, width] = photo.dims();
        let device = photo.device();
        let content = features.of(photo, &names(&terms.content)).into_iter().map(|(layer, f)| {
            let f = f.values();
            let norm = (f.clone() * f.clone()).mean();
            (layer, (f, norm.clamp_min(SMALLEST).recip()))
        });
        let content = content.collect();
        let style_layers = names(&terms.style);
        let (masked, everywhere): (Vec<_>, Vec<_>) = sources.iter().partition(|s| s.mask.is_some());
        let groups = masked.into_iter().map(|s| vec![s]).chain([everywhere]);
        let groups: Vec<_> = groups.filter(|g| g.iter().any(|s| s.weight > 0.0)).collect();
        let mut regions = Vec::new();
        for (group, weight) in groups.iter().zip(shares(&groups)) {
            let mut targets = BTreeMap::new();
            for (layer, statistics) in mixed(features, terms.style_loss, &style_layers, group)? {
                let mask = group[0].mask.as_ref();
                let mask = mask.map(|mask| weights(mask, layer, width, height, &device)).transpose()?;
                targets.insert(layer, (Target::new(terms.style_loss, statistics), mask));
            }
            regions.push(Region { weight, targets });
        }
        let layers = &names(&terms.content) | &style_layers;
        Ok(Self { terms: terms.clone(), layers, content, regions })
    }

    /// Returns the losses of `picture`, `[1][3][height][width]` of the photo's size: total, content, style, variation,
    /// one value each. Only the total is meant to be differentiated.
    pub fn losses(&self, features: &Features, picture: Tensor<4>) -> [Tensor<1>; 4] {
        let found = features.of(picture.clone(), &self.layers);
        let content = mean(&self.terms.content, |layer| {
            let (target, inverse) = &self.content[layer];
            let off = found[layer].values() - target.clone();
            (off.clone() * off).mean() * inverse.clone()
        });
        let style = mean(&self.terms.style, |layer| {
            let regions = self.regions.iter().map(|Region { weight, targets }| {
                let (target, mask) = &targets[layer];
                Statistics::of(self.terms.style_loss, &found[layer], mask.as_ref()).distance(target) * *weight
            });
            Tensor::cat(regions.collect(), 0).sum()
        });
        let variation = total_variation(picture);
        let total = content.clone() * self.terms.content.weight
            + style.clone() * self.terms.style.weight
            + variation.clone() * self.terms.variation;
        [total, content, style, variation]
    }
}

impl Parts {
    /// Downloads the result of [`Objective::losses`].
    ///
    /// # Errors
    /// As [`read`]; [`Error::Diverged`] when a loss is not finite.
    pub async fn read(losses: [Tensor<1>; 4]) -> Result<Self> {
        let values = read(Tensor::cat(losses.map(Tensor::inner).to_vec(), 0)).await?;
        match values[..] {
            [total, content, style, variation] if total.is_finite() => Ok(Self { total, content, style, variation }),
            _ => Err(Error::Diverged(format!("the losses are {values:?}"))),
        }
    }
}

/// Returns the mean of `loss` over the layers of `term`, weighted by layer.
fn mean(term: &Term, loss: impl Fn(&Layer) -> Tensor<1>) -> Tensor<1> {
    let total: f32 = term.layers.iter().map(|l| l.1).sum();
    let weighted: Vec<_> = term.layers.iter().map(|(layer, weight)| loss(layer) * (weight / total)).collect();
    Tensor::cat(weighted, 0).sum()
}

/// Returns the statistics of the paintings of `group` at `layers`, averaged by weight.
fn mixed(
    features: &Features,
    kind: StyleLoss,
    layers: &BTreeSet<Layer>,
    group: &[&Source],
) -> Result<BTreeMap<Layer, Statistics>> {
    let total: f32 = group.iter().map(|s| s.weight).sum();
    let mut mixture: BTreeMap<Layer, Statistics> = BTreeMap::new();
    for Source { painting, weight, style_mask, .. } in group {
        let [_, _, height, width] = painting.dims();
        for (layer, f) in features.of(painting.clone(), layers) {
            let mask = style_mask.as_ref();
            let mask = mask.map(|mask| weights(mask, layer, width, height, &painting.device())).transpose()?;
            let part = Statistics::of(kind, &f, mask.as_ref()).times(weight / total);
            let sum = match mixture.remove(&layer) {
                Some(sum) => sum.plus(part),
                None => part,
            };
            mixture.insert(layer, sum);
        }
    }
    Ok(mixture)
}

/// Returns the weight of each group's style loss, by the group's weight and area. The weights sum to 1 where the groups
/// cover the picture, and to the covered area where they do not.
fn shares(groups: &[Vec<&Source>]) -> Vec<f32> {
    let area = |group: &[&Source]| match group.first().and_then(|s| s.mask.as_ref()) {
        Some(mask) => mask.data().iter().sum::<f32>() / mask.data().len() as f32,
        None => 1.0,
    };
    let weight = |group: &[&Source]| group.iter().map(|s| s.weight).sum::<f32>();
    let covered: f32 = groups.iter().map(|g| area(g)).sum();
    let total: f32 = groups.iter().map(|g| area(g) * weight(g)).sum();
    groups.iter().map(|g| area(g) * weight(g) / total.max(SMALLEST) * covered.min(1.0)).collect()
}

/// Returns the mean squared difference to the neighbours below and to the right, of a picture with at least two rows
/// and columns.
pub fn total_variation(picture: Tensor<4>) -> Tensor<1> {
    let [n, channels, height, width] = picture.dims();
    let part = |y: std::ops::Range<usize>, x: std::ops::Range<usize>| picture.clone().slice([0..n, 0..channels, y, x]);
    let down = part(1..height, 0..width) - part(0..height - 1, 0..width);
    let right = part(0..height, 1..width) - part(0..height, 0..width - 1);
    (down.clone() * down).mean() + (right.clone() * right).mean()
}
