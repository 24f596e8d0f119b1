//! Steps of optimization and of training.

use std::time::Instant;

use impasto::error::Result;
use impasto::image::Image;
use impasto::net::models::transfer26;
use impasto::procedural::{Kind, SCENE};
use impasto::settings::{Convolutions, TrainSettings};
use impasto::style::StyleSet;
use impasto::train::optimize_image::bench_step::BenchStep;
use impasto::train::train_style::{InitState, TrainData, Training};
use impasto::train::transfer_net::{TransferNet, weights};
use impasto::weights::Archive;
use serde_json::json;

use super::arguments::{Arguments, BenchJob};
use super::figures::{Spread, rounded, since};
use crate::cli::burn_device::BurnDevice;
use crate::cli::device::{ARCHIVE, VGG16_TO_RELU4_3};
use crate::cli::report::{alert, say};

/// Measures the jobs that were asked for, on pictures of `--side` pixels a side.
///
/// # Errors
/// If there is no device.
pub fn measure(arguments: &Arguments) -> Result<()> {
    if arguments.jobs.is_empty() {
        return Ok(());
    }
    let device = BurnDevice::open(arguments.device.backend, None)?;
    for job in &arguments.jobs {
        if let Err(error) = measure_job(*job, &device, arguments) {
            alert!("{}: {error}", job.name());
        }
    }
    Ok(())
}

fn measure_job(job: BenchJob, device: &BurnDevice, arguments: &Arguments) -> Result<()> {
    let side = arguments.side as usize;
    let mut step = prepared(job, device, side, arguments.steps as usize)?;
    let start = Instant::now();
    step()?;
    let first = since(start);
    let mut times = Vec::new();
    for _ in 0..arguments.steps {
        let start = Instant::now();
        step()?;
        times.push(since(start));
    }
    let Some(spread) = Spread::of(times) else { return Ok(()) };
    if arguments.json {
        say!(
            "{}",
            json!({ "job": job.name(), "side": side, "device": device.name, "steps": arguments.steps,
                "first_ms": rounded(first), "step_ms": spread.json() })
        );
        return Ok(());
    }
    say!("{}, {side}x{side}, on {}", job.name(), device.name);
    let Spread { median, low, high } = spread;
    say!("  a step          {median:.1} ms ({low:.1} to {high:.1}); the first {first:.1} ms");
    Ok(())
}

/// Returns what runs one step of `job`, and waits until it is done.
fn prepared(
    job: BenchJob,
    BurnDevice { device, .. }: &BurnDevice,
    side: usize,
    steps: usize,
) -> Result<Box<dyn FnMut() -> Result<()>>> {
    let vgg = Archive::parse(VGG16_TO_RELU4_3)?;
    if job == BenchJob::Paint {
        let step = BenchStep::new(Convolutions::of(device), &vgg, side, device)?;
        return Ok(Box::new(move || pollster::block_on(step.step())));
    }
    let archive = Archive::parse(ARCHIVE)?;
    let net = transfer26::network();
    let styles = StyleSet::read(&archive, &net.norms)?;
    let style = styles.mix(&vec![1.0 / styles.len() as f32; styles.len()])?;
    let weights = (job == BenchJob::TrainAll).then(|| weights(&net, &archive)).transpose()?;
    let executor = TransferNet::load(net, &archive, device)?;
    let photos: Vec<Image> = (0..2).map(|seed| SCENE.paint(2 * side, seed)).collect::<Result<_>>()?;
    let paintings = [(Kind::named("waves")?.paint(2 * side, 1)?, 1.0)];
    let settings = TrainSettings { steps: steps + 1, crop: side, painting: side, ..TrainSettings::defaults()? };
    let data = TrainData { paintings: &paintings, photos: &photos };
    let mut training = Training::new(executor, &vgg, settings, &data, InitState { style, weights }, None, device)?;
    Ok(Box::new(move || pollster::block_on(training.step()).map(drop)))
}
