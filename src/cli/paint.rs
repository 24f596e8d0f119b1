//! `impasto paint`: one photo, painted pixel by pixel (Gatys, Ecker, Bethge 2015), for minutes rather than milliseconds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use impasto::art::random::Random;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::net::Pooling;
use impasto::net::vgg::{Layer, VGG16};
use impasto::studio::{Checkpoint, Masterpiece, Optimizer, Settings, Start, Term, Terms, coarse_to_fine, memory};
use impasto::weights::Archive;

use super::paint_run::Run;
use super::processor::{Opened, Processor};
use super::run_log::Outcome;
use super::workshop::{VGG16_BLOCK5, VGG16_TO_RELU4_3};
use super::{paintings, photos, places};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A photo: a PNG, JPEG or WebP file.
    photo: PathBuf,
    /// A painting to take the style of; several, each with `:WEIGHT` behind it or not, are mixed.
    #[arg(long, value_name = "PAINTING[:WEIGHT]", required = true)]
    style_image: Vec<String>,
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

/// How the picture is optimized.
#[derive(Debug, Args)]
struct OptimizerArguments {
    /// What makes a step of a gradient: `adam`; `sgd`, gradient descent with momentum; or `lbfgs`, as Gatys et al. have it.
    #[arg(long, value_enum, default_value_t = OptimizerChoice::Adam)]
    optimizer: OptimizerChoice,
    /// How far a step goes. With `adam` brightness, of 1, that it changes at most (0.02 unless said); with `sgd` brightness for
    /// a gradient of 1 (0.002); with `lbfgs` the part of the way that it finds right (1).
    #[arg(long)]
    rate: Option<f32>,
    /// Part of the step before that `sgd` goes on with.
    #[arg(long, default_value_t = 0.9)]
    momentum: f32,
    /// Steps that `lbfgs` remembers; each takes the memory of two pictures.
    #[arg(long, value_name = "STEPS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    history: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OptimizerChoice {
    Adam,
    Sgd,
    Lbfgs,
}

impl OptimizerArguments {
    fn optimizer(&self) -> Optimizer {
        match self.optimizer {
            OptimizerChoice::Adam => Optimizer::Adam,
            OptimizerChoice::Sgd => Optimizer::Sgd { momentum: self.momentum },
            OptimizerChoice::Lbfgs => Optimizer::Lbfgs { history: self.history as usize },
        }
    }
}

/// What the picture is optimized for.
#[derive(Debug, Args)]
struct LossArguments {
    /// Layers whose features are the content, such as `relu4_2` or `relu3_1:0.5,relu4_2`.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    content_layers: Option<String>,
    /// Layers whose statistics are the style.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    style_layers: Option<String>,
    /// Weight of the content: more keeps more of the photo.
    #[arg(long)]
    content_weight: Option<f32>,
    /// Weight of the style.
    #[arg(long)]
    style_weight: Option<f32>,
    /// Weight of smoothness.
    #[arg(long)]
    variation_weight: Option<f32>,
    /// How the network shrinks what it sees: `average` paints smoother than `max`, which it was trained with.
    #[arg(long, value_enum, default_value_t = PoolingChoice::Average)]
    pooling: PoolingChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolingChoice {
    Average,
    Max,
}

impl LossArguments {
    /// The usual terms, with what was said changed.
    fn terms(&self) -> Result<Terms> {
        let usual = Terms::of(&VGG16)?;
        let term = |usual: Term, names: &Option<String>, weight: Option<f32>| {
            let layers = names.as_deref().map_or(Ok(usual.layers), layers)?;
            Ok::<_, Error>(Term { weight: weight.unwrap_or(usual.weight), layers })
        };
        Ok(Terms {
            content: term(usual.content, &self.content_layers, self.content_weight)?,
            style: term(usual.style, &self.style_layers, self.style_weight)?,
            variation: self.variation_weight.unwrap_or(usual.variation),
        })
    }

    fn pooling(&self) -> Pooling {
        match self.pooling {
            PoolingChoice::Average => Pooling::Average,
            PoolingChoice::Max => Pooling::Max,
        }
    }
}

/// `LAYER` or `LAYER:WEIGHT`, with commas between.
pub fn layers(text: &str) -> Result<Vec<(Layer, f32)>> {
    let layer = |part: &str| {
        let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
        let number = weight.trim().parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0);
        let number = number.ok_or_else(|| {
            Error::Style(format!("`{weight}` is no weight for the layer {name}: write a number from 0 up."))
        })?;
        Ok((VGG16.layer(name)?, number))
    };
    text.split(',').map(layer).collect()
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let optimizer = arguments.optimizer.optimizer();
    let settings = Settings {
        vgg: VGG16,
        pooling: arguments.losses.pooling(),
        terms: arguments.losses.terms()?,
        scales: coarse_to_fine(arguments.coarse as usize, arguments.size as usize, arguments.steps as usize),
        optimizer,
        rate: arguments.optimizer.rate.unwrap_or(optimizer.rate()),
        keep_colors: arguments.keep_colors,
    };
    let last = settings.terms.last()?;
    let named = arguments.style_image.iter().map(|text| paintings::parse(text, |path| path.is_file()));
    let named: Vec<(PathBuf, f32)> = named.collect::<Result<_>>()?;
    let files: Vec<PathBuf> = named.iter().map(|n| n.0.clone()).collect();
    let photo = sized(&arguments.photo, arguments.size)?;
    let paintings = named.iter().map(|(path, weight)| Ok((sized(path, arguments.size)?, *weight)));
    let paintings: Vec<(Image, f32)> = paintings.collect::<Result<_>>()?;
    let start = start(arguments, &photo)?;
    let places = places::paintings(std::slice::from_ref(&arguments.photo), &files, true, &arguments.output)?;
    let output = places.into_iter().next().unwrap_or_else(|| arguments.output.clone());

    let (width, height) = Image::fitted(photo.width(), photo.height(), arguments.size as usize);
    let memory_said = arguments.memory.map(|megabytes| megabytes.saturating_mul(1_000_000));
    let Opened { device, name, limits } = arguments.processor.open(memory_said)?;
    memory::check(&VGG16, last, optimizer, width, height, limits)?;
    let steps: usize = settings.scales.iter().map(|s| s.steps).sum();
    let sizes: Vec<String> = settings.scales.iter().map(|s| s.longer.to_string()).collect();
    let needed = memory::peak(&VGG16, last, optimizer, width, height);
    println!("{width}x{height} by {steps} steps at {} pixels, on {name}", sizes.join(", "));
    println!("memory: about {} MB of {} MB", needed / 1_000_000, limits.total / 1_000_000);

    let mut archive = Archive::parse(VGG16_TO_RELU4_3)?;
    if last.block == 5 {
        archive = archive.join(Archive::parse(VGG16_BLOCK5)?)?;
    }
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

/// The picture, with at most `size` pixels on the longer side: more would only be memory.
fn sized(path: &Path, size: u32) -> Result<Image> {
    let picture = photos::read(path, None)?;
    let size = size as usize;
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
        file => sized(Path::new(file), arguments.size)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::layers;

    #[test]
    fn layers_have_weights_behind_colons() {
        let found = layers("relu1_1, relu4_2:0.5").unwrap();
        let found: Vec<_> = found.into_iter().map(|(layer, weight)| (layer.name(), weight)).collect();
        assert_eq!(found, [("relu1_1".to_string(), 1.0), ("relu4_2".to_string(), 0.5)]);
        for wrong in ["", "relu9_9", "relu1_1:x", "relu1_1:-1", "relu1_1,"] {
            assert!(layers(wrong).is_err(), "{wrong}");
        }
    }
}
