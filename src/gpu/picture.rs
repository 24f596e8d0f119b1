//! Photos in, paintings out: the photo's texture, and the draw that turns the last tensor into pixels. Beside
//! `ingest.wgsl` and `present.wgsl`.

use bytemuck::{Pod, Zeroable, bytes_of, cast_slice};
use wgpu::{BufferUsages, TextureFormat, TextureUsages};

use super::device::Gpu;
use super::plan::Plan;
use super::wgsl::specialize;
use crate::cpu::picture::Look;
use crate::error::Result;

/// Copies from a texture must have rows of a multiple of this many bytes.
const ROW_ALIGNMENT: u32 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;

/// Uniforms of `ingest.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct Ingest {
    pub photo: [u32; 2],
    pub padded: [u32; 2],
}

/// Uniforms of `present.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct LookShape {
    size: [u32; 2],
    stride: u32,
    norm: u32,
    strength: f32,
    keep_colors: f32,
    split: f32,
    unused: f32,
}

fn extent(width: u32, height: u32) -> wgpu::Extent3d {
    wgpu::Extent3d { width, height, depth_or_array_layers: 1 }
}

fn make_texture(
    gpu: &Gpu,
    label: &str,
    size: wgpu::Extent3d,
    format: TextureFormat,
    usage: TextureUsages,
) -> wgpu::Texture {
    gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

/// The texture that holds a photo of `width` x `height`.
pub(crate) fn texture(gpu: &Gpu, width: u32, height: u32) -> wgpu::Texture {
    let usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
    make_texture(gpu, "photo", extent(width, height), TextureFormat::Rgba8Unorm, usage)
}

/// Uploads RGBA bytes that fill `texture`.
pub(crate) fn upload(gpu: &Gpu, texture: &wgpu::Texture, rgba: &[u8]) {
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(texture.width() * 4), rows_per_image: None };
    gpu.queue.write_texture(texture.as_image_copy(), rgba, layout, texture.size());
}

/// Draws what a plan has painted, onto targets of one format.
pub struct Presenter {
    pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroup,
    look: wgpu::Buffer,
    shape: LookShape,
    format: TextureFormat,
}

impl Presenter {
    /// A presenter of `plan`, whose tensors are in 16 bits if `half`, onto targets of `format`.
    ///
    /// # Errors
    /// What the device says.
    pub async fn new(gpu: &Gpu, plan: &Plan, half: bool, format: TextureFormat) -> Result<Self> {
        gpu.scoped(|| Ok(Self::build(gpu, plan, half, format))).await
    }

    fn build(gpu: &Gpu, plan: &Plan, half: bool, format: TextureFormat) -> Self {
        let module = gpu.module("present", &specialize(include_str!("../../shaders/present.wgsl"), &[], half));
        let pipeline = gpu.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("present"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("cover"),
                compilation_options: Default::default(),
                buffers: &[],
            },
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("paint"),
                compilation_options: Default::default(),
                targets: &[Some(format.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        let (width, height) = plan.size();
        let shape = LookShape {
            size: [width as u32, height as u32],
            stride: plan.stride,
            norm: plan.output_norm,
            strength: 1.0,
            keep_colors: 0.0,
            split: 0.0,
            unused: 0.0,
        };
        let look = gpu.filled("look", bytes_of(&shape), BufferUsages::UNIFORM);
        let photo = plan.photo.create_view(&Default::default());
        let resources = [
            look.as_entire_binding(),
            wgpu::BindingResource::TextureView(&photo),
            plan.output.as_entire_binding(),
            plan.norms.as_entire_binding(),
        ];
        let entries: Vec<_> =
            (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
        let layout = pipeline.get_bind_group_layout(0);
        let bindings = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        Self { pipeline, bindings, look, shape, format }
    }

    /// How the painting is laid over the photo from now on.
    pub fn set_look(&mut self, gpu: &Gpu, look: Look) {
        self.shape.strength = look.strength;
        self.shape.keep_colors = if look.keep_colors { 1.0 } else { 0.0 };
        self.shape.split = look.split;
        gpu.queue.write_buffer(&self.look, 0, bytes_of(&self.shape));
    }

    /// Records the draw onto `target`.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, target: &wgpu::TextureView) {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("present"),
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

/// A texture to paint into and the buffer to read it back through. Clones share them.
#[derive(Clone)]
pub struct Canvas {
    texture: wgpu::Texture,
    staging: wgpu::Buffer,
    row: u32,
}

impl Canvas {
    /// A canvas for `presenter`: four bytes a pixel for [`TextureFormat::Rgba8Unorm`], four floats for
    /// [`TextureFormat::Rgba32Float`].
    ///
    /// # Errors
    /// What the device says.
    pub async fn new(gpu: &Gpu, presenter: &Presenter) -> Result<Self> {
        let [width, height] = presenter.shape.size;
        let pixel = if presenter.format == TextureFormat::Rgba32Float { 16 } else { 4 };
        let row = (width * pixel).next_multiple_of(ROW_ALIGNMENT);
        let make = || {
            let usage = TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
            let texture = make_texture(gpu, "canvas", extent(width, height), presenter.format, usage);
            let usage = BufferUsages::COPY_DST | BufferUsages::MAP_READ;
            let staging = gpu.buffer("readback", u64::from(row) * u64::from(height), usage);
            Ok(Self { texture, staging, row })
        };
        gpu.scoped(make).await
    }

    /// Records `presenter`'s draw and the copy to the readback buffer.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, presenter: &Presenter) {
        presenter.record(encoder, &self.texture.create_view(&Default::default()));
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(self.row), rows_per_image: None };
        let target = wgpu::TexelCopyBufferInfo { buffer: &self.staging, layout };
        encoder.copy_texture_to_buffer(self.texture.as_image_copy(), target, self.texture.size());
    }

    /// The pixels, row by row without padding, once everything submitted is done.
    ///
    /// # Errors
    /// What went wrong on the device.
    pub async fn read(&self, gpu: &Gpu) -> Result<Vec<u8>> {
        let bytes = gpu.download(&self.staging).await?;
        let pixel = if self.texture.format() == TextureFormat::Rgba32Float { 16 } else { 4 };
        let used = self.texture.width() as usize * pixel;
        Ok(bytes.chunks_exact(self.row as usize).flat_map(|row| &row[..used]).copied().collect())
    }
}

/// The floats behind the bytes of a [`TextureFormat::Rgba32Float`] canvas, without the fourth channel.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let values: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    cast_slice::<f32, [f32; 4]>(&values).iter().flat_map(|p| [p[0], p[1], p[2]]).collect()
}
