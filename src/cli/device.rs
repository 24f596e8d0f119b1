//! The device that networks run on, as the commands use it, and the archives of the program.

use std::time::{Duration, Instant};

use impasto::cpu::Workers;
use impasto::error::Result;
use impasto::gpu::conv::Variant;
use impasto::gpu::{Choice, Gpu};
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::Archive;

use super::autotune_cache;
use super::backend::Backend;
use super::photos::ReadArguments;

/// The built-in weight archives, part of the binary: the network of 26 styles, and the network for paintings.
pub const ARCHIVE: &[u8] = include_bytes!("../../weights/transfer26.safetensors");
pub const ARBITRARY: &[u8] = include_bytes!("../../weights/arbitrary.safetensors");

/// The side of the picture, in pixels, and the number of frames that compare graphics adapter and processor.
const TIMED_SIDE: usize = 256;
const TIMED_FRAMES: usize = 3;

/// The VGG16 weights, in two parts.
#[cfg(feature = "studio")]
pub const VGG16_TO_RELU4_3: &[u8] = include_bytes!("../../weights/vgg16-to-relu4_3.safetensors");
#[cfg(feature = "studio")]
pub const VGG16_BLOCK5: &[u8] = include_bytes!("../../weights/vgg16-block5.safetensors");

/// Opens the device of `backend`. On the processor, a picture may take the memory that `reading` allows.
///
/// # Errors
/// As [`Backend::adapter`], and the errors of the device.
pub async fn open(backend: Backend, reading: &ReadArguments) -> Result<Device> {
    let cpu = || Device::cpu(Workers::all(), reading.options(None).limits.memory);
    let Some(gpu) = backend.adapter().await? else { return Ok(cpu()) };
    let variant = chosen(&gpu).await?;
    let key = format!("{} | beside the processor", autotune_cache::key(gpu.info()));
    let gpu = Device::from_gpu(gpu, variant);
    if backend == Backend::Gpu {
        return Ok(gpu);
    }
    let faster = match autotune_cache::load(&key) {
        Some(faster) => faster,
        None => {
            let faster = if time(&gpu).await? <= time(&cpu()).await? { "gpu" } else { "cpu" };
            autotune_cache::store(&key, faster);
            faster.to_string()
        }
    };
    Ok(if faster == "cpu" { cpu() } else { gpu })
}

/// Returns the shortest time of a frame of the 26-style network with [`TIMED_SIDE`] pixels on each side.
async fn time(device: &Device) -> Result<Duration> {
    let model = StylizeModel::load(device, &Archive::parse(ARCHIVE)?).await?;
    let mut session = model.session(TIMED_SIDE, TIMED_SIDE).await?;
    session.read().await?;
    let mut shortest = Duration::MAX;
    for _ in 0..TIMED_FRAMES {
        let start = Instant::now();
        session.invalidate();
        session.read().await?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}

/// Returns the cached kernel variant for this adapter, or measures the variants and stores the choice.
pub async fn chosen(gpu: &Gpu) -> Result<Variant> {
    let key = autotune_cache::key(gpu.info());
    if let Some(choice) = autotune_cache::load(&key).and_then(|name| Choice::stored(gpu, &name)) {
        return Ok(choice.variant);
    }
    let choice = Choice::measure(gpu).await?;
    autotune_cache::store(&key, &choice.variant.name());
    Ok(choice.variant)
}

/// Parses the name of a kernel variant.
pub fn variant(name: &str) -> std::result::Result<Variant, String> {
    let names = || Variant::all().iter().map(Variant::name).collect::<Vec<_>>().join(", ");
    Variant::from_name(name).ok_or_else(|| format!("there is no such variant; the variants are {}", names()))
}
