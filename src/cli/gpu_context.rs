//! The device with a loaded network, as the commands use it. Device and kernel variant are selected once.

use impasto::error::{Error, Result};
use impasto::gpu::conv::Variant;
use impasto::gpu::device::Request;
use impasto::gpu::{Choice, Gpu};
use impasto::stylize::StylizeModel;
use impasto::weights::Archive;

use super::autotune_cache;

/// The built-in weight archives, part of the binary: the network of 26 styles, and the network for paintings.
pub const ARCHIVE: &[u8] = include_bytes!("../../weights/transfer26.safetensors");
pub const ARBITRARY: &[u8] = include_bytes!("../../weights/arbitrary.safetensors");

/// The VGG16 weights, in two parts.
#[cfg(feature = "studio")]
pub const VGG16_TO_RELU4_3: &[u8] = include_bytes!("../../weights/vgg16-to-relu4_3.safetensors");
#[cfg(feature = "studio")]
pub const VGG16_BLOCK5: &[u8] = include_bytes!("../../weights/vgg16-block5.safetensors");

/// An open device with a loaded network.
pub struct GpuContext {
    pub gpu: Gpu,
    pub model: StylizeModel,
}

impl GpuContext {
    /// Opens the fastest adapter and loads the network with the kernels of `variant`, by default with the variant that
    /// was cached or measured for this adapter.
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

/// Returns the name of the adapter.
pub fn adapter(gpu: &Gpu) -> &str {
    &gpu.info().name
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
