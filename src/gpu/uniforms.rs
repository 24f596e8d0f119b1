//! The uniforms of all kernels, laid out as in their WGSL declarations.

use bytemuck::{Pod, Zeroable};

/// Uniforms of `composite.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct CompositeUniforms {
    pub size: [u32; 2],
    pub source: [u32; 2],
    pub painting: [u32; 2],
    pub stride: u32,
    pub norm: u32,
    pub strength: f32,
    pub split: f32,
    pub keep_colors: u32,
    pub mirrored: u32,
}

/// Uniforms of `pointwise.wgsl`, `depthwise.wgsl`, `conv3x3_rgb.wgsl` and `global_mean.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct MobilenetUniforms {
    pub in_size: [u32; 2],
    pub out_size: [u32; 2],
    pub in_quads: u32,
    pub out_quads: u32,
    pub unused: [u32; 2],
}

/// Uniforms of `load_input.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct LoadInputUniforms {
    pub source: [u32; 2],
    pub picture: [u32; 2],
    pub padded: [u32; 2],
    pub mirrored: u32,
    pub amount: f32,
    pub grain: f32,
    pub flow: f32,
}

/// Uniforms of `temporal_filter.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct TemporalFilterUniforms {
    pub source: [u32; 2],
    pub painting: [u32; 2],
    pub stride: u32,
    pub norm: u32,
    pub mirrored: u32,
    pub keep: f32,
}

/// Uniforms of the convolutions, `shaders/conv/conv_*.wgsl`. `in_norm` and `skip_norm` are the offsets of the inputs'
/// (a, b) pairs, in quads; `in_low` and `skip_low` are 0 after a ReLU and the lowest float otherwise.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct ConvUniforms {
    pub in_size: [u32; 2],
    pub out_size: [u32; 2],
    pub in_norm: u32,
    pub skip_norm: u32,
    pub in_low: f32,
    pub skip_low: f32,
}

/// Uniforms of `instance_norm_fold.wgsl`. `style` and `norm` are the offsets of the slot's scales and of its (a, b)
/// pairs, in quads.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct InstanceNormFoldUniforms {
    pub size: [u32; 2],
    pub tile: [u32; 2],
    pub phases: u32,
    pub style: u32,
    pub quads: u32,
    pub norm: u32,
}
