//! Perceptual losses of a batch (Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer"),
//! relative to the size of their targets as in [`crate::train::losses`].

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Tensor;

use super::color::ColorStatistics;
use super::transport::TransportTarget;
use crate::net::models::vgg::Layer;
use crate::settings::{Term, TrainLoss, TrainStyleLoss};
use crate::train::losses::total_variation;
use crate::train::{FeatureMap, Features};

/// Lower bound of divisors, to avoid dividing by zero for targets that are all zero.
const SMALLEST: f32 = 1e-12;

/// The training targets of the paintings and photos.
pub struct Targets {
    /// Averaged Gram matrices of the paintings, `[1][channels][channels]`, and the reciprocal of the sum of their
    /// squares.
    style: BTreeMap<Layer, (Tensor<3>, Tensor<1>)>,
    /// Features of the paintings, where the style loss is the transport loss.
    transport: BTreeMap<Layer, TransportTarget>,
    /// Averaged color statistics of the paintings.
    color: Option<ColorStatistics>,
    /// Reciprocal of the mean square of the photos' features.
    content: BTreeMap<Layer, Tensor<1>>,
    loss_weights: TrainLoss,
}

impl Targets {
    /// Computes the targets of `paintings`, `[1][3][height][width]` each, averaged by weights that must not all be 0,
    /// and of sample `photos`, `[n][3][height][width]` each, all of one size.
    pub fn new(
        features: &Features,
        loss_weights: &TrainLoss,
        paintings: &[(Tensor<4>, f32)],
        photos: &[Tensor<4>],
    ) -> Self {
        let total: f32 = paintings.iter().map(|p| p.1).sum();
        let mut grams: BTreeMap<Layer, Tensor<3>> = BTreeMap::new();
        let mut maps: BTreeMap<Layer, Vec<(FeatureMap, f32)>> = BTreeMap::new();
        let mut color: Option<ColorStatistics> = None;
        for (painting, weight) in paintings {
            let part = ColorStatistics::of(painting.clone()).times(weight / total);
            color = Some(match color {
                Some(sum) => sum.plus(part),
                None => part,
            });
            for (layer, found) in features.of(painting.clone(), &names(&loss_weights.style)) {
                if loss_weights.style_loss == TrainStyleLoss::Transport {
                    maps.entry(layer).or_default().push((found, *weight));
                    continue;
                }
                let part = gram_matrices(&found) * (weight / total);
                let sum = match grams.remove(&layer) {
                    Some(sum) => sum + part,
                    None => part,
                };
                grams.insert(layer, sum);
            }
        }
        let transport = maps.iter().map(|(layer, maps)| (*layer, TransportTarget::new(maps, 0))).collect();
        let style = grams.into_iter().map(|(layer, target)| {
            let size = (target.clone() * target.clone()).sum();
            (layer, (target, size.clamp_min(SMALLEST).recip()))
        });
        let mut content: BTreeMap<Layer, Tensor<1>> = BTreeMap::new();
        for photo in photos {
            for (layer, found) in features.of(photo.clone(), &names(&loss_weights.content)) {
                let values = found.values();
                let part = (values.clone() * values).mean() / photos.len() as f32;
                let sum = content.remove(&layer).map_or_else(|| part.clone(), |sum| sum + part.clone());
                content.insert(layer, sum);
            }
        }
        let content = content.into_iter().map(|(layer, size)| (layer, size.clamp_min(SMALLEST).recip()));
        let (style, content, loss_weights) = (style.collect(), content.collect(), loss_weights.clone());
        Self { style, transport, color, content, loss_weights }
    }

    /// Returns the losses of `painted`, the stylized `photos`, `[n][3][height][width]` both: weighted sum, content,
    /// style, color, variation. The transport loss samples positions by `seed`.
    pub fn losses(&self, features: &Features, painted: Tensor<4>, photos: Tensor<4>, seed: u64) -> [Tensor<1>; 5] {
        let TrainLoss { content, style, color, variation, .. } = &self.loss_weights;
        let targets = features.of(photos, &names(content));
        let found = features.of(painted.clone(), &(&names(content) | &names(style)));
        let content_loss = mean(content, |layer| {
            let off = found[layer].values() - targets[layer].values();
            (off.clone() * off).mean() * self.content[layer].clone()
        });
        let style_loss = mean(style, |layer| self.style_loss(layer, &found[layer], seed));
        let color_loss = match &self.color {
            Some(target) if *color > 0.0 => ColorStatistics::of(painted.clone()).distance(target),
            _ => style_loss.zeros_like(),
        };
        let variation_loss = total_variation(painted);
        let total = content_loss.clone() * content.weight
            + style_loss.clone() * style.weight
            + color_loss.clone() * *color
            + variation_loss.clone() * *variation;
        [total, content_loss, style_loss, color_loss, variation_loss]
    }

    /// Returns the style loss alone.
    pub fn style(&self, features: &Features, painted: Tensor<4>) -> Tensor<1> {
        let found = features.of(painted, &names(&self.loss_weights.style));
        mean(&self.loss_weights.style, |layer| self.style_loss(layer, &found[layer], 0))
    }

    fn style_loss(&self, layer: &Layer, features: &FeatureMap, seed: u64) -> Tensor<1> {
        if let Some(target) = self.transport.get(layer) {
            return target.loss(features, seed);
        }
        let (target, inverse) = &self.style[layer];
        let (pictures, _, _) = features.size();
        let off = gram_matrices(features) - target.clone();
        (off.clone() * off).sum() * inverse.clone() / pictures as f32
    }
}

fn names(term: &Term) -> BTreeSet<Layer> {
    term.layers.iter().map(|layer| layer.0).collect()
}

/// Returns the mean of `loss` over the layers of `term`, weighted by layer.
fn mean(term: &Term, loss: impl Fn(&Layer) -> Tensor<1>) -> Tensor<1> {
    let total: f32 = term.layers.iter().map(|layer| layer.1).sum();
    let weighted: Vec<_> = term.layers.iter().map(|(layer, weight)| loss(layer) * (weight / total)).collect();
    Tensor::cat(weighted, 0).sum()
}

/// Returns the Gram matrix of each picture of a batch, `[n][channels][channels]`, normalized as in
/// [`crate::train::losses`].
fn gram_matrices(features: &FeatureMap) -> Tensor<3> {
    let (_, channels, pixels) = features.size();
    features.products() / (channels * pixels) as f32
}
