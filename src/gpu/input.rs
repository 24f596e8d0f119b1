//! The input picture: a photo or a video frame in a texture, whose size may differ from the network's. The shader is
//! `load_input.wgsl`.

use std::cell::Cell;

use bytemuck::bytes_of;
use wgpu::{BufferUsages, TextureFormat, TextureUsages};

use super::bounds::Bounds;
use super::device::Gpu;
use super::preprocess::specialize;
use super::shaders::LOAD_INPUT;
use super::step::Step;
use super::uniforms::LoadInputUniforms;
use crate::error::{Error, Excess, Result};
use crate::image::brushwork::Brushwork;
use crate::image::part::Part;
use crate::image::{Image, check_sides};

/// The first tensor of a network, which a frame fills.
pub(crate) struct InputTensor<'a> {
    pub tensor: &'a wgpu::Buffer,
    /// Whether it is stored in 16 bits.
    pub half: bool,
    /// The picture that the network sees, and width and height of the tensor. The padding mirrors the picture.
    pub picture: Part,
    pub padded: [u32; 2],
}

/// A picture on the device, and the dispatch that writes it to a network's first tensor.
pub struct Frame {
    pub(crate) texture: wgpu::Texture,
    /// The part of the photo that the texture holds, and the picture that the network sees.
    pub(crate) source: Part,
    pub(crate) picture: Part,
    shape: Cell<LoadInputUniforms>,
    uniform: wgpu::Buffer,
    step: Step,
}

impl Frame {
    /// Creates the texture for pictures of the size `source`, or for that part of them, and the dispatch that resizes them
    /// into `input_tensor`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub(crate) async fn new(gpu: &Gpu, input_tensor: InputTensor<'_>, source: impl Into<Part>) -> Result<Self> {
        let source = source.into();
        let (width, height) = source.size;
        check_sides((width, height))?;
        if let Some(excess) = Self::excess(gpu.bounds(), (width, height)) {
            let fits = |width, height| Self::excess(gpu.bounds(), (width, height)).is_none();
            return Err(excess.error((width, height), Image::largest_fitted((width, height), width.max(height), fits)));
        }
        gpu.scoped(|| Ok(Self::build(gpu, input_tensor, source))).await
    }

    /// Returns the first limit of the device that a picture of `width` x `height` exceeds, if any.
    pub fn excess(bounds: Bounds, (width, height): (usize, usize)) -> Option<Excess> {
        bounds.side(width.max(height) as u64)
    }

    fn build(gpu: &Gpu, input_tensor: InputTensor, source: Part) -> Self {
        // A browser renders a video frame into the texture, which needs more usages than a copy.
        let external =
            if cfg!(target_arch = "wasm32") { TextureUsages::RENDER_ATTACHMENT } else { TextureUsages::empty() };
        let usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST | external;
        let texture = gpu.texture("frame", pair(source.size), TextureFormat::Rgba8Unorm, usage);
        let InputTensor { tensor, half, picture, padded } = input_tensor;
        let Brushwork { amount, grain, flow } = Brushwork::new(0.0, picture.whole.0, picture.whole.1);
        let shape = LoadInputUniforms {
            source: pair(source.whole),
            source_origin: pair(source.origin),
            whole: pair(picture.whole),
            origin: pair(picture.origin),
            picture: pair(picture.size),
            padded,
            mirrored: 0,
            amount,
            grain,
            flow,
        };
        let uniform = gpu.filled("load_input", bytes_of(&shape), BufferUsages::UNIFORM);
        let view = texture.create_view(&Default::default());
        let resources =
            [uniform.as_entire_binding(), wgpu::BindingResource::TextureView(&view), tensor.as_entire_binding()];
        let resized = [("RESIZED", u32::from(source.whole != picture.whole))];
        let wgsl = specialize(LOAD_INPUT, &resized, half);
        let pipeline = gpu.pipeline("load_input", &wgsl);
        let [width, height] = padded;
        let workgroups = [width.div_ceil(8), height.div_ceil(8), 1];
        let step = Step::new(gpu, pipeline, resources.map(Some), workgroups);
        Self { texture, source, picture, shape: Cell::new(shape), uniform, step }
    }

    /// Returns width and height of the pictures.
    pub fn size(&self) -> (usize, usize) {
        (self.texture.width() as usize, self.texture.height() as usize)
    }

    /// Whether the picture is mirrored horizontally.
    pub fn mirrored(&self) -> bool {
        self.shape.get().mirrored == 1
    }

    /// Sets whether the picture is mirrored horizontally.
    pub fn set_mirrored(&self, gpu: &Gpu, mirrored: bool) {
        self.set_shape(gpu, LoadInputUniforms { mirrored: u32::from(mirrored), ..self.shape.get() });
    }

    /// Sets the strength, 0..1, of the brushwork that is added to the picture that the network sees.
    pub fn set_brushwork(&self, gpu: &Gpu, strength: f32) {
        let shape = self.shape.get();
        let (width, height) = self.picture.whole;
        let Brushwork { amount, grain, flow } = Brushwork::new(strength, width, height);
        self.set_shape(gpu, LoadInputUniforms { amount, grain, flow, ..shape });
    }

    fn set_shape(&self, gpu: &Gpu, shape: LoadInputUniforms) {
        self.shape.set(shape);
        gpu.queue.write_buffer(&self.uniform, 0, bytes_of(&shape));
    }

    /// Uploads a picture as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match.
    pub fn upload(&self, gpu: &Gpu, rgba: &[u8]) -> Result<()> {
        let (width, height) = self.size();
        if rgba.len() != width * height * 4 {
            let (needed, given) = (width * height * 4, rgba.len());
            return Err(Error::Picture(format!(
                "a {width}x{height} picture needs {needed} bytes of RGBA, not {given}"
            )));
        }
        let bytes_per_row = Some(self.texture.width() * 4);
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row, rows_per_image: None };
        gpu.queue.write_texture(self.texture.as_image_copy(), rgba, layout, self.texture.size());
        Ok(())
    }

    /// Copies a picture that the browser holds, such as a video frame of this size, without a copy through main memory.
    #[cfg(target_arch = "wasm32")]
    pub fn copy(&self, gpu: &Gpu, source: wgpu::ExternalImageSource) {
        let source = wgpu::CopyExternalImageSourceInfo { source, origin: wgpu::Origin2d::ZERO, flip_y: false };
        let target = self.texture.as_image_copy().to_tagged(wgpu::PredefinedColorSpace::Srgb, false);
        gpu.queue.copy_external_image_to_texture(&source, target, self.texture.size());
    }

    /// Records the dispatch that writes the network's first tensor.
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass) {
        self.step.record(pass);
    }
}

/// Returns width and height as uniforms have them.
pub(super) fn pair((width, height): (usize, usize)) -> [u32; 2] {
    [width as u32, height as u32]
}
