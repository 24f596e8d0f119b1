//! Reference implementations of convolutions. [`convolution`] is the reference of every `conv_*.wgsl`, of
//! `conv3x3_rgb.wgsl` and, without their biases and activations, of `pointwise.wgsl`; [`depthwise`] is the reference of
//! `depthwise.wgsl`.

use crate::net::{Convolution, Shape};

/// Convolves the CHW tensor `x` of `shape` with `weight` (`[outputs][inputs][kernel][kernel]`). Returns CHW.
pub fn convolution(x: &[f32], shape: Shape, c: &Convolution, weight: &[f32]) -> Vec<f32> {
    let (height, width) = (c.output_size(shape.height), c.output_size(shape.width));
    let taps = Taps::new(c, shape);
    let mut out = vec![0.0; c.outputs * height * width];
    for (o, plane) in out.chunks_exact_mut(height * width).enumerate() {
        for (i, source) in x.chunks_exact(shape.height * shape.width).enumerate() {
            taps.add(&weight[(o * c.inputs + i) * c.kernel * c.kernel..], source, plane);
        }
    }
    out
}

/// Convolves every channel of the CHW tensor `x` of `shape` separately with `weight` (`[channels][1][kernel][kernel]`).
/// Returns CHW.
pub fn depthwise(x: &[f32], shape: Shape, c: &Convolution, weight: &[f32]) -> Vec<f32> {
    let (height, width) = (c.output_size(shape.height), c.output_size(shape.width));
    let taps = Taps::new(c, shape);
    let mut out = vec![0.0; c.outputs * height * width];
    let sources = x.chunks_exact(shape.height * shape.width);
    for ((source, plane), kernel) in
        sources.zip(out.chunks_exact_mut(height * width)).zip(weight.chunks_exact(c.kernel * c.kernel))
    {
        taps.add(kernel, source, plane);
    }
    out
}

/// Backward pass of [`convolution`] to its weights: returns their gradient, `[outputs][inputs][kernel][kernel]`, given
/// the `gradient` of its CHW result. Reference of `train_conv3x3_weight_grad.wgsl`.
pub fn weights_gradient(x: &[f32], shape: Shape, c: &Convolution, gradient: &[f32]) -> Vec<f32> {
    let taps = Taps::new(c, shape);
    let planes = gradient.chunks_exact(c.output_size(shape.height) * c.output_size(shape.width));
    let sources = || x.chunks_exact(shape.height * shape.width);
    planes.flat_map(|plane| sources().flat_map(|source| taps.products(source, plane))).collect()
}

/// The input coordinates of each tap: for every row (column) of the kernel and every row (column) of the output, the
/// input's row (column), or `None` for a zero beyond the border.
struct Taps {
    kernel: usize,
    source_width: usize,
    rows: Vec<Vec<Option<usize>>>,
    columns: Vec<Vec<Option<usize>>>,
}

impl Taps {
    fn new(c: &Convolution, shape: Shape) -> Self {
        let table = |size: usize| {
            let row = |k: usize| (0..c.output_size(size)).map(|i| source_index(c, i, k, size)).collect();
            (0..c.kernel).map(row).collect()
        };
        Self { kernel: c.kernel, source_width: shape.width, rows: table(shape.height), columns: table(shape.width) }
    }

    /// Returns, for each tap, the sum of products of its inputs in the channel `source` with the output channel
    /// `plane`.
    fn products(&self, source: &[f32], plane: &[f32]) -> Vec<f32> {
        let mut sums = Vec::with_capacity(self.kernel * self.kernel);
        for rows in &self.rows {
            for columns in &self.columns {
                let mut sum = 0.0;
                for (values, row) in plane.chunks_exact(columns.len()).zip(rows) {
                    let Some(row) = row else { continue };
                    let source = &source[row * self.source_width..][..self.source_width];
                    let read = values.iter().zip(columns).filter_map(|(v, column)| column.map(|c| v * source[c]));
                    sum += read.map(f64::from).sum::<f64>();
                }
                sums.push(sum as f32);
            }
        }
        sums
    }

    /// Adds the input channel `source`, convolved with `weight` (`[kernel][kernel]`), to the output channel `plane`.
    fn add(&self, weight: &[f32], source: &[f32], plane: &mut [f32]) {
        for (ky, rows) in self.rows.iter().enumerate() {
            for (kx, columns) in self.columns.iter().enumerate() {
                let w = weight[ky * self.kernel + kx];
                for (target, row) in plane.chunks_exact_mut(columns.len()).zip(rows) {
                    let Some(row) = row else { continue };
                    let source = &source[row * self.source_width..][..self.source_width];
                    for (value, column) in target.iter_mut().zip(columns) {
                        if let Some(column) = column {
                            *value += w * source[*column];
                        }
                    }
                }
            }
        }
    }
}

/// Returns the input coordinate that tap `k` of output coordinate `i` reads, or `None` for a zero beyond the border.
fn source_index(c: &Convolution, i: usize, k: usize, size: usize) -> Option<usize> {
    c.border.index((i * c.stride + k) as isize - c.pad as isize, size)
}
