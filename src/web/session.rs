//! `live.wasm`, sessions: stylization at one size.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::backend::{self, Painter};
use super::js;
use super::shared::Shared;
use crate::image::composite::Look;
use crate::stylize;

/// Stylizes pictures with one network at one size. Methods throw while a readback (`read`) is pending. A session must not
/// be freed while one of its promises is pending.
#[wasm_bindgen]
pub struct Session {
    shared: Rc<Shared>,
    /// The network of the session.
    network: String,
    session: Rc<RefCell<stylize::Session>>,
    painter: RefCell<Option<Painter>>,
    /// Width and height of pictures that are read, where the frame's size is another.
    read_size: Cell<Option<(usize, usize)>>,
}

/// Returns the error for a call during a readback: a session runs one operation at a time.
fn busy() -> JsValue {
    js_sys::Error::new("this session is still reading a result: wait until it is done").into()
}

#[wasm_bindgen]
impl Session {
    /// Sets the photo, as `height * width * 4` bytes of RGBA. Throws if the length does not match the size.
    #[wasm_bindgen(js_name = setPhoto)]
    pub fn set_photo(&self, rgba: &[u8]) -> Result<(), JsValue> {
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_photo(rgba).map_err(js)
    }

    /// Sets the style, a blend of styles of the session's network: their ids in the engine, and a weight for each. Throws
    /// for unknown ids.
    #[wasm_bindgen(js_name = setStyle)]
    pub fn set_style(&self, ids: Vec<String>, weights: &[f32]) -> Result<(), JsValue> {
        let style = self.shared.blend(&self.network, &ids, weights).map_err(js)?;
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_style(&style).map_err(js)
    }

    /// Sets how the stylized picture and the photo are composited. `strength` is the opacity of the stylized picture, 0..1;
    /// with `keep_colors` it has the photo's colours. The photo is shown left of `split`, 0..1; 0 shows the stylized
    /// picture alone.
    #[wasm_bindgen(js_name = setLook)]
    pub fn set_look(&self, strength: f32, keep_colors: bool, split: f32) -> Result<(), JsValue> {
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_look(Look { strength, keep_colors, split }).map_err(js)
    }

    /// Sets the strength of the brushwork texture that photos receive before the network, 0..1: faint streaks that
    /// guide its strokes.
    #[wasm_bindgen(js_name = setBrushwork)]
    pub fn set_brushwork(&self, strength: f32) -> Result<(), JsValue> {
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        session.set_brushwork(strength).map_err(js)
    }

    /// Sets the size of input pictures to `width` x `height` pixels, before `showAt`. They are resized for the network.
    /// The pictures that `read` returns have this size, unless `setReadSize` follows.
    #[wasm_bindgen(js_name = setFrameSize)]
    pub async fn set_frame_size(&self, width: usize, height: usize) -> Result<(), JsValue> {
        let frame = {
            let session = self.session.try_borrow().map_err(|_| busy())?;
            if session.frame_size() == (width, height) {
                return Ok(());
            }
            session.new_frame((width, height))
        };
        let frame = frame.await.map_err(js)?;
        *self.painter.borrow_mut() = None;
        self.read_size.set(None);
        self.session.try_borrow_mut().map_err(|_| busy())?.set_frame(frame).map_err(js)
    }

    /// Sets the size of the pictures that `read` returns, before the first of them, in pixels: other than the input's for
    /// video frames whose pixels are not square.
    #[wasm_bindgen(js_name = setReadSize)]
    pub fn set_read_size(&self, width: usize, height: usize) {
        self.read_size.set(Some((width, height)));
    }

    /// Sets a video frame of the size in `setFrameSize` as the photo.
    #[wasm_bindgen(js_name = setVideoFrame)]
    pub fn set_video_frame(&self, frame: web_sys::VideoFrame) -> Result<(), JsValue> {
        backend::set_video_frame(&mut *self.session.try_borrow_mut().map_err(|_| busy())?, &frame).map_err(js)
    }

    /// Sets a bitmap of the size in `setFrameSize` as the photo.
    #[wasm_bindgen(js_name = setBitmap)]
    pub fn set_bitmap(&self, bitmap: web_sys::ImageBitmap) -> Result<(), JsValue> {
        backend::set_bitmap(&mut *self.session.try_borrow_mut().map_err(|_| busy())?, &bitmap).map_err(js)
    }

    /// Sets whether the photo is mirrored horizontally.
    #[wasm_bindgen(js_name = setMirrored)]
    pub fn set_mirrored(&self, mirrored: bool) -> Result<(), JsValue> {
        self.session.try_borrow_mut().map_err(|_| busy())?.set_mirrored(mirrored);
        Ok(())
    }

    /// Enables the temporal filter, which reduces flicker of video. It must precede `showAt`.
    pub async fn steady(&self) -> Result<(), JsValue> {
        let temporal_filter = self.session.try_borrow().map_err(|_| busy())?.new_temporal_filter();
        let temporal_filter = temporal_filter.await.map_err(js)?;
        *self.painter.borrow_mut() = None;
        self.session.try_borrow_mut().map_err(|_| busy())?.set_temporal_filter(temporal_filter).map_err(js)
    }

    /// Prepares `paint` at `width` x `height` pixels, independent of the size that the network runs at.
    #[wasm_bindgen(js_name = showAt)]
    pub async fn show_at(&self, width: usize, height: usize) -> Result<(), JsValue> {
        let painter = Painter::new(&*self.session.try_borrow().map_err(|_| busy())?, (width, height));
        let painter = painter.await.map_err(js)?;
        *self.painter.borrow_mut() = Some(painter);
        Ok(())
    }

    /// Paints onto the engine's canvas in one submit: runs the network if picture or style has changed, then
    /// composites.
    pub fn paint(&self) -> Result<(), JsValue> {
        let unready = || JsValue::from(js_sys::Error::new("call setCanvas and showAt before paint"));
        let mut painter = self.painter.borrow_mut();
        let painter = painter.as_mut().ok_or_else(unready)?;
        let mut canvas = self.shared.canvas.borrow_mut();
        let canvas = canvas.as_mut().ok_or_else(unready)?;
        let mut session = self.session.try_borrow_mut().map_err(|_| busy())?;
        canvas.paint(&mut session, painter).map_err(js)
    }

    /// Makes the next readback run the whole network, even if nothing has changed.
    pub fn repaint(&self) -> Result<(), JsValue> {
        self.session.try_borrow_mut().map_err(|_| busy())?.invalidate();
        Ok(())
    }

    /// Reads the composited picture back, as `height * width * 4` bytes of RGBA. It needs no canvas and no `paint`.
    pub async fn read(&self) -> Result<Vec<u8>, JsValue> {
        let session = self.session.clone();
        let missing = {
            let session = session.try_borrow().map_err(|_| busy())?;
            let size = self.read_size.get().unwrap_or_else(|| session.frame_size());
            (!session.readable()).then(|| session.new_reader(size))
        };
        if let Some(reader) = missing {
            let reader = reader.await.map_err(js)?;
            session.try_borrow_mut().map_err(|_| busy())?.set_reader(reader).map_err(js)?;
        }
        let pixels = session.try_borrow_mut().map_err(|_| busy())?.start_read().map_err(js)?;
        pixels.finish().await.map_err(js)
    }

    /// Resolves when all submitted GPU work is done.
    pub async fn done(&self) -> Result<(), JsValue> {
        self.shared.device.done().await.map_err(js)
    }

    /// Returns JSON: the cost of a frame.
    pub fn plan(&self) -> Result<String, JsValue> {
        Ok(self.session.try_borrow().map_err(|_| busy())?.plan(&self.shared.device.kernels()))
    }
}

impl Session {
    /// Wraps an open session of `network`.
    pub(super) fn new(shared: Rc<Shared>, network: String, session: stylize::Session) -> Self {
        Self {
            shared,
            network,
            session: Rc::new(RefCell::new(session)),
            painter: RefCell::new(None),
            read_size: Cell::new(None),
        }
    }
}
