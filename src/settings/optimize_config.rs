//! Settings of image optimization as JSON, the format of the page and of its checkpoints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::losses::{StyleLoss, Term, Terms};
use super::memory::{Convolutions, Limits, MemoryEstimate};
use super::optimize_settings::Settings;
use super::optimizer::Optimizer;
use super::schedule::{Scale, coarse_to_fine};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::Pooling;
use crate::net::models::vgg::{VGG16, VGG19, Vgg};

/// Momentum of gradient descent, and history length of L-BFGS in steps, each of which takes the memory of two pictures.
const MOMENTUM: f32 = 0.9;
const HISTORY: usize = 20;

/// Settings of a run in JSON. Missing fields have their default values.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OptimizeConfig {
    /// Final and first size, in pixels on the photo's longer side.
    size: usize,
    smallest: usize,
    /// Number of steps at the smallest size. Each larger size gets half as many.
    steps: usize,
    network: VggChoice,
    pooling: PoolingChoice,
    content: TermChange,
    style: TermChange,
    style_loss: StyleLossChoice,
    /// As [`Settings::style_scale`].
    style_scale: f32,
    /// Weight of the total variation.
    variation: Option<f32>,
    optimizer: OptimizerChoice,
    /// Learning rate, as [`Settings::rate`]. Defaults to the optimizer's own.
    rate: Option<f32>,
    keep_colors: bool,
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

/// Sizes and costs of a run, computed before anything is allocated.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Sizes with their steps, in order.
    pub scales: Vec<PlannedScale>,
    /// Approximate memory in bytes at the largest size.
    pub peak: u64,
    /// Multiply-adds of all steps, forward and backward pass.
    pub multiply_adds: u64,
}

/// One size of a run in pixels, and the number of steps at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedScale {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Number of steps at this size.
    pub steps: usize,
}

/// Memory of a run whose final size is `size` pixels on the longer side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SizeEstimate {
    /// Pixels on the longer side.
    pub size: usize,
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Approximate memory in bytes.
    pub bytes: u64,
    /// Whether the run stays within the limits.
    pub fits: bool,
}

impl Default for OptimizeConfig {
    fn default() -> Self {
        Self {
            size: 512,
            smallest: 128,
            steps: 300,
            network: VggChoice::Vgg16,
            pooling: PoolingChoice::Average,
            content: TermChange::default(),
            style: TermChange::default(),
            style_loss: StyleLossChoice::Gram,
            style_scale: 1.0,
            variation: None,
            optimizer: OptimizerChoice::Adam,
            rate: None,
            keep_colors: false,
        }
    }
}

impl OptimizeConfig {
    /// Parses `json`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid JSON, unknown fields, and sizes or step counts out of range.
    pub fn parse(json: &str) -> Result<Self> {
        let config: Self = serde_json::from_str(json)
            .map_err(|e| Error::Style(format!("These settings are invalid ({e}): choose other settings.")))?;
        let limits =
            [("size", config.size, 8192), ("smallest size", config.smallest, 8192), ("steps", config.steps, 100_000)];
        for (what, number, most) in limits {
            if number == 0 || number > most {
                return Err(Error::Style(format!(
                    "{number} is out of range for the {what}: choose a number from 1 to {most}."
                )));
            }
        }
        Ok(config)
    }

    fn vgg(&self) -> Vgg {
        match self.network {
            VggChoice::Vgg16 => VGG16,
            VggChoice::Vgg19 => VGG19,
        }
    }

    fn optimizer(&self) -> Optimizer {
        match self.optimizer {
            OptimizerChoice::Adam => Optimizer::Adam,
            OptimizerChoice::Sgd => Optimizer::Sgd { momentum: MOMENTUM },
            OptimizerChoice::Lbfgs => Optimizer::Lbfgs { history: HISTORY },
        }
    }

    /// Returns the settings of the run.
    ///
    /// # Errors
    /// [`Error::Style`] for layers that the network does not have.
    pub fn settings(&self) -> Result<Settings> {
        let vgg = self.vgg();
        let defaults = Terms::of(&vgg)?;
        let changed = |defaults: Term, change: &TermChange| {
            let layers = match &change.layers {
                Some(layers) => layers.iter().map(|(n, w)| Ok((vgg.layer(n)?, *w))).collect::<Result<_>>()?,
                None => defaults.layers,
            };
            Ok::<_, Error>(Term { weight: change.weight.unwrap_or(defaults.weight), layers })
        };
        let terms = Terms {
            content: changed(defaults.content, &self.content)?,
            style: changed(defaults.style, &self.style)?,
            style_loss: match self.style_loss {
                StyleLossChoice::Gram => StyleLoss::Gram,
                StyleLossChoice::Covariance => StyleLoss::Covariance,
                StyleLossChoice::Wasserstein => StyleLoss::Wasserstein,
            },
            variation: self.variation.unwrap_or(defaults.variation),
        };
        terms.last()?;
        Ok(Settings {
            vgg,
            pooling: match self.pooling {
                PoolingChoice::Average => Pooling::Average,
                PoolingChoice::Max => Pooling::Max,
            },
            terms,
            scales: coarse_to_fine(self.smallest, self.size, self.steps),
            optimizer: self.optimizer(),
            rate: self.rate.unwrap_or(self.optimizer().rate()),
            style_scale: self.style_scale,
            keep_colors: self.keep_colors,
        })
    }

    /// Returns the memory of the run with `convolutions` at each of the `sizes`, instead of its own, for a photo of
    /// `width` x `height`.
    ///
    /// # Errors
    /// As [`OptimizeConfig::settings`].
    pub fn sizes(
        &self,
        (width, height): (usize, usize),
        sizes: &[usize],
        convolutions: Convolutions,
        limits: Limits,
    ) -> Result<Vec<SizeEstimate>> {
        let estimate = MemoryEstimate::of(&self.settings()?, convolutions)?;
        let at = |&size: &usize| {
            let (width, height) = Image::fitted(width, height, size);
            let fits = estimate.check(width, height, limits).is_ok();
            SizeEstimate { size, width, height, bytes: estimate.peak(width, height), fits }
        };
        Ok(sizes.iter().map(at).collect())
    }

    /// Returns the sizes and costs of the run for a photo of `width` x `height`.
    ///
    /// # Errors
    /// As [`OptimizeConfig::settings`]; [`Error::TooLarge`], with the largest size that fits, when the run exceeds
    /// `limits`.
    pub fn plan(&self, width: usize, height: usize, convolutions: Convolutions, limits: Limits) -> Result<Plan> {
        let settings = self.settings()?;
        let estimate = MemoryEstimate::of(&settings, convolutions)?;
        let fitted = |&Scale { longer, steps }: &Scale| {
            let (width, height) = Image::fitted(width, height, longer);
            PlannedScale { width, height, steps }
        };
        let scales: Vec<_> = settings.scales.iter().map(fitted).collect();
        let (width, height) = Image::fitted(width, height, self.size);
        estimate.check(width, height, limits)?;
        let net = settings.vgg.network(settings.pooling, estimate.last);
        let mut multiply_adds = 0;
        for scale in &scales {
            // The backward pass through a convolution to its input costs as much as the forward pass.
            multiply_adds += 2 * net.multiply_adds(scale.height, scale.width)? * scale.steps as u64;
        }
        Ok(Plan { scales, peak: estimate.peak(width, height), multiply_adds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Limits = Limits { total: 4_000_000_000, buffer: 1 << 30 };

    #[test]
    fn empty_settings_are_the_defaults() {
        let settings = OptimizeConfig::parse("{}").unwrap().settings().unwrap();
        assert_eq!(settings.terms, Terms::of(&VGG16).unwrap());
        assert_eq!(settings.scales, coarse_to_fine(128, 512, 300));
        assert_eq!((settings.optimizer, settings.rate), (Optimizer::Adam, Optimizer::Adam.rate()));
    }

    #[test]
    fn given_settings_override_the_defaults() {
        let text = r#"{ "size": 64, "smallest": 64, "steps": 7, "pooling": "max", "keepColors": true, "rate": 0.5, "optimizer": "lbfgs", "styleLoss": "covariance",
            "styleScale": 1.5,
            "content": { "weight": 0 , "layers": { "relu1_2": 2, "relu3_3": 1 } }, "variation": 0.5 }"#;
        let settings = OptimizeConfig::parse(text).unwrap().settings().unwrap();
        assert_eq!(settings.scales, [Scale { longer: 64, steps: 7 }]);
        assert_eq!((settings.pooling, settings.keep_colors, settings.rate), (Pooling::Max, true, 0.5));
        assert_eq!(settings.optimizer, Optimizer::Lbfgs { history: HISTORY });
        assert_eq!((settings.terms.style_loss, settings.style_scale), (StyleLoss::Covariance, 1.5));
        let content: Vec<_> = settings.terms.content.layers.iter().map(|(l, w)| (l.name(), *w)).collect();
        assert_eq!(content, [("relu1_2".to_string(), 2.0), ("relu3_3".to_string(), 1.0)]);
        assert_eq!((settings.terms.content.weight, settings.terms.variation), (0.0, 0.5));
    }

    #[test]
    fn layers_are_those_of_the_selected_network() {
        let layers = |network: &str| {
            let style = r#""style": { "layers": { "relu4_4": 1 } }"#;
            OptimizeConfig::parse(&format!(r#"{{ "network": "{network}", {style} }}"#)).unwrap().settings()
        };
        assert_eq!(layers("vgg19").unwrap().vgg, VGG19);
        assert!(layers("vgg16").unwrap_err().to_string().contains("relu4_4"));
    }

    #[test]
    fn a_plan_names_sizes_and_counts_work() {
        let plan = OptimizeConfig::parse(r#"{ "size": 128, "smallest": 91, "steps": 4 }"#)
            .unwrap()
            .plan(400, 200, Convolutions::Ours, ROOMY)
            .unwrap();
        let sizes = [(91, 46, 4), (128, 64, 2)];
        assert_eq!(plan.scales, sizes.map(|(width, height, steps)| PlannedScale { width, height, steps }));
        let net = VGG16.network(Pooling::Average, VGG16.layer("relu4_2").unwrap());
        let one = |width, height| net.multiply_adds(height, width).unwrap();
        assert_eq!(plan.multiply_adds, 2 * (4 * one(91, 46) + 2 * one(128, 64)));
    }

    #[test]
    fn sizes_have_the_memory_of_their_plans() {
        let config = |text: &str| OptimizeConfig::parse(text).unwrap();
        let limits = Limits { total: 1_200_000_000, buffer: u64::MAX };
        let sizes = config("{}").sizes((300, 200), &[64, 512, 768, 8192], Convolutions::Ours, limits).unwrap();
        let about: Vec<_> = sizes.iter().map(|s| (s.size, s.width, s.height, s.fits)).collect();
        assert_eq!(
            about,
            [(64, 64, 43, true), (512, 512, 341, true), (768, 768, 512, true), (8192, 8192, 5461, false)]
        );
        assert_eq!(sizes[1].bytes, config("{}").plan(300, 200, Convolutions::Ours, ROOMY).unwrap().peak);
        // What the page showed before: 2304 bytes for each pixel, and 54 MB for VGG.
        let square = config("{}").sizes((1, 1), &[256, 512, 1024], Convolutions::Ours, limits).unwrap();
        for SizeEstimate { width, height, bytes, .. } in square {
            let before = (width * height) as f64 * 2304.0 + 54e6;
            assert!((bytes as f64 / before - 1.0).abs() < 0.05, "{bytes} instead of {before}");
        }
        // Settings count.
        let lbfgs =
            config(r#"{ "optimizer": "lbfgs" }"#).sizes((300, 200), &[512], Convolutions::Ours, limits).unwrap();
        assert!(lbfgs[0].bytes > sizes[1].bytes);
        // The processor holds transformed weights.
        let processor = config("{}").sizes((300, 200), &[512], Convolutions::Processor, limits).unwrap();
        assert_eq!(processor[0].bytes, config("{}").plan(300, 200, Convolutions::Processor, ROOMY).unwrap().peak);
        assert!(processor[0].bytes > sizes[1].bytes + 100_000_000);
    }

    #[test]
    fn invalid_settings_are_refused_in_a_sentence() {
        for (text, what) in [
            ("{", "are invalid"),
            (r#"{ "sizes": 3 }"#, "unknown field `sizes`"),
            (r#"{ "steps": 0 }"#, "0 is out of range for the steps"),
            (r#"{ "size": 100000 }"#, "from 1 to 8192"),
        ] {
            let refused = OptimizeConfig::parse(text).unwrap_err().to_string();
            assert!(refused.contains(what), "{refused}");
        }
        let settings = |text| OptimizeConfig::parse(text).unwrap().settings();
        assert!(settings(r#"{ "content": { "layers": { "relu9_9": 1 } } }"#).is_err());
        assert!(settings(r#"{ "style": { "weight": -1 } }"#).is_err());
        let large = OptimizeConfig::parse(r#"{ "size": 4096 }"#)
            .unwrap()
            .plan(400, 200, Convolutions::Ours, ROOMY)
            .unwrap_err();
        assert!(matches!(large, Error::TooLarge { .. }), "{large}");
    }
}
