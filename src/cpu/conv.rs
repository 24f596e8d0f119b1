//! Convolution by its definition. Twin of every `conv_*.wgsl`.

use crate::net::{Convolution, Shape};

/// Convolves the CHW tensor `x` of `shape` with `weight` (`[outputs][inputs][kernel][kernel]`); returns CHW.
pub fn convolution(x: &[f32], shape: Shape, c: &Convolution, weight: &[f32]) -> Vec<f32> {
    let (height, width) = (c.output_size(shape.height), c.output_size(shape.width));
    let mut out = vec![0.0; c.outputs * height * width];
    for (o, plane) in out.chunks_exact_mut(height * width).enumerate() {
        for i in 0..c.inputs {
            let source = &x[i * shape.height * shape.width..][..shape.height * shape.width];
            for ky in 0..c.kernel {
                for kx in 0..c.kernel {
                    let w = weight[((o * c.inputs + i) * c.kernel + ky) * c.kernel + kx];
                    for y in 0..height {
                        let Some(sy) = source_index(c, y, ky, shape.height) else { continue };
                        for (ox, value) in plane[y * width..][..width].iter_mut().enumerate() {
                            if let Some(sx) = source_index(c, ox, kx, shape.width) {
                                *value += w * source[sy * shape.width + sx];
                            }
                        }
                    }
                }
            }
        }
    }
    out
}

/// The input coordinate that tap `k` of output coordinate `i` reads, or `None` for a zero beyond the border.
fn source_index(c: &Convolution, i: usize, k: usize, size: usize) -> Option<usize> {
    c.border.index((i * c.stride + k) as isize - c.pad as isize, size)
}
