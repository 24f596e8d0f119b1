//! Style training: both devices train alike, a resumed run equals an uninterrupted one, the result is a style of the
//! feed-forward network, and `impasto train`.

use std::process::Command;

use crate::adapter;
use crate::common::{relative_distance, shipped_as};
use burn::tensor::Device;
use impasto::image::Image;
use impasto::net::custom;
use impasto::net::models::transfer26;
use impasto::procedural::Kind;
use impasto::style::{Pack, Style, StyleSet, StyleSpace, parameters};
use impasto::train::device::cpu;
use impasto::train::train_style::{
    InitState, Report, TrainCheckpoint, TrainData, TrainSettings, Training, nearest, network,
};
use impasto::train::transfer_net::{TransferNet, weights};

fn painted(kind: &str, side: usize) -> Image {
    Kind::named(kind).unwrap().paint(side, 3).unwrap()
}

fn styles() -> Vec<Style> {
    let styles = StyleSet::read(&shipped_as("transfer26"), &transfer26::network().norms).unwrap();
    (0..styles.len()).filter_map(|i| styles.get(i)).cloned().collect()
}

fn mean() -> Style {
    let styles = styles();
    Style::blend(&styles.iter().map(|style| (style, 1.0 / styles.len() as f32)).collect::<Vec<_>>()).unwrap()
}

fn settings(steps: usize) -> TrainSettings {
    TrainSettings { steps, crop: 48, batch: 2, painting: 64, ..TrainSettings::defaults().unwrap() }
}

struct Setup {
    paintings: Vec<(Image, f32)>,
    photos: Vec<Image>,
}

impl Setup {
    fn new() -> Self {
        Self { paintings: vec![(painted("swirls", 96), 1.0)], photos: vec![painted("glass", 96), painted("waves", 96)] }
    }

    fn data(&self) -> TrainData<'_> {
        TrainData { paintings: &self.paintings, photos: &self.photos }
    }

    fn start_run(
        &self,
        settings: TrainSettings,
        checkpoint: Option<TrainCheckpoint>,
        device: &Device,
    ) -> impasto::error::Result<Training> {
        self.start_run_from(mean(), settings, checkpoint, device)
    }

    fn start_run_from(
        &self,
        init: impl Into<InitState>,
        settings: TrainSettings,
        checkpoint: Option<TrainCheckpoint>,
        device: &Device,
    ) -> impasto::error::Result<Training> {
        let executor = TransferNet::load(transfer26::network(), &shipped_as("transfer26"), device).unwrap();
        Training::new(executor, &shipped_as("vgg16-to-relu4_3"), settings, &self.data(), init, checkpoint, device)
    }
}

fn run_steps(training: &mut Training, steps: usize) -> Vec<Report> {
    (0..steps).map_while(|_| pollster::block_on(training.step()).unwrap()).collect()
}

fn numbers(training: &Training) -> Vec<f32> {
    parameters(&pollster::block_on(training.style("x")).unwrap())
}

#[test]
fn both_devices_train_alike() {
    let setup = Setup::new();
    // At a low rate: Adam makes whole steps of gradients that are nearly 0, which may differ in sign.
    let mut settings = TrainSettings { crop: 32, painting: 48, rate: 0.01, ..settings(20) };
    settings.loss_weights.stability = 0.1;
    settings.loss_weights.variation = 0.1;
    let devices = [cpu(), adapter().clone()];
    let [mut one, mut other] =
        devices.each_ref().map(|device| setup.start_run(settings.clone(), None, device).unwrap());
    let [first, second] = [&mut one, &mut other].map(|training| run_steps(training, 1)[0]);
    let losses = |r: &Report| [r.total, r.content, r.style, r.color, r.variation, r.stability];
    for (a, b) in losses(&first).into_iter().zip(losses(&second)) {
        assert!((a - b).abs() <= 5e-4 * a && a > 0.0, "{first:?} and {second:?}");
    }
    // Adam's mean after the first step is a tenth of the gradient.
    let [gradient, same] =
        [&one, &other].map(|training| pollster::block_on(training.checkpoint()).unwrap().unwrap().mean);
    let distance = relative_distance(&same, &gradient);
    println!("gradients: {distance:.1e}");
    assert!(distance <= 5e-4, "{distance}");
    let [first, second] = [&mut one, &mut other].map(|training| run_steps(training, 19));
    assert_eq!(first.len(), 19);
    for (a, b) in first.iter().zip(&second) {
        println!("step {}: {} and {}", a.step, a.total, b.total);
        assert!((a.total - b.total).abs() <= 0.005 * a.total, "{a:?} and {b:?}");
    }
    assert!(first[18].total < 0.95 * first[0].total, "{first:?}");
    assert!(pollster::block_on(one.step()).unwrap().is_none());
    assert!(pollster::block_on(one.checkpoint()).unwrap().is_none());

    // With all weights, of which those of convolutions are the most.
    let all = weights(&transfer26::network(), &shipped_as("transfer26")).unwrap();
    let [gradient, same] = devices.each_ref().map(|device| {
        let init = InitState { style: mean(), weights: Some(all.clone()) };
        let mut training = setup.start_run_from(init, settings.clone(), None, device).unwrap();
        run_steps(&mut training, 1);
        let mean = pollster::block_on(training.checkpoint()).unwrap().unwrap().mean;
        mean[mean.len() - all.len()..].to_vec()
    });
    let distance = relative_distance(&same, &gradient);
    println!("gradients of weights: {distance:.1e}");
    assert!(distance <= 1e-3 && gradient.iter().any(|value| *value != 0.0), "{distance}");
}

#[test]
fn a_run_that_was_stopped_goes_on() {
    let (setup, device) = (Setup::new(), cpu());
    let mut whole = setup.start_run(settings(4), None, &device).unwrap();
    run_steps(&mut whole, 4);
    let mut interrupted = setup.start_run(settings(4), None, &device).unwrap();
    run_steps(&mut interrupted, 2);
    let checkpoint = pollster::block_on(interrupted.checkpoint()).unwrap().unwrap();
    let checkpoint = TrainCheckpoint::parse(&checkpoint.write().unwrap()).unwrap();
    let mut rest = setup.start_run(settings(4), Some(checkpoint.clone()), &device).unwrap();
    assert_eq!(run_steps(&mut rest, 4).len(), 2);
    assert_eq!(numbers(&rest), numbers(&whole));
    let refused = setup.start_run(settings(5), Some(checkpoint), &device).err().unwrap().to_string();
    assert!(refused.contains("other paintings, photos or settings"), "{refused}");
}

#[test]
fn the_nearest_style_is_the_one_that_a_painting_was_painted_in() {
    let (device, vgg, archive) = (cpu(), shipped_as("vgg16-to-relu4_3"), shipped_as("transfer26"));
    // Among all 26 some are too much alike on small crops.
    let styles: Vec<Style> =
        styles().into_iter().enumerate().filter(|(i, _)| [0, 14].contains(i)).map(|s| s.1).collect();
    let executor = TransferNet::load(transfer26::network(), &archive, &device).unwrap();
    let photos = [painted("glass", 160)];
    for style in &styles {
        let painting = impasto::reference::run(&transfer26::network(), &archive, style, &photos[0]).unwrap();
        let paintings = [(painting, 1.0)];
        let data = TrainData { paintings: &paintings, photos: &photos };
        let settings = TrainSettings { crop: 80, painting: 160, ..settings(1) };
        let found = nearest(&executor, &vgg, &settings, &data, &styles, &device);
        assert_eq!(pollster::block_on(found).unwrap().name, style.name);
    }
}

#[test]
fn all_weights_are_trained_and_stored_in_the_pack() {
    let (setup, device) = (Setup::new(), cpu());
    let (net, archive) = (transfer26::network(), shipped_as("transfer26"));
    let before = weights(&net, &archive).unwrap();
    let start_run = |weights: Option<Vec<f32>>| {
        setup.start_run_from(InitState { style: mean(), weights }, settings(8), None, &device).unwrap()
    };
    let (mut style, mut whole) = (start_run(None), start_run(Some(before.clone())));
    let (one, all) = (run_steps(&mut style, 8), run_steps(&mut whole, 8));
    assert!((one[0].total - all[0].total).abs() < 1e-4 * one[0].total, "{:?} and {:?}", one[0], all[0]);
    assert!(all[7].total < one[7].total, "more can be learnt: {:?} and {:?}", one[7], all[7]);
    assert!(pollster::block_on(style.weights()).unwrap().is_none());
    let after = pollster::block_on(whole.weights()).unwrap().unwrap();
    assert!(
        before.len() == after.len() && before.iter().zip(&after).filter(|(a, b)| a != b).count() > before.len() / 2
    );

    let photo = painted("glass", 96);
    let trained = pollster::block_on(whole.style("x")).unwrap();
    let pack = network::pack(&net, &archive, &after, &trained, "x").unwrap();
    let pack = Pack::read(&pack.write().unwrap()).unwrap();
    let network_archive = pack.network_archive().unwrap().unwrap();
    let net = custom::network(&network_archive).unwrap();
    let space = StyleSpace::read(&network_archive, net.tensors(), &net.norms).unwrap();
    let found = impasto::reference::run(&net, &network_archive, &space.style(&pack).unwrap(), &photo).unwrap();
    let expected = pollster::block_on(whole.paint(&photo)).unwrap();
    // The stored weights have 16 bits.
    let psnr = impasto::import::network::psnr(found.data(), expected.data());
    println!("{psnr:.1} dB");
    assert!(psnr > 40.0, "{psnr}");
    assert!(network::architecture(&shipped_as("arbitrary")).is_err());
}

#[test]
fn settings_that_cannot_be_are_refused_in_a_sentence() {
    let (setup, device) = (Setup::new(), cpu());
    let refused = |settings: TrainSettings, what: &str| {
        let problem = setup.start_run(settings, None, &device).err().unwrap().to_string();
        assert!(problem.contains(what), "{problem}");
    };
    refused(TrainSettings { steps: 0, ..settings(1) }, "at least one step");
    refused(TrainSettings { crop: 50, ..settings(1) }, "multiple of 4");
    refused(TrainSettings { rate: f32::NAN, ..settings(1) }, "is not a learning rate");
    refused(TrainSettings { painting: 4, ..settings(1) }, "32 pixels on the longer side");
    let mut still = settings(1);
    (still.loss_weights.stability, still.loss_weights.noise) = (1.0, 0.0);
    refused(still, "needs noise");
    let mut silent = settings(1);
    silent.loss_weights.style.layers.clear();
    refused(silent, "need a layer");
}

#[test]
fn the_command_line_trains_a_pack_that_paints() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let impasto = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_impasto")).args(arguments).current_dir(folder.path()).output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for (kind, name) in [("swirls", "painting.png"), ("glass", "one.png"), ("waves", "two.png")] {
        let (code, message) = impasto(&["art", kind, "--size", "96", "-o", name]);
        assert_eq!(code, Some(0), "{message}");
    }
    let common = ["train", "painting.png", "--photos", "one.png", "two.png", "-o", "x.impasto", "--crop", "48"];
    let quick = ["--stroke-size", "64", "--steps", "3", "--backend", "cpu", "--licence", "CC0"];
    let traced = ["--start", "nearest", "--trace", "x.csv", "--preview", "one.png", "--save-every", "2"];
    let (code, message) = impasto(&[&common[..], &quick, &traced].concat());
    assert_eq!(code, Some(0), "{message}");
    assert!(message.contains("2 photos are few") && message.contains("starts with"), "{message}");
    assert_eq!(std::fs::read_to_string(at("x.csv")).unwrap().lines().count(), 4);
    assert!(at("x-preview.png").exists() && !at("x.png").exists() && !at("x.impasto.checkpoint").exists());
    let (code, message) = impasto(&["style", "show", "x.impasto"]);
    assert!(code == Some(0) && message.contains("trained scales and shifts, 990 numbers"), "{message}");
    assert!(message.contains("CC0") && message.contains("usable     yes"), "{message}");
    let (code, message) = impasto(&["stylize", "one.png", "--style", "x.impasto", "-o", "painted.png"]);
    assert!(code == Some(0) && at("painted.png").exists(), "{message}");

    let (code, message) =
        impasto(&[&common[..6], &["whole.impasto"], &common[7..], &quick, &["--all-weights"]].concat());
    assert_eq!(code, Some(0), "{message}");
    let (code, message) = impasto(&[&common[..6], &["y.impasto"], &common[7..], &quick].concat());
    assert_eq!(code, Some(0), "{message}");
    let (code, message) = impasto(&["style", "show", "y.impasto"]);
    assert!(
        code == Some(0) && message.contains("network    arbitrary") && message.contains("usable     yes"),
        "{message}"
    );
    let (code, message) = impasto(&["stylize", "one.png", "--style", "y.impasto", "-o", "instant.png"]);
    assert!(code == Some(0) && at("instant.png").exists(), "{message}");
    let (code, message) = impasto(&[&common[..], &quick, &["--all-weights", "--start", "instant"]].concat());
    assert!(code == Some(2) && message.contains("not for arbitrary"), "{message}");
    let (code, message) = impasto(&["style", "show", "whole.impasto"]);
    assert!(
        code == Some(0) && message.contains("network of its own") && message.contains("usable     yes"),
        "{message}"
    );
    let (code, message) = impasto(&["stylize", "one.png", "--style", "whole.impasto", "-o", "whole.png"]);
    assert!(code == Some(0) && at("whole.png").exists(), "{message}");

    let (code, message) = impasto(&[&common[..6], &["y.png"], &quick].concat());
    assert!(code == Some(2) && message.contains("end in .impasto"), "{message}");
    std::fs::write(at("bad"), "text").unwrap();
    let (code, message) = impasto(&[&common[..], &quick, &["--resume", "bad"]].concat());
    assert!(code == Some(2) && message.contains("start without one"), "{message}");
}
