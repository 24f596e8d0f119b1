//! The device that networks run on.

use std::rc::Rc;

use crate::error::Result;
use crate::gpu::conv::Variant;
use crate::gpu::device::Request;
use crate::gpu::{Choice, Gpu};

/// A device that runs networks. Clones share it.
#[derive(Clone)]
pub enum Device {
    /// A graphics adapter.
    Gpu(GpuDevice),
}

/// A graphics adapter, and the variant of the kernels that it runs.
#[derive(Clone)]
pub struct GpuDevice {
    /// The adapter.
    pub gpu: Rc<Gpu>,
    /// Storage type and kernel family of the convolutions.
    pub variant: Variant,
}

impl Device {
    /// Opens the fastest graphics adapter, and measures which kernels it runs fastest.
    ///
    /// # Errors
    /// [`Error::NoAdapter`](crate::error::Error::NoAdapter) if there is none, and the errors of the device.
    pub async fn gpu() -> Result<Self> {
        let gpu = Gpu::open(Request::default()).await?;
        let variant = Choice::measure(&gpu).await?.variant;
        Ok(Self::from_gpu(gpu, variant))
    }

    /// Returns the device of an open adapter that runs the kernels of `variant`.
    pub fn from_gpu(gpu: impl Into<Rc<Gpu>>, variant: Variant) -> Self {
        Self::Gpu(GpuDevice { gpu: gpu.into(), variant })
    }

    /// Returns the name of the device.
    pub fn name(&self) -> &str {
        match self {
            Self::Gpu(device) => &device.gpu.info().name,
        }
    }

    /// Returns the name of the kernels that the device runs.
    pub fn kernels(&self) -> String {
        match self {
            Self::Gpu(device) => device.variant.name(),
        }
    }

    /// Resolves when all submitted work is done.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn done(&self) -> Result<()> {
        match self {
            Self::Gpu(device) => device.gpu.done().await,
        }
    }
}
