//! Compares neighbour matching with values that JAX computed (`tests/fixtures/neighbours`): scales, matches, both losses and
//! their gradients, and a Laplacian pyramid.

use burn::tensor::{Device, Tensor};
use impasto::error::Result;
use impasto::image::Image;
use impasto::image::taps::Every;
use impasto::net::Pooling;
use impasto::net::models::vgg::VGG16;
use impasto::procedural::Kind;
use impasto::settings::{NeighbourSettings, Tile};
use impasto::train::device::{cpu, read, upload};
use impasto::train::losses::maps::{Maps, Tiled};
use impasto::train::losses::neighbours::{Hypercolumns, Orientation, layers};
use impasto::train::losses::regions::{Grid, Regions};
use impasto::train::losses::splitting::Samples;
use impasto::train::optimize_image::neighbour_objective::turned;
use impasto::train::optimize_image::pyramid::decompose;
use impasto::train::{Features, NeighbourCheckpoint, NeighbourMatching, StyleTarget};
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
    let tiled = |image: &Image| Tiled::new(&features, &layers, upload(image, device));
    let oriented = |quarters| Ok(Orientation { picture: tiled(&turned(&painting, quarters)?), mask: None });
    let orientations = || (0..4).map(oriented);
    let columns = pollster::block_on(Hypercolumns::of(orientations())).unwrap();

    let scales = reference.tensor("scale", &[10]).unwrap();
    let off = relative_distance(columns.scales(), &scales);
    println!("{name}: scales {off:.1e}");
    assert!(off <= 1e-5, "{name}: scales are off by {off}");

    let (content, everywhere) = (tiled(&photo), Regions::new(vec![(1.0, None)]));
    let [regions] = &mut content.regions(&everywhere).unwrap()[..] else { panic!("many tiles") };
    let parts = pollster::block_on(columns.nearest(&content, vec![regions.remove(0)]));
    let found = pollster::block_on(read(parts[0].as_ref().unwrap().index().clone().float())).unwrap();
    let expected = reference.tensor("match.index", &[256]).unwrap();
    let different = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
    println!("{name}: {different} matches of 256 differ");
    assert_eq!(different, 0, "{name}");

    let sampled = content.sampled_regions(&everywhere, 0).unwrap();
    let sampled = sampled.into_iter().map(|tiles| tiles.into_iter().map(|mut all| all.remove(0)).collect()).collect();
    let mut samples = Samples::of(orientations()).unwrap();
    samples.find(&content, sampled, 0);
    let mut targets = columns.targets(parts);
    for loss in ["match", "split"] {
        let x = upload(&photo, device).autodiff().require_grad();
        let maps = Maps::of(&features, x.clone(), &Tile::all(64, 64), &layers);
        let found = if loss == "match" { targets.loss(&maps, 0) } else { samples.loss(&maps, 0) }.unwrap();
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
    // Winograd's algorithm rounds equal features differently, and maximum pooling then chooses another of them. Measured: 0.0073, 56 values.
    agrees_with_the_reference(&cpu(), "processor", (0.02, 150));
}

#[test]
fn wgpu_gives_the_reference_values() {
    agrees_with_the_reference(adapter(), "wgpu", (5e-6, 0));
}

#[test]
fn features_of_tiles_are_those_of_the_whole_picture() {
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors")).unwrap();
    let layers = layers(&VGG16).unwrap();
    let features = Features::load(&vgg, VGG16, Pooling::Max, *layers.last().unwrap(), &cpu()).unwrap();
    let (height, width) = (48, 600);
    let picture = upload(&Kind::named("glass").unwrap().paint(600, 1).unwrap().resized(width, height).unwrap(), &cpu());
    let whole = Maps::of(&features, picture.clone(), &Tile::all(height, width), &layers);
    let tiled = Tiled::new(&features, &layers, picture);
    assert_eq!(tiled.tiles().len(), 2);
    let values = |x: Tensor<2>| pollster::block_on(read(x)).unwrap();
    let scales = pollster::block_on(tiled.scales()).unwrap();
    let squares = |x: &Tensor<3>| (x.clone() * x.clone()).mean().into_scalar::<f32>() * x.dims()[2] as f32;
    let expected: Vec<f32> = whole.layers.iter().map(|x| squares(x).sqrt()).collect();
    assert!(relative_distance(&scales, &expected) <= 1e-5, "{scales:?} for {expected:?}");

    let mut first = 0;
    for number in 0..2 {
        let (maps, tile) = (tiled.maps(number), &tiled.tiles()[number].columns.inside);
        let grid = Grid { columns: Every { first: tile.start / 4, step: 1, end: tile.end / 4 }, ..Grid::ALL };
        let found = Tensor::cat(maps.columns(&scales, maps.inside()), 1);
        let expected = Tensor::cat(whole.columns(&scales, grid), 1);
        assert_eq!(found.dims(), [12 * (tile.end - tile.start) / 4, 2688]);
        let off = relative_length(&values(found), &values(expected));
        println!("tile {number}: {off:.1e}");
        assert!(off <= 1e-5, "tile {number} is off by {off}");
        // Positions of the last layer, 8 pixels apart.
        let sampled = values(maps.at(9, Grid::every(3)));
        let count = sampled.len() / 512;
        let expected = values(whole.at(9, Grid::every(3)));
        let row = |i: usize| 512 * (i / (count / 2) * 25 + first + i % (count / 2));
        let expected: Vec<f32> = (0..count).flat_map(|i| expected[row(i)..][..512].to_vec()).collect();
        assert!(relative_length(&sampled, &expected) <= 1e-5, "tile {number}");
        first += count / 2;
    }
    assert_eq!(first, 25);
}

/// Two tiles, with a mask that leaves the second one without a painting.
#[test]
fn large_pictures_are_painted_tile_by_tile() {
    let settings = NeighbourSettings { size: 528, steps: 2, style_scale: 0.4, ..settings() };
    let photo = Kind::named("glass").unwrap().paint(528, 1).unwrap().resized(528, 132).unwrap();
    let painting = || StyleTarget::new(pictures()[1].clone(), 1.0);
    let mut whole = begin_with(settings, &photo, vec![painting()], None).unwrap();
    let losses = run(&mut whole, 100);
    println!("{losses:?}");
    let large: Vec<f32> = losses.iter().filter(|loss| loss.0 == 528).map(|loss| loss.1).collect();
    assert_eq!((losses.len(), large.len()), (10, 4));
    assert!(large[1] < large[0] && large[3] < large[2], "{large:?}");
    let expected = pollster::block_on(whole.picture()).unwrap();

    let mut first = begin_with(settings, &photo, vec![painting()], None).unwrap();
    run(&mut first, 9);
    let checkpoint = pollster::block_on(first.checkpoint()).unwrap();
    let mut second = begin_with(settings, &photo, vec![painting()], checkpoint).unwrap();
    assert_eq!(run(&mut second, 100), losses[9..]);
    assert_eq!(pollster::block_on(second.picture()).unwrap(), expected);

    let mask = halves(40, 10, [1.0; 3], [0.0; 3]);
    let masked = vec![StyleTarget { mask: Some(mask), ..painting() }];
    let mut job = begin_with(NeighbourSettings { match_colors: false, ..settings }, &photo, masked, None).unwrap();
    run(&mut job, 100);
    let found = pollster::block_on(job.picture()).unwrap();
    let off = |columns: std::ops::Range<usize>| {
        let values = found.data().iter().zip(photo.data()).enumerate();
        let inside = values.filter(|(i, _)| columns.contains(&(i / 3 % 528)));
        inside.map(|(_, (a, b))| (a - b).abs()).fold(0.0, f32::max)
    };
    assert_eq!(off(300..528), 0.0);
    assert!(off(0..220) > 0.05, "{}", off(0..220));
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

/// A run of two sizes and feature splitting, during which neighbours are found twice.
fn settings() -> NeighbourSettings {
    NeighbourSettings { size: 128, steps: 7, strength: 1.0, ..NeighbourSettings::default() }
}

fn pictures() -> [Image; 2] {
    let drawn =
        |kind: &str, width, height| Kind::named(kind).unwrap().paint(128, 1).unwrap().resized(width, height).unwrap();
    [drawn("glass", 100, 76), drawn("swirls", 90, 120)]
}

fn begin(settings: NeighbourSettings, checkpoint: Option<NeighbourCheckpoint>) -> Result<NeighbourMatching> {
    let [photo, painting] = pictures();
    begin_with(settings, &photo, vec![StyleTarget::new(painting, 1.0)], checkpoint)
}

fn begin_with(
    settings: NeighbourSettings,
    photo: &Image,
    paintings: Vec<StyleTarget>,
    checkpoint: Option<NeighbourCheckpoint>,
) -> Result<NeighbourMatching> {
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors"))?;
    pollster::block_on(NeighbourMatching::new(&vgg, settings, photo, paintings, checkpoint, &cpu()))
}

/// What a short run paints.
fn painted(photo: &Image, paintings: Vec<StyleTarget>) -> Image {
    let settings = NeighbourSettings { size: 64, ..settings() };
    let mut job = begin_with(settings, photo, paintings, None).unwrap();
    run(&mut job, 100);
    pollster::block_on(job.picture()).unwrap()
}

/// A picture of `width` x `height` whose left half has the colour `left`, and its right half `right`.
fn halves(width: usize, height: usize, left: [f32; 3], right: [f32; 3]) -> Image {
    let pixel = |i: usize| if i % width < width / 2 { left } else { right };
    Image::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

/// The mean of each channel over the columns of `range`.
fn means(image: &Image, range: std::ops::Range<usize>) -> [f32; 3] {
    let width = image.width();
    let pixels = image.data().chunks_exact(3).enumerate().filter(|(i, _)| range.contains(&(i % width)));
    let (count, sum) = pixels.fold((0.0, [0.0; 3]), |(n, sum), (_, p)| (n + 1.0, [0, 1, 2].map(|c| sum[c] + p[c])));
    sum.map(|v| v / count)
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
    assert_eq!(widths, [[64; 7].as_slice(), &[128; 13]].concat());
    for part in [&losses[..7], &losses[7..14], &losses[14..]] {
        assert!(part[part.len() - 1].1 < part[0].1, "{part:?}");
    }
    let expected = pollster::block_on(whole.picture()).unwrap();
    assert_eq!((expected.width(), expected.height()), (128, 97));
    assert!(pollster::block_on(whole.checkpoint()).unwrap().is_none());

    for steps in [3, 7, 19] {
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
    let grey = NeighbourSettings { keep_colors: true, match_colors: false, steps: 1, ..settings() };
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
    let other = begin(NeighbourSettings { strength: 0.5, ..settings() }, checkpoint).err().unwrap().to_string();
    assert!(other.contains("belongs to another photo"), "{other}");
    let strip = Image::new(400, 8, vec![0.5; 9600]).unwrap();
    let painting = vec![StyleTarget::new(strip.clone(), 1.0)];
    let narrow = begin_with(settings(), &strip, painting, None);
    assert!(narrow.err().unwrap().to_string().contains("too narrow"));
}

#[test]
fn masks_choose_where_a_painting_applies_and_which_part_of_it() {
    let [photo, painting] = pictures();
    let (black, white) = ([0.0; 3], [1.0; 3]);
    let left = StyleTarget { mask: Some(halves(20, 10, white, black)), ..StyleTarget::new(painting.clone(), 1.0) };
    let found = painted(&photo, vec![left.clone()]);
    let (width, height) = (found.width(), found.height());
    let untouched = photo.resized(width, height).unwrap();
    let differences: Vec<f32> = found.data().iter().zip(untouched.data()).map(|(a, b)| (a - b).abs()).collect();
    let side = |columns: std::ops::Range<usize>| {
        let inside = (0..width * height * 3).filter(|i| columns.contains(&(i / 3 % width)));
        inside.map(|i| differences[i]).fold(0.0, f32::max)
    };
    assert_eq!(side(width / 2 + 4..width), 0.0, "the right half is the photo");
    assert!(side(0..width / 2) > 0.05, "{}", side(0..width / 2));

    // A painting without weight changes nothing, a second one does.
    let second = |weight| StyleTarget::new(pictures()[0].clone(), weight);
    assert_eq!(painted(&photo, vec![left.clone(), second(0.0)]), found);
    let both = painted(&photo, vec![left.clone(), second(1.0)]);
    assert!(both != found && both != painted(&photo, vec![second(1.0)]));

    // Of two colours, each half takes that of its part of the painting.
    let colors = halves(60, 60, [0.9, 0.2, 0.1], [0.1, 0.2, 0.9]);
    let half = |mask: Image, style_mask: Image| StyleTarget {
        picture: colors.clone(),
        weight: 1.0,
        mask: Some(mask),
        style_mask: Some(style_mask),
    };
    let crossed = vec![
        half(halves(20, 10, white, black), halves(20, 10, black, white)),
        half(halves(20, 10, black, white), halves(20, 10, white, black)),
    ];
    let grey = Image::new(64, 64, (0..64 * 64).flat_map(|i| [0.45 + 0.1 * (i % 2) as f32; 3]).collect()).unwrap();
    let found = painted(&grey, crossed);
    let (left, right) = (means(&found, 4..28), means(&found, 36..60));
    println!("left {left:?}, right {right:?}");
    assert!(left[2] > left[0] + 0.005 && right[0] > right[2] + 0.005, "left {left:?}, right {right:?}");
}

#[test]
fn colours_are_matched_to_those_of_the_painting() {
    let painting = halves(80, 60, [0.6, 0.4, 0.35], [0.4, 0.4, 0.55]);
    let settings = NeighbourSettings { size: 64, match_colors: true, ..settings() };
    let targets = || vec![StyleTarget::new(painting.clone(), 1.0)];
    let mut job = begin_with(settings, &pictures()[0], targets(), None).unwrap();
    run(&mut job, 2);
    let found = pollster::block_on(job.picture()).unwrap();
    let [found, aim] = [&found, &painting].map(|image| means(image, 0..image.width()));
    assert!(found.iter().zip(aim).all(|(a, b)| (a - b).abs() < 0.05), "{found:?} for {aim:?}");
    // Each half its own painting's.
    let (white, black) = ([1.0; 3], [0.0; 3]);
    let paintings = [[0.6, 0.4, 0.35], [0.4, 0.4, 0.55]].map(|color| halves(80, 60, color, color.map(|v| v + 0.05)));
    let masks = [halves(64, 48, white, black), halves(64, 48, black, white)];
    let masked = paintings.iter().zip(masks);
    let masked = masked.map(|(p, mask)| StyleTarget { mask: Some(mask), ..StyleTarget::new(p.clone(), 1.0) }).collect();
    let mut job = begin_with(settings, &pictures()[0], masked, None).unwrap();
    run(&mut job, 2);
    let found = pollster::block_on(job.picture()).unwrap();
    for (columns, painting) in [(0..28, &paintings[0]), (36..64, &paintings[1])] {
        let [found, aim] = [means(&found, columns), means(painting, 0..80)];
        assert!(found.iter().zip(aim).all(|(a, b)| (a - b).abs() < 0.1), "{found:?} for {aim:?}");
    }
}

#[test]
fn paintings_without_weight_and_black_masks_are_refused() {
    let [photo, painting] = pictures();
    let refused = |paintings| begin_with(settings(), &photo, paintings, None).err().unwrap().to_string();
    let message = refused(vec![StyleTarget::new(painting.clone(), 0.0)]);
    assert!(message.contains("needs a weight above 0"), "{message}");
    let black = halves(10, 10, [0.0; 3], [0.0; 3]);
    let message = refused(vec![StyleTarget { mask: Some(black), ..StyleTarget::new(painting, 1.0) }]);
    assert!(message.contains("black everywhere"), "{message}");
}
