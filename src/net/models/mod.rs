//! The supported networks: their layers, as functions of their sizes.

pub mod arbitrary;
pub mod johnson;
pub mod predictor;
pub mod transfer26;
pub mod vgg;
