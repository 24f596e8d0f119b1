//! Image optimization and style training.
#![cfg(feature = "studio")]

mod any_method;
#[path = "../common/mod.rs"]
mod common;
mod convolution;
mod kernels;
mod metrics;
mod neighbours;
mod optimize_image;
mod style_target;
mod train_style;
mod transport;

use std::sync::OnceLock;

use burn::tensor::Device;

/// wgpu's device, opened once for all tests.
fn adapter() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| pollster::block_on(impasto::train::device::gpu()).unwrap())
}
