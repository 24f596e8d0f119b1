//! `impasto paint`: optimizes the pixels of one photo, in minutes rather than milliseconds: by Gram matrices (Gatys, Ecker, Bethge
//! 2015) or by neighbour matching (Kolkin et al. 2022).

mod job;
pub mod losses;
mod neighbours;
mod optimizer;
mod styles;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use impasto::error::{Error, Result};
use impasto::files::{self, Lock};
use impasto::image::Image;
use impasto::net::models::vgg::Layer;
use impasto::procedural::random::Random;
use impasto::settings::{Convolutions, MemoryEstimate, STYLE_SCALES, Settings, coarse_to_fine, scaled};
use impasto::train::{Checkpoint, ImageOptimization, Start};
use impasto::weights::Archive;
use impasto::weights::foreign::stand_in;

use self::job::{NeighbourJob, PaintJob, files_of};
use self::losses::LossArguments;
use self::optimizer::OptimizerArguments;
use self::styles::StyleArguments;
use super::weights::{LARGEST_ARCHIVE, VggChoice};
use crate::cli::backend::BackendArguments;
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::{VGG16_BLOCK5, VGG16_TO_RELU4_3};
use crate::cli::file_plan::FilePlan;
use crate::cli::job_runner::{self, Job, LARGEST_CHECKPOINT, plan_checkpoint};
use crate::cli::photos::{ReadArguments, WriteArguments};
use crate::cli::report::{self, say};
use crate::cli::trace::Trace;
use crate::cli::{cache, output_paths};

/// Defaults of the method `gram`: smallest size of the schedule in pixels, and steps there.
const COARSE: u32 = 128;
const STEPS: u32 = 1000;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photo: PNG, JPEG, WebP or TIFF
    photo: PathBuf,
    #[command(flatten)]
    styles: StyleArguments,
    /// Method: `gram` matches statistics of features; `neighbours` gives each position the features of its nearest position in the
    /// painting, with crisp strokes
    #[arg(long, value_enum, default_value_t = Method::Gram)]
    method: Method,
    /// How much of the painting the result has, 0 to 1, `neighbours` only; default 0.5
    #[arg(long, value_name = "N")]
    strength: Option<f32>,
    /// Size of the paintings relative to the photo, 0.1 to 10; larger gives larger strokes
    #[arg(long, default_value_t = 1.0, value_parser = style_scale)]
    style_scale: f32,
    /// Output file; the extension selects the format
    #[arg(short, long)]
    output: PathBuf,
    /// Longer side of the result in pixels, 16 to 8192
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..=8192))]
    size: u32,
    /// Smallest size of the coarse-to-fine schedule in pixels, 16 to 8192, `gram` only; default 128; sizes grow by the root of two
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(16..=8192))]
    coarse: Option<u32>,
    /// Steps at the smallest size, default 1000, every larger size gets half; with `neighbours` steps at each size, default 100
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    #[command(flatten)]
    optimizer: OptimizerArguments,
    #[command(flatten)]
    losses: LossArguments,
    /// VGG network; the weights of `vgg16` come with the program, those of `vgg19` are given by `--vgg`
    #[arg(long, value_enum, default_value_t = VggChoice::Vgg16)]
    network: VggChoice,
    /// Weights of the VGG network, from `weights import`; default: the built-in weights of `vgg16`
    #[arg(long, value_name = "FILE")]
    vgg: Option<PathBuf>,
    /// Initial picture: `photo`, `noise`, or a file, such as a result of `stylize`
    #[arg(long, value_name = "photo|noise|PICTURE", default_value = "photo")]
    start: OsString,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Optimizes the luminance only and keeps the colours of the photo
    #[arg(long)]
    keep_colors: bool,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    write: WriteArguments,
    /// Steps between saves of the result so far and of `OUTPUT.checkpoint`; default: no saves before the end
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    save_every: Option<u32>,
    /// Output file for the losses of every step (CSV)
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Checkpoint to continue from; the other arguments must be the same
    #[arg(long, value_name = "FILE", conflicts_with = "start")]
    resume: Option<PathBuf>,
    /// Starts anew where the checkpoint of an earlier run exists, and discards that run
    #[arg(long)]
    force: bool,
}

fn style_scale(text: &str) -> std::result::Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|scale| STYLE_SCALES.contains(scale));
    number.ok_or_else(|| {
        format!("the style scale must be a number from {} to {}", STYLE_SCALES.start(), STYLE_SCALES.end())
    })
}

/// How the pixels are optimized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Gram,
    Neighbours,
}

impl Arguments {
    /// The longer side in pixels that paintings are read with.
    fn largest_painting(&self) -> usize {
        let size = self.size as usize;
        scaled(size, self.style_scale).max(size)
    }

    fn coarse(&self) -> u32 {
        self.coarse.unwrap_or(COARSE)
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let output = output_paths::painting(&arguments.output)?;
    let _lock = lock(arguments, &output)?;
    match arguments.method {
        Method::Gram => gram(arguments, &output),
        Method::Neighbours => neighbours::run(arguments, &output),
    }
}

fn gram(arguments: &Arguments, output: &Path) -> Result<ExitCode> {
    if arguments.strength.is_some() {
        let problem = "--strength applies only to `--method neighbours`; with `gram`, give `--content-weight`.";
        return Err(Error::Style(problem.to_string()));
    }
    let (optimizer, rate) = arguments.optimizer.optimizer()?;
    let vgg = arguments.network.vgg();
    let settings = Settings {
        vgg,
        pooling: arguments.losses.pooling(),
        terms: arguments.losses.terms(&vgg)?,
        scales: coarse_to_fine(
            arguments.coarse() as usize,
            arguments.size as usize,
            arguments.steps.unwrap_or(STEPS) as usize,
        ),
        optimizer,
        rate,
        style_scale: arguments.style_scale,
        keep_colors: arguments.keep_colors,
    };
    let last = settings.terms.last()?;

    let size = arguments.size as usize;
    let picture = arguments.read.read_within(&arguments.photo, size)?;
    report::warnings(&arguments.photo, &picture.warnings);
    let paintings = arguments.styles.paintings(&arguments.read, arguments.largest_painting())?;
    let writer = arguments.write.writer(&picture);
    let photo = picture.image;
    let start = start(arguments, &photo)?;

    let (width, height) = Image::fitted(photo.width(), photo.height(), size);
    let BurnDevice { device, name, limits } = BurnDevice::open(arguments.device.backend, arguments.read.memory())?;
    let estimate = MemoryEstimate::of(&settings, Convolutions::of(&device))?;
    estimate.check(width, height, limits).map_err(Error::with_memory_margin)?;
    let steps: usize = settings.scales.iter().map(|s| s.steps).sum();
    let sizes: Vec<String> = settings.scales.iter().map(|s| s.longer.to_string()).collect();
    let needed = estimate.peak(width, height);
    let archive = weights(arguments, last)?;
    let optimization = ImageOptimization::new(&archive, settings, photo, paintings, start, &device);
    let optimization = optimization.map_err(|error| match &arguments.vgg {
        Some(path) => error.of_user_file(path),
        None => error,
    })?;
    say!("{width}x{height} by {steps} steps at {} pixels, on {name}", sizes.join(", "));
    say!("memory: about {} MB of {} MB", needed / 1_000_000, limits.total / 1_000_000);
    let files = files_of(arguments, output, optimization.steps_done());
    job_runner::run(PaintJob { optimization, output, writer }, &files)
}

/// Checks all files of the command, and locks its output.
fn lock(arguments: &Arguments, output: &Path) -> Result<Option<Lock>> {
    let Arguments { photo, trace, vgg, resume, force, .. } = arguments;
    let mut plan = FilePlan::default();
    let start = Path::new(&arguments.start);
    plan.inputs([photo.as_path(), start].into_iter().chain(vgg.as_deref()));
    plan.inputs(arguments.styles.files()?.iter().map(PathBuf::as_path));
    plan.output(output, "the painting");
    if let Some(trace) = trace {
        plan.output(trace, "the trace");
    }
    plan_checkpoint(&mut plan, output, resume.as_deref(), *force)?;
    plan.check()?;
    let columns = match arguments.method {
        Method::Gram => PaintJob::COLUMNS,
        Method::Neighbours => NeighbourJob::COLUMNS,
    };
    trace.as_deref().map_or(Ok(()), |trace| Trace::check(trace, columns))?;
    Lock::acquire(output, cache::folder("locks").as_deref())
}

/// Returns the weights of the network up to `last`.
fn weights(arguments: &Arguments, last: Layer) -> Result<Archive> {
    let Some(path) = &arguments.vgg else {
        if arguments.network == VggChoice::Vgg19 {
            let problem = "The program does not contain weights of vgg19: convert a weight file with `impasto weights \
                           import`, and give the archive with `--vgg`.";
            return Err(Error::Style(problem.to_string()));
        }
        let archive = Archive::parse(VGG16_TO_RELU4_3)?;
        return if last.block == 5 { archive.join(Archive::parse(VGG16_BLOCK5)?) } else { Ok(archive) };
    };
    let name = arguments.network.vgg().name;
    let advice = format!("create it with `impasto weights import --network {name}`");
    let bytes = files::read(path, LARGEST_ARCHIVE, "a weight archive")?;
    if let Some(problem) = stand_in(&bytes) {
        return Err(Error::file(path, problem));
    }
    let archive = Archive::parse(&bytes)
        .map_err(|_| Error::file(path, format!("the file is damaged, or is not a weight archive; {advice}")))?;
    match archive.metadata("network") {
        Some(found) if found == name => Ok(archive),
        found => Err(Error::file(
            path,
            format!("this archive contains weights of {}; {advice}", found.unwrap_or("no network")),
        )),
    }
}

fn start(arguments: &Arguments, photo: &Image) -> Result<Start> {
    if let Some(path) = &arguments.resume {
        let bytes = files::read(path, LARGEST_CHECKPOINT, "a checkpoint")?;
        return Checkpoint::parse(&bytes).map(Start::Checkpoint).map_err(|error| Error::file(path, error));
    }
    Ok(Start::Picture(match arguments.start.to_str() {
        Some("photo") => photo.clone(),
        Some("noise") => {
            let mut random = Random::new(arguments.seed);
            let (width, height) =
                Image::fitted(photo.width(), photo.height(), arguments.coarse().min(arguments.size) as usize);
            Image::new(width, height, (0..width * height * 3).map(|_| random.unit()).collect())?
        }
        _ => arguments.read.read_within(Path::new(&arguments.start), arguments.size as usize)?.image,
    }))
}
