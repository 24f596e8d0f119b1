//! A network compiled for one input size ([`Plan`]): all buffers and bind groups are created once, and a frame is
//! recorded by iterating over a list of dispatches.

use bytemuck::cast_slice;

use super::device::Gpu;
use super::executable::Executable;
use super::input::{Frame, InputTensor};
use super::schedule::Cost;
use crate::error::{Error, Result};
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
    pub(super) cost: Cost,
}

impl Plan {
    /// Creates a frame for pictures of `width` x `height`, which are resized to the network's size.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        let picture = [self.width as u32, self.height as u32];
        let input_tensor =
            InputTensor { tensor: &self.executable.input, half: self.half, picture, padded: self.padded };
        Frame::new(gpu, input_tensor, size).await
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
