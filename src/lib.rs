//! Impasto: neural style transfer on the user's own GPU, in the browser and on the command line.
//!
//! [`stylize`] paints pictures feed-forward, `train` optimizes single pictures and trains styles. [`style`] has styles,
//! their blends and their files, [`weights`] the files of networks, [`image`] pictures in memory, `image_file` their
//! files, [`net`] the networks as data, and `import` the conversion of other programs' networks.
//!
//! Stylizes a photo on the GPU, in a built-in style:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use impasto::files::{Existing, save};
//! use impasto::image::Image;
//! use impasto::image_file::{self, Format, ReadOptions, WriteOptions};
//! use impasto::stylize::{Device, StylizeModel};
//! use impasto::weights::Archive;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let photo = image_file::read(Path::new("photo.jpg"), &ReadOptions { size: Some(512), ..Default::default() })?.image;
//! let archive = Archive::parse(&std::fs::read("weights/transfer26.safetensors")?)?;
//! let (width, height) = (photo.width(), photo.height());
//! let painting = pollster::block_on(async {
//!     let device = Device::gpu().await?;
//!     let model = StylizeModel::load(&device, &archive).await?;
//!     let weights = model.styles().parse("Starry Strokes:2, Red Weave")?;
//!     let mut session = model.session(width, height).await?;
//!     session.set_style(&model.styles().mix(&weights)?)?;
//!     session.set_photo(&photo.to_rgba8())?;
//!     Image::from_rgba8(width, height, &session.read().await?)
//! })?;
//! let bytes = image_file::encode(&painting, None, Format::Png, &WriteOptions::default())?;
//! save(Path::new("painting.png"), &bytes, Existing::Replace)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Layers
//!
//! A layer may use only the layers before it: `error` and `text`; `image`, `image_file`, `files`; `weights`; `style`;
//! `net`; `procedural`; `lower`; `reference`, `gpu`, `cpu` and `settings`; `stylize`; `train` and `import`; `web` and the
//! command line.
//! `ARCHITECTURE.md` describes them.

#[cfg(feature = "cpu")]
pub mod cpu;
pub mod error;
#[cfg(feature = "native")]
pub mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod image;
#[cfg(feature = "native")]
pub mod image_file;
#[cfg(feature = "import")]
pub mod import;
pub mod lower;
pub mod net;
#[cfg(any(feature = "native", feature = "train"))]
pub mod procedural;
pub mod reference;
#[cfg(any(feature = "estimates", feature = "train"))]
pub mod settings;
pub mod style;
#[cfg(any(feature = "cpu", feature = "gpu"))]
pub mod stylize;
pub mod text;
#[cfg(feature = "train")]
pub mod train;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
pub mod web;
pub mod weights;
