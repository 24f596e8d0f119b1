//! `impasto paint --method neighbours`.

use std::path::Path;
use std::process::ExitCode;

use impasto::error::{Error, Result};
use impasto::files;
use impasto::image::Image;
use impasto::settings::{Convolutions, NeighbourSettings};
use impasto::train::{Checkpoint, NeighbourCheckpoint, NeighbourMatching};
use impasto::weights::Archive;

use super::arguments::Arguments;
use super::job::{NeighbourJob, files_of};
use crate::cli::burn_device::BurnDevice;
use crate::cli::commands::weights::VggChoice;
use crate::cli::device::VGG16_TO_RELU4_3;
use crate::cli::job_runner::{self, LARGEST_CHECKPOINT};
use crate::cli::report::{self, say};

/// Steps at each size, unless others are given.
const STEPS: usize = 100;

/// Runs the command. Its files are checked and locked.
pub fn run(arguments: &Arguments, output: &Path) -> Result<ExitCode> {
    check(arguments)?;
    let size = arguments.size as usize;
    let settings = NeighbourSettings {
        size,
        steps: arguments.steps.map_or(STEPS, |steps| steps as usize),
        strength: arguments.strength.unwrap_or(NeighbourSettings::default().strength),
        style_scale: arguments.style_scale,
        keep_colors: arguments.keep_colors,
        match_colors: arguments.match_colors.unwrap_or(!arguments.keep_colors),
    };
    settings.check()?;
    let picture = arguments.read.read_within(&arguments.photo, size)?;
    report::warnings(&arguments.photo, &picture.warnings);
    let paintings = arguments.styles.paintings(&arguments.read, arguments.largest_painting())?;
    let writer = arguments.write.writer(&picture);
    let photo = picture.image;
    let checkpoint = arguments.resume.as_deref().map(checkpoint).transpose()?;

    let BurnDevice { device, name, limits } = BurnDevice::open(arguments.device.backend, arguments.read.memory())?;
    let size_of = |image: &Image| (image.width(), image.height());
    let of_paintings: Vec<_> = paintings.iter().map(|painting| size_of(&painting.picture)).collect();
    let convolutions = Convolutions::of(&device);
    settings.check_memory(size_of(&photo), &of_paintings, convolutions, limits).map_err(Error::with_memory_margin)?;
    let (width, height) = Image::fitted(photo.width(), photo.height(), size);
    let needed = settings.peak((width, height), &of_paintings, convolutions)?;
    let archive = Archive::parse(VGG16_TO_RELU4_3)?;
    let optimization =
        pollster::block_on(NeighbourMatching::new(&archive, settings, &photo, paintings, checkpoint, &device))?;
    let splitting = settings.steps_at(settings.sizes());
    say!(
        "{width}x{height} by {} steps at each of {} sizes and {splitting} of feature splitting, on {name}",
        settings.steps,
        settings.sizes()
    );
    say!("memory: about {} MB of {} MB", needed / 1_000_000, limits.total / 1_000_000);
    let files = files_of(arguments, output, optimization.steps_done());
    job_runner::run(NeighbourJob { optimization, output, writer }, &files)
}

/// Refuses arguments that have no effect on this method.
fn check(arguments: &Arguments) -> Result<()> {
    let others = [
        ("--coarse", arguments.coarse.is_some()),
        ("--start", arguments.start != "photo"),
        ("--network", arguments.network != VggChoice::Vgg16),
        ("--vgg", arguments.vgg.is_some()),
        ("an optimizer", arguments.optimizer.any()),
        ("a loss", arguments.losses.any()),
    ];
    match others.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((what, _)) => Err(Error::Style(format!(
            "{what} has no effect with `--method neighbours`: leave it out, or choose `--method gram`."
        ))),
    }
}

fn checkpoint(path: &Path) -> Result<NeighbourCheckpoint> {
    let bytes = files::read(path, LARGEST_CHECKPOINT, "a checkpoint")?;
    if Checkpoint::parse(&bytes).is_ok() {
        let problem =
            "this checkpoint belongs to a run with `--method gram` or `wasserstein`: give that method to continue it";
        return Err(Error::file(path, problem));
    }
    NeighbourCheckpoint::parse(&bytes).map_err(|error| Error::file(path, error))
}
