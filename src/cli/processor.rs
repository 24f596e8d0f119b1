//! What computes for the studio, and how much memory it may take.

use burn::tensor::Device;
use clap::ValueEnum;
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::studio::device;
use impasto::studio::memory::Limits;

/// Where nothing is known about memory, what a small graphics card has.
const UNKNOWN: u64 = 4_000_000_000;

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Processor {
    Auto,
    Gpu,
    Cpu,
}

/// What was chosen.
pub struct Opened {
    pub device: Device,
    /// What it is called.
    pub name: String,
    /// What it allows; of a graphics adapter's memory only what one buffer may have is known.
    pub limits: Limits,
}

impl Processor {
    /// Opens the device; everything may take `memory` bytes, or without it four fifths of what is free.
    ///
    /// # Errors
    /// [`impasto::error::Error::NoAdapter`] when a graphics adapter was asked for and there is none.
    pub fn open(self, memory: Option<u64>) -> Result<Opened> {
        let free = || free_memory().map_or(UNKNOWN, |free| free / 5 * 4);
        let cpu = || {
            let limits = Limits { total: memory.unwrap_or_else(free), buffer: u64::MAX };
            Opened { device: device::cpu(), name: "the processor".to_string(), limits }
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
        Ok(Opened { device: pollster::block_on(device::gpu())?, name: gpu.info().name.clone(), limits })
    }
}

/// What Linux says is available; elsewhere nothing.
fn free_memory() -> Option<u64> {
    available(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::available;

    #[test]
    fn free_memory_is_read_from_its_line() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   12 kB\n"), Some(12_288));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
        assert_eq!(available("MemAvailable: much kB\n"), None);
    }
}
