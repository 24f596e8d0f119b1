//! `impasto art`: paintings made by arithmetic, to take styles of.

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
    /// The kind of painting; without it, one of each.
    kind: Option<String>,
    /// Where the painting goes; its ending says the format. For one of each kind, a folder.
    #[arg(short, long, required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Another painting of the same kind for each number. Without it, the one that ships.
    #[arg(long)]
    seed: Option<u64>,
    /// Pixels on each side.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=LARGEST as i64))]
    size: u32,
    /// Quality of JPEG files. A network that reads them at 256 pixels needs no more.
    #[arg(long, default_value_t = 70, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Lists the kinds.
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
    let wanted = wanted(kind, output)?;
    let mut plan = FilePlan::default();
    for (_, place) in &wanted {
        plan.output(place, "the painting");
    }
    plan.check()?;
    let writer = PhotoWriter::plain(arguments.quality);
    for (kind, place) in wanted {
        let painting = kind.paint(arguments.size as usize, arguments.seed.unwrap_or(kind.seed))?;
        save(&place, &writer.bytes(&painting, &place)?, Existing::Replace)?;
    }
    Ok(())
}

/// What is to be painted, and where it goes.
fn wanted(kind: Option<&'static Kind>, output: &Path) -> Result<Vec<(&'static Kind, PathBuf)>> {
    if let Some(kind) = kind {
        let named = PathBuf::from(kind.name);
        let place = output_paths::paintings(&[named], true, output)?;
        return Ok(place.into_iter().map(|place| (kind, place)).collect());
    }
    if output.is_file() || photos::has_known_ending(output) {
        return Err(Error::file(
            output,
            "one painting of each kind needs a folder, and this is a file; name a kind or a folder",
        ));
    }
    Ok(KINDS.iter().map(|kind| (kind, output.join(format!("{}.jpg", kind.name)))).collect())
}
