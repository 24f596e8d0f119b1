//! `impasto style`: writes and reads style packs.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::image::Image;
use impasto::net::custom;
use impasto::net::models::arbitrary;
use impasto::style::{MAX_NAME, Pack, Parameters, name_problem, text_problem};
use impasto::stylize::StyleEncoder;
use impasto::text::usable_name;
use serde_json::json;

use crate::cli::backend::BackendArguments;
use crate::cli::device;
use crate::cli::file_plan::FilePlan;
use crate::cli::photos::{self, Picture, ReadArguments};
use crate::cli::report::{self, say};
use crate::cli::style_source::{ENDING, is_pack, network, network_of, read_pack, space};

/// Side of the thumbnails in pixels, and their JPEG quality.
const THUMB_SIDE: usize = 192;
const THUMB_QUALITY: u8 = 75;
/// Largest number of characters of a file name that is used as the source of a style.
const MAX_SOURCE: usize = 400;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Encode a painting and write the style as a pack, for the page and the command line
    Make(Make),
    /// Print the contents of style packs
    Show(Show),
}

#[derive(Debug, Args)]
pub struct Make {
    /// Painting: PNG, JPEG, WebP or TIFF
    painting: PathBuf,
    /// Output style pack; the extension must be `.impasto`
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    about: About,
    /// Square of the painting that is encoded: left, top and side in pixels; default: the whole painting
    #[arg(long, value_name = "X,Y,SIDE", value_parser = square)]
    square: Option<(usize, usize, usize)>,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
}

/// The metadata of a style pack.
#[derive(Debug, Args)]
pub struct About {
    /// Name of the style; default: from the file name
    #[arg(long, value_parser = |text: &str| usable(text, name_problem))]
    name: Option<String>,
    /// Source of the style, such as painting and painter; default: the file name
    #[arg(long, value_parser = |text: &str| usable(text, text_problem))]
    source: Option<String>,
    /// Licence of the style; default: empty
    #[arg(long, default_value = "", value_parser = |text: &str| usable(text, text_problem))]
    pub licence: String,
}

fn usable(text: &str, problem: fn(&str) -> Option<String>) -> std::result::Result<String, String> {
    problem(text).map_or_else(|| Ok(text.to_string()), Err)
}

impl About {
    /// Returns the name of the style: the argument, or the file name of the painting as a title.
    pub fn title(&self, painting: &Path) -> String {
        self.name.clone().unwrap_or_else(|| title(&stem(painting)))
    }

    /// Returns the source of the style: the argument, or the file name of the painting.
    pub fn source(&self, painting: &Path) -> String {
        self.source.clone().unwrap_or_else(|| stem(painting))
    }
}

fn stem(path: &Path) -> String {
    usable_name(&path.file_stem().unwrap_or_default().to_string_lossy(), MAX_SOURCE)
}

#[derive(Debug, Args)]
pub struct Show {
    /// Style packs to read
    #[arg(required = true)]
    packs: Vec<PathBuf>,
    /// Output file for the thumbnail of a single pack
    #[arg(long)]
    thumbnail: Option<PathBuf>,
    /// Prints one line of JSON per pack
    #[arg(long)]
    json: bool,
}

fn square(text: &str) -> std::result::Result<(usize, usize, usize), String> {
    let numbers: Vec<usize> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y, side] if side > 0 && text.matches(',').count() == 2 => Ok((x, y, side)),
        _ => Err("write a square such as 120,40,300: left, top and side in pixels".to_string()),
    }
}

/// Runs the command.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Make(arguments) => make(&arguments),
        Command::Show(arguments) => show(&arguments),
    }
}

fn make(arguments: &Make) -> Result<()> {
    check_pack_path(&arguments.output)?;
    let mut plan = FilePlan::default();
    plan.inputs([arguments.painting.as_path()]).output(&arguments.output, "the style pack");
    plan.check()?;
    let Picture { image: painting, warnings, .. } = arguments.read.read(&arguments.painting, None)?;
    report::warnings(&arguments.painting, &warnings);
    let seen = match arguments.square {
        Some((x, y, side)) => painting.cropped((x, y), side, side)?,
        None => painting,
    };
    let (net, archive) = network(arbitrary::NAME)?;
    let vector = pollster::block_on(async {
        let encoder =
            StyleEncoder::load(&device::open(arguments.device.backend, &arguments.read).await?, &archive).await?;
        encoder.encode_image(&seen).await
    })?;
    let Make { painting, about, .. } = arguments;
    let pack = Pack {
        source: about.source(painting),
        licence: about.licence.clone(),
        thumbnail: thumbnail(&seen)?,
        ..space(&net, &archive)?.pack(about.title(painting), Parameters::Vector(vector))
    };
    save(&arguments.output, &pack.write()?, Existing::Replace).map(drop)
}

/// Converts a file name to a title: `starry_night` becomes `Starry night`.
fn title(file: &str) -> String {
    let words = file.split(['_', '-', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).take(MAX_NAME).collect(),
        None => "Untitled".to_string(),
    }
}

/// Checks that `path` has the extension of style packs.
///
/// # Errors
/// [`Error::File`] for another extension.
pub fn check_pack_path(path: &Path) -> Result<()> {
    if is_pack(path) {
        return Ok(());
    }
    Err(Error::file(path, format!("the name of a style pack must end in .{ENDING}")))
}

/// Returns the JPEG file of a thumbnail, which shows the square in the middle of `picture`.
pub fn thumbnail(picture: &Image) -> Result<Vec<u8>> {
    let side = picture.width().min(picture.height());
    let corner = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    photos::jpeg(&picture.cropped(corner, side, side)?.resized(THUMB_SIDE, THUMB_SIDE)?, THUMB_QUALITY)
}

fn show(arguments: &Show) -> Result<()> {
    if arguments.thumbnail.is_some() && arguments.packs.len() != 1 {
        return Err(Error::Style("A thumbnail can be written for one pack only: name one pack.".to_string()));
    }
    let mut plan = FilePlan::default();
    plan.inputs(arguments.packs.iter().map(PathBuf::as_path));
    if let Some(path) = &arguments.thumbnail {
        plan.output(path, "the thumbnail");
    }
    plan.check()?;
    for path in &arguments.packs {
        let pack = read_pack(path)?;
        let fits = network_of(&[&pack]).and_then(|(net, archive)| space(&net, &archive)?.style(&pack));
        tell(path, &pack, fits.err(), arguments.json);
        if let Some(path) = &arguments.thumbnail {
            if pack.thumbnail.is_empty() {
                return Err(Error::file(path, "this style pack has no thumbnail"));
            }
            save(path, &pack.thumbnail, Existing::Replace)?;
        }
    }
    Ok(())
}

fn tell(path: &Path, pack: &Pack, problem: Option<Error>, as_json: bool) {
    let numbers = match &pack.parameters {
        Parameters::Vector(vector) => vector.len(),
        Parameters::Norms { scales, shifts } => scales.len() + shifts.len(),
    };
    let kind = match &pack.parameters {
        Parameters::Norms { .. } if custom::is_own(&pack.network) => "scales and shifts of a network of its own",
        Parameters::Vector(_) => "a painting's style vector",
        Parameters::Norms { .. } => "trained scales and shifts",
    };
    let problem = problem.map(|error| error.to_string());
    let network = pack.network_archive().ok().flatten();
    let architecture = network.as_ref().and_then(|archive| archive.metadata("architecture"));
    if as_json {
        let line = json!({
            "file": report::path(path), "name": pack.name, "network": pack.network, "network_sha256": pack.network_sha256,
            "kind": kind, "numbers": numbers, "source": pack.source, "licence": pack.licence,
            "thumbnail_bytes": pack.thumbnail.len(), "archive_bytes": pack.archive.len(), "architecture": architecture,
            "problem": problem,
        });
        say!("{line}");
        return;
    }
    let or_none = |text: &str| if text.is_empty() { "not given".to_string() } else { text.to_string() };
    say!("{}: {}", path.display(), pack.name);
    say!("  style      {kind}, {numbers} numbers");
    say!("  network    {} {:.12}", pack.network, pack.network_sha256);
    if let Some(architecture) = architecture {
        say!("  contained  {} bytes, {architecture}", pack.archive.len());
    }
    say!("  source     {}", or_none(&pack.source));
    say!("  licence    {}", or_none(&pack.licence));
    say!("  thumbnail  {} bytes", pack.thumbnail.len());
    say!("  usable     {}", problem.as_deref().unwrap_or("yes"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_three_numbers() {
        assert_eq!(square("1, 2,3"), Ok((1, 2, 3)));
        for bad in ["1,2", "1,2,0", "1,2,3,4", "a,1,2,3", "1,-2,3", ""] {
            assert!(square(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn files_have_titles() {
        assert_eq!(title("starry_night"), "Starry night");
        assert_eq!(title("--"), "Untitled");
        assert_eq!(title("été-1"), "Été 1");
        assert_eq!(stem(Path::new("a\u{202e}b\x1b.jpg")), "a b");
    }
}
