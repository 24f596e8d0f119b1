//! Frames on a graphics adapter.

use std::time::Instant;

use impasto::error::Result;
use impasto::gpu::ceilings::Ceilings;
use impasto::gpu::conv::Variant;
use impasto::gpu::model::Model;
use impasto::gpu::{Choice, Gpu};
use serde_json::json;

use super::arguments::{Arguments, Variants};
use super::figures::{Figures, Spread, rounded, since};
use super::network::BenchNetwork;
use crate::cli::report::{alert, say};

/// The clock of an idle card is low: frames run for this time at least before those that count, in milliseconds.
const WARM_MS: f64 = 100.0;
/// The number of frames whose passes are measured, and of frames that are submitted before the device is waited for.
const PASS_FRAMES: u32 = 20;
const IN_FLIGHT: u32 = 4;

/// Measures `networks` at all sizes, in all variants.
///
/// # Errors
/// The errors of the device, apart from those of single sizes, which are reported.
pub async fn measure(gpu: &Gpu, networks: &[BenchNetwork], arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let choice = Choice::measure(gpu).await?.variant;
    let choosing = since(start);
    let ceilings = Ceilings::measure(gpu).await?;
    let Ceilings { gflops, half_gflops, gbytes } = ceilings;
    let info = gpu.info();
    if arguments.json {
        say!(
            "{}",
            json!({ "adapter": info.name, "driver": format!("{} {}", info.driver, info.driver_info).trim(),
                "backend": info.backend.to_string(), "software": gpu.software(), "half": gpu.half(),
                "timestamps": gpu.timestamps(), "chosen": choice.name(), "choosing_ms": rounded(choosing),
                "gflops": rounded(gflops), "half_gflops": half_gflops.map(rounded), "gbytes": rounded(gbytes) })
        );
    } else {
        say!("{}: chooses {} in {choosing:.0} ms", info.name, choice.name());
        let half = half_gflops.map_or_else(String::new, |rate| format!(" ({rate:.0} in 16 bits)"));
        say!("at most {gflops:.0} GFLOP/s{half} and {gbytes:.0} GB/s");
    }
    for network in networks {
        for variant in chosen(&arguments.variants, choice, gpu) {
            let start = Instant::now();
            let model = Model::load(gpu, network.net.clone(), &network.archive, variant).await?;
            gpu.done().await?;
            let loading = since(start);
            for size in &arguments.sizes {
                match frames(gpu, network, &model, *size, arguments).await {
                    Ok(figures) => {
                        let mut figures = Figures { loading, ..figures };
                        figures.compare(&ceilings, variant.half);
                        figures.print(arguments.json);
                    }
                    Err(error) => alert!("{}, {}x{}, {}: {error}", network.name, size.0, size.1, variant.name()),
                }
            }
        }
    }
    Ok(())
}

/// Returns the variants to measure, of those that the adapter supports.
fn chosen(given: &[Variants], choice: Variant, gpu: &Gpu) -> Vec<Variant> {
    let variants = |one: &Variants| match one {
        Variants::All => Variant::all(),
        Variants::One(variant) => vec![*variant],
    };
    let all: Vec<Variant> = if given.is_empty() { vec![choice] } else { given.iter().flat_map(variants).collect() };
    let (able, unable): (Vec<_>, Vec<_>) = all.into_iter().partition(|variant| gpu.half() || !variant.half);
    for variant in unable {
        alert!("{} needs 16-bit arithmetic, which this adapter does not have", variant.name());
    }
    able
}

async fn frames<'n>(
    gpu: &Gpu,
    network: &'n BenchNetwork,
    model: &Model,
    size: (usize, usize),
    arguments: &Arguments,
) -> Result<Figures<'n>> {
    let start = Instant::now();
    let plan = model.plan(gpu, size.0, size.1).await?;
    let frame = plan.frame(gpu, size).await?;
    let photo: Vec<u8> = (0..size.0 * size.1 * 4).map(|i| ((i * 7919) >> 3) as u8).collect();
    frame.upload(gpu, &photo)?;
    plan.set_style(gpu, &network.style())?;
    plan.run(gpu, &frame, |_| {});
    gpu.done().await?;
    let first = since(start);
    let count = arguments.frames;
    let start = Instant::now();
    let mut warm = 0;
    while warm < count.div_ceil(10) || since(start) < WARM_MS {
        plan.run(gpu, &frame, |_| {});
        gpu.done().await?;
        warm += 1;
    }
    let mut alone = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        plan.run(gpu, &frame, |_| {});
        gpu.done().await?;
        alone.push(since(start));
    }
    let start = Instant::now();
    for i in 1..=count {
        plan.run(gpu, &frame, |_| {});
        if i.is_multiple_of(IN_FLIGHT) {
            gpu.done().await?;
        }
    }
    gpu.done().await?;
    let in_a_row = since(start) / f64::from(count);
    let mut device = Vec::new();
    for _ in 0..count {
        device.extend(plan.device_times(gpu, &frame, false).await?);
    }
    let mut passes = Vec::new();
    if arguments.passes {
        let mut times = Vec::new();
        for _ in 0..count.min(PASS_FRAMES) {
            times.push(plan.device_times(gpu, &frame, true).await?);
        }
        for (i, name) in model.dispatch_names(size)?.into_iter().enumerate() {
            let spread = Spread::of(times.iter().filter_map(|frame| frame.get(i).copied()).collect());
            passes.extend(spread.map(|spread| (name, spread.median)));
        }
    }
    let cost = plan.cost();
    Ok(Figures {
        network: &network.name,
        size,
        kernels: model.variant().name(),
        frames: count,
        first,
        device: Spread::of(device),
        in_a_row,
        alone: Spread::of(alone),
        multiply_adds: cost.multiply_adds,
        bytes: Some(cost.bytes_read + cost.bytes_written),
        dispatches: cost.dispatches,
        memory: cost.memory,
        passes,
        ..Figures::default()
    })
}
