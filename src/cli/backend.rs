//! The choice between graphics adapter and processor.

use clap::{Args, ValueEnum};

/// The device that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// The faster of both
    Auto,
    /// The graphics adapter
    Gpu,
    /// The processor
    Cpu,
}

/// The option for the device.
#[derive(Debug, Args)]
pub struct BackendArguments {
    /// Device that computes: the graphics adapter, the processor, or the faster of both
    #[arg(long, alias = "processor", value_enum, default_value_t = Backend::Auto)]
    pub backend: Backend,
}
