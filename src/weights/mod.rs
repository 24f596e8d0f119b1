//! Weight archives: safetensors files whose large tensors are 8-bit integers with one scale per output channel.
//!
//! [`archive`] reads them, [`builder`] writes them. With the feature `native`, `onnx` reads the published models and
//! `convert` turns them into the archives that ship with the program; `import` makes archives of the weights that users have.

pub mod archive;
pub mod builder;
#[cfg(feature = "native")]
pub mod convert;
#[cfg(feature = "native")]
mod convert_arbitrary;
#[cfg(feature = "native")]
mod convert_vgg;
pub mod half;
mod hash;
#[cfg(feature = "native")]
pub mod import;
#[cfg(feature = "native")]
pub mod onnx;
#[cfg(feature = "native")]
mod pickle;
pub mod quantize;
#[cfg(feature = "native")]
pub(crate) mod torch;

pub use archive::Archive;
pub use builder::ArchiveBuilder;
#[cfg(feature = "native")]
pub use convert::{Report, build};
