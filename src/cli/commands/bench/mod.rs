//! `impasto bench`: measures frames on the graphics adapter or on the processor, without files and without reading back.

mod adapter;
mod figures;
mod network;
mod processor;

use std::time::Instant;

use clap::Args;
use impasto::error::Result;
use impasto::gpu::conv::Variant;
use impasto::gpu::device::Request;
use impasto::net::models::transfer26;

use self::network::BenchNetwork;
use super::plan::size;
use crate::cli::backend::BackendArguments;
use crate::cli::device::variant;
use crate::cli::report::alert;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Networks: `transfer26`, `arbitrary`, `johnson` (the usual size of imported networks, with random weights), or style packs
    #[arg(long = "network", value_name = "NETWORK", default_value = transfer26::NAME)]
    networks: Vec<String>,
    /// Widths and heights of the photos in pixels
    #[arg(long = "size", default_value = "1280x720", value_parser = size, value_name = "WIDTHxHEIGHT")]
    sizes: Vec<(usize, usize)>,
    /// Kernel variants, such as `tiled8x4-f16`, or `all`; default: those that a measurement chooses for this adapter
    #[arg(long = "variant", value_name = "VARIANT", value_parser = variants)]
    variants: Vec<Variants>,
    /// Number of frames that count; a tenth as many run before them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    frames: u32,
    /// Measures each pass by itself too
    #[arg(long)]
    passes: bool,
    /// Prints JSON, one line for the device and one for each combination
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: BackendArguments,
}

/// One value of `--variant`.
#[derive(Debug, Clone, Copy)]
enum Variants {
    All,
    One(Variant),
}

fn variants(name: &str) -> std::result::Result<Variants, String> {
    if name == "all" {
        return Ok(Variants::All);
    }
    variant(name).map(Variants::One)
}

/// Runs the command. What cannot be measured is reported, and the rest continues.
///
/// # Errors
/// If there is no device, and for networks that cannot be read.
pub fn run(arguments: &Arguments) -> Result<()> {
    let networks: Vec<BenchNetwork> =
        arguments.networks.iter().map(|name| BenchNetwork::read(name)).collect::<Result<_>>()?;
    let request = Request { timestamps: true, ..Request::default() };
    match pollster::block_on(arguments.device.backend.adapter_with(request))? {
        Some(gpu) => pollster::block_on(adapter::measure(&gpu, &networks, arguments)),
        None => {
            if !arguments.variants.is_empty() {
                alert!("`--variant` applies to graphics adapters; the processor is measured");
            }
            processor::measure(&networks, arguments)
        }
    }
}

/// Returns the milliseconds since `start`.
fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
