//! `impasto stylize`: photos in, paintings out.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use impasto::cpu::picture::Look;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::style::Style;
use impasto::stylize::{Predictor, Session};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::wanted::Wanted;
use super::workshop::{Workshop, adapter};
use super::{BAD_INPUT, photos, places};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photos: PNG, JPEG or WebP files, folders of them, patterns such as `*.jpg`.
    #[arg(required = true)]
    input: Vec<String>,
    /// Where the painting goes; its ending says the format. For several photos, a folder.
    #[arg(short, long)]
    output: PathBuf,
    /// A style's name or number, a style pack such as `mine.impasto`, or a blend such as `teal mist:0.6,3:0.4`.
    #[arg(long, default_value = "0")]
    style: String,
    /// A painting to take the style of, instead of one of the styles above; several, each with `:WEIGHT` behind it or not,
    /// make a blend.
    #[arg(long, value_name = "PAINTING[:WEIGHT]", conflicts_with = "style")]
    style_image: Vec<String>,
    #[command(flatten)]
    look: LookArguments,
    /// Lets the strength lie between the photo's own style and the painting's, instead of between photo and painting.
    #[arg(long)]
    gentle: bool,
    /// How large strokes are: 2 for twice as large as usual.
    #[arg(long, default_value_t = 1.0, value_parser = stroke)]
    stroke: f64,
    /// How much brushwork is in what is flat in the photo: 0 for none, 1 for the most. Without it, 0.5 for styles of paintings
    /// and none for the others.
    #[arg(long, value_parser = strength)]
    brushwork: Option<f32>,
    /// Pixels on the longer side. Without it photos keep their size.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    size: Option<u32>,
    /// Tells what was done, as one line of JSON for each photo.
    #[arg(long)]
    json: bool,
}

/// How a painting is laid over its photo.
#[derive(Debug, Args)]
pub struct LookArguments {
    /// 0 shows the photo, 1 the painting.
    #[arg(long, default_value_t = 1.0, value_parser = strength)]
    strength: f32,
    /// Takes the luminance from the painting and the colours from the photo.
    #[arg(long)]
    keep_colors: bool,
}

impl LookArguments {
    /// As the session takes it.
    pub fn look(&self) -> Look {
        Look { strength: self.strength, keep_colors: self.keep_colors, split: 0.0 }
    }
}

fn strength(text: &str) -> std::result::Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|s| (0.0..=1.0).contains(s));
    number.ok_or_else(|| "it is a number from 0 to 1".to_string())
}

/// Smaller strokes take the network beyond the pixels that there are; larger ones leave nothing to be recognized.
fn stroke(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|s| (0.25..=8.0).contains(s));
    number.ok_or_else(|| "the size of strokes is a number from 0.25 to 8".to_string())
}

/// What suits styles of paintings: enough for strokes in a clear sky, too little to be seen elsewhere.
pub const BRUSHWORK: f32 = 0.5;

/// Runs the command. One bad photo does not stop the others: it is told, and the exit code says so at the end.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = Wanted::read(&arguments.style, &arguments.style_image)?;
    if arguments.gentle && !wanted.has_vectors() {
        let reason = "A gentle strength is for styles of paintings: give `--style-image`, or leave `--gentle` out.";
        return Err(Error::Style(reason.to_string()));
    }
    let (found, missing): (Vec<_>, Vec<_>) = places::photos(&arguments.input).into_iter().partition(|p| p.is_ok());
    let photos: Vec<PathBuf> = found.into_iter().flatten().collect();
    let single = arguments.input.len() == 1 && photos.len() == 1 && Path::new(&arguments.input[0]).is_file();
    let mut failures = 0;
    for error in missing.into_iter().filter_map(|m| m.err()) {
        failures += 1;
        tell(arguments, None, &error);
    }
    if photos.is_empty() {
        return Ok(ExitCode::from(BAD_INPUT));
    }
    let paintings = places::paintings(&photos, &wanted.files, single, &arguments.output)?;
    let bar = progress(photos.len(), arguments.json);
    let painted: Result<()> = pollster::block_on(async {
        let mut brush: Option<Brush> = None;
        for (photo, painting) in photos.iter().zip(&paintings) {
            bar.set_message(photo.display().to_string());
            let picture = match photos::read(photo, arguments.size) {
                Ok(picture) => picture,
                Err(error) => {
                    failures += 1;
                    bar.suspend(|| tell(arguments, Some(photo), &error));
                    bar.inc(1);
                    continue;
                }
            };
            // Opened late: a photo that cannot be read needs no device.
            let brush = match &mut brush {
                Some(brush) => brush,
                empty => empty.insert(Brush::new(&wanted, arguments).await?),
            };
            let start = Instant::now();
            match brush.paint(&picture).await.and_then(|painted| photos::write(painting, &painted)) {
                Ok(()) if arguments.json => {
                    let line = json!({
                        "input": photo, "output": painting, "style": wanted.name,
                        "width": picture.width(), "height": picture.height(),
                        "milliseconds": start.elapsed().as_millis() as u64,
                        "adapter": adapter(&brush.workshop.gpu), "variant": brush.workshop.painter.variant().name(),
                    });
                    println!("{line}");
                }
                Ok(()) => {}
                // Nothing more can be painted on a device that is gone.
                Err(error @ Error::DeviceLost(_)) => return Err(error),
                Err(error) => {
                    failures += 1;
                    bar.suspend(|| tell(arguments, Some(photo), &error));
                }
            }
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    painted?;
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) })
}

/// Paints pictures in one style; the session is kept for pictures of the same size.
struct Brush {
    workshop: Workshop,
    style: Style,
    look: Look,
    stroke: f64,
    brushwork: f32,
    /// Where the strength lies between the photo's own style and the painting's.
    predictor: Option<Predictor>,
    session: Option<Session>,
}

impl Brush {
    async fn new(wanted: &Wanted, arguments: &Arguments) -> Result<Self> {
        let workshop = Workshop::open(&wanted.archive, None).await?;
        let style = wanted.style(&workshop).await?;
        let predictor = match arguments.gentle {
            true => Some(Predictor::load(&workshop.gpu, &wanted.archive).await?),
            false => None,
        };
        let brushwork = arguments.brushwork.unwrap_or(if wanted.has_vectors() { BRUSHWORK } else { 0.0 });
        let (look, stroke) = (arguments.look.look(), arguments.stroke);
        Ok(Self { workshop, style, look, stroke, brushwork, predictor, session: None })
    }

    async fn paint(&mut self, photo: &Image) -> Result<Image> {
        let gpu = &self.workshop.gpu;
        let (width, height) = (photo.width(), photo.height());
        let mut session = match self.session.take().filter(|s| s.frame().size() == (width, height)) {
            Some(session) => session,
            None => {
                let (seen_width, seen_height) = self.workshop.painter.working_size((width, height), self.stroke);
                let mut session = self.workshop.painter.session(gpu, seen_width, seen_height).await?;
                if session.size() != (width, height) {
                    let frame = session.new_frame(gpu, (width, height)).await?;
                    session.set_frame(gpu, frame);
                }
                session.set_brushwork(gpu, self.brushwork)?;
                session.set_style(gpu, &self.style)?;
                session.set_look(self.look)?;
                session
            }
        };
        if let Some(predictor) = &self.predictor {
            let own = predictor.predict_picture(gpu, photo).await?;
            let own = self.workshop.painter.space().vector("photo", &own)?;
            let strength = self.look.strength;
            session.set_style(gpu, &Style::blend(&[(&self.style, strength), (&own, 1.0 - strength)])?)?;
            session.set_look(Look { strength: 1.0, ..self.look })?;
        }
        session.set_photo(gpu, &photo.to_rgba8())?;
        let painted = session.read(gpu).await?;
        self.session = Some(session);
        Image::from_rgba8(width, height, &painted)
    }
}

/// Says what went wrong, with the photo's name if the sentence lacks it.
fn tell(arguments: &Arguments, photo: Option<&Path>, error: &Error) {
    let mut sentence = error.to_string();
    if let Some(name) = photo.map(|p| p.display().to_string()).filter(|name| !sentence.contains(name)) {
        sentence = format!("{name}: {sentence}");
    }
    eprintln!("impasto: {sentence}");
    if arguments.json {
        println!("{}", json!({ "input": photo, "error": sentence }));
    }
}

/// A bar for several photos, where someone is there to see it.
fn progress(photos: usize, json: bool) -> ProgressBar {
    if photos < 2 || json || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(photos as u64);
    match ProgressStyle::with_template("{bar:32} {pos}/{len}, {eta} left  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
