//! What JavaScript sees: `studio` for the module `studio.wasm`, `import` for `import.wasm`, everything else for `live.wasm`.

#[cfg(feature = "import")]
mod import;
#[cfg(feature = "studio")]
mod inspection;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod packs;
#[cfg(feature = "live")]
mod session;
#[cfg(feature = "live")]
mod shared;
#[cfg(feature = "studio")]
mod studio;
#[cfg(feature = "studio")]
mod training;

use wasm_bindgen::prelude::*;

use crate::error::Error;

/// Reports panics, which would otherwise be a bare `unreachable`, on the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A JavaScript `Error` with the sentence of ours, and a name where the page can do more than show it.
fn js(error: Error) -> JsValue {
    let told = js_sys::Error::new(&error.to_string());
    match error {
        Error::OutOfMemory => told.set_name("OutOfMemory"),
        Error::TooLarge { .. } => told.set_name("TooLarge"),
        Error::DeviceLost(_) => told.set_name("DeviceLost"),
        _ => {}
    }
    told.into()
}
