//! Flicker reduction: outputs of a static scene are averaged over frames, and the normalizations' statistics are
//! smoothed over time. The shader is `temporal_filter.wgsl`.

use std::cell::Cell;

use bytemuck::bytes_of;
use wgpu::BufferUsages;

use super::device::Gpu;
use super::input::Frame;
use super::plan::Plan;
use super::preprocess::specialize;
use super::shaders::TEMPORAL_FILTER;
use super::step::Step;
use super::uniforms::TemporalFilterUniforms;
use crate::error::Result;
use crate::image::temporal::{KEEP_PAINTING, KEEP_STATISTICS};

/// The previous output, and the dispatch that updates it.
pub struct TemporalFilter {
    /// The output's colours and the photo's luma, `[height][width]`.
    pub(crate) history: wgpu::Buffer,
    uniform: wgpu::Buffer,
    shape: Cell<TemporalFilterUniforms>,
    step: Step,
}

impl TemporalFilter {
    /// Creates a temporal filter for the output of `plan` on `frame`.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn new(gpu: &Gpu, plan: &Plan, frame: &Frame) -> Result<Self> {
        gpu.scoped(|| Ok(Self::build(gpu, plan, frame))).await
    }

    fn build(gpu: &Gpu, plan: &Plan, frame: &Frame) -> Self {
        let ((width, height), (source_width, source_height)) = (plan.size(), frame.size());
        let history = gpu.buffer("history", (width * height * 16) as u64, BufferUsages::STORAGE);
        let shape = TemporalFilterUniforms {
            source: [source_width as u32, source_height as u32],
            painting: [width as u32, height as u32],
            stride: plan.stride,
            norm: plan.output_norm,
            mirrored: 0,
            keep: 0.0,
        };
        let uniform = gpu.filled("temporal_filter", bytes_of(&shape), BufferUsages::UNIFORM);
        let values = [("RESIZED", u32::from(frame.size() != plan.size())), ("FINISH", plan.finish as u32)];
        let wgsl = specialize(TEMPORAL_FILTER, &values, plan.half);
        let pipeline = gpu.pipeline("temporal_filter", &wgsl);
        let view = frame.texture.create_view(&Default::default());
        let resources = [
            uniform.as_entire_binding(),
            wgpu::BindingResource::TextureView(&view),
            plan.executable.output.as_entire_binding(),
            plan.norms.as_entire_binding(),
            history.as_entire_binding(),
        ];
        let [width, height] = shape.painting;
        let workgroups = [width.div_ceil(8), height.div_ceil(8), 1];
        let step = Step::new(gpu, pipeline, resources.map(Some), workgroups);
        Self { history, uniform, shape: Cell::new(shape), step }
    }

    /// Sets whether the next output is averaged with the previous one, and whether the photo is mirrored.
    pub fn set(&self, gpu: &Gpu, plan: &Plan, keep: bool, mirrored: bool) {
        let part = if keep { KEEP_PAINTING } else { 0.0 };
        let before = self.shape.get();
        let shape = TemporalFilterUniforms { keep: part, mirrored: u32::from(mirrored), ..before };
        if bytes_of(&shape) != bytes_of(&before) {
            self.shape.set(shape);
            gpu.queue.write_buffer(&self.uniform, 0, bytes_of(&shape));
            plan.keep_statistics(gpu, if keep { KEEP_STATISTICS } else { 0.0 });
        }
    }

    /// Records the dispatch, which must follow those of the plan.
    pub fn record(&self, pass: &mut wgpu::ComputePass) {
        self.step.record(pass);
    }
}
