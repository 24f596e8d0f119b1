//! Copies of planes as a convolution wants to read them. Twins of `window.wgsl` and `window_back.wgsl`.

use crate::net::{Border, Shape};

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

    /// Where each number of the copies comes from.
    fn sources(self, shape: Shape) -> impl Iterator<Item = usize> {
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

    /// The copies of `x`, `[blocks * blocks * channels][rows][columns]`.
    pub fn of(self, x: &[f32], shape: Shape) -> Vec<f32> {
        self.sources(shape).map(|i| x[i]).collect()
    }

    /// The gradient of `x`, of that shape, where the copies have this `gradient`.
    pub fn back(self, gradient: &[f32], shape: Shape) -> Vec<f32> {
        let mut sums = vec![0.0; shape.len()];
        for (i, value) in self.sources(shape).zip(gradient) {
            sums[i] += value;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::layers::upsample2;

    const SHAPE: Shape = Shape { channels: 2, height: 3, width: 4 };

    fn numbers() -> Vec<f32> {
        (0..SHAPE.len()).map(|i| i as f32).collect()
    }

    #[test]
    fn windows_pad_cut_and_enlarge() {
        let padded = Window::padded(3, 4, 1, 1).of(&numbers(), SHAPE);
        assert_eq!(padded[..12], [5.0, 4.0, 5.0, 6.0, 7.0, 6.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0]);
        let shape = Shape { channels: 2, height: 5, width: 6 };
        assert_eq!(Window::inner(5, 6, 1).of(&padded, shape), numbers());
        assert_eq!(Window::inner(5, 6, 2).of(&padded, shape), [0.0, 2.0, 8.0, 10.0, 12.0, 14.0, 20.0, 22.0]);
        assert_eq!(Window::doubled(3, 4).of(&numbers(), SHAPE), upsample2(&numbers(), SHAPE));
    }

    #[test]
    fn copies_are_shifted_by_three() {
        let plane = Shape { channels: 1, height: 8, width: 8 };
        let x: Vec<f32> = (0..64).map(|i| i as f32).collect();
        let window = Window::padded(8, 8, 0, 2);
        let copies = window.of(&x, plane);
        assert_eq!((window.size, copies.len()), ((5, 5), 100));
        assert_eq!([copies[0], copies[25], copies[50], copies[75]], [0.0, 3.0, 24.0, 27.0]);
        // Every number goes back to where it came from.
        let back = window.back(&vec![1.0; 100], plane);
        assert_eq!(back.iter().sum::<f32>(), 100.0);
        assert_eq!((back[0], back[27]), (1.0, 4.0));
    }
}
