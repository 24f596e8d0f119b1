//! `live.wasm`: everything feed-forward. JavaScript holds an [`Engine`] (a device with the network on it) and [`Session`]s
//! (photos of one size). Errors are JavaScript `Error`s with a sentence for the user.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::OffscreenCanvas;

use crate::cpu::picture::Look;
use crate::error::Error;
use crate::gpu::device::Request;
use crate::gpu::picture::Presenter;
use crate::gpu::{Choice, Gpu};
use crate::stylize::{self, Painter};
use crate::weights::Archive;

fn js(error: Error) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}

/// Reports panics, which would otherwise be a bare `unreachable`, on the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

struct Shared {
    gpu: Gpu,
    painter: Painter,
}

/// A device with the 26-style network on it.
#[wasm_bindgen]
pub struct Engine {
    shared: Rc<Shared>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the adapter and loads `archive`. `choice` is what [`Engine::choice`] said on this machine before; without it, or
    /// where it does not fit, the kernels are measured.
    pub async fn create(archive: Vec<u8>, choice: Option<String>) -> Result<Engine, JsValue> {
        let archive = Archive::parse(&archive).map_err(js)?;
        let gpu = Gpu::open(Request::default()).await.map_err(js)?;
        let remembered = choice.and_then(|name| Choice::remembered(&gpu, &name));
        let choice = match remembered {
            Some(choice) => choice,
            None => Choice::measure(&gpu).await.map_err(js)?,
        };
        let painter = Painter::load(&gpu, &archive, choice.variant).await.map_err(js)?;
        Ok(Engine { shared: Rc::new(Shared { gpu, painter }) })
    }

    /// The name of the kernels in use, to be remembered.
    pub fn choice(&self) -> String {
        self.shared.painter.variant().name()
    }

    /// JSON: adapter, whether it is a program on the processor, 16-bit arithmetic, limits, styles.
    pub fn info(&self) -> String {
        let Shared { gpu, painter } = &*self.shared;
        serde_json::json!({
            "adapter": gpu.info().name,
            "backend": gpu.info().backend.to_string(),
            "software": gpu.software(),
            "half": gpu.half(),
            "kernels": painter.variant().name(),
            "maxBuffer": gpu.bounds().buffer,
            "maxTexture": gpu.bounds().texture,
            "styles": painter.styles().names().collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// Resolves with a sentence when the device is lost.
    pub async fn lost(&self) -> String {
        let shared = self.shared.clone();
        Error::DeviceLost(shared.gpu.lost().await).to_string()
    }

    /// Ends the device, as a driver reset would.
    pub fn destroy(&self) {
        self.shared.gpu.destroy();
    }

    /// A session for photos of `width` x `height`.
    pub async fn session(&self, width: usize, height: usize) -> Result<Session, JsValue> {
        let shared = self.shared.clone();
        let session = shared.painter.session(&shared.gpu, width, height).await.map_err(js)?;
        Ok(Session { shared, session: Rc::new(RefCell::new(session)), canvas: None })
    }
}

/// Paints photos of one size.
#[wasm_bindgen]
pub struct Session {
    shared: Rc<Shared>,
    session: Rc<RefCell<stylize::Session>>,
    canvas: Option<(wgpu::Surface<'static>, Presenter)>,
}

/// A reading is under way: sessions answer one question at a time.
fn busy() -> JsValue {
    js_sys::Error::new("this session is still reading back: wait for it").into()
}

#[wasm_bindgen]
impl Session {
    /// A photo, as `height * width * 4` bytes of RGBA.
    #[wasm_bindgen(js_name = setPhoto)]
    pub fn set_photo(&self, rgba: &[u8]) -> Result<(), JsValue> {
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_photo(&self.shared.gpu, rgba).map_err(js)
    }

    /// The blend of styles: a weight for each.
    #[wasm_bindgen(js_name = setStyle)]
    pub fn set_style(&self, weights: &[f32]) -> Result<(), JsValue> {
        let style = self.shared.painter.styles().mix(weights).map_err(js)?;
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_style(&self.shared.gpu, &style).map_err(js)
    }

    /// How the painting is laid over the photo.
    #[wasm_bindgen(js_name = setLook)]
    pub fn set_look(&self, strength: f32, keep_colors: bool, split: f32) -> Result<(), JsValue> {
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_look(&self.shared.gpu, Look { strength, keep_colors, split }).map_err(js)
    }

    /// Shows the paintings on `canvas`, whose size becomes the photo's.
    #[wasm_bindgen(js_name = setCanvas)]
    pub async fn set_canvas(&mut self, canvas: OffscreenCanvas) -> Result<(), JsValue> {
        let gpu = &self.shared.gpu;
        let (width, height) = self.session.try_borrow().map_err(|_| busy())?.size();
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let surface = gpu
            .instance()
            .create_surface(wgpu::SurfaceTarget::OffscreenCanvas(canvas))
            .map_err(|e| js(Error::Gpu(e.to_string())))?;
        // Firefox crashes when a worker's canvas is configured as rgba8unorm.
        let format = wgpu::TextureFormat::Bgra8Unorm;
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            color_space: Default::default(),
            width: width as u32,
            height: height as u32,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Opaque,
            view_formats: vec![],
        };
        surface.configure(&gpu.device, &configuration);
        let session = self.session.clone();
        let presenter = session.try_borrow().map_err(|_| busy())?.presenter(gpu, format);
        let presenter = presenter.await.map_err(js)?;
        self.canvas = Some((surface, presenter));
        Ok(())
    }

    /// Paints onto the canvas: the network if photo or style has changed, and the last draw, in one submit.
    pub fn paint(&mut self) -> Result<(), JsValue> {
        let (surface, presenter) =
            self.canvas.as_mut().ok_or_else(|| JsValue::from(js_sys::Error::new("setCanvas comes before paint")))?;
        let frame = match surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(frame) | wgpu::CurrentSurfaceTexture::Suboptimal(frame) => frame,
            other => return Err(js(Error::Gpu(format!("the canvas gave no frame ({other:?})")))),
        };
        let view = frame.texture.create_view(&Default::default());
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.paint(&self.shared.gpu, presenter, &view).map_err(js)?;
        self.shared.gpu.queue.present(frame);
        Ok(())
    }

    /// Runs the whole network with the next reading, even if nothing has changed.
    pub fn repaint(&self) -> Result<(), JsValue> {
        self.session.try_borrow_mut().map_err(|_| busy())?.invalidate();
        Ok(())
    }

    /// The painting, as `height * width * 4` bytes of RGBA.
    pub async fn read(&self) -> Result<Vec<u8>, JsValue> {
        let (shared, session) = (self.shared.clone(), self.session.clone());
        let pixels = session.try_borrow_mut().map_err(|_| busy())?.start_read(&shared.gpu).map_err(js)?;
        pixels.finish(&shared.gpu).await.map_err(js)
    }

    /// Resolves when everything submitted is done.
    pub async fn done(&self) -> Result<(), JsValue> {
        self.shared.gpu.done().await.map_err(js)
    }

    /// JSON: what a frame costs.
    pub fn plan(&self) -> Result<String, JsValue> {
        let cost = self.session.try_borrow().map_err(|_| busy())?.cost();
        Ok(cost.json(&self.shared.painter.variant().name()))
    }
}
