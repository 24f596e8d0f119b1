//! `impasto sheet`: one photo in every style.

use std::path::PathBuf;

use clap::Args;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::weights::Archive;

use super::lettering::{Letters, paste};
use super::stylize::LookArguments;
use super::workshop::{ARCHIVE, Workshop};
use super::{photos, places};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The photo: PNG, JPEG or WebP.
    input: PathBuf,
    /// Where the sheet goes; its ending says the format.
    #[arg(short, long)]
    output: PathBuf,
    /// Pixels on the longer side of each picture.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..))]
    size: u32,
    #[command(flatten)]
    look: LookArguments,
}

/// Width over height that a sheet comes closest to.
const PROPORTION: f64 = 1.5;
const PAPER: f32 = 0.965;
const INK: f32 = 0.18;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let photo = photos::read(&arguments.input, Some(arguments.size))?;
    let place = places::paintings(std::slice::from_ref(&arguments.input), &[], true, &arguments.output)?;
    let archive = Archive::parse(ARCHIVE)?;
    let pictures = pollster::block_on(paint_all(&archive, &photo, arguments))?;
    let sheet = lay_out(&pictures)?;
    place.first().map_or(Ok(()), |place| photos::write(place, &sheet))
}

/// The photo and its paintings, each with its caption.
async fn paint_all(archive: &Archive, photo: &Image, arguments: &Arguments) -> Result<Vec<(String, Image)>> {
    let Workshop { gpu, painter } = Workshop::open(archive, None).await?;
    let mut session = painter.session(&gpu, photo.width(), photo.height()).await?;
    session.set_photo(&gpu, &photo.to_rgba8())?;
    session.set_look(arguments.look.look())?;
    let mut pictures = vec![("photo".to_string(), photo.clone())];
    for (i, name) in painter.styles().names().enumerate() {
        let style = painter.styles().get(i).ok_or_else(|| Error::Style(format!("There is no style {i}.")))?;
        session.set_style(&gpu, style)?;
        let painted = session.read(&gpu).await?;
        pictures.push((format!("{i} {name}"), Image::from_rgba8(photo.width(), photo.height(), &painted)?));
    }
    Ok(pictures)
}

/// All pictures, which have one size, in rows with their captions below.
fn lay_out(pictures: &[(String, Image)]) -> Result<Image> {
    let (width, height) = pictures.first().map_or((1, 1), |p| (p.1.width(), p.1.height()));
    let letters = Letters::for_width(width);
    let margin = letters.height();
    let cell = (width + margin, height + margin + letters.height() * 3 / 2);
    let columns = columns(pictures.len(), cell);
    let rows = pictures.len().div_ceil(columns);
    // The captions' own air serves as the margin below.
    let (sheet_width, sheet_height) = (columns * cell.0 + margin, rows * cell.1 + margin);
    let mut canvas = vec![PAPER; sheet_width * sheet_height * 3];
    for (i, (caption, picture)) in pictures.iter().enumerate() {
        let (x, y) = (margin + i % columns * cell.0, margin + i / columns * cell.1);
        paste(picture, &mut canvas, sheet_width, (x, y));
        let below = y + height + letters.height() / 4;
        letters.draw(&letters.fitted(caption, width), INK, &mut canvas, sheet_width, (x, below));
    }
    Image::new(sheet_width, sheet_height, canvas)
}

/// The number of columns whose sheet is nearest to [`PROPORTION`]; of two that are near, the one with fewer empty places.
fn columns(count: usize, cell: (usize, usize)) -> usize {
    let badness = |columns: &usize| {
        let rows = count.div_ceil(*columns);
        let proportion = (columns * cell.0) as f64 / (rows * cell.1) as f64;
        let empty = (columns * rows - count) as f64 / count as f64;
        (proportion / PROPORTION).ln().abs() + 2.0 * empty
    };
    (1..=count.max(1)).min_by(|a, b| badness(a).total_cmp(&badness(b))).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_landscape_and_full() {
        assert_eq!(columns(27, (280, 300)), 7);
        assert_eq!(columns(27, (160, 300)), 9);
        assert_eq!(columns(27, (600, 100)), 3);
        assert_eq!(columns(1, (10, 10)), 1);
    }
}
