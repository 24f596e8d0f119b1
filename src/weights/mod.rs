//! Weight archives: safetensors files whose large tensors are 8-bit integers with one scale per output channel.
//!
//! [`archive`] reads archives, [`builder`] writes them, [`quantize`] and [`half`] convert numbers, [`hash`] computes
//! hashes. [`foreign`] recognizes files of other kinds. This module does not depend on networks.

pub mod archive;
pub mod builder;
pub mod foreign;
pub mod half;
pub mod hash;
pub mod quantize;

pub use archive::Archive;
pub use builder::ArchiveBuilder;
