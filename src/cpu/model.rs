//! A transfer network packed for an instruction set ([`CpuModel`]), which is compiled to plans for input sizes.

use std::sync::Arc;

use super::convolution::CpuConvolution;
use super::instruction_set::InstructionSet;
use super::plan::CpuPlan;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::lower::lifetimes::{Assignment, Lifetime, assign};
use crate::lower::transfer::{Fused, Stage, fuse};
use crate::net::{Network, Shape};
use crate::weights::Archive;

/// Maximum pixels along a side.
const LONGEST_SIDE: usize = 1 << 16;
/// Maximum bytes of a plan: half of what 32 bits address, or 64 GiB.
const MOST_BYTES: u64 = if usize::BITS == 32 { 1 << 31 } else { 1 << 36 };

/// A network's packed weights, for any input size.
pub struct CpuModel(Arc<Packed>);

/// What a model shares with its plans.
pub(super) struct Packed {
    pub net: Network,
    pub fused: Fused,
    pub set: InstructionSet,
    pub convolutions: Vec<CpuConvolution>,
    pub biases: Vec<Vec<f32>>,
}

/// The memory of a plan.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    /// Shapes of the network's tensors.
    pub shapes: Vec<Shape>,
    /// The buffer of each stored tensor, and the bytes of each buffer.
    pub buffers: Assignment,
    /// Numbers of statistics.
    pub statistics: usize,
}

impl CpuModel {
    /// Loads `net` with the weights of `archive`, packed for `set`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights of a wrong shape, [`Error::Model`] for layers that the kernels cannot run, for a
    /// network that does not turn a picture into a picture, and if this processor does not have `set`.
    pub fn load(net: Network, archive: &Archive, set: InstructionSet) -> Result<Self> {
        let fused = fuse(&net)?;
        let mut convolutions = Vec::new();
        for stage in &fused.stages {
            let c = &stage.layer;
            let weight = archive.tensor(&c.weight, &[c.outputs, c.inputs, c.kernel, c.kernel])?;
            convolutions.push(CpuConvolution::new(set, c, stage.enlarged, &weight)?);
        }
        let biases = fused.biases.iter().map(|(name, channels)| archive.tensor(name, &[*channels]));
        let biases = biases.collect::<Result<Vec<_>>>()?;
        let last = fused.stages.iter().find(|stage| stage.output == fused.output.tensor);
        if net.inputs != 3 || last.is_none_or(|stage| stage.layer.outputs != 3) {
            let problem = "its first or last tensor has other than three channels, so it is no picture".to_string();
            return Err(Error::Model { file: net.name.clone(), problem });
        }
        Ok(Self(Arc::new(Packed { net, fused, set, convolutions, biases })))
    }

    /// Returns the network.
    pub fn network(&self) -> &Network {
        &self.0.net
    }

    /// Returns the instruction set.
    pub fn instruction_set(&self) -> InstructionSet {
        self.0.set
    }

    /// Returns the bytes of the packed weights.
    pub fn weight_bytes(&self) -> u64 {
        self.0.convolutions.iter().map(CpuConvolution::bytes).sum()
    }

    /// Returns the bytes that a plan for photos of `width` x `height` allocates, with the scratch memory of `threads`
    /// threads. Allocates nothing.
    ///
    /// # Errors
    /// As [`CpuModel::plan`], except for memory.
    pub fn bytes(&self, width: usize, height: usize, threads: usize) -> Result<u64> {
        let memory = self.0.memory(width, height)?;
        Ok(memory.bytes(self.0.scratch(&memory), threads))
    }

    /// Compiles the model for photos of `width` x `height`. The caller pads photos by reflection at the right and lower
    /// border to [`CpuPlan::padded`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit that the size exceeds, [`Error::Picture`] if a side is zero or the system
    /// has too little memory.
    pub fn plan(&self, width: usize, height: usize) -> Result<CpuPlan> {
        let memory = self.0.memory(width, height)?;
        let needed = memory.bytes(self.0.scratch(&memory), 1);
        if needed > MOST_BYTES {
            let fits = |width, height| self.bytes(width, height, 1).is_ok_and(|bytes| bytes <= MOST_BYTES);
            let fits = Image::largest_fitted((width, height), width.max(height), fits);
            return Err(Error::TooLarge { width, height, limit: "bytes of memory", needed, allowed: MOST_BYTES, fits });
        }
        CpuPlan::new(Arc::clone(&self.0), (width, height), memory)
    }
}

impl Packed {
    /// Returns the shapes and buffers for photos of `width` x `height`.
    fn memory(&self, width: usize, height: usize) -> Result<Memory> {
        if width.max(height) > LONGEST_SIDE {
            let (needed, allowed) = (width.max(height) as u64, LONGEST_SIDE as u64);
            let limit = "pixels along a side";
            return Err(Error::TooLarge { width, height, limit, needed, allowed, fits: LONGEST_SIDE });
        }
        if width == 0 || height == 0 {
            return Err(Error::Picture(format!(
                "a picture of {width}x{height} pixels is empty: choose another picture"
            )));
        }
        let shapes = self.net.shapes(self.net.padded(height), self.net.padded(width))?;
        let stages = &self.fused.stages;
        let last = stages.len() + 1;
        let life = |t: usize| {
            let shape = shapes[self.fused.stored[t]];
            let bytes = 4 * shape.height as u64 * shape.width as u64 * shape.channels.next_multiple_of(4) as u64;
            let writes = |s: &Stage| s.output == t || s.sum == Some(t);
            let reads = |s: &Stage| s.input.tensor == t || s.skip.is_some_and(|k| k.tensor == t);
            let written = stages.iter().position(writes).map_or(0, |i| i + 1);
            let read = stages.iter().rposition(reads).map_or(written, |i| i + 1);
            // The input stays, so that a plan can run again with another style.
            let last_read = if t == 0 || t == self.fused.output.tensor { last } else { read };
            Lifetime { bytes, written, last_read }
        };
        let buffers = assign(&(0..self.fused.stored.len()).map(life).collect::<Vec<_>>());
        let statistics = self.inputs(&shapes).map(|(c, size)| c.statistics_length(size)).max().unwrap_or(0);
        Ok(Memory { shapes, buffers, statistics })
    }

    /// Returns each convolution with height and width of its input.
    fn inputs(&self, shapes: &[Shape]) -> impl Iterator<Item = (&CpuConvolution, (usize, usize))> {
        self.convolutions.iter().zip(&self.fused.stages).map(|(c, stage)| {
            let shape = shapes[self.fused.stored[stage.input.tensor]];
            (c, (shape.height, shape.width))
        })
    }

    /// Returns the numbers of scratch memory of a thread.
    fn scratch(&self, memory: &Memory) -> usize {
        self.inputs(&memory.shapes).map(|(c, size)| c.scratch_length(size)).max().unwrap_or(0)
    }
}

impl Memory {
    /// Returns the bytes of a plan, with `scratch` numbers for each of `threads` threads. The finished colours are not
    /// one of the buffers.
    fn bytes(&self, scratch: usize, threads: usize) -> u64 {
        let colours = 4 * self.shapes[0].height as u64 * self.shapes[0].width as u64;
        let numbers = self.statistics as u64 + scratch as u64 * threads as u64 + colours;
        self.buffers.bytes.iter().sum::<u64>() + 4 * numbers
    }
}
