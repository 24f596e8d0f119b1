//! `impasto plan`: prints the cost of stylizing a photo of a given size.

use clap::Args;
use impasto::error::{Error, Result};
use impasto::gpu::Gpu;
use impasto::gpu::conv::{Family, TILES, Variant};
use impasto::gpu::device::Request;
use impasto::gpu::schedule::transfer::TransferKernels;
use impasto::net::models::transfer26;

use crate::cli::device::{chosen, variant};
use crate::cli::report::say;
use crate::cli::style_source::network;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Width and height of the photo in pixels
    #[arg(long, default_value = "1280x720", value_parser = size, value_name = "WIDTHxHEIGHT")]
    size: (usize, usize),
    /// Network: `transfer26`, of the 26 styles, or `arbitrary`, for paintings
    #[arg(long, default_value = transfer26::NAME)]
    network: String,
    /// Kernel variant, such as `tiled8x4-f16`; default: the choice for this adapter, or `tiled8x4-f32` without an
    /// adapter
    #[arg(long, value_parser = variant)]
    variant: Option<Variant>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// The kernel variant for a machine without an adapter: the one that most graphics cards run.
const NO_ADAPTER: Variant = Variant { family: Family::Tiled(TILES[0]), half: false };

/// The arithmetic and memory throughput that the times assume: an Apple M1.
const FLOPS: f64 = 2.6e12;
const BYTES_A_SECOND: f64 = 68e9;

/// Parses a width and a height, such as `1280x720`.
pub fn size(text: &str) -> std::result::Result<(usize, usize), String> {
    let side = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=65536).contains(n));
    let sides = text.split_once('x').and_then(|(w, h)| Some((side(w)?, side(h)?)));
    sides.ok_or_else(|| "write a size such as 1280x720".to_string())
}

/// Returns the kernel variant for the adapter of this machine, or [`NO_ADAPTER`] if there is no adapter.
async fn adapter_variant() -> Result<Variant> {
    match Gpu::open(Request::default()).await {
        Ok(gpu) => chosen(&gpu).await,
        Err(Error::NoAdapter(_)) => Ok(NO_ADAPTER),
        Err(error) => Err(error),
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let (net, _) = network(&arguments.network)?;
    let (width, height) = arguments.size;
    let variant = match arguments.variant {
        Some(variant) => variant,
        None => pollster::block_on(adapter_variant())?,
    };
    let (_, cost) = TransferKernels::new(net, variant)?.schedule((width, height))?;
    let name = variant.name();
    // A multiply-add is two floating-point operations.
    let arithmetic = cost.multiply_adds as f64 * 2.0 / FLOPS * 1e3;
    let memory = (cost.bytes_read + cost.bytes_written) as f64 / BYTES_A_SECOND * 1e3;
    if arguments.json {
        let line = serde_json::json!({
            "network": arguments.network, "width": width, "height": height, "variant": name, "dispatches": cost.dispatches,
            "bytes_read": cost.bytes_read, "bytes_written": cost.bytes_written,
            "multiply_adds": cost.multiply_adds, "memory": cost.memory,
            "arithmetic_ms": arithmetic, "memory_ms": memory,
        });
        say!("{line}");
        return Ok(());
    }
    say!("{}, {width}x{height}, {name}", arguments.network);
    say!("  dispatches     {}", cost.dispatches);
    say!("  read           {:.1} MB", cost.bytes_read as f64 / 1e6);
    say!("  written        {:.1} MB", cost.bytes_written as f64 / 1e6);
    say!("  multiply-adds  {:.2} G", cost.multiply_adds as f64 / 1e9);
    say!("  memory held    {:.1} MB", cost.memory as f64 / 1e6);
    say!("at 2.6 TFLOPS and 68 GB/s, each alone and at full use");
    say!("  arithmetic     {arithmetic:.2} ms");
    say!("  memory         {memory:.2} ms");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_two_numbers() {
        assert_eq!(size("640x480"), Ok((640, 480)));
        for bad in ["640", "0x480", "axb", "640x", "-1x4", "99999999x2"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
