//! What JavaScript sees: `live` and what belongs to it for the module `live.wasm`.

mod live;
mod packs;
mod session;

use wasm_bindgen::JsValue;

use crate::error::Error;

/// A JavaScript `Error` with the sentence of ours.
fn js(error: Error) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
