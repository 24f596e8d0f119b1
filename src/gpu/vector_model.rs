//! Networks that compute a vector from a picture: compiled for one picture size, run once per picture, read back.

use bytemuck::cast_slice;
use wgpu::BufferUsages;

use super::device::Gpu;
use super::executable::{Executable, Resources};
use super::input::{Frame, InputTensor};
use super::mobilenet::{Kernel, QUADS_A_THREAD, kernels};
use super::schedule::mobilenet::schedule;
use crate::error::{Error, Result};
use crate::net::{Network, Shape};
use crate::weights::Archive;

/// A network on a device with its weights, compiled for pictures of one size.
pub struct VectorPlan {
    size: [u32; 2],
    /// Length of the output vector.
    count: usize,
    executable: Executable,
}

impl VectorPlan {
    /// Loads `net` with the weights of `archive` for pictures of `width` x `height`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights of a wrong shape, [`Error::Model`] for layers that the kernels cannot run or an
    /// output of more than one pixel; otherwise as [`Network::shapes`], and the errors of the device.
    pub async fn new(gpu: &Gpu, net: &Network, archive: &Archive, size: (usize, usize)) -> Result<Self> {
        Self::with_quads(gpu, net, archive, size, QUADS_A_THREAD[usize::from(gpu.software())]).await
    }

    /// As [`VectorPlan::new`], with at most `quads` quads of outputs per thread of the 1x1 kernel.
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
        let kernels = kernels(net, quads)?;
        let last = shapes[net.output()];
        if last.width * last.height != 1 {
            let problem = format!("has an output of {} x {} pixels; one pixel is needed", last.width, last.height);
            return Err(Error::Model { file: net.name.clone(), problem });
        }
        let weights = kernels.iter().map(|kernel| weights(kernel, archive)).collect::<Result<Vec<_>>>()?;
        gpu.scoped(|| Self::build(gpu, &kernels, &weights, &shapes)).await
    }

    fn build(gpu: &Gpu, kernels: &[Kernel], values: &[[Vec<f32>; 2]], shapes: &[Shape]) -> Result<Self> {
        let schedule = schedule(kernels, shapes);
        let filled = |side: usize| {
            let filled = |values: &[Vec<f32>; 2]| {
                let values = &values[side];
                (!values.is_empty()).then(|| gpu.filled("weights", cast_slice(values), BufferUsages::STORAGE))
            };
            values.iter().map(filled).collect::<Vec<_>>()
        };
        let (weights, biases) = (filled(0), filled(1));
        let pipelines: Vec<_> = kernels.iter().map(|kernel| gpu.pipeline(kernel.file(), &kernel.wgsl())).collect();
        let resources = Resources { pipelines: &pipelines, weights: &weights, biases: &biases, norms: None };
        Ok(Self {
            size: [shapes[0].width as u32, shapes[0].height as u32],
            count: kernels.last().map_or(0, |kernel| shapes[kernel.stage.tensor].channels),
            executable: Executable::new(gpu, &schedule, resources, BufferUsages::COPY_SRC)?,
        })
    }

    /// Creates a frame for pictures of `size`, which are resized to the network's size.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        let picture = (self.size[0] as usize, self.size[1] as usize).into();
        let input_tensor = InputTensor { tensor: &self.executable.input, half: false, picture, padded: self.size };
        Frame::new(gpu, input_tensor, size).await
    }

    /// Runs the network on `frame`, created by [`VectorPlan::frame`], and returns its output.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&self, gpu: &Gpu, frame: &Frame) -> Result<Vec<f32>> {
        gpu.check()?;
        let bytes = self.count as u64 * 4;
        let make = || Ok(gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ));
        let staging = gpu.scoped(make).await?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        frame.record(&mut pass);
        self.executable.record(&mut pass);
        drop(pass);
        // The output has one pixel, so the quads of channels are contiguous.
        encoder.copy_buffer_to_buffer(&self.executable.output, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let bytes = gpu.download(&staging).await?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

/// Returns weights and biases of a kernel in its layout; both are empty if it has none.
fn weights(kernel: &Kernel, archive: &Archive) -> Result<[Vec<f32>; 2]> {
    let Some((name, shape)) = kernel.stage.weight() else { return Ok([vec![], vec![]]) };
    let weight = kernel.pack(&archive.tensor(name, &shape)?);
    let mut bias = match &kernel.stage.bias {
        Some(bias) => archive.tensor(bias, &[shape[0]])?,
        None => vec![0.0; shape[0]],
    };
    bias.resize(shape[0].next_multiple_of(4), 0.0);
    Ok([weight, bias])
}
