//! `impasto sheet`: stylizes one photo in every style, on one labelled sheet, or lays out finished pictures.

use std::path::{Path, PathBuf};

use clap::Args;
use impasto::error::Result;
use impasto::files::{Existing, save};
use impasto::image::Image;
use impasto::net::custom;
use impasto::net::models::transfer26;
use impasto::style::{Pack, Style};
use impasto::stylize::StylizeModel;
use impasto::weights::Archive;

use crate::cli::backend::BackendArguments;
use crate::cli::file_plan::FilePlan;
use crate::cli::label::{Letters, paste};
use crate::cli::photo_stylizer::{BRUSHWORK, LookArguments};
use crate::cli::photos::{PhotoWriter, Picture, ReadArguments};
use crate::cli::style_source::{network, network_of, read_pack, space};
use crate::cli::{device, output_paths, report, style_source};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photo: PNG, JPEG, WebP or TIFF
    #[arg(required_unless_present = "pictures")]
    input: Option<PathBuf>,
    /// Output file; the extension selects the format
    #[arg(short, long)]
    output: PathBuf,
    /// Longer side of each picture in pixels, at least 32
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..))]
    size: u32,
    #[command(flatten)]
    look: LookArguments,
    /// Style packs instead of the 26 styles, grouped by network
    #[arg(long, num_args = 1..)]
    packs: Vec<PathBuf>,
    /// Finished pictures to lay out instead, each above its file name
    #[arg(long, num_args = 1.., conflicts_with_all = ["input", "packs", "strength", "keep_colors"])]
    pictures: Vec<PathBuf>,
    /// Columns of the sheet, 1 to 1000; default: as many as give a landscape sheet
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    columns: Option<u16>,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
}

/// The target ratio of width to height of a sheet.
const PROPORTION: f64 = 1.5;
const PAPER: f32 = 0.965;
const INK: f32 = 0.18;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let output = output_paths::painting(&arguments.output)?;
    let mut plan = FilePlan::default();
    let inputs = arguments.input.iter().chain(&arguments.packs).chain(&arguments.pictures);
    plan.inputs(inputs.map(PathBuf::as_path));
    plan.output(&output, "the sheet").check()?;
    let pictures = match &arguments.input {
        Some(photo) => stylized(photo, arguments)?,
        None => finished(arguments)?,
    };
    let sheet = lay_out(&pictures, arguments.columns.map(usize::from))?;
    save(&output, &PhotoWriter::default().bytes(&sheet, &output)?, Existing::Replace).map(drop)
}

/// Returns the photo and its stylized pictures, each with its caption.
fn stylized(photo: &Path, arguments: &Arguments) -> Result<Vec<(String, Image)>> {
    let Picture { image, warnings, .. } = arguments.read.read(photo, Some(arguments.size))?;
    report::warnings(photo, &warnings);
    let networks = networks(&arguments.packs)?;
    let styles: usize = networks.iter().map(|network_styles| network_styles.styles.len()).sum();
    // The check ignores the layout of the sheet: its area is about the sum of its pictures.
    arguments.read.check_size((styles + 1) * image.width(), image.height())?;
    pollster::block_on(paint_all(&networks, &image, arguments))
}

/// Reads the finished pictures, each with its file name as caption.
fn finished(arguments: &Arguments) -> Result<Vec<(String, Image)>> {
    let size = arguments.size as usize;
    arguments.read.check_size(arguments.pictures.len() * size, size)?;
    let read = |path: &PathBuf| {
        let Picture { image, warnings, .. } = arguments.read.read(path, Some(arguments.size))?;
        report::warnings(path, &warnings);
        Ok((report::path(Path::new(path.file_stem().unwrap_or_default())), image))
    };
    arguments.pictures.iter().map(read).collect()
}

/// A network with its styles and their captions.
struct NetworkStyles {
    archive: Archive,
    styles: Vec<(String, Style)>,
}

/// Returns the styles of the sheet: those in `packs` or, if there are none, the 26 built-in styles.
fn networks(packs: &[PathBuf]) -> Result<Vec<NetworkStyles>> {
    let packs: Vec<Pack> = packs.iter().map(|path| read_pack(path)).collect::<Result<_>>()?;
    if packs.is_empty() {
        let (_, archive) = network(transfer26::NAME)?;
        let set = style_source::styles(&archive)?;
        let numbered =
            (0..set.len()).filter_map(|i| set.get(i).map(|style| (format!("{i} {}", style.name), style.clone())));
        let styles = numbered.collect();
        return Ok(vec![NetworkStyles { archive, styles }]);
    }
    let mut names: Vec<&str> = Vec::new();
    for pack in &packs {
        if !names.contains(&pack.network.as_str()) {
            names.push(&pack.network);
        }
    }
    let network_styles = |name: &&str| {
        let packs: Vec<&Pack> = packs.iter().filter(|pack| pack.network == **name).collect();
        let (net, archive) = network_of(&packs)?;
        let space = space(&net, &archive)?;
        let styles = packs.iter().map(|pack| Ok((pack.name.clone(), space.style(pack)?))).collect::<Result<_>>()?;
        Ok(NetworkStyles { archive, styles })
    };
    names.iter().map(network_styles).collect()
}

/// Returns the photo and its stylized pictures, each with its caption.
async fn paint_all(networks: &[NetworkStyles], photo: &Image, arguments: &Arguments) -> Result<Vec<(String, Image)>> {
    let device = device::open(arguments.device.backend, &arguments.read).await?;
    let mut pictures = vec![("photo".to_string(), photo.clone())];
    for NetworkStyles { archive, styles } in networks {
        let model = StylizeModel::load(&device, archive).await?;
        let mut session = model.session(photo.width(), photo.height()).await?;
        session.set_photo(&photo.to_rgba8())?;
        session.set_look(arguments.look.look())?;
        if !custom::is_own(model.space().network()) {
            session.set_brushwork(BRUSHWORK)?;
        }
        for (caption, style) in styles {
            session.set_style(style)?;
            let painted = session.read().await?;
            pictures.push((caption.clone(), Image::from_rgba8(photo.width(), photo.height(), &painted)?));
        }
    }
    Ok(pictures)
}

/// Lays out the pictures in rows with their captions below. `columns` is chosen for a landscape sheet if it is not given.
fn lay_out(pictures: &[(String, Image)], columns: Option<usize>) -> Result<Image> {
    let largest = |side: fn(&Image) -> usize| pictures.iter().map(|(_, picture)| side(picture)).max().unwrap_or(1);
    let (width, height) = (largest(Image::width), largest(Image::height));
    let letters = Letters::for_width(width);
    let margin = letters.height();
    let cell = (width + margin, height + margin + letters.height() * 3 / 2);
    let columns = columns.map_or_else(|| self::columns(pictures.len(), cell), |n| n.min(pictures.len()).max(1));
    let rows = pictures.len().div_ceil(columns);
    // The space below the captions serves as the bottom margin.
    let (sheet_width, sheet_height) = (columns * cell.0 + margin, rows * cell.1 + margin);
    let mut canvas = vec![PAPER; sheet_width * sheet_height * 3];
    for (i, (caption, picture)) in pictures.iter().enumerate() {
        let (x, y) = (margin + i % columns * cell.0, margin + i / columns * cell.1);
        paste(picture, &mut canvas, sheet_width, (x, y));
        let below = y + picture.height() + letters.height() / 4;
        letters.draw(&letters.fitted(caption, width), INK, &mut canvas, sheet_width, (x, below));
    }
    Image::new(sheet_width, sheet_height, canvas)
}

/// Returns the number of columns whose sheet has a ratio near [`PROPORTION`] and few empty cells.
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
