//! Every WGSL file is valid by itself, and in every specialization that a network uses, in every variant.

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

#[test]
fn every_file_is_valid_by_itself() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        check(&path.display().to_string(), &source);
        // As it stands, a file is its own default specialization.
        check(&path.display().to_string(), &specialize(&source, &[], false));
        count += 1;
    }
    assert_eq!(count, 21);
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
        let present = include_str!("../shaders/present.wgsl");
        for resized in [0, 1] {
            let sized = [("RESIZED", resized)];
            check("ingest", &specialize(include_str!("../shaders/ingest.wgsl"), &sized, variant.half));
            for finish in [1, 2] {
                let values = [sized[0], ("FINISH", finish)];
                check("steady", &specialize(include_str!("../shaders/steady.wgsl"), &values, variant.half));
                check("present", &specialize(present, &values, variant.half));
            }
            check("present", &specialize(present, &[sized[0], ("FINISH", 0)], false));
        }
    }
}
