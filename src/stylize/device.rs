//! The device that networks run on.

use std::rc::Rc;

#[cfg(feature = "cpu")]
use crate::cpu::{InstructionSet, Workers};
use crate::error::Result;
#[cfg(feature = "gpu")]
use crate::gpu::conv::Variant;
#[cfg(feature = "gpu")]
use crate::gpu::device::Request;
#[cfg(feature = "gpu")]
use crate::gpu::{Choice, Gpu};

/// A device that runs networks. Clones share it.
#[derive(Clone)]
pub enum Device {
    /// A graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(GpuDevice),
    /// The processor.
    #[cfg(feature = "cpu")]
    Cpu(CpuDevice),
}

/// A graphics adapter, and the variant of the kernels that it runs.
#[cfg(feature = "gpu")]
#[derive(Clone)]
pub struct GpuDevice {
    /// The adapter.
    pub gpu: Rc<Gpu>,
    /// Storage type and kernel family of the convolutions.
    pub variant: Variant,
}

/// The processor: its instructions and threads, and the memory that networks and pictures may take.
#[cfg(feature = "cpu")]
#[derive(Clone)]
pub struct CpuDevice {
    /// The instruction set of the kernels.
    pub set: InstructionSet,
    /// The threads that share the work of a frame.
    pub workers: Rc<Workers>,
    /// Limit for the memory of one session, in bytes.
    pub memory: u64,
}

impl Device {
    /// Opens the fastest graphics adapter, and measures which kernels it runs fastest.
    ///
    /// # Errors
    /// [`Error::NoAdapter`](crate::error::Error::NoAdapter) if there is none, and the errors of the device.
    #[cfg(feature = "gpu")]
    pub async fn gpu() -> Result<Self> {
        let gpu = Gpu::open(Request::default()).await?;
        let variant = Choice::measure(&gpu).await?.variant;
        Ok(Self::from_gpu(gpu, variant))
    }

    /// Returns the device of an open adapter that runs the kernels of `variant`.
    #[cfg(feature = "gpu")]
    pub fn from_gpu(gpu: impl Into<Rc<Gpu>>, variant: Variant) -> Self {
        Self::Gpu(GpuDevice { gpu: gpu.into(), variant })
    }

    /// Returns the processor with its fastest instruction set. A session may take `memory` bytes.
    #[cfg(feature = "cpu")]
    pub fn cpu(workers: Workers, memory: u64) -> Self {
        Self::Cpu(CpuDevice { set: InstructionSet::best(), workers: Rc::new(workers), memory })
    }

    /// Returns the name of the device.
    pub fn name(&self) -> &str {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(device) => &device.gpu.info().name,
            #[cfg(feature = "cpu")]
            Self::Cpu(_) => "the processor",
        }
    }

    /// Returns the name of the kernels that the device runs.
    pub fn kernels(&self) -> String {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(device) => device.variant.name(),
            #[cfg(feature = "cpu")]
            Self::Cpu(device) => {
                let threads = device.workers.threads();
                format!("{}, {threads} {}", device.set.name(), if threads == 1 { "thread" } else { "threads" })
            }
        }
    }

    /// Resolves when all submitted work is done.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn done(&self) -> Result<()> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(device) => device.gpu.done().await,
            #[cfg(feature = "cpu")]
            Self::Cpu(_) => Ok(()),
        }
    }
}
