//! Training and optimization against VGG features, on burn.
//!
//! burn selects the backend of a tensor by its device: `device::Graphics` is every device that wgpu supports,
//! `device::cpu` is the processor. [`vgg_features`] and [`transfer_net`] are networks in burn's tensors, [`ops`] has the operations
//! over this crate's kernels, [`losses`] and [`optim`] are shared by both procedures. [`optimize_image`] optimizes the
//! pixels of one photo, [`train_style`] trains a transfer network on a painting. [`metrics`] compares results.

pub mod device;
pub mod feature_map;
#[cfg(feature = "gpu")]
mod graphics;
pub mod losses;
pub mod metrics;
pub mod ops;
pub mod optim;
pub mod optimize_image;
pub mod train_style;
pub mod transfer_net;
pub mod vgg_features;

pub use crate::settings::{OptimizeConfig, Optimizer, Scale, Settings, StyleLoss, Term, Terms, coarse_to_fine};
pub use feature_map::FeatureMap;
pub use losses::{Objective, Parts, Source};
pub use optimize_image::any_method::AnyOptimization;
pub use optimize_image::checkpoint::Checkpoint;
pub use optimize_image::neighbour_checkpoint::NeighbourCheckpoint;
pub use optimize_image::neighbour_matching::NeighbourMatching;
pub use optimize_image::optimization::{ImageOptimization, Progress, Start};
pub use optimize_image::style_target::StyleTarget;
pub use vgg_features::Features;
