//! `impasto stylize`: stylizes photos with a feed-forward network.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use impasto::error::{Error, Result};
use impasto::files::{Existing, Saved, save};
use impasto::image_file::Colors;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::backend::BackendArguments;
use crate::cli::device;
use crate::cli::file_plan::FilePlan;
use crate::cli::input_files::{InputFiles, count, find};
use crate::cli::output_paths;
use crate::cli::photo_stylizer::{LookArguments, PhotoStylizer, StrokeArguments};
use crate::cli::photos::{ReadArguments, WriteArguments};
use crate::cli::report::BAD_INPUT;
use crate::cli::report::{self, alert, say};
use crate::cli::style_source::StyleSource;
use crate::cli::tiles::{Painted, TileArguments};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photos: PNG, JPEG, WebP or TIFF files, folders, or patterns such as `*.jpg`
    #[arg(required = true)]
    input: Vec<OsString>,
    /// Output file, whose extension selects the format; a folder for several photos
    #[arg(short, long)]
    output: PathBuf,
    /// Style name or number, style pack such as `mine.impasto`, or blend such as `teal mist:0.6,3:0.4`
    #[arg(long, default_value = "0")]
    style: OsString,
    /// Painting that is encoded as a style instead of `--style`, with an optional weight, default 1; repeat to blend
    #[arg(long, value_name = "PAINTING[:WEIGHT]", conflicts_with = "style")]
    style_image: Vec<OsString>,
    #[command(flatten)]
    look: LookArguments,
    #[command(flatten)]
    stroke: StrokeArguments,
    /// Longer side of the result in pixels; default: the size of the photo
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    size: Option<u32>,
    #[command(flatten)]
    tiles: TileArguments,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    write: WriteArguments,
    /// Keeps existing paintings and skips their photos
    #[arg(long)]
    no_clobber: bool,
    /// Allows networks that take 32 times the arithmetic of the built-in network, or more
    #[arg(long)]
    force: bool,
    /// Prints one line of JSON per photo
    #[arg(long)]
    json: bool,
}

/// The numbers of photos that were stylized, that failed and that were skipped.
#[derive(Debug, Default)]
struct Counts {
    painted: usize,
    failed: usize,
    kept: usize,
}

/// Runs the command. A photo that fails does not stop the others: the error is printed, and the exit code reports it at
/// the end.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let source = StyleSource::read(&arguments.style, &arguments.style_image, &arguments.read)?;
    if arguments.stroke.gentle && !source.has_vectors() {
        let reason = "`--gentle` applies only to styles of paintings: give `--style-image`, or remove `--gentle`.";
        return Err(Error::Style(reason.to_string()));
    }
    let InputFiles { photos, problems, left_out } = find(&arguments.input);
    let single = arguments.input.len() == 1 && photos.len() == 1 && photos[0] == Path::new(&arguments.input[0]);
    let mut counts = Counts { failed: problems.len(), ..Counts::default() };
    problems.iter().for_each(|error| tell(arguments, None, error));
    if let Some(sentence) = left_out.sentence() {
        alert!("{sentence}");
    }
    if photos.is_empty() {
        return Ok(ExitCode::from(BAD_INPUT));
    }
    let paintings = output_paths::paintings(&photos, single, &arguments.output)?;
    let kept: HashSet<&Path> =
        paintings.iter().map(PathBuf::as_path).filter(|path| arguments.no_clobber && path.exists()).collect();
    let mut plan = FilePlan::default();
    plan.inputs(photos.iter().chain(&source.files).map(PathBuf::as_path));
    for painting in paintings.iter().filter(|path| !kept.contains(path.as_path())) {
        plan.output(painting, "the painting");
    }
    plan.check()?;
    let bar = progress(photos.len(), arguments.json);
    let painted = pollster::block_on(async {
        let mut stylizer: Option<PhotoStylizer> = None;
        for (photo, painting) in photos.iter().zip(&paintings) {
            bar.set_message(photo.display().to_string());
            let outcome = match kept.contains(painting.as_path()) {
                true => Ok(Saved::Kept),
                false => paint(arguments, &source, &mut stylizer, (photo, painting), &bar).await,
            };
            match outcome {
                Ok(Saved::Written) => counts.painted += 1,
                Ok(Saved::Kept) => counts.kept += 1,
                // No other photo can be stylized without a device, so these errors end the command.
                Err(error @ (Error::DeviceLost(_) | Error::NoAdapter(_))) => return Err(error),
                Err(error) => {
                    counts.failed += 1;
                    bar.suspend(|| tell(arguments, Some(photo), &error));
                }
            }
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    if photos.len() + problems.len() > 1 {
        alert!("{}", summary(&counts));
    }
    painted?;
    Ok(if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(BAD_INPUT) })
}

/// Stylizes one photo.
async fn paint(
    arguments: &Arguments,
    source: &StyleSource,
    stylizer: &mut Option<PhotoStylizer>,
    (photo, painting): (&Path, &Path),
    bar: &ProgressBar,
) -> Result<Saved> {
    let file = arguments.read.open(photo)?;
    // The device is opened here, because a photo that cannot be read needs none.
    let stylizer = match stylizer {
        Some(stylizer) => stylizer,
        empty => {
            let device = device::open(arguments.device.backend, &arguments.read).await?;
            empty.insert(PhotoStylizer::new(&device, source, &arguments.look, &arguments.stroke).await?)
        }
    };
    let start = Instant::now();
    let side = stylizer.tile_side(&file, &arguments.read, (arguments.size, arguments.tiles.side()), arguments.force)?;
    let (painted, rest) = match side {
        None => {
            let (photo, rest) = arguments.read.decode(&file, arguments.size)?.split();
            (Painted::Whole(stylizer.paint(&photo, arguments.write.writer(&rest).depth16).await?), rest)
        }
        Some(side) => {
            let tiles = (arguments.size, side, arguments.tiles.statistics());
            let progress = if bar.is_hidden() { progress(2, arguments.json) } else { ProgressBar::hidden() };
            let painted = stylizer.paint_tiled(file, &arguments.read, tiles, (&arguments.write, &progress)).await;
            progress.finish_and_clear();
            painted?
        }
    };
    let (width, height) = Colors::from(&painted).size();
    let writer = arguments.write.writer(&rest);
    let existing = if arguments.no_clobber { Existing::Keep } else { Existing::Replace };
    let saved = save(painting, &writer.bytes(&painted, painting)?, existing)?;
    bar.suspend(|| report::warnings(photo, &rest.warnings));
    if arguments.json && saved == Saved::Written {
        say!(
            "{}",
            json!({
                "input": report::path(photo), "output": report::path(painting), "style": source.name,
                "width": width, "height": height, "warnings": rest.warnings,
                "milliseconds": start.elapsed().as_millis() as u64,
                "adapter": stylizer.device(), "variant": stylizer.kernels(),
            })
        );
    }
    Ok(saved)
}

/// Returns a summary such as `3 photos painted, 1 failed`.
fn summary(counts: &Counts) -> String {
    let Counts { painted, failed, kept } = counts;
    let mut text = format!("{} painted", count(*painted, "photo"));
    if *kept > 0 {
        text += &format!(
            ", {kept} skipped, because {}",
            if *kept == 1 { "its painting exists" } else { "their paintings exist" }
        );
    }
    if *failed > 0 {
        text += &format!(", {failed} failed");
    }
    text
}

/// Prints an error, with the name of the photo if the message lacks it.
fn tell(arguments: &Arguments, photo: Option<&Path>, error: &Error) {
    let mut sentence = error.to_string();
    let photo = photo.map(report::path);
    if let Some(name) = photo.as_ref().filter(|name| !sentence.contains(name.as_str())) {
        sentence = format!("{name}: {sentence}");
    }
    alert!("{sentence}");
    if arguments.json {
        say!("{}", json!({ "input": photo, "error": sentence }));
    }
}

/// Returns a progress bar for several photos, hidden if standard error is no terminal.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts() {
        let said = |painted, failed, kept| summary(&Counts { painted, failed, kept });
        assert_eq!(said(1, 0, 0), "1 photo painted");
        assert_eq!(said(48, 2, 0), "48 photos painted, 2 failed");
        assert_eq!(said(0, 0, 3), "0 photos painted, 3 skipped, because their paintings exist");
    }
}
