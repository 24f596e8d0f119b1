//! `studio.wasm` and `studio-cpu.wasm`: image optimization. JavaScript holds a [`Studio`] (a device for burn) and an [`OptimizationHandle`] on
//! it. Pictures are RGBA, 8 bits per channel, in row-major order. Errors are JavaScript `Error`s with a message for the
//! user.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Promise, Reflect, Uint8ClampedArray};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::js;
use super::studio_device::{Description, JobDevice};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::models::vgg::{VGG16, VGG19};
use crate::procedural::random::Random;
use crate::settings::{Convolutions, MeasuredStep};
use crate::train::{AnyOptimization, OptimizeConfig, Parts, Progress, StyleTarget};
use crate::weights::Archive;

/// A graphics adapter or the processor as a device for burn, one per worker. No method may be called while a promise of the same object is pending.
#[wasm_bindgen]
pub struct Studio {
    pub(super) device: JobDevice,
}

#[wasm_bindgen]
impl Studio {
    /// Opens the fastest adapter, or the processor. Rejects if there is no adapter.
    pub async fn create() -> std::result::Result<Self, JsValue> {
        JobDevice::open().await.map(|device| Self { device }).map_err(js)
    }

    /// Returns JSON of `{ adapter, backend, software }`; `software` is true for a software renderer and for the processor.
    pub fn info(&self) -> String {
        let Description { adapter, backend, software } = self.device.describe();
        json!({ "adapter": adapter, "backend": backend, "software": software }).to_string()
    }

    /// Resolves with a message for the user when the device is lost.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn lost(&self) -> Promise {
        let lost = self.device.lost();
        wasm_bindgen_futures::future_to_promise(async move {
            let info = JsFuture::from(Promise::resolve(&lost)).await?;
            let property = |name: &str| Reflect::get(&info, &name.into()).ok().and_then(|text| text.as_string());
            let reason =
                property("message").filter(|text| !text.is_empty()).or_else(|| property("reason")).unwrap_or_default();
            Ok(Error::DeviceLost(reason).to_string().into())
        })
    }

    /// Returns which VGG network an archive holds: `vgg16` or `vgg19`. Throws for any other file. Needs no device.
    #[wasm_bindgen(js_name = vggName)]
    pub fn vgg_name(archive: &[u8]) -> std::result::Result<String, JsValue> {
        let wrong = |what: &str| {
            let advice = "Choose an archive that `impasto weights import` created from weights of VGG16 or VGG19.";
            js(Error::Style(format!("This file {what}. {advice}")))
        };
        let archive = Archive::parse(archive).map_err(|_| wrong("is damaged, or is not a weight archive"))?;
        let network = archive.metadata("network").unwrap_or("no network");
        // The archives that ship split VGG16 in two, each named after its last layer. The second one alone is not
        // usable.
        let whole = VGG16.layers().next().is_some_and(|first| archive.shape(&first.weight()).is_some());
        let known = [VGG16, VGG19].map(|vgg| vgg.name);
        let found = known.into_iter().find(|name| whole && network.split('-').next() == Some(name));
        found.map(str::to_string).ok_or_else(|| wrong(&format!("contains {network}")))
    }

    /// Returns JSON of a `RunPlan` for a photo of that size in pixels and this number of paintings. `settings` is JSON of
    /// `RunSettings`. Throws for invalid settings, and if the size does not fit into memory; the message then names the largest
    /// size that fits.
    pub fn plan(
        &self,
        settings: &str,
        width: usize,
        height: usize,
        paintings: usize,
    ) -> std::result::Result<String, JsValue> {
        let plan = OptimizeConfig::parse(settings)
            .and_then(|config| config.settings())
            .and_then(|settings| settings.plan((width, height), paintings, self.convolutions(), self.device.limits()));
        plan.map(|plan| json!(plan).to_string()).map_err(js)
    }

    /// Starts an optimization: computes the features of photo and paintings, and prepares the first size, or the size of
    /// `checkpoint`. `vgg` is an archive of VGG weights, `settings` is JSON of `RunSettings`. Rejects a checkpoint of other
    /// pictures or settings, or of the other method.
    pub async fn begin(
        &self,
        vgg: &[u8],
        settings: &str,
        input: &OptimizationInput,
        checkpoint: Option<Vec<u8>>,
    ) -> std::result::Result<OptimizationHandle, JsValue> {
        let config = OptimizeConfig::parse(settings).map_err(js)?;
        let started = input.begin(vgg, &config, checkpoint.as_deref(), self).await;
        started.map(|optimization| OptimizationHandle { optimization: Rc::new(RefCell::new(optimization)) }).map_err(js)
    }
}

impl Studio {
    /// Returns the implementation of VGG's convolutions on the device.
    pub(super) fn convolutions(&self) -> Convolutions {
        Convolutions::of(self.device.device())
    }
}

/// Returns JSON of `TimedSteps` for an optimization of `minutes`, for a photo of that size in pixels and this number of paintings.
/// `settings` is JSON of `RunSettings`, whose number of steps counts only as a ratio between the sizes; `measured` is JSON of
/// `MeasuredStep[]`, from small to large. With one measurement, time is proportional to the pixels. Throws for invalid settings.
#[wasm_bindgen(js_name = stepsFor)]
pub fn steps_for(
    settings: &str,
    width: usize,
    height: usize,
    paintings: usize,
    minutes: f64,
    measured: &str,
) -> std::result::Result<String, JsValue> {
    let measured: Vec<MeasuredStep> = serde_json::from_str(measured)
        .map_err(|e| js(Error::Style(format!("These times are invalid ({e}): start again."))))?;
    let timed = OptimizeConfig::parse(settings)
        .and_then(|config| config.settings())
        .and_then(|settings| settings.timed((width, height), paintings, minutes, &measured));
    timed.map(|timed| json!(timed).to_string()).map_err(js)
}

/// One optimization step for benchmarks.
#[cfg(feature = "measure")]
#[wasm_bindgen(js_name = BenchStep)]
pub struct WebBenchStep(crate::train::optimize_image::bench_step::BenchStep);

#[cfg(feature = "measure")]
#[wasm_bindgen(js_class = BenchStep)]
impl WebBenchStep {
    /// Prepares a step with this crate's convolution or burn's, on pictures of `side` x `side` pixels.
    #[wasm_bindgen(constructor)]
    pub fn new(studio: &Studio, vgg: &[u8], side: usize, ours: bool) -> std::result::Result<Self, JsValue> {
        use crate::train::optimize_image::bench_step::BenchStep;
        let convolutions = if ours { Convolutions::Ours } else { Convolutions::Burns };
        let vgg = Archive::parse(vgg).map_err(js)?;
        BenchStep::new(convolutions, &vgg, side, studio.device.device()).map(Self).map_err(js)
    }

    /// Runs the forward and backward pass.
    pub async fn step(&self) -> std::result::Result<(), JsValue> {
        self.0.step().await.map_err(js)
    }
}

/// The input pictures of an optimization. Methods throw for invalid pictures, and for a mask before the first painting.
#[wasm_bindgen]
pub struct OptimizationInput {
    photo: Image,
    paintings: Vec<StyleTarget>,
    start: Option<Image>,
}

#[wasm_bindgen]
impl OptimizationInput {
    /// Makes the input for a photo, which is also the initial picture.
    #[wasm_bindgen(constructor)]
    pub fn new(
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
    ) -> std::result::Result<Self, JsValue> {
        let photo = Image::from_rgba8(width, height, rgba).map_err(js)?;
        Ok(Self { photo, paintings: Vec::new(), start: None })
    }

    /// Adds a painting as style target, with a weight relative to the other paintings.
    pub fn add_painting(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
        weight: f32,
    ) -> std::result::Result<(), JsValue> {
        let painting = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.paintings.push(StyleTarget::new(painting, weight));
        Ok(())
    }

    /// Sets the mask of the photo for the style of the last painting: white applies it, black does not. It may have any
    /// size and is stretched to the photo.
    pub fn add_mask(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
    ) -> std::result::Result<(), JsValue> {
        let mask = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.last()?.mask = Some(mask);
        Ok(())
    }

    /// Sets the mask of the last painting for the part that defines the style, likewise.
    pub fn add_style_mask(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
    ) -> std::result::Result<(), JsValue> {
        let mask = Image::from_rgba8(width, height, rgba).map_err(js)?;
        self.last()?.style_mask = Some(mask);
        Ok(())
    }

    /// Sets the initial picture, instead of the photo. Neighbour matching takes none.
    pub fn start_from(
        &mut self,
        width: usize,
        height: usize,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint8ClampedArray")] rgba: &[u8],
    ) -> std::result::Result<(), JsValue> {
        self.start = Some(Image::from_rgba8(width, height, rgba).map_err(js)?);
        Ok(())
    }

    /// Sets noise of the photo's proportions as the initial picture. Each `seed` gives different noise. Neighbour matching takes none.
    pub fn start_from_noise(&mut self, seed: u32) -> std::result::Result<(), JsValue> {
        let (width, height) = Image::fitted(self.photo.width(), self.photo.height(), NOISE_SIDE);
        let mut random = Random::new(seed.into());
        let noise = Image::new(width, height, (0..width * height * 3).map(|_| random.unit()).collect());
        self.start = Some(noise.map_err(js)?);
        Ok(())
    }
}

/// Longer side of the initial noise in pixels. Like any initial picture it is resized.
const NOISE_SIDE: usize = 128;

impl OptimizationInput {
    /// Returns the last painting, which a mask applies to.
    fn last(&mut self) -> std::result::Result<&mut StyleTarget, JsValue> {
        let none = || js(Error::Style("A mask needs a painting: add the painting first.".to_string()));
        self.paintings.last_mut().ok_or_else(none)
    }

    async fn begin(
        &self,
        vgg: &[u8],
        config: &OptimizeConfig,
        checkpoint: Option<&[u8]>,
        studio: &Studio,
    ) -> Result<AnyOptimization> {
        let settings = config.settings()?;
        let size = |image: &Image| (image.width(), image.height());
        let sizes: Vec<_> = self.paintings.iter().map(|painting| size(&painting.picture)).collect();
        settings.check_memory(size(&self.photo), &sizes, studio.convolutions(), studio.device.limits())?;
        AnyOptimization::new(
            &Archive::parse(vgg)?,
            settings,
            self.photo.clone(),
            self.paintings.clone(),
            self.start.clone(),
            checkpoint,
            studio.device.device(),
        )
        .await
    }
}

/// A running image optimization.
#[wasm_bindgen]
pub struct OptimizationHandle {
    optimization: Rc<RefCell<AnyOptimization>>,
}

/// Converts a picture to a JavaScript object: width, height, data.
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

/// Returns the error for a call while another one is pending, which would be a bug of the page.
pub(super) fn busy() -> JsValue {
    js(Error::Gpu("the previous step has not finished".to_string()))
}

#[wasm_bindgen]
impl OptimizationHandle {
    /// Runs one step. Resolves with its report, or with `undefined` when all steps are done. An error leaves the picture
    /// unchanged.
    #[wasm_bindgen(unchecked_return_type = "StepReport | undefined")]
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn step(&self) -> std::result::Result<JsValue, JsValue> {
        let optimization = self.optimization.clone();
        let mut optimization = optimization.try_borrow_mut().map_err(|_| busy())?;
        let Some((progress, stage)) = optimization.step().await.map_err(js)? else { return Ok(JsValue::UNDEFINED) };
        let Progress { step, steps, width, height, parts: Parts { total, content, style, variation } } = progress;
        let report = json!({ "step": step, "steps": steps, "stage": stage, "width": width, "height": height,
            "total": total, "content": content, "style": style, "variation": variation });
        JSON::parse(&report.to_string())
    }

    /// Returns the current result at the current size.
    #[wasm_bindgen(unchecked_return_type = "PaintedPicture")]
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn picture(&self) -> std::result::Result<JsValue, JsValue> {
        let optimization = self.optimization.clone();
        let optimization = optimization.try_borrow().map_err(|_| busy())?;
        let picture = optimization.picture().await.map_err(js)?;
        pixels(&picture)
    }

    /// Returns a checkpoint to resume from, or `undefined` when all steps are done.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    #[expect(clippy::await_holding_refcell_ref, reason = "a second borrow is refused in a sentence")]
    pub async fn checkpoint(&self) -> std::result::Result<Option<Vec<u8>>, JsValue> {
        let optimization = self.optimization.clone();
        let optimization = optimization.try_borrow().map_err(|_| busy())?;
        optimization.checkpoint().await.map_err(js)
    }
}
