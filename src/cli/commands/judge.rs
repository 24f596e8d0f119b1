//! `impasto judge`: numbers for paintings, to compare methods and settings by.

use std::path::PathBuf;

use clap::Args;
use impasto::error::Result;
use impasto::train::metrics::{Judge, Metrics};
use impasto::weights::Archive;

use crate::cli::backend::Backend;
use crate::cli::gpu_context::VGG16_TO_RELU4_3;
use crate::cli::photos::ReadArguments;
use crate::cli::report::say;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The paintings to judge, all of one photo.
    #[arg(required = true)]
    painted: Vec<PathBuf>,
    /// The photo that they were painted from.
    #[arg(long)]
    photo: PathBuf,
    /// The painting whose style they are meant to have.
    #[arg(long)]
    style_image: PathBuf,
    /// Pixels on the longer side of every picture when VGG16 looks at it.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=2048))]
    size: u32,
    /// Pixels on the longer side of the painting then, where its strokes are meant to be larger or smaller. Without it, SIZE.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(32..=2048))]
    stroke_size: Option<u32>,
    /// What computes. `auto` takes the graphics adapter unless that is a program on the processor.
    #[arg(long, value_enum, default_value_t = Backend::Auto)]
    processor: Backend,
    #[command(flatten)]
    read: ReadArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let [photo, painting] = [&arguments.photo, &arguments.style_image].map(|path| arguments.read.read(path, None));
    let (photo, painting) = (photo?.image, painting?.image);
    let judge =
        Judge::new(&Archive::parse(VGG16_TO_RELU4_3)?, &arguments.processor.open(arguments.read.memory())?.device)?;
    let strokes = arguments.stroke_size.unwrap_or(arguments.size) as usize;
    say!("style    colours  content  distance");
    for path in &arguments.painted {
        let painted = arguments.read.read(path, None)?.image;
        let judged = judge.judge(&painted, &photo, &painting, arguments.size as usize, strokes);
        let Metrics { style, colours, content, distance } = pollster::block_on(judged)?;
        say!("{style:<9.4}{colours:<9.4}{content:<9.4}{distance:<9.4}{}", path.display());
    }
    Ok(())
}
