//! A [`Schedule`] on a device: buffers, pipelines and bind groups, created once, and the dispatches recorded for each
//! frame.

use wgpu::BufferUsages;

use super::device::Gpu;
use super::schedule::{Binding, Program, Schedule};
use super::step::Step;
use crate::error::{Error, Result};

/// Alignment of uniform offsets, in bytes, in WebGPU's default limits (`minUniformBufferOffsetAlignment`).
const UNIFORM_STRIDE: u64 = 256;

/// The resources that the dispatches of a network bind besides its tensors. Indices are stage numbers.
#[derive(Clone, Copy)]
pub(crate) struct Resources<'a> {
    pub pipelines: &'a [wgpu::ComputePipeline],
    pub weights: &'a [Option<wgpu::Buffer>],
    pub biases: &'a [Option<wgpu::Buffer>],
    /// Present only for networks with normalizations.
    pub norms: Option<Norms<'a>>,
}

/// The pipeline and the buffers of the normalizations.
#[derive(Clone, Copy)]
pub(crate) struct Norms<'a> {
    pub pipeline: &'a wgpu::ComputePipeline,
    pub pairs: &'a wgpu::Buffer,
    pub style: &'a wgpu::Buffer,
    pub history: &'a wgpu::Buffer,
}

/// All dispatches of a network, ready to be recorded.
pub(crate) struct Executable {
    pub input: wgpu::Buffer,
    pub output: wgpu::Buffer,
    /// The buffers of the tensors.
    pub buffers: Vec<wgpu::Buffer>,
    steps: Vec<Step>,
}

impl Executable {
    /// Creates the buffers of `schedule`, with `usage` in addition to storage, and its bind groups.
    ///
    /// # Errors
    /// [`Error::Gpu`] if a dispatch needs a resource that `resources` does not have.
    pub fn new(gpu: &Gpu, schedule: &Schedule, resources: Resources, usage: BufferUsages) -> Result<Self> {
        let usage = usage | BufferUsages::STORAGE;
        let buffers: Vec<_> = schedule.buffers.iter().map(|&bytes| gpu.buffer("tensor", bytes, usage)).collect();
        let bytes = UNIFORM_STRIDE * schedule.dispatches.len() as u64;
        let uniforms = gpu.buffer("uniforms", bytes, BufferUsages::UNIFORM | BufferUsages::COPY_DST);
        let Resources { pipelines, weights, biases, norms } = resources;
        let missing = |what: String| Error::Gpu(format!("a dispatch needs {what}, and the network has none"));
        let buffer = |binding: Binding| {
            let found = match binding {
                Binding::Buffer(buffer) => buffers.get(buffer),
                Binding::Weights(stage) => weights.get(stage).and_then(Option::as_ref),
                Binding::Biases(stage) => biases.get(stage).and_then(Option::as_ref),
                Binding::Norms => norms.map(|norms| norms.pairs),
                Binding::Style => norms.map(|norms| norms.style),
                Binding::History => norms.map(|norms| norms.history),
            };
            found.map(wgpu::Buffer::as_entire_binding).ok_or_else(|| missing(format!("{binding:?}")))
        };
        let mut steps = Vec::with_capacity(schedule.dispatches.len());
        for (i, dispatch) in schedule.dispatches.iter().enumerate() {
            let offset = i as u64 * UNIFORM_STRIDE;
            gpu.queue.write_buffer(&uniforms, offset, &dispatch.uniforms);
            let size = wgpu::BufferSize::new(dispatch.uniforms.len() as u64);
            let uniforms = wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: &uniforms, offset, size });
            let bound = dispatch.bindings.iter().map(|binding| binding.map(buffer).transpose());
            let resources = std::iter::once(Ok(Some(uniforms))).chain(bound).collect::<Result<Vec<_>>>()?;
            let pipeline = match dispatch.program {
                Program::Stage(stage) => pipelines.get(stage),
                Program::InstanceNormFold => norms.map(|norms| norms.pipeline),
            };
            let pipeline = pipeline.ok_or_else(|| missing(format!("the pipeline {:?}", dispatch.program)))?;
            steps.push(Step::new(gpu, pipeline.clone(), resources, dispatch.workgroups));
        }
        let [input, output] = [schedule.input, schedule.output].map(|buffer| buffers[buffer].clone());
        Ok(Self { input, output, buffers, steps })
    }

    /// Returns the number of dispatches.
    pub fn dispatches(&self) -> usize {
        self.steps.len()
    }

    /// Records the dispatch of this number.
    pub fn record_dispatch(&self, number: usize, pass: &mut wgpu::ComputePass) {
        self.steps[number].record(pass);
    }

    /// Records all dispatches.
    pub fn record(&self, pass: &mut wgpu::ComputePass) {
        self.steps.iter().for_each(|step| step.record(pass));
    }
}
