//! Frames on the processor.

use std::time::Instant;

use impasto::cpu::ceiling::gflops;
use impasto::cpu::{CpuModel, InstructionSet, Workers};
use impasto::error::Result;
use impasto::gpu::ceilings::Ceilings;
use serde_json::json;

use super::arguments::Arguments;
use super::figures::{Figures, Spread, rounded, since};
use super::network::BenchNetwork;
use crate::cli::report::{alert, say};

/// Measures `networks` at all sizes, on all threads.
///
/// # Errors
/// For weights of a wrong shape.
pub fn measure(networks: &[BenchNetwork], arguments: &Arguments) -> Result<()> {
    let (set, workers) = (InstructionSet::best(), Workers::all());
    let ceiling = gflops(set, &workers)?;
    if arguments.json {
        say!("{}", json!({ "processor": set.name(), "threads": workers.threads(), "gflops": rounded(ceiling) }));
    } else {
        say!("processor: {}, {} threads, at most {ceiling:.0} GFLOP/s", set.name(), workers.threads());
    }
    let ceilings = Ceilings { gflops: ceiling, half_gflops: None, gbytes: f64::INFINITY };
    for network in networks {
        let start = Instant::now();
        let model = CpuModel::load(network.net.clone(), &network.archive, set)?;
        let loading = since(start);
        for size in &arguments.sizes {
            match frames(&workers, network, &model, *size, arguments) {
                Ok(figures) => {
                    let mut figures = Figures { loading, ..figures };
                    figures.compare(&ceilings, false);
                    figures.print(arguments.json);
                }
                Err(error) => alert!("{}, {}x{}: {error}", network.name, size.0, size.1),
            }
        }
    }
    Ok(())
}

fn frames<'n>(
    workers: &Workers,
    network: &'n BenchNetwork,
    model: &CpuModel,
    size: (usize, usize),
    arguments: &Arguments,
) -> Result<Figures<'n>> {
    let count = arguments.frames;
    let start = Instant::now();
    let mut plan = model.plan(size.0, size.1)?;
    // Red, green, blue and a fourth channel that is 0.
    let number = |(i, value): (usize, &mut f32)| *value = if i % 4 == 3 { 0.0 } else { (i % 251) as f32 / 251.0 };
    plan.input_mut().iter_mut().enumerate().for_each(number);
    plan.set_style(&network.style())?;
    plan.run(workers);
    let first = since(start);
    (0..count.div_ceil(10)).for_each(|_| plan.run(workers));
    let timed = |run: &mut dyn FnMut()| {
        let time = |_| {
            let start = Instant::now();
            run();
            since(start)
        };
        (0..count).map(time).collect::<Vec<_>>()
    };
    let alone = timed(&mut || plan.run(workers));
    let mut passes = Vec::new();
    if arguments.passes {
        for i in 0..plan.stages() {
            let name = format!("{i} {}", plan.stage(i).0);
            let spread = Spread::of(timed(&mut || plan.run_stage(workers, i)));
            passes.extend(spread.map(|spread| (name, spread.median)));
        }
    }
    let (width, height) = plan.padded();
    Ok(Figures {
        network: &network.name,
        size,
        kernels: format!("{} on {} threads", model.instruction_set().name(), workers.threads()),
        frames: count,
        first,
        in_a_row: alone.iter().sum::<f64>() / f64::from(count),
        alone: Spread::of(alone),
        multiply_adds: network.net.multiply_adds(height, width)?,
        dispatches: plan.stages() as u64,
        memory: plan.bytes() + model.weight_bytes(),
        passes,
        ..Figures::default()
    })
}
