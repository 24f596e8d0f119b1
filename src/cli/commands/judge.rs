//! `impasto evaluator`: measures style, colour, content and perceptual distance, to compare methods and settings.

use std::path::PathBuf;

use clap::Args;
use impasto::error::Result;
use impasto::train::metrics::{Evaluator, Metrics};
use impasto::weights::Archive;

use crate::cli::backend::BackendArguments;
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::VGG16_TO_RELU4_3;
use crate::cli::photos::ReadArguments;
use crate::cli::report::say;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Stylized pictures to measure, all of the same photo
    #[arg(required = true)]
    painted: Vec<PathBuf>,
    /// Photo that was stylized
    #[arg(long)]
    photo: PathBuf,
    /// Painting whose style was the target
    #[arg(long)]
    style_image: PathBuf,
    /// Longer side of every picture in pixels for VGG16, 32 to 2048
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=2048))]
    size: u32,
    /// Longer side of the painting in pixels, 32 to 2048, for larger or smaller strokes; default: SIZE
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(32..=2048))]
    stroke_size: Option<u32>,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let [photo, painting] = [&arguments.photo, &arguments.style_image].map(|path| arguments.read.read(path, None));
    let (photo, painting) = (photo?.image, painting?.image);
    let device = BurnDevice::open(arguments.device.backend, arguments.read.memory())?.device;
    let evaluator = Evaluator::new(&Archive::parse(VGG16_TO_RELU4_3)?, &device)?;
    let strokes = arguments.stroke_size.unwrap_or(arguments.size) as usize;
    say!("style    colours  content  distance");
    for path in &arguments.painted {
        let painted = arguments.read.read(path, None)?.image;
        let metrics = evaluator.evaluate(&painted, &photo, &painting, arguments.size as usize, strokes);
        let Metrics { style, colours, content, distance } = pollster::block_on(metrics)?;
        say!("{style:<9.4}{colours:<9.4}{content:<9.4}{distance:<9.4}{}", path.display());
    }
    Ok(())
}
