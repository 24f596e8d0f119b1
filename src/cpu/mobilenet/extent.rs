//! Sizes of tensors.

use crate::net::Shape;

/// Height, width and channels, padded to a multiple of four, of a tensor `[height][width][channels]`.
#[derive(Debug, Clone, Copy)]
pub(in crate::cpu) struct Extent {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Extent {
    /// Returns the extent of a tensor of the network.
    pub fn of(shape: Shape) -> Self {
        Self { height: shape.height, width: shape.width, channels: shape.channels.next_multiple_of(4) }
    }

    /// Returns the numbers of a row.
    pub fn row(self) -> usize {
        self.width * self.channels
    }

    /// Returns the numbers of the tensor.
    pub fn numbers(self) -> usize {
        self.height * self.row()
    }
}
