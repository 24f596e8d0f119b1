//! Compares the 26-style network with values that onnxruntime computed from the float weights
//! (`tests/fixtures/transfer26`: every second pixel, 16 bits per channel), and tests sessions.

use std::rc::Rc;

use crate::common::{
    distance, every_second_pixel, fixture, float_archive, gpu, noise, picture, psnr, quantized_archive, shipped,
};
use impasto::error::Error;
use impasto::gpu::Gpu;
use impasto::gpu::conv::{Family, TILES, Variant};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::net::models::transfer26;
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::Archive;

const CASES: [&str; 4] = ["s0", "s7", "s19", "mix"];
const DIRECT: Variant = Variant { family: Family::Direct, half: false };

fn weights(case: &str) -> Vec<f32> {
    let text = std::fs::read_to_string(fixture("transfer26/weights.json")).unwrap();
    let all: std::collections::BTreeMap<String, Vec<f32>> = serde_json::from_str(&text).unwrap();
    all[case].clone()
}

/// The worst of all cases and both contents.
fn worst(gpu: &Rc<Gpu>, archive: &Archive, variant: Variant, measure: fn(&[f32], &[f32]) -> f64) -> Vec<f64> {
    let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), variant), archive)).unwrap();
    let mut found = Vec::new();
    for content in ["a", "b"] {
        let photo = picture(&format!("transfer26/content_{content}.png"));
        let mut session = pollster::block_on(model.session(photo.width(), photo.height())).unwrap();
        session.set_photo(&photo.to_rgba8()).unwrap();
        for case in CASES {
            session.set_style(&model.styles().mix(&weights(case)).unwrap()).unwrap();
            let got = pollster::block_on(session.read_exact()).unwrap();
            let expected = picture(&format!("transfer26/out_{case}_{content}.png"));
            found.push(measure(&every_second_pixel(&got), expected.data()));
        }
    }
    found
}

#[test]
fn float_weights_give_the_reference_values() {
    let (gpu, archive) = (Rc::new(gpu()), float_archive());
    for family in [Family::Direct, Family::Tiled(TILES[0])] {
        let found = worst(&gpu, &archive, Variant { family, half: false }, |a, b| f64::from(distance(a, b)));
        println!("{family:?}: {found:?}");
        assert!(found.iter().all(|d| *d <= 7e-5), "{family:?}: {found:?}");
    }
}

#[test]
fn quantized_weights_stay_close() {
    let (gpu, archive) = (Rc::new(gpu()), quantized_archive());
    for variant in [DIRECT, Variant { family: Family::Tiled(TILES[1]), half: true }] {
        if variant.half && !gpu.half() {
            println!("this adapter has no 16-bit arithmetic: skipped");
            continue;
        }
        let found = worst(&gpu, &archive, variant, psnr);
        println!("{}: {found:.1?} dB", variant.name());
        assert!(found.iter().all(|d| *d >= 43.0), "{}: {found:?}", variant.name());
    }
}

#[test]
fn the_plain_executor_gives_the_reference_values() {
    let archive = float_archive();
    let net = transfer26::network();
    let styles = impasto::style::StyleSet::read(&archive, &net.norms).unwrap();
    let photo = picture("transfer26/content_b.png");
    let style = styles.mix(&weights("mix")).unwrap();
    let got = impasto::reference::run(&net, &archive, &style, &photo).unwrap();
    let off = distance(&every_second_pixel(&got), picture("transfer26/out_mix_b.png").data());
    assert!(off <= 7e-5, "off by {off}");
}

#[test]
fn a_session_repaints_what_changed_and_only_that() {
    let (gpu, archive) = (Rc::new(gpu()), shipped());
    let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), DIRECT), &archive)).unwrap();
    let rgba: Vec<u8> = noise(9, 30 * 21 * 4).iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
    let mut session = pollster::block_on(model.session(30, 21)).unwrap();
    session.set_photo(&rgba).unwrap();
    let first = pollster::block_on(session.read()).unwrap();
    assert_eq!(pollster::block_on(session.read()).unwrap(), first);
    session.set_style(model.styles().get(9).unwrap()).unwrap();
    let second = pollster::block_on(session.read()).unwrap();
    assert_ne!(first, second);
    session.set_look(Look { strength: 0.0, ..Look::default() }).unwrap();
    let opaque: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    assert_eq!(pollster::block_on(session.read()).unwrap(), opaque);
    let no_number = Look { strength: f32::NAN, ..Look::default() };
    assert!(matches!(session.set_look(no_number), Err(Error::Picture(_))));
}

#[test]
fn sizes_that_do_not_fit_name_the_limit() {
    let (gpu, archive) = (Rc::new(gpu()), shipped());
    let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), DIRECT), &archive)).unwrap();
    for (width, height, limit) in [(9000, 8, "maxTextureDimension2D"), (2000, 2000, "maxStorageBufferBindingSize")] {
        let error = pollster::block_on(model.session(width, height)).err().unwrap();
        let message = error.to_string();
        assert!(message.contains(limit), "{message}");
        let Error::TooLarge { fits, .. } = error else { panic!("{message}") };
        let (w, h) = Image::fitted(width, height, fits);
        assert!(pollster::block_on(model.session(w, h)).is_ok(), "{fits} does not fit either");
    }
    assert!(matches!(pollster::block_on(model.session(0, 5)), Err(Error::Picture(_))));
}

#[test]
fn a_lost_device_is_reported() {
    let (gpu, archive) = (Rc::new(gpu()), shipped());
    let model = pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), DIRECT), &archive)).unwrap();
    let mut session = pollster::block_on(model.session(8, 8)).unwrap();
    gpu.destroy();
    let error = pollster::block_on(session.read()).unwrap_err();
    assert!(matches!(error, Error::DeviceLost(_)), "{error}");
}
