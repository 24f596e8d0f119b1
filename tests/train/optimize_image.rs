//! Compares VGG features, losses and gradients, on burn's CPU backend and on wgpu, with values that onnxruntime and JAX
//! computed from the float weights (`tests/fixtures/vgg16`), and tests whole optimizations.

use crate::adapter;
use crate::common::{cosine, float_vgg16, relative_distance, shipped_as, vgg_reference, vgg_reference_picture};
use burn::tensor::{Device, Tensor};
use impasto::error::Error;
use impasto::image::Image;
use impasto::net::Pooling;
use impasto::net::models::vgg::{Layer, VGG16};
use impasto::train::device::{cpu, download, read, upload};
use impasto::train::optimize_image::optimizer_state::PictureState;
use impasto::train::{
    Checkpoint, Features, ImageOptimization, Objective, Optimizer, Parts, Scale, Settings, Start, StyleLoss,
    StyleTarget, Terms, coarse_to_fine,
};
use impasto::weights::Archive;

fn layer(name: &str) -> Layer {
    VGG16.layer(name).unwrap()
}

/// Both poolings, as the fixture calls them.
const POOLINGS: [(Pooling, &str); 2] = [(Pooling::Max, "max"), (Pooling::Average, "avg")];

/// HWC values of a `[1][channels][height][width]` tensor at every `step`th pixel.
fn kept(tensor: Tensor<4>, step: usize) -> Vec<f32> {
    let [_, channels, height, width] = tensor.dims();
    let values = pollster::block_on(read(tensor)).unwrap();
    let pixels = (0..height).step_by(step).flat_map(|y| (0..width).step_by(step).map(move |x| y * width + x));
    pixels.flat_map(|p| (0..channels).map(move |c| c * height * width + p)).map(|i| values[i]).collect()
}

/// Activations, losses and the gradient of the picture on `device`. `allowed` are the largest relative errors of the
/// gradient with maximum and average pooling.
fn agrees_with_the_reference(device: &Device, allowed: [f64; 2]) {
    let (archive, reference) = (float_vgg16(), vgg_reference());
    let picture = |name: &str| upload(&vgg_reference_picture(&reference, name), device);
    for ((pooling, name), allowed) in POOLINGS.into_iter().zip(allowed) {
        let features = Features::load(&archive, VGG16, pooling, layer("relu4_3"), device).unwrap();
        let kept_layers = [("relu1_2", 16, 4), ("relu2_2", 8, 4), ("relu3_3", 8, 2), ("relu4_3", 4, 2)];
        let layers = kept_layers.iter().map(|l| layer(l.0)).collect();
        for ((layer, found), (text, side, step)) in features.of(picture("input"), &layers).into_iter().zip(kept_layers)
        {
            let expected = reference.tensor(&format!("{name}_{text}"), &[side, side, layer.outputs()]).unwrap();
            let distance = relative_distance(&kept(found.maps(), step), &expected);
            println!("{name} {text}: {distance:.1e}");
            assert!(distance <= 1e-5, "{name} {text}: {distance}");
        }

        let terms = Terms { variation: 0.0, ..Terms::of(&VGG16).unwrap() };
        let objective = Objective::new(&features, &terms, picture("input"), &[(picture("style"), 1.0)]).unwrap();
        let x = picture("x0").autodiff().require_grad();
        let losses = objective.losses(&features, x.clone());
        let gradients = losses[0].backward();
        let parts = pollster::block_on(Parts::read(losses)).unwrap();
        let expected = reference.tensor(&format!("{name}_loss"), &[3]).unwrap();
        for (found, expected) in [parts.total, parts.content, parts.style].into_iter().zip(expected) {
            println!("{name} loss: {found} for {expected}");
            assert!((found - expected).abs() <= 5e-6 * expected, "{name}: {found} for {expected}");
        }
        let gradient = kept(x.grad(&gradients).unwrap(), 1);
        let expected = reference.tensor(&format!("{name}_grad"), &[64, 64, 3]).unwrap();
        let off: Vec<f32> = gradient.iter().zip(&expected).map(|(a, b)| a - b).collect();
        let length = |v: &[f32]| v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let (cosine, error) = (cosine(&gradient, &expected), length(&off) / length(&expected));
        println!("{name} gradient: cosine {cosine:.9}, relative error {error:.1e}");
        assert!(cosine >= 0.999_999 && error <= allowed, "{name}: cosine {cosine}, relative error {error}");
    }
}

#[test]
fn the_processor_gives_the_reference_values() {
    // Where two of four pooled numbers are nearly equal, rounding decides which of them gets the gradient.
    agrees_with_the_reference(&cpu(), [1e-3, 5e-6]);
}

#[test]
fn wgpu_gives_the_reference_values() {
    agrees_with_the_reference(adapter(), [5e-6; 2]);
}

/// Photo and painting of the fixture, and the weights that ship.
struct Fixture {
    archive: Archive,
    photo: Image,
    painting: Image,
}

impl Fixture {
    fn new() -> Self {
        let reference = vgg_reference();
        let picture = |name| vgg_reference_picture(&reference, name);
        Self { archive: shipped_as("vgg16-to-relu4_3"), photo: picture("input"), painting: picture("style") }
    }

    fn settings(&self, scales: Vec<Scale>) -> Settings {
        let terms = Terms::of(&VGG16).unwrap();
        let optimizer = Optimizer::Adam;
        Settings {
            vgg: VGG16,
            pooling: Pooling::Average,
            terms,
            scales,
            optimizer,
            rate: 0.02,
            style_scale: 1.0,
            keep_colors: false,
        }
    }

    fn start_run(&self, settings: &Settings, start: Start, device: &Device) -> Result<ImageOptimization, Error> {
        let paintings = vec![StyleTarget::new(self.painting.clone(), 1.0)];
        ImageOptimization::new(&self.archive, settings.clone(), self.photo.clone(), paintings, start, device)
    }

    fn start_from_photo(&self, settings: &Settings, device: &Device) -> ImageOptimization {
        self.start_run(settings, Start::Picture(self.photo.clone()), device).unwrap()
    }
}

/// Runs up to `steps` steps; returns their losses.
fn paint(optimization: &mut ImageOptimization, steps: usize) -> Vec<Parts> {
    let mut losses = Vec::new();
    while losses.len() < steps {
        let Some(progress) = pollster::block_on(optimization.step()).unwrap() else { break };
        losses.push(progress.parts);
    }
    losses
}

fn picture(optimization: &ImageOptimization) -> Image {
    pollster::block_on(optimization.picture()).unwrap()
}

/// Runs `steps` steps on both devices: losses within 0.5 % of each other at every step, and finished pictures that agree by `psnr`
/// decibels.
fn both_devices_paint_alike(longer: usize, steps: usize, psnr: f64) {
    let fixture = Fixture::new();
    let settings = fixture.settings(vec![Scale { longer, steps }]);
    let [mut a, mut b] = [&cpu(), adapter()].map(|device| fixture.start_from_photo(&settings, device));
    let (x, y) = (paint(&mut a, steps + 1), paint(&mut b, steps + 1));
    assert_eq!((x.len(), y.len()), (steps, steps));
    let off = |(x, y): (&Parts, &Parts)| (x.total - y.total).abs() / x.total;
    let largest = x.iter().zip(&y).map(off).fold(0.0, f32::max);
    let agreement = crate::common::psnr(picture(&a).data(), picture(&b).data());
    println!("{} and {}, at most {largest:.1e} apart, {agreement:.1} dB", x[steps - 1].total, y[steps - 1].total);
    assert!(largest <= 0.005 && agreement >= psnr, "losses {largest} apart, pictures {agreement} dB");
}

#[test]
fn both_devices_paint_alike_for_twenty_steps() {
    both_devices_paint_alike(48, 20, 40.0);
}

#[test]
#[ignore = "ten minutes"]
fn both_devices_paint_alike_for_two_hundred_steps() {
    both_devices_paint_alike(128, 200, 30.0);
}

/// The effect of 8-bit weights on a finished picture.
#[test]
fn eight_bits_paint_the_same_picture() {
    let shipped = Fixture::new();
    let exact = Fixture { archive: float_vgg16(), ..Fixture::new() };
    let settings = shipped.settings(vec![Scale { longer: 48, steps: 20 }]);
    let painted = [&shipped, &exact].map(|fixture| {
        let mut optimization = fixture.start_from_photo(&settings, &cpu());
        let losses = paint(&mut optimization, 20);
        (picture(&optimization), losses[19].total)
    });
    let [(a, loss), (b, exact_loss)] = &painted;
    let psnr = crate::common::psnr(a.data(), b.data());
    println!("{psnr:.1} dB, losses {loss} and {exact_loss}");
    assert!(psnr >= 35.0 && (loss - exact_loss).abs() <= 0.02 * exact_loss, "{psnr} dB, {loss}, {exact_loss}");
}

#[test]
fn steps_lower_the_loss_and_sizes_grow() {
    let fixture = Fixture::new();
    let settings = fixture.settings(coarse_to_fine(32, 64, 16));
    assert_eq!(settings.scales.iter().map(|s| (s.longer, s.steps)).collect::<Vec<_>>(), [(32, 16), (45, 8), (64, 8)]);
    let mut optimization = fixture.start_from_photo(&settings, &cpu());
    let losses = paint(&mut optimization, 100);
    assert_eq!(losses.len(), 32);
    assert!(losses[15].total < 0.5 * losses[0].total, "{:?} then {:?}", losses[0], losses[15]);
    // Each size starts from the result of the previous one.
    assert!(losses[24].style < 0.7 * losses[0].style, "{:?} then {:?}", losses[0], losses[24]);
    let painted = picture(&optimization);
    assert_eq!((painted.width(), painted.height()), (64, 64));
    assert!(painted.data().iter().all(|v| (0.0..=1.0).contains(v)));
    assert!(pollster::block_on(optimization.checkpoint()).unwrap().is_none());
}

/// Runs 8 steps at two sizes, uninterrupted, and stopped after 5 steps and resumed from the checkpoint.
fn whole_and_resumed(fixture: &Fixture, settings: &Settings) -> ([Vec<Parts>; 2], [Image; 2], Checkpoint) {
    let mut whole = fixture.start_from_photo(settings, &cpu());
    let expected = paint(&mut whole, 8).split_off(5);
    let mut first = fixture.start_from_photo(settings, &cpu());
    paint(&mut first, 5);
    let bytes = pollster::block_on(first.checkpoint()).unwrap().unwrap().write().unwrap();
    let checkpoint = Checkpoint::parse(&bytes).unwrap();
    let mut second = fixture.start_run(settings, Start::Checkpoint(checkpoint.clone()), &cpu()).unwrap();
    let found = paint(&mut second, 8);
    assert_eq!((found.len(), expected.len()), (3, 3));
    ([expected, found], [picture(&whole), picture(&second)], checkpoint)
}

#[test]
fn a_checkpoint_goes_on_as_if_nothing_had_happened() {
    let fixture = Fixture::new();
    let mut settings = fixture.settings(vec![Scale { longer: 32, steps: 3 }, Scale { longer: 40, steps: 5 }]);
    for optimizer in OPTIMIZERS {
        (settings.optimizer, settings.rate) = (optimizer, optimizer.rate());
        let ([expected, found], [whole, resumed], checkpoint) = whole_and_resumed(&fixture, &settings);
        let off = |i: usize| (found[i].total - expected[i].total).abs() / expected[i].total;
        if let Optimizer::Lbfgs { .. } = optimizer {
            // The picture is restored, the history starts empty, and the loss continues to decrease.
            assert!(off(0) < 1e-4 && found[2].total < found[0].total, "{found:?} for {expected:?}");
        } else {
            assert!((0..3).all(|i| off(i) <= 1e-4), "{found:?} for {expected:?}");
            assert!(crate::common::distance(whole.data(), resumed.data()) < 1e-3);
        }
        let other = Settings { rate: 0.03, ..settings.clone() };
        let refused = fixture.start_run(&other, Start::Checkpoint(checkpoint), &cpu()).err().unwrap();
        assert!(refused.to_string().contains("other settings"), "{refused}");
    }
}

#[test]
fn kept_colours_are_the_photos() {
    let fixture = Fixture::new();
    let mut settings = fixture.settings(vec![Scale { longer: 32, steps: 6 }]);
    settings.keep_colors = true;
    let mut optimization = fixture.start_from_photo(&settings, &cpu());
    paint(&mut optimization, 6);
    let painted = picture(&optimization);
    let photo = fixture.photo.resized(32, 32).unwrap();
    let mut changed = 0;
    for (p, q) in painted.data().chunks_exact(3).zip(photo.data().chunks_exact(3)) {
        // Differences of channels are colour alone, where nothing was clamped.
        if p.iter().all(|v| (0.01..0.99).contains(v)) {
            assert!(((p[0] - p[1]) - (q[0] - q[1])).abs() < 1e-3 && ((p[1] - p[2]) - (q[1] - q[2])).abs() < 1e-3);
            changed += usize::from((p[0] - q[0]).abs() > 0.02);
        }
    }
    assert!(changed > 200, "{changed} pixels of 1024 changed");
}

#[test]
fn paintings_are_mixed_by_weight() {
    let (fixture, device) = (Fixture::new(), cpu());
    let [photo, painting] = [&fixture.photo, &fixture.painting].map(|p| upload(p, &device));
    for style_loss in [StyleLoss::Gram, StyleLoss::Covariance] {
        let terms = Terms { style_loss, ..Terms::of(&VGG16).unwrap() };
        let features =
            Features::load(&fixture.archive, VGG16, Pooling::Average, terms.last().unwrap(), &device).unwrap();
        let style = |paintings: &[(Tensor<4>, f32)]| {
            let objective = Objective::new(&features, &terms, photo.clone(), paintings).unwrap();
            pollster::block_on(Parts::read(objective.losses(&features, photo.clone()))).unwrap().style
        };
        let (alone, own) = (style(&[(painting.clone(), 1.0)]), style(&[(photo.clone(), 2.0)]));
        assert!(own < 1e-6, "{own}");
        let twice = style(&[(painting.clone(), 0.5), (painting.clone(), 3.0)]);
        assert!((twice - alone).abs() < 1e-4 * alone, "{twice} for {alone}");
        let half = style(&[(painting.clone(), 1.0), (photo.clone(), 1.0)]);
        assert!(half > 0.0 && half < alone, "{half}, {alone}");
        let ignored = style(&[(painting.clone(), 1.0), (photo.clone(), 0.0)]);
        assert!((ignored - alone).abs() < 1e-4 * alone, "{ignored} for {alone}");
    }
}

/// Adam's first step has the size of the learning rate and the opposite sign of the gradient, whatever its size.
#[test]
fn adam_steps_against_the_gradient_and_stays_in_the_picture() {
    let device = cpu();
    let start = Image::new(2, 1, vec![0.5, 0.5, 0.5, 0.01, 0.99, 0.5]).unwrap();
    let gradient = Image::new(2, 1, vec![3.0, -1e-3, 0.0, 1.0, -1.0, 5.0]).unwrap();
    let mut canvas = PictureState::new(&start, Optimizer::Adam, &device);
    canvas.step(upload(&gradient, &device), 0.02);
    let picture = pollster::block_on(download(canvas.picture().clone())).unwrap();
    let expected = [0.48, 0.52, 0.5, 0.0, 1.0, 0.48];
    assert!(crate::common::distance(picture.data(), &expected) < 1e-4, "{:?}", picture.data());
    let average = pollster::block_on(download(canvas.average())).unwrap();
    assert!(crate::common::distance(average.data(), &expected) < 1e-4, "{:?}", average.data());
}

const OPTIMIZERS: [Optimizer; 3] =
    [Optimizer::Adam, Optimizer::Sgd { momentum: 0.9 }, Optimizer::Lbfgs { history: 10 }];

#[test]
fn every_optimizer_lowers_the_loss() {
    let fixture = Fixture::new();
    for optimizer in OPTIMIZERS {
        let mut settings = fixture.settings(vec![Scale { longer: 32, steps: 20 }, Scale { longer: 40, steps: 10 }]);
        (settings.optimizer, settings.rate) = (optimizer, optimizer.rate());
        let losses = paint(&mut fixture.start_from_photo(&settings, &cpu()), 30);
        let [first, small, grown, last] = [0, 19, 20, 29].map(|i| losses[i].total);
        println!("{optimizer:?}: {first} to {small}, {grown} to {last}");
        assert!(small < 0.5 * first && last < grown, "{optimizer:?}: {losses:?}");
    }
}

/// The largest distance from the bottom of a bowl that is a hundred times steeper along some axes than along others, after
/// `steps` steps.
fn in_a_bowl(optimizer: Optimizer, rate: f32, steps: usize) -> f32 {
    let (device, side) = (cpu(), 4);
    let picture = |f: fn(usize) -> f32| Image::new(side, side, (0..side * side * 3).map(f).collect()).unwrap();
    let bottom = picture(|i| 0.3 + 0.4 * (i as f32 * 0.7).sin().abs());
    let slopes = upload(&picture(|i| 100f32.powf(i as f32 / 47.0)), &device);
    let mut canvas = PictureState::new(&picture(|_| 0.5), optimizer, &device);
    for _ in 0..steps {
        let gradient = (canvas.picture().clone() - upload(&bottom, &device)) * slopes.clone();
        canvas.step(gradient, rate);
    }
    let reached = pollster::block_on(download(canvas.picture().clone())).unwrap();
    crate::common::distance(reached.data(), bottom.data())
}

#[test]
fn lbfgs_learns_the_curvature_of_a_bowl() {
    let (lbfgs, sgd) = (Optimizer::Lbfgs { history: 20 }, Optimizer::Sgd { momentum: 0.0 });
    let found = in_a_bowl(lbfgs, 1.0, 50);
    // The largest rate that does not climb out: one over the steepest slope, in units of a gradient times the 48 values.
    let descended = in_a_bowl(sgd, 1.0 / (100.0 * 48.0), 50);
    assert!(found < 1e-3 && descended > 0.1, "{found}, {descended}");
}

#[test]
fn momentum_goes_on_where_the_gradient_ends() {
    let device = cpu();
    let grey = Image::new(2, 1, vec![0.5; 6]).unwrap();
    let gradient = |value: f32| upload(&Image::new(2, 1, vec![value; 6]).unwrap(), &device);
    let mut canvas = PictureState::new(&grey, Optimizer::Sgd { momentum: 0.5 }, &device);
    let mut step = |value: f32| {
        canvas.step(gradient(value), 0.01);
        pollster::block_on(download(canvas.picture().clone())).unwrap().data()[0]
    };
    // A gradient of 1 on each of 6 values.
    for (found, expected) in [(step(1.0), 0.44), (step(0.0), 0.41), (step(0.0), 0.395)] {
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
    }
}

/// A gradient of zero changes nothing: no division by zero may reach the picture.
#[test]
fn lbfgs_stays_where_there_is_no_gradient() {
    let device = cpu();
    let grey = Image::new(2, 2, vec![0.5; 12]).unwrap();
    let mut canvas = PictureState::new(&grey, Optimizer::Lbfgs { history: 2 }, &device);
    for _ in 0..5 {
        canvas.step(upload(&grey, &device).zeros_like(), 1.0);
    }
    assert_eq!(pollster::block_on(download(canvas.picture().clone())).unwrap(), grey);
}

#[test]
fn what_cannot_be_painted_is_refused_in_a_sentence() {
    let fixture = Fixture::new();
    let good = fixture.settings(vec![Scale { longer: 32, steps: 1 }]);
    let start_run = |settings: &Settings, weight: f32, photo: &Image| {
        let start = Start::Picture(photo.clone());
        let paintings = vec![StyleTarget::new(fixture.painting.clone(), weight)];
        let made = ImageOptimization::new(&fixture.archive, settings.clone(), photo.clone(), paintings, start, &cpu());
        made.err().map(|e| e.to_string()).unwrap_or_default()
    };
    assert_eq!(start_run(&good, 1.0, &fixture.photo), "");
    assert!(start_run(&good, 0.0, &fixture.photo).contains("weight above 0"));
    assert!(start_run(&good, f32::NAN, &fixture.photo).contains("at least 0"));
    let narrow = fixture.photo.resized(64, 4).unwrap();
    assert!(start_run(&good, 1.0, &narrow).contains("too small for the last layer"));
    let none = Settings { scales: vec![], ..good.clone() };
    assert!(start_run(&none, 1.0, &fixture.photo).contains("at least one step"));
    let mut without_style = good.clone();
    without_style.terms.style.layers.clear();
    assert!(start_run(&without_style, 1.0, &fixture.photo).contains("style loss needs a layer"));
    let mut deep = good;
    deep.terms.content.layers = vec![(layer("relu5_1"), 1.0)];
    assert!(start_run(&deep, 1.0, &fixture.photo.resized(64, 64).unwrap()).contains("conv5_1.w"));
}
