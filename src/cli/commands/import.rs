//! `impasto import`: converts a transfer network to a style pack that contains the network.

use std::path::{Path, PathBuf};

use clap::Args;
use impasto::error::Result;
use impasto::files::{self, Existing, save};
use impasto::gpu::conv::Variant;
use impasto::image::Image;
use impasto::import::network::{self, Converted, Import, Precision};
use impasto::import::onnx::external::in_folder;
use impasto::procedural::Kind;
use impasto::style::{Pack, Style};
use impasto::stylize::{Device, GpuDevice, StylizeModel};
use impasto::weights::Archive;
use serde_json::json;

use super::style::{About, check_pack_path, thumbnail};
use crate::cli::backend::BackendArguments;
use crate::cli::device;
use crate::cli::file_plan::FilePlan;
use crate::cli::photos::ReadArguments;
use crate::cli::report::{self, say};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Network to convert: a `.pth` or `.onnx` file with the architecture of PyTorch's example `fast_neural_style`
    model: PathBuf,
    /// Output style pack; the extension must be `.impasto`
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    about: About,
    /// Picture for the thumbnail, such as the painting of the style; default: a sample that the network stylized
    #[arg(long, value_name = "PICTURE")]
    thumbnail: Option<PathBuf>,
    /// Value of white in input and output of the network, if the file does not specify it; default 255
    #[arg(long, value_parser = ["1", "255"])]
    range: Option<String>,
    /// Prints the report as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
}

/// Largest network file in bytes, far above the size of transfer networks.
const LARGEST_MODEL: u64 = 1 << 30;

/// The procedural picture that is stylized to compare weight precisions, and its side in pixels.
const SAMPLE: &str = "swirls";
const SAMPLE_SIDE: usize = 256;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { model, output, about, .. } = arguments;
    check_pack_path(output)?;
    let mut plan = FilePlan::default();
    plan.inputs([model.as_path()].into_iter().chain(arguments.thumbnail.as_deref()));
    plan.output(output, "the style pack").check()?;
    let bytes = files::read(model, LARGEST_MODEL, "a network")?;
    let range = arguments.range.as_deref().and_then(|range| range.parse().ok());
    let file = model.display().to_string();
    let beside = in_folder(model.parent().unwrap_or(Path::new("")));
    let import = network::read_with(&file, &bytes, range, &beside)?;
    let picture = arguments.thumbnail.as_deref().map(|path| arguments.read.read(path, None)).transpose()?;
    let Converted { pack, tried, painted } =
        pollster::block_on(convert(arguments, &import, &about.title(model), &file))?;
    let pack = Pack {
        source: about.source(model),
        licence: about.licence.clone(),
        thumbnail: thumbnail(picture.as_ref().map_or(&painted, |picture| &picture.image))?,
        ..pack
    };
    let bytes = pack.write()?;
    save(output, &bytes, Existing::Replace)?;
    if arguments.json {
        say!("{}", as_json(output, &import, &pack, &tried, bytes.len()));
    } else {
        tell(model, output, &import, &pack, &tried, bytes.len());
    }
    Ok(())
}

/// Converts the network to a pack with the smallest weights whose result matches that of float weights.
async fn convert(arguments: &Arguments, import: &Import, name: &str, file: &str) -> Result<Converted> {
    // Without 16-bit arithmetic, so that only the precision of the weights is measured.
    let device = match device::open(arguments.device.backend, &arguments.read).await? {
        Device::Gpu(GpuDevice { gpu, variant }) => Device::from_gpu(gpu, Variant { half: false, ..variant }),
        cpu @ Device::Cpu(_) => cpu,
    };
    let kind = Kind::named(SAMPLE)?;
    let sample = kind.paint(SAMPLE_SIDE, kind.seed)?;
    let paint = async |archive: &Archive, style: &Style| paint(&device, archive, style, &sample).await;
    network::convert(import, name, file, paint).await
}

/// Stylizes the picture in a style of the network in `archive`.
async fn paint(device: &Device, archive: &Archive, style: &Style, picture: &Image) -> Result<Image> {
    let model = StylizeModel::load(device, archive).await?;
    let mut session = model.session(picture.width(), picture.height()).await?;
    session.set_style(style)?;
    session.set_photo(&picture.to_rgba8())?;
    session.read_exact().await
}

fn describe(precision: Precision) -> &'static str {
    match precision {
        Precision::Bits8 => "8 bits",
        Precision::Ends16 => "8 bits, the first and the last layer 16",
        Precision::Bits16 => "16 bits",
        Precision::Bits32 => "32 bits",
    }
}

fn tell(model: &Path, output: &Path, import: &Import, pack: &Pack, tried: &[(Precision, f64)], bytes: usize) {
    say!("{}: {} layers, {} residual blocks", model.display(), import.layers.len(), import.johnson.blocks);
    for layer in &import.layers {
        let [outputs, inputs, kernel, _] = layer.shape[..] else { continue };
        let end = if layer.normalized { "normalized" } else { "bias" };
        say!("  {:<11} {kernel}x{kernel}, {inputs:>3} to {outputs:>3}, {end:<11} {}", layer.name, layer.from);
    }
    say!("  pictures    up to {} in, up to {} out", import.range.0, import.range.1);
    for (precision, near) in tried {
        say!("  weights     in {}: {near:.1} dB from float weights", describe(*precision));
    }
    say!("{}: {}, {bytes} bytes, network {}", output.display(), pack.name, pack.network);
}

fn as_json(output: &Path, import: &Import, pack: &Pack, tried: &[(Precision, f64)], bytes: usize) -> serde_json::Value {
    let layers = import.layers.iter().map(
        |layer| json!({ "name": layer.name, "from": layer.from, "shape": layer.shape, "normalized": layer.normalized }),
    );
    let tried = tried.iter().map(|(precision, near)| json!({ "weights": describe(*precision), "decibels": near }));
    json!({
        "output": report::path(output), "name": pack.name, "network": pack.network, "bytes": bytes,
        "layers": layers.collect::<Vec<_>>(), "white": [import.range.0, import.range.1],
        "tried": tried.collect::<Vec<_>>(),
    })
}
