//! `impasto judge`: measures how near stylized pictures are to a painting and to a photo, to compare methods and settings.

use std::path::PathBuf;

use clap::Args;
use impasto::error::Result;
use impasto::train::metrics::{Evaluator, Metrics};
use impasto::weights::Archive;
use serde_json::json;

use crate::cli::backend::BackendArguments;
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::VGG16_TO_RELU4_3;
use crate::cli::photos::ReadArguments;
use crate::cli::report::{self, say};

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
    /// Longer side of every picture in pixels for style, colours, content and distance, 32 to 2048; patches and structure are
    /// measured at 256 pixels, the weave at the size of the stylized picture
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=2048))]
    size: u32,
    /// Longer side of the painting in pixels, 32 to 2048, for larger or smaller strokes; default: SIZE
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(32..=2048))]
    stroke_size: Option<u32>,
    /// Prints one line of JSON per stylized picture
    #[arg(long)]
    json: bool,
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
    let sizes = (arguments.size as usize, arguments.stroke_size.unwrap_or(arguments.size) as usize);
    let evaluator = Evaluator::new(&Archive::parse(VGG16_TO_RELU4_3)?, (&photo, &painting), sizes, &device)?;
    if !arguments.json {
        say!("style    colours  content  distance to       cover    structure weave");
    }
    for path in &arguments.painted {
        let painted = arguments.read.read(path, None)?.image;
        let figures = pollster::block_on(evaluator.evaluate(&painted))?;
        let Metrics { style, colours, content, distance, to, cover, structure, weave } = figures;
        let name = report::path(path);
        if arguments.json {
            // Six decimals: single precision holds no more.
            let rounded = |figure: f32| (f64::from(figure) * 1e6).round() / 1e6;
            let line = json!({
                "painted": name, "style": rounded(style), "colours": rounded(colours), "content": rounded(content),
                "distance": rounded(distance), "to": rounded(to), "cover": rounded(cover),
                "structure": rounded(structure), "weave": weave.map(rounded),
            });
            say!("{line}");
        } else {
            let weave = weave.map_or_else(|| "-".to_string(), |weave| format!("{weave:.4}"));
            let first = format!("{style:<9.4}{colours:<9.4}{content:<9.4}{distance:<9.4}");
            say!("{first}{to:<9.4}{cover:<9.4}{structure:<10.4}{weave:<9}{name}");
        }
    }
    Ok(())
}
