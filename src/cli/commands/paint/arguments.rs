//! The arguments of `impasto paint`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use impasto::settings::{STYLE_SCALES, scaled};

use super::losses::LossArguments;
use super::optimizer::OptimizerArguments;
use super::styles::StyleArguments;
use crate::cli::backend::BackendArguments;
use crate::cli::commands::weights::VggChoice;
use crate::cli::photos::{ReadArguments, WriteArguments};

/// The smallest size of the schedule of the method `gram` in pixels, unless another is given.
const COARSE: u32 = 128;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photo: PNG, JPEG, WebP or TIFF
    pub photo: PathBuf,
    #[command(flatten)]
    pub styles: StyleArguments,
    /// Method: `neighbours` gives each position the features of its nearest position in the painting, with crisp strokes; `gram`
    /// matches Gram matrices of features, with a flowing texture; `wasserstein` is `gram` with means and covariances of features, compared as normal
    /// distributions
    #[arg(long, value_enum, default_value_t = Method::Neighbours)]
    pub method: Method,
    /// How much of the painting the result has, 0 to 1, `neighbours` only; default 0.5
    #[arg(long, value_name = "N")]
    pub strength: Option<f32>,
    /// Size of the paintings relative to the photo, 0.1 to 10; larger gives larger strokes
    #[arg(long, default_value_t = 1.0, value_parser = style_scale)]
    pub style_scale: f32,
    /// Output file; the extension selects the format
    #[arg(short, long)]
    pub output: PathBuf,
    /// Longer side of the result in pixels, 16 to 8192
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub size: u32,
    /// Smallest size of the coarse-to-fine schedule in pixels, 16 to 8192, `gram` only; default 128; sizes grow by the root of two
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub coarse: Option<u32>,
    /// Steps at the smallest size, default 1000, every larger size gets half; with `neighbours` steps at each size, default 100
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Option<u32>,
    #[command(flatten)]
    pub optimizer: OptimizerArguments,
    #[command(flatten)]
    pub losses: LossArguments,
    /// VGG network; the weights of `vgg16` come with the program, those of `vgg19` are given by `--vgg`
    #[arg(long, value_enum, default_value_t = VggChoice::Vgg16)]
    pub network: VggChoice,
    /// Weights of the VGG network, from `weights import`; default: the built-in weights of `vgg16`
    #[arg(long, value_name = "FILE")]
    pub vgg: Option<PathBuf>,
    /// Initial picture: `photo`, `noise`, or a file, such as a result of `stylize`
    #[arg(long, value_name = "photo|noise|PICTURE", default_value = "photo")]
    pub start: OsString,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Optimizes the luminance only and keeps the colours of the photo
    #[arg(long)]
    pub keep_colors: bool,
    /// Gives the result the colours of the paintings, their mean and covariance: `neighbours` only, there the default
    #[arg(long, value_name = "on|off", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    #[arg(value_parser = BoolishValueParser::new(), conflicts_with = "keep_colors")]
    pub match_colors: Option<bool>,
    #[command(flatten)]
    pub device: BackendArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub write: WriteArguments,
    /// Steps between saves of the result so far and of `OUTPUT.checkpoint`; default: no saves before the end
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    pub save_every: Option<u32>,
    /// Output file for the losses of every step (CSV)
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Checkpoint to continue from; the other arguments must be the same
    #[arg(long, value_name = "FILE", conflicts_with = "start")]
    pub resume: Option<PathBuf>,
    /// Starts anew where the checkpoint of an earlier run exists, and discards that run
    #[arg(long)]
    pub force: bool,
}

fn style_scale(text: &str) -> Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|scale| STYLE_SCALES.contains(scale));
    number.ok_or_else(|| {
        format!("the style scale must be a number from {} to {}", STYLE_SCALES.start(), STYLE_SCALES.end())
    })
}

/// How the pixels are optimized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    Gram,
    Neighbours,
    Wasserstein,
}

impl Arguments {
    /// The longer side in pixels that paintings are read with.
    pub fn largest_painting(&self) -> usize {
        let size = self.size as usize;
        scaled(size, self.style_scale).max(size)
    }

    /// The smallest size of the schedule in pixels.
    pub fn coarse(&self) -> u32 {
        self.coarse.unwrap_or(COARSE)
    }
}
