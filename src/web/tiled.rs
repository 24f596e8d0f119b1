//! `live.wasm`, tiles: stylization of photos of any size, one tile after the other.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::js;
use super::shared::Shared;
use crate::image::composite::Look;
use crate::stylize;

/// Stylizes one photo in overlapping tiles. Set style, brushwork and look, then `setCopy`, then call `paint` for each tile.
/// Methods throw while a promise is pending. A session must not be freed while one of its promises is pending.
#[wasm_bindgen]
pub struct TiledSession {
    shared: Rc<Shared>,
    network: String,
    /// Missing while a promise is pending.
    session: Rc<RefCell<Option<stylize::TiledSession>>>,
}

/// Returns the error for a call during another one.
fn busy() -> JsValue {
    js_sys::Error::new("this session is still painting a tile: wait until it is done").into()
}

#[wasm_bindgen]
impl TiledSession {
    /// Returns eight numbers for each tile, in pixels of the photo: column, row, width and height of what `paint` takes, and
    /// of what it returns.
    pub fn tiles(&self) -> Result<Vec<u32>, JsValue> {
        let session = self.session.borrow();
        let tiles = session.as_ref().ok_or_else(busy)?.tiles();
        let parts = tiles.iter().flat_map(|tile| [tile.photo, tile.result]);
        let numbers = parts.flat_map(|part| [part.origin.0, part.origin.1, part.size.0, part.size.1]);
        Ok(numbers.map(|number| number as u32).collect())
    }

    /// Sets the style, as `Session.setStyle`. `setCopy` must follow.
    #[wasm_bindgen(js_name = setStyle)]
    pub fn set_style(&self, ids: Vec<String>, weights: &[f32]) -> Result<(), JsValue> {
        let style = self.shared.blend(&self.network, &ids, weights).map_err(js)?;
        self.session.borrow_mut().as_mut().ok_or_else(busy)?.set_style(&style).map_err(js)
    }

    /// Sets how the painting and the photo are composited, as `Session.setLook` without the photo at the left.
    #[wasm_bindgen(js_name = setLook)]
    pub fn set_look(&self, strength: f32, keep_colors: bool) -> Result<(), JsValue> {
        let look = Look { strength: strength.clamp(0.0, 1.0), keep_colors, split: 0.0 };
        self.session.borrow_mut().as_mut().ok_or_else(busy)?.set_look(look);
        Ok(())
    }

    /// Sets the strength of the brushwork, as `Session.setBrushwork`. `setCopy` must follow.
    #[wasm_bindgen(js_name = setBrushwork)]
    pub fn set_brushwork(&self, strength: f32) -> Result<(), JsValue> {
        self.session.borrow_mut().as_mut().ok_or_else(busy)?.set_brushwork(strength);
        Ok(())
    }

    /// Measures what the tiles have in common on a small copy of the photo, `height * width * 4` bytes of RGBA, which the
    /// network sees at `seenWidth` x `seenHeight`.
    #[wasm_bindgen(js_name = setCopy)]
    pub async fn set_copy(
        &self,
        rgba: Vec<u8>,
        width: usize,
        height: usize,
        #[wasm_bindgen(js_name = seenWidth)] seen_width: usize,
        #[wasm_bindgen(js_name = seenHeight)] seen_height: usize,
    ) -> Result<(), JsValue> {
        let model = self.shared.model(&self.network).map_err(js)?;
        let slot = self.session.clone();
        let mut session = slot.borrow_mut().take().ok_or_else(busy)?;
        let measured = session.measure_copy(&model, (width, height), (seen_width, seen_height), &rgba).await;
        *slot.borrow_mut() = Some(session);
        measured.map_err(js)
    }

    /// Stylizes tile number `tile`, whose photo is given as RGBA, and returns RGBA.
    pub async fn paint(&self, tile: usize, rgba: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        let slot = self.session.clone();
        let mut session = slot.borrow_mut().take().ok_or_else(busy)?;
        let painted = match session.tiles().get(tile).copied() {
            Some(tile) => session.paint(&tile, &rgba).await.map_err(js),
            None => Err(js_sys::Error::new("there is no such tile").into()),
        };
        *slot.borrow_mut() = Some(session);
        painted
    }
}

impl TiledSession {
    /// Wraps an open session of `network`.
    pub(super) fn new(shared: Rc<Shared>, network: String, session: stylize::TiledSession) -> Self {
        Self { shared, network, session: Rc::new(RefCell::new(Some(session))) }
    }
}
