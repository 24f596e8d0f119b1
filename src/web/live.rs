//! `live.wasm`: feed-forward stylization. JavaScript holds an [`Engine`] (a device with its networks and styles) and
//! [`Session`]s (which stylize at one size). Pictures are RGBA, 8 bits per channel, in row-major order. Errors are
//! JavaScript `Error`s with a message for the user.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::OffscreenCanvas;

use super::backend::{self, Canvas};
use super::js;
use super::session::Session;
use super::shared::Shared;
use super::tiled::TiledSession;
use crate::error::Error;
use crate::net::custom;
use crate::net::models::arbitrary;
use crate::style::{Pack, Parameters};
use crate::stylize::{StyleEncoder, StylizeModel};
use crate::weights::Archive;

/// A device with its networks and styles. It starts with the network of 26 styles.
#[wasm_bindgen]
pub struct Engine {
    shared: Rc<Shared>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the adapter and loads the network in `archive`. `choice` is an earlier result of `Engine.choice()` on this
    /// machine. Without it, or if it is not valid for the adapter, the kernels are benchmarked. Rejects if there is no
    /// suitable adapter, or the archive is invalid.
    pub async fn create(archive: Vec<u8>, choice: Option<String>) -> Result<Engine, JsValue> {
        let archive = Archive::parse(&archive).map_err(js)?;
        let device = backend::open(choice).await.map_err(js)?;
        let model = StylizeModel::load(&device, &archive).await.map_err(js)?;
        let shared = Shared {
            device,
            models: RefCell::default(),
            encoder: RefCell::default(),
            predicting: Cell::new(false),
            styles: RefCell::default(),
            canvas: RefCell::new(None),
        };
        shared.add(model);
        Ok(Engine { shared: Rc::new(shared) })
    }

    /// Loads another network: the one for arbitrary paintings, with its style encoder, or one from a style pack. Rejects
    /// if the archive is invalid.
    #[wasm_bindgen(js_name = addNetwork)]
    pub async fn add_network(&self, archive: Vec<u8>) -> Result<(), JsValue> {
        let shared = self.shared.clone();
        let archive = Archive::parse(&archive).map_err(js)?;
        let model = StylizeModel::load(&shared.device, &archive).await.map_err(js)?;
        if model.space().network() == arbitrary::NAME {
            let encoder = StyleEncoder::load(&shared.device, &archive).await.map_err(js)?;
            *shared.encoder.borrow_mut() = Some(Rc::new(encoder));
        }
        shared.add(model);
        Ok(())
    }

    /// Returns whether `network` is loaded.
    pub fn has(&self, network: &str) -> bool {
        self.shared.model(network).is_ok()
    }

    /// Removes a network that came from a style pack. Its open sessions stay valid.
    #[wasm_bindgen(js_name = removeNetwork)]
    pub fn remove_network(&self, network: &str) {
        if custom::is_own(network) {
            self.shared.models.borrow_mut().remove(network);
        }
    }

    /// Adds the style of a pack under `id`, replacing an earlier style of that id. Throws if the network of the pack is
    /// not loaded.
    #[wasm_bindgen(js_name = addStyle)]
    pub fn add_style(&self, id: String, pack: &[u8]) -> Result<(), JsValue> {
        let pack = Pack::read(pack).map_err(js)?;
        let style = self.shared.model(&pack.network).and_then(|model| model.space().style(&pack)).map_err(js)?;
        self.shared.styles.borrow_mut().insert(id, style);
        Ok(())
    }

    /// Adds a style vector, a result of `predict`, under `id` as a style of the network `arbitrary`.
    #[wasm_bindgen(js_name = addVector)]
    pub fn add_vector(&self, id: String, vector: &[f32]) -> Result<(), JsValue> {
        let model = self.shared.model(arbitrary::NAME).map_err(js)?;
        let style = model.space().vector(id.clone(), vector).map_err(js)?;
        self.shared.styles.borrow_mut().insert(id, style);
        Ok(())
    }

    /// Removes the style `id`, if it exists.
    #[wasm_bindgen(js_name = removeStyle)]
    pub fn remove_style(&self, id: &str) {
        self.shared.styles.borrow_mut().remove(id);
    }

    /// Encodes a picture, `height * width * 4` bytes of RGBA, as a style vector. Rejects while another call is pending,
    /// and if the network `arbitrary` is not loaded.
    pub async fn predict(&self, rgba: Vec<u8>, width: usize, height: usize) -> Result<Vec<f32>, JsValue> {
        let shared = self.shared.clone();
        let encoder = shared.encoder.borrow().clone();
        let encoder = encoder.ok_or_else(|| js(Error::Style("The style predictor is not loaded yet.".into())))?;
        if shared.predicting.replace(true) {
            return Err(js(Error::Style("Another painting is being encoded: wait until it is done.".into())));
        }
        let vector = encoder.encode_rgba(&rgba, (width, height)).await;
        shared.predicting.set(false);
        vector.map_err(js)
    }

    /// Returns a style pack with a style vector, a result of `predict`. `thumbnail` is a JPEG, PNG or WebP file, or
    /// empty.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn pack(
        &self,
        vector: Vec<f32>,
        name: String,
        source: String,
        licence: String,
        thumbnail: Vec<u8>,
    ) -> Result<Vec<u8>, JsValue> {
        let model = self.shared.model(arbitrary::NAME).map_err(js)?;
        let pack = model.space().pack(name, Parameters::Vector(vector));
        Pack { source, licence, thumbnail, ..pack }.write().map_err(js)
    }

    /// Sets the canvas that sessions paint on, before the first `Session.paint`. It belongs to the engine and not to the sessions, because Firefox
    /// returns the context of a worker's canvas only once.
    #[wasm_bindgen(js_name = setCanvas)]
    pub fn set_canvas(&self, canvas: OffscreenCanvas) -> Result<(), JsValue> {
        let canvas = Canvas::new(&self.shared.device, canvas).map_err(js)?;
        *self.shared.canvas.borrow_mut() = Some(canvas);
        Ok(())
    }

    /// Returns the name of the kernel variant in use, for `Engine.create` in later visits.
    pub fn choice(&self) -> String {
        self.shared.device.kernels()
    }

    /// Returns JSON of `EngineInfo` in `inference/protocol.js`, without `videoFrames`: adapter, whether it is a software
    /// renderer, 16-bit arithmetic, limits, styles.
    pub fn info(&self) -> String {
        let mut info = backend::describe(&self.shared.device);
        let models = self.shared.models.borrow();
        info["styles"] = models.values().flat_map(|model| model.styles().names()).collect();
        info.to_string()
    }

    /// Returns the browser's own `GPUDevice`, for queries that wgpu does not offer.
    pub fn device(&self) -> JsValue {
        backend::browser_device(&self.shared.device)
    }

    /// Resolves with a message for the user when the device is lost.
    pub async fn lost(&self) -> String {
        let shared = self.shared.clone();
        backend::lost(&shared.device).await.to_string()
    }

    /// Destroys the device, with the effect of a driver reset.
    pub fn destroy(&self) {
        backend::destroy(&self.shared.device);
    }

    /// Resolves when all submitted GPU work is done.
    pub async fn done(&self) -> Result<(), JsValue> {
        let shared = self.shared.clone();
        shared.device.done().await.map_err(js)
    }

    /// Returns width and height, in pixels, of the session of `network` for a photo of the given size, with strokes of
    /// `stroke` times the default size. `Session.setFrameSize` takes the photo's size. Throws if the network is not
    /// loaded.
    #[wasm_bindgen(js_name = workingSize, unchecked_return_type = "[number, number]")]
    pub fn working_size(&self, network: &str, width: usize, height: usize, stroke: f64) -> Result<Vec<u32>, JsValue> {
        let model = self.shared.model(network).map_err(js)?;
        let (width, height) = model.working_size((width, height), stroke);
        Ok(vec![width as u32, height as u32])
    }

    /// Opens a session that stylizes at `width` x `height` pixels with `network`. Photos have the same size, unless
    /// `Session.setFrameSize` sets another one. Rejects if the network is not loaded, or the size is not possible.
    pub async fn session(&self, network: String, width: usize, height: usize) -> Result<Session, JsValue> {
        let shared = self.shared.clone();
        let model = shared.model(&network).map_err(js)?;
        let session = model.session(width, height).await.map_err(js)?;
        Ok(Session::new(shared, network, session))
    }

    /// Opens a session for a photo of `width` x `height` pixels, which `network` sees at `seenWidth` x `seenHeight`, in tiles of
    /// at most `side` pixels a side. Rejects if the network is not loaded, or the size is not possible.
    #[wasm_bindgen(js_name = tiledSession)]
    pub async fn tiled_session(
        &self,
        network: String,
        width: usize,
        height: usize,
        #[wasm_bindgen(js_name = seenWidth)] seen_width: usize,
        #[wasm_bindgen(js_name = seenHeight)] seen_height: usize,
        side: usize,
    ) -> Result<TiledSession, JsValue> {
        let shared = self.shared.clone();
        let model = shared.model(&network).map_err(js)?;
        let session = model.tiled_session((width, height), (seen_width, seen_height), side).await.map_err(js)?;
        Ok(TiledSession::new(shared, network, session))
    }
}
