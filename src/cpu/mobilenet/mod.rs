//! Networks like MobileNet: 1x1 and depthwise convolutions, a first convolution of an RGB picture, and the global mean.
//! Tensors are `[height][width][channels]`, with channels padded by zeros to a multiple of four.

pub(super) mod block;
pub(super) mod dense;
pub(super) mod depthwise;
pub(super) mod extent;
pub(super) mod mean;
pub(super) mod stem;
