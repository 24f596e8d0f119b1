//! `impasto paint`: one photo, painted pixel by pixel (Gatys, Ecker, Bethge 2015), for minutes rather than milliseconds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use impasto::art::random::Random;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::net::vgg::Layer;
use impasto::studio::features::Convolutions;
use impasto::studio::masterpiece::scaled;
use impasto::studio::memory::Demand;
use impasto::studio::{Checkpoint, Masterpiece, Settings, Start, coarse_to_fine};
use impasto::weights::Archive;

use super::paint_losses::LossArguments;
use super::paint_optimizer::OptimizerArguments;
use super::paint_run::Run;
use super::paint_styles::StyleArguments;
use super::processor::{Opened, Processor};
use super::run_log::Outcome;
use super::weights::VggChoice;
use super::workshop::{VGG16_BLOCK5, VGG16_TO_RELU4_3};
use super::{photos, places};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A photo: a PNG, JPEG or WebP file.
    photo: PathBuf,
    #[command(flatten)]
    styles: StyleArguments,
    /// Size of the paintings as they are looked at, relative to the photo's: above 1 strokes come out larger.
    #[arg(long, default_value_t = 1.0)]
    style_scale: f32,
    /// Where the painting goes; its ending says the format.
    #[arg(short, long)]
    output: PathBuf,
    /// Pixels on the longer side.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..=8192))]
    size: u32,
    /// Pixels of the size to begin with; sizes between grow by the root of two.
    #[arg(long, value_name = "SIZE", default_value_t = 128, value_parser = clap::value_parser!(u32).range(16..=8192))]
    coarse: u32,
    /// Steps at the first size; those above get half as many.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    #[command(flatten)]
    optimizer: OptimizerArguments,
    #[command(flatten)]
    losses: LossArguments,
    /// The network that looks at the pictures. The weights of `vgg16` ship; those of `vgg19` are given by `--vgg`.
    #[arg(long, value_enum, default_value_t = VggChoice::Vgg16)]
    network: VggChoice,
    /// Its weights, as `weights import` makes them.
    #[arg(long, value_name = "FILE")]
    vgg: Option<PathBuf>,
    /// What to begin with: `photo`, `noise`, or a picture, such as one that `stylize` painted.
    #[arg(long, value_name = "photo|noise|PICTURE", default_value = "photo")]
    start: String,
    /// Another noise for each number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Takes the luminance from the paintings and the colours from the photo.
    #[arg(long)]
    keep_colors: bool,
    /// What computes. `auto` takes the graphics adapter unless that is a program on the processor.
    #[arg(long, value_enum, default_value_t = Processor::Auto)]
    processor: Processor,
    /// Megabytes that may be used. Without it, four fifths of what is free.
    #[arg(long, value_name = "MB")]
    memory: Option<u64>,
    /// Writes the painting so far every so many steps, and beside it `OUTPUT.checkpoint` to go on from.
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    save_every: Option<u32>,
    /// Writes the losses of every step as a table (CSV).
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Goes on from a checkpoint, with the arguments that it was made with.
    #[arg(long, value_name = "FILE", conflicts_with = "start")]
    resume: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (optimizer, rate) = arguments.optimizer.optimizer()?;
    let vgg = arguments.network.vgg();
    let settings = Settings {
        vgg,
        pooling: arguments.losses.pooling(),
        terms: arguments.losses.terms(&vgg)?,
        scales: coarse_to_fine(arguments.coarse as usize, arguments.size as usize, arguments.steps as usize),
        optimizer,
        rate,
        style_scale: arguments.style_scale,
        keep_colors: arguments.keep_colors,
    };
    let last = settings.terms.last()?;
    let photo = sized(&arguments.photo, arguments.size as usize)?;
    let largest = scaled(arguments.size as usize, arguments.style_scale).max(arguments.size as usize);
    let paintings = arguments.styles.paintings(|path| sized(path, largest))?;
    let start = start(arguments, &photo)?;
    let places =
        places::paintings(std::slice::from_ref(&arguments.photo), &arguments.styles.files()?, true, &arguments.output)?;
    let output = places.into_iter().next().unwrap_or_else(|| arguments.output.clone());

    let (width, height) = Image::fitted(photo.width(), photo.height(), arguments.size as usize);
    let memory_said = arguments.memory.map(|megabytes| megabytes.saturating_mul(1_000_000));
    let Opened { device, name, limits } = arguments.processor.open(memory_said)?;
    let demand = Demand::of(&settings, Convolutions::of(&device))?;
    demand.check(width, height, limits)?;
    let steps: usize = settings.scales.iter().map(|s| s.steps).sum();
    let sizes: Vec<String> = settings.scales.iter().map(|s| s.longer.to_string()).collect();
    let needed = demand.peak(width, height);
    println!("{width}x{height} by {steps} steps at {} pixels, on {name}", sizes.join(", "));
    println!("memory: about {} MB of {} MB", needed / 1_000_000, limits.total / 1_000_000);

    let archive = weights(arguments, last)?;
    let masterpiece = Masterpiece::new(&archive, settings, photo, paintings, start, &device)?;
    let run = Run {
        masterpiece,
        steps,
        output: &output,
        save_every: arguments.save_every.map(|n| n as usize),
        trace: arguments.trace.as_deref(),
        resumed: arguments.resume.is_some(),
    };
    Ok(match run.finish()? {
        Outcome::Finished => ExitCode::SUCCESS,
        // As shells report a program that Ctrl-C ended.
        Outcome::Interrupted => ExitCode::from(130),
    })
}

/// The weights of the network up to `last`.
fn weights(arguments: &Arguments, last: Layer) -> Result<Archive> {
    let Some(path) = &arguments.vgg else {
        if arguments.network == VggChoice::Vgg19 {
            let problem = "The weights of vgg19 do not ship: make an archive of a file that you have by `impasto weights \
                           import`, and give it by `--vgg`.";
            return Err(Error::Style(problem.to_string()));
        }
        let archive = Archive::parse(VGG16_TO_RELU4_3)?;
        return if last.block == 5 { archive.join(Archive::parse(VGG16_BLOCK5)?) } else { Ok(archive) };
    };
    let name = arguments.network.vgg().name;
    let advice = format!("make it by `impasto weights import --network {name}`");
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    let archive =
        Archive::parse(&bytes).map_err(|e| Error::file(path, format!("this is no weight archive ({e}); {advice}")))?;
    match archive.metadata("network") {
        Some(found) if found == name => Ok(archive),
        found => Err(Error::file(path, format!("this archive is of {}; {advice}", found.unwrap_or("no network")))),
    }
}

/// The picture, with at most `size` pixels on the longer side: more would only be memory.
fn sized(path: &Path, size: usize) -> Result<Image> {
    let picture = photos::read(path, None)?;
    if picture.width().max(picture.height()) <= size {
        return Ok(picture);
    }
    let (width, height) = Image::fitted(picture.width(), picture.height(), size);
    picture.resized(width, height)
}

fn start(arguments: &Arguments, photo: &Image) -> Result<Start> {
    if let Some(path) = &arguments.resume {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
        return Checkpoint::parse(&bytes).map(Start::Checkpoint);
    }
    Ok(Start::Picture(match arguments.start.as_str() {
        "photo" => photo.clone(),
        "noise" => {
            let mut random = Random::new(arguments.seed);
            let (width, height) =
                Image::fitted(photo.width(), photo.height(), arguments.coarse.min(arguments.size) as usize);
            Image::new(width, height, (0..width * height * 3).map(|_| random.unit()).collect())?
        }
        file => sized(Path::new(file), arguments.size as usize)?,
    }))
}
