//! `impasto shaders`: writes every generated shader of all networks, for offline shader analysis tools.

use std::path::{Path, PathBuf};

use clap::Args;
use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::gpu::conv::{Spec, Variant};
use impasto::gpu::mobilenet;
use impasto::gpu::preprocess::specialize;
use impasto::gpu::shaders::{COMPOSITE, INSTANCE_NORM_FOLD, LOAD_INPUT, ROW_MOMENTS, TEMPORAL_FILTER};
use impasto::lower::transfer::fuse;
use impasto::net::models::{arbitrary, predictor, transfer26};
use naga::back::spv;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ValidationFlags, Validator};

use crate::cli::device::variant;
use crate::cli::file_plan::make_folder;
use crate::cli::report::say;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Output folder
    folder: PathBuf,
    /// Kernel variant, such as `tiled8x4-f16`; default: all variants
    #[arg(long, value_parser = variant)]
    variant: Option<Variant>,
}

/// Runs the command. It needs no graphics adapter.
pub fn run(arguments: &Arguments) -> Result<()> {
    make_folder(&arguments.folder)?;
    let stages = [fuse(&transfer26::network())?.stages, fuse(&arbitrary::network())?.stages].concat();
    let predicting = mobilenet::QUADS_A_THREAD.map(|quads| mobilenet::kernels(&predictor::network(), quads));
    let predicting = predicting.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let mut written = std::collections::BTreeSet::new();
    for variant in arguments.variant.map_or_else(Variant::all, |v| vec![v]) {
        let mut texts: Vec<(String, String)> = vec![];
        for stage in &stages {
            let spec = Spec::of(stage);
            let kernel = spec.kernel(variant);
            texts.push((format!("{}-{}-{}", kernel.file, variant.name(), describe(&spec)), kernel.wgsl));
        }
        let width = if variant.half { "f16" } else { "f32" };
        let io = [
            ("load_input", LOAD_INPUT),
            ("composite", COMPOSITE),
            ("temporal_filter", TEMPORAL_FILTER),
            ("row_moments", ROW_MOMENTS),
        ];
        texts.extend(io.map(|(name, shader)| (format!("{name}-{width}"), specialize(shader, &[], variant.half))));
        texts.push(("instance_norm_fold".to_string(), specialize(INSTANCE_NORM_FOLD, &[], false)));
        texts.extend(predicting.iter().map(|stage| (stage.name(), stage.wgsl())));
        for (name, wgsl) in texts {
            if written.insert(name.clone()) {
                write(&arguments.folder, &name, &wgsl)?;
            }
        }
    }
    say!("{}: {} shaders, each as .wgsl and .spv", arguments.folder.display(), written.len());
    Ok(())
}

/// Describes a convolution, such as `3x3-stride1-32to32-sum`.
fn describe(spec: &Spec) -> String {
    use impasto::lower::transfer::Residual::{None, Read, Written};
    let sum = match spec.residual {
        None => "",
        Read => "-sum",
        Written => "-sumwritten",
    };
    let enlarged = if spec.phases == 4 { "-enlarged" } else { "" };
    let Spec { kernel, stride, inputs, outputs, .. } = spec;
    format!("{kernel}x{kernel}-stride{stride}-{inputs}to{outputs}{enlarged}{sum}")
}

/// Writes `NAME.wgsl` as generated, and `NAME.spv` as wgpu gives it to Vulkan drivers with robust buffer access: loops
/// are bounded by counters, and indices of arrays are checked. Workgroup memory is not set to zero, which analysis tools
/// do not read.
fn write(folder: &Path, name: &str, wgsl: &str) -> Result<()> {
    let mistake = |problem: String| Error::Model { file: name.to_string(), problem };
    let module = naga::front::wgsl::parse_str(wgsl).map_err(|e| mistake(e.emit_to_string(wgsl)))?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16);
    let info = validator.validate(&module).map_err(|e| mistake(e.emit_to_string(wgsl)))?;
    let options = spv::Options {
        lang_version: (1, 3),
        flags: spv::WriterFlags::empty(),
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
        force_loop_bounding: true,
        bounds_check_policies: BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: BoundsCheckPolicy::Unchecked,
            image_load: BoundsCheckPolicy::Unchecked,
            binding_array: BoundsCheckPolicy::Unchecked,
        },
        ..Default::default()
    };
    let words = spv::write_vec(&module, &info, &options, None).map_err(|e| mistake(e.to_string()))?;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    for (ending, bytes) in [("wgsl", wgsl.as_bytes()), ("spv", &bytes)] {
        let path = folder.join(format!("{name}.{ending}"));
        save(&path, bytes, Existing::Replace)?;
    }
    Ok(())
}
