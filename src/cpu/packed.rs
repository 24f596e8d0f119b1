//! A packed network, which a model shares with its plans, and the memory that a plan needs.

use super::convolution::CpuConvolution;
use super::instruction_set::InstructionSet;
use crate::error::{Error, Result};
use crate::image::check_sides;
use crate::lower::lifetimes::{Assignment, Lifetime, assign};
use crate::lower::transfer::Fused;
use crate::net::{Network, Shape};

/// Maximum pixels along a side.
const LONGEST_SIDE: usize = 1 << 16;

/// What a model shares with its plans.
pub struct Packed {
    pub net: Network,
    pub fused: Fused,
    pub set: InstructionSet,
    pub convolutions: Vec<CpuConvolution>,
    pub biases: Vec<Vec<f32>>,
}

/// The memory of a plan.
#[derive(Debug, Clone)]
pub struct Memory {
    /// Shapes of the network's tensors.
    pub shapes: Vec<Shape>,
    /// The buffer of each stored tensor, and the bytes of each buffer.
    pub buffers: Assignment,
    /// Numbers of statistics.
    pub statistics: usize,
}

impl Packed {
    /// Returns the shapes and buffers for photos of `width` x `height`.
    pub fn memory(&self, width: usize, height: usize) -> Result<Memory> {
        if width.max(height) > LONGEST_SIDE {
            let (needed, allowed) = (width.max(height) as u64, LONGEST_SIDE as u64);
            let limit = "pixels along a side";
            return Err(Error::TooLarge { width, height, limit, needed, allowed, fits: LONGEST_SIDE });
        }
        check_sides((width, height))?;
        let shapes = self.net.shapes(self.net.padded(height), self.net.padded(width))?;
        let life = |t: usize| {
            let shape = shapes[self.fused.stored[t]];
            let bytes = 4 * shape.height as u64 * shape.width as u64 * shape.channels.next_multiple_of(4) as u64;
            let (written, last_read) = self.fused.lifetime(t);
            // The input stays, so that a plan can run again with another style.
            Lifetime { bytes, written, last_read: if t == 0 { self.fused.stages.len() + 1 } else { last_read } }
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
    pub fn scratch(&self, memory: &Memory) -> usize {
        self.inputs(&memory.shapes).map(|(c, size)| c.scratch_length(size)).max().unwrap_or(0)
    }
}

impl Memory {
    /// Returns the bytes of a plan, with `scratch` numbers for each of `threads` threads. The finished colours are not
    /// one of the buffers.
    pub fn bytes(&self, scratch: usize, threads: usize) -> u64 {
        let colours = 4 * self.shapes[0].height as u64 * self.shapes[0].width as u64;
        let numbers = self.statistics as u64 + scratch as u64 * threads as u64 + colours;
        self.buffers.bytes.iter().sum::<u64>() + 4 * numbers
    }
}
