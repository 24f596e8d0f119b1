//! JavaScript bindings: `studio`, `import` and `estimates` for the modules of these names, everything else for `live.wasm` and
//! `cpu.wasm`, which have the same items: one runs networks on WebGPU, the other on the processor.

#[cfg(feature = "live-cpu")]
mod cpu_backend;
#[cfg(feature = "estimates")]
mod estimates;
#[cfg(feature = "live")]
mod gpu_backend;
#[cfg(feature = "import")]
mod import;
#[cfg(feature = "train")]
mod inspection;
#[cfg(feature = "train")]
mod json_types;
#[cfg(any(feature = "live", feature = "live-cpu"))]
mod live;
#[cfg(any(feature = "live", feature = "live-cpu"))]
mod packs;
#[cfg(any(feature = "live", feature = "live-cpu"))]
mod session;
#[cfg(any(feature = "live", feature = "live-cpu"))]
mod shared;
#[cfg(feature = "train")]
mod studio;
#[cfg(feature = "train")]
mod studio_device;
#[cfg(all(feature = "live-cpu", feature = "threads"))]
mod threads;
#[cfg(any(feature = "live", feature = "live-cpu"))]
mod tiled;
#[cfg(feature = "train")]
mod training;

#[cfg(feature = "live-cpu")]
use cpu_backend as backend;
#[cfg(feature = "live")]
use gpu_backend as backend;
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
