//! The uniforms of all kernels, laid out as in their WGSL declarations.

use bytemuck::{Pod, Zeroable};

/// Uniforms of `composite.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct CompositeUniforms {
    /// Width and height of the whole result in pixels.
    pub size: [u32; 2],
    /// The pixel of it at which the target begins.
    pub origin: [u32; 2],
    /// Width and height of the photo in pixels.
    pub source: [u32; 2],
    /// The pixel of it at which the texture begins.
    pub source_origin: [u32; 2],
    /// Width and height of the whole painting in pixels.
    pub painting: [u32; 2],
    /// The pixel of it at which the tensor begins.
    pub painting_origin: [u32; 2],
    /// Pixels from one row of the tensor to the next.
    pub stride: u32,
    /// Offset of the tensor's (a, b) pair, in quads.
    pub norm: u32,
    /// Strength of the style, 0..1.
    pub strength: f32,
    /// Part of the width, 0..1 from the left, that shows the photo.
    pub split: f32,
    /// 1 to take the luminance from the output and the chroma from the photo, else 0.
    pub keep_colors: u32,
    /// 1 if the photo is mirrored horizontally, else 0.
    pub mirrored: u32,
}

/// Uniforms of `pointwise.wgsl`, `depthwise.wgsl`, `conv3x3_rgb.wgsl` and `global_mean.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct MobilenetUniforms {
    /// Width and height of the input in pixels.
    pub in_size: [u32; 2],
    /// Width and height of the output in pixels.
    pub out_size: [u32; 2],
    /// Quads of input channels.
    pub in_quads: u32,
    /// Quads of output channels.
    pub out_quads: u32,
    /// Padding to a multiple of 16 bytes.
    pub unused: [u32; 2],
}

/// Uniforms of `load_input.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct LoadInputUniforms {
    /// Width and height of the photo in pixels.
    pub source: [u32; 2],
    /// The pixel of it at which the texture begins.
    pub source_origin: [u32; 2],
    /// Width and height of the picture of the whole photo that the network sees, in pixels.
    pub whole: [u32; 2],
    /// The pixel of it at which the picture begins.
    pub origin: [u32; 2],
    /// Width and height of the picture: the part that the network sees at once.
    pub picture: [u32; 2],
    /// Width and height of the tensor in pixels: the picture padded to a size that the network accepts.
    pub padded: [u32; 2],
    /// 1 to mirror the texture horizontally, else 0.
    pub mirrored: u32,
    /// Amplitude of the brushwork as a part of white. 0: none.
    pub amount: f32,
    /// Width of the brushwork's streaks in pixels of the picture.
    pub grain: f32,
    /// Distance over which the streaks change direction, in pixels of the picture.
    pub flow: f32,
}

/// Uniforms of `temporal_filter.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct TemporalFilterUniforms {
    /// Width and height of the photo's texture in pixels.
    pub source: [u32; 2],
    /// Width and height of the output in pixels.
    pub painting: [u32; 2],
    /// Pixels from one row of the tensor to the next.
    pub stride: u32,
    /// Offset of the tensor's (a, b) pair, in quads.
    pub norm: u32,
    /// 1 if the photo is mirrored horizontally, else 0.
    pub mirrored: u32,
    /// Part of the previous output that is kept, 0..1. 0 in the first frame.
    pub keep: f32,
}

/// Uniforms of the convolutions, `shaders/conv/conv_*.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct ConvUniforms {
    /// Width and height of the input in pixels.
    pub in_size: [u32; 2],
    /// Width and height of the output in pixels; before enlargement, if an enlargement is folded in.
    pub out_size: [u32; 2],
    /// Offset of the input's (a, b) pairs, in quads.
    pub in_norm: u32,
    /// Offset of the skip connection's (a, b) pairs, in quads.
    pub skip_norm: u32,
    /// Lower bound of the input after normalization: 0 for a ReLU, otherwise the lowest float.
    pub in_low: f32,
    /// Lower bound of the skip connection after normalization, likewise.
    pub skip_low: f32,
}

/// Uniforms of `row_moments.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct RowMomentsUniforms {
    /// Width and height of the tensor in pixels.
    pub size: [u32; 2],
    /// Column and row of the first pixel of the rectangle.
    pub origin: [u32; 2],
    /// Columns of the rectangle.
    pub columns: u32,
    /// Rows of the rectangle.
    pub rows: u32,
}

/// Uniforms of `instance_norm_fold.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct InstanceNormFoldUniforms {
    /// Width and height of the grid that the tiles of one phase cover, in pixels.
    pub size: [u32; 2],
    /// Width and height of a tile in pixels.
    pub tile: [u32; 2],
    /// Phases of a folded enlargement: 1 or 4.
    pub phases: u32,
    /// Offset of the normalization's scales in the style, in quads. The shifts follow after `quads` quads.
    pub style: u32,
    /// Quads of channels.
    pub quads: u32,
    /// Offset of the normalization's (a, b) pairs, in quads.
    pub norm: u32,
}
