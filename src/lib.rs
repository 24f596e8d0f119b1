//! Impasto: neural style transfer on the user's own GPU, in the browser and on the command line.
//!
//! A layer may use only the layers before it: `error` and `text`; `image`, `image_file`, `files`; `weights`; `style`;
//! `net`; `procedural`; `reference` and `gpu`; `stylize`; `train` and `import`; `web` and the command line.
//! `ARCHITECTURE.md` describes them.

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
#[cfg(any(feature = "native", feature = "studio"))]
pub mod procedural;
pub mod reference;
pub mod style;
pub mod stylize;
pub mod text;
#[cfg(feature = "studio")]
pub mod train;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
pub mod web;
pub mod weights;
