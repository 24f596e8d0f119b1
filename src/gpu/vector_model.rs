//! Networks that turn a picture into a few numbers: compiled for one picture size, run once a picture, read back.

use bytemuck::{Pod, Zeroable, bytes_of, cast_slice};
use wgpu::BufferUsages;

use super::device::Gpu;
use super::input::{Frame, InputTensor};
use super::lifetimes::{Lifetime, assign};
use super::lower::mobilenet::{QUADS_A_THREAD, Stage, stages};
use super::step::Step;
use crate::error::{Error, Result};
use crate::net::{Network, Shape};
use crate::weights::Archive;

/// A network on a device, for pictures of one size and with all it needs.
pub struct VectorPlan {
    size: [u32; 2],
    input: wgpu::Buffer,
    output: wgpu::Buffer,
    /// How many numbers come out.
    count: usize,
    steps: Vec<Step>,
}

/// Uniforms of `pointwise.wgsl`, `depthwise.wgsl`, `conv3x3_rgb.wgsl` and `global_mean.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct StageShape {
    in_size: [u32; 2],
    out_size: [u32; 2],
    in_quads: u32,
    out_quads: u32,
    unused: [u32; 2],
}

impl VectorPlan {
    /// Loads `net` with the weights of `archive` for pictures of `width` x `height`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights that do not fit, [`Error::Model`] for layers that the kernels cannot run or an output of
    /// more than one pixel; otherwise as [`Network::shapes`], and what the device says.
    pub async fn new(gpu: &Gpu, net: &Network, archive: &Archive, size: (usize, usize)) -> Result<Self> {
        Self::with_quads(gpu, net, archive, size, QUADS_A_THREAD[usize::from(gpu.software())]).await
    }

    /// As [`VectorPlan::new`], with at most `quads` quads of outputs a thread of the 1x1 kernel.
    ///
    /// # Errors
    /// As [`VectorPlan::new`].
    pub async fn with_quads(
        gpu: &Gpu,
        net: &Network,
        archive: &Archive,
        (width, height): (usize, usize),
        quads: u32,
    ) -> Result<Self> {
        let shapes = net.shapes(height, width)?;
        let stages = stages(net, quads)?;
        let last = shapes[net.output()];
        if last.width * last.height != 1 {
            let problem = format!("makes {} x {} pixels where one is needed", last.width, last.height);
            return Err(Error::Model { file: net.name.clone(), problem });
        }
        let weights = stages.iter().map(|stage| weights(stage, archive)).collect::<Result<Vec<_>>>()?;
        gpu.scoped(|| Ok(Self::build(gpu, &stages, &weights, &shapes))).await
    }

    fn build(gpu: &Gpu, stages: &[Stage], weights: &[[Vec<f32>; 2]], shapes: &[Shape]) -> Self {
        let stored: Vec<Shape> = std::iter::once(0).chain(stages.iter().map(|s| s.tensor)).map(|t| shapes[t]).collect();
        // Tensor 0 is written in step 0, what stage i writes in step i + 1, and the last one is read behind all steps.
        let life = |(t, shape): (usize, &Shape)| {
            let last_read = stages.iter().rposition(|s| s.input == t || s.skip == Some(t)).map_or(stages.len(), |i| i);
            let bytes = (shape.channels.div_ceil(4) * shape.height * shape.width * 16) as u64;
            Lifetime { bytes, written: t, last_read: last_read + 1 }
        };
        let lifetimes: Vec<_> = stored.iter().enumerate().map(life).collect();
        let assignment = assign(&lifetimes);
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let buffers: Vec<_> = assignment.bytes.iter().map(|&bytes| gpu.buffer("tensor", bytes, usage)).collect();
        let tensor = |t: usize| &buffers[assignment.buffer_of[t]];

        let step = |(i, (stage, [weight, bias])): (usize, (&Stage, &[Vec<f32>; 2]))| {
            let (input, output) = (stored[stage.input], stored[i + 1]);
            let shape = StageShape {
                in_size: [input.width as u32, input.height as u32],
                out_size: [output.width as u32, output.height as u32],
                in_quads: input.channels.div_ceil(4) as u32,
                out_quads: output.channels.div_ceil(4) as u32,
                unused: [0; 2],
            };
            let pipeline = gpu.pipeline(stage.file(), &stage.wgsl());
            let shape = gpu.filled("shape", bytes_of(&shape), BufferUsages::UNIFORM);
            let filled = |values: &Vec<f32>| {
                (!values.is_empty()).then(|| gpu.filled("weights", cast_slice(values), BufferUsages::STORAGE))
            };
            let (weight, bias) = (filled(weight), filled(bias));
            // In the order of the shader's bindings; `None` where this kernel has no such binding.
            let bound = [
                Some(&shape),
                Some(tensor(stage.input)),
                weight.as_ref(),
                bias.as_ref(),
                Some(tensor(i + 1)),
                stage.skip.map(tensor),
            ];
            let resources = bound.map(|buffer| buffer.map(wgpu::Buffer::as_entire_binding));
            Step::new(gpu, pipeline, resources, stage.workgroups(output))
        };
        Self {
            size: [stored[0].width as u32, stored[0].height as u32],
            input: tensor(0).clone(),
            output: tensor(stages.len()).clone(),
            count: stored[stages.len()].channels,
            steps: stages.iter().zip(weights).enumerate().map(step).collect(),
        }
    }

    /// Room for pictures of `size`, which the network sees resized to its own.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and what the device says.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        let input_tensor = InputTensor { tensor: &self.input, half: false, picture: self.size, padded: self.size };
        Frame::new(gpu, input_tensor, size).await
    }

    /// Runs the network on `frame`, made by [`VectorPlan::frame`], and reads its output.
    ///
    /// # Errors
    /// What went wrong on the device.
    pub async fn read(&self, gpu: &Gpu, frame: &Frame) -> Result<Vec<f32>> {
        gpu.check()?;
        let bytes = self.count as u64 * 4;
        let make = || Ok(gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ));
        let staging = gpu.scoped(make).await?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        frame.record(&mut pass);
        self.steps.iter().for_each(|step| step.record(&mut pass));
        drop(pass);
        // One pixel a quad: the channels lie one behind the other.
        encoder.copy_buffer_to_buffer(&self.output, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let bytes = gpu.download(&staging).await?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

/// Weights and biases of a stage as its kernel reads them, empty where it has none.
fn weights(stage: &Stage, archive: &Archive) -> Result<[Vec<f32>; 2]> {
    let Some((name, shape)) = stage.weight() else { return Ok([vec![], vec![]]) };
    let weight = stage.pack(&archive.tensor(name, &shape)?);
    let mut bias = match &stage.bias {
        Some(bias) => archive.tensor(bias, &[shape[0]])?,
        None => vec![0.0; shape[0]],
    };
    bias.resize(shape[0].next_multiple_of(4), 0.0);
    Ok([weight, bias])
}
