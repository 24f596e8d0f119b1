//! `studio.wasm`: optimization of pictures. JavaScript holds a [`Studio`] (a device for burn) and the [`Work`] on it. Errors are
//! JavaScript `Error`s with a sentence for the user.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Promise, Reflect, Uint8ClampedArray};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::js;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::{VGG16, VGG19};
use crate::procedural::random::Random;
use crate::train::device::Graphics;
use crate::train::{Checkpoint, ImageOptimization, OptimizeConfig, Parts, Progress, Start, StyleTarget};
use crate::weights::Archive;

/// Browsers do not tell how much memory a graphics adapter has: what a small card has is assumed.
pub(super) const MEMORY: u64 = 4_000_000_000;

/// A graphics device for burn, one in a worker.
#[wasm_bindgen]
pub struct Studio {
    pub(super) graphics: Graphics,
}

#[wasm_bindgen]
impl Studio {
    /// Opens the fastest device.
    pub async fn create() -> std::result::Result<Self, JsValue> {
        Graphics::open().await.map(|graphics| Self { graphics }).map_err(js)
    }

    /// JSON: adapter, backend, whether it is a program on the processor.
    pub fn info(&self) -> String {
        let info = self.graphics.info();
        json!({ "adapter": info.name, "backend": info.backend.to_string(), "software": self.graphics.software() })
            .to_string()
    }

    /// Resolves with a sentence when the device is lost.
    pub fn lost(&self) -> Promise {
        let lost = self.graphics.browser_device().and_then(|device| Reflect::get(&device, &"lost".into()).ok());
        wasm_bindgen_futures::future_to_promise(async move {
            let info = JsFuture::from(Promise::resolve(&lost.unwrap_or(JsValue::UNDEFINED))).await?;
            let told = |name: &str| Reflect::get(&info, &name.into()).ok().and_then(|text| text.as_string());
            let reason = told("message").filter(|text| !text.is_empty()).or_else(|| told("reason")).unwrap_or_default();
            Ok(Error::DeviceLost(reason).to_string().into())
        })
    }

    /// Which network of the VGG family an archive holds: `vgg16` or `vgg19`.
    #[wasm_bindgen(js_name = vggName)]
    pub fn vgg_name(archive: &[u8]) -> std::result::Result<String, JsValue> {
        let wrong = |what: &str| {
            let advice =
                "Choose an archive that `impasto weights import` made of a file with weights of VGG16 or VGG19.";
            js(Error::Style(format!("This file {what}. {advice}")))
        };
        let archive = Archive::parse(archive).map_err(|_| wrong("is damaged or no archive of weights"))?;
        let network = archive.metadata("network").unwrap_or("no network");
        // Those that ship are in two parts, called after their last layers; the second is of no use alone.
        let whole = VGG16.layers().next().is_some_and(|first| archive.shape(&first.weight()).is_some());
        let known = [VGG16, VGG19].map(|vgg| vgg.name);
        let found = known.into_iter().find(|name| whole && network.split('-').next() == Some(name));
        found.map(str::to_string).ok_or_else(|| wrong(&format!("holds {network}")))
    }

    /// JSON of a [`crate::train::optimize_image::config::Plan`] for a photo of that size.
    pub fn plan(&self, settings: &str, width: usize, height: usize) -> std::result::Result<String, JsValue> {
        let plan =
            OptimizeConfig::parse(settings).and_then(|config| config.plan(width, height, self.graphics.limits(MEMORY)));
        plan.map(|plan| json!(plan).to_string()).map_err(js)
    }

    /// Reads photo and paintings through VGG and prepares the first size, or the one that `checkpoint` was made at.
    pub async fn begin(
        &self,
        vgg: &[u8],
        settings: &str,
        work: &Commission,
        checkpoint: Option<Vec<u8>>,
    ) -> std::result::Result<Work, JsValue> {
        let config = OptimizeConfig::parse(settings).map_err(js)?;
        let begun = work.begin(vgg, &config, checkpoint.as_deref(), &self.graphics);
        begun.map(|masterpiece| Work { masterpiece: Rc::new(RefCell::new(masterpiece)) }).map_err(js)
    }
}

/// A step to be timed, for benchmarks.
#[cfg(feature = "measure")]
#[wasm_bindgen(js_name = BenchStep)]
pub struct WebTrial(crate::train::optimize_image::bench_step::BenchStep);

#[cfg(feature = "measure")]
#[wasm_bindgen(js_class = BenchStep)]
impl WebTrial {
    /// With our convolution or burn's, on pictures of `side` x `side` pixels.
    #[wasm_bindgen(constructor)]
    pub fn new(studio: &Studio, vgg: &[u8], side: usize, ours: bool) -> std::result::Result<Self, JsValue> {
        use crate::train::optimize_image::bench_step::BenchStep;
        use crate::train::vgg_features::Convolutions;
        let convolutions = if ours { Convolutions::Ours } else { Convolutions::Burns };
        let vgg = Archive::parse(vgg).map_err(js)?;
        BenchStep::new(convolutions, &vgg, side, &studio.graphics.device).map(Self).map_err(js)
    }

    /// Forward and backward.
    pub async fn step(&self) -> std::result::Result<(), JsValue> {
        self.0.step().await.map_err(js)
    }
}

/// The pictures of a run.
#[wasm_bindgen]
pub struct Commission {
    photo: Image,
    paintings: Vec<StyleTarget>,
    start: Option<Image>,
}

#[wasm_bindgen]
impl Commission {
    /// For a photo: RGBA, row by row from the top left.
    #[wasm_bindgen(constructor)]
    pub fn new(width: usize, height: usize, rgba: &[u8]) -> std::result::Result<Self, JsValue> {
        let photo = Image::from_rgba8(width, height, rgba).map_err(js)?;
        Ok(Self { photo, paintings: Vec::new(), start: None })
    }

    /// A painting whose style is wanted, with a weight beside the others'.
    pub fn add_painting(
        &mut self,
        width: usize,
        height: usize,
        rgba: &[u8],
        weight: f32,
    ) -> std::result::Result<(), JsValue> {
        let painting = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.paintings.push(StyleTarget::new(painting, weight));
        Ok(())
    }

    /// Where on the photo the style of the last painting applies: fully where this picture is white, not where it is black. Any
    /// size: it is stretched to the photo.
    pub fn add_mask(&mut self, width: usize, height: usize, rgba: &[u8]) -> std::result::Result<(), JsValue> {
        let mask = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.last()?.mask = Some(mask);
        Ok(())
    }

    /// Which part of the last painting is the style, likewise.
    pub fn add_style_mask(&mut self, width: usize, height: usize, rgba: &[u8]) -> std::result::Result<(), JsValue> {
        let mask = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.last()?.style_mask = Some(mask);
        Ok(())
    }

    /// Painting begins with this picture instead of the photo.
    pub fn start_from(&mut self, width: usize, height: usize, rgba: &[u8]) -> std::result::Result<(), JsValue> {
        self.start = Some(Image::from_rgba8(width, height, rgba).map_err(js)?);
        Ok(())
    }

    /// Painting begins with noise of the photo's proportions, another one for each `seed`.
    pub fn start_from_noise(&mut self, seed: u32) -> std::result::Result<(), JsValue> {
        let (width, height) = Image::fitted(self.photo.width(), self.photo.height(), NOISE_SIDE);
        let mut random = Random::new(seed.into());
        let noise = Image::new(width, height, (0..width * height * 3).map(|_| random.unit()).collect());
        self.start = Some(noise.map_err(js)?);
        Ok(())
    }
}

/// Pixels on the longer side of the noise to start from, which is resized as any start.
const NOISE_SIDE: usize = 128;

impl Commission {
    /// The painting that a mask belongs to.
    fn last(&mut self) -> std::result::Result<&mut StyleTarget, JsValue> {
        let none = || js(Error::Style("A mask belongs to a painting: add that first.".to_string()));
        self.paintings.last_mut().ok_or_else(none)
    }

    fn begin(
        &self,
        vgg: &[u8],
        config: &OptimizeConfig,
        checkpoint: Option<&[u8]>,
        graphics: &Graphics,
    ) -> Result<ImageOptimization> {
        let (width, height) = (self.photo.width(), self.photo.height());
        config.plan(width, height, graphics.limits(MEMORY))?;
        let start = match checkpoint {
            Some(bytes) => Start::Checkpoint(Checkpoint::parse(bytes)?),
            None => Start::Picture(self.start.as_ref().unwrap_or(&self.photo).clone()),
        };
        let (photo, paintings) = (self.photo.clone(), self.paintings.clone());
        ImageOptimization::new(&Archive::parse(vgg)?, config.settings()?, photo, paintings, start, &graphics.device)
    }
}

/// A painting in work.
#[wasm_bindgen(js_name = ImageOptimization)]
pub struct Work {
    masterpiece: Rc<RefCell<ImageOptimization>>,
}

/// A picture as JavaScript takes it: width, height, data.
pub(super) fn pixels(picture: &Image) -> std::result::Result<JsValue, JsValue> {
    let painted = js_sys::Object::new();
    let data = Uint8ClampedArray::from(picture.to_rgba8().as_slice());
    for (name, value) in
        [("width", picture.width().into()), ("height", picture.height().into()), ("data", JsValue::from(data))]
    {
        Reflect::set(&painted, &name.into(), &value)?;
    }
    Ok(painted.into())
}

/// A second call while the first one waits would be a bug of the page.
pub(super) fn busy() -> JsValue {
    js(Error::Gpu("the step before is not done".to_string()))
}

#[wasm_bindgen(js_class = ImageOptimization)]
impl Work {
    /// One step: number, sizes and losses of it; `undefined` when all are done.
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn step(&self) -> std::result::Result<JsValue, JsValue> {
        let masterpiece = self.masterpiece.clone();
        let mut masterpiece = masterpiece.try_borrow_mut().map_err(|_| busy())?;
        let Some(progress) = masterpiece.step().await.map_err(js)? else { return Ok(JsValue::UNDEFINED) };
        let Progress { step, steps, width, height, parts: Parts { total, content, style, variation } } = progress;
        let report = json!({ "step": step, "steps": steps, "width": width, "height": height, "total": total,
            "content": content, "style": style, "variation": variation });
        JSON::parse(&report.to_string())
    }

    /// The painting so far, at the size in work: width, height, data.
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn picture(&self) -> std::result::Result<JsValue, JsValue> {
        let masterpiece = self.masterpiece.clone();
        let masterpiece = masterpiece.try_borrow().map_err(|_| busy())?;
        let picture = masterpiece.picture().await.map_err(js)?;
        pixels(&picture)
    }

    /// What is needed to go on later, `undefined` when all is done.
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn checkpoint(&self) -> std::result::Result<Option<Vec<u8>>, JsValue> {
        let masterpiece = self.masterpiece.clone();
        let masterpiece = masterpiece.try_borrow().map_err(|_| busy())?;
        let checkpoint = masterpiece.checkpoint().await.map_err(js)?;
        checkpoint.map(|checkpoint| checkpoint.write()).transpose().map_err(js)
    }
}
