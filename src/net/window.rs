//! Index computation for the pixels that a convolution reads: with a border, enlarged, or in shifted copies.

use super::{Border, Shape};

/// Pixels between two copies: a 9x9 kernel is a sum of 3x3 kernels over copies shifted by this distance.
const SHIFT: usize = 3;

/// The pixels of a plane that are read. Coordinates beyond the border are reflected; the border is narrower than the
/// plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Rows and columns of a copy.
    pub size: (usize, usize),
    /// Coordinate of the first pixel in the enlarged plane.
    pub offset: isize,
    /// Distance between two pixels.
    pub stride: usize,
    /// Factor by which the plane is enlarged by nearest neighbour.
    pub zoom: usize,
    /// Side of the square of copies; adjacent copies are shifted by three pixels.
    pub blocks: usize,
}

impl Window {
    /// Returns the window of whole planes of `height` x `width` with a border of `pad` pixels, in as many copies as a
    /// convolution with a kernel of `3 * blocks` pixels needs.
    pub fn padded(height: usize, width: usize, pad: usize, blocks: usize) -> Self {
        let side = |length: usize| length + 2 * pad - SHIFT * (blocks - 1);
        Self { size: (side(height), side(width)), offset: -(pad as isize), stride: 1, zoom: 1, blocks }
    }

    /// Returns the window of planes of `height` x `width` without their outermost pixels, at stride `stride`.
    pub fn inner(height: usize, width: usize, stride: usize) -> Self {
        let side = |length: usize| (length - 2).div_ceil(stride);
        Self { size: (side(height), side(width)), offset: 1, stride, zoom: 1, blocks: 1 }
    }

    /// Returns the window of planes of `height` x `width`, enlarged by two.
    pub fn doubled(height: usize, width: usize) -> Self {
        Self { size: (2 * height, 2 * width), offset: 0, stride: 1, zoom: 2, blocks: 1 }
    }

    /// Returns, for each value of the copies, `[blocks * blocks * channels][rows][columns]`, its index in planes of
    /// `shape`.
    pub fn sources(self, shape: Shape) -> impl Iterator<Item = usize> {
        let Self { size: (rows, columns), offset, stride, zoom, blocks } = self;
        let source = move |at: usize, block: usize, size: usize| {
            let there = (at * stride + block * SHIFT) as isize + offset;
            // `Reflect` maps every coordinate to a pixel.
            Border::Reflect.index(there, size * zoom).unwrap_or(0) / zoom
        };
        (0..blocks * blocks * shape.channels * rows * columns).map(move |i| {
            let (column, row, copy) = (i % columns, i / columns % rows, i / (columns * rows));
            let (channel, block) = (copy % shape.channels, copy / shape.channels);
            let y = source(row, block / blocks, shape.height);
            let x = source(column, block % blocks, shape.width);
            (channel * shape.height + y) * shape.width + x
        })
    }
}
