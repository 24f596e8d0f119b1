//! The CPU executor: runs transfer networks in SIMD, on one thread or several.
//!
//! Tensors are `[height][width][channels]`, with channels padded by zeros to a multiple of four. A stage is one fused
//! convolution. It is computed in bands of whole output rows: a band normalizes the input rows that it reads into scratch
//! memory, with the border around them, and convolves them. 3x3 and 9x9 convolutions use Winograd's algorithm, all others
//! multiply directly; both end in the matrix product of `gemm`.
//!
//! `vector_model` runs networks that compute a vector, with the kernels of `mobilenet`, and `picture` has what happens to
//! pixels before and after a network.

#[cfg(feature = "native")]
pub mod ceiling;
mod conv3x3;
#[cfg(any(feature = "native", feature = "train"))]
mod conv3x3_deep;
mod conv9x9;
mod conv_general;
mod conv_stride2;
pub mod convolution;
#[cfg(any(feature = "native", feature = "train"))]
pub mod differentiable;
pub mod gemm;
#[cfg(all(feature = "threads", target_arch = "wasm32"))]
pub mod host_threads;
pub mod instruction_set;
mod lanes;
mod mobilenet;
pub mod model;
#[cfg(any(feature = "native", feature = "train"))]
pub mod nearest;
mod packed;
pub mod picture;
pub mod plan;
pub mod rows;
pub mod statistics;
mod tiles;
pub mod vector_model;
mod winograd;
pub mod workers;

pub use convolution::CpuConvolution;
pub use instruction_set::InstructionSet;
pub use model::CpuModel;
#[cfg(any(feature = "native", feature = "train"))]
pub use nearest::nearest;
pub use plan::CpuPlan;
pub use vector_model::CpuVectorModel;
pub use workers::Workers;
