//! One step of a Masterpiece, forward and backward through VGG16 to relu4_2, with our convolution and with burn's own, in turns.
//!
//! `cargo bench --features studio [-- SIDE [ROUNDS]]`

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use impasto::art;
use impasto::image::Image;
use impasto::net::Pooling;
use impasto::net::vgg::VGG16;
use impasto::studio::device::{Graphics, upload};
use impasto::studio::features::Convolutions;
use impasto::studio::{Features, Objective, Parts, Terms};
use impasto::weights::Archive;

/// What a small laptop's graphics adapter does: multiply-adds a second, and bytes of memory a second.
const LAPTOP: (f64, f64) = (1.3e12, 68e9);

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let side = numbers.first().copied().unwrap_or(128);
    let rounds = numbers.get(1).copied().unwrap_or(3);
    let graphics = pollster::block_on(Graphics::open()).expect("a graphics adapter");
    println!("{side}x{side} on {}", graphics.info().name);
    let works = [Convolutions::Ours, Convolutions::Burns].map(|kind| Work::new(kind, side, &graphics.device));
    let mut times = [const { Vec::new() }; 2];
    for round in 0..=rounds {
        for (work, times) in works.iter().zip(&mut times) {
            let seconds = work.step();
            // The first compiles.
            if round > 0 {
                times.push(seconds);
            }
        }
    }
    let [ours, burns] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("ours {ours:.3} s, burn's {burns:.3} s a step: {:.1} times", burns / ours);

    let last = Terms::of(&VGG16).and_then(|terms| terms.last()).expect("terms");
    let net = VGG16.network(Pooling::Average, last);
    let forward = net.multiply_adds(side, side).expect("a size") as f64;
    let layers = || VGG16.layers().take_while(|layer| *layer <= last);
    let outputs: usize = layers().map(|l| l.outputs() * l.size(side) * l.size(side)).sum();
    let inputs: usize = layers().map(|l| l.inputs() * l.size(side) * l.size(side)).sum();
    // Forward reads an input and writes an output; backward reads two outputs and writes what passes, then reads that and
    // writes a gradient of the input.
    let bytes = (4 * (2 * inputs + 5 * outputs)) as f64;
    println!("{:.1} G multiply-adds, {:.0} MB of activations in the convolutions", 2.0 * forward / 1e9, bytes / 1e6);
    let (arithmetic, memory) = (2.0 * forward / LAPTOP.0, bytes / LAPTOP.1);
    println!("at 2.6 TFLOPS {:.1} ms, at 68 GB/s {:.1} ms", arithmetic * 1e3, memory * 1e3);
}

struct Work {
    features: Features,
    objective: Objective,
    picture: Tensor<4>,
}

impl Work {
    fn new(convolutions: Convolutions, side: usize, device: &Device) -> Self {
        let archive = Archive::parse(include_bytes!("../weights/vgg16-to-relu4_3.safetensors")).expect("weights");
        let terms = Terms::of(&VGG16).expect("terms");
        let last = terms.last().expect("a layer");
        let features = Features::load_with(convolutions, &archive, VGG16, Pooling::Average, last, device);
        let features = features.expect("weights that fit");
        let picture = |name: &str| upload(&painted(name, side), device);
        let objective =
            Objective::new(&features, &terms, picture("waves"), &[(picture("swirls"), 1.0)]).expect("an objective");
        Self { features, objective, picture: picture("glass") }
    }

    /// Seconds of a step, until its losses and its gradient are there.
    fn step(&self) -> f64 {
        let begin = Instant::now();
        let picture = self.picture.clone().autodiff().require_grad();
        let losses = self.objective.losses(&self.features, picture.clone());
        let gradients = losses[0].backward();
        let gradient = picture.grad(&gradients).expect("a gradient");
        pollster::block_on(Parts::read(losses)).expect("losses");
        gradient.sum().into_data();
        begin.elapsed().as_secs_f64()
    }
}

fn painted(name: &str, side: usize) -> Image {
    art::Kind::named(name).and_then(|kind| kind.paint(side, 1)).expect("a painting")
}
