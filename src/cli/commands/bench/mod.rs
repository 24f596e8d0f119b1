//! `impasto bench`: measures frames on the graphics adapter or on the processor, without files and without reading back.

mod adapter;
mod arguments;
mod figures;
#[cfg(feature = "studio")]
mod jobs;
mod network;
mod processor;

use impasto::error::Result;
use impasto::gpu::device::Request;

pub use self::arguments::Arguments;
use self::network::BenchNetwork;
use crate::cli::report::alert;

/// Runs the command. What cannot be measured is reported, and the rest continues.
///
/// # Errors
/// If there is no device, and for networks that cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let networks: Vec<BenchNetwork> =
        arguments.networks.iter().map(|name| BenchNetwork::read(name)).collect::<Result<_>>()?;
    let request = Request { timestamps: true, ..Request::default() };
    match pollster::block_on(arguments.device.backend.adapter_with(request))? {
        Some(gpu) => pollster::block_on(adapter::measure(&gpu, &networks, arguments))?,
        None => {
            if !arguments.variants.is_empty() {
                alert!("`--variant` applies to graphics adapters; the processor is measured");
            }
            processor::measure(&networks, arguments)?;
        }
    }
    #[cfg(feature = "studio")]
    jobs::measure(arguments)?;
    Ok(())
}
