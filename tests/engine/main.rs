//! Networks on the processor and on graphics adapters: kernels, executors, sessions and schedules.

mod arbitrary;
mod bare_kernel;
#[path = "../common/mod.rs"]
mod common;
mod cpu;
mod cpu_differentiable;
mod cpu_layers;
mod cpu_picture;
mod cpu_predictor;
mod devices;
mod kernels;
mod onnx_conformance;
mod onnx_vector;
mod predictor;
mod random_network;
mod schedule;
mod shaders;
mod steady;
mod tiled;
mod transfer26;
mod vgg;
