//! Style targets of image optimization: statistics against plain sums, and masks.

use crate::common::{shipped_as, vgg_reference, vgg_reference_picture};
use burn::tensor::Tensor;
use impasto::image::Image;
use impasto::net::Pooling;
use impasto::net::models::vgg::VGG16;
use impasto::train::device::{cpu, read, tensor, upload};
use impasto::train::losses::style::{Statistics, Target};
use impasto::train::{
    FeatureMap, Features, ImageOptimization, Objective, Optimizer, Parts, Scale, Settings, Source, Start, StyleLoss,
    StyleTarget, Term, Terms,
};

const KINDS: [StyleLoss; 2] = [StyleLoss::Gram, StyleLoss::Covariance];

fn number(tensor: Tensor<1>) -> f64 {
    f64::from(pollster::block_on(read(tensor)).unwrap()[0])
}

/// `channels` rows of `pixels` features that are related, and weights of the pixels that sum to 1.
fn features(channels: usize, pixels: usize, seed: f32) -> (Vec<f32>, Vec<f32>) {
    let wave = |c: usize, p: usize| ((p as f32 + seed) * (0.3 + 0.2 * c as f32)).sin() + 0.5 * c as f32;
    let f = (0..channels).flat_map(|c| (0..pixels).map(move |p| (c, p))).map(|(c, p)| wave(c, p)).collect();
    let w: Vec<f32> = (0..pixels).map(|p| 1.0 + (p as f32 * 0.9 + seed).cos()).collect();
    let sum: f32 = w.iter().sum();
    (f, w.iter().map(|w| w / sum).collect())
}

/// Means and products of two channels' features, in plain sums; products about the means with `central`.
fn plain(f: &[f32], w: &[f32], channels: usize, central: bool) -> (Vec<f64>, Vec<f64>) {
    let rows: Vec<&[f32]> = f.chunks_exact(w.len()).collect();
    let sum = |g: &dyn Fn(usize) -> f64| (0..w.len()).map(|p| f64::from(w[p]) * g(p)).sum::<f64>();
    let means: Vec<f64> = rows.iter().map(|row| sum(&|p| f64::from(row[p]))).collect();
    let value = |c: usize, p: usize| f64::from(rows[c][p]) - if central { means[c] } else { 0.0 };
    let pairs = (0..channels * channels).map(|i| (i / channels, i % channels));
    let products = pairs.map(|(a, b)| sum(&|p| value(a, p) * value(b, p))).collect();
    (means, products)
}

fn relative(found: &[f64], target: &[f64]) -> f64 {
    let squares = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>();
    squares(&mut found.iter().zip(target).map(|(a, b)| a - b)) / squares(&mut target.iter().copied())
}

#[test]
fn statistics_are_plain_sums() {
    let (device, channels, height, width) = (cpu(), 8, 3, 4);
    let pixels = height * width;
    for masked in [false, true] {
        let sides = [0.0, 7.0].map(|seed| {
            let (f, w) = features(channels, pixels, seed);
            (f, if masked { w } else { vec![1.0 / pixels as f32; pixels] })
        });
        for kind in KINDS {
            let central = kind == StyleLoss::Covariance;
            let [(means, products), (target_means, target_products)] =
                [0, 1].map(|i| plain(&sides[i].0, &sides[i].1, channels, central));
            let expected = match kind {
                StyleLoss::Gram => relative(&products, &target_products),
                _ => (relative(&products, &target_products) + relative(&means, &target_means)) / 2.0,
            };
            for interleaved in [false, true] {
                let [found, target] = sides.each_ref().map(|(f, w)| {
                    let weights = masked.then(|| tensor(w.clone(), [1, pixels], &device));
                    let maps: Tensor<4> = tensor(f.clone(), [1, channels, height, width], &device);
                    let features = match interleaved {
                        false => FeatureMap::planar(maps),
                        true => FeatureMap::interleaved(maps.permute([0, 2, 3, 1])),
                    };
                    Statistics::of(kind, &features, weights.as_ref())
                });
                let distance = number(found.distance(&Target::new(kind, target)));
                assert!((distance - expected).abs() < 1e-5 * expected, "{kind:?}, {masked}: {distance} for {expected}");
            }
        }
    }
}

/// The gradient for a mixture is the mean of the gradients for its parts.
#[test]
fn mixtures_have_the_gradient_of_several_losses() {
    let (device, channels, pixels) = (cpu(), 4, 6);
    let at = |seed: f32| tensor(features(channels, pixels, seed).0, [1, channels, 2, 3], &device);
    let gram = |x: Tensor<4>| Statistics::of(StyleLoss::Gram, &FeatureMap::planar(x), None);
    let gradient = |target: Statistics| {
        let x = at(3.0).autodiff().require_grad();
        let loss = gram(x.clone()).distance(&Target::new(StyleLoss::Gram, target));
        pollster::block_on(read(x.grad(&loss.backward()).unwrap())).unwrap()
    };
    // Losses are relative to the squares of their targets, which differ.
    let products = |seed: f32| plain(&features(channels, pixels, seed).0, &[1.0 / 6.0; 6], channels, false).1;
    let squares = |products: &[f64]| products.iter().map(|v| v * v).sum::<f64>();
    let (a, b) = (products(0.0), products(11.0));
    let mixed: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 0.25 * a + 0.75 * b).collect();
    let found = gradient(gram(at(0.0)).times(0.25).plus(gram(at(11.0)).times(0.75)));
    let parts = [gradient(gram(at(0.0))), gradient(gram(at(11.0)))];
    for (i, found) in found.iter().enumerate() {
        let expected = 0.25 * f64::from(parts[0][i]) * squares(&a) + 0.75 * f64::from(parts[1][i]) * squares(&b);
        let found = f64::from(*found) * squares(&mixed);
        assert!((found - expected).abs() < 1e-4 * squares(&mixed), "{found} for {expected}");
    }
}

/// A picture whose pixels `f` colours.
fn drawn(width: usize, height: usize, f: impl Fn(usize, usize) -> [f32; 3]) -> Image {
    let pixels = (0..width * height).flat_map(|i| f(i % width, i / width));
    Image::new(width, height, pixels.collect()).unwrap()
}

/// White left of `edge`, black elsewhere.
fn left(width: usize, height: usize, edge: usize) -> Image {
    drawn(width, height, |x, _| [f32::from(x < edge); 3])
}

/// Photo and painting of the fixture, and a network that sees them.
struct Studio {
    features: Features,
    terms: Terms,
    photo: Image,
    painting: Image,
}

impl Studio {
    fn new(style_loss: StyleLoss, style_layers: &[&str]) -> Self {
        let defaults = Terms::of(&VGG16).unwrap();
        let layers = style_layers.iter().map(|name| (VGG16.layer(name).unwrap(), 1.0)).collect();
        let style = Term { weight: 1.0, layers };
        let terms = Terms { content: Term { weight: 0.0, ..defaults.content }, style, style_loss, variation: 0.0 };
        let last = terms.last().unwrap();
        let archive = shipped_as("vgg16-to-relu4_3");
        let features = Features::load(&archive, VGG16, Pooling::Average, last, &cpu()).unwrap();
        let reference = vgg_reference();
        let picture = |name| vgg_reference_picture(&reference, name);
        Self { features, terms, photo: picture("input"), painting: picture("style") }
    }

    fn source(&self, painting: &Image, mask: Option<Image>, style_mask: Option<Image>) -> Source {
        Source { painting: upload(painting, &cpu()), weight: 1.0, mask, style_mask }
    }

    /// The style loss of `picture`, and its gradient.
    fn style(&self, picture: &Image, sources: &[Source]) -> (f32, Vec<f32>) {
        let photo = upload(&self.photo, &cpu());
        let objective = Objective::guided(&self.features, &self.terms, photo, sources).unwrap();
        let x = upload(picture, &cpu()).autodiff().require_grad();
        let losses = objective.losses(&self.features, x.clone());
        let gradients = losses[0].backward();
        let style = pollster::block_on(Parts::read(losses)).unwrap().style;
        (style, pollster::block_on(read(x.grad(&gradients).unwrap())).unwrap())
    }
}

#[test]
fn white_masks_are_no_masks() {
    let white = || Some(drawn(7, 5, |_, _| [1.0; 3]));
    for kind in KINDS {
        let studio = Studio::new(kind, &["relu1_1", "relu2_1", "relu3_1", "relu4_1"]);
        let [masked, without] = [white(), None]
            .map(|mask| studio.style(&studio.photo, &[studio.source(&studio.painting, mask.clone(), mask)]));
        assert!((masked.0 - without.0).abs() < 1e-4 * without.0, "{} for {}", masked.0, without.0);
        let cosine = crate::common::cosine(&masked.1, &without.1);
        assert!(cosine > 0.99999, "{cosine}");
    }
}

#[test]
fn far_outside_of_its_mask_a_style_asks_for_nothing() {
    for kind in KINDS {
        let studio = Studio::new(kind, &["relu1_1", "relu2_1"]);
        let mask = Some(left(64, 64, 32));
        let (_, gradient) = studio.style(&studio.photo, &[studio.source(&studio.painting, mask, None)]);
        // A feature of relu2_1 sees five pixels to either side, a mask fades over two more.
        let column = |x: usize| gradient.iter().skip(x).step_by(64).map(|v| v.abs()).fold(0.0, f32::max);
        // Winograd's convolutions mix the pixels of a tile, so rounding reaches a little farther.
        let largest = (0..64).map(column).fold(0.0, f32::max);
        assert!((42..64).all(|x| column(x) < 1e-6 * largest), "{:?}", (32..64).map(column).collect::<Vec<_>>());
        assert!((56..64).all(|x| column(x) == 0.0), "{:?}", (32..64).map(column).collect::<Vec<_>>());
        assert!((0..30).all(|x| column(x) > 0.0));
    }
}

#[test]
fn a_style_mask_takes_part_of_the_painting() {
    for kind in KINDS {
        let studio = Studio::new(kind, &["relu1_1", "relu2_1"]);
        let (width, height) = (64, 64);
        let (photo, painting) = (&studio.photo, &studio.painting);
        let pixel = |p: &Image, x: usize, y: usize| {
            let at = (y * width + x) * 3;
            [p.data()[at], p.data()[at + 1], p.data()[at + 2]]
        };
        // The photo to the left, the painting to the right: the left half of the photo already has its target statistics.
        let both = drawn(width, height, |x, y| pixel(if x < 32 { photo } else { painting }, x, y));
        let mask = || Some(left(width, height, 26));
        let part = studio.style(photo, &[studio.source(&both, mask(), mask())]).0;
        let whole = studio.style(photo, &[studio.source(&both, mask(), None)]).0;
        let other = studio.style(painting, &[studio.source(&both, mask(), mask())]).0;
        assert!(part < 1e-4 && whole > 0.01 && other > 0.01, "{kind:?}: {part}, {whole}, {other}");
    }
}

fn start_run(
    photo: &Image,
    paintings: Vec<StyleTarget>,
    style_scale: f32,
    start: Start,
) -> Result<ImageOptimization, String> {
    let settings = Settings {
        vgg: VGG16,
        pooling: Pooling::Average,
        terms: Terms::of(&VGG16).unwrap(),
        scales: vec![Scale { longer: 32, steps: 20 }],
        optimizer: Optimizer::Adam,
        rate: 0.02,
        style_scale,
        keep_colors: false,
    };
    let archive = shipped_as("vgg16-to-relu4_3");
    ImageOptimization::new(&archive, settings, photo.clone(), paintings, start, &cpu()).map_err(|e| e.to_string())
}

/// Stripes of one colour.
fn stripes(colour: [f32; 3]) -> Image {
    drawn(48, 48, |x, y| if (x + y) % 6 < 3 { colour } else { colour.map(|v| v * 0.5) })
}

#[test]
fn each_side_is_painted_in_its_own_style() {
    let photo = drawn(32, 32, |x, y| [0.3 + 0.01 * (x + y) as f32; 3]);
    let masks = [left(32, 32, 16), drawn(32, 32, |x, _| [f32::from(x >= 16); 3])];
    let painting =
        |colour, mask: &Image| StyleTarget { mask: Some(mask.clone()), ..StyleTarget::new(stripes(colour), 1.0) };
    let paintings = vec![painting([0.9, 0.3, 0.1], &masks[0]), painting([0.1, 0.3, 0.9], &masks[1])];
    let mut optimization = start_run(&photo, paintings, 1.0, Start::Picture(photo.clone())).unwrap();
    while pollster::block_on(optimization.step()).unwrap().is_some() {}
    let painted = pollster::block_on(optimization.picture()).unwrap();
    let warmth = |columns: std::ops::Range<usize>| {
        let pixels = painted.data().chunks_exact(3).enumerate().filter(|(i, _)| columns.contains(&(i % 32)));
        let (sum, count) = pixels.fold((0.0, 0), |(sum, n), (_, p)| (sum + p[0] - p[2], n + 1));
        sum / count as f32
    };
    let (warm, cold) = (warmth(0..14), warmth(18..32));
    assert!(warm > 0.03 && cold < -0.03 && warm - cold > 0.2, "{warm}, {cold}");
}

#[test]
fn masks_and_scales_are_part_of_what_a_checkpoint_belongs_to() {
    let photo = drawn(32, 32, |x, y| [0.3 + 0.01 * (x + y) as f32; 3]);
    let painting = |mask: Option<Image>| vec![StyleTarget { mask, ..StyleTarget::new(stripes([0.9, 0.3, 0.1]), 1.0) }];
    let start = || Start::Picture(photo.clone());
    let half = || painting(Some(left(8, 8, 4)));
    let first = start_run(&photo, half(), 1.5, start()).unwrap();
    let checkpoint = || Start::Checkpoint(pollster::block_on(first.checkpoint()).unwrap().unwrap());
    assert!(start_run(&photo, half(), 1.5, checkpoint()).is_ok());
    for (paintings, scale) in [(painting(None), 1.5), (painting(Some(left(8, 8, 5))), 1.5), (half(), 1.0)] {
        assert!(start_run(&photo, paintings, scale, checkpoint()).err().unwrap().contains("other settings"));
    }
    let black = painting(Some(left(8, 8, 0)));
    assert!(start_run(&photo, black, 1.0, start()).err().unwrap().contains("black everywhere"));
    assert!(start_run(&photo, half(), 0.0, start()).err().unwrap().contains("style scale"));
    assert!(start_run(&photo, half(), 0.1, start()).err().unwrap().contains("too small for the last layer"));
}

/// A painting at half the size has stripes of half the width, which is another style.
#[test]
fn paintings_are_resized_to_the_style_scale() {
    let photo = drawn(32, 32, |x, y| [0.3 + 0.01 * (x + y) as f32; 3]);
    let style = |painting: Image, scale: f32| {
        let mut optimization =
            start_run(&photo, vec![StyleTarget::new(painting, 1.0)], scale, Start::Picture(photo.clone())).unwrap();
        pollster::block_on(optimization.step()).unwrap().unwrap().parts.style
    };
    let painting = stripes([0.9, 0.3, 0.1]);
    let (same, larger) = (style(painting.clone(), 1.0), style(painting.clone(), 2.0));
    assert!((same - larger).abs() > 0.01 * same, "{same}, {larger}");
    // The losses take it at 64 pixels either way.
    let enlarged = style(painting.resized(64, 64).unwrap(), 2.0);
    assert!((enlarged - larger).abs() < 1e-4 * larger, "{enlarged} for {larger}");
}
