//! Changes of the default settings of style training: those of the page, in JSON, and those of the command line.

use serde::{Deserialize, Serialize};

use super::losses::TrainStyleLoss;
use super::memory::{Convolutions, Limits, MemoryEstimate};
use super::optimizer::Optimizer;
use super::train_settings::TrainSettings;
use crate::error::{Error, Result};
use crate::net::models::vgg::{Layer, VGG16};
use crate::net::models::{arbitrary, transfer26};
use crate::net::{Network, Pooling};
use crate::style::{Style, StyleSet};

/// Number of tensors of the size of an activation that autodiff keeps for each convolution of a transfer network: its
/// input, its output, and intermediate results of the normalization that follows.
const KEPT: u64 = 8;

/// Changes of the settings of a training run. Missing fields keep their default values.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Number of steps, 1 to 100,000; see [`TrainSettings::steps`].
    pub steps: Option<usize>,
    /// Side of the crops in pixels, 1 to 1024; see [`TrainSettings::crop`].
    pub crop: Option<usize>,
    /// Number of crops per step, 1 to 32; see [`TrainSettings::batch`].
    pub batch: Option<usize>,
    /// Longer side of the paintings in pixels, 1 to 2048; see [`TrainSettings::painting`].
    pub painting: Option<usize>,
    /// Weight of the content loss.
    pub content_weight: Option<f32>,
    /// Weight of the style loss.
    pub style_weight: Option<f32>,
    /// Weight of the color loss.
    pub palette_weight: Option<f32>,
    /// Weight of the total variation.
    pub variation_weight: Option<f32>,
    /// Weight of the stability loss.
    pub stability_weight: Option<f32>,
    /// Largest amplitude of the noise of the stability loss, as a part of white.
    pub noise: Option<f32>,
    /// Initial learning rate; see [`TrainSettings::rate`].
    pub rate: Option<f32>,
    /// Seed of crops and noise.
    pub seed: Option<u64>,
    /// The initial style, as [`Init::of`] parses it.
    pub start: Option<String>,
    /// Whether all weights of the network are trained, for a network of its own, and not only scales and shifts.
    pub all_weights: bool,
    /// Layers of VGG16 with their weights in the losses. The page does not offer them.
    #[serde(skip)]
    pub content_layers: Option<Vec<(Layer, f32)>>,
    /// Layers of the style loss, likewise.
    #[serde(skip)]
    pub style_layers: Option<Vec<(Layer, f32)>>,
    /// What the style loss compares, likewise.
    #[serde(skip)]
    pub style_loss: TrainStyleLoss,
}

/// The initial style of a training run.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// A given style or blend.
    Style(Style),
    /// The nearest of these styles, as `train_style::nearest` selects it.
    Nearest(Vec<Style>),
}

/// Costs of a training run, computed before anything is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainEstimate {
    /// Approximate memory in bytes.
    pub peak: u64,
    /// Multiply-adds of all steps, forward and backward pass.
    pub multiply_adds: u64,
}

impl TrainConfig {
    /// Parses `json`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid JSON, unknown fields, and numbers out of range.
    pub fn parse(json: &str) -> Result<Self> {
        let config: Self = serde_json::from_str(json)
            .map_err(|e| Error::Style(format!("These settings are invalid ({e}): choose other settings.")))?;
        for (what, number, most) in [
            ("number of steps", config.steps, 100_000),
            ("size of crops", config.crop, 1024),
            ("number of crops a step", config.batch, 32),
            ("size of paintings", config.painting, 2048),
        ] {
            if let Some(number) = number.filter(|number| *number == 0 || *number > most) {
                return Err(Error::Style(format!(
                    "{number} is out of range for the {what}: choose a number from 1 to {most}."
                )));
            }
        }
        Ok(config)
    }

    /// Returns the settings, based on [`TrainSettings::defaults`].
    ///
    /// # Errors
    /// As [`TrainSettings::defaults`].
    pub fn settings(&self) -> Result<TrainSettings> {
        Ok(self.over(TrainSettings::defaults()?))
    }

    /// Returns `defaults` with these changes.
    pub fn over(&self, defaults: TrainSettings) -> TrainSettings {
        let defaults = defaults.with_style_loss(self.style_loss);
        let mut loss_weights = defaults.loss_weights;
        for (term, layers) in
            [(&mut loss_weights.content, &self.content_layers), (&mut loss_weights.style, &self.style_layers)]
        {
            if let Some(layers) = layers {
                term.layers.clone_from(layers);
            }
        }
        for (number, choice) in [
            (&mut loss_weights.content.weight, self.content_weight),
            (&mut loss_weights.style.weight, self.style_weight),
            (&mut loss_weights.color, self.palette_weight),
            (&mut loss_weights.variation, self.variation_weight),
            (&mut loss_weights.stability, self.stability_weight),
            (&mut loss_weights.noise, self.noise),
        ] {
            *number = choice.unwrap_or(*number);
        }
        TrainSettings {
            loss_weights,
            steps: self.steps.unwrap_or(defaults.steps),
            rate: self.rate.unwrap_or(defaults.rate),
            crop: self.crop.unwrap_or(defaults.crop),
            batch: self.batch.unwrap_or(defaults.batch),
            painting: self.painting.unwrap_or(defaults.painting),
            seed: self.seed.unwrap_or(defaults.seed),
        }
    }

    /// Returns the settings for a style that is near its painting already, based on [`TrainSettings::fine_tune`].
    ///
    /// # Errors
    /// As [`Self::settings`].
    pub fn fine_tune_settings(&self) -> Result<TrainSettings> {
        Ok(self.over(TrainSettings::fine_tune()?))
    }

    /// Returns the initial style, selected from the `styles` of the network.
    ///
    /// # Errors
    /// As [`Init::of`].
    pub fn init(&self, styles: &StyleSet) -> Result<Init> {
        Init::of(self.start.as_deref().unwrap_or("mean"), styles)
    }

    /// Returns the costs of training `network`.
    ///
    /// # Errors
    /// As [`Self::settings`]; [`Error::TooLarge`] when the run exceeds `limits`, [`Error::Picture`] for crop sizes that
    /// the network does not accept.
    pub fn plan(&self, network: &Network, convolutions: Convolutions, limits: Limits) -> Result<TrainEstimate> {
        let settings = self.settings()?;
        let TrainSettings { crop, batch, steps, painting, .. } = settings;
        let last = settings.last()?;
        let layers: Vec<Layer> = settings.loss_weights.style.layers.iter().map(|l| l.0).collect();
        // A batch of crops costs as much as one picture of `batch` times the height.
        let vgg = MemoryEstimate {
            vgg: VGG16,
            last,
            style: layers,
            style_scale: painting as f32 / (crop * batch) as f32,
            optimizer: Optimizer::Adam,
            convolutions,
        };
        vgg.check(crop, crop * batch, limits)?;
        let shapes = network.shapes(crop, crop)?;
        let painted: u64 = network
            .layers
            .iter()
            .filter(|layer| matches!(layer.operation, crate::net::Operation::Convolution(_)))
            .map(|layer| KEPT * shapes[layer.output].len() as u64)
            .sum();
        // The stability loss stylizes the crops a second time, with noise.
        let runs = if settings.loss_weights.stability > 0.0 { 2 } else { 1 };
        let peak = vgg.peak(crop, crop * batch) + runs * painted * batch as u64 * size_of::<f32>() as u64;
        let of_vgg = VGG16.network(Pooling::Max, last).multiply_adds(crop, crop)?;
        // Features of the photos take one forward pass; those of the stylized crops take a forward and a backward pass. The
        // gradient of the weights takes as much as a pass.
        let passes = if self.all_weights { 3 } else { 2 };
        let step = (3 * of_vgg + passes * runs * network.multiply_adds(crop, crop)?) * batch as u64;
        Ok(TrainEstimate { peak, multiply_adds: step * steps as u64 })
    }
}

/// Returns the network of this name, if its styles can be trained.
///
/// # Errors
/// [`Error::Style`] for other names.
pub fn trainable(network: &str) -> Result<Network> {
    match network {
        transfer26::NAME => Ok(transfer26::network()),
        arbitrary::NAME => Ok(arbitrary::network()),
        _ => Err(Error::Style(format!("Styles of the network {network} cannot be trained: choose another network."))),
    }
}

impl Init {
    /// Parses the initial style: `mean` of the `styles`, the `nearest` of them, a style by name, or a blend in the
    /// syntax of [`StyleSet::parse`].
    ///
    /// # Errors
    /// [`Error::Style`] for any other text.
    pub fn of(text: &str, styles: &StyleSet) -> Result<Self> {
        let all: Vec<Style> = (0..styles.len()).filter_map(|i| styles.get(i)).cloned().collect();
        Ok(match text {
            "nearest" => Self::Nearest(all),
            "mean" => {
                let part = 1.0 / all.len().max(1) as f32;
                Self::Style(Style::blend(&all.iter().map(|style| (style, part)).collect::<Vec<_>>())?)
            }
            name => Self::Style(styles.mix(&styles.parse(name)?)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Limits = Limits { total: 4_000_000_000, buffer: 1 << 30 };

    #[test]
    fn empty_settings_are_the_defaults_and_given_ones_override_them() {
        assert_eq!(TrainConfig::parse("{}").unwrap().settings().unwrap(), TrainSettings::defaults().unwrap());
        let text = r#"{ "steps": 9, "crop": 64, "batch": 1, "painting": 400, "contentWeight": 2, "stabilityWeight": 0.5, "seed": 7 }"#;
        let settings = TrainConfig::parse(text).unwrap().settings().unwrap();
        assert_eq!((settings.steps, settings.crop, settings.batch, settings.painting), (9, 64, 1, 400));
        assert_eq!(
            (settings.loss_weights.content.weight, settings.loss_weights.stability, settings.seed),
            (2.0, 0.5, 7)
        );
        assert_eq!(
            TrainConfig::parse("{}").unwrap().fine_tune_settings().unwrap(),
            TrainSettings::fine_tune().unwrap()
        );
        assert_eq!(TrainConfig::parse(r#"{ "rate": 0.2 }"#).unwrap().fine_tune_settings().unwrap().rate, 0.2);
    }

    #[test]
    fn a_plan_grows_with_the_crops_and_refuses_what_does_not_fit() {
        let net = transfer26::network();
        let plan = |text: &str, limits| TrainConfig::parse(text).unwrap().plan(&net, Convolutions::Ours, limits);
        let defaults = plan("{}", ROOMY).unwrap();
        let double = plan(r#"{ "batch": 2 }"#, ROOMY).unwrap();
        assert!((200_000_000..800_000_000).contains(&defaults.peak), "{defaults:?}");
        assert!(double.peak > defaults.peak && double.multiply_adds == 2 * defaults.multiply_adds);
        let small = Limits { total: 100_000_000, ..ROOMY };
        assert!(matches!(plan("{}", small), Err(Error::TooLarge { .. })));
        assert!(plan(r#"{ "crop": 225 }"#, ROOMY).is_err());
    }

    #[test]
    fn a_plan_is_that_of_the_network_that_is_trained() {
        let nets = [transfer26::NAME, arbitrary::NAME].map(|name| trainable(name).unwrap());
        let plans = nets.each_ref().map(|net| TrainConfig::default().plan(net, Convolutions::Ours, ROOMY).unwrap());
        let TrainSettings { steps, crop, batch, .. } = TrainSettings::defaults().unwrap();
        let [first, second] = nets.map(|net| net.multiply_adds(crop, crop).unwrap());
        assert_ne!(plans[0].peak, plans[1].peak);
        // Forward and backward; VGG's part is the same.
        assert_eq!(plans[0].multiply_adds - plans[1].multiply_adds, 2 * (first - second) * (steps * batch) as u64);
        assert!(trainable("own-0").unwrap_err().to_string().contains("own-0"));
    }

    #[test]
    fn the_stability_loss_stylizes_the_crops_twice_and_all_weights_take_a_third_pass() {
        let net = transfer26::network();
        let plan = |text: &str| TrainConfig::parse(text).unwrap().plan(&net, Convolutions::Ours, ROOMY).unwrap();
        let (without, with) = (plan("{}"), plan(r#"{ "stabilityWeight": 1 }"#));
        let TrainSettings { steps, crop, batch, .. } = TrainSettings::defaults().unwrap();
        let run = net.multiply_adds(crop, crop).unwrap() * (steps * batch) as u64;
        assert_eq!(with.multiply_adds - without.multiply_adds, 2 * run);
        assert!(with.peak > without.peak);
        // The gradient of the weights takes a third pass.
        assert_eq!(plan(r#"{ "allWeights": true }"#).multiply_adds - without.multiply_adds, run);
    }

    #[test]
    fn invalid_settings_are_refused_in_a_sentence() {
        for (text, what) in [
            ("[", "are invalid"),
            (r#"{ "size": 3 }"#, "unknown field `size`"),
            (r#"{ "steps": 0 }"#, "0 is out of range for the number of steps"),
            (r#"{ "crop": 4096 }"#, "from 1 to 1024"),
        ] {
            let refused = TrainConfig::parse(text).unwrap_err().to_string();
            assert!(refused.contains(what), "{refused}");
        }
    }
}
