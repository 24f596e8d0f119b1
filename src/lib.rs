//! Impasto: neural style transfer on the user's own GPU, in the browser and on the command line.
//!
//! A room may import only rooms below it: `web` and the command line > `studio` > `stylize` > `gpu` > `cpu` > `import` > `net` >
//! `style` > `weights` > `art` > `image_file` > `image` > `error`. `ARCHITECTURE.md` draws the map.

#[cfg(any(feature = "native", feature = "studio"))]
pub mod art;
pub mod cpu;
pub mod error;
#[cfg(feature = "native")]
pub mod files;
pub mod gpu;
pub mod image;
#[cfg(feature = "native")]
pub mod image_file;
#[cfg(feature = "import")]
pub mod import;
pub mod net;
#[cfg(feature = "studio")]
pub mod studio;
pub mod style;
pub mod stylize;
pub mod text;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
pub mod web;
pub mod weights;
