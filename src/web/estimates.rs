//! `estimates.wasm`: settings and estimates of optimization and training, for the page's dialogs. They need no engine.

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::js;
use crate::settings::{self, ASSUMED_MEMORY, Convolutions, Limits, OptimizeConfig, PROCESSOR_MEMORY, TrainChoices};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Memory of an optimization whose final size is `size` pixels on the photo's longer side. */
export interface SizeEstimate {
  size: number;
  /** The picture in pixels. */
  width: number;
  height: number;
  /** Approximate memory in bytes: of the graphics card, or of the processor. */
  bytes: number;
  /** Whether it fits into the memory that is assumed: browsers do not report it. */
  fits: boolean;
}

/** Settings of a training as the choices of the dialog determine them: a part of `TrainSettings` of `studio.js`. */
export interface ChosenSettings {
  steps: number;
  crop: number;
  batch: number;
  painting: number;
  contentWeight: number;
  stabilityWeight: number;
  start: string;
  allWeights: boolean;
}
"#;

/// Returns JSON of `SizeEstimate[]`, one for each of the `sizes`, for a photo of `width` x `height` pixels and this number of
/// paintings. `settings` is JSON of `RunSettings` of `studio.js`; its own size is ignored. `processor` is true for a run on the
/// processor. Throws for invalid settings.
#[wasm_bindgen(js_name = optimizationSizes)]
pub fn optimization_sizes(
    settings: &str,
    width: usize,
    height: usize,
    paintings: usize,
    sizes: Vec<usize>,
    processor: bool,
) -> Result<String, JsValue> {
    // The limit of one buffer is that of a device, which is not open yet.
    let total = if processor { PROCESSOR_MEMORY } else { ASSUMED_MEMORY };
    let limits = Limits { total, buffer: u64::MAX };
    let convolutions = if processor { Convolutions::Processor } else { Convolutions::Ours };
    let found = OptimizeConfig::parse(settings)
        .and_then(|config| config.settings())
        .and_then(|settings| settings.sizes((width, height), paintings, &sizes, convolutions, limits));
    Ok(json!(found.map_err(js)?).to_string())
}

/// Returns JSON of `ChosenSettings` for `choices`, JSON of the `Preferences` of the dialog. `software` is true for a software
/// renderer, `tiny` the side of the crops in tests. Throws for invalid choices.
#[wasm_bindgen(js_name = trainingSettings)]
pub fn training_settings(choices: &str, software: bool, tiny: Option<usize>) -> Result<String, JsValue> {
    let settings = TrainChoices::parse(choices).and_then(|choices| choices.settings(software, tiny));
    Ok(json!(settings.map_err(js)?).to_string())
}

/// Returns crop, batch and longer side of paintings, in pixels, of a training that needs less memory than this one. `crops` are
/// the possible sizes of crops. Returns `undefined` if there is none.
#[wasm_bindgen(
    js_name = smallerTraining,
    unchecked_return_type = "[crop: number, batch: number, painting: number] | undefined"
)]
pub fn smaller_training(crop: usize, batch: usize, painting: usize, crops: Vec<usize>) -> Option<Vec<usize>> {
    settings::smaller_training(crop, batch, painting, &crops).map(Vec::from)
}

/// Returns the estimated duration of a training in milliseconds. `pace` is the time of a step for each pixel of its crops in
/// milliseconds, as it was measured in the last training.
#[wasm_bindgen(js_name = trainingDuration)]
pub fn training_duration(steps: usize, crop: usize, batch: usize, software: bool, pace: Option<f64>) -> f64 {
    settings::training_duration(steps, crop, batch, software, pace)
}

/// Returns the scale, at most 1, of a training photo of `width` x `height` pixels for crops of `crop` pixels.
#[wasm_bindgen(js_name = trainingPhotoScale)]
pub fn training_photo_scale(width: usize, height: usize, crop: usize) -> f32 {
    settings::photo_scale(width, height, crop).min(1.0)
}
