//! `impasto paint`: optimizes the pixels of one photo, in minutes rather than milliseconds: by Gram matrices (Gatys, Ecker, Bethge
//! 2015) or by neighbour matching (Kolkin et al. 2022).

mod arguments;
mod job;
pub mod losses;
mod neighbours;
mod optimizer;
mod styles;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use impasto::error::{Error, Result};
use impasto::files::{self, Lock};
use impasto::image::Image;
use impasto::net::models::vgg::Layer;
use impasto::procedural::random::Random;
use impasto::settings::{Convolutions, MemoryEstimate, Settings, coarse_to_fine};
use impasto::train::{Checkpoint, ImageOptimization, NeighbourCheckpoint, Start};
use impasto::weights::Archive;
use impasto::weights::foreign::stand_in;

pub use self::arguments::Arguments;
use self::arguments::Method;
use self::job::{NeighbourJob, PaintJob, files_of};
use super::weights::{LARGEST_ARCHIVE, VggChoice};
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::{VGG16_BLOCK5, VGG16_TO_RELU4_3};
use crate::cli::file_plan::FilePlan;
use crate::cli::job_runner::{self, Job, LARGEST_CHECKPOINT, plan_checkpoint};
use crate::cli::report::{self, say};
use crate::cli::trace::Trace;
use crate::cli::{cache, output_paths};

/// Steps of the method `gram` at the smallest size, unless others are given.
const STEPS: u32 = 1000;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let output = output_paths::painting(&arguments.output)?;
    let _lock = lock(arguments, &output)?;
    match arguments.method {
        Method::Gram | Method::Wasserstein => gram(arguments, &output),
        Method::Neighbours => neighbours::run(arguments, &output),
    }
}

fn gram(arguments: &Arguments, output: &Path) -> Result<ExitCode> {
    if arguments.strength.is_some() {
        let problem =
            "--strength applies only to `--method neighbours`; with the other methods, give `--content-weight`.";
        return Err(Error::Style(problem.to_string()));
    }
    if arguments.match_colors.is_some() {
        return Err(Error::Style("--match-colors applies only to `--method neighbours`.".to_string()));
    }
    let (optimizer, rate) = arguments.optimizer.optimizer()?;
    let vgg = arguments.network.vgg();
    let settings = Settings {
        vgg,
        pooling: arguments.losses.pooling(),
        terms: arguments.losses.terms(&vgg, arguments.method == Method::Wasserstein)?,
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
        Method::Gram | Method::Wasserstein => PaintJob::COLUMNS,
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
        if NeighbourCheckpoint::parse(&bytes).is_ok() {
            let problem =
                "this checkpoint belongs to a run with `--method neighbours`: give that method to continue it";
            return Err(Error::file(path, problem));
        }
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
