//! A network on a device ([`Model`]), which is compiled to plans for input sizes.

use bytemuck::cast_slice;
use wgpu::BufferUsages;

use super::bounds::Bounds;
use super::conv::Variant;
use super::device::Gpu;
use super::executable::{Executable, Norms, Resources};
use super::plan::Plan;
use super::preprocess::specialize;
use super::schedule::transfer::{Normalized, TransferKernels};
use super::schedule::{Cost, Schedule};
use super::shaders::INSTANCE_NORM_FOLD;
use super::weight_layout::pack;
use crate::error::{Excess, Result};
use crate::image::Image;
use crate::lower::transfer::Affine;
use crate::net::Network;
use crate::style::StyleLayout;
use crate::weights::Archive;
use crate::weights::half::from_f32;

/// A network's pipelines and weights, for any input size.
pub struct Model {
    kernels: TransferKernels,
    pipelines: Vec<wgpu::ComputePipeline>,
    weights: Vec<Option<wgpu::Buffer>>,
    biases: Vec<Vec<f32>>,
    fold: wgpu::ComputePipeline,
}

impl Model {
    /// Loads `net` with the weights of `archive`, for the kernels of `variant`.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::error::Error::Tensor) for weights of a wrong shape,
    /// [`Error::Model`](crate::error::Error::Model) for layers that the kernels cannot run, and the errors of the
    /// device.
    pub async fn load(gpu: &Gpu, net: Network, archive: &Archive, variant: Variant) -> Result<Self> {
        let kernels = TransferKernels::new(net, variant)?;
        let mut packed = Vec::new();
        for ((stage, spec), kernel) in kernels.fused.stages.iter().zip(&kernels.specs).zip(&kernels.kernels) {
            let c = &stage.layer;
            let weight = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
            let values = pack(c, spec, kernel, &weight);
            packed.push(if variant.half { to_half(&values) } else { cast_slice(&values).to_vec() });
        }
        let biases = kernels.fused.biases.iter().map(|(name, channels)| archive.tensor(name, &[*channels]));
        let biases = biases.collect::<Result<Vec<_>>>()?;
        let make = || {
            let filled = |bytes: &Vec<u8>| Some(gpu.filled("weights", bytes, BufferUsages::STORAGE));
            let fold = specialize(INSTANCE_NORM_FOLD, &[], false);
            Ok(Self {
                pipelines: kernels.kernels.iter().map(|kernel| gpu.pipeline(kernel.file, &kernel.wgsl)).collect(),
                weights: packed.iter().map(filled).collect(),
                biases,
                fold: gpu.pipeline("instance_norm_fold", &fold),
                kernels,
            })
        };
        gpu.scoped(make).await
    }

    /// Returns the network.
    pub fn network(&self) -> &Network {
        &self.kernels.net
    }

    /// Returns the variant of its kernels.
    pub fn variant(&self) -> Variant {
        self.kernels.variant
    }

    /// Compiles the model for photos of `width` x `height`. Photos are padded by reflection at the right and lower
    /// border to a size that the network accepts.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::error::Error::TooLarge) naming the limit that the size exceeds,
    /// [`Error::OutOfMemory`](crate::error::Error::OutOfMemory), and the errors of the device.
    pub async fn plan(&self, gpu: &Gpu, width: usize, height: usize) -> Result<Plan> {
        if let Some(excess) = self.excess(gpu.bounds(), (width, height))? {
            let fits = |width, height| matches!(self.excess(gpu.bounds(), (width, height)), Ok(None));
            return Err(excess.error((width, height), Image::largest_fitted((width, height), width.max(height), fits)));
        }
        let padded = [width, height].map(|side| self.kernels.net.padded(side) as u32);
        let (schedule, cost) = self.kernels.schedule((width, height))?;
        let normalized = self.kernels.normalized((width, height))?;
        gpu.scoped(|| self.build(gpu, (width, height), padded, &schedule, normalized, cost)).await
    }

    /// Returns a name for each dispatch of a frame, as [`TransferKernels::dispatch_names`].
    ///
    /// # Errors
    /// As [`TransferKernels::schedule`].
    pub fn dispatch_names(&self, size: (usize, usize)) -> Result<Vec<String>> {
        Ok(self.kernels.dispatch_names(&self.kernels.schedule(size)?.0))
    }

    /// Returns the first limit of the device that a picture of `width` x `height` exceeds, if any. Allocates nothing.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn excess(&self, bounds: Bounds, size: (usize, usize)) -> Result<Option<Excess>> {
        self.kernels.excess(bounds, size)
    }

    fn build(
        &self,
        gpu: &Gpu,
        (width, height): (usize, usize),
        padded: [u32; 2],
        schedule: &Schedule,
        normalized: Vec<Normalized>,
        cost: Cost,
    ) -> Result<Plan> {
        let layout = &self.kernels.norms;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST;
        let [pairs, style, history] = layout.bytes();
        let norms = gpu.buffer("norms", pairs, usage);
        let identity = [[1.0_f32; 4], [0.0; 4]].concat().repeat(layout.identity() as usize);
        gpu.queue.write_buffer(&norms, 0, cast_slice(&identity));
        for (i, bias) in self.biases.iter().enumerate() {
            let offset = u64::from(layout.offset(Affine::Bias(i))) * 16;
            gpu.queue.write_buffer(&norms, offset, cast_slice(&bias_pairs(bias)));
        }
        let style = gpu.buffer("style", style, usage);
        let history = gpu.buffer("statistics", history, usage | BufferUsages::COPY_SRC);
        let bound = Norms { pipeline: &self.fold, pairs: &norms, style: &style, history: &history };
        let (pipelines, weights) = (&self.pipelines, &self.weights);
        let resources = Resources { pipelines, weights, biases: &[], norms: Some(bound) };
        Ok(Plan {
            half: self.kernels.variant.half,
            executable: Executable::new(gpu, schedule, resources, BufferUsages::empty())?,
            padded,
            finish: self.kernels.fused.finish,
            output_norm: layout.offset(self.kernels.fused.output.affine),
            stride: padded[0],
            width,
            height,
            layout: StyleLayout::new(self.kernels.net.norms.iter().map(|(_, channels)| *channels)),
            norms,
            style,
            history,
            normalized,
            cost,
        })
    }
}

/// Returns a pair of quads (1, bias) for every four channels.
fn bias_pairs(bias: &[f32]) -> Vec<f32> {
    let pair = |quad: &[f32]| {
        let mut pair = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        pair[4..][..quad.len()].copy_from_slice(quad);
        pair
    };
    bias.chunks(4).flat_map(pair).collect()
}

/// Converts `values` to IEEE 754 half floats, little-endian.
fn to_half(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| from_f32(*v).to_le_bytes()).collect()
}
