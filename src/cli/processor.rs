//! What computes for the studio, and how much memory it may take.

use burn::tensor::Device;
use clap::ValueEnum;
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::studio::device;

/// Where nothing is known about memory, what a small graphics card has.
const UNKNOWN: u64 = 4_000_000_000;

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Processor {
    Auto,
    Gpu,
    Cpu,
}

impl Processor {
    /// The device, what it is called, and whether its memory is the machine's.
    ///
    /// # Errors
    /// [`impasto::error::Error::NoAdapter`] when a graphics adapter was asked for and there is none.
    pub fn open(self) -> Result<(Device, String, bool)> {
        let cpu = || (device::cpu(), "the processor".to_string(), true);
        if self == Self::Cpu {
            return Ok(cpu());
        }
        let adapter = pollster::block_on(Gpu::open(Request::default()));
        let gpu = match adapter {
            Ok(gpu) if self == Self::Gpu || !gpu.software() => gpu,
            Err(error) if self == Self::Gpu => return Err(error),
            _ => return Ok(cpu()),
        };
        let shared = gpu.info().device_type != wgpu::DeviceType::DiscreteGpu;
        Ok((pollster::block_on(device::gpu())?, gpu.info().name.clone(), shared))
    }
}

/// Bytes that may be used when nobody said: four fifths of the machine's free memory where the device shares it.
pub fn allowed(shares_memory: bool) -> u64 {
    match free_memory() {
        Some(free) if shares_memory => free / 5 * 4,
        _ => UNKNOWN,
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
