//! Stylizes a sequence of photos in one style on one device.

use clap::Args;
use impasto::error::{Error, Result, advised};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::style::Style;
use impasto::stylize::{Device, Session, Statistics, StyleEncoder, StylizeModel};
use indicatif::ProgressBar;

use super::photos::{Picture, PictureFile, ReadArguments, WriteArguments};
use super::style_source::StyleSource;
use super::tiles::{MOST_WHOLE, Painted, SIDES, TileWork, small_side};

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

    /// Decides whether the photo in `file` is stylized at `size` as a whole ([`None`]) or in tiles of at most so many pixels a
    /// side. Checks that it can be read, and, unless `force`, that the cost of the network is not unusual. The photo is not
    /// decoded.
    ///
    /// # Errors
    /// [`Error::TooLarge`] with the largest `--size` that passes this check, [`Error::Style`] with the cost of a
    /// picture.
    pub fn tile_side(
        &self,
        file: &PictureFile,
        reading: &ReadArguments,
        (size, tile): (Option<u32>, Option<usize>),
        force: bool,
    ) -> Result<Option<usize>> {
        let original = file.size();
        let target = |size: Option<u32>| fitted(original, size);
        let whole = |size: Option<u32>| {
            let (width, height) = target(size);
            tile.is_none()
                && width.saturating_mul(height) <= MOST_WHOLE
                && file.check(&reading.options(size)).is_ok()
                && matches!(self.model.excess((width, height), self.stroke), Ok(None))
        };
        let readable = |size: Option<u32>| file.check_bytes(&reading.options(size));
        let side = |size: Option<u32>| match whole(size) {
            true => Ok(None),
            false => self.side_that_fits(target(size), tile).map(Some),
        };
        let largest = || {
            let (width, height) = target(size);
            Image::largest_fitted(original, width.max(height), |width, height| {
                let longer = Some(width.max(height) as u32);
                whole(longer) || readable(longer).is_ok() && side(longer).is_ok()
            })
        };
        if let Err(error) = readable(size) {
            // If the file cannot be read at any size, its own error is returned.
            let fits = if readable(Some(1)).is_ok() { advised(largest()) } else { 0 };
            let (width, height) = target(size);
            let problem = format!(
                "a picture of {width}x{height} pixels exceeds the limits of `--max-pixels` and `--memory`. The \
                 largest `--size` that fits is about {fits} pixels"
            );
            return Err(if fits == 0 { error } else { Error::Picture(problem) });
        }
        let side = match side(size) {
            Err(Error::TooLarge { width, height, limit, needed, allowed, .. }) => {
                let fits = largest();
                return Err(Error::TooLarge { width, height, limit, needed, allowed, fits }.with_memory_margin());
            }
            other => other?,
        };
        let expense = self.model.expense(target(size), self.stroke)?;
        if force || !expense.is_unusual() {
            return Ok(side);
        }
        Err(Error::Style(format!("{expense} Use it anyway with `--force`.")))
    }

    /// Returns the largest side of tiles with which a photo of the size `target` can be stylized: `tile`, or by default one of
    /// [`SIDES`].
    fn side_that_fits(&self, target: (usize, usize), tile: Option<usize>) -> Result<usize> {
        let seen = self.model.working_size(target, self.stroke);
        let sides = tile.as_ref().map_or(&SIDES[..], std::slice::from_ref);
        let mut refused = None;
        for &side in sides {
            match self.model.tiled_excess(target, seen, side)? {
                None => return Ok(side),
                Some(excess) => refused = Some(excess),
            }
        }
        refused.map_or(Ok(SIDES[0]), |excess| Err(excess.error(target, 0)))
    }

    /// Returns the stylized picture of the photo in `file`, in tiles with at most `side` pixels a side, and what else the file
    /// contains. `size` is the longer side of the result, by default that of the photo. `bar` shows the tiles.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be decoded, and the errors of the device.
    pub async fn paint_tiled(
        &self,
        file: PictureFile,
        reading: &ReadArguments,
        (size, side, statistics): (Option<u32>, usize, Statistics),
        (write, bar): (&WriteArguments, &ProgressBar),
    ) -> Result<(Painted, Picture<()>)> {
        let working_size = self.model.working_size(fitted(file.size(), size), self.stroke);
        let small = reading.decode(&file, Some(small_side(working_size, side)))?.image;
        let (photo, rest) = reading.decode_bytes(&file, size)?.split();
        // The bytes of a large file take memory.
        drop(file);
        let (style, look) = match &self.encoder {
            Some(encoder) => (self.gentle(encoder.encode_image(&small).await?)?, Look { strength: 1.0, ..self.look }),
            None => (self.style.clone(), self.look),
        };
        let (model, brushwork) = (&self.model, self.brushwork);
        let work = TileWork { model, style: &style, look, working_size, brushwork, side, statistics };
        Ok((work.paint(&photo, &small, (write.writer(&rest).depth16, bar)).await?, rest))
    }

    /// Returns the blend of the style with the photo's own, given its vector.
    fn gentle(&self, own: Vec<f32>) -> Result<Style> {
        let own = self.model.space().vector("photo", &own)?;
        let strength = self.look.strength;
        Style::blend(&[(&self.style, strength), (&own, 1.0 - strength)])
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
            session.set_style(&self.gentle(encoder.encode_image(photo).await?)?)?;
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

/// Returns width and height of a picture of the size `original` whose longer side is `size`, if it is given.
fn fitted(original: (usize, usize), size: Option<u32>) -> (usize, usize) {
    size.map_or(original, |longer| Image::fitted(original.0, original.1, longer as usize))
}
