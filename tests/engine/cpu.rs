//! Compares the CPU executor with the plain executor: whole networks, at odd sizes, with every instruction set of this
//! processor, on one thread and several.

use crate::common::{distance, every_second_pixel, fixture, float_archive, noise, picture, shipped, shipped_as};
use impasto::cpu::{CpuModel, CpuPlan, InstructionSet, Workers};
use impasto::error::Error;
use impasto::image::{Image, mean_variance, to_chw};
use impasto::net::models::johnson::Johnson;
use impasto::net::models::{arbitrary, transfer26};
use impasto::net::{Border, Network, Operation, Shape};
use impasto::reference;
use impasto::reference::convolution::convolution;
use impasto::reference::layers::affine;
use impasto::style::{Norm, Style, StyleSet};
use impasto::weights::{Archive, ArchiveBuilder};

/// A network with random weights: its archive and a style.
fn random(net: &Network) -> (Archive, Style) {
    let mut archive = ArchiveBuilder::new();
    for (i, c) in net.convolutions().enumerate() {
        let taps = c.inputs * c.kernel * c.kernel;
        let scale = (3.0 / taps as f32).sqrt();
        let values: Vec<f32> = noise(i as u32 + 1, taps * c.outputs).iter().map(|v| v * scale).collect();
        archive.float(c.weight.as_str(), &[c.outputs, c.inputs, c.kernel, c.kernel], &values);
    }
    for layer in &net.layers {
        if let Operation::Bias { tensor } = &layer.operation {
            let channels = net.shapes(net.padded(8), net.padded(8)).unwrap()[layer.output].channels;
            archive.float(tensor.as_str(), &[channels], &noise(77, channels));
        }
    }
    let norm = |(i, (_, channels)): (usize, &(String, usize))| Norm {
        scale: noise(100 + i as u32, *channels).iter().map(|v| 1.0 + 0.5 * v).collect(),
        shift: noise(200 + i as u32, *channels).iter().map(|v| 0.5 * v).collect(),
    };
    let norms = net.norms.iter().enumerate().map(norm).collect();
    let archive = Archive::parse(&archive.finish().unwrap()).unwrap();
    (archive, Style { network: net.name.clone(), name: "random".into(), norms })
}

/// A photo of the padded size.
fn photo(plan: &CpuPlan) -> Image {
    let (width, height) = plan.padded();
    Image::new(width, height, noise(6, width * height * 3).iter().map(|v| 0.5 + 0.5 * v).collect()).unwrap()
}

fn set_photo(plan: &mut CpuPlan, photo: &Image) {
    for (pixel, rgb) in plan.input_mut().chunks_exact_mut(4).zip(photo.data().chunks_exact(3)) {
        pixel.copy_from_slice(&[rgb[0], rgb[1], rgb[2], 0.0]);
    }
}

/// The colours of a plan, without the fourth number, which must be zero.
fn colours(plan: &CpuPlan) -> Vec<f32> {
    assert!(plan.output().chunks_exact(4).all(|pixel| pixel[3] == 0.0));
    plan.output().chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied().collect()
}

/// Compares whole networks, at sizes whose padded sizes differ.
fn check_network(net: &Network, archive: &Archive, style: &Style, sizes: &[(usize, usize)]) {
    let mut worst = 0.0f32;
    for set in InstructionSet::available() {
        let model = CpuModel::load(net.clone(), archive, set).unwrap();
        for (width, height) in sizes {
            let mut plan = model.plan(*width, *height).unwrap();
            assert_eq!((plan.size(), plan.padded()), ((*width, *height), (net.padded(*width), net.padded(*height))));
            plan.set_style(style).unwrap();
            let photo = photo(&plan);
            set_photo(&mut plan, &photo);
            plan.run(&Workers::new(1));
            let off = distance(&colours(&plan), reference::run(net, archive, style, &photo).unwrap().data());
            assert!(off < 5e-5, "{} {}, {width}x{height}: {off}", net.name, set.name());
            worst = worst.max(off);
        }
    }
    println!("{}: at most {worst:.1e}", net.name);
}

#[test]
fn the_26_style_network_agrees_with_the_plain_executor() {
    let (net, archive) = (transfer26::network(), shipped());
    let styles = StyleSet::read(&archive, &net.norms).unwrap();
    check_network(&net, &archive, styles.get(7).unwrap(), &[(20, 28), (1, 1), (45, 17)]);
}

#[test]
fn the_network_for_paintings_agrees_with_the_plain_executor() {
    let net = arbitrary::network();
    let (_, style) = random(&net);
    check_network(&net, &shipped_as("arbitrary"), &style, &[(20, 28), (3, 50)]);
}

#[test]
fn imported_networks_agree_with_the_plain_executor() {
    for (contract, blocks, expand, sigmoid) in [([8, 12, 20], 2, [10, 6], false), ([5, 9, 33], 0, [7, 3], true)] {
        let net = Johnson { contract, blocks, expand, sigmoid }.network("johnson");
        let (archive, style) = random(&net);
        check_network(&net, &archive, &style, &[(20, 28), (9, 5)]);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (net, archive) = (transfer26::network(), shipped());
    let styles = StyleSet::read(&archive, &net.norms).unwrap();
    let threads = [1, 2, 3].map(Workers::new);
    for set in InstructionSet::available() {
        let model = CpuModel::load(net.clone(), &archive, set).unwrap();
        let mut plan = model.plan(52, 90).unwrap();
        plan.set_style(styles.get(3).unwrap()).unwrap();
        let photo = photo(&plan);
        set_photo(&mut plan, &photo);
        let mut run = |workers: &Workers| {
            plan.run(workers);
            plan.output().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let [one, two, three] = [0, 1, 2].map(|i| run(&threads[i]));
        assert!(one == two && one == three, "{}", set.name());
    }
}

#[test]
fn float_weights_give_the_reference_values() {
    let (net, archive) = (transfer26::network(), float_archive());
    let styles = StyleSet::read(&archive, &net.norms).unwrap();
    let text = std::fs::read_to_string(fixture("transfer26/weights.json")).unwrap();
    let weights: std::collections::BTreeMap<String, Vec<f32>> = serde_json::from_str(&text).unwrap();
    for set in InstructionSet::available() {
        let model = CpuModel::load(net.clone(), &archive, set).unwrap();
        for content in ["a", "b"] {
            let photo = picture(&format!("transfer26/content_{content}.png"));
            let mut plan = model.plan(photo.width(), photo.height()).unwrap();
            let (width, height) = plan.padded();
            set_photo(&mut plan, &padded(&photo, width, height));
            for case in ["s0", "s7", "s19", "mix"] {
                plan.set_style(&styles.mix(&weights[case]).unwrap()).unwrap();
                plan.run(&Workers::all());
                let found = cropped(&colours(&plan), width, &photo);
                let off = distance(
                    &every_second_pixel(&found),
                    picture(&format!("transfer26/out_{case}_{content}.png")).data(),
                );
                println!("{} {case} {content}: {off:.1e}", set.name());
                assert!(off <= 2e-5, "{} {case} {content}: {off}", set.name());
            }
        }
    }
}

/// A photo reflected at the right and lower border.
fn padded(photo: &Image, width: usize, height: usize) -> Image {
    let index = |i: usize, size: usize| Border::Reflect.index(i as isize, size).unwrap();
    let pixel = |i: usize| (index(i / width, photo.height()) * photo.width() + index(i % width, photo.width())) * 3;
    let data = (0..width * height).flat_map(|i| &photo.data()[pixel(i)..][..3]).copied().collect();
    Image::new(width, height, data).unwrap()
}

/// The part of `colours` that the photo covers.
fn cropped(colours: &[f32], width: usize, photo: &Image) -> Image {
    let rows = colours.chunks_exact(3 * width).take(photo.height());
    Image::new(photo.width(), photo.height(), rows.flat_map(|row| &row[..3 * photo.width()]).copied().collect())
        .unwrap()
}

#[test]
fn statistics_are_smoothed_over_frames() {
    let (net, archive) = (transfer26::network(), shipped());
    let styles = StyleSet::read(&archive, &net.norms).unwrap();
    let model = CpuModel::load(net, &archive, InstructionSet::best()).unwrap();
    let mut plan = model.plan(24, 20).unwrap();
    plan.set_style(styles.get(0).unwrap()).unwrap();
    let workers = Workers::new(1);
    let first = photo(&plan);
    let second = Image::new(24, 20, first.data().iter().map(|v| v * 0.3).collect()).unwrap();
    let mut frame = |photo: &Image, kept: f32| {
        plan.keep_statistics(kept);
        set_photo(&mut plan, photo);
        plan.run(&workers);
        colours(&plan)
    };
    let alone = frame(&second, 0.0);
    let bright = frame(&first, 0.0);
    // All of the first frame's statistics, then half of them, then none.
    let all = frame(&second, 1.0);
    assert!(distance(&all, &alone) > 0.01);
    assert!(distance(&frame(&first, 1.0), &bright) < 1e-6, "the kept statistics are the first frame's");
    let half = frame(&second, 0.5);
    assert!(distance(&half, &alone) > 1e-3 && distance(&half, &all) > 1e-3);
    (0..40).for_each(|_| drop(frame(&second, 0.5)));
    assert!(distance(&frame(&second, 0.5), &alone) < 1e-4, "a still picture converges");
    assert_eq!(frame(&second, 0.0), alone);
}

#[test]
fn the_kept_fraction_applies_to_mean_and_variance() {
    let mut net = Network::new("one", 3, 1);
    let x = net.push_normalized(0, "conv", (3, 3), 3, 1);
    net.push(Operation::Sigmoid, &[x]);
    let (archive, style) = random(&net);
    let weight = archive.tensor("conv.w", &[3, 3, 3, 3]).unwrap();
    let model = CpuModel::load(net.clone(), &archive, InstructionSet::best()).unwrap();
    let mut plan = model.plan(9, 6).unwrap();
    plan.set_style(&style).unwrap();
    let shape = Shape { channels: 3, height: 6, width: 9 };
    let c = net.convolutions().next().unwrap();
    let mut kept: Option<Vec<(f32, f32)>> = None;
    for (seed, fraction) in [(1, 0.0), (2, 0.75), (3, 0.25)] {
        let photo = Image::new(9, 6, noise(seed, 162)).unwrap();
        plan.keep_statistics(fraction);
        set_photo(&mut plan, &photo);
        plan.run(&Workers::new(1));
        let values = convolution(&to_chw(&photo), shape, c, &weight);
        let new = values.chunks_exact(54).map(mean_variance);
        let mixed = new.enumerate().map(|(i, (mean, variance))| match &kept {
            Some(old) => (mean + (old[i].0 - mean) * fraction, variance + (old[i].1 - variance) * fraction),
            None => (mean, variance),
        });
        let mixed: Vec<(f32, f32)> = mixed.collect();
        let exact = |channel: usize, v: f32| {
            let (scale, shift) = affine(
                mixed[channel].0,
                mixed[channel].1,
                style.norms[0].scale[channel],
                style.norms[0].shift[channel],
            );
            1.0 / (1.0 + (-(scale * v + shift)).exp())
        };
        let exact: Vec<f32> = (0..162).map(|i| exact(i % 3, values[i % 3 * 54 + i / 3])).collect();
        let off = distance(&colours(&plan), &exact);
        assert!(off < 1e-5, "{off}");
        kept = Some(mixed);
    }
}

#[test]
fn unusable_sizes_and_styles_are_refused() {
    let model = CpuModel::load(transfer26::network(), &shipped(), InstructionSet::best()).unwrap();
    for (width, height) in [(0, 5), (5, 0), (0, 0)] {
        assert!(matches!(model.plan(width, height), Err(Error::Picture(_))), "{width}x{height}");
        assert!(matches!(model.bytes(width, height, 1), Err(Error::Picture(_))));
    }
    for (width, height) in [(usize::MAX, 4), (4, 70_000), (60_000, 60_000)] {
        let error = model.plan(width, height).err().unwrap();
        let Error::TooLarge { fits, .. } = error else { panic!("{error}") };
        let (width, height) = Image::fitted(width, height, fits);
        assert!(model.bytes(width, height, 1).is_ok(), "{fits} does not fit either");
    }
    let one = model.bytes(256, 256, 1).unwrap();
    assert!((4 << 20..64 << 20).contains(&one) && model.bytes(256, 256, 2).unwrap() > one, "{one} bytes");
    let (_, other) = random(&arbitrary::network());
    let mut plan = model.plan(8, 8).unwrap();
    let message = plan.set_style(&other).unwrap_err().to_string();
    assert!(message.contains("another network"), "{message}");
}
