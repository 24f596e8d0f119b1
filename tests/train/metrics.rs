//! Compares figures of patches with those of a `jax` implementation, and what they are computed from with `numpy` and Pillow
//! (`tests/fixtures/patches`).

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use impasto::image::{Image, lanczos};
use impasto::image_file::{self, ReadOptions};
use impasto::train::device::cpu;
use impasto::train::metrics::sampling::sample;
use impasto::train::metrics::{Evaluator, Metrics};
use impasto::weights::Archive;
use impasto::weights::hash::hex_sha256;
use serde_json::Value;

use crate::adapter;
use crate::common::fixture;

fn reference(part: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(fixture("patches/reference.json")).unwrap();
    let values: Value = serde_json::from_str(&text).unwrap();
    let part = values[part].as_array().unwrap().clone();
    assert!(!part.is_empty());
    part
}

/// The picture that an entry names in `field`.
fn picture(entry: &Value, field: &str) -> Image {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(entry[field].as_str().unwrap());
    image_file::read(&path, &ReadOptions::default()).unwrap().image
}

fn number(entry: &Value, field: &str) -> usize {
    entry[field].as_u64().unwrap() as usize
}

#[test]
fn samples_are_those_of_numpy() {
    for entry in reference("samples") {
        let found = sample(number(&entry, "positions"), number(&entry, "count"));
        let numbers =
            |field: &str| entry[field].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        let (first, last): (Vec<usize>, Vec<usize>) = (numbers("first"), numbers("last"));
        assert!(found.starts_with(&first) && found.ends_with(&last), "{entry}: {:?}", &found[..4]);
        let bytes: Vec<u8> = found.iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
        assert_eq!(hex_sha256(&bytes), entry["sha256"], "{entry}");
    }
    assert_eq!(sample(3, 3), [0, 1, 2]);
}

#[test]
fn resized_pictures_are_those_of_pillow() {
    for entry in reference("resized") {
        let (width, height) = (number(&entry, "width"), number(&entry, "height"));
        let found = lanczos::resized(&picture(&entry, "picture"), width, height).unwrap();
        let bytes: Vec<u8> = found.data().iter().map(|value| (value * 255.0).round() as u8).collect();
        assert_eq!(hex_sha256(&bytes), entry["sha256"], "{entry}");
    }
}

fn agrees_with_the_reference(device: &Device, entries: &[Value]) {
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors")).unwrap();
    for entry in entries {
        let [photo, painting, painted] = ["photo", "painting", "painted"].map(|field| picture(entry, field));
        let evaluator = Evaluator::new(&vgg, (&photo, &painting), (64, 64), device).unwrap();
        let Metrics { to, cover, structure, .. } = pollster::block_on(evaluator.evaluate(&painted)).unwrap();
        let found = BTreeMap::from([("to", to), ("cover", cover), ("structure", structure)]);
        for (name, value) in found {
            let expected = entry[name].as_f64().unwrap() as f32;
            println!("{name}: {value} for {expected}, {:.1e}", (value - expected).abs());
            assert!((value - expected).abs() <= 1e-4, "{entry}: {name} is {value}");
        }
    }
}

#[test]
fn the_processor_gives_the_figures_of_the_reference() {
    agrees_with_the_reference(&cpu(), &reference("figures"));
}

#[test]
fn wgpu_gives_the_figures_of_the_reference() {
    // One entry: a program as adapter takes half a minute for it.
    agrees_with_the_reference(adapter(), &reference("figures")[2..3]);
}
