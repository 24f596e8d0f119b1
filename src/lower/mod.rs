//! Lowering of networks to fused stages, and of their tensors to shared buffers; statistics of their channels. Pure data: the
//! GPU and the CPU executor run the same stages.

pub mod lifetimes;
pub mod mobilenet;
pub mod moments;
pub mod transfer;
