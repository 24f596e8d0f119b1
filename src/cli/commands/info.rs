//! `impasto info`: prints the adapter with its limits and features, the processor, and the weight archives.

use clap::Args;
use impasto::cpu::{InstructionSet, Workers};
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::net::models::{arbitrary, transfer26};
use impasto::style::StyleSet;
use serde_json::{Value, json};

use crate::cli::device::{ARBITRARY, ARCHIVE, chosen};
use crate::cli::report::say;
use crate::cli::style_source::{network, space, styles};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Without an adapter, everything runs on the processor.
pub fn run(arguments: &Arguments) -> Result<()> {
    let weights = [weights(transfer26::NAME, ARCHIVE.len())?, weights(arbitrary::NAME, ARBITRARY.len())?];
    let adapter = pollster::block_on(adapter());
    let (adapter, problem) = match adapter {
        Ok(adapter) => (adapter, None),
        Err(error) => (Value::Null, Some(error.to_string())),
    };
    let processor = processor();
    if arguments.json {
        say!("{}", json!({ "adapter": adapter, "problem": problem, "processor": processor, "weights": weights }));
    } else {
        print_part("adapter", "name", &adapter);
        if let Some(problem) = problem {
            say!("adapter: {problem}");
        }
        print_part("processor", "instructions", &processor);
        weights.iter().for_each(|weights| print_part("weights", "network", weights));
    }
    Ok(())
}

/// Describes the processor: the instruction sets that the kernels can use, and the number of threads.
fn processor() -> Value {
    let sets: Vec<&str> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
    json!({ "instructions": InstructionSet::best().name(), "all instructions": sets, "threads": Workers::all().threads() })
}

async fn adapter() -> Result<Value> {
    let gpu = Gpu::open(Request::default()).await?;
    let (info, limits) = (gpu.info(), gpu.limits());
    Ok(json!({
        "name": info.name,
        "backend": info.backend.to_string(),
        "driver": format!("{} {}", info.driver, info.driver_info).trim(),
        "kind": format!("{:?}", info.device_type),
        "program on the processor": gpu.software(),
        "kernels": chosen(&gpu).await?.name(),
        "features": {
            "shader-f16": gpu.half(),
            "timestamp-query": gpu.features().contains(wgpu::Features::TIMESTAMP_QUERY),
        },
        "limits": {
            "texture side": limits.max_texture_dimension_2d,
            "buffer": limits.max_buffer_size,
            "storage binding": limits.max_storage_buffer_binding_size,
            "workgroup memory": limits.max_compute_workgroup_storage_size,
            "workgroup invocations": limits.max_compute_invocations_per_workgroup,
        },
    }))
}

/// Describes a weight archive: metadata, size and, if it contains styles, their names.
fn weights(name: &str, bytes: usize) -> Result<Value> {
    let (network, archive) = network(name)?;
    let metadata = |key: &str| archive.metadata(key).map(str::to_string);
    let own = if name == transfer26::NAME { styles(&archive)? } else { StyleSet::default() };
    Ok(json!({
        "network": metadata("network"),
        "version": metadata("version"),
        "source": metadata("source"),
        "licence": metadata("licence"),
        "bytes": bytes,
        "tensors": archive.names().count(),
        "fingerprint": space(&network, &archive)?.sha256(),
        "styles": own.names().collect::<Vec<_>>(),
    }))
}

/// Prints the entries of `value` as indented lines below its entry `heading`. Prints nothing if `value` is no object.
fn print_part(title: &str, heading: &str, value: &Value) {
    let Some(entries) = value.as_object() else { return };
    say!("{title}: {}", entries.get(heading).and_then(Value::as_str).unwrap_or("unnamed"));
    for (key, value) in entries.iter().filter(|e| e.0 != heading) {
        print_entry(key, value, 2);
    }
}

fn print_entry(key: &str, value: &Value, indent: usize) {
    match value {
        Value::Object(entries) => {
            say!("{:indent$}{key}", "");
            entries.iter().for_each(|(key, value)| print_entry(key, value, indent + 2));
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            say!("{:indent$}{key}", "");
            for (i, item) in items.iter().enumerate() {
                say!("{:indent$}  {i:>2} {}", "", item.as_str().unwrap_or_default());
            }
        }
        Value::Bool(yes) => say!("{:indent$}{key}: {}", "", if *yes { "yes" } else { "no" }),
        Value::String(text) => say!("{:indent$}{key}: {text}", ""),
        Value::Null => {}
        other => say!("{:indent$}{key}: {other}", ""),
    }
}
