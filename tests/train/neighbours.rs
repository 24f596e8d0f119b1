//! Compares neighbour matching with values that JAX computed (`tests/fixtures/neighbours`): scales, matches, both losses and
//! their gradients, and a Laplacian pyramid.

use burn::tensor::{Device, Tensor};
use impasto::error::Result;
use impasto::image::Image;
use impasto::net::Pooling;
use impasto::net::models::vgg::VGG16;
use impasto::procedural::Kind;
use impasto::settings::NeighbourSettings;
use impasto::train::device::{cpu, read, upload};
use impasto::train::losses::neighbours::{Hypercolumns, Maps, Samples, layers};
use impasto::train::optimize_image::neighbour_matching::turned;
use impasto::train::optimize_image::pyramid::decompose;
use impasto::train::{Features, NeighbourCheckpoint, NeighbourMatching};
use impasto::weights::Archive;

use crate::adapter;
use crate::common::{fixture, relative_distance};

fn reference() -> Archive {
    Archive::parse(&std::fs::read(fixture("neighbours/reference.safetensors")).unwrap()).unwrap()
}

fn picture(reference: &Archive, name: &str, width: usize) -> Image {
    let values: Vec<f32> = reference.bytes(name).unwrap().iter().map(|v| f32::from(*v) / 255.0).collect();
    Image::new(width, values.len() / 3 / width, values).unwrap()
}

/// The values `[height][width][3]` of every second pixel of a picture `[1][3][height][width]`.
fn every_second(x: Tensor<4>) -> Vec<f32> {
    let [_, _, height, width] = x.dims();
    let values = pollster::block_on(read(x)).unwrap();
    let pixels = (0..height).step_by(2).flat_map(|y| (0..width).step_by(2).map(move |x| y * width + x));
    pixels.flat_map(|p| [0, 1, 2].map(|channel| values[channel * height * width + p])).collect()
}

/// The length of the difference of two vectors, relative to that of the second.
fn relative_length(found: &[f32], expected: &[f32]) -> f64 {
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    length(&mut found.iter().zip(expected).map(|(a, b)| a - b)) / length(&mut expected.iter().copied())
}

/// `allowed` are the largest relative error of the gradients, and how many of their values may differ by more than a thousandth.
fn agrees_with_the_reference(device: &Device, name: &str, allowed: (f64, usize)) {
    let reference = reference();
    let [photo, painting] = ["photo", "painting"].map(|name| picture(&reference, name, 64));
    let vgg = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-to-relu4_3.safetensors")).unwrap();
    let layers = layers(&VGG16).unwrap();
    let last = *layers.last().unwrap();
    let features = Features::load(&Archive::parse(&vgg).unwrap(), VGG16, Pooling::Max, last, device).unwrap();
    let maps = |image: &Image| Maps::of(&features, upload(image, device), &layers);
    let orientations = || (0..4).map(|quarters| Ok(maps(&turned(&painting, quarters)?)));
    let columns = pollster::block_on(Hypercolumns::of(orientations())).unwrap();

    let scales = reference.tensor("scale", &[10]).unwrap();
    let off = relative_distance(columns.scales(), &scales);
    println!("{name}: scales {off:.1e}");
    assert!(off <= 1e-5, "{name}: scales are off by {off}");

    let index = columns.nearest(&maps(&photo));
    let found = pollster::block_on(read(index.clone().float())).unwrap();
    let expected = reference.tensor("match.index", &[256]).unwrap();
    let different = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
    println!("{name}: {different} matches of 256 differ");
    assert_eq!(different, 0, "{name}");

    let (targets, samples) = (columns.targets(&index), Samples::of(orientations()).unwrap());
    for loss in ["match", "split"] {
        let x = upload(&photo, device).autodiff().require_grad();
        let maps = Maps::of(&features, x.clone(), &layers);
        let found = if loss == "match" { targets.loss(&maps) } else { samples.loss(&maps) };
        let gradients = found.backward();
        let found = pollster::block_on(read(found.inner())).unwrap()[0];
        let expected = reference.tensor(&format!("{loss}.loss"), &[1]).unwrap()[0];
        let gradient = every_second(x.grad(&gradients).unwrap());
        let target = reference.tensor(&format!("{loss}.gradient"), &[32, 32, 3]).unwrap();
        let off = relative_length(&gradient, &target);
        let far = gradient.iter().zip(&target).filter(|(a, b)| (**a - **b).abs() > 1e-3 * b.abs() + 1e-7).count();
        println!("{name}: {loss} loss {found} for {expected}, gradient {off:.1e}, {far} of 3072 values differ");
        assert!((found - expected).abs() <= 2e-6 * expected, "{name}: {loss} loss {found} for {expected}");
        assert!(off <= allowed.0, "{name}: the gradient of the {loss} loss is off by {off}");
        assert!(far <= allowed.1, "{name}: {far} values of the gradient of the {loss} loss differ");
    }
}

#[test]
fn the_processor_gives_the_reference_values() {
    // Winograd's algorithm rounds equal features differently, and maximum pooling then chooses another of them. Measured: 90 values.
    agrees_with_the_reference(&cpu(), "processor", (0.04, 200));
}

#[test]
fn wgpu_gives_the_reference_values() {
    agrees_with_the_reference(adapter(), "wgpu", (5e-6, 0));
}

/// At the border, this crate's resampling repeats pixels, and JAX's leaves them out.
#[test]
fn a_pyramid_has_the_reference_values_inside() {
    let reference = reference();
    let levels = decompose(&picture(&reference, "pyramid.picture", 128), 3).unwrap();
    for (i, level) in levels.iter().enumerate() {
        let (step, side) = ((8 >> i).max(1), level.width());
        let kept = side / step;
        let expected = reference.tensor(&format!("pyramid.{i}"), &[kept, kept, 3]).unwrap();
        let inside = (0..kept).filter(|at| (4..side - 4).contains(&(at * step)));
        let pixels = inside.clone().flat_map(|y| inside.clone().map(move |x| (y, x)));
        let (found, expected): (Vec<f32>, Vec<f32>) = pixels
            .flat_map(|(y, x)| {
                [0, 1, 2].map(|channel| ((y * step * side + x * step) * 3 + channel, (y * kept + x) * 3 + channel))
            })
            .map(|(at, of)| (level.data()[at], expected[of]))
            .unzip();
        let off = relative_distance(&found, &expected);
        println!("level {i}: {off:.1e} of {} values", found.len());
        assert!(found.len() >= 192 && off <= 1e-5, "level {i} is off by {off}");
    }
}

/// A run of two sizes and feature splitting.
fn settings() -> NeighbourSettings {
    NeighbourSettings { size: 128, steps: 3, strength: 0.5, ..NeighbourSettings::default() }
}

fn pictures() -> [Image; 2] {
    let drawn =
        |kind: &str, width, height| Kind::named(kind).unwrap().paint(128, 1).unwrap().resized(width, height).unwrap();
    [drawn("glass", 100, 76), drawn("swirls", 90, 120)]
}

fn begin(settings: NeighbourSettings, checkpoint: Option<NeighbourCheckpoint>) -> Result<NeighbourMatching> {
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors"))?;
    let [photo, painting] = pictures();
    pollster::block_on(NeighbourMatching::new(&vgg, settings, (&photo, &painting), checkpoint, &cpu()))
}

/// Runs up to `most` steps, and returns the losses with the width of their pictures.
fn run(job: &mut NeighbourMatching, most: usize) -> Vec<(usize, f32)> {
    let step = |_| pollster::block_on(job.step()).unwrap().map(|progress| (progress.width, progress.parts.total));
    (0..most).map_while(step).collect()
}

#[test]
fn a_run_goes_from_size_to_size_and_a_resumed_one_gives_the_same_picture() {
    let mut whole = begin(settings(), None).unwrap();
    let losses = run(&mut whole, 100);
    println!("{losses:?}");
    let widths: Vec<usize> = losses.iter().map(|loss| loss.0).collect();
    assert_eq!(widths, [64, 64, 64, 128, 128, 128, 128]);
    for part in [&losses[..3], &losses[3..6]] {
        assert!(part[2].1 < part[0].1, "{part:?}");
    }
    let expected = pollster::block_on(whole.picture()).unwrap();
    assert_eq!((expected.width(), expected.height()), (128, 97));
    assert!(pollster::block_on(whole.checkpoint()).unwrap().is_none());

    for steps in [2, 3, 5, 6] {
        let mut first = begin(settings(), None).unwrap();
        run(&mut first, steps);
        let bytes = pollster::block_on(first.checkpoint()).unwrap().unwrap().write().unwrap();
        let mut second = begin(settings(), Some(NeighbourCheckpoint::parse(&bytes).unwrap())).unwrap();
        assert_eq!(second.steps_done(), steps);
        assert_eq!(run(&mut second, 100), losses[steps..]);
        assert_eq!(pollster::block_on(second.picture()).unwrap(), expected, "after {steps} steps");
    }
}

#[test]
fn the_colours_of_the_photo_are_kept_and_other_runs_are_refused() {
    let grey = NeighbourSettings { keep_colors: true, steps: 1, ..settings() };
    let mut job = begin(grey, None).unwrap();
    run(&mut job, 100);
    let painted = pollster::block_on(job.picture()).unwrap();
    let photo = pictures()[0].resized(painted.width(), painted.height()).unwrap();
    // Differences of channels are those of the photo, except where the picture is clamped.
    let chroma = |image: &Image| image.data().chunks_exact(3).map(|p| p[0] - p[2]).collect::<Vec<_>>();
    let off = chroma(&painted).iter().zip(chroma(&photo)).map(|(a, b)| (a - b).abs()).sum::<f32>()
        / painted.data().len() as f32;
    assert!(off <= 0.02, "{off}");

    let mut job = begin(settings(), None).unwrap();
    run(&mut job, 1);
    let checkpoint = pollster::block_on(job.checkpoint()).unwrap();
    let other = begin(NeighbourSettings { strength: 1.0, ..settings() }, checkpoint).err().unwrap().to_string();
    assert!(other.contains("belongs to another photo"), "{other}");
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors")).unwrap();
    let strip = Image::new(400, 8, vec![0.5; 9600]).unwrap();
    let narrow = pollster::block_on(NeighbourMatching::new(&vgg, settings(), (&strip, &strip), None, &cpu()));
    assert!(narrow.err().unwrap().to_string().contains("too narrow"));
}
