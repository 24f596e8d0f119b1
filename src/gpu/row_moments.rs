//! Statistics of a rectangle of a tensor: the dispatch of `row_moments.wgsl` and its readback.

use bytemuck::{bytes_of, cast_slice};
use wgpu::BufferUsages;

use super::device::Gpu;
use super::input::pair;
use super::preprocess::specialize;
use super::shaders::ROW_MOMENTS;
use super::step::Step;
use super::uniforms::RowMomentsUniforms;
use crate::error::Result;
use crate::image::part::Part;
use crate::lower::moments::Merged;
use crate::net::Shape;

/// Bytes of the statistics of one row and quad of channels: means and sums of squares.
const ROW: u64 = 32;

/// A dispatch that computes the statistics of the rows of a rectangle.
pub(super) struct RowMoments {
    step: Step,
    moments: wgpu::Buffer,
    columns: usize,
    rows: usize,
    channels: usize,
}

impl RowMoments {
    /// Creates the dispatch for `region`, a part of the network's first tensor, in a `tensor` of `shape` that is stored in 16
    /// bits if `half`.
    pub fn new(gpu: &Gpu, tensor: &wgpu::Buffer, half: bool, shape: Shape, region: Part) -> Self {
        let Part { whole, origin, size: (columns, rows) } = region.scaled((shape.width, shape.height));
        let uniforms =
            RowMomentsUniforms { size: pair(whole), origin: pair(origin), columns: columns as u32, rows: rows as u32 };
        let quads = shape.channels.div_ceil(4);
        let uniforms = gpu.filled("row_moments", bytes_of(&uniforms), BufferUsages::UNIFORM);
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let moments = gpu.buffer("moments", ROW * (rows * quads) as u64, usage);
        let pipeline = gpu.pipeline("row_moments", &specialize(ROW_MOMENTS, &[], half));
        let resources = [&uniforms, tensor, &moments].map(|buffer| Some(buffer.as_entire_binding()));
        let step = Step::new(gpu, pipeline, resources, [rows as u32, quads as u32, 1]);
        Self { step, moments, columns, rows, channels: shape.channels }
    }

    /// Records the dispatch.
    pub fn record(&self, pass: &mut wgpu::ComputePass) {
        self.step.record(pass);
    }

    /// Submits what `encoder` has recorded, and adds the statistics to `merged`.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&self, gpu: &Gpu, mut encoder: wgpu::CommandEncoder, merged: &mut Merged) -> Result<()> {
        let bytes = self.moments.size();
        let make = || Ok(gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ));
        let staging = gpu.scoped(make).await?;
        encoder.copy_buffer_to_buffer(&self.moments, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let bytes = gpu.download(&staging).await?;
        let values: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let moments: &[[[f32; 4]; 2]] = cast_slice(&values);
        for row in 0..self.rows {
            let channel = |c: usize| {
                let [means, squares] = moments[c / 4 * self.rows + row];
                (f64::from(means[c % 4]), f64::from(squares[c % 4]))
            };
            merged.add(self.columns, (0..self.channels).map(channel));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::device::Request;
    use crate::lower::moments::Merged;
    use crate::reference::layers::row_moments;
    use crate::weights::half::{from_f32, to_f32};

    #[test]
    fn rows_of_a_part_have_the_moments_of_the_reference() {
        let gpu = pollster::block_on(Gpu::open(Request::default())).unwrap();
        // Six channels: the second quad has two channels of padding.
        let shape = Shape { channels: 6, height: 20, width: 200 };
        let region = Part { whole: (400, 40), origin: (24, 4), size: (300, 12) };
        for half in [false, true].into_iter().filter(|half| gpu.half() || !half) {
            let stored = |v: f32| if half { to_f32(from_f32(v)) } else { v };
            let value = |i: usize| stored(3.0 + (i * 7919 % 1009) as f32 / 500.0);
            let x: Vec<f32> = (0..shape.len()).map(value).collect();
            let plane = shape.height * shape.width;
            let quads = (0..2 * plane * 4).map(|i| {
                let (channel, pixel) = (i / (4 * plane) * 4 + i % 4, i / 4 % plane);
                if channel < shape.channels { x[channel * plane + pixel] } else { 9.0 }
            });
            let bytes: Vec<u8> = match half {
                true => quads.flat_map(|v| from_f32(v).to_le_bytes()).collect(),
                false => quads.flat_map(f32::to_le_bytes).collect(),
            };
            let tensor = gpu.filled("tensor", &bytes, BufferUsages::STORAGE);
            let rows = RowMoments::new(&gpu, &tensor, half, shape, region);
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            rows.record(&mut encoder.begin_compute_pass(&Default::default()));
            let mut merged = Merged::new(shape.channels);
            pollster::block_on(rows.read(&gpu, encoder, &mut merged)).unwrap();

            let part = region.scaled((shape.width, shape.height));
            let reference = row_moments(&x, shape, part);
            let mut expected = Merged::new(shape.channels);
            for row in 0..part.size.1 {
                let channel = |c: usize| {
                    let (mean, squares) = reference[c * part.size.1 + row];
                    (f64::from(mean), f64::from(squares))
                };
                expected.add(part.size.0, (0..shape.channels).map(channel));
            }
            for (found, expected) in merged.moments().iter().zip(expected.moments()) {
                assert!((found.mean - expected.mean).abs() < 2e-6, "{found:?} {expected:?}");
                assert!((found.variance - expected.variance).abs() < 2e-6, "{found:?} {expected:?}");
            }
        }
    }
}
