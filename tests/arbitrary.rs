//! The arbitrary-style network against values computed with onnxruntime from the published weights, activations in single
//! precision (`tests/fixtures/arbitrary`: of the output every second pixel, 16 bits a channel).

mod common;

use common::{distance, every_second_pixel, fixture, picture, psnr, shipped_as};
use impasto::net::{arbitrary, predictor};
use impasto::style::{Style, StyleLayers};
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
    let unstyled = Style { name: String::new(), norms: vec![] };
    let (vector, _) =
        impasto::cpu::forward(&predictor::network(), &archive, &unstyled, &picture("arbitrary/style.png")).unwrap();
    let off = distance(&vector, &reference_vector());
    println!("off by {off}");
    assert!(off <= 1e-4, "off by {off}");
}

#[test]
fn the_plain_executor_paints_the_reference_picture() {
    let archive = shipped_as("arbitrary");
    let photo = picture("arbitrary/content.png");
    let got = impasto::cpu::run(&arbitrary::network(), &archive, &reference_style(&archive), &photo).unwrap();
    let (got, expected) = (every_second_pixel(&got), picture("arbitrary/out.png"));
    let (off, ratio) = (distance(&got, expected.data()), psnr(&got, expected.data()));
    println!("off by {off}, {ratio:.1} dB");
    assert!(off <= 1e-3, "off by {off}, {ratio:.1} dB");
}
