//! The choice between graphics adapter and processor.

use clap::{Args, ValueEnum};
use impasto::error::Result;
use impasto::gpu::Gpu;
use impasto::gpu::device::Request;

/// The device that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// The graphics adapter if it is likely to be faster, otherwise the processor
    Auto,
    /// The graphics adapter
    Gpu,
    /// The processor
    Cpu,
}

impl Backend {
    /// Opens the graphics adapter, unless the processor computes: if it is requested, or with `auto` if there is no adapter
    /// or only one that is a program, which runs on the same processor, more slowly.
    ///
    /// # Errors
    /// [`impasto::error::Error::NoAdapter`] if a graphics adapter was requested and there is none.
    pub async fn adapter(self) -> Result<Option<Gpu>> {
        self.adapter_with(Request::default()).await
    }

    /// As [`Self::adapter`], opened with `request`.
    ///
    /// # Errors
    /// As [`Self::adapter`].
    pub async fn adapter_with(self, request: Request) -> Result<Option<Gpu>> {
        if self == Self::Cpu {
            return Ok(None);
        }
        match Gpu::open(request).await {
            Ok(gpu) if self == Self::Gpu || !gpu.software() => Ok(Some(gpu)),
            Err(error) if self == Self::Gpu => Err(error),
            _ => Ok(None),
        }
    }
}

/// The option for the device.
#[derive(Debug, Args)]
pub struct BackendArguments {
    /// Device that computes
    #[arg(long, alias = "processor", value_enum, default_value_t = Backend::Auto)]
    pub backend: Backend,
}
