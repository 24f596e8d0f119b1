//! Operations of burn over this crate's kernels, with their derivatives.

#[cfg(feature = "reference")]
mod composed;
#[cfg(feature = "gpu")]
pub mod conv3x3;
#[cfg(feature = "gpu")]
pub mod conv3x3_trained;
#[cfg(feature = "gpu")]
pub mod gram;
#[cfg(feature = "cpu")]
pub mod hypercolumn;
#[cfg(feature = "gpu")]
pub mod instance_norm;
#[cfg(feature = "gpu")]
mod launch;
pub mod layers;
pub mod nearest;
#[cfg(feature = "gpu")]
mod nearest_graphics;
#[cfg(feature = "cpu")]
pub mod processor;
pub mod products;
pub mod resample;
pub mod rows;
#[cfg(feature = "gpu")]
pub mod window;
