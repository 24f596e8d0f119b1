//! `impasto train`: trains a style for a feed-forward network on paintings, in minutes, and writes a style pack.

mod job;
mod settings;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use impasto::error::{Error, Result};
use impasto::files::{self, Lock};
use impasto::image::Image;
use impasto::net::Network;
use impasto::net::models::{arbitrary, transfer26};
use impasto::procedural::SCENE;
use impasto::style::{Pack, Parameters};
use impasto::stylize::StylizeModel;
use impasto::train::train_style::{
    self, Init, InitState, TrainCheckpoint, TrainData, TrainSettings, Training, nearest,
};
use impasto::train::transfer_net::{TransferNet, weights};
use impasto::weights::Archive;

use self::job::TrainJob;
use self::settings::SettingsArguments;
use super::style::{About, check_pack_path};
use crate::cli::backend::BackendArguments;
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::{self, VGG16_TO_RELU4_3};
use crate::cli::file_plan::FilePlan;
use crate::cli::input_files::{InputFiles, find};
use crate::cli::job_runner::{self, Job, JobFiles, LARGEST_CHECKPOINT, plan_checkpoint};
use crate::cli::output_paths::derived;
use crate::cli::photos::ReadArguments;
use crate::cli::report::{self, alert, say};
use crate::cli::style_source::{StyleSource, network, network_of, read_pack, space, styles};
use crate::cli::style_text::{Weighted, parse};
use crate::cli::trace::Trace;
use crate::cli::{cache, photos};

/// Number of photos below which a warning is printed: a style may fit the photos instead of the painting.
const FEW: usize = 3;
/// Longer side in pixels of the photos as they are read, far above the size of the crops, and side of the scenes.
const PHOTO: usize = 1024;
const SCENE_SIDE: usize = 384;
/// Longer side in pixels of the photo of a thumbnail, small enough to make strokes visible.
const SAMPLE: usize = 256;
/// Longer side in pixels of the preview, and of the paintings as they are read.
const PREVIEW: usize = 448;
const PAINTING: usize = 2048;
/// The photos that come with the program, which are free to use (sources in `www/assets/photos/CREDITS.md`), and the
/// number of scenes beside them.
const BUNDLED: [&[u8]; 3] = [
    include_bytes!("../../../../www/assets/photos/astronaut.webp"),
    include_bytes!("../../../../www/assets/photos/chelsea.webp"),
    include_bytes!("../../../../www/assets/photos/coffee.webp"),
];
const SCENES: u8 = 4;
/// The value of `--start` that selects the output of the style predictor for the paintings.
const INSTANT: &str = "instant";

#[derive(Debug, Args)]
pub struct Arguments {
    /// Style painting with an optional weight, default 1; several are mixed
    #[arg(required = true, value_name = "PAINTING[:WEIGHT]")]
    paintings: Vec<OsString>,
    /// Training photos: files, folders, patterns; five or more are best; default: three photos that come with the
    /// program
    #[arg(long, num_args = 1..)]
    photos: Vec<OsString>,
    /// Number of procedural scenes beside the photos; default 0, or 4 without `--photos`
    #[arg(long)]
    scenes: Option<u8>,
    /// Output style pack; the extension must be `.impasto`
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    settings: SettingsArguments,
    /// Initial style; default `instant`, or `mean` with `--all-weights`. `instant` encodes the paintings for the
    /// network for paintings; `mean`, `nearest` (to the paintings) or STYLE (as in `stylize --style`) starts in the
    /// network of 26 styles; PACK starts from a style pack
    #[arg(long, value_name = "instant|mean|nearest|STYLE|PACK")]
    start: Option<OsString>,
    #[command(flatten)]
    device: BackendArguments,
    /// Photo that is stylized at every save, as `NAME-preview.png` beside the pack
    #[arg(long, value_name = "PHOTO")]
    preview: Option<PathBuf>,
    /// Photo that is stylized for the thumbnail of the pack; default: the painting is the thumbnail
    #[arg(long, value_name = "PHOTO")]
    sample: Option<PathBuf>,
    /// Steps between saves of pack, preview and `OUTPUT.checkpoint`; default: no saves before the end
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    save_every: Option<u32>,
    /// Output file for the losses of every step (CSV)
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Checkpoint to continue from; the other arguments must be the same
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Starts anew where the checkpoint of an earlier run exists, and discards that run
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    read: ReadArguments,
}

impl Arguments {
    /// Returns the value of `--start`, or its default.
    fn initial_style(&self) -> &OsStr {
        // `--all-weights` cannot train the network for paintings.
        let defaults = if self.settings.all_weights { "mean" } else { INSTANT };
        self.start.as_deref().unwrap_or(OsStr::new(defaults))
    }

    /// Returns the photos to train on: those of `files`, or those that come with the program, and scenes.
    fn photos(&self, files: &[PathBuf]) -> Result<Vec<Image>> {
        let mut photos = Vec::new();
        for path in files {
            let picture = self.read.read_within(path, PHOTO)?;
            report::warnings(path, &picture.warnings);
            photos.push(picture.image);
        }
        let bundled = photos.is_empty();
        if bundled {
            photos = BUNDLED.iter().map(|bytes| photos::decode(bytes)).collect::<Result<_>>()?;
        }
        for number in 0..self.scenes.unwrap_or(if bundled { SCENES } else { 0 }) {
            photos.push(SCENE.paint(SCENE_SIDE, number.into())?);
        }
        Ok(photos)
    }

    /// Checks all files of the command, and locks its output.
    fn lock(&self, files: &Files) -> Result<Option<Lock>> {
        let mut plan = FilePlan::default();
        let paintings = files.paintings.iter().map(|(path, _)| path.as_path());
        let start = Path::new(self.initial_style());
        let given = [&self.preview, &self.sample].into_iter().flatten().map(PathBuf::as_path);
        plan.inputs(paintings.chain(files.photos.iter().map(PathBuf::as_path)).chain(given).chain([start]));
        plan.output(&self.output, "the style pack");
        if let Some(preview) = &files.preview {
            plan.output(preview, "the preview");
        }
        if let Some(trace) = &self.trace {
            plan.output(trace, "the trace");
        }
        plan_checkpoint(&mut plan, &self.output, self.resume.as_deref(), self.force)?;
        plan.check()?;
        self.trace.as_deref().map_or(Ok(()), |trace| Trace::check(trace, TrainJob::COLUMNS))?;
        Lock::acquire(&self.output, cache::folder("locks").as_deref())
    }
}

/// The files that the arguments name.
struct Files {
    paintings: Vec<Weighted>,
    photos: Vec<PathBuf>,
    /// The path of the preview.
    preview: Option<PathBuf>,
}

impl Files {
    fn of(arguments: &Arguments) -> Result<Self> {
        let InputFiles { photos, problems, left_out } = find(&arguments.photos);
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem);
        }
        if let Some(sentence) = left_out.sentence() {
            alert!("{sentence}");
        }
        Ok(Self {
            paintings: arguments.paintings.iter().map(|text| parse(text, Path::is_file)).collect::<Result<_>>()?,
            photos,
            preview: arguments.preview.is_some().then(|| derived(&arguments.output, "-preview", "png")),
        })
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    check_pack_path(&arguments.output)?;
    let initial_style = arguments.initial_style();
    let near = initial_style == INSTANT || Path::new(initial_style).is_file();
    let defaults = if near { TrainSettings::fine_tune()? } else { TrainSettings::defaults()? };
    let settings = arguments.settings.config()?.over(defaults);
    let files = Files::of(arguments)?;
    let _lock = arguments.lock(&files)?;
    let read = |path: &Path, size: usize| Ok::<_, Error>(arguments.read.read_within(path, size)?.image);
    let paintings = files.paintings.iter().map(|(path, weight)| Ok((read(path, PAINTING)?, *weight)));
    let paintings: Vec<(Image, f32)> = paintings.collect::<Result<_>>()?;
    let photos = arguments.photos(&files.photos)?;
    if photos.len() < FEW {
        alert!("{} photos are few; with five or more, the style fits other photos better", photos.len());
    }
    let preview = arguments.preview.as_deref().map(|path| read(path, PREVIEW)).transpose()?;
    let sample = arguments.sample.as_deref().map(|path| read(path, SAMPLE)).transpose()?;
    let data = TrainData { paintings: &paintings, photos: &photos };
    let checkpoint = arguments.resume.as_deref().map(read_checkpoint).transpose()?;

    let BurnDevice { device, name, .. } = BurnDevice::open(arguments.device.backend, arguments.read.memory())?;
    let vgg = Archive::parse(VGG16_TO_RELU4_3)?;
    let (net, archive, start) = start(arguments)?;
    let executor = TransferNet::load(net.clone(), &archive, &device)?;
    let start = match start {
        Init::Style(style) => style,
        Init::Nearest(all) => {
            let found = nearest(&executor, &vgg, &settings, &data, &all, &device);
            let found = pollster::block_on(found)?.clone();
            say!("starts with {}", found.name);
            found
        }
    };
    let trained = arguments
        .settings
        .all_weights
        .then_some(())
        .map(|()| train_style::network::architecture(&archive))
        .transpose()?;
    let weights = trained.map(|_| weights(&net, &archive)).transpose()?;
    let own_network = weights.is_some().then(|| (net.clone(), archive.clone()));
    let first = &files.paintings[0].0;
    let pack = Pack {
        thumbnail: super::style::thumbnail(&paintings[0].0)?,
        source: arguments.about.source(first),
        licence: arguments.about.licence.clone(),
        ..space(&net, &archive)?.pack(arguments.about.title(first), Parameters::of(&start))
    };
    let init = InitState { style: start, weights };
    let steps = settings.steps;
    let training = Training::new(executor, &vgg, settings, &data, init, checkpoint, &device)?;
    say!("{steps} steps on {} photos, on {name}", photos.len());
    let job_files = JobFiles {
        output: &arguments.output,
        save_every: arguments.save_every.map(|n| n as usize),
        trace: arguments.trace.as_deref(),
        resumed: arguments.resume.is_some().then(|| training.steps_done()),
    };
    let preview = preview.zip(files.preview);
    job_runner::run(TrainJob { training, pack, own_network, output: &arguments.output, preview, sample }, &job_files)
}

fn read_checkpoint(path: &Path) -> Result<TrainCheckpoint> {
    TrainCheckpoint::parse(&files::read(path, LARGEST_CHECKPOINT, "a checkpoint")?)
        .map_err(|error| Error::file(path, error))
}

/// Returns the network to be trained, its weights, and the initial style.
fn start(arguments: &Arguments) -> Result<(Network, Archive, Init)> {
    let text = arguments.initial_style();
    if text == INSTANT {
        let source = StyleSource::read(OsStr::new(""), &arguments.paintings, &arguments.read)?;
        let style = pollster::block_on(async {
            let model =
                StylizeModel::load(&device::open(arguments.device.backend, &arguments.read).await?, &source.archive)
                    .await?;
            source.style(&model).await
        })?;
        return Ok((network(arbitrary::NAME)?.0, source.archive, Init::Style(style)));
    }
    if Path::new(text).is_file() {
        let pack = read_pack(Path::new(text))?;
        let (net, archive) = network_of(&[&pack])?;
        let style = space(&net, &archive)?.style(&pack)?;
        return Ok((net, archive, Init::Style(style)));
    }
    let (net, archive) = network(transfer26::NAME)?;
    let start = Init::of(&text.to_string_lossy(), &styles(&archive)?)?;
    Ok((net, archive, start))
}
