//! Compares figures of patches with those of a `jax` implementation, and what they are computed from with `numpy` and Pillow
//! (`tests/fixtures/patches`).

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use impasto::cpu::Workers;
use impasto::image::{Image, lanczos};
use impasto::image_file::{self, ReadOptions};
use impasto::stylize::{self, StylizeModel};
use impasto::train::device::cpu;
use impasto::train::metrics::sampling::sample;
use impasto::train::metrics::weave::weave;
use impasto::train::metrics::{Evaluator, Metrics};
use impasto::weights::Archive;
use impasto::weights::hash::hex_sha256;
use serde_json::Value;

use crate::adapter;
use crate::common::{fixture, float_archive, shipped};

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

/// The mean weave of two photos in each of the 26 styles of `archive`.
fn weaves(archive: &Archive, brushwork: f32) -> Vec<f32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets/photos");
    let photos = ["chelsea.webp", "astronaut.webp"].map(|name| {
        let photo = image_file::read(&folder.join(name), &ReadOptions::default()).unwrap().image;
        let (width, height) = Image::fitted(photo.width(), photo.height(), 384);
        photo.resized(width, height).unwrap()
    });
    let model =
        pollster::block_on(StylizeModel::load(&stylize::Device::cpu(Workers::all(), 1 << 30), archive)).unwrap();
    let mut sums = vec![0.0; model.styles().len()];
    for photo in &photos {
        let mut session = pollster::block_on(model.session(photo.width(), photo.height())).unwrap();
        session.set_photo(&photo.to_rgba8()).unwrap();
        session.set_brushwork(brushwork).unwrap();
        for (number, sum) in sums.iter_mut().enumerate() {
            session.set_style(model.styles().get(number).unwrap()).unwrap();
            let painted = pollster::block_on(session.read_exact()).unwrap();
            *sum += weave(&painted, photo).unwrap().unwrap() / photos.len() as f32;
        }
    }
    sums
}

#[test]
fn retrained_styles_leave_no_grid_in_flat_parts() {
    let (mut before, mut after) = (weaves(&float_archive(), 0.0), weaves(&shipped(), 0.5));
    // Red Weave consists of a grid, and stays as it was published.
    assert!(before.remove(17) > 0.03 && after.remove(17) > 0.03);
    let mean = |weaves: &[f32]| weaves.iter().sum::<f32>() / weaves.len() as f32;
    println!("{before:.3?}\n{after:.3?}");
    assert!(mean(&after) <= mean(&before) / 3.0, "{} after {}", mean(&after), mean(&before));
    assert!(after.iter().all(|weave| *weave <= 0.03), "{after:.3?}");
}
