//! Benchmarks the CPU executor on the 26-style network: whole frames and stages, on one thread and on all, for every
//! instruction set of this processor. Rates count the multiply-adds of direct convolutions; Winograd's algorithm needs
//! fewer, so a rate may exceed the processor's peak, which the same run measures.
//!
//! `cargo bench --bench cpu [-- [ROUNDS] [INSTRUCTION SET]]`

use std::path::Path;
use std::time::Instant;

use impasto::cpu::ceiling::gflops;
use impasto::cpu::{CpuModel, CpuPlan, InstructionSet, Workers};
use impasto::net::models::transfer26;
use impasto::style::StyleSet;
use impasto::weights::Archive;

/// Sides of the square pictures in pixels.
const SIDES: [usize; 2] = [256, 512];

fn main() {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let rounds = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(15);
    let only = arguments.get(2);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/transfer26.safetensors");
    let archive = Archive::parse(&std::fs::read(path).expect("the weights")).expect("an archive");
    for set in InstructionSet::available().into_iter().filter(|set| only.is_none_or(|name| name == set.name())) {
        let peak = gflops(set, &Workers::new(1)).expect("an available instruction set");
        println!("{}: the peak of one thread is {peak:.1} GFLOP/s", set.name());
        let net = transfer26::network();
        let styles = StyleSet::read(&archive, &net.norms).expect("styles");
        let model = CpuModel::load(net, &archive, set).expect("a model");
        for side in SIDES {
            let mut plan = model.plan(side, side).expect("a plan");
            plan.set_style(styles.get(0).expect("a style")).expect("a style of the network");
            plan.input_mut()
                .iter_mut()
                .enumerate()
                .for_each(|(i, v)| *v = (i % 251) as f32 / 251.0 * f32::from(i % 4 != 3));
            let (one, all) = (Workers::new(1), Workers::all());
            for workers in [&one, &all].into_iter().take(all.threads()) {
                let ms = shortest(rounds, || plan.run(workers));
                let flops = 2.0 * model.network().multiply_adds(side, side).expect("a size") as f64;
                let threads = workers.threads();
                report(&format!("{side} px, {threads} threads"), ms, flops, peak * threads as f64);
            }
            stages(&mut plan, &one, rounds, peak);
        }
    }
}

fn report(name: &str, ms: f64, flops: f64, peak: f64) {
    let rate = flops / ms / 1e6;
    println!("  {name:24} {ms:8.3} ms {rate:8.1} GFLOP/s {:6.1} % of the peak", 100.0 * rate / peak);
}

/// Times the stages of each kind, on one thread.
fn stages(plan: &mut CpuPlan, workers: &Workers, rounds: usize, peak: f64) {
    let mut kinds: Vec<(String, f64, f64)> = Vec::new();
    for i in 0..plan.stages() {
        let (name, multiply_adds) = plan.stage(i);
        let ms = shortest(rounds, || plan.run_stage(workers, i));
        let flops = 2.0 * multiply_adds as f64;
        // The two 9x9 layers have very different channels.
        let name = if name == "winograd9x9" { format!("{name} {i}") } else { name.to_string() };
        match kinds.iter_mut().find(|kind| kind.0 == name) {
            Some(kind) => (kind.1, kind.2) = (kind.1 + ms, kind.2 + flops),
            None => kinds.push((name, ms, flops)),
        }
    }
    for (name, ms, flops) in kinds {
        report(&format!("  {name}"), ms, flops, peak);
    }
    println!("    {:22} {:8.3} ms", "colours", shortest(rounds, || plan.finish(workers)));
}

/// Returns the shortest time of `rounds` calls in milliseconds, after one that does not count: the least disturbed one
/// on a machine that does other work too.
fn shortest(rounds: usize, mut run: impl FnMut()) -> f64 {
    run();
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..rounds.max(1)).map(time).fold(f64::MAX, f64::min)
}
