//! Stylizes photos one after the other, in one style, on one device.

use clap::Args;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::style::Style;
use impasto::stylize::{Session, StyleEncoder};

use super::gpu_context::{GpuContext, adapter};
use super::photos::{PictureFile, ReadArguments};
use super::style_source::StyleSource;

/// The default of `--brushwork` for styles of paintings: enough for strokes in a clear sky, too little to be seen elsewhere.
pub const BRUSHWORK: f32 = 0.5;

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

/// What the strokes are like.
#[derive(Debug, Args)]
pub struct StrokeArguments {
    /// Lets the strength lie between the photo's own style and the painting's, instead of between photo and painting.
    #[arg(long)]
    pub gentle: bool,
    /// Size of the strokes: 2 for twice the default size.
    #[arg(long, default_value_t = 1.0, value_parser = stroke)]
    stroke: f64,
    /// How much brushwork is in what is flat in the photo: 0 for none, 1 for the most. Without it, 0.5 for styles of paintings
    /// and none for the others.
    #[arg(long, value_parser = strength)]
    brushwork: Option<f32>,
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

/// Stylizes pictures in one style; the session is kept for pictures of the same size.
pub struct PhotoStylizer {
    context: GpuContext,
    style: Style,
    look: Look,
    stroke: f64,
    brushwork: f32,
    /// Where the strength lies between the photo's own style and the painting's.
    encoder: Option<StyleEncoder>,
    session: Option<Session>,
}

impl PhotoStylizer {
    /// Opens the device and loads the network of `wanted`.
    ///
    /// # Errors
    /// As [`GpuContext::open`] and [`StyleSource::style`].
    pub async fn new(wanted: &StyleSource, look: &LookArguments, stroke: &StrokeArguments) -> Result<Self> {
        let context = GpuContext::open(&wanted.archive, None).await?;
        let style = wanted.style(&context).await?;
        let encoder = match stroke.gentle {
            true => Some(StyleEncoder::load(&context.gpu, &wanted.archive).await?),
            false => None,
        };
        let brushwork = stroke.brushwork.unwrap_or(if wanted.has_vectors() { BRUSHWORK } else { 0.0 });
        let (look, stroke) = (look.look(), stroke.stroke);
        Ok(Self { context, style, look, stroke, brushwork, encoder, session: None })
    }

    /// The adapter's name.
    pub fn adapter(&self) -> &str {
        adapter(&self.context.gpu)
    }

    /// The name of the kernels' variant.
    pub fn variant(&self) -> String {
        self.context.model.variant().name()
    }

    /// Checks that the photo in `file` can be read and stylized at `size`, and that the network does not take far more time than
    /// usual, unless `force`. Nothing is decoded.
    ///
    /// # Errors
    /// [`Error::TooLarge`] with the largest `--size` that passes this check, [`Error::Style`] with what a picture costs.
    pub fn check(&self, file: &PictureFile, reading: &ReadArguments, size: Option<u32>, force: bool) -> Result<()> {
        let GpuContext { gpu, model } = &self.context;
        let original = file.size();
        let wanted = size.map_or(original, |longer| Image::fitted(original.0, original.1, longer as usize));
        let readable = |size: Option<u32>| file.check(&reading.options(size));
        let largest = || {
            let longest = wanted.0.max(wanted.1);
            Image::largest_fitted(original, longest, |width, height| {
                let longer = Some(width.max(height) as u32);
                readable(longer).is_ok() && matches!(model.excess(gpu, (width, height), self.stroke), Ok(None))
            })
        };
        if let Err(error) = readable(size) {
            // Of a file that cannot be read at any size, its own sentence says why.
            let fits = if readable(Some(1)).is_ok() { largest() } else { 0 };
            let (width, height) = wanted;
            let problem = format!(
                "a picture of {width}x{height} pixels is beyond the limits, which `--max-pixels` and `--memory` set. The largest \
                 `--size` that fits is about {fits} pixels"
            );
            return Err(if fits == 0 { error } else { Error::Picture(problem) });
        }
        if let Some(excess) = model.excess(gpu, wanted, self.stroke)? {
            return Err(excess.error(wanted, largest()));
        }
        let expense = model.expense(wanted, self.stroke)?;
        if force || !expense.is_unusual() {
            return Ok(());
        }
        Err(Error::Style(format!("{expense} `--force` uses it all the same.")))
    }

    /// The picture in the style, at its size; not rounded to 8 bits where `depth16`.
    ///
    /// # Errors
    /// What the device says.
    pub async fn paint(&mut self, photo: &Image, depth16: bool) -> Result<Image> {
        let gpu = &self.context.gpu;
        let (width, height) = (photo.width(), photo.height());
        let mut session = match self.session.take().filter(|s| s.frame().size() == (width, height)) {
            Some(session) => session,
            None => {
                let model = &self.context.model;
                let (seen_width, seen_height) = model.working_size((width, height), self.stroke);
                let mut session = model.session(gpu, seen_width, seen_height).await?;
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
        if let Some(encoder) = &self.encoder {
            let own = encoder.encode_image(gpu, photo).await?;
            let own = self.context.model.space().vector("photo", &own)?;
            let strength = self.look.strength;
            session.set_style(gpu, &Style::blend(&[(&self.style, strength), (&own, 1.0 - strength)])?)?;
            session.set_look(Look { strength: 1.0, ..self.look })?;
        }
        session.set_photo(gpu, &photo.to_rgba8())?;
        let painted = match depth16 {
            true => session.read_exact(gpu).await?,
            false => Image::from_rgba8(width, height, &session.read(gpu).await?)?,
        };
        self.session = Some(session);
        Ok(painted)
    }
}
