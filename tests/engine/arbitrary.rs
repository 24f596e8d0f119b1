//! Compares the arbitrary-style network with values that onnxruntime computed from the published weights, with
//! activations in single precision (`tests/fixtures/arbitrary`: every second pixel of the output, 16 bits per channel).

use std::rc::Rc;

use crate::common::{distance, every_second_pixel, fixture, gpu, noise, picture, psnr, shipped_as};
use impasto::error::Error;
use impasto::gpu::conv::{Family, TILES, Variant};
use impasto::image::Image;
use impasto::net::models::{arbitrary, predictor};
use impasto::reference::picture::reflect_pad;
use impasto::style::{Style, StyleLayers};
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::Archive;

fn reference_vector() -> Vec<f32> {
    serde_json::from_str(&std::fs::read_to_string(fixture("arbitrary/vector.json")).unwrap()).unwrap()
}

fn reference_style(archive: &Archive) -> Style {
    let layers = StyleLayers::read(archive, &arbitrary::network().norms).unwrap();
    layers.style("reference", &reference_vector()).unwrap()
}

#[test]
fn the_plain_executor_predicts_the_reference_vector() {
    let archive = shipped_as("arbitrary");
    let unstyled = Style::default();
    let (vector, _) =
        impasto::reference::forward(&predictor::network(), &archive, &unstyled, &picture("arbitrary/style.png"))
            .unwrap();
    let off = distance(&vector, &reference_vector());
    println!("off by {off}");
    assert!(off <= 1e-5, "off by {off}");
}

#[test]
fn the_plain_executor_paints_the_reference_picture() {
    let archive = shipped_as("arbitrary");
    let photo = picture("arbitrary/content.png");
    let got = impasto::reference::run(&arbitrary::network(), &archive, &reference_style(&archive), &photo).unwrap();
    let (got, expected) = (every_second_pixel(&got), picture("arbitrary/out.png"));
    let (off, ratio) = (distance(&got, expected.data()), psnr(&got, expected.data()));
    println!("off by {off}, {ratio:.1} dB");
    assert!(ratio >= 75.0, "off by {off}, {ratio:.1} dB");
}

#[test]
fn the_kernels_paint_the_reference_picture() {
    let (gpu, archive) = (Rc::new(gpu()), shipped_as("arbitrary"));
    let (photo, expected) = (picture("arbitrary/content.png"), picture("arbitrary/out.png"));
    let tiled = Family::Tiled(TILES[0]);
    for (family, half) in [(Family::Direct, false), (tiled, false), (tiled, true)] {
        if half && !gpu.half() {
            println!("this adapter has no 16-bit arithmetic: skipped");
            continue;
        }
        let variant = Variant { family, half };
        let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), variant), &archive)).unwrap();
        let mut session = pollster::block_on(model.session(photo.width(), photo.height())).unwrap();
        session.set_photo(&photo.to_rgba8()).unwrap();
        session.set_style(&reference_style(&archive)).unwrap();
        let got = every_second_pixel(&pollster::block_on(session.read_exact()).unwrap());
        let (off, ratio) = (distance(&got, expected.data()), psnr(&got, expected.data()));
        println!("{}: off by {off}, {ratio:.1} dB", variant.name());
        // The reference is kept in 16 bits.
        let enough = ratio >= if variant.half { 57.0 } else { 75.0 };
        assert!(enough, "{}: off by {off}, {ratio:.1} dB", variant.name());
    }
}

#[test]
fn other_sizes_are_painted_as_the_plain_executor_paints_them() {
    let (gpu, archive) = (Rc::new(gpu()), shipped_as("arbitrary"));
    let (net, style) = (arbitrary::network(), reference_style(&archive));
    for variant in Variant::all().into_iter().filter(|v| gpu.half() || !v.half) {
        let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), variant), &archive)).unwrap();
        for (width, height) in [(8, 13), (37, 50), (90, 61)] {
            let rgba: Vec<u8> = noise(5, width * height * 4).iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
            let opaque: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
            let photo = Image::from_rgba8(width, height, &opaque).unwrap();
            let padded = reflect_pad(&photo, net.padded(width), net.padded(height)).unwrap();
            let expected = impasto::reference::run(&net, &archive, &style, &padded).unwrap();
            let rows = expected.data().chunks_exact(padded.width() * 3).take(height);
            let cropped: Vec<f32> = rows.flat_map(|row| &row[..width * 3]).copied().collect();
            let mut session = pollster::block_on(model.session(width, height)).unwrap();
            session.set_photo(&opaque).unwrap();
            session.set_style(&style).unwrap();
            let got = pollster::block_on(session.read_exact()).unwrap();
            let (off, ratio) = (distance(got.data(), &cropped), psnr(got.data(), &cropped));
            println!("{} {width}x{height}: off by {off}, {ratio:.1} dB", variant.name());
            let enough = if variant.half { ratio >= 52.0 } else { off <= 2e-5 };
            assert!(enough, "{} {width}x{height}: off by {off}, {ratio:.1} dB", variant.name());
        }
    }
}

#[test]
fn styles_of_one_network_are_none_of_the_other() {
    let gpu = Rc::new(gpu());
    let variant = Variant::all()[0];
    let archives = [shipped_as("transfer26"), shipped_as("arbitrary")];
    let [named, any] = archives.each_ref().map(|archive| {
        pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), variant), archive)).unwrap()
    });
    assert!(any.styles().is_empty());
    let style = reference_style(&archives[1]);
    let mut session = pollster::block_on(named.session(8, 8)).unwrap();
    assert!(matches!(session.set_style(&style), Err(Error::Style(_))));
    let mut session = pollster::block_on(any.session(8, 8)).unwrap();
    assert!(matches!(session.set_style(named.styles().get(0).unwrap()), Err(Error::Style(_))));
    session.set_style(&style).unwrap();
}
