//! Lowering of networks to fused stages, and of their tensors to shared buffers. Pure data: the GPU and the CPU executor
//! run the same stages.

pub mod lifetimes;
pub mod mobilenet;
pub mod transfer;
