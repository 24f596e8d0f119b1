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
//! use impasto::gpu::device::Request;
//! use impasto::gpu::{Choice, Gpu};
//! use impasto::image::Image;
//! use impasto::image_file::{self, Format, ReadOptions, WriteOptions};
//! use impasto::stylize::StylizeModel;
//! use impasto::weights::Archive;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let photo = image_file::read(Path::new("photo.jpg"), &ReadOptions { size: Some(512), ..Default::default() })?.image;
//! let archive = Archive::parse(&std::fs::read("weights/transfer26.safetensors")?)?;
//! let (width, height) = (photo.width(), photo.height());
//! let painting = pollster::block_on(async {
//!     let gpu = Gpu::open(Request::default()).await?;
//!     let variant = Choice::measure(&gpu).await?.variant;
//!     let model = StylizeModel::load(&gpu, &archive, variant).await?;
//!     let weights = model.styles().parse("Starry Strokes:2, Red Weave")?;
//!     let mut session = model.session(&gpu, width, height).await?;
//!     session.set_style(&gpu, &model.styles().mix(&weights)?)?;
//!     session.set_photo(&gpu, &photo.to_rgba8())?;
//!     Image::from_rgba8(width, height, &session.read(&gpu).await?)
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
//! `net`; `procedural`; `reference`, `gpu` and `settings`; `stylize`; `train` and `import`; `web` and the command line.
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
#[cfg(any(feature = "live", feature = "studio"))]
pub mod settings;
pub mod style;
pub mod stylize;
pub mod text;
#[cfg(feature = "studio")]
pub mod train;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
pub mod web;
pub mod weights;
