//! Lowering of networks to the stages that kernels run. Pure data: nothing here needs a device.

pub mod mobilenet;
pub mod transfer;
