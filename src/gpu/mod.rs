//! The GPU executor: an adapter and its device, kernels with their specializations, and the compiler from a network to
//! a plan. A plan creates pipelines, bind groups and buffers once; a frame is one compute pass and one submit.

pub mod autotune;
pub mod bounds;
#[cfg(feature = "native")]
pub mod ceilings;
pub mod conv;
pub mod device;
mod executable;
pub mod input;
pub mod mobilenet;
pub mod model;
pub mod output;
pub mod plan;
pub mod preprocess;
mod row_moments;
pub mod schedule;
pub mod shaders;
mod step;
pub mod temporal;
pub mod timing;
pub mod uniforms;
mod unroll;
pub mod vector_model;
pub mod weight_layout;

pub use autotune::Choice;
pub use device::Gpu;
pub use input::Frame;
pub use plan::Plan;
pub use schedule::Cost;
pub use temporal::TemporalFilter;
