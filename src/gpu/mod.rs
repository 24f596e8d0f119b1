//! The GPU executor: an adapter and its device, kernels with their specializations, and the compiler that turns a network
//! into a plan: pipelines, bind groups and buffers made once, then one compute pass and one submit a frame.

pub mod autotune;
pub mod bounds;
pub mod conv;
pub mod device;
pub mod input;
pub mod lifetimes;
pub mod lower;
pub mod model;
pub mod output;
pub mod plan;
pub mod preprocess;
mod step;
pub mod temporal;
pub mod vector_model;
pub mod weight_layout;

pub use autotune::Choice;
pub use device::Gpu;
pub use input::Frame;
pub use plan::{Cost, Plan};
pub use temporal::TemporalFilter;
