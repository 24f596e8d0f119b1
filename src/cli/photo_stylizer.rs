//! Stylizes a sequence of photos in one style on one device.

use clap::Args;
use impasto::error::{Error, Result, advised};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::style::Style;
use impasto::stylize::{Device, Session, StyleEncoder, StylizeModel};

use super::photos::{PictureFile, ReadArguments};
use super::style_source::StyleSource;

/// The default of `--brushwork` for networks that come with the program: visible as strokes in a clear sky, hardly visible
/// elsewhere.
pub const BRUSHWORK: f32 = 0.5;

/// The compositing of the painting over its photo.
#[derive(Debug, Args)]
pub struct LookArguments {
    /// Strength of the style: 0 shows the photo, 1 the painting
    #[arg(long, default_value_t = 1.0, value_parser = strength)]
    strength: f32,
    /// Takes the luminance from the painting and the colours from the photo
    #[arg(long)]
    keep_colors: bool,
}

impl LookArguments {
    /// Returns the arguments in the form that the session takes.
    pub fn look(&self) -> Look {
        Look { strength: self.strength, keep_colors: self.keep_colors, split: 0.0 }
    }
}

/// The size and strength of the strokes.
#[derive(Debug, Args)]
pub struct StrokeArguments {
    /// Applies the strength to the style instead of the pixels: blends with the photo's own style; paintings only
    #[arg(long)]
    pub gentle: bool,
    /// Stroke size, 0.25 to 8, relative to the default size
    #[arg(long, default_value_t = 1.0, value_parser = stroke)]
    stroke: f64,
    /// Strength of the streaks added to flat areas of the photo, 0 to 1; default 0.5, or 0 for imported networks and
    /// networks of trained styles
    #[arg(long, value_parser = strength)]
    brushwork: Option<f32>,
}

fn strength(text: &str) -> std::result::Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|s| (0.0..=1.0).contains(s));
    number.ok_or_else(|| "this must be a number from 0 to 1".to_string())
}

/// Parses the stroke size. Below 0.25 the network would need more pixels than the photo has; above 8 nothing in the
/// result is recognizable.
fn stroke(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|s| (0.25..=8.0).contains(s));
    number.ok_or_else(|| "the stroke size must be a number from 0.25 to 8".to_string())
}

/// Stylizes pictures in one style; reuses the session for pictures of the same size.
pub struct PhotoStylizer {
    model: StylizeModel,
    style: Style,
    look: Look,
    stroke: f64,
    brushwork: f32,
    /// Encodes the photo's own style, if the strength blends styles.
    encoder: Option<StyleEncoder>,
    session: Option<Session>,
}

impl PhotoStylizer {
    /// Loads the network of `source` on `device`.
    ///
    /// # Errors
    /// As [`StylizeModel::load`] and [`StyleSource::style`].
    pub async fn new(
        device: &Device,
        source: &StyleSource,
        look: &LookArguments,
        stroke: &StrokeArguments,
    ) -> Result<Self> {
        let model = StylizeModel::load(device, &source.archive).await?;
        let style = source.style(&model).await?;
        let encoder = match stroke.gentle {
            true => Some(StyleEncoder::load(device, &source.archive).await?),
            false => None,
        };
        let brushwork = stroke.brushwork.unwrap_or(if source.has_own_network() { 0.0 } else { BRUSHWORK });
        let (look, stroke) = (look.look(), stroke.stroke);
        Ok(Self { model, style, look, stroke, brushwork, encoder, session: None })
    }

    /// Returns the name of the device.
    pub fn device(&self) -> &str {
        self.model.device().name()
    }

    /// Returns the name of its kernels.
    pub fn kernels(&self) -> String {
        self.model.device().kernels()
    }

    /// Checks that the photo in `file` can be read and stylized at `size`, and, unless `force`, that the cost of the
    /// network is not unusual. The photo is not decoded.
    ///
    /// # Errors
    /// [`Error::TooLarge`] with the largest `--size` that passes this check, [`Error::Style`] with the cost of a
    /// picture.
    pub fn check(&self, file: &PictureFile, reading: &ReadArguments, size: Option<u32>, force: bool) -> Result<()> {
        let model = &self.model;
        let original = file.size();
        let target = size.map_or(original, |longer| Image::fitted(original.0, original.1, longer as usize));
        let readable = |size: Option<u32>| file.check(&reading.options(size));
        let largest = || {
            let longest = target.0.max(target.1);
            Image::largest_fitted(original, longest, |width, height| {
                let longer = Some(width.max(height) as u32);
                readable(longer).is_ok() && matches!(model.excess((width, height), self.stroke), Ok(None))
            })
        };
        if let Err(error) = readable(size) {
            // If the file cannot be read at any size, its own error is returned.
            let fits = if readable(Some(1)).is_ok() { advised(largest()) } else { 0 };
            let (width, height) = target;
            let problem = format!(
                "a picture of {width}x{height} pixels exceeds the limits of `--max-pixels` and `--memory`. The \
                 largest `--size` that fits is about {fits} pixels"
            );
            return Err(if fits == 0 { error } else { Error::Picture(problem) });
        }
        if let Some(excess) = model.excess(target, self.stroke)? {
            return Err(excess.error(target, largest()).with_memory_margin());
        }
        let expense = model.expense(target, self.stroke)?;
        if force || !expense.is_unusual() {
            return Ok(());
        }
        Err(Error::Style(format!("{expense} Use it anyway with `--force`.")))
    }

    /// Returns the stylized picture in the size of the photo; with `depth16` it is not rounded to 8 bits.
    ///
    /// # Errors
    /// The error of the device.
    pub async fn paint(&mut self, photo: &Image, depth16: bool) -> Result<Image> {
        let (width, height) = (photo.width(), photo.height());
        let mut session = match self.session.take().filter(|s| s.frame_size() == (width, height)) {
            Some(session) => session,
            None => {
                let model = &self.model;
                let (seen_width, seen_height) = model.working_size((width, height), self.stroke);
                let mut session = model.session(seen_width, seen_height).await?;
                if session.size() != (width, height) {
                    let frame = session.new_frame((width, height)).await?;
                    session.set_frame(frame)?;
                }
                session.set_brushwork(self.brushwork)?;
                session.set_style(&self.style)?;
                session.set_look(self.look)?;
                session
            }
        };
        if let Some(encoder) = &self.encoder {
            let own = encoder.encode_image(photo).await?;
            let own = self.model.space().vector("photo", &own)?;
            let strength = self.look.strength;
            session.set_style(&Style::blend(&[(&self.style, strength), (&own, 1.0 - strength)])?)?;
            session.set_look(Look { strength: 1.0, ..self.look })?;
        }
        session.set_photo(&photo.to_rgba8())?;
        let painted = match depth16 {
            true => session.read_exact().await?,
            false => Image::from_rgba8(width, height, &session.read().await?)?,
        };
        self.session = Some(session);
        Ok(painted)
    }
}
