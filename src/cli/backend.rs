//! What computes for the studio, and how much memory it may take.

use burn::tensor::Device;
use clap::ValueEnum;
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::image_file;
use impasto::train::device;
use impasto::train::device::Limits;

/// The memory of a small graphics card in bytes, where nothing is known about a card's own.
const UNKNOWN: u64 = 4_000_000_000;

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    Auto,
    Gpu,
    Cpu,
}

/// What was chosen.
pub struct OpenBackend {
    pub device: Device,
    /// What it is called.
    pub name: String,
    /// What it allows; of a graphics adapter's memory only what one buffer may have is known.
    pub limits: Limits,
}

impl Backend {
    /// Opens the device; everything may take `memory` bytes, or without it four fifths of what is free.
    ///
    /// # Errors
    /// [`impasto::error::Error::NoAdapter`] when a graphics adapter was asked for and there is none.
    pub fn open(self, memory: Option<u64>) -> Result<OpenBackend> {
        let free = || image_file::Limits::default().memory;
        let cpu = || {
            let limits = Limits { total: memory.unwrap_or_else(free), buffer: u64::MAX };
            OpenBackend { device: device::cpu(), name: "the processor".to_string(), limits }
        };
        if self == Self::Cpu {
            return Ok(cpu());
        }
        let gpu = match pollster::block_on(Gpu::open(Request::default())) {
            Ok(gpu) if self == Self::Gpu || !gpu.software() => gpu,
            Err(error) if self == Self::Gpu => return Err(error),
            _ => return Ok(cpu()),
        };
        // A card's own memory is not told; other adapters use the machine's.
        let discrete = gpu.info().device_type == wgpu::DeviceType::DiscreteGpu;
        let total = memory.unwrap_or_else(|| if discrete { UNKNOWN } else { free() });
        let limits = Limits { total, buffer: gpu.bounds().buffer };
        Ok(OpenBackend { device: pollster::block_on(device::gpu())?, name: gpu.info().name.clone(), limits })
    }
}
