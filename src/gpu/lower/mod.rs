//! From networks to the stages that kernels run. Plain data: nothing here needs a device.

pub mod mobilenet;
pub mod transfer;
