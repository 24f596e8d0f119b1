//! What JavaScript sees: `studio` for the module `studio.wasm`, everything else for `live.wasm`.

#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod packs;
#[cfg(feature = "live")]
mod session;
#[cfg(feature = "studio")]
mod studio;

use wasm_bindgen::prelude::*;

use crate::error::Error;

/// Reports panics, which would otherwise be a bare `unreachable`, on the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A JavaScript `Error` with the sentence of ours.
fn js(error: Error) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
