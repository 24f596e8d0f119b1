//! Training and optimization against VGG features, on burn.
//!
//! burn's tensors choose their backend by device: `device::cpu` is the reference, `device::gpu` everything that wgpu runs on.
//! [`vgg_features`] and [`transfer_net`] are networks in burn's tensors, [`ops`] the operations over kernels of this crate, [`losses`] and
//! [`optim`] what both kinds of work need. [`optimize_image`] changes the pixels of one photo, [`train_style`] makes a transfer network learn
//! a painting. [`metrics`] compares results.

pub mod device;
pub mod losses;
pub mod metrics;
pub mod ops;
pub mod optim;
pub mod optimize_image;
pub mod train_style;
pub mod transfer_net;
pub mod vgg_features;

pub use losses::style::StyleLoss;
pub use losses::{Objective, Parts, Source, Term, Terms};
pub use optim::Optimizer;
pub use optimize_image::checkpoint::Checkpoint;
pub use optimize_image::config::OptimizeConfig;
pub use optimize_image::optimization::{ImageOptimization, Progress, Settings, Start};
pub use optimize_image::schedule::{Scale, coarse_to_fine};
pub use optimize_image::style_target::StyleTarget;
pub use vgg_features::Features;
