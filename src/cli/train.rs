//! `impasto train`: a style pack that is learnt from paintings, in minutes, and paints live.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use impasto::art::SCENE;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::net::vgg::VGG16;
use impasto::net::{Network, arbitrary, transfer26};
use impasto::studio::executor::{Executor, weights};
use impasto::studio::train::{self, Beginning, Lessons, Notes, Origin, TrainSettings, Training, nearest};
use impasto::style::{Pack, Parameters};
use impasto::weights::Archive;

use super::paint_losses::layers;
use super::processor::{Opened, Processor};
use super::run_log::Outcome;
use super::style::{About, pack_place};
use super::train_run::Run;
use super::wanted::{Wanted, network, network_of, read_pack, space, styles};
use super::workshop::{VGG16_TO_RELU4_3, Workshop};
use super::{paintings, photos, places};

/// With fewer photos a style may learn the photos instead of the painting.
const FEW: usize = 3;
/// Longer side in pixels of photos as they are read: crops are far smaller. And of scenes.
const PHOTO: u32 = 1024;
const SCENE_SIDE: usize = 384;
/// Longer side in pixels of the photo of a thumbnail, small enough for strokes to be seen.
const SAMPLE: u32 = 256;
/// Photos that are free to use: `www/photos/CREDITS.md` says whose they are. And scenes beside them.
const BUNDLED: [&[u8]; 3] = [
    include_bytes!("../../www/photos/astronaut.webp"),
    include_bytes!("../../www/photos/chelsea.webp"),
    include_bytes!("../../www/photos/coffee.webp"),
];
const SCENES: u8 = 4;
/// Begins with what the style predictor says of the paintings.
const INSTANT: &str = "instant";

#[derive(Debug, Args)]
pub struct Arguments {
    /// A painting to learn; several, each with `:WEIGHT` behind it or not, are mixed.
    #[arg(required = true, value_name = "PAINTING[:WEIGHT]")]
    paintings: Vec<String>,
    /// Photos to learn on: files, folders and patterns. Five or more are best. Without any, three that come with the program.
    #[arg(long, num_args = 1..)]
    photos: Vec<String>,
    /// So many scenes drawn by arithmetic, beside the photos; without `--photos` as many as are needed.
    #[arg(long)]
    scenes: Option<u8>,
    /// Where the style pack goes; it should end in `.impasto`.
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    lesson: LessonArguments,
    /// What to begin with. `instant`, which is usual: what `stylize --style-image` makes of the paintings; the style belongs to the
    /// network for paintings then. Or, in the network of 26 styles, and blending with these: their `mean`, the one `nearest` to
    /// the paintings, one of them or a blend, as `stylize --style` takes them. Or a style pack.
    #[arg(long, value_name = "instant|mean|nearest|STYLE|PACK")]
    start: Option<String>,
    /// What computes. `auto` takes the graphics adapter unless that is a program on the processor.
    #[arg(long, value_enum, default_value_t = Processor::Auto)]
    processor: Processor,
    /// Paints this photo every so often (see `--save-every`), beside the pack.
    #[arg(long, value_name = "PHOTO")]
    preview: Option<PathBuf>,
    /// The pack's thumbnail is this photo, painted, instead of the painting.
    #[arg(long, value_name = "PHOTO")]
    sample: Option<PathBuf>,
    /// Writes pack, preview and `OUTPUT.checkpoint` every so many steps.
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    save_every: Option<u32>,
    /// Writes the losses of every step as a table (CSV).
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Goes on from a checkpoint, with the arguments that it was made with.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

/// How it is learnt.
#[derive(Debug, Args)]
struct LessonArguments {
    /// More of them come nearer to the painting; 150 are convincing.
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// What a step changes a number of the style by at most, at first. Without it, 0.02 for what begins with a painting's or a
    /// pack's style, and 0.03 otherwise.
    #[arg(long)]
    rate: Option<f32>,
    /// Pixels a side of the squares of photos that are painted, a multiple of 4.
    #[arg(long, default_value_t = 224, value_parser = clap::value_parser!(u32).range(32..=1024))]
    crop: u32,
    /// How many of them a step sees.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=32))]
    batch: u32,
    /// Pixels on the longer side of the paintings: the larger, the larger the strokes.
    #[arg(long, value_name = "SIZE", default_value_t = 320, value_parser = clap::value_parser!(u32).range(32..=2048))]
    stroke_size: u32,
    /// Weight of the content: more keeps more of the photo, a lighter style.
    #[arg(long)]
    content_weight: Option<f32>,
    /// Weight of the style.
    #[arg(long)]
    style_weight: Option<f32>,
    /// Weight of the painting's colours.
    #[arg(long)]
    palette_weight: Option<f32>,
    /// Layers of VGG16 whose statistics are the style, such as `relu1_2,relu2_2:0.5`.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    style_layers: Option<String>,
    /// Layers whose features are the content.
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    content_layers: Option<String>,
    /// Weight of smoothness.
    #[arg(long)]
    variation_weight: Option<f32>,
    /// Weight of not changing when the photo is noisy: live video flickers less.
    #[arg(long)]
    stability_weight: Option<f32>,
    /// Brightness, of 1, that this noise has at most.
    #[arg(long)]
    noise: Option<f32>,
    /// Other crops for each number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Trains all weights of the network, not the style's alone: the pack brings a network of its own, some 300 KB, and takes
    /// more steps.
    #[arg(long)]
    all_weights: bool,
}

impl LessonArguments {
    /// The `usual` settings but for what is said.
    fn over(&self, usual: TrainSettings) -> Result<TrainSettings> {
        let mut lesson = usual.lesson;
        for (term, weight, names) in [
            (&mut lesson.content, self.content_weight, &self.content_layers),
            (&mut lesson.style, self.style_weight, &self.style_layers),
        ] {
            term.weight = weight.unwrap_or(term.weight);
            if let Some(names) = names {
                term.layers = layers(&VGG16, names)?;
            }
        }
        lesson.palette = self.palette_weight.unwrap_or(lesson.palette);
        lesson.variation = self.variation_weight.unwrap_or(lesson.variation);
        lesson.stability = self.stability_weight.unwrap_or(lesson.stability);
        lesson.noise = self.noise.unwrap_or(lesson.noise);
        let (crop, batch, painting) = (self.crop as usize, self.batch as usize, self.stroke_size as usize);
        Ok(TrainSettings {
            lesson,
            steps: self.steps as usize,
            rate: self.rate.unwrap_or(usual.rate),
            crop,
            batch,
            painting,
            seed: self.seed,
        })
    }
}

impl Arguments {
    /// What is said to begin with, or what is usual.
    fn beginning(&self) -> &str {
        // Of the network for paintings not all weights can be trained.
        let usual = if self.lesson.all_weights { "mean" } else { INSTANT };
        self.start.as_deref().unwrap_or(usual)
    }

    /// What is painted while learning.
    fn photos(&self) -> Result<Vec<Image>> {
        let own = places::photos(&self.photos).into_iter().map(|path| photos::read(&path?, Some(PHOTO)));
        let mut photos: Vec<Image> = own.collect::<Result<_>>()?;
        let bundled = photos.is_empty();
        if bundled {
            photos = BUNDLED.iter().map(|bytes| photos::decode(bytes)).collect::<Result<_>>()?;
        }
        for number in 0..self.scenes.unwrap_or(if bundled { SCENES } else { 0 }) {
            photos.push(SCENE.paint(SCENE_SIDE, number.into())?);
        }
        Ok(photos)
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    pack_place(&arguments.output)?;
    let beginning = arguments.beginning();
    let near = beginning == INSTANT || Path::new(beginning).is_file();
    let usual = if near { TrainSettings::gentle()? } else { TrainSettings::usual()? };
    let settings = arguments.lesson.over(usual)?;
    let named = arguments.paintings.iter().map(|text| paintings::parse(text, |path| path.is_file()));
    let named: Vec<(PathBuf, f32)> = named.collect::<Result<_>>()?;
    let paintings = named.iter().map(|(path, weight)| Ok((photos::read(path, Some(2048))?, *weight)));
    let paintings: Vec<(Image, f32)> = paintings.collect::<Result<_>>()?;
    let photos = arguments.photos()?;
    if photos.len() < FEW {
        eprintln!("impasto: {} photos are few; with five or more the style fits others better", photos.len());
    }
    let preview = arguments.preview.as_deref().map(|path| photos::read(path, Some(448))).transpose()?;
    let sample = arguments.sample.as_deref().map(|path| photos::read(path, Some(SAMPLE))).transpose()?;
    let lessons = Lessons { paintings: &paintings, photos: &photos };
    let notes = arguments.resume.as_deref().map(read_notes).transpose()?;

    let Opened { device, name, .. } = arguments.processor.open(None)?;
    let vgg = Archive::parse(VGG16_TO_RELU4_3)?;
    let (net, archive, start) = start(arguments)?;
    let executor = Executor::load(net.clone(), &archive, &device)?;
    let start = match start {
        Beginning::Style(style) => style,
        Beginning::Nearest(all) => {
            let found = nearest(&executor, &vgg, &settings, &lessons, &all, &device);
            let found = pollster::block_on(found)?.clone();
            println!("begins with {}", found.name);
            found
        }
    };
    println!("{} steps on {} photos, on {name}", settings.steps, photos.len());
    let trained =
        arguments.lesson.all_weights.then_some(()).map(|()| train::network::architecture(&archive)).transpose()?;
    let weights = trained.map(|_| weights(&net, &archive)).transpose()?;
    let brings = weights.is_some().then(|| (net.clone(), archive.clone()));
    let title = arguments.about.title(&named[0].0);
    let pack = Pack {
        thumbnail: super::style::thumbnail(&paintings[0].0)?,
        source: arguments.about.source(&named[0].0),
        licence: arguments.about.licence.clone(),
        ..space(&net, &archive)?.pack(&title, Parameters::of(&start))
    };
    let origin = Origin { style: start, weights };
    let training = Training::new(executor, &vgg, settings, &lessons, origin, notes, &device)?;
    let run = Run {
        training,
        pack,
        brings,
        output: &arguments.output,
        preview,
        sample,
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

fn read_notes(path: &Path) -> Result<Notes> {
    Notes::parse(&std::fs::read(path).map_err(|e| Error::file(path, e))?)
}

/// The network to be trained, its weights, and what to begin with.
fn start(arguments: &Arguments) -> Result<(Network, Archive, Beginning)> {
    let text = arguments.beginning();
    if text == INSTANT {
        let wanted = Wanted::read("", &arguments.paintings)?;
        let style = pollster::block_on(async {
            let workshop = Workshop::open(&wanted.archive, None).await?;
            wanted.style(&workshop).await
        })?;
        return Ok((network(arbitrary::NAME)?.0, wanted.archive, Beginning::Style(style)));
    }
    if Path::new(text).is_file() {
        let pack = read_pack(Path::new(text))?;
        let (net, archive) = network_of(&[&pack])?;
        let style = space(&net, &archive)?.style(&pack)?;
        return Ok((net, archive, Beginning::Style(style)));
    }
    let (net, archive) = network(transfer26::NAME)?;
    let start = Beginning::of(text, &styles(&archive)?)?;
    Ok((net, archive, start))
}
