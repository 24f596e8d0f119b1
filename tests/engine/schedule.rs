//! Compares the schedules of networks at several sizes with files of `tests/fixtures/schedules`. Needs no device.
//!
//! After an intended change, `UPDATE_SCHEDULES=1 cargo test --test engine schedule::` writes the files anew; read the difference before you commit it.

use std::fmt::Write;
use std::path::Path;

use impasto::gpu::conv::Variant;
use impasto::gpu::mobilenet;
use impasto::gpu::schedule::transfer::TransferKernels;
use impasto::gpu::schedule::{Schedule, mobilenet as predicting};
use impasto::net::Network;
use impasto::net::models::{arbitrary, predictor, transfer26};

fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schedules").join(name).with_extension("txt");
    if std::env::var_os("UPDATE_SCHEDULES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    for (line, (found, kept)) in text.lines().zip(kept.lines()).enumerate() {
        assert_eq!(found, kept, "line {} of {}", line + 1, path.display());
    }
    assert_eq!(text.lines().count(), kept.lines().count(), "lines of {}", path.display());
}

fn text(schedule: &Schedule) -> String {
    schedule.lines().join("\n") + "\n"
}

/// Schedules and costs of `net` in `variant` at a frame of video, a photo, and a size that is no multiple of anything.
fn check(net: &Network, variant: &str) {
    let kernels = TransferKernels::new(net.clone(), Variant::from_name(variant).unwrap()).unwrap();
    for (width, height) in [(640, 360), (1600, 1200), (37, 29)] {
        let (schedule, cost) = kernels.schedule((width, height)).unwrap();
        let mut text = text(&schedule);
        writeln!(text, "{}", cost.json(variant)).unwrap();
        compare(&format!("{}-{variant}-{width}x{height}", net.name), &text);
    }
}

#[test]
fn transfer26_runs_what_it_did() {
    check(&transfer26::network(), "tiled8x4-f16");
    check(&transfer26::network(), "direct-f32");
}

#[test]
fn the_network_for_paintings_runs_what_it_did() {
    check(&arbitrary::network(), "tiled8x4-f16");
    check(&arbitrary::network(), "direct-f32");
}

#[test]
fn the_style_predictor_runs_what_it_did() {
    let net = predictor::network();
    for (side, quads) in [(256, 1), (256, 4), (96, 1)] {
        let kernels = mobilenet::kernels(&net, quads).unwrap();
        let schedule = predicting::schedule(&kernels, &net.shapes(side, side).unwrap());
        compare(&format!("predictor-{quads}quads-{side}"), &text(&schedule));
    }
}

#[test]
fn buffers_hold_what_is_bound_to_them_and_no_dispatch_reads_what_it_writes() {
    let kernels = TransferKernels::new(transfer26::network(), Variant::from_name("tiled8x4-f32").unwrap()).unwrap();
    let (schedule, cost) = kernels.schedule((320, 240)).unwrap();
    let pixels = 320 * 240 * 4;
    assert_eq!(cost.memory, schedule.buffers.iter().sum::<u64>() + pixels);
    assert_eq!(cost.dispatches, schedule.dispatches.len() as u64 + 1);
    for dispatch in &schedule.dispatches {
        let bound: Vec<_> = dispatch.bindings.iter().flatten().collect();
        let distinct = bound.iter().enumerate().all(|(i, binding)| !bound[..i].contains(binding));
        assert!(distinct, "{bound:?}");
        assert!(dispatch.workgroups.iter().all(|count| (1..=65535).contains(count)), "{:?}", dispatch.workgroups);
    }
}
