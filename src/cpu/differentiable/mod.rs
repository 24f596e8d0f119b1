//! Operations with their derivatives, for losses on VGG's features. Tensors are `[height][width][channels]`, with channels
//! padded by zeros to a multiple of four, as in [`crate::cpu`]. Results do not depend on the number of threads.

mod gram;
mod hypercolumn;
mod pooling;
mod rectified;

pub use gram::{channel_products, symmetric_product};
pub use hypercolumn::{Positions, hypercolumn_gradient, hypercolumn_products};
pub use pooling::{pool, unpool};
pub use rectified::RectifiedConvolution;
