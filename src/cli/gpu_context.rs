//! The device with the network on it, as the commands need it: opened once, with kernels chosen once.

use impasto::error::{Error, Result};
use impasto::gpu::conv::Variant;
use impasto::gpu::device::Request;
use impasto::gpu::{Choice, Gpu};
use impasto::stylize::StylizeModel;
use impasto::weights::Archive;

use super::autotune_cache;

/// The archives that ship, so that the tool is one file: the network of 26 styles, and that which takes any painting.
pub const ARCHIVE: &[u8] = include_bytes!("../../weights/transfer26.safetensors");
pub const ARBITRARY: &[u8] = include_bytes!("../../weights/arbitrary.safetensors");

/// VGG16, in two parts.
#[cfg(feature = "studio")]
pub const VGG16_TO_RELU4_3: &[u8] = include_bytes!("../../weights/vgg16-to-relu4_3.safetensors");
#[cfg(feature = "studio")]
pub const VGG16_BLOCK5: &[u8] = include_bytes!("../../weights/vgg16-block5.safetensors");

/// An open device and the painter on it.
pub struct GpuContext {
    pub gpu: Gpu,
    pub model: StylizeModel,
}

impl GpuContext {
    /// Opens the fastest adapter and loads the network, with the kernels of `variant` or, without it, those remembered or
    /// measured for this adapter.
    pub async fn open(archive: &Archive, variant: Option<Variant>) -> Result<Self> {
        let gpu = Gpu::open(Request::default()).await?;
        let variant = match variant {
            Some(variant) if variant.half && !gpu.half() => {
                let name = variant.name();
                return Err(Error::Picture(format!(
                    "{name} needs 16-bit arithmetic, which {} does not have",
                    adapter(&gpu)
                )));
            }
            Some(variant) => variant,
            None => chosen(&gpu).await?,
        };
        let model = StylizeModel::load(&gpu, archive, variant).await?;
        Ok(Self { gpu, model })
    }
}

/// The adapter's name.
pub fn adapter(gpu: &Gpu) -> &str {
    &gpu.info().name
}

/// The kernels that were chosen for this adapter before, or a new measurement, remembered for the next time.
pub async fn chosen(gpu: &Gpu) -> Result<Variant> {
    let key = autotune_cache::key(gpu.info());
    if let Some(choice) = autotune_cache::recall(&key).and_then(|name| Choice::remembered(gpu, &name)) {
        return Ok(choice.variant);
    }
    let choice = Choice::measure(gpu).await?;
    autotune_cache::store(&key, &choice.variant.name());
    Ok(choice.variant)
}

/// The variant that someone named.
pub fn variant(name: &str) -> std::result::Result<Variant, String> {
    let names = || Variant::all().iter().map(Variant::name).collect::<Vec<_>>().join(", ");
    Variant::from_name(name).ok_or_else(|| format!("there is no such variant; they are {}", names()))
}
