//! The compute device of `paint`, `train` and `judge`, and its memory limits.

use burn::tensor::Device;
use clap::ValueEnum;
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::image_file;
use impasto::settings::Limits;
use impasto::train::device;

/// The assumed memory in bytes of a discrete graphics card, whose size is unknown: that of a small card.
const UNKNOWN: u64 = 4_000_000_000;

/// The choice of a compute device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    Auto,
    Gpu,
    Cpu,
}

/// An opened compute device.
pub struct OpenBackend {
    pub device: Device,
    /// The name of the device for messages.
    pub name: String,
    /// The memory limits. For a graphics adapter, only the largest buffer is known exactly.
    pub limits: Limits,
}

impl Backend {
    /// Opens the device. The memory limit is `memory` bytes, by default four fifths of the free memory.
    ///
    /// # Errors
    /// [`impasto::error::Error::NoAdapter`] when a graphics adapter was requested and there is none.
    pub fn open(self, memory: Option<u64>) -> Result<OpenBackend> {
        let free = || image_file::Limits::default().memory;
        let cpu = || {
            let limits = Limits { total: memory.unwrap_or_else(free), buffer: u64::MAX };
            OpenBackend { device: device::cpu(), name: "the CPU".to_string(), limits }
        };
        if self == Self::Cpu {
            return Ok(cpu());
        }
        let gpu = match pollster::block_on(Gpu::open(Request::default())) {
            Ok(gpu) if self == Self::Gpu || !gpu.software() => gpu,
            Err(error) if self == Self::Gpu => return Err(error),
            _ => return Ok(cpu()),
        };
        // wgpu does not report the memory of a discrete card; other adapters use the memory of the machine.
        let discrete = gpu.info().device_type == wgpu::DeviceType::DiscreteGpu;
        let total = memory.unwrap_or_else(|| if discrete { UNKNOWN } else { free() });
        let limits = Limits { total, buffer: gpu.bounds().buffer };
        Ok(OpenBackend { device: pollster::block_on(device::gpu())?, name: gpu.info().name.clone(), limits })
    }
}
