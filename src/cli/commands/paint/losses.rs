//! What the picture of `impasto paint` is optimized for, as arguments.

use clap::{Args, ValueEnum};
use impasto::error::{Error, Result};
use impasto::net::Pooling;
use impasto::net::models::vgg::{Layer, Vgg};
use impasto::train::{StyleLoss, Term, Terms};

/// Layers, weights and statistics.
#[derive(Debug, Args)]
pub struct LossArguments {
    /// Layers whose features are the content, such as `relu4_2` or `relu3_1:0.5,relu4_2`.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    content_layers: Option<String>,
    /// Layers whose statistics are the style.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    style_layers: Option<String>,
    /// Statistics that are compared: `gram`, products of features; or `covariance`, their means and how they vary together.
    #[arg(long, value_enum, default_value_t = StyleLossChoice::Gram)]
    style_loss: StyleLossChoice,
    /// Weight of the content: more keeps more of the photo.
    #[arg(long)]
    content_weight: Option<f32>,
    /// Weight of the style.
    #[arg(long)]
    style_weight: Option<f32>,
    /// Weight of smoothness.
    #[arg(long)]
    variation_weight: Option<f32>,
    /// How the network shrinks what it sees: `average` paints smoother than `max`, which it was trained with.
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
    /// The usual terms, with what was said changed.
    ///
    /// # Errors
    /// [`Error::Style`] for layers that `vgg` lacks and for weights that are none.
    pub fn terms(&self, vgg: &Vgg) -> Result<Terms> {
        let defaults = Terms::of(vgg)?;
        let term = |defaults: Term, names: &Option<String>, weight: Option<f32>| {
            let layers = names.as_deref().map_or(Ok(defaults.layers), |names| layers(vgg, names))?;
            Ok::<_, Error>(Term { weight: weight.unwrap_or(defaults.weight), layers })
        };
        Ok(Terms {
            content: term(defaults.content, &self.content_layers, self.content_weight)?,
            style: term(defaults.style, &self.style_layers, self.style_weight)?,
            style_loss: match self.style_loss {
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

/// `LAYER` or `LAYER:WEIGHT`, with commas between.
pub fn layers(vgg: &Vgg, text: &str) -> Result<Vec<(Layer, f32)>> {
    let layer = |part: &str| {
        let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
        let number = weight.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
        let number = number.ok_or_else(|| {
            Error::Style(format!("`{weight}` is no weight for the layer {name}: write a number from 0 up."))
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
