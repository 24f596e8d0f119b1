//! Weight archives: safetensors files whose large tensors are 8-bit integers with one scale per output channel.
//!
//! [`archive`] reads archives, [`builder`] writes them, [`quantize`] and [`half`] convert numbers, [`hash`] computes
//! hashes. [`foreign`] recognizes files of other kinds. This module does not depend on networks.
//!
//! ```
//! use impasto::weights::Archive;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let archive = Archive::parse(&std::fs::read("weights/transfer26.safetensors")?)?;
//! assert_eq!(archive.metadata("network"), Some("transfer26"));
//! // Weights are stored in 8 bits and returned in single precision.
//! let shape = [32, 3, 9, 9];
//! let weights: Vec<f32> = archive.tensor("contract.0.w", &shape)?;
//! assert_eq!(weights.len(), shape.iter().product::<usize>());
//! # Ok(())
//! # }
//! ```

pub mod archive;
pub mod builder;
pub mod foreign;
pub mod half;
pub mod hash;
pub mod quantize;

pub use archive::Archive;
pub use builder::ArchiveBuilder;
