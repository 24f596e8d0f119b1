//! The GPU executor: an adapter and its device, kernels with their specializations, and the compiler that turns a network
//! into a plan: pipelines, bind groups and buffers made once, then one compute pass and one submit a frame.

pub mod bounds;
pub mod choose;
pub mod conv;
pub mod device;
pub mod frame;
pub mod fuse;
pub mod memory;
pub mod mobile;
pub mod model;
pub mod pack;
pub mod plan;
pub mod present;
pub mod steady;
mod step;
pub mod vector;
pub mod wgsl;

pub use choose::Choice;
pub use device::Gpu;
pub use frame::Frame;
pub use plan::{Cost, Plan};
pub use steady::Steadier;
