//! `impasto art`: draws procedural paintings as style images.

use std::path::{Path, PathBuf};

use clap::Args;
use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::procedural::{KINDS, Kind, LARGEST};

use crate::cli::file_plan::FilePlan;
use crate::cli::output_paths;
use crate::cli::photos::{self, PhotoWriter};
use crate::cli::report::say;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Kind of painting; default: one of each kind
    kind: Option<String>,
    /// Output file, whose extension selects the format; a folder without KIND
    #[arg(short, long, required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Seed of the variant of the kind; default: the seed of the painting that comes with the program
    #[arg(long)]
    seed: Option<u64>,
    /// Side in pixels, 1 to 4096
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=LARGEST as i64))]
    size: u32,
    /// JPEG quality, 1 to 100; 70 is enough for a network that reads the file at 256 pixels
    #[arg(long, default_value_t = 70, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Lists the kinds
    #[arg(long)]
    list: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let kind = arguments.kind.as_deref().map(Kind::named).transpose()?;
    if arguments.list {
        for kind in &KINDS {
            say!("{:<10}{}", kind.name, kind.title);
        }
        return Ok(());
    }
    let output = arguments.output.as_deref().unwrap_or(Path::new("."));
    let outputs = outputs(kind, output)?;
    let mut plan = FilePlan::default();
    for (_, path) in &outputs {
        plan.output(path, "the painting");
    }
    plan.check()?;
    let writer = PhotoWriter::plain(arguments.quality);
    for (kind, path) in outputs {
        let painting = kind.paint(arguments.size as usize, arguments.seed.unwrap_or(kind.seed))?;
        save(&path, &writer.bytes(&painting, &path)?, Existing::Replace)?;
    }
    Ok(())
}

/// Returns the kinds to draw, each with its output path.
fn outputs(kind: Option<&'static Kind>, output: &Path) -> Result<Vec<(&'static Kind, PathBuf)>> {
    if let Some(kind) = kind {
        let named = PathBuf::from(kind.name);
        let path = output_paths::paintings(&[named], true, output)?;
        return Ok(path.into_iter().map(|path| (kind, path)).collect());
    }
    if output.is_file() || photos::has_known_ending(output) {
        return Err(Error::file(
            output,
            "one painting of each kind needs a folder, and this is a file; name a kind or a folder",
        ));
    }
    Ok(KINDS.iter().map(|kind| (kind, output.join(format!("{}.jpg", kind.name)))).collect())
}
