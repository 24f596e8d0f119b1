//! Stylizes photos that are too large to be processed at once.

use clap::{Args, ValueEnum};
use impasto::error::Result;
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::image::pixels::Pixels;
use impasto::image_file::Colors;
use impasto::style::Style;
use impasto::stylize::{Statistics, StylizeModel, TileLayout};
use indicatif::ProgressBar;

/// Pixels of a photo from which on it is stylized in tiles.
pub const MOST_WHOLE: usize = 1 << 24;
/// Sides of tiles in pixels, the best first: larger tiles overlap less, smaller ones take less memory.
pub const SIDES: [usize; 4] = [1024, 768, 512, 320];

/// How large photos are stylized.
#[derive(Debug, Args)]
pub struct TileArguments {
    /// Stylizes in tiles with at most this many pixels a side; default: tiles of 1024 for photos of more than 16.7
    /// megapixels, and for those that memory or the adapter does not hold
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(64..=8192))]
    tile: Option<u32>,
    /// Statistics of the photo for tiles: `fast` measures a small copy, `exact` the photo itself, in many more passes
    #[arg(long, value_enum, default_value_t = StatisticsArgument::Fast)]
    statistics: StatisticsArgument,
}

/// The values of `--statistics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatisticsArgument {
    Fast,
    Exact,
}

impl TileArguments {
    /// Returns the largest side of a tile, if it was given.
    pub fn side(&self) -> Option<usize> {
        self.tile.map(|side| side as usize)
    }

    /// Returns how the statistics are found.
    pub fn statistics(&self) -> Statistics {
        match self.statistics {
            StatisticsArgument::Fast => Statistics::Fast,
            StatisticsArgument::Exact => Statistics::Exact,
        }
    }
}

/// A stylized picture.
#[derive(Debug)]
pub enum Painted {
    /// Processed at once.
    Whole(Image),
    /// In tiles, with 8 bits per channel.
    Bytes(Pixels<u8>),
    /// In tiles, with 16 bits per channel.
    Words(Pixels<u16>),
}

impl<'a> From<&'a Painted> for Colors<'a> {
    fn from(painted: &'a Painted) -> Self {
        match painted {
            Painted::Whole(image) => image.into(),
            Painted::Bytes(pixels) => Colors::Bytes(pixels),
            Painted::Words(pixels) => Colors::Words(pixels),
        }
    }
}

/// How a photo is stylized in tiles.
pub struct TileWork<'a> {
    /// The network.
    pub model: &'a StylizeModel,
    /// The style.
    pub style: &'a Style,
    /// How the painting is composited with the photo.
    pub look: Look,
    /// Width and height at which the network sees the photo.
    pub working_size: (usize, usize),
    /// The strength of the brushwork.
    pub brushwork: f32,
    /// The largest side of a tile.
    pub side: usize,
    /// How the statistics are found.
    pub statistics: Statistics,
}

impl TileWork<'_> {
    /// Stylizes `photo`, of which `small` is a copy with the pixels of about one tile. With `depth16` the result has 16 bits
    /// per channel. `bar` shows the tiles of all sweeps.
    ///
    /// # Errors
    /// The errors of the device; [`Error::Picture`](impasto::error::Error::Picture) if the system has too little memory.
    pub async fn paint(
        &self,
        photo: &Pixels<u8>,
        small: &Image,
        (depth16, bar): (bool, &ProgressBar),
    ) -> Result<Painted> {
        let (width, height) = (photo.width(), photo.height());
        let mut session = self.model.tiled_session((width, height), self.working_size, self.side).await?;
        session.set_style(self.style)?;
        session.set_brushwork(self.brushwork);
        session.set_look(self.look);
        let tiles = session.tiles().to_vec();
        match self.statistics {
            Statistics::Exact => {
                bar.set_length((tiles.len() * (session.sweeps() + 1)) as u64);
                let read = |part| {
                    bar.inc(1);
                    photo.rgba(part)
                };
                session.measure(read).await?;
            }
            Statistics::Fast => {
                bar.set_length(tiles.len() as u64);
                let size = (small.width(), small.height());
                session.measure_copy(self.model, size, size, &small.to_rgba8()).await?;
            }
        }
        if depth16 {
            let mut result = Pixels::black(width, height)?;
            for tile in &tiles {
                let image = session.paint_exact(tile, &photo.rgba(tile.photo)?).await?;
                let word = |value: f32| (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16;
                result.set_part(tile.result, image.data().as_chunks::<3>().0.iter().map(|rgb| rgb.map(word)))?;
                bar.inc(1);
            }
            return Ok(Painted::Words(result));
        }
        let mut result = Pixels::black(width, height)?;
        for tile in &tiles {
            let rgba = session.paint(tile, &photo.rgba(tile.photo)?).await?;
            result.set_part(tile.result, rgba.as_chunks::<4>().0.iter().map(|[r, g, b, _]| [*r, *g, *b]))?;
            bar.inc(1);
        }
        Ok(Painted::Bytes(result))
    }
}

/// Returns the longer side of the small copy of a photo that the network sees at `working_size`.
pub fn small_side(working_size: (usize, usize), side: usize) -> u32 {
    let (width, height) = TileLayout::reduced(working_size, side);
    width.max(height) as u32
}
