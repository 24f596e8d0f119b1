//! Runs single kernels on a device of their own with arbitrary inputs, and reads their outputs unchanged. `gpu::Plan`
//! does the same for a network, but with an 8-bit photo as input and a sigmoid at the end.

use bytemuck::cast_slice;
use impasto::gpu::conv::{Kernel, Spec, Variant};
use impasto::gpu::preprocess::specialize;
use impasto::gpu::shaders::INSTANCE_NORM_FOLD;
use impasto::gpu::weight_layout::pack;
use impasto::lower::transfer::{Stage, fuse};
use impasto::net::{Convolution, Network, Operation, Shape};
use wgpu::BufferUsages;

/// A device with WebGPU's default limits.
pub struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// A CHW tensor and what happens to it on load.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub values: &'a [f32],
    pub shape: Shape,
    /// (a, b) pairs as [`Device::normalization`] gives them; without them nothing is normalized.
    pub norms: Option<&'a [f32]>,
    pub relu: bool,
}

/// What a convolution kernel wrote.
pub struct Output {
    /// CHW.
    pub values: Vec<f32>,
    pub shape: Shape,
    /// Name of the kernel's shader file.
    pub file: &'static str,
    partials: Vec<f32>,
    kernel: Kernel,
    spec: Spec,
    grid: [u32; 2],
}

impl<'a> Input<'a> {
    /// A tensor that is read as it is.
    pub fn plain(values: &'a [f32], shape: Shape) -> Self {
        Self { values, shape, norms: None, relu: false }
    }
}

impl Device {
    /// Opens the adapter that the library would open.
    pub fn open() -> Self {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let power_preference = wgpu::PowerPreference::HighPerformance;
        let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
        let adapter = pollster::block_on(instance.request_adapter(&options)).unwrap();
        let (device, queue) = pollster::block_on(adapter.request_device(&Default::default())).unwrap();
        Self { device, queue }
    }

    /// Runs the kernel of `layer` in `variant`, or that of `layer` after an enlargement by two.
    pub fn convolve(
        &self,
        variant: Variant,
        input: Input,
        (layer, weight): (&Convolution, &[f32]),
        enlarged: bool,
    ) -> Output {
        let stage = fused(layer, enlarged);
        let spec = Spec::of(&stage);
        let layer = stage.layer;
        let kernel = spec.kernel(variant);
        let (height, width) = (input.shape.height as u32, input.shape.width as u32);
        let size = |side: usize| if enlarged { 2 * side } else { layer.output_size(side) };
        let shape = Shape { channels: layer.outputs, height: size(input.shape.height), width: size(input.shape.width) };
        // The threads of an enlargement cover the small picture, once for each of its four phases.
        let grid = if enlarged { [width, height] } else { [shape.width as u32, shape.height as u32] };
        let low = if input.relu { 0.0 } else { f32::MIN };
        let uniforms = [width, height, grid[0], grid[1], 0, 0, low.to_bits(), 0];
        let unchanged = [[1.0_f32; 4], [0.0; 4]].concat().repeat(spec.in_quads() as usize);
        let unwritten = |quads: u32| vec![f32::NAN; 4 * quads as usize];
        let entries = kernel.cells(grid[0], grid[1]) * spec.phases * spec.out_quads();
        let mut bound = vec![
            (1, to_quads(input.values, input.shape)),
            (2, pack(&layer, &spec, &kernel, weight)),
            (4, unwritten(spec.out_quads() * (shape.width * shape.height) as u32)),
            (5, unwritten(2 * entries)),
        ];
        if kernel.reads_norms {
            bound.push((3, input.norms.map_or(unchanged, <[f32]>::to_vec)));
        }
        let mut read = self.dispatch(&kernel.wgsl, &uniforms, &bound, kernel.workgroups(grid[0], grid[1]), &[4, 5]);
        let partials = read.remove(1);
        Output { values: from_quads(&read[0], shape), shape, file: kernel.file, partials, kernel, spec, grid }
    }

    /// The (a, b) pairs that `instance_norm_fold.wgsl` folds from the statistics that came with `made`.
    pub fn normalization(&self, made: &Output, scale: &[f32], shift: &[f32]) -> Vec<f32> {
        let quads = made.spec.out_quads();
        let mut style = Vec::new();
        for side in [scale, shift] {
            style.extend_from_slice(side);
            style.resize(style.len().next_multiple_of(4), 0.0);
        }
        let [width, height] = made.grid;
        let uniforms = [width, height, made.kernel.cell[0], made.kernel.cell[1], made.spec.phases, 0, quads, 0];
        let history = vec![0.0; 4 + 8 * quads as usize];
        let bound = [(1, made.partials.clone()), (2, style), (3, vec![f32::NAN; 8 * quads as usize]), (4, history)];
        self.dispatch(&specialize(INSTANCE_NORM_FOLD, &[], false), &uniforms, &bound, [quads, 1, 1], &[3]).remove(0)
    }

    /// Runs one compute shader over the buffers `bound` and returns the contents of the buffers `outputs`.
    fn dispatch(
        &self,
        wgsl: &str,
        uniforms: &[u32],
        bound: &[(u32, Vec<f32>)],
        [x, y, z]: [u32; 3],
        outputs: &[u32],
    ) -> Vec<Vec<f32>> {
        let descriptor = wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(wgsl.into()) };
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &self.device.create_shader_module(descriptor),
            entry_point: Some("main"),
            // As the library compiles them: the kernels must not rely on zeroed workgroup memory.
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        let shape = (0, self.filled(cast_slice(uniforms), BufferUsages::UNIFORM));
        let storage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let filled = bound.iter().map(|(binding, values)| (*binding, self.filled(cast_slice(values), storage)));
        let buffers: Vec<_> = std::iter::once(shape).chain(filled).collect();
        let entries: Vec<_> = buffers
            .iter()
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding: *binding, resource: buffer.as_entire_binding() })
            .collect();
        let layout = pipeline.get_bind_group_layout(0);
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &bindings, &[]);
            pass.dispatch_workgroups(x, y, z);
        }
        let copy = |binding: &u32| {
            let (_, source) = buffers.iter().find(|(b, _)| b == binding).unwrap();
            let copy = self.buffer(source.size(), BufferUsages::COPY_DST | BufferUsages::MAP_READ);
            encoder.copy_buffer_to_buffer(source, 0, &copy, 0, source.size());
            copy
        };
        let copies: Vec<_> = outputs.iter().map(copy).collect();
        self.queue.submit([encoder.finish()]);
        copies.iter().map(|copy| self.read(copy)).collect()
    }

    fn buffer(&self, size: u64, usage: BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    }

    fn filled(&self, bytes: &[u8], usage: BufferUsages) -> wgpu::Buffer {
        let buffer = self.buffer(bytes.len() as u64, usage | BufferUsages::COPY_DST);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    fn read(&self, buffer: &wgpu::Buffer) -> Vec<f32> {
        buffer.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.unwrap());
        self.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        cast_slice(&buffer.slice(..).get_mapped_range().unwrap()).to_vec()
    }
}

/// The stage that the compiler makes of `layer`, or of `layer` after an enlargement by two.
fn fused(layer: &Convolution, enlarged: bool) -> Stage {
    fuse(&network(layer, enlarged)).unwrap().stages.remove(0)
}

/// The smallest network around `layer` that the kernels' compiler takes.
pub fn network(layer: &Convolution, enlarged: bool) -> Network {
    let mut net = Network::new("one layer", layer.inputs, 1);
    let x = if enlarged { net.push(Operation::Upsample2, &[0]) } else { 0 };
    let x = net.push(Operation::Convolution(layer.clone()), &[x]);
    net.norms.push(("norm".to_string(), layer.outputs));
    let x = net.push(Operation::InstanceNorm { norm: 0 }, &[x]);
    net.push(Operation::Sigmoid, &[x]);
    net
}

/// CHW to `[channel / 4][y][x]`, one quad each, empty channels zero.
fn to_quads(values: &[f32], shape: Shape) -> Vec<f32> {
    let plane = shape.height * shape.width;
    let mut quads = vec![0.0; shape.channels.div_ceil(4) * plane * 4];
    for (i, value) in values.iter().enumerate() {
        let (channel, at) = (i / plane, i % plane);
        quads[(channel / 4 * plane + at) * 4 + channel % 4] = *value;
    }
    quads
}

/// The inverse of [`to_quads`].
fn from_quads(quads: &[f32], shape: Shape) -> Vec<f32> {
    let plane = shape.height * shape.width;
    let value = |i: usize| quads[(i / plane / 4 * plane + i % plane) * 4 + i / plane % 4];
    (0..shape.len()).map(value).collect()
}
