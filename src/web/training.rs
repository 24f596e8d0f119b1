//! `studio.wasm`, style training: a [`TrainingInput`] holds the training data, and a [`TrainingHandle`] runs the training.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::JSON;
use serde_json::json;
use wasm_bindgen::prelude::*;

use super::js;
use super::studio::{Studio, busy, pixels};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::{Network, custom};
use crate::procedural::SCENE;
use crate::style::{Pack, Parameters, Style, StyleSet, StyleSpace};
use crate::train::train_style::{self, Init, Report, TrainCheckpoint, TrainConfig, nearest, trainable};
use crate::train::transfer_net::{TransferNet, weights};
use crate::weights::Archive;

/// Side of scenes in pixels, larger than that of crops.
const SCENE_SIDE: usize = 384;

/// The training data of a style: paintings, photos and initial styles. Methods throw for invalid pictures and packs.
#[wasm_bindgen]
#[derive(Default)]
pub struct TrainingInput {
    paintings: Vec<(Image, f32)>,
    photos: Vec<Image>,
    starts: Vec<(Pack, f32)>,
}

#[wasm_bindgen]
impl TrainingInput {
    /// Makes training data without any picture.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a painting as style target, with a weight relative to the other paintings.
    pub fn add_painting(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
        weight: f32,
    ) -> std::result::Result<(), JsValue> {
        self.paintings.push((Image::from_rgba8(width, height, rgba).map_err(js)?, weight));
        Ok(())
    }

    /// Adds a photo to the training dataset.
    pub fn add_photo(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
    ) -> std::result::Result<(), JsValue> {
        self.photos.push(Image::from_rgba8(width, height, rgba).map_err(js)?);
        Ok(())
    }

    /// Adds the style of a pack as initial style, instead of `TrainSettings.start`. The pack must be of the trained
    /// network, or, with `TrainSettings.allWeights`, contain a network, which is then trained further. Several initial styles
    /// are blended by weight.
    pub fn start_from(&mut self, pack: &[u8], weight: f32) -> std::result::Result<(), JsValue> {
        self.starts.push((Pack::read(pack).map_err(js)?, weight));
        Ok(())
    }

    /// Adds `count` procedural scenes to the training dataset.
    pub fn add_scenes(&mut self, count: usize) -> std::result::Result<(), JsValue> {
        for number in 0..count as u64 {
            self.photos.push(SCENE.paint(SCENE_SIDE, number).map_err(js)?);
        }
        Ok(())
    }
}

#[wasm_bindgen]
impl Studio {
    /// Returns JSON of a `TrainPlan` for training the network of this name. `settings` is JSON of `TrainSettings`. Throws
    /// for invalid settings, and if the training does not fit into memory.
    pub fn plan_training(&self, settings: &str, network: &str) -> std::result::Result<String, JsValue> {
        let (convolutions, limits) = (self.convolutions(), self.device.limits());
        let estimate =
            TrainConfig::parse(settings).and_then(|config| config.plan(&trainable(network)?, convolutions, limits));
        estimate.map(|estimate| json!(estimate).to_string()).map_err(js)
    }

    /// Prepares the training of a style, from the initial style or from a checkpoint. `vgg` and `network` are archives of
    /// VGG weights and of the network, `transfer26` or `arbitrary`. `arbitrary` contains no styles: its initial style
    /// comes from `TrainingInput.start_from`. `settings` is JSON of `TrainSettings`. Rejects a checkpoint of other data or
    /// settings.
    pub async fn train(
        &self,
        vgg: &[u8],
        network: &[u8],
        settings: &str,
        data: &TrainingInput,
        checkpoint: Option<Vec<u8>>,
    ) -> std::result::Result<TrainingHandle, JsValue> {
        self.prepare(vgg, network, settings, data, checkpoint.as_deref()).await.map_err(js)
    }
}

impl Studio {
    async fn prepare(
        &self,
        vgg: &[u8],
        network: &[u8],
        settings: &str,
        data: &TrainingInput,
        checkpoint: Option<&[u8]>,
    ) -> Result<TrainingHandle> {
        let config = TrainConfig::parse(settings)?;
        let (vgg, device) = (Archive::parse(vgg)?, self.device.device());
        let own = match data.starts.first().filter(|_| config.all_weights) {
            Some((pack, _)) => pack.network_archive()?,
            None => None,
        };
        let (net, archive) = match own {
            Some(archive) => (custom::network(&archive)?, archive),
            None => {
                let archive = Archive::parse(network)?;
                (trainable(archive.metadata("network").unwrap_or_default())?, archive)
            }
        };
        let weights = match config.all_weights {
            true => train_style::network::architecture(&archive).and_then(|_| weights(&net, &archive)).map(Some)?,
            false => None,
        };
        config.plan(&net, self.convolutions(), self.device.limits())?;
        let checkpoint = checkpoint.map(TrainCheckpoint::parse).transpose()?;
        let space = StyleSpace::read(&archive, net.tensors(), &net.norms)?;
        let init = if data.starts.is_empty() {
            config.init(&StyleSet::read(&archive, &net.norms)?)?
        } else {
            Init::Style(blend(&space, &data.starts)?)
        };
        let executor = TransferNet::load(net.clone(), &archive, device)?;
        let near = !data.starts.is_empty();
        let settings = if near { config.fine_tune_settings()? } else { config.settings()? };
        let data = train_style::TrainData { paintings: &data.paintings, photos: &data.photos };
        let start = match init {
            Init::Style(style) => style,
            Init::Nearest(all) => nearest(&executor, &vgg, &settings, &data, &all, device).await?.clone(),
        };
        let own_network = weights.is_some().then_some((net, archive));
        let init = train_style::InitState { style: start, weights };
        let training = train_style::Training::new(executor, &vgg, settings, &data, init, checkpoint, device)?;
        Ok(TrainingHandle { training: Rc::new(RefCell::new(training)), space, own_network })
    }
}

/// Returns the blend of packs by their weights.
fn blend(space: &StyleSpace, packs: &[(Pack, f32)]) -> Result<Style> {
    let total: f32 = packs.iter().map(|pack| pack.1).sum();
    if !total.is_finite() || total <= 0.0 || packs.iter().any(|pack| pack.1 < 0.0) {
        return Err(Error::Style(
            "Weights of initial styles must be at least 0, and at least one weight must be above 0.".to_string(),
        ));
    }
    let styles = packs.iter().map(|(pack, weight)| Ok((space.style(pack)?, weight / total)));
    let styles: Vec<(Style, f32)> = styles.collect::<Result<_>>()?;
    Style::blend(&styles.iter().map(|(style, part)| (style, *part)).collect::<Vec<_>>())
}

/// A running training of a style.
#[wasm_bindgen]
pub struct TrainingHandle {
    training: Rc<RefCell<train_style::Training>>,
    space: StyleSpace,
    /// The network with its initial weights, if all weights are trained.
    own_network: Option<(Network, Archive)>,
}

#[wasm_bindgen]
#[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
impl TrainingHandle {
    /// Runs one step. Resolves with its report, or with `undefined` when all steps are done. An error leaves the style
    /// unchanged.
    #[wasm_bindgen(unchecked_return_type = "TrainReport | undefined")]
    pub async fn step(&self) -> std::result::Result<JsValue, JsValue> {
        let training = self.training.clone();
        let mut training = training.try_borrow_mut().map_err(|_| busy())?;
        let Some(report) = training.step().await.map_err(js)? else { return Ok(JsValue::UNDEFINED) };
        let Report { step, steps, total, content, style, color, variation, stability } = report;
        let report = json!({ "step": step, "steps": steps, "total": total, "content": content, "style": style,
            "palette": color, "variation": variation, "stability": stability });
        JSON::parse(&report.to_string())
    }

    /// Stylizes a photo with the current style. The result is cropped to multiples of 4 pixels.
    #[wasm_bindgen(unchecked_return_type = "PaintedPicture")]
    pub async fn paint(
        &self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: Vec<u8>,
    ) -> std::result::Result<JsValue, JsValue> {
        let training = self.training.clone();
        let training = training.try_borrow().map_err(|_| busy())?;
        let photo = Image::from_rgba8(width, height, &rgba).map_err(js)?;
        pixels(&training.paint(&photo).await.map_err(js)?)
    }

    /// Returns the current style as a style pack, which contains the network if all weights are trained. `thumbnail` is a JPEG, PNG or WebP file, or empty.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub async fn pack(
        &self,
        name: String,
        source: String,
        licence: String,
        thumbnail: Vec<u8>,
    ) -> std::result::Result<Vec<u8>, JsValue> {
        let (training, space, own_network) = (self.training.clone(), self.space.clone(), self.own_network.clone());
        let training = training.try_borrow().map_err(|_| busy())?;
        let style = training.style(&name).await.map_err(js)?;
        let pack = match (own_network, training.weights().await.map_err(js)?) {
            (Some((net, archive)), Some(weights)) => {
                train_style::network::pack(&net, &archive, &weights, &style, &name).map_err(js)?
            }
            _ => space.pack(&name, Parameters::of(&style)),
        };
        Pack { source, licence, thumbnail, ..pack }.write().map_err(js)
    }

    /// Returns a checkpoint to resume from, about 13 KB, or 1.7 MB if all weights are trained, or `undefined` when all steps are done.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub async fn checkpoint(&self) -> std::result::Result<Option<Vec<u8>>, JsValue> {
        let training = self.training.clone();
        let training = training.try_borrow().map_err(|_| busy())?;
        let checkpoint = training.checkpoint().await.map_err(js)?;
        checkpoint.map(|checkpoint| checkpoint.write()).transpose().map_err(js)
    }
}
