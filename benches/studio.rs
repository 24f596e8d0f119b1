//! Benchmarks one step of image optimization, forward and backward through VGG16 to `relu4_2`, with this crate's
//! convolution and with burn's own, in turns; and a convolution with trained weights, forward and backward to input and
//! weights, likewise. With `cpu`, the step is computed on the processor, and nothing else is measured.
//!
//! `cargo bench --features studio --bench studio [-- [cpu] [SIDE [ROUNDS]]]`

use std::time::Instant;

use burn::tensor::Device;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use impasto::net::Pooling;
use impasto::net::models::vgg::VGG16;
use impasto::settings::{Convolutions, Terms};
use impasto::train::device::{Graphics, cpu, read, tensor};
use impasto::train::ops::conv3x3_trained::convolved;
use impasto::train::optimize_image::bench_step::BenchStep;
use impasto::weights::Archive;

/// Throughput of a small laptop's graphics adapter: multiply-adds and bytes of memory per second.
const LAPTOP: (f64, f64) = (1.3e12, 68e9);

/// Channels in and out and sides, as the network of 26 styles has them for squares of 128 pixels.
const LEARNT: [(usize, usize, usize); 3] = [(27, 32, 128), (32, 32, 32), (32, 8, 64)];

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let side = numbers.first().copied().unwrap_or(128);
    let rounds = numbers.get(1).copied().unwrap_or(3);
    let vgg = Archive::parse(include_bytes!("../weights/vgg16-to-relu4_3.safetensors")).expect("weights");
    if std::env::args().any(|argument| argument == "cpu") {
        println!("{side}x{side} on the processor");
        return steps(&vgg, Convolutions::Processor, side, rounds, &cpu());
    }
    let graphics = pollster::block_on(Graphics::open()).expect("a graphics adapter");
    println!("{side}x{side} on {}", graphics.info().name);
    steps(&vgg, Convolutions::Ours, side, rounds, &graphics.device);

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

    println!("convolutions that learn, two pictures:");
    for (inputs, outputs, side) in LEARNT {
        let numbers = |count: usize| (0..count).map(|i| ((i * 7919) % 256) as f32 / 256.0 - 0.5).collect::<Vec<_>>();
        let x = tensor(numbers(2 * inputs * side * side), [2, inputs, side, side], &graphics.device);
        let kernel = tensor(numbers(outputs * inputs * 9), [outputs, inputs, 3, 3], &graphics.device);
        let [ours, burns] = in_turns(rounds, |which| {
            let (x, kernel) = (x.clone().autodiff().require_grad(), kernel.clone().autodiff().require_grad());
            let made = match which {
                0 => convolved(x.clone(), kernel.clone()),
                _ => conv2d(x.clone(), kernel.clone(), None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1)),
            };
            let gradients = (made.clone() * made).sum().backward();
            let (of_x, of_kernel) = (x.grad(&gradients), kernel.grad(&gradients));
            let found = of_x.expect("a gradient").sum() + of_kernel.expect("a gradient").sum();
            pollster::block_on(read(found)).expect("a sum");
        });
        println!(
            "{inputs} to {outputs} at {side}x{side}: ours {ours:.4} s, burn's {burns:.4} s: {:.1} times",
            burns / ours
        );
    }
}

/// Times steps with `ours` and with burn's convolution on `device`.
fn steps(vgg: &Archive, ours: Convolutions, side: usize, rounds: usize, device: &Device) {
    let trials = [ours, Convolutions::Burns].map(|kind| BenchStep::new(kind, vgg, side, device).expect("a trial"));
    let [ours, burns] = in_turns(rounds, |which| {
        pollster::block_on(trials[which].step()).expect("a step");
    });
    println!("ours {ours:.3} s, burn's {burns:.3} s a step: {:.1} times", burns / ours);
}

/// The median time of either of two, in seconds; the first round, which compiles, does not count.
fn in_turns(rounds: usize, run: impl Fn(usize)) -> [f64; 2] {
    let mut times = [const { Vec::new() }; 2];
    for round in 0..=rounds {
        for (which, times) in times.iter_mut().enumerate() {
            let start = Instant::now();
            run(which);
            if round > 0 {
                times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}
