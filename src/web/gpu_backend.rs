//! `live.wasm`, the parts that depend on WebGPU: opening the device, drawing to a canvas, and copies of the browser's
//! pictures.

use std::rc::Rc;

use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use web_sys::OffscreenCanvas;

use crate::error::{Error, Result};
use crate::gpu::device::Request;
use crate::gpu::output::Compositor;
use crate::gpu::{Choice, Gpu};
use crate::stylize::{Device, Session};

/// Format of the canvas. Firefox crashes when a worker's canvas is configured as rgba8unorm.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Bgra8Unorm;

/// Opens the adapter. `choice` is the name of the kernels that an earlier visit has chosen. Without it, or if it is not
/// valid for the adapter, the kernels are benchmarked.
///
/// # Errors
/// As [`Gpu::open`].
pub async fn open(choice: Option<String>) -> Result<Device> {
    let gpu = Gpu::open(Request::default()).await?;
    let stored = choice.and_then(|name| Choice::stored(&gpu, &name));
    let choice = match stored {
        Some(choice) => choice,
        None => Choice::measure(&gpu).await?,
    };
    Ok(Device::from_gpu(gpu, choice.variant))
}

/// Describes the device: adapter, whether it is a software renderer, 16-bit arithmetic, limits.
pub fn describe(device: &Device) -> Value {
    let Device::Gpu(device) = device;
    let gpu = &device.gpu;
    json!({
        "engine": "gpu",
        "adapter": gpu.info().name,
        "backend": gpu.info().backend.to_string(),
        "software": gpu.software(),
        "half": gpu.half(),
        "kernels": device.variant.name(),
        "maxBuffer": gpu.bounds().buffer,
        "maxTexture": gpu.bounds().texture,
    })
}

/// Returns the browser's own device object.
pub fn browser_device(device: &Device) -> JsValue {
    let Device::Gpu(device) = device;
    device.gpu.browser_device().unwrap_or(JsValue::UNDEFINED)
}

/// Resolves when the device is lost.
pub async fn lost(device: &Device) -> Error {
    let Device::Gpu(device) = device;
    Error::DeviceLost(device.gpu.lost().await)
}

/// Destroys the device, with the effect of a driver reset.
pub fn destroy(device: &Device) {
    let Device::Gpu(device) = device;
    device.gpu.destroy();
}

/// A canvas, its surface, and its current size.
pub struct Canvas {
    gpu: Rc<Gpu>,
    canvas: OffscreenCanvas,
    surface: wgpu::Surface<'static>,
    size: (usize, usize),
}

/// Draws the output of one session at one size.
pub struct Painter {
    compositor: Compositor,
}

impl Painter {
    /// Creates a painter of `session` for a canvas of `size`. The future does not borrow the session.
    pub fn new(session: &Session, size: (usize, usize)) -> impl Future<Output = Result<Self>> + use<> {
        let Session::Gpu(session) = session;
        let compositor = session.compositor(FORMAT, size);
        async move { Ok(Self { compositor: compositor.await? }) }
    }
}

impl Canvas {
    /// Creates the surface of `canvas`, which has no size yet.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the surface cannot be created.
    pub fn new(device: &Device, canvas: OffscreenCanvas) -> Result<Self> {
        let Device::Gpu(device) = device;
        let target = wgpu::SurfaceTarget::OffscreenCanvas(canvas.clone());
        let surface = device.gpu.instance().create_surface(target).map_err(|e| Error::Gpu(e.to_string()))?;
        Ok(Self { gpu: device.gpu.clone(), canvas, surface, size: (0, 0) })
    }

    /// Draws the output of `session` in one submit.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the canvas has no texture, and the errors of the device.
    pub fn paint(&mut self, session: &mut Session, painter: &mut Painter) -> Result<()> {
        let Session::Gpu(session) = session;
        self.fit(painter.compositor.size());
        let frame = match self.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(frame) | wgpu::CurrentSurfaceTexture::Suboptimal(frame) => frame,
            other => return Err(Error::Gpu(format!("the canvas has no texture: {other:?}"))),
        };
        let view = frame.texture.create_view(&Default::default());
        session.paint(&mut painter.compositor, &view)?;
        self.gpu.queue.present(frame);
        Ok(())
    }

    /// Resizes the canvas to `size`, if its size differs.
    fn fit(&mut self, size: (usize, usize)) {
        if self.size == size {
            return;
        }
        self.size = size;
        let (width, height) = (size.0 as u32, size.1 as u32);
        self.canvas.set_width(width);
        self.canvas.set_height(height);
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: FORMAT,
            color_space: Default::default(),
            width,
            height,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Opaque,
            view_formats: vec![],
        };
        self.surface.configure(&self.gpu.device, &configuration);
    }
}

/// Sets a video frame of the session's frame size as the photo.
///
/// # Errors
/// None; `cpu_backend` has some.
#[expect(clippy::unnecessary_wraps, reason = "the processor can fail")]
pub fn set_video_frame(session: &mut Session, frame: &web_sys::VideoFrame) -> Result<()> {
    let Session::Gpu(session) = session;
    session.copy_photo(wgpu::ExternalImageSource::VideoFrame(Clone::clone(frame)));
    Ok(())
}

/// Sets a bitmap of the session's frame size as the photo.
///
/// # Errors
/// None; `cpu_backend` has some.
#[expect(clippy::unnecessary_wraps, reason = "the processor can fail")]
pub fn set_bitmap(session: &mut Session, bitmap: &web_sys::ImageBitmap) -> Result<()> {
    let Session::Gpu(session) = session;
    session.copy_photo(wgpu::ExternalImageSource::ImageBitmap(bitmap.clone()));
    Ok(())
}
