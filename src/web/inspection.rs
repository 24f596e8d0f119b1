//! `studio.wasm`: raw values of VGG features and losses, for comparison with other implementations.

use js_sys::{Float32Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::js;
use super::studio::Studio;
use crate::error::{Error, Result};
use crate::net::Pooling;
use crate::net::models::vgg::VGG16;
use crate::train::device::{read, tensor};
use crate::train::{Features, Objective, Parts, Terms};
use crate::weights::Archive;

#[wasm_bindgen]
impl Studio {
    /// Returns VGG features and losses with the default loss weights, for tests. Each name in `layers` maps to the features of the
    /// first picture, `[channels][height][width]`. `losses` (total, content, style, variation) and `gradient` are those
    /// of the third picture, with the first as the photo and the second as the painting. `pictures` are three pictures,
    /// `[3][side][side]` each, in RGB, 0..1. The total variation has weight 0. `maximum` selects max pooling instead of
    /// average pooling.
    #[wasm_bindgen(unchecked_return_type = "Record<string, Float32Array>")]
    pub async fn inspect(
        &self,
        vgg: Vec<u8>,
        maximum: bool,
        side: usize,
        pictures: Vec<f32>,
        layers: Vec<String>,
    ) -> std::result::Result<Object, JsValue> {
        let device = self.device.device().clone();
        let found = inspected(&device, &vgg, maximum, side, &pictures, &layers).await.map_err(js)?;
        let object = Object::new();
        for (name, values) in found {
            Reflect::set(&object, &name.into(), &Float32Array::from(values.as_slice()))?;
        }
        Ok(object)
    }
}

async fn inspected(
    device: &burn::tensor::Device,
    vgg: &[u8],
    maximum: bool,
    side: usize,
    pictures: &[f32],
    layers: &[String],
) -> Result<Vec<(String, Vec<f32>)>> {
    let count = 3 * side * side;
    if count == 0 || pictures.len() != 3 * count {
        return Err(Error::Picture(format!("three pictures of {side}x{side} pixels have {} numbers", 3 * count)));
    }
    let picture = |i: usize| tensor(pictures[i * count..][..count].to_vec(), [1, 3, side, side], device);
    let pooling = if maximum { Pooling::Max } else { Pooling::Average };
    let requested = layers.iter().map(|name| VGG16.layer(name)).collect::<Result<std::collections::BTreeSet<_>>>()?;
    let terms = Terms { variation: 0.0, ..Terms::of(&VGG16)? };
    let last = requested.iter().copied().chain([terms.last()?]).max().unwrap_or(terms.last()?);
    let features = Features::load(&Archive::parse(vgg)?, VGG16, pooling, last, device)?;
    let mut found = Vec::new();
    for (layer, values) in features.of(picture(0), &requested) {
        found.push((layer.name(), read(values.maps()).await?));
    }
    let objective = Objective::new(&features, &terms, picture(0), &[(picture(1), 1.0)])?;
    let start = picture(2).autodiff().require_grad();
    let losses = objective.losses(&features, start.clone());
    let gradients = losses[0].backward();
    let gradient = start.grad(&gradients).ok_or_else(|| Error::Gpu("a step has no gradient".to_string()))?;
    let Parts { total, content, style, variation } = Parts::read(losses).await?;
    found.push(("losses".to_string(), vec![total, content, style, variation]));
    found.push(("gradient".to_string(), read(gradient).await?));
    Ok(found)
}
