//! Style training: trains a transfer network on a painting. Only the scales and shifts of its normalizations change
//! (Dumoulin, Shlens, Kudlur 2017, "A Learned Representation for Artistic Style", section 3.3: a new style needs
//! nothing else). The losses are perceptual losses of VGG16 (Johnson, Alahi, Fei-Fei 2016) on crops of photos.

mod checkpoint;
mod dataset;
pub mod network;
mod training;

pub use crate::settings::{Init, TrainConfig, TrainEstimate, TrainSettings, trainable};
pub use checkpoint::TrainCheckpoint;
pub use dataset::Dataset;
pub use training::{InitState, Report, TrainData, Training, nearest};
