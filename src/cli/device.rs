//! The device that networks run on, as the commands use it, and the archives of the program.

use impasto::error::Result;
use impasto::gpu::conv::Variant;
use impasto::gpu::device::Request;
use impasto::gpu::{Choice, Gpu};
use impasto::stylize::Device;

use super::autotune_cache;

/// The built-in weight archives, part of the binary: the network of 26 styles, and the network for paintings.
pub const ARCHIVE: &[u8] = include_bytes!("../../weights/transfer26.safetensors");
pub const ARBITRARY: &[u8] = include_bytes!("../../weights/arbitrary.safetensors");

/// The VGG16 weights, in two parts.
#[cfg(feature = "studio")]
pub const VGG16_TO_RELU4_3: &[u8] = include_bytes!("../../weights/vgg16-to-relu4_3.safetensors");
#[cfg(feature = "studio")]
pub const VGG16_BLOCK5: &[u8] = include_bytes!("../../weights/vgg16-block5.safetensors");

/// Opens the device.
///
/// # Errors
/// [`Error::NoAdapter`](impasto::error::Error::NoAdapter) if there is no graphics adapter.
pub async fn open() -> Result<Device> {
    let gpu = Gpu::open(Request::default()).await?;
    let variant = chosen(&gpu).await?;
    Ok(Device::from_gpu(gpu, variant))
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
