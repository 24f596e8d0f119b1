//! The output: the draw that composites the last tensor and the photo into pixels, and the texture for reading them
//! back. The shader is `composite.wgsl`.

use bytemuck::{bytes_of, cast_slice};
use wgpu::{BufferUsages, TextureFormat, TextureUsages};

use super::bounds::Bounds;
use super::device::Gpu;
use super::input::{Frame, pair};
use super::plan::Plan;
use super::preprocess::specialize;
use super::shaders::COMPOSITE;
use super::temporal::TemporalFilter;
use super::uniforms::CompositeUniforms;
use crate::error::{Excess, Result};
use crate::image::composite::Look;
use crate::image::part::Part;

/// Alignment, in bytes, of rows in copies from a texture to a buffer.
const ROW_ALIGNMENT: u32 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;

/// Draws the output of a plan to targets of one format.
pub struct Compositor {
    pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroup,
    look: wgpu::Buffer,
    shape: CompositeUniforms,
    format: TextureFormat,
    size: (usize, usize),
}

impl Compositor {
    /// Creates a compositor of `frame` and the output of `plan`, or of `temporal_filter` if given, for targets of
    /// `format` and of the size `target`, or for that part of them. The output is resized to the target.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn new(
        gpu: &Gpu,
        (plan, frame, temporal_filter): (&Plan, &Frame, Option<&TemporalFilter>),
        format: TextureFormat,
        target: impl Into<Part>,
    ) -> Result<Self> {
        let target = target.into();
        gpu.scoped(|| Ok(Self::build(gpu, (plan, frame, temporal_filter), format, target))).await
    }

    fn build(
        gpu: &Gpu,
        (plan, frame, temporal_filter): (&Plan, &Frame, Option<&TemporalFilter>),
        format: TextureFormat,
        target: Part,
    ) -> Self {
        let resized = u32::from(frame.source.whole != target.whole || frame.picture.whole != target.whole);
        // The output of the temporal filter already contains colours.
        let finish = if temporal_filter.is_some() { 0 } else { plan.finish as u32 };
        let values = [("RESIZED", resized), ("FINISH", finish)];
        // The output of the temporal filter is stored in 32 bits.
        let half = plan.half && temporal_filter.is_none();
        let wgsl = specialize(COMPOSITE, &values, half);
        let pipeline = gpu.render_pipeline("composite", &wgsl, format);
        let shape = CompositeUniforms {
            size: pair(target.whole),
            origin: pair(target.origin),
            source: pair(frame.source.whole),
            source_origin: pair(frame.source.origin),
            painting: pair(frame.picture.whole),
            painting_origin: pair(frame.picture.origin),
            stride: if temporal_filter.is_some() { plan.size().0 as u32 } else { plan.stride },
            norm: plan.output_norm,
            strength: 1.0,
            split: 0.0,
            keep_colors: 0,
            mirrored: u32::from(frame.mirrored()),
        };
        let look = gpu.filled("look", bytes_of(&shape), BufferUsages::UNIFORM);
        let source = frame.texture.create_view(&Default::default());
        let resources = [
            look.as_entire_binding(),
            wgpu::BindingResource::TextureView(&source),
            temporal_filter.map_or(&plan.executable.output, |s| &s.history).as_entire_binding(),
            plan.norms.as_entire_binding(),
        ];
        // The output of the temporal filter is already normalized.
        let used = if temporal_filter.is_some() { 3 } else { 4 };
        let bindings = gpu.bindings(&gpu.render_layout(&pipeline), resources.into_iter().take(used));
        Self { pipeline, bindings, look, shape, format, size: target.size }
    }

    /// Returns width and height of the targets.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Sets how the painting is composited with the photo, and whether the photo is mirrored.
    pub fn set_look(&mut self, gpu: &Gpu, look: Look, mirrored: bool) {
        self.shape.strength = look.strength;
        self.shape.split = look.split;
        self.shape.keep_colors = u32::from(look.keep_colors);
        self.shape.mirrored = u32::from(mirrored);
        gpu.queue.write_buffer(&self.look, 0, bytes_of(&self.shape));
    }

    /// Records the draw to `target`.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, target: &wgpu::TextureView) {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("composite"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// A render texture and the buffer for its readback. Clones share both.
#[derive(Clone)]
pub struct OutputTexture {
    texture: wgpu::Texture,
    staging: wgpu::Buffer,
    row: u32,
}

impl OutputTexture {
    /// Returns the first limit of the device that the 8-bit readback of a picture of `width` x `height` exceeds, if
    /// any.
    pub fn excess(bounds: Bounds, (width, height): (usize, usize)) -> Option<Excess> {
        let row = (width as u64 * 4).next_multiple_of(ROW_ALIGNMENT.into());
        bounds.buffer(row * height as u64)
    }

    /// Creates the texture for `compositor`: four bytes per pixel for [`TextureFormat::Rgba8Unorm`], four floats for
    /// [`TextureFormat::Rgba32Float`].
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn new(gpu: &Gpu, compositor: &Compositor) -> Result<Self> {
        let [width, height] = pair(compositor.size);
        let pixel = if compositor.format == TextureFormat::Rgba32Float { 16 } else { 4 };
        let row = (width * pixel).next_multiple_of(ROW_ALIGNMENT);
        let make = || {
            let usage = TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
            let texture = gpu.texture("canvas", [width, height], compositor.format, usage);
            let usage = BufferUsages::COPY_DST | BufferUsages::MAP_READ;
            let staging = gpu.buffer("readback", u64::from(row) * u64::from(height), usage);
            Ok(Self { texture, staging, row })
        };
        gpu.scoped(make).await
    }

    /// Records the draw of `compositor` and the copy to the readback buffer.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, compositor: &Compositor) {
        compositor.record(encoder, &self.texture.create_view(&Default::default()));
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(self.row), rows_per_image: None };
        let target = wgpu::TexelCopyBufferInfo { buffer: &self.staging, layout };
        encoder.copy_texture_to_buffer(self.texture.as_image_copy(), target, self.texture.size());
    }

    /// Returns the pixels, row by row without padding, after all submitted work is done.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&self, gpu: &Gpu) -> Result<Vec<u8>> {
        let bytes = gpu.download(&self.staging).await?;
        let pixel = if self.texture.format() == TextureFormat::Rgba32Float { 16 } else { 4 };
        let used = self.texture.width() as usize * pixel;
        Ok(bytes.chunks_exact(self.row as usize).flat_map(|row| &row[..used]).copied().collect())
    }
}

/// Converts the bytes of a [`TextureFormat::Rgba32Float`] texture to floats, without the fourth channel.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let values: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    cast_slice::<f32, [f32; 4]>(&values).iter().flat_map(|p| [p[0], p[1], p[2]]).collect()
}
