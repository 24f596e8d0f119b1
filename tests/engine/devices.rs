//! Sessions on the processor against sessions on the graphics adapter: everything that a session can be told.

use crate::common::{distance, gpu, noise, picture, shipped_as};
use impasto::cpu::Workers;
use impasto::error::Error;
use impasto::gpu::conv::{Family, Variant};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::stylize::{Device, Session, StyleEncoder, StylizeModel};
use pollster::block_on;

const MEMORY: u64 = 1 << 30;

/// The graphics adapter and the processor.
fn devices() -> [Device; 2] {
    [Device::from_gpu(gpu(), Variant { family: Family::Direct, half: false }), Device::cpu(Workers::new(2), MEMORY)]
}

/// Calls `act` on a session of each device; `network` names the archive.
fn compare(
    network: &str,
    size: (usize, usize),
    tolerance: f32,
    act: impl Fn(&StylizeModel, &mut Session) -> Vec<Image>,
) {
    let pictures = devices().map(|device| {
        let model = block_on(StylizeModel::load(&device, &shipped_as(network))).unwrap();
        let mut session = block_on(model.session(size.0, size.1)).unwrap();
        act(&model, &mut session)
    });
    let [gpu, cpu] = &pictures;
    assert_eq!(gpu.len(), cpu.len());
    for (i, (gpu, cpu)) in gpu.iter().zip(cpu).enumerate() {
        let off = distance(gpu.data(), cpu.data());
        println!("{network}, picture {i}: off by {off}");
        assert!(off <= tolerance, "{network}, picture {i}: off by {off}");
    }
    assert!(gpu.windows(2).all(|pair| distance(pair[0].data(), pair[1].data()) > 0.01), "two pictures are the same");
}

fn photo(seed: u32, width: usize, height: usize) -> Vec<u8> {
    let picture = picture("transfer26/content_a.png").resized(width, height).unwrap();
    let noise = noise(seed, width * height * 3);
    let noisy = picture.data().iter().zip(noise).map(|(v, n)| (v + 0.02 * n).clamp(0.0, 1.0)).collect();
    Image::new(width, height, noisy).unwrap().to_rgba8()
}

fn read(session: &mut Session) -> Image {
    block_on(session.read_exact()).unwrap()
}

#[test]
fn looks_and_styles_of_the_26_style_network() {
    compare("transfer26", (45, 38), 1e-4, |model, session| {
        session.set_photo(&photo(1, 45, 38)).unwrap();
        let mut pictures = vec![read(session)];
        let weights = model.styles().parse("3:0.25, 9:0.75").unwrap();
        session.set_style(&model.styles().mix(&weights).unwrap()).unwrap();
        pictures.push(read(session));
        session.set_mirrored(true);
        pictures.push(read(session));
        session.set_look(Look { strength: 0.6, keep_colors: true, split: 0.3 }).unwrap();
        pictures.push(read(session));
        pictures
    });
}

#[test]
fn photos_of_another_size_with_brushwork_and_the_temporal_filter() {
    let mean = (0..100).map(|i| (i as f32 * 0.37).sin() * 0.1).collect::<Vec<_>>();
    compare("arbitrary", (48, 36), 3e-4, |model, session| {
        session.set_style(&model.space().vector("mean", &mean).unwrap()).unwrap();
        let frame = block_on(session.new_frame((97, 71))).unwrap();
        session.set_frame(frame).unwrap();
        session.set_brushwork(0.8).unwrap();
        session.set_photo(&photo(1, 97, 71)).unwrap();
        let first = read(session);
        let filter = block_on(session.new_temporal_filter()).unwrap();
        session.set_temporal_filter(filter).unwrap();
        read(session);
        // The second frame of a scene is mixed with the first, and its statistics with those of the first.
        session.set_photo(&photo(2, 97, 71)).unwrap();
        let dim: Vec<u8> = photo(3, 97, 71).iter().map(|byte| byte / 2).collect();
        let second = read(session);
        session.set_photo(&dim).unwrap();
        let third = read(session);
        assert_eq!((second.width(), second.height()), (97, 71));
        vec![first, third]
    });
}

#[test]
fn bytes_of_a_chosen_size() {
    let bytes = devices().map(|device| {
        let model = block_on(StylizeModel::load(&device, &shipped_as("transfer26"))).unwrap();
        let mut session = block_on(model.session(33, 20)).unwrap();
        session.set_photo(&photo(1, 33, 20)).unwrap();
        let reader = block_on(session.new_reader((50, 61))).unwrap();
        session.set_reader(reader).unwrap();
        block_on(session.read()).unwrap()
    });
    assert_eq!(bytes[1].len(), 50 * 61 * 4);
    let off = bytes[0].iter().zip(&bytes[1]).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(off <= Some(1), "off by {off:?}");
}

#[test]
fn paintings_are_encoded_alike() {
    let painting = picture("arbitrary/style.png").resized(301, 177).unwrap();
    let [gpu, cpu] = devices().map(|device| {
        let encoder = block_on(StyleEncoder::load(&device, &shipped_as("arbitrary"))).unwrap();
        assert!(block_on(encoder.encode_rgba(&[0; 8], (1, 1))).is_err());
        block_on(encoder.encode_rgba(&painting.to_rgba8(), (301, 177))).unwrap()
    });
    let off = distance(&gpu, &cpu);
    println!("off by {off}");
    assert!(off <= 1e-5, "off by {off}");
}

#[test]
fn the_processor_refuses_what_its_memory_cannot_hold_and_names_a_size_that_fits() {
    let device = Device::cpu(Workers::new(1), 40_000_000);
    let model = block_on(StylizeModel::load(&device, &shipped_as("transfer26"))).unwrap();
    let Err(Error::TooLarge { fits, .. }) = block_on(model.session(2000, 1000)) else { panic!("it was accepted") };
    let (width, height) = Image::fitted(2000, 1000, fits);
    assert!(fits > 100 && block_on(model.session(width, height)).is_ok());
    let (width, height) = Image::fitted(2000, 1000, fits + 40);
    assert!(model.excess((width, height), 1.0).unwrap().is_some());
    assert!(matches!(block_on(model.session(0, 4)), Err(Error::Picture(_))));
}

#[test]
fn parts_of_a_session_on_another_device_are_refused() {
    let [gpu, cpu] = devices();
    let [gpu, mut cpu] = [gpu, cpu].map(|device| {
        let model = block_on(StylizeModel::load(&device, &shipped_as("transfer26"))).unwrap();
        block_on(model.session(8, 8)).unwrap()
    });
    let frame = block_on(gpu.new_frame((16, 16))).unwrap();
    assert!(matches!(cpu.set_frame(frame), Err(Error::Picture(_))));
    let reader = block_on(gpu.new_reader((16, 16))).unwrap();
    assert!(matches!(cpu.set_reader(reader), Err(Error::Picture(_))));
    let filter = block_on(gpu.new_temporal_filter()).unwrap();
    assert!(matches!(cpu.set_temporal_filter(filter), Err(Error::Picture(_))));
    assert_eq!(block_on(cpu.read()).unwrap().len(), 8 * 8 * 4);
}
