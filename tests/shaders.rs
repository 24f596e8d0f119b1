//! Validates every WGSL file by itself, and in every specialization and variant that a network uses.

use std::path::{Path, PathBuf};

use impasto::gpu::conv::Variant;
use impasto::gpu::lower::mobilenet;
use impasto::gpu::lower::transfer::fuse;
use impasto::gpu::preprocess::specialize;
use impasto::net::models::{arbitrary, predictor, transfer26};
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn check(label: &str, wgsl: &str) {
    let module = naga::front::wgsl::parse_str(wgsl).unwrap_or_else(|e| panic!("{label}: {}", e.emit_to_string(wgsl)));
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16);
    validator.validate(&module).unwrap_or_else(|e| panic!("{label}: {}", e.emit_to_string(wgsl)));
}

/// The WGSL files below `folder`.
fn wgsl_files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { wgsl_files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_file_is_valid_by_itself() {
    let files = wgsl_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders"));
    assert!(!files.is_empty());
    for path in files {
        let source = std::fs::read_to_string(&path).unwrap();
        check(&path.display().to_string(), &source);
        // As it stands, a file is its own default specialization.
        check(&path.display().to_string(), &specialize(&source, &[], false));
    }
}

#[test]
fn every_specialization_is_valid() {
    let stages = [transfer26::network(), arbitrary::network()].map(|net| fuse(&net).unwrap().stages).concat();
    let predicting = mobilenet::QUADS_A_THREAD.map(|quads| mobilenet::stages(&predictor::network(), quads).unwrap());
    for stage in predicting.concat() {
        check(&format!("{:?} {}", stage.kind, stage.file()), &stage.wgsl());
    }
    for variant in Variant::all() {
        for stage in &stages {
            let kernel = stage.spec.kernel(variant);
            check(&format!("{} {} {}", stage.layer.weight, kernel.file, variant.name()), &kernel.wgsl);
        }
        let present = include_str!("../shaders/io/composite.wgsl");
        for resized in [0, 1] {
            let sized = [("RESIZED", resized)];
            check("load_input", &specialize(include_str!("../shaders/io/load_input.wgsl"), &sized, variant.half));
            for finish in [1, 2] {
                let values = [sized[0], ("FINISH", finish)];
                check(
                    "temporal_filter",
                    &specialize(include_str!("../shaders/io/temporal_filter.wgsl"), &values, variant.half),
                );
                check("composite", &specialize(present, &values, variant.half));
            }
            check("composite", &specialize(present, &[sized[0], ("FINISH", 0)], false));
        }
    }
}
