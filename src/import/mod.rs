//! Import of third-party files: parsers of their formats, and conversions of their contents.
//!
//! [`onnx`], `torch` and `pickle` parse formats. [`network`] converts transfer networks to style packs. With the
//! feature `native`, [`vgg`] converts VGG weights to archives, and [`published`] converts the published models to the
//! archives that ship.

pub mod network;
pub mod onnx;
mod pickle;
#[cfg(feature = "native")]
pub mod published;
mod torch;
#[cfg(feature = "native")]
pub mod vgg;
