//! JavaScript bindings: `studio` for the module `studio.wasm`, `import` for `import.wasm`, everything else for
//! `live.wasm`.

#[cfg(feature = "live")]
mod estimates;
#[cfg(feature = "import")]
mod import;
#[cfg(feature = "studio")]
mod inspection;
#[cfg(feature = "studio")]
mod json_types;
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

/// Logs panics on the console, which otherwise appear only as `unreachable`.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Converts an error to a JavaScript `Error` with its message, and with a name for errors that the page handles
/// specially.
fn js(error: Error) -> JsValue {
    let converted = js_sys::Error::new(&error.to_string());
    match error {
        Error::OutOfMemory => converted.set_name("OutOfMemory"),
        Error::TooLarge { .. } => converted.set_name("TooLarge"),
        Error::DeviceLost(_) => converted.set_name("DeviceLost"),
        _ => {}
    }
    converted.into()
}
