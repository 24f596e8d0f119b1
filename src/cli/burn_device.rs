//! The compute device of `paint`, `train` and `judge`, and its memory limits.

use burn::tensor::Device;
use impasto::error::Result;
use impasto::image_file;
use impasto::settings::Limits;
use impasto::train::device;

use super::backend::Backend;

/// The assumed memory in bytes of a discrete graphics card, whose size is unknown: that of a small card.
const UNKNOWN: u64 = 4_000_000_000;

/// An opened compute device.
pub struct BurnDevice {
    pub device: Device,
    /// The name of the device for messages.
    pub name: String,
    /// The memory limits. For a graphics adapter, only the largest buffer is known exactly.
    pub limits: Limits,
}

impl BurnDevice {
    /// Opens the device of `backend`. The memory limit is `memory` bytes, by default four fifths of the free memory.
    ///
    /// # Errors
    /// As [`Backend::adapter`].
    pub fn open(backend: Backend, memory: Option<u64>) -> Result<Self> {
        let free = || image_file::Limits::default().memory;
        let cpu = || {
            let limits = Limits { total: memory.unwrap_or_else(free), buffer: u64::MAX };
            BurnDevice { device: device::cpu(), name: "the CPU".to_string(), limits }
        };
        let Some(gpu) = pollster::block_on(backend.adapter())? else { return Ok(cpu()) };
        // wgpu does not report the memory of a discrete card; other adapters use the memory of the machine.
        let discrete = gpu.info().device_type == wgpu::DeviceType::DiscreteGpu;
        let total = memory.unwrap_or_else(|| if discrete { UNKNOWN } else { free() });
        let limits = Limits { total, buffer: gpu.bounds().buffer };
        Ok(BurnDevice { device: pollster::block_on(device::gpu())?, name: gpu.info().name.clone(), limits })
    }
}
