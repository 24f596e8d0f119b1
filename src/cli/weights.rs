//! `impasto weights`: from published models to weight archives.

use std::path::PathBuf;

use impasto::error::Result;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Convert the published models. Downloads nothing: `./build.sh weights` fetches them first.
    Build {
        /// Folder of the published models.
        #[arg(long, value_name = "DIR")]
        models: PathBuf,
        /// Folder for the archives.
        #[arg(long, value_name = "DIR", default_value = "weights")]
        out: PathBuf,
    },
}

/// Runs one of the commands above.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Build { models, out } => {
            for report in impasto::weights::build(&models, &out)? {
                let path = out.join(report.archive);
                println!("{}: {} tensors, {} bytes", path.display(), report.tensors, report.bytes);
                println!("sha256 {}", report.sha256);
            }
            Ok(())
        }
    }
}
