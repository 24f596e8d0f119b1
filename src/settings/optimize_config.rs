//! Settings of image optimization as JSON, the format of the page and of its checkpoints.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::losses::{StyleLoss, Term, Terms};
use super::neighbours::NeighbourSettings;
use super::optimize_plan::MethodSettings;
use super::optimize_settings::Settings;
use super::optimizer::Optimizer;
use super::schedule::coarse_to_fine;
use crate::error::{Error, Result};
use crate::net::Pooling;
use crate::net::models::vgg::{VGG16, VGG19, Vgg};

/// Momentum of gradient descent, and history length of L-BFGS in steps, each of which takes the memory of two pictures.
const MOMENTUM: f32 = 0.9;
const HISTORY: usize = 20;
/// Defaults of the method `gram`: the smallest size in pixels, and the number of steps at it.
const SMALLEST: usize = 128;
const STEPS: usize = 300;

/// Settings of a run in JSON. Missing fields have their default values; fields that the method does not use are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OptimizeConfig {
    /// The jobs of earlier versions have no method: theirs was `gram`.
    method: Method,
    /// Final size, in pixels on the photo's longer side.
    size: usize,
    /// Number of steps: with `gram` at the smallest size, with half as many at each larger size; with `neighbours` at each size.
    steps: Option<usize>,
    /// As [`Settings::style_scale`].
    style_scale: f32,
    keep_colors: bool,
    /// As [`NeighbourSettings::strength`].
    strength: Option<f32>,
    /// As [`NeighbourSettings::match_colors`]; by default, unless the photo's colours are kept.
    match_colors: Option<bool>,
    /// First size, likewise.
    smallest: Option<usize>,
    network: Option<VggChoice>,
    pooling: Option<PoolingChoice>,
    content: Option<TermChange>,
    style: Option<TermChange>,
    style_loss: Option<StyleLossChoice>,
    /// Weight of the total variation.
    variation: Option<f32>,
    optimizer: Option<OptimizerChoice>,
    /// Learning rate, as [`Settings::rate`]. Defaults to the optimizer's own.
    rate: Option<f32>,
}

/// How the pixels are optimized.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    Gram,
    Neighbours,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VggChoice {
    Vgg16,
    Vgg19,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PoolingChoice {
    Average,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StyleLossChoice {
    Gram,
    Covariance,
    Wasserstein,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OptimizerChoice {
    Adam,
    Sgd,
    Lbfgs,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TermChange {
    weight: Option<f32>,
    layers: Option<BTreeMap<String, f32>>,
}

impl Default for OptimizeConfig {
    fn default() -> Self {
        Self {
            method: Method::Gram,
            size: 512,
            steps: None,
            style_scale: 1.0,
            keep_colors: false,
            strength: None,
            match_colors: None,
            smallest: None,
            network: None,
            pooling: None,
            content: None,
            style: None,
            style_loss: None,
            variation: None,
            optimizer: None,
            rate: None,
        }
    }
}

impl OptimizeConfig {
    /// Parses `json`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid JSON, unknown fields, fields without effect on the method, and sizes or step counts out of
    /// range.
    pub fn parse(json: &str) -> Result<Self> {
        let config: Self = serde_json::from_str(json)
            .map_err(|e| Error::Style(format!("These settings are invalid ({e}): choose other settings.")))?;
        let limits = [
            ("size", Some(config.size), 8192),
            ("smallest size", config.smallest, 8192),
            ("steps", config.steps, 100_000),
        ];
        for (what, number, most) in limits {
            let Some(number) = number else { continue };
            if number == 0 || number > most {
                return Err(Error::Style(format!(
                    "{number} is out of range for the {what}: choose a number from 1 to {most}."
                )));
            }
        }
        match config.without_effect() {
            None => Ok(config),
            Some(field) => Err(Error::Style(format!(
                "`{field}` has no effect with this method: leave it out, or choose the other method."
            ))),
        }
    }

    /// Returns the name of a field that is given and that the method does not use.
    fn without_effect(&self) -> Option<&'static str> {
        let given: &[_] = match self.method {
            Method::Gram => &[("strength", self.strength.is_some()), ("matchColors", self.match_colors.is_some())],
            Method::Neighbours => &[
                ("smallest", self.smallest.is_some()),
                ("network", self.network.is_some()),
                ("pooling", self.pooling.is_some()),
                ("content", self.content.is_some()),
                ("style", self.style.is_some()),
                ("styleLoss", self.style_loss.is_some()),
                ("variation", self.variation.is_some()),
                ("optimizer", self.optimizer.is_some()),
                ("rate", self.rate.is_some()),
            ],
        };
        given.iter().find(|(_, given)| *given).map(|(field, _)| *field)
    }

    /// Returns the settings of the run.
    ///
    /// # Errors
    /// [`Error::Style`] for layers that the network does not have, and as [`NeighbourSettings::check`].
    pub fn settings(&self) -> Result<MethodSettings> {
        Ok(match self.method {
            Method::Gram => MethodSettings::Gram(self.gram()?),
            Method::Neighbours => MethodSettings::Neighbours(self.neighbours()?),
        })
    }

    fn neighbours(&self) -> Result<NeighbourSettings> {
        let defaults = NeighbourSettings::default();
        let settings = NeighbourSettings {
            size: self.size,
            steps: self.steps.unwrap_or(defaults.steps),
            strength: self.strength.unwrap_or(defaults.strength),
            style_scale: self.style_scale,
            keep_colors: self.keep_colors,
            match_colors: self.match_colors.unwrap_or(!self.keep_colors),
        };
        settings.check()?;
        Ok(settings)
    }

    fn gram(&self) -> Result<Settings> {
        let vgg = match self.network {
            None | Some(VggChoice::Vgg16) => VGG16,
            Some(VggChoice::Vgg19) => VGG19,
        };
        let optimizer = match self.optimizer {
            None | Some(OptimizerChoice::Adam) => Optimizer::Adam,
            Some(OptimizerChoice::Sgd) => Optimizer::Sgd { momentum: MOMENTUM },
            Some(OptimizerChoice::Lbfgs) => Optimizer::Lbfgs { history: HISTORY },
        };
        let terms = self.terms(&vgg)?;
        terms.last()?;
        Ok(Settings {
            vgg,
            pooling: match self.pooling {
                None | Some(PoolingChoice::Average) => Pooling::Average,
                Some(PoolingChoice::Max) => Pooling::Max,
            },
            terms,
            scales: coarse_to_fine(self.smallest.unwrap_or(SMALLEST), self.size, self.steps.unwrap_or(STEPS)),
            optimizer,
            rate: self.rate.unwrap_or(optimizer.rate()),
            style_scale: self.style_scale,
            keep_colors: self.keep_colors,
        })
    }

    fn terms(&self, vgg: &Vgg) -> Result<Terms> {
        let defaults = Terms::of(vgg)?;
        let changed = |defaults: Term, change: Option<&TermChange>| {
            let Some(change) = change else { return Ok(defaults) };
            let layers = match &change.layers {
                Some(layers) => layers.iter().map(|(n, w)| Ok((vgg.layer(n)?, *w))).collect::<Result<_>>()?,
                None => defaults.layers,
            };
            Ok::<_, Error>(Term { weight: change.weight.unwrap_or(defaults.weight), layers })
        };
        Ok(Terms {
            content: changed(defaults.content, self.content.as_ref())?,
            style: changed(defaults.style, self.style.as_ref())?,
            style_loss: match self.style_loss {
                None | Some(StyleLossChoice::Gram) => StyleLoss::Gram,
                Some(StyleLossChoice::Covariance) => StyleLoss::Covariance,
                Some(StyleLossChoice::Wasserstein) => StyleLoss::Wasserstein,
            },
            variation: self.variation.unwrap_or(defaults.variation),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::schedule::Scale;

    fn settings(text: &str) -> Result<MethodSettings> {
        OptimizeConfig::parse(text)?.settings()
    }

    fn gram(text: &str) -> Result<Settings> {
        match settings(text)? {
            MethodSettings::Gram(settings) => Ok(settings),
            MethodSettings::Neighbours(settings) => panic!("{settings:?}"),
        }
    }

    #[test]
    fn empty_settings_are_the_defaults_of_gram_as_in_saved_jobs_of_earlier_versions() {
        let settings = gram("{}").unwrap();
        assert_eq!(settings.terms, Terms::of(&VGG16).unwrap());
        assert_eq!(settings.scales, coarse_to_fine(128, 512, 300));
        assert_eq!((settings.optimizer, settings.rate), (Optimizer::Adam, Optimizer::Adam.rate()));
        assert_eq!(gram(r#"{ "method": "gram" }"#).unwrap(), settings);
    }

    #[test]
    fn given_settings_override_the_defaults() {
        let text = r#"{ "size": 64, "smallest": 64, "steps": 7, "pooling": "max", "keepColors": true, "rate": 0.5, "optimizer": "lbfgs", "styleLoss": "covariance",
            "styleScale": 1.5,
            "content": { "weight": 0 , "layers": { "relu1_2": 2, "relu3_3": 1 } }, "variation": 0.5 }"#;
        let settings = gram(text).unwrap();
        assert_eq!(settings.scales, [Scale { longer: 64, steps: 7 }]);
        assert_eq!((settings.pooling, settings.keep_colors, settings.rate), (Pooling::Max, true, 0.5));
        assert_eq!(settings.optimizer, Optimizer::Lbfgs { history: HISTORY });
        assert_eq!((settings.terms.style_loss, settings.style_scale), (StyleLoss::Covariance, 1.5));
        let content: Vec<_> = settings.terms.content.layers.iter().map(|(l, w)| (l.name(), *w)).collect();
        assert_eq!(content, [("relu1_2".to_string(), 2.0), ("relu3_3".to_string(), 1.0)]);
        assert_eq!((settings.terms.content.weight, settings.terms.variation), (0.0, 0.5));
    }

    #[test]
    fn neighbour_matching_has_settings_of_its_own() {
        let defaults = settings(r#"{ "method": "neighbours" }"#).unwrap();
        assert_eq!(defaults, MethodSettings::Neighbours(NeighbourSettings::default()));
        let text = r#"{ "method": "neighbours", "size": 96, "steps": 30, "strength": 0.8, "styleScale": 2, "keepColors": true }"#;
        let (strength, style_scale) = (0.8, 2.0);
        let given =
            NeighbourSettings { size: 96, steps: 30, strength, style_scale, keep_colors: true, match_colors: false };
        assert_eq!(settings(text).unwrap(), MethodSettings::Neighbours(given));
        for (more, matched) in [("", true), (r#", "matchColors": false"#, false)] {
            let found = settings(&format!(r#"{{ "method": "neighbours"{more} }}"#)).unwrap();
            let MethodSettings::Neighbours(found) = found else { panic!("another method") };
            assert_eq!(found.match_colors, matched);
        }
    }

    #[test]
    fn layers_are_those_of_the_selected_network() {
        let layers = |network: &str| {
            let style = r#""style": { "layers": { "relu4_4": 1 } }"#;
            gram(&format!(r#"{{ "network": "{network}", {style} }}"#))
        };
        assert_eq!(layers("vgg19").unwrap().vgg, VGG19);
        assert!(layers("vgg16").unwrap_err().to_string().contains("relu4_4"));
    }

    #[test]
    fn invalid_settings_are_refused_in_a_sentence() {
        for (text, what) in [
            ("{", "are invalid"),
            (r#"{ "sizes": 3 }"#, "unknown field `sizes`"),
            (r#"{ "method": "magic" }"#, "unknown variant `magic`"),
            (r#"{ "steps": 0 }"#, "0 is out of range for the steps"),
            (r#"{ "size": 100000 }"#, "from 1 to 8192"),
            (r#"{ "content": { "layers": { "relu9_9": 1 } } }"#, "relu9_9"),
            (r#"{ "style": { "weight": -1 } }"#, "-1"),
            (r#"{ "method": "neighbours", "strength": 1.5 }"#, "from 0 to 1"),
            (r#"{ "method": "neighbours", "size": 16 }"#, "at least 32 pixels"),
        ] {
            let refused = settings(text).unwrap_err().to_string();
            assert!(refused.contains(what), "{refused}");
        }
    }

    #[test]
    fn fields_of_the_other_method_are_refused_by_name() {
        let refused = |text: &str| OptimizeConfig::parse(text).unwrap_err().to_string();
        assert!(refused(r#"{ "strength": 0.5 }"#).starts_with("`strength` has no effect"));
        assert!(refused(r#"{ "matchColors": true }"#).starts_with("`matchColors` has no effect"));
        for (name, value) in [
            ("smallest", "128"),
            ("network", r#""vgg16""#),
            ("pooling", r#""max""#),
            ("content", "{}"),
            ("style", "{}"),
            ("styleLoss", r#""gram""#),
            ("variation", "0.1"),
            ("optimizer", r#""adam""#),
            ("rate", "0.01"),
        ] {
            let problem = refused(&format!(r#"{{ "method": "neighbours", "{name}": {value} }}"#));
            assert!(problem.starts_with(&format!("`{name}` has no effect")), "{problem}");
        }
    }
}
