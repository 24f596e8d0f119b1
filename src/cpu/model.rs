//! A transfer network packed for an instruction set ([`CpuModel`]), which is compiled to plans for input sizes.

use std::sync::Arc;

use super::convolution::CpuConvolution;
use super::instruction_set::InstructionSet;
use super::packed::Packed;
use super::plan::CpuPlan;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::lower::transfer::fuse;
use crate::net::Network;
use crate::weights::Archive;

/// Maximum bytes of a plan: half of what 32 bits address, or 64 GiB.
const MOST_BYTES: u64 = if usize::BITS == 32 { 1 << 31 } else { 1 << 36 };

/// A network's packed weights, for any input size.
pub struct CpuModel(Arc<Packed>);

impl CpuModel {
    /// Loads `net` with the weights of `archive`, packed for `set`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights of a wrong shape, [`Error::Model`] for layers that the kernels cannot run, for a
    /// network that does not turn a picture into a picture; otherwise as [`InstructionSet::require`].
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
