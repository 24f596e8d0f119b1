//! Lowering of MobileNet-like networks to the stages that kernels run; `crate::lower` has that of transfer networks.
//! Pure data: nothing here needs a device.

pub mod mobilenet;
