//! Validates every WGSL file with its imports and default constants, and in every specialization and variant that a network
//! uses.

use std::path::{Path, PathBuf};

use impasto::gpu::conv::{Spec, Variant};
use impasto::gpu::mobilenet;
use impasto::gpu::preprocess::specialize;
use impasto::gpu::shaders::{COMPOSITE, INSTANCE_NORM_FOLD, LOAD_INPUT, ROW_MOMENTS, TEMPORAL_FILTER};
use impasto::lower::transfer::fuse;
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

/// Names and texts of the WGSL files below `folder` in `shaders/`.
fn wgsl_texts(folder: &str) -> Vec<(String, String)> {
    let files = wgsl_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders").join(folder));
    assert!(!files.is_empty());
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_string();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_file_is_valid_with_its_imports() {
    for (name, source) in wgsl_texts("") {
        check(&name, &specialize(&source, &[], false));
    }
}

#[test]
fn every_shared_file_is_imported_by_two_files() {
    let all = wgsl_texts("");
    for (name, _) in wgsl_texts("shared") {
        let directive = format!("#import {name}");
        let importing = all.iter().filter(|(_, text)| text.lines().any(|line| line == directive)).count();
        assert!(importing >= 2, "{name}.wgsl is imported by {importing} files");
        // The table of shared files has this file, too.
        specialize(&directive, &[], false);
    }
}

#[test]
fn every_specialization_is_valid() {
    let stages = [transfer26::network(), arbitrary::network()].map(|net| fuse(&net).unwrap().stages).concat();
    let predicting = mobilenet::QUADS_A_THREAD.map(|quads| mobilenet::kernels(&predictor::network(), quads).unwrap());
    for kernel in predicting.concat() {
        check(&format!("{:?} {}", kernel.stage.kind, kernel.file()), &kernel.wgsl());
    }
    check("instance_norm_fold", &specialize(INSTANCE_NORM_FOLD, &[], false));
    for variant in Variant::all() {
        check("row_moments", &specialize(ROW_MOMENTS, &[], variant.half));
        for stage in &stages {
            let kernel = Spec::of(stage).kernel(variant);
            check(&format!("{} {} {}", stage.layer.weight, kernel.file, variant.name()), &kernel.wgsl);
        }
        for resized in [0, 1] {
            let sized = ("RESIZED", resized);
            check("load_input", &specialize(LOAD_INPUT, &[sized], variant.half));
            for finish in [1, 2] {
                let values = [sized, ("FINISH", finish)];
                check("temporal_filter", &specialize(TEMPORAL_FILTER, &values, variant.half));
                check("composite", &specialize(COMPOSITE, &values, variant.half));
            }
            check("composite", &specialize(COMPOSITE, &[sized, ("FINISH", 0)], false));
        }
    }
}
