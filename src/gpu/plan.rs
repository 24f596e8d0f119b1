//! A network compiled for one input size ([`Plan`]): all buffers and bind groups are created once, and a frame is
//! recorded by iterating over a list of dispatches.

use bytemuck::cast_slice;
use wgpu::BufferUsages;

use super::device::Gpu;
use super::executable::Executable;
use super::input::{Frame, InputTensor};
use super::row_moments::RowMoments;
use super::schedule::Cost;
use super::schedule::transfer::Normalized;
use crate::error::{Error, Result};
use crate::image::part::Part;
use crate::lower::moments::{Merged, Moments};
use crate::lower::transfer::Finish;
use crate::style::{Style, StyleLayout, quads};

/// A model compiled for one picture size. A [`Frame`] fills its first tensor.
pub struct Plan {
    /// Whether tensors are stored in 16 bits.
    pub(crate) half: bool,
    /// The network on the device up to the last tensor, before its normalization or bias and the conversion to colours.
    pub(crate) executable: Executable,
    /// Size of the first tensor, which the network accepts.
    pub(crate) padded: [u32; 2],
    pub(crate) finish: Finish,
    /// All (a, b) pairs; the pairs of the last tensor begin at `output_norm`.
    pub(crate) norms: wgpu::Buffer,
    pub(crate) output_norm: u32,
    /// Pixels from one row of the last tensor to the next.
    pub(crate) stride: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) style: wgpu::Buffer,
    /// Statistics of the previous frame, preceded by the fraction of them that is kept.
    pub(super) history: wgpu::Buffer,
    /// Of the scales and shifts of a style.
    pub(super) layout: StyleLayout,
    /// The tensors that the normalizations read.
    pub(super) normalized: Vec<Normalized>,
    pub(super) cost: Cost,
}

impl Plan {
    /// Creates a frame for pictures of `width` x `height`, which are resized to the network's size.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        self.part_frame(gpu, size.into(), self.size().into()).await
    }

    /// Creates a frame for a part of a photo, of which the network sees `picture`: a part, at most as large as the first
    /// tensor, of the resized photo. `source` has all pixels of which `picture` is made.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn part_frame(&self, gpu: &Gpu, source: Part, picture: Part) -> Result<Frame> {
        let input_tensor =
            InputTensor { tensor: &self.executable.input, half: self.half, picture, padded: self.padded };
        Frame::new(gpu, input_tensor, source).await
    }

    /// Returns width and height of the picture that the network sees.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Returns the cost of one frame.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Uploads the scales and shifts of `style`.
    ///
    /// # Errors
    /// [`Error::Style`] if the style belongs to another network.
    pub fn set_style(&self, gpu: &Gpu, style: &Style) -> Result<()> {
        if !self.layout.fits(style) {
            return Err(Error::Style(format!(
                "the style {} belongs to another network: choose a style of this network",
                style.name
            )));
        }
        gpu.queue.write_buffer(&self.style, 0, cast_slice(&quads(style)));
        Ok(())
    }

    /// Sets the fraction, 0..1, of the previous frame's statistics that the normalizations keep.
    pub fn keep_statistics(&self, gpu: &Gpu, part: f32) {
        gpu.queue.write_buffer(&self.history, 0, cast_slice(&[part; 4]));
    }

    /// Returns the statistics that the normalizations used last.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn statistics(&self, gpu: &Gpu) -> Result<Vec<Vec<Moments>>> {
        let bytes = self.history.size();
        let staging = gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.history, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let bytes = gpu.download(&staging).await?;
        let number =
            |at: usize| f64::from(f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
        let moments = |norm: &Normalized| {
            let means = norm.history as usize;
            let variances = means + norm.shape.channels.next_multiple_of(4) * 4;
            let channel = |c: usize| Moments { mean: number(means + c * 4), variance: number(variances + c * 4) };
            (0..norm.shape.channels).map(channel).collect()
        };
        Ok(self.normalized.iter().map(moments).collect())
    }

    /// Uses `moments` as the statistics of normalization `norm`, and those of the last run in all others, until
    /// [`Plan::keep_statistics`] is called.
    pub fn set_statistics(&self, gpu: &Gpu, norm: usize, moments: &[Moments]) {
        let channels = moments.len().next_multiple_of(4);
        let mut values = vec![0.0_f32; 2 * channels];
        for (c, moments) in moments.iter().enumerate() {
            values[c] = moments.mean as f32;
            values[channels + c] = moments.variance as f32;
        }
        gpu.queue.write_buffer(&self.history, self.normalized[norm].history, cast_slice(&values));
        self.keep_statistics(gpu, 1.0);
    }

    /// Runs the network up to the tensor that normalization `norm` normalizes, and adds the statistics of `region`, a part
    /// of the first tensor, to `merged`.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn measure(
        &self,
        gpu: &Gpu,
        frame: &Frame,
        norm: usize,
        region: Part,
        merged: &mut Merged,
    ) -> Result<()> {
        let Normalized { buffer, dispatches, shape, .. } = self.normalized[norm];
        let tensor = &self.executable.buffers[buffer];
        let rows = gpu.scoped(|| Ok(RowMoments::new(gpu, tensor, self.half, shape, region))).await?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        frame.record(&mut pass);
        (0..dispatches).for_each(|i| self.executable.record_dispatch(i, &mut pass));
        rows.record(&mut pass);
        drop(pass);
        rows.read(gpu, encoder, merged).await
    }

    /// Submits the network on `frame`, followed by the commands that `after` records.
    pub fn run(&self, gpu: &Gpu, frame: &Frame, after: impl FnOnce(&mut wgpu::CommandEncoder)) {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.record(frame, &mut encoder.begin_compute_pass(&Default::default()));
        after(&mut encoder);
        gpu.queue.submit([encoder.finish()]);
    }

    /// Records the network on `frame` into `pass`.
    pub fn record(&self, frame: &Frame, pass: &mut wgpu::ComputePass) {
        frame.record(pass);
        self.executable.record(pass);
    }
}
