//! The loss function of `impasto paint`, as arguments.

use clap::{Args, ValueEnum};
use impasto::error::{Error, Result};
use impasto::net::Pooling;
use impasto::net::models::vgg::{Layer, Vgg};
use impasto::train::{StyleLoss, Term, Terms};

/// Layers, weights and statistics of the losses.
#[derive(Debug, Args)]
pub struct LossArguments {
    /// Layers of the content loss with optional weights, such as `relu3_1:0.5,relu4_2`; default `relu4_2`
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    content_layers: Option<String>,
    /// Layers of the style loss with optional weights; default `relu1_1,relu2_1,relu3_1,relu4_1`
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    style_layers: Option<String>,
    /// Statistics of the style loss: `gram`, the Gram matrix; `covariance`, mean and covariance of the features
    #[arg(long, value_enum, default_value_t = StyleLossChoice::Gram)]
    style_loss: StyleLossChoice,
    /// Content weight; default 0.02; more keeps more of the photo
    #[arg(long)]
    content_weight: Option<f32>,
    /// Style weight; default 1
    #[arg(long)]
    style_weight: Option<f32>,
    /// Total variation weight; default 0.2
    #[arg(long)]
    variation_weight: Option<f32>,
    /// Pooling of the VGG network: `average` gives smoother results than `max`, which the network was trained with
    #[arg(long, value_enum, default_value_t = PoolingChoice::Average)]
    pooling: PoolingChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StyleLossChoice {
    Gram,
    Covariance,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolingChoice {
    Average,
    Max,
}

impl LossArguments {
    /// Returns whether any of the arguments differs from its default.
    pub fn any(&self) -> bool {
        self.content_layers.is_some()
            || self.style_layers.is_some()
            || self.content_weight.is_some()
            || self.style_weight.is_some()
            || self.variation_weight.is_some()
            || !matches!(self.style_loss, StyleLossChoice::Gram)
            || !matches!(self.pooling, PoolingChoice::Average)
    }

    /// Returns the default loss terms, changed by the arguments; with `wasserstein`, the style loss is that distance.
    ///
    /// # Errors
    /// [`Error::Style`] for layers that `vgg` lacks and for invalid weights.
    pub fn terms(&self, vgg: &Vgg, wasserstein: bool) -> Result<Terms> {
        if wasserstein && !matches!(self.style_loss, StyleLossChoice::Gram) {
            let problem = "--style-loss has no effect with `--method wasserstein`: leave it out.";
            return Err(Error::Style(problem.to_string()));
        }
        let defaults = Terms::of(vgg)?;
        let term = |defaults: Term, names: &Option<String>, weight: Option<f32>| {
            let layers = names.as_deref().map_or(Ok(defaults.layers), |names| layers(vgg, names))?;
            Ok::<_, Error>(Term { weight: weight.unwrap_or(defaults.weight), layers })
        };
        Ok(Terms {
            content: term(defaults.content, &self.content_layers, self.content_weight)?,
            style: term(defaults.style, &self.style_layers, self.style_weight)?,
            style_loss: match self.style_loss {
                _ if wasserstein => StyleLoss::Wasserstein,
                StyleLossChoice::Gram => StyleLoss::Gram,
                StyleLossChoice::Covariance => StyleLoss::Covariance,
            },
            variation: self.variation_weight.unwrap_or(defaults.variation),
        })
    }

    pub fn pooling(&self) -> Pooling {
        match self.pooling {
            PoolingChoice::Average => Pooling::Average,
            PoolingChoice::Max => Pooling::Max,
        }
    }
}

/// Parses layers, `LAYER` or `LAYER:WEIGHT`, separated by commas.
pub fn layers(vgg: &Vgg, text: &str) -> Result<Vec<(Layer, f32)>> {
    let layer = |part: &str| {
        let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
        let number = weight.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
        let number = number.ok_or_else(|| {
            Error::Style(format!("`{weight}` is not a weight for the layer {name}: write a number of at least 0."))
        })?;
        Ok((vgg.layer(name)?, number))
    };
    text.split(',').map(layer).collect()
}

#[cfg(test)]
mod tests {
    use impasto::net::models::vgg::{VGG16, VGG19};

    use super::layers;

    #[test]
    fn layers_have_weights_behind_colons() {
        let found = layers(&VGG16, "relu1_1, relu4_2:0.5").unwrap();
        let found: Vec<_> = found.into_iter().map(|(layer, weight)| (layer.name(), weight)).collect();
        assert_eq!(found, [("relu1_1".to_string(), 1.0), ("relu4_2".to_string(), 0.5)]);
        for wrong in ["", "relu9_9", "relu1_1:x", "relu1_1:-1", "relu1_1,", "relu3_4"] {
            assert!(layers(&VGG16, wrong).is_err(), "{wrong}");
        }
        assert!(layers(&VGG19, "relu3_4").is_ok());
    }
}
