//! A network's plan for one input size ([`Plan`]): every buffer and bind group made once, and a frame recorded by walking a list
//! of dispatches.

use bytemuck::cast_slice;

use super::device::Gpu;
use super::input::{Frame, InputTensor};
use super::lower::transfer::Finish;
use super::step::Step;
use crate::error::{Error, Result};
use crate::style::Style;

/// Uniform buffer offsets must be multiples of this in WebGPU's default limits.
pub(super) const UNIFORM_STRIDE: u64 = 256;

/// What one frame costs, counted from the structure: each tensor read and written once by every kernel that uses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub dispatches: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
    pub multiply_adds: u64,
    /// Bytes of the buffers that the plan holds.
    pub memory: u64,
}

impl Cost {
    /// The costs and the kernels' name as JSON.
    pub fn json(&self, variant: &str) -> String {
        serde_json::json!({
            "variant": variant,
            "dispatches": self.dispatches,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "multiply_adds": self.multiply_adds,
            "memory": self.memory,
        })
        .to_string()
    }
}

/// A model compiled for one picture size. A [`Frame`] makes its first tensor.
pub struct Plan {
    /// Whether tensors are stored in 16 bits.
    pub(crate) half: bool,
    /// The first tensor, and the size that the network accepts.
    pub(crate) input: wgpu::Buffer,
    pub(crate) padded: [u32; 2],
    /// The last tensor, before its normalization or bias and what makes colours of it.
    pub(crate) output: wgpu::Buffer,
    pub(crate) finish: Finish,
    /// All (a, b) pairs; those of the last tensor begin at `output_norm`.
    pub(crate) norms: wgpu::Buffer,
    pub(crate) output_norm: u32,
    /// Pixels from one row of the last tensor to the next.
    pub(crate) stride: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) style: wgpu::Buffer,
    /// Statistics of the frame before, led by the part of them that stays.
    pub(super) history: wgpu::Buffer,
    /// Where each normalization's scales begin in `style`, in quads, and how many quads it has.
    pub(super) slots: Vec<(u32, u32)>,
    pub(super) steps: Vec<Step>,
    pub(super) cost: Cost,
}

impl Plan {
    /// Room for pictures of `width` x `height`, which the network sees resized to its own size.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and what the device says.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        let picture = [self.width as u32, self.height as u32];
        let input_tensor = InputTensor { tensor: &self.input, half: self.half, picture, padded: self.padded };
        Frame::new(gpu, input_tensor, size).await
    }

    /// Width and height of the picture that the network sees.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// What one frame costs.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Uploads the scales and shifts of `style`.
    ///
    /// # Errors
    /// [`Error::Style`] when the style belongs to another network.
    pub fn set_style(&self, gpu: &Gpu, style: &Style) -> Result<()> {
        let mut values = Vec::new();
        let fits = style.norms.len() == self.slots.len()
            && style.norms.iter().zip(&self.slots).all(|(n, slot)| n.scale.len().div_ceil(4) as u32 == slot.1);
        if !fits {
            return Err(Error::Style(format!(
                "the style {} belongs to another network: choose one of this network",
                style.name
            )));
        }
        for (norm, (_, quads)) in style.norms.iter().zip(&self.slots) {
            for side in [&norm.scale, &norm.shift] {
                values.extend_from_slice(side);
                values.resize(values.len() + *quads as usize * 4 - side.len(), 0.0);
            }
        }
        gpu.queue.write_buffer(&self.style, 0, cast_slice(&values));
        Ok(())
    }

    /// From now on the statistics of the normalizations keep this part, 0..1, of what they were in the frame before.
    pub fn keep_statistics(&self, gpu: &Gpu, part: f32) {
        gpu.queue.write_buffer(&self.history, 0, cast_slice(&[part; 4]));
    }

    /// Submits the network on `frame` and what `after` records behind it.
    pub fn run(&self, gpu: &Gpu, frame: &Frame, after: impl FnOnce(&mut wgpu::CommandEncoder)) {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.record(frame, &mut encoder.begin_compute_pass(&Default::default()));
        after(&mut encoder);
        gpu.queue.submit([encoder.finish()]);
    }

    /// Records the network on `frame` into `pass`.
    pub fn record(&self, frame: &Frame, pass: &mut wgpu::ComputePass) {
        frame.record(pass);
        self.steps.iter().for_each(|step| step.record(pass));
    }
}

/// Makes the steps of a plan, and their uniforms one after the other.
pub(super) struct Builder<'a> {
    pub(super) gpu: &'a Gpu,
    pub(super) uniforms: &'a wgpu::Buffer,
    pub(super) used: u64,
    pub(super) steps: Vec<Step>,
}

impl Builder<'_> {
    /// A step whose bindings after the shape are the buffers of `bound`, numbered from 1, gaps included.
    pub(super) fn add(
        &mut self,
        pipeline: &wgpu::ComputePipeline,
        shape: &[u8],
        bound: &[Option<&wgpu::Buffer>],
        workgroups: [u32; 3],
    ) {
        self.gpu.queue.write_buffer(self.uniforms, self.used, shape);
        let shape = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.uniforms,
            offset: self.used,
            size: wgpu::BufferSize::new(shape.len() as u64),
        });
        self.used += UNIFORM_STRIDE;
        let bound = bound.iter().map(|buffer| buffer.map(wgpu::Buffer::as_entire_binding));
        let resources = std::iter::once(Some(shape)).chain(bound);
        self.steps.push(Step::new(self.gpu, pipeline.clone(), resources, workgroups));
    }
}
