//! The arguments of `impasto bench`.

use clap::Args;
#[cfg(feature = "studio")]
use clap::ValueEnum;
use impasto::gpu::conv::Variant;
use impasto::net::models::transfer26;

use crate::cli::backend::BackendArguments;
use crate::cli::commands::plan::size;
use crate::cli::device::variant;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Networks: `transfer26`, `arbitrary`, `johnson` (the usual size of imported networks, with random weights), or style packs
    #[arg(long = "network", value_name = "NETWORK", default_value = transfer26::NAME)]
    pub networks: Vec<String>,
    /// Widths and heights of the photos in pixels
    #[arg(long = "size", default_value = "1280x720", value_parser = size, value_name = "WIDTHxHEIGHT")]
    pub sizes: Vec<(usize, usize)>,
    /// Kernel variants, such as `tiled8x4-f16`, or `all`; default: those that a measurement chooses for this adapter
    #[arg(long = "variant", value_name = "VARIANT", value_parser = variants)]
    pub variants: Vec<Variants>,
    /// Number of frames that count; a tenth as many run before them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub frames: u32,
    /// Measures each pass by itself too
    #[arg(long)]
    pub passes: bool,
    /// Jobs whose steps are measured after the networks
    #[cfg(feature = "studio")]
    #[arg(long = "job", value_name = "JOB", value_enum)]
    pub jobs: Vec<BenchJob>,
    /// Side of the jobs' pictures in pixels
    #[cfg(feature = "studio")]
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=2048))]
    pub side: u32,
    /// Number of steps of a job that count, after a first one
    #[cfg(feature = "studio")]
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub steps: u32,
    /// Prints JSON, one line for the device and one for each combination
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: BackendArguments,
}

/// A job whose steps are measured.
#[cfg(feature = "studio")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchJob {
    /// A step of `paint --method gram`: VGG16 to `relu4_2` and back to the picture
    Paint,
    /// A step of `train` in the network of 26 styles, scales and shifts
    Train,
    /// The same, all weights
    TrainAll,
}

#[cfg(feature = "studio")]
impl BenchJob {
    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paint => "paint",
            Self::Train => "train",
            Self::TrainAll => "train-all",
        }
    }
}

/// One value of `--variant`.
#[derive(Debug, Clone, Copy)]
pub enum Variants {
    All,
    One(Variant),
}

fn variants(name: &str) -> Result<Variants, String> {
    if name == "all" {
        return Ok(Variants::All);
    }
    variant(name).map(Variants::One)
}
