//! What a picture is optimized for: content, style, smoothness (Gatys, Ecker, Bethge 2015, sections on content and style
//! representation).
//!
//! Content and style are relative to the size of what they aim at, so that weights mean the same for every photo, painting
//! and layer.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Tensor;

use super::Features;
use super::device::read;
use crate::error::{Error, Result};
use crate::net::vgg::{Layer, Vgg};

/// Aims of nothing (a layer that is dark everywhere) are not divided by.
const SMALLEST: f32 = 1e-12;

/// Layers with weights, and the weight of their mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub weight: f32,
    pub layers: Vec<(Layer, f32)>,
}

/// The weights of everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// `mean((F - C)^2) / mean(C^2)`.
    pub content: Term,
    /// `sum((G - S)^2) / sum(S^2)` of Gram matrices.
    pub style: Term,
    /// Mean squared difference of neighbours, down and to the right.
    pub variation: f32,
}

impl Terms {
    /// The weights that the design found to work: content at relu4_2, style at the first layers of four blocks.
    ///
    /// # Errors
    /// [`Error::Style`] when `vgg` lacks one of the layers.
    pub fn of(vgg: &Vgg) -> Result<Self> {
        let layers = |names: &[&str]| names.iter().map(|n| Ok((vgg.layer(n)?, 1.0))).collect::<Result<_>>();
        Ok(Self {
            content: Term { weight: 0.02, layers: layers(&["relu4_2"])? },
            style: Term { weight: 1.0, layers: layers(&["relu1_1", "relu2_1", "relu3_1", "relu4_1"])? },
            variation: 0.2,
        })
    }

    /// The last layer that is read.
    ///
    /// # Errors
    /// [`Error::Style`] when no term has a layer, or a weight is not a number from 0 up.
    pub fn last(&self) -> Result<Layer> {
        let terms = [&self.content, &self.style];
        let layers = || terms.iter().flat_map(|term| &term.layers);
        let weights = layers().map(|l| l.1).chain(terms.map(|t| t.weight)).chain([self.variation]);
        if let Some(weight) = weights.into_iter().find(|w| !w.is_finite() || *w < 0.0) {
            return Err(Error::Style(format!("{weight} is no weight: weights are numbers from 0 up.")));
        }
        if let Some(term) = terms.iter().find(|t| t.layers.is_empty() || t.layers.iter().all(|l| l.1 == 0.0)) {
            let which = if std::ptr::eq(*term, &self.content) { "content" } else { "style" };
            return Err(Error::Style(format!("The {which} loss needs a layer with a weight above 0.")));
        }
        layers().map(|l| l.0).max().ok_or_else(|| Error::Style("No loss reads any layer.".to_string()))
    }
}

/// The losses of one picture, content and style before their weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    pub total: f32,
    pub content: f32,
    pub style: f32,
    pub variation: f32,
}

/// What one photo and one mix of paintings ask for at one size.
pub struct Objective {
    terms: Terms,
    wanted: BTreeSet<Layer>,
    /// The photo's features, and one over the mean of their squares.
    content: BTreeMap<Layer, (Tensor<4>, Tensor<1>)>,
    /// The paintings' Gram matrices, mixed, and one over the sum of their squares.
    style: BTreeMap<Layer, (Tensor<2>, Tensor<1>)>,
}

impl Objective {
    /// Reads what `photo` and `paintings`, `[1][3][height][width]` each, ask for. The paintings' Gram matrices are mixed by
    /// weight, which must not all be 0: the mixture has the same gradient as so many style losses would have.
    pub fn new(features: &Features, terms: &Terms, photo: Tensor<4>, paintings: &[(Tensor<4>, f32)]) -> Self {
        let names = |term: &Term| term.layers.iter().map(|l| l.0).collect::<BTreeSet<_>>();
        let inverse = |norm: Tensor<1>| norm.clamp_min(SMALLEST).recip();
        let content = features.of(photo, &names(&terms.content)).into_iter().map(|(layer, f)| {
            let norm = (f.clone() * f.clone()).mean();
            (layer, (f, inverse(norm)))
        });
        let total: f32 = paintings.iter().map(|p| p.1).sum();
        let mut grams: BTreeMap<Layer, Tensor<2>> = BTreeMap::new();
        for (painting, weight) in paintings {
            for (layer, f) in features.of(painting.clone(), &names(&terms.style)) {
                let part = gram_matrix(f) * (weight / total);
                let sum = match grams.remove(&layer) {
                    Some(sum) => sum + part,
                    None => part,
                };
                grams.insert(layer, sum);
            }
        }
        let style = grams.into_iter().map(|(layer, s)| {
            let norm = (s.clone() * s.clone()).sum();
            (layer, (s, inverse(norm)))
        });
        let wanted = &names(&terms.content) | &names(&terms.style);
        Self { terms: terms.clone(), wanted, content: content.collect(), style: style.collect() }
    }

    /// The losses of `picture`, `[1][3][height][width]` of the photo's size: total, content, style, variation, one number
    /// each. Only the first is to be differentiated.
    pub fn losses(&self, features: &Features, picture: Tensor<4>) -> [Tensor<1>; 4] {
        let found = features.of(picture.clone(), &self.wanted);
        let content = mean(&self.terms.content, |layer| {
            let (aim, inverse) = &self.content[layer];
            let off = found[layer].clone() - aim.clone();
            (off.clone() * off).mean() * inverse.clone()
        });
        let style = mean(&self.terms.style, |layer| {
            let (aim, inverse) = &self.style[layer];
            let off = gram_matrix(found[layer].clone()) - aim.clone();
            (off.clone() * off).sum() * inverse.clone()
        });
        let variation = total_variation(picture);
        let total = content.clone() * self.terms.content.weight
            + style.clone() * self.terms.style.weight
            + variation.clone() * self.terms.variation;
        [total, content, style, variation]
    }
}

impl Parts {
    /// Reads what [`Objective::losses`] made.
    ///
    /// # Errors
    /// As [`read`]; [`Error::Gpu`] when a loss is not finite.
    pub async fn read(losses: [Tensor<1>; 4]) -> Result<Self> {
        let values = read(Tensor::cat(losses.map(Tensor::inner).to_vec(), 0)).await?;
        match values[..] {
            [total, content, style, variation] if total.is_finite() => Ok(Self { total, content, style, variation }),
            _ => Err(Error::Gpu(format!("the losses are {values:?}"))),
        }
    }
}

/// The mean of `loss` over the layers of `term`, by their weights.
fn mean(term: &Term, loss: impl Fn(&Layer) -> Tensor<1>) -> Tensor<1> {
    let total: f32 = term.layers.iter().map(|l| l.1).sum();
    let weighted: Vec<_> = term.layers.iter().map(|(layer, weight)| loss(layer) * (weight / total)).collect();
    Tensor::cat(weighted, 0).sum()
}

/// The Gram matrix of features `[1][channels][height][width]`: the products of every two channels, summed over all pixels, as
/// a part of the number of features.
pub fn gram_matrix(features: Tensor<4>) -> Tensor<2> {
    let [_, channels, height, width] = features.dims();
    let f: Tensor<2> = features.reshape([channels, height * width]);
    f.clone().matmul(f.transpose()) / (channels * height * width) as f32
}

/// The mean squared difference of neighbours, down and to the right, of a picture with two rows and columns or more.
pub fn total_variation(picture: Tensor<4>) -> Tensor<1> {
    let [n, channels, height, width] = picture.dims();
    let part = |y: std::ops::Range<usize>, x: std::ops::Range<usize>| picture.clone().slice([0..n, 0..channels, y, x]);
    let down = part(1..height, 0..width) - part(0..height - 1, 0..width);
    let right = part(0..height, 1..width) - part(0..height, 0..width - 1);
    (down.clone() * down).mean() + (right.clone() * right).mean()
}
