//! Weight archives: safetensors files whose large tensors are 8-bit integers with one scale per output channel.
//!
//! [`archive`] reads them, [`builder`] writes them. With the feature `import`, `onnx` and `torch` read files of others, and
//! [`foreign`] knows what is no such file. With the feature `native`, `convert` turns the published models into the archives that
//! ship with the program, and `import` makes archives of the VGG weights that users have.

pub mod archive;
pub mod builder;
#[cfg(feature = "native")]
pub mod convert;
#[cfg(feature = "native")]
mod convert_arbitrary;
#[cfg(feature = "native")]
mod convert_vgg;
pub mod foreign;
pub mod half;
mod hash;
#[cfg(feature = "native")]
pub mod import;
#[cfg(feature = "import")]
pub mod onnx;
#[cfg(feature = "import")]
mod pickle;
pub mod quantize;
#[cfg(feature = "import")]
pub(crate) mod torch;

pub use archive::Archive;
pub use builder::ArchiveBuilder;
#[cfg(feature = "native")]
pub use convert::{Report, build};
