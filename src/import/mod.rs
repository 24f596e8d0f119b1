//! Files of others: readers of their formats, and what is made of them.
//!
//! [`onnx`], `torch` and `pickle` read formats. [`network`] makes style packs of transfer networks. With the feature `native`, [`vgg`]
//! makes archives of VGG weights, and [`published`] converts the published models into the archives that ship.

pub mod network;
pub mod onnx;
mod pickle;
#[cfg(feature = "native")]
pub mod published;
mod torch;
#[cfg(feature = "native")]
pub mod vgg;
