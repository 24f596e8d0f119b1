//! Which pixels of a plane a convolution reads: with a border, enlarged, or in shifted copies.

use super::{Border, Shape};

/// Pixels between two copies: a 9x9 kernel is 3x3 kernels over copies so far apart.
const SHIFT: usize = 3;

/// Which pixels of a plane are read. What lies beyond the border is mirrored; no further than the plane reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Rows and columns of a copy.
    pub size: (usize, usize),
    /// The first pixel, in the enlarged plane.
    pub offset: isize,
    /// Between two pixels.
    pub stride: usize,
    /// How many times as large the plane is taken to be, to nearest neighbours.
    pub zoom: usize,
    /// A side of the square of copies, each shifted by three pixels against the next.
    pub blocks: usize,
}

impl Window {
    /// All of planes of `height` x `width`, with a border `pad` wide, and as many copies as a convolution with a kernel of
    /// `3 * blocks` pixels needs.
    pub fn padded(height: usize, width: usize, pad: usize, blocks: usize) -> Self {
        let side = |length: usize| length + 2 * pad - SHIFT * (blocks - 1);
        Self { size: (side(height), side(width)), offset: -(pad as isize), stride: 1, zoom: 1, blocks }
    }

    /// Planes of `height` x `width` without their outermost pixels, every `stride`th pixel of them.
    pub fn inner(height: usize, width: usize, stride: usize) -> Self {
        let side = |length: usize| (length - 2).div_ceil(stride);
        Self { size: (side(height), side(width)), offset: 1, stride, zoom: 1, blocks: 1 }
    }

    /// Planes of `height` x `width`, twice as large.
    pub fn doubled(height: usize, width: usize) -> Self {
        Self { size: (2 * height, 2 * width), offset: 0, stride: 1, zoom: 2, blocks: 1 }
    }

    /// The index in planes of `shape` of each number of the copies, `[blocks * blocks * channels][rows][columns]`.
    pub fn sources(self, shape: Shape) -> impl Iterator<Item = usize> {
        let Self { size: (rows, columns), offset, stride, zoom, blocks } = self;
        let place = move |at: usize, block: usize, size: usize| {
            let there = (at * stride + block * SHIFT) as isize + offset;
            // Mirrored borders have every pixel.
            Border::Reflect.index(there, size * zoom).unwrap_or(0) / zoom
        };
        (0..blocks * blocks * shape.channels * rows * columns).map(move |i| {
            let (column, row, copy) = (i % columns, i / columns % rows, i / (columns * rows));
            let (channel, block) = (copy % shape.channels, copy / shape.channels);
            let y = place(row, block / blocks, shape.height);
            let x = place(column, block % blocks, shape.width);
            (channel * shape.height + y) * shape.width + x
        })
    }
}
