//! Choices of the page's training dialog, and the settings that they mean.

use serde::{Deserialize, Serialize};

use super::train_settings::TrainSettings;
use crate::error::{Error, Result};

/// Side of the crops on a software adapter in pixels, and the part of the steps that is run there.
const CROP_IN_SOFTWARE: usize = 128;
const STEPS_IN_SOFTWARE: f64 = 0.4;
/// How many times as many steps all weights take.
const STEPS_OF_ALL_WEIGHTS: f64 = 4.0;
/// The smallest longer side of a painting in pixels.
const SMALLEST_PAINTING: usize = 32;

/// How much of the painting a style takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Keeps more of the photo.
    Light,
    /// The default weights.
    Normal,
    /// Takes more of the painting, in more steps.
    Heavy,
}

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trained {
    /// Scales and shifts of the network of 26 styles.
    Transfer26,
    /// Scales and shifts of the network for paintings.
    Arbitrary,
    /// All weights of a network of its own.
    Own,
}

/// Choices of the dialog. 0 for `steps`, `crop` and `batch` means the default. Other fields are ignored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TrainChoices {
    /// What is trained.
    #[serde(rename = "network")]
    pub trained: Trained,
    /// The strength of the style.
    pub strength: Strength,
    /// The size of strokes relative to the default, as an exponent of two.
    pub stroke: f64,
    /// Number of steps.
    pub steps: usize,
    /// Side of the crops in pixels.
    pub crop: usize,
    /// Number of crops per step.
    pub batch: usize,
    /// Weight of the stability loss.
    pub stability: f32,
    /// The initial style, as [`super::Init::of`] parses it.
    pub start: String,
}

/// Settings of a training as the dialog determines them; see [`super::TrainConfig`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChosenSettings {
    /// Number of steps.
    pub steps: usize,
    /// Side of the crops in pixels.
    pub crop: usize,
    /// Number of crops per step.
    pub batch: usize,
    /// Longer side of the paintings in pixels.
    pub painting: usize,
    /// Weight of the content loss.
    pub content_weight: f32,
    /// Weight of the stability loss.
    pub stability_weight: f32,
    /// The initial style.
    pub start: String,
    /// Whether all weights are trained.
    pub all_weights: bool,
}

impl TrainChoices {
    /// Parses `json`.
    ///
    /// # Errors
    /// [`Error::Style`] for invalid JSON and missing fields.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|e| Error::Style(format!("These choices are invalid ({e}): choose other settings.")))
    }

    /// Returns the settings for a GPU or a `software` adapter. `tiny` is the side of the crops in tests.
    ///
    /// # Errors
    /// As [`TrainSettings::defaults`].
    pub fn settings(&self, software: bool, tiny: Option<usize>) -> Result<ChosenSettings> {
        let defaults = TrainSettings::defaults()?;
        let or = |choice: usize, default: usize| if choice == 0 { default } else { choice };
        let (content, steps) = match self.strength {
            Strength::Light => (2.0, 120),
            Strength::Normal => (1.0, defaults.steps),
            Strength::Heavy => (0.5, 240),
        };
        let all_weights = self.trained == Trained::Own;
        let part =
            if software { STEPS_IN_SOFTWARE } else { 1.0 } * if all_weights { STEPS_OF_ALL_WEIGHTS } else { 1.0 };
        let side = if software { CROP_IN_SOFTWARE } else { defaults.crop };
        let crop = tiny.unwrap_or(or(self.crop, side));
        Ok(ChosenSettings {
            steps: or(self.steps, (steps as f64 * part / 10.0).round() as usize * 10),
            crop,
            batch: if tiny.is_some() { 1 } else { or(self.batch, defaults.batch) },
            painting: painting(defaults.painting as f64 * self.stroke.exp2(), defaults.crop, crop),
            content_weight: content * defaults.loss_weights.content.weight,
            stability_weight: self.stability,
            start: self.start.clone(),
            all_weights,
        })
    }
}

/// Returns the longer side of a painting for crops of `to` pixels where it is `longer` for crops of `from` pixels: strokes keep
/// their size relative to the photo.
fn painting(longer: f64, from: usize, to: usize) -> usize {
    ((longer * to as f64 / from.max(1) as f64).round() as usize).max(SMALLEST_PAINTING)
}

/// Returns crop, batch and longer side of paintings of a training that needs less memory: half the batch, or the next smaller
/// of the sizes `crops`. Returns nothing if there is none.
pub fn smaller_training(crop: usize, batch: usize, longer: usize, crops: &[usize]) -> Option<[usize; 3]> {
    if batch > 1 {
        return Some([crop, batch.div_ceil(2), longer]);
    }
    let smaller = crops.iter().copied().filter(|side| *side < crop).max()?;
    Some([smaller, batch, painting(longer as f64, crop, smaller)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{TrainConfig, training_duration};

    fn choices(change: impl FnOnce(&mut TrainChoices)) -> TrainChoices {
        let json = r#"{ "network": "transfer26", "strength": "normal", "stroke": 0, "steps": 0, "crop": 0, "batch": 0, "stability": 0, "start": "mean" }"#;
        let mut choices = TrainChoices::parse(json).unwrap();
        change(&mut choices);
        choices
    }

    fn settings(change: impl FnOnce(&mut TrainChoices)) -> ChosenSettings {
        choices(change).settings(false, None).unwrap()
    }

    #[test]
    fn the_strength_sets_the_content_weight_and_heavy_styles_take_more_steps() {
        let all = [Strength::Light, Strength::Normal, Strength::Heavy].map(|s| settings(|c| c.strength = s));
        assert_eq!(all.each_ref().map(|s| s.content_weight), [2.0, 1.0, 0.5]);
        assert_eq!(all.each_ref().map(|s| s.steps), [120, 150, 240]);
        let defaults = TrainSettings::defaults().unwrap();
        let normal = (all[1].steps, all[1].crop, all[1].batch, all[1].painting);
        assert_eq!(normal, (defaults.steps, defaults.crop, defaults.batch, defaults.painting));
    }

    #[test]
    fn software_adapters_get_a_smaller_training() {
        let (gpu, software) = (settings(|_| {}), choices(|_| {}).settings(true, None).unwrap());
        assert_eq!((software.crop, software.batch, software.steps), (128, 1, 60));
        let duration = |s: &ChosenSettings| training_duration(s.steps, s.crop, s.batch, true, Some(1.0));
        assert!(duration(&software) < duration(&gpu) / 7.0);
        let relative = |s: &ChosenSettings| s.painting as f64 / s.crop as f64;
        assert!((relative(&software) - relative(&gpu)).abs() < 0.01);
    }

    #[test]
    fn a_network_of_its_own_takes_more_steps() {
        let own = settings(|c| c.trained = Trained::Own);
        assert!(own.all_weights);
        assert_eq!(own.steps, 4 * settings(|_| {}).steps);
        for trained in [Trained::Arbitrary, Trained::Transfer26] {
            assert!(!settings(|c| c.trained = trained).all_weights);
        }
        let parsed = TrainConfig::parse(&serde_json::json!(own).to_string()).unwrap();
        assert!(parsed.all_weights);
    }

    #[test]
    fn the_stroke_size_scales_the_painting() {
        assert_eq!([-1.0, -0.5, 0.0, 1.0].map(|s| settings(|c| c.stroke = s).painting), [160, 226, 320, 640]);
    }

    #[test]
    fn chosen_values_override_the_defaults_and_tests_use_tiny_crops() {
        let chosen = choices(|c| {
            (c.steps, c.crop, c.batch, c.stability) = (7, 128, 4, 1.0);
            c.start = "nearest".to_string();
        });
        let full = chosen.settings(true, None).unwrap();
        assert_eq!((full.steps, full.crop, full.batch, full.stability_weight), (7, 128, 4, 1.0));
        assert_eq!(full.start, "nearest");
        let tiny = chosen.settings(true, Some(32)).unwrap();
        assert_eq!((tiny.crop, tiny.batch, tiny.painting), (32, 1, 46));
        // The settings are those that a training parses.
        let parsed = TrainConfig::parse(&serde_json::json!(full).to_string()).unwrap();
        assert_eq!((parsed.crop, parsed.stability_weight, parsed.start), (Some(128), Some(1.0), Some(full.start)));
    }

    #[test]
    fn less_memory_means_a_smaller_batch_then_smaller_crops_then_nothing() {
        let (mut seen, mut next) = (Vec::new(), Some([160, 3, 320]));
        while let Some(now @ [crop, batch, painting]) = next {
            seen.push(now);
            next = smaller_training(crop, batch, painting, &[96, 128, 160, 224, 320]);
        }
        assert_eq!(seen, [[160, 3, 320], [160, 2, 320], [160, 1, 320], [128, 1, 256], [96, 1, 192]]);
    }

    #[test]
    fn invalid_choices_are_refused_in_a_sentence() {
        let refused = TrainChoices::parse(r#"{ "strength": "huge" }"#).unwrap_err().to_string();
        assert!(refused.contains("unknown variant `huge`"), "{refused}");
    }
}
