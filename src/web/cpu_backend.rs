//! `cpu.wasm`, the parts that depend on the device: the processor, drawing to a canvas, and copies of the browser's
//! pictures. `gpu_backend` has the same items for `live.wasm`.

use std::cell::RefCell;

use js_sys::Uint8ClampedArray;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::error::{Error, Result};
use crate::stylize::{CpuReader, Device, Session};

/// Limit for the memory of one session, in bytes. A wasm module can address 4 GB.
const MEMORY: u64 = 2 << 30;

/// Returns the processor. There are no kernels to choose from.
///
/// # Errors
/// None.
pub async fn open(_choice: Option<String>) -> Result<Device> {
    #[cfg(feature = "threads")]
    let workers = super::threads::workers();
    #[cfg(not(feature = "threads"))]
    let workers = crate::cpu::Workers::new(1);
    Ok(Device::cpu(workers, MEMORY))
}

/// Describes the device, with the same names as `live.wasm`.
pub fn describe(device: &Device) -> Value {
    json!({
        "engine": "cpu",
        "adapter": device.name(),
        "backend": "WebAssembly",
        "software": true,
        "half": false,
        "kernels": device.kernels(),
    })
}

/// Returns no device object: the browser has none for the processor.
pub fn browser_device(_device: &Device) -> JsValue {
    JsValue::UNDEFINED
}

/// Never resolves: the processor is not lost.
pub async fn lost(_device: &Device) -> Error {
    std::future::pending().await
}

/// Does nothing: there is no device to destroy.
pub fn destroy(_device: &Device) {}

/// A canvas and its context.
pub struct Canvas {
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
}

/// Draws the output of one session at one size.
pub struct Painter {
    reader: CpuReader,
}

impl Painter {
    /// Creates a painter of `session` for a canvas of `size`.
    pub fn new(session: &Session, size: (usize, usize)) -> impl Future<Output = Result<Self>> + use<> {
        let Session::Cpu(session) = session;
        std::future::ready(session.new_reader(size).map(|reader| Self { reader }))
    }
}

impl Canvas {
    /// Takes the 2D context of `canvas`.
    ///
    /// # Errors
    /// [`Error::Picture`] if the canvas has a context of another kind.
    pub fn new(_device: &Device, canvas: OffscreenCanvas) -> Result<Self> {
        let context = context(&canvas)?;
        Ok(Self { canvas, context })
    }

    /// Draws the output of `session`.
    ///
    /// # Errors
    /// [`Error::Picture`] if the browser refuses the pixels.
    pub fn paint(&mut self, session: &mut Session, painter: &mut Painter) -> Result<()> {
        let Session::Cpu(session) = session;
        let (width, height) = painter.reader.size();
        let rgba = session.paint(&painter.reader)?;
        let (width, height) = (width as u32, height as u32);
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        // A copy, since pictures must not lie in memory that threads share.
        let rgba = Uint8ClampedArray::from(&rgba[..]);
        let data = ImageData::new_with_js_u8_clamped_array_and_sh(&rgba, width, height).map_err(refused)?;
        self.context.put_image_data(&data, 0.0, 0.0).map_err(refused)
    }
}

/// Sets a video frame of the session's frame size as the photo.
///
/// # Errors
/// [`Error::Picture`] if the browser refuses to draw the frame.
pub fn set_video_frame(session: &mut Session, frame: &web_sys::VideoFrame) -> Result<()> {
    set_drawn(session, |context, width, height| {
        context.draw_image_with_video_frame_and_dw_and_dh(frame, 0.0, 0.0, width, height)
    })
}

/// Sets a bitmap of the session's frame size as the photo.
///
/// # Errors
/// [`Error::Picture`] if the browser refuses to draw the bitmap.
pub fn set_bitmap(session: &mut Session, bitmap: &web_sys::ImageBitmap) -> Result<()> {
    set_drawn(session, |context, width, height| {
        context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, width, height)
    })
}

/// Draws a picture in the session's frame size, and sets its pixels as the photo.
fn set_drawn(
    session: &mut Session,
    draw: impl FnOnce(&OffscreenCanvasRenderingContext2d, f64, f64) -> std::result::Result<(), JsValue>,
) -> Result<()> {
    let (width, height) = session.frame_size();
    let context = copy_context(width as u32, height as u32)?;
    draw(&context, width as f64, height as f64).map_err(refused)?;
    let data = context.get_image_data(0.0, 0.0, width as f64, height as f64).map_err(refused)?;
    session.set_photo(&data.data())
}

thread_local! {
    /// The canvas for copies of the browser's pictures, kept from frame to frame.
    static COPY: RefCell<Option<Canvas>> = const { RefCell::new(None) };
}

/// Returns the context of an empty canvas of this size.
fn copy_context(width: u32, height: u32) -> Result<OffscreenCanvasRenderingContext2d> {
    COPY.with_borrow_mut(|copy| {
        let Canvas { canvas, context } = match copy {
            Some(copy) if (copy.canvas.width(), copy.canvas.height()) == (width, height) => copy,
            other => {
                let canvas = OffscreenCanvas::new(width, height).map_err(refused)?;
                let context = context(&canvas)?;
                other.insert(Canvas { canvas, context })
            }
        };
        context.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
        Ok(context.clone())
    })
}

/// Returns the 2D context of `canvas`, whose pixels are in main memory.
fn context(canvas: &OffscreenCanvas) -> Result<OffscreenCanvasRenderingContext2d> {
    let options = js_sys::Object::new();
    for name in ["willReadFrequently", "desynchronized"] {
        js_sys::Reflect::set(&options, &name.into(), &JsValue::TRUE).map_err(refused)?;
    }
    let context = canvas.get_context_with_context_options("2d", &options).map_err(refused)?;
    let missing = || Error::Picture("the browser provides no 2D context for the canvas".to_string());
    context.and_then(|context| context.dyn_into().ok()).ok_or_else(missing)
}

/// Converts an exception of the browser.
fn refused(error: JsValue) -> Error {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    Error::Picture(message.unwrap_or_else(|| "the browser cannot copy this picture".to_string()))
}
