//! Operations of burn over this crate's kernels, with their derivatives.

pub mod conv3x3;
#[cfg(feature = "native")]
pub mod conv3x3_trained;
pub mod gram;
pub mod instance_norm;
mod launch;
pub mod layers;
#[cfg(feature = "native")]
pub mod processor;
pub mod window;
