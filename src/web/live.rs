//! `live.wasm`: everything feed-forward. JavaScript holds an [`Engine`] (a device with the network on it) and [`Session`]s
//! (which paint at one size). Errors are JavaScript `Error`s with a sentence for the user.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::OffscreenCanvas;

use crate::cpu::picture::Look;
use crate::error::Error;
use crate::gpu::device::Request;
use crate::gpu::present::Presenter;
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

/// Firefox crashes when a worker's canvas is configured as rgba8unorm.
const CANVAS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Bgra8Unorm;

struct Shared {
    gpu: Gpu,
    painter: Painter,
    /// The canvas that paintings are shown on, once it is there.
    easel: RefCell<Option<Easel>>,
}

/// A canvas, its surface, and the size that it has.
struct Easel {
    canvas: OffscreenCanvas,
    surface: wgpu::Surface<'static>,
    size: (usize, usize),
}

impl Easel {
    /// Gives the canvas `size`, if it has another.
    fn fit(&mut self, gpu: &Gpu, size: (usize, usize)) {
        if self.size == size {
            return;
        }
        self.size = size;
        let (width, height) = (size.0 as u32, size.1 as u32);
        self.canvas.set_width(width);
        self.canvas.set_height(height);
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: CANVAS_FORMAT,
            color_space: Default::default(),
            width,
            height,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Opaque,
            view_formats: vec![],
        };
        self.surface.configure(&gpu.device, &configuration);
    }
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
        Ok(Engine { shared: Rc::new(Shared { gpu, painter, easel: RefCell::new(None) }) })
    }

    /// The canvas that sessions show their paintings on from now on. Firefox gives a worker the context of a canvas once
    /// only, so it belongs to the engine and not to the sessions.
    #[wasm_bindgen(js_name = setCanvas)]
    pub fn set_canvas(&self, canvas: OffscreenCanvas) -> Result<(), JsValue> {
        let target = wgpu::SurfaceTarget::OffscreenCanvas(canvas.clone());
        let surface = self.shared.gpu.instance().create_surface(target);
        let surface = surface.map_err(|e| js(Error::Gpu(e.to_string())))?;
        *self.shared.easel.borrow_mut() = Some(Easel { canvas, surface, size: (0, 0) });
        Ok(())
    }

    /// The name of the kernels in use, to be remembered.
    pub fn choice(&self) -> String {
        self.shared.painter.variant().name()
    }

    /// JSON: adapter, whether it is a program on the processor, 16-bit arithmetic, limits, styles.
    pub fn info(&self) -> String {
        let Shared { gpu, painter, .. } = &*self.shared;
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

    /// The browser's own device object, for questions that wgpu does not answer.
    pub fn device(&self) -> JsValue {
        self.shared.gpu.browser_device().unwrap_or(JsValue::UNDEFINED)
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

    /// Resolves when everything submitted is done.
    pub async fn done(&self) -> Result<(), JsValue> {
        let shared = self.shared.clone();
        shared.gpu.done().await.map_err(js)
    }

    /// A session that paints at `width` x `height`.
    pub async fn session(&self, width: usize, height: usize) -> Result<Session, JsValue> {
        let shared = self.shared.clone();
        let session = shared.painter.session(&shared.gpu, width, height).await.map_err(js)?;
        Ok(Session { shared, session: Rc::new(RefCell::new(session)), presenter: RefCell::new(None) })
    }
}

/// Paints pictures at one size.
#[wasm_bindgen]
pub struct Session {
    shared: Rc<Shared>,
    session: Rc<RefCell<stylize::Session>>,
    presenter: RefCell<Option<Presenter>>,
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
        session.set_look(Look { strength, keep_colors, split }).map_err(js)
    }

    /// Makes room for pictures of `width` x `height`, which the network sees resized; paintings are read at that size.
    #[wasm_bindgen(js_name = setFrameSize)]
    pub async fn set_frame_size(&self, width: usize, height: usize) -> Result<(), JsValue> {
        let frame = {
            let session = self.session.try_borrow().map_err(|_| busy())?;
            if session.frame().size() == (width, height) {
                return Ok(());
            }
            session.new_frame(&self.shared.gpu, (width, height))
        };
        let frame = frame.await.map_err(js)?;
        *self.presenter.borrow_mut() = None;
        self.session.try_borrow_mut().map_err(|_| busy())?.set_frame(&self.shared.gpu, frame);
        Ok(())
    }

    /// A video frame of the size that [`Session::set_frame_size`] was given.
    #[wasm_bindgen(js_name = setVideoFrame)]
    pub fn set_video_frame(&self, frame: web_sys::VideoFrame) -> Result<(), JsValue> {
        self.copy(wgpu::ExternalImageSource::VideoFrame(frame))
    }

    /// A bitmap of the size that [`Session::set_frame_size`] was given.
    #[wasm_bindgen(js_name = setBitmap)]
    pub fn set_bitmap(&self, bitmap: web_sys::ImageBitmap) -> Result<(), JsValue> {
        self.copy(wgpu::ExternalImageSource::ImageBitmap(bitmap))
    }

    /// Whether left and right are exchanged.
    #[wasm_bindgen(js_name = setMirrored)]
    pub fn set_mirrored(&self, mirrored: bool) -> Result<(), JsValue> {
        self.session.try_borrow_mut().map_err(|_| busy())?.set_mirrored(&self.shared.gpu, mirrored);
        Ok(())
    }

    /// Paintings of moving pictures flicker less from now on. [`Session::show_at`] comes after it.
    pub async fn steady(&self) -> Result<(), JsValue> {
        let steadier = self.session.try_borrow().map_err(|_| busy())?.new_steadier(&self.shared.gpu);
        let steadier = steadier.await.map_err(js)?;
        *self.presenter.borrow_mut() = None;
        self.session.try_borrow_mut().map_err(|_| busy())?.set_steadier(steadier);
        Ok(())
    }

    /// Prepares for [`Session::paint`] at `width` x `height`, whatever the size that the network paints at.
    #[wasm_bindgen(js_name = showAt)]
    pub async fn show_at(&self, width: usize, height: usize) -> Result<(), JsValue> {
        let gpu = &self.shared.gpu;
        let presenter = self.session.try_borrow().map_err(|_| busy())?.presenter(gpu, CANVAS_FORMAT, (width, height));
        let presenter = presenter.await.map_err(js)?;
        *self.presenter.borrow_mut() = Some(presenter);
        Ok(())
    }

    /// Paints onto the engine's canvas: the network if picture or style has changed, and the last draw, in one submit.
    pub fn paint(&self) -> Result<(), JsValue> {
        let unready = || JsValue::from(js_sys::Error::new("setCanvas and showAt come before paint"));
        let mut presenter = self.presenter.borrow_mut();
        let presenter = presenter.as_mut().ok_or_else(unready)?;
        let mut easel = self.shared.easel.borrow_mut();
        let easel = easel.as_mut().ok_or_else(unready)?;
        easel.fit(&self.shared.gpu, presenter.size());
        let frame = match easel.surface.get_current_texture() {
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
        let missing = {
            let session = session.try_borrow().map_err(|_| busy())?;
            (!session.readable()).then(|| session.new_reader(&shared.gpu))
        };
        if let Some(reader) = missing {
            let reader = reader.await.map_err(js)?;
            session.try_borrow_mut().map_err(|_| busy())?.set_reader(reader);
        }
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

impl Session {
    fn copy(&self, source: wgpu::ExternalImageSource) -> Result<(), JsValue> {
        self.session.try_borrow_mut().map_err(|_| busy())?.copy_photo(&self.shared.gpu, source);
        Ok(())
    }
}
