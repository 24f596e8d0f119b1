//! A network on a device ([`Model`]), from which plans for input sizes are made.

use bytemuck::{Pod, Zeroable, bytes_of, cast_slice};
use wgpu::BufferUsages;

use super::bounds::{Bounds, Excess};
use super::conv::{Kernel, Variant};
use super::device::Gpu;
use super::lifetimes::{Lifetime, assign};
use super::lower::transfer::{Affine, Fused, Source, fuse};
use super::plan::{Builder, Cost, Plan, UNIFORM_STRIDE};
use super::weight_layout::pack;
use crate::error::Result;
use crate::image::Image;
use crate::net::{Network, Shape};
use crate::weights::Archive;
use crate::weights::half::from_f32;

/// A network's pipelines and weights, ready for any input size.
pub struct Model {
    net: Network,
    variant: Variant,
    fused: Fused,
    kernels: Vec<Loaded>,
    biases: Vec<Vec<f32>>,
    norm: wgpu::ComputePipeline,
}

struct Loaded {
    kernel: Kernel,
    pipeline: wgpu::ComputePipeline,
    weights: wgpu::Buffer,
    weight_bytes: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct ConvShape {
    in_size: [u32; 2],
    out_size: [u32; 2],
    in_norm: u32,
    skip_norm: u32,
    in_low: f32,
    skip_low: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct NormShape {
    size: [u32; 2],
    tile: [u32; 2],
    phases: u32,
    style: u32,
    quads: u32,
    norm: u32,
}

impl Model {
    /// Loads `net` with the weights of `archive`, for the kernels of `variant`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights that do not fit, [`Error::Model`] for layers that the kernels cannot run, and what the
    /// device says.
    pub async fn load(gpu: &Gpu, net: Network, archive: &Archive, variant: Variant) -> Result<Self> {
        let fused = fuse(&net)?;
        let mut packed = Vec::new();
        for stage in &fused.stages {
            let c = &stage.layer;
            let weight = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
            let kernel = stage.spec.kernel(variant);
            let values = pack(c, &stage.spec, &kernel, &weight);
            let bytes = if variant.half { to_half(&values) } else { cast_slice(&values).to_vec() };
            packed.push((kernel, bytes));
        }
        let biases = fused.biases.iter().map(|(name, channels)| archive.tensor(name, &[*channels]));
        let biases = biases.collect::<Result<Vec<_>>>()?;
        let make = || {
            let load = |(kernel, bytes): (Kernel, Vec<u8>)| Loaded {
                pipeline: gpu.pipeline(kernel.file, &kernel.wgsl),
                weights: gpu.filled("weights", &bytes, BufferUsages::STORAGE),
                weight_bytes: bytes.len() as u64,
                kernel,
            };
            Ok(Self {
                kernels: packed.into_iter().map(load).collect(),
                biases,
                norm: gpu.pipeline("instance_norm_fold", include_str!("../../shaders/conv/instance_norm_fold.wgsl")),
                net,
                variant,
                fused,
            })
        };
        gpu.scoped(make).await
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.net
    }

    /// The variant of its kernels.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Compiles the model for photos of `width` x `height`, which are mirrored at the right and lower border to what the
    /// network accepts.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit that the size breaks, [`Error::OutOfMemory`], and what the device says.
    pub async fn plan(&self, gpu: &Gpu, width: usize, height: usize) -> Result<Plan> {
        let (padded_width, padded_height) = (self.net.padded(width), self.net.padded(height));
        let shapes = self.net.shapes(padded_height, padded_width)?;
        let tensors = self.lifetimes(&shapes);
        if let Some(excess) = self.excess_of(gpu.bounds(), &tensors, &shapes) {
            let fits = |width, height| matches!(self.excess(gpu.bounds(), (width, height)), Ok(None));
            return Err(excess.error((width, height), Image::largest_fitted((width, height), width.max(height), fits)));
        }
        gpu.scoped(|| Ok(self.build(gpu, (width, height), &tensors, &shapes))).await
    }

    /// The stored tensors' sizes and lifetimes: step 0 ingests, step `i + 1` is convolution `i`, the step after the last
    /// presents.
    fn lifetimes(&self, shapes: &[Shape]) -> Vec<Lifetime> {
        let quad = self.variant.quad_bytes();
        let last = self.fused.stages.len() + 1;
        let bytes = |t: usize| {
            let shape = shapes[self.fused.stored[t]];
            (shape.channels.div_ceil(4) * shape.height * shape.width) as u64 * quad
        };
        let life = |t: usize| {
            let writes = |s: &&super::lower::transfer::Stage| s.output == t || s.sum == Some(t);
            let reads =
                |s: &super::lower::transfer::Stage| s.input.tensor == t || s.skip.is_some_and(|k| k.tensor == t);
            let written = self.fused.stages.iter().position(|s| writes(&s)).map_or(0, |i| i + 1);
            let read = self.fused.stages.iter().rposition(reads).map_or(written, |i| i + 1);
            Lifetime { bytes: bytes(t), written, last_read: if t == self.fused.output.tensor { last } else { read } }
        };
        let mut tensors: Vec<_> = (0..self.fused.stored.len()).map(life).collect();
        // The statistics are one more tensor, alive all along.
        let partials = self.fused.stages.iter().zip(&self.kernels).map(|(stage, loaded)| {
            let (width, height) = grid(&stage.spec, &shapes[self.fused.stored[stage.output]]);
            u64::from(loaded.kernel.cells(width, height) * stage.spec.phases * stage.spec.out_quads()) * 32
        });
        tensors.push(Lifetime { bytes: partials.max().unwrap_or(0), written: 0, last_read: last });
        tensors
    }

    /// The first of the device's bounds that a picture of `width` x `height` breaks, if any. Allocates nothing.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn excess(&self, bounds: Bounds, (width, height): (usize, usize)) -> Result<Option<Excess>> {
        let shapes = self.net.shapes(self.net.padded(height), self.net.padded(width))?;
        Ok(self.excess_of(bounds, &self.lifetimes(&shapes), &shapes))
    }

    fn excess_of(&self, bounds: Bounds, tensors: &[Lifetime], shapes: &[Shape]) -> Option<Excess> {
        let side = shapes[0].width.max(shapes[0].height) as u64;
        let largest = tensors.iter().map(|t| t.bytes).max().unwrap_or(0);
        Excess::side(bounds, side).or_else(|| Excess::buffer(bounds, largest))
    }

    fn build(&self, gpu: &Gpu, (width, height): (usize, usize), tensors: &[Lifetime], shapes: &[Shape]) -> Plan {
        let assignment = assign(tensors);
        let storage = BufferUsages::STORAGE;
        let buffers: Vec<_> = assignment.bytes.iter().map(|&b| gpu.buffer("tensor", b, storage)).collect();
        let tensor = |t: usize| &buffers[assignment.buffer_of[t]];
        let partials = tensor(tensors.len() - 1);

        let quads: Vec<u32> = self.net.norms.iter().map(|n| n.1.div_ceil(4) as u32).collect();
        // The identity comes first, for tensors that have no normalization; the biases come last.
        let identity = quads.iter().copied().max().unwrap_or(1);
        let norm_offset = |slot: usize| 2 * (identity + quads[..slot].iter().sum::<u32>());
        let bias_offset = |i: usize| {
            norm_offset(quads.len()) + 2 * self.biases[..i].iter().map(|b| b.len().div_ceil(4) as u32).sum::<u32>()
        };
        let norms_bytes = u64::from(bias_offset(self.biases.len())) * 16;
        let norms = gpu.buffer("norms", norms_bytes, storage | BufferUsages::COPY_DST);
        let pair = [[1.0_f32; 4], [0.0; 4]].concat();
        gpu.queue.write_buffer(&norms, 0, cast_slice(&pair.repeat(identity as usize)));
        for (i, bias) in self.biases.iter().enumerate() {
            gpu.queue.write_buffer(&norms, u64::from(bias_offset(i)) * 16, cast_slice(&bias_pairs(bias)));
        }
        let offset = |affine: Affine| match affine {
            Affine::Identity => 0,
            Affine::Norm(slot) => norm_offset(slot),
            Affine::Bias(i) => bias_offset(i),
        };
        let style_offset = |slot: usize| 2 * quads[..slot].iter().sum::<u32>();
        let style = gpu.buffer("style", u64::from(style_offset(quads.len())) * 16, storage | BufferUsages::COPY_DST);
        let history = u64::from(1 + style_offset(quads.len())) * 16;
        let history = gpu.buffer("statistics", history, storage | BufferUsages::COPY_DST);
        let offset_and_low = |source: Option<Source>| match source {
            Some(s) => (offset(s.affine), if s.relu { 0.0 } else { f32::MIN }),
            None => (0, 0.0),
        };

        let uniforms = UNIFORM_STRIDE * 2 * self.fused.stages.len() as u64;
        let uniforms = gpu.buffer("shapes", uniforms, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
        let padded = [shapes[0].width as u32, shapes[0].height as u32];
        let mut builder = Builder { gpu, uniforms: &uniforms, used: 0, steps: Vec::new() };
        let mut cost =
            Cost { bytes_written: tensors[0].bytes, bytes_read: (width * height * 4) as u64, ..Cost::default() };
        for (stage, loaded) in self.fused.stages.iter().zip(&self.kernels) {
            let (spec, kernel) = (&stage.spec, &loaded.kernel);
            let input = shapes[self.fused.stored[stage.input.tensor]];
            let (grid_width, grid_height) = grid(spec, &shapes[self.fused.stored[stage.output]]);
            let ((in_norm, in_low), (skip_norm, skip_low)) =
                (offset_and_low(Some(stage.input)), offset_and_low(stage.skip));
            let shape = ConvShape {
                in_size: [input.width as u32, input.height as u32],
                out_size: [grid_width, grid_height],
                in_norm,
                skip_norm,
                in_low,
                skip_low,
            };
            // In the order of the shader's bindings; `None` where this kernel has no such binding.
            let bound = [
                Some(tensor(stage.input.tensor)),
                Some(&loaded.weights),
                kernel.reads_norms.then_some(&norms),
                Some(tensor(stage.output)),
                Some(partials),
                stage.skip.map(|s| tensor(s.tensor)),
                stage.sum.map(tensor),
            ];
            builder.add(&loaded.pipeline, bytes_of(&shape), &bound, kernel.workgroups(grid_width, grid_height));

            let outputs = u64::from(grid_width * grid_height * spec.phases);
            let statistics = u64::from(kernel.cells(grid_width, grid_height) * spec.phases * spec.out_quads()) * 32;
            if let Some(slot) = stage.norm {
                let norm = NormShape {
                    size: [grid_width, grid_height],
                    tile: kernel.cell,
                    phases: spec.phases,
                    style: style_offset(slot),
                    quads: spec.out_quads(),
                    norm: norm_offset(slot),
                };
                let bound = [Some(partials), Some(&style), Some(&norms), Some(&history)];
                builder.add(&self.norm, bytes_of(&norm), &bound, [spec.out_quads(), 1, 1]);
                cost.bytes_read += statistics;
            }
            cost.multiply_adds += outputs * u64::from(spec.kernel.pow(2) * spec.inputs * spec.outputs);
            cost.bytes_read += tensors[stage.input.tensor].bytes + loaded.weight_bytes;
            cost.bytes_read += stage.skip.map_or(0, |s| tensors[s.tensor].bytes);
            cost.bytes_written += tensors[stage.output].bytes + statistics + stage.sum.map_or(0, |s| tensors[s].bytes);
        }
        let steps = builder.steps;
        // The presenting draw reads the last tensor and the photo and writes the canvas.
        let canvas = (width * height * 4) as u64;
        cost.bytes_read += tensors[self.fused.output.tensor].bytes + canvas;
        cost.bytes_written += canvas;
        // And the frame's own step comes first.
        cost.dispatches = steps.len() as u64 + 1;
        cost.memory = assignment.bytes.iter().sum::<u64>() + canvas;
        Plan {
            half: self.variant.half,
            input: tensor(0).clone(),
            padded,
            output: tensor(self.fused.output.tensor).clone(),
            finish: self.fused.finish,
            output_norm: offset(self.fused.output.affine),
            stride: padded[0],
            width,
            height,
            slots: (0..quads.len()).map(|slot| (style_offset(slot), quads[slot])).collect(),
            norms,
            style,
            history,
            steps,
            cost,
        }
    }
}

/// The grid of threads' pixels that makes an output of `shape`: the small grid where an enlargement is folded in.
fn grid(spec: &super::conv::Spec, shape: &Shape) -> (u32, u32) {
    let scale = if spec.phases == 4 { 2 } else { 1 };
    (shape.width as u32 / scale, shape.height as u32 / scale)
}

/// A pair of quads (1, bias) for every four channels.
fn bias_pairs(bias: &[f32]) -> Vec<f32> {
    let pair = |quad: &[f32]| {
        let mut pair = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        pair[4..][..quad.len()].copy_from_slice(quad);
        pair
    };
    bias.chunks(4).flat_map(pair).collect()
}

/// IEEE 754 half floats, little-endian.
fn to_half(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| from_f32(*v).to_le_bytes()).collect()
}
