//! `impasto weights`: converts VGG weights and published models to weight archives.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use impasto::error::Result;
use impasto::files::{self, Existing, save};
use impasto::import::onnx::external::in_folder;
use impasto::import::published;
use impasto::import::vgg::{self, Bits, Expects};
use impasto::net::models::vgg::{VGG16, VGG19, Vgg};

use crate::cli::file_plan::FilePlan;
use crate::cli::report::say;

/// Largest file of VGG weights in bytes: the file of VGG19 with its dense layers has 575 MB.
pub const LARGEST_ARCHIVE: u64 = 1 << 30;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Convert the published models; downloads nothing, `./build.sh weights` fetches them first
    Build {
        /// Folder of the published models
        #[arg(long, value_name = "DIR")]
        models: PathBuf,
        /// Output folder for the archives
        #[arg(long, value_name = "DIR", default_value = "weights")]
        out: PathBuf,
    },
    /// Convert VGG weights (PyTorch `.pth`, Keras `.h5`, or ONNX) to an archive for `paint --vgg`
    Import {
        /// File of VGG weights, such as torchvision's `vgg19-dcbb9e9d.pth`
        file: PathBuf,
        /// Output archive
        #[arg(short, long)]
        output: PathBuf,
        /// Network in the file
        #[arg(long, value_enum, default_value_t = VggChoice::Vgg19)]
        network: VggChoice,
        /// Colour convention of the training, if the file does not specify it; default: `torchvision` for ONNX and for
        /// tensors named `features.0.weight`, otherwise `caffe`
        #[arg(long, value_enum)]
        expects: Option<ExpectsChoice>,
        /// Bits per weight; 32 keeps the weights exactly, at four times the size
        #[arg(long, default_value = "8", value_parser = bits)]
        bits: Bits,
    },
}

fn bits(text: &str) -> std::result::Result<Bits, String> {
    match text {
        "8" => Ok(Bits::Eight),
        "32" => Ok(Bits::ThirtyTwo),
        _ => Err("weights have 8 or 32 bits".to_string()),
    }
}

/// A network of the VGG family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VggChoice {
    Vgg16,
    Vgg19,
}

impl VggChoice {
    /// Returns the layers of the network.
    pub fn vgg(self) -> Vgg {
        match self {
            Self::Vgg16 => VGG16,
            Self::Vgg19 => VGG19,
        }
    }
}

/// The colour convention of the training of a VGG network.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExpectsChoice {
    Torchvision,
    Caffe,
}

/// Runs one of the commands above.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Build { models, out } => {
            for report in published::build(&models, &out)? {
                let path = out.join(report.archive);
                say!("{}: {} tensors, {} bytes", path.display(), report.tensors, report.bytes);
                say!("sha256 {}", report.sha256);
            }
            Ok(())
        }
        Command::Import { file, output, network, expects, bits } => {
            let expects = expects.map(|expects| match expects {
                ExpectsChoice::Torchvision => Expects::Torchvision,
                ExpectsChoice::Caffe => Expects::Caffe,
            });
            import(&file, &output, network.vgg(), expects, bits)
        }
    }
}

fn import(file: &Path, output: &Path, vgg: Vgg, expects: Option<Expects>, bits: Bits) -> Result<()> {
    let mut plan = FilePlan::default();
    plan.inputs([file]).output(output, "the archive").check()?;
    let bytes = files::read(file, LARGEST_ARCHIVE, "a file of VGG weights")?;
    let beside = in_folder(file.parent().unwrap_or(Path::new("")));
    let archive = vgg::read_with(&file.display().to_string(), &bytes, vgg, expects, bits, &beside)?;
    save(output, &archive, Existing::Replace)?;
    say!("{}: {} of {} bytes", output.display(), vgg.name, archive.len());
    Ok(())
}
