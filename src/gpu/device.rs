//! The adapter and its device: capabilities, conversion of wgpu errors, and pipelines cached by shader text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bounds::Bounds;
use crate::error::{Error, Result};

/// Options for opening an adapter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// Restricts the device to WebGPU's default limits, even if the adapter supports higher ones.
    pub default_limits: bool,
    /// Enables timestamp queries, if the adapter supports them.
    pub timestamps: bool,
}

/// The first unreported error of a device.
#[derive(Clone, Default)]
pub(crate) struct Fault(Arc<Mutex<Option<Error>>>);

impl Fault {
    pub(crate) fn set(&self, error: Error) {
        let mut fault = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A lost device causes further errors, so the loss replaces an earlier error.
        if fault.is_none() || matches!(error, Error::DeviceLost(_)) {
            *fault = Some(error);
        }
    }

    /// Returns the error and clears it. The loss of the device is never cleared.
    pub(crate) fn take(&self) -> Option<Error> {
        let mut fault = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*fault {
            Some(Error::DeviceLost(_)) => fault.clone(),
            _ => fault.take(),
        }
    }
}

/// An adapter, its device and its queue.
pub struct Gpu {
    instance: wgpu::Instance,
    info: wgpu::AdapterInfo,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    bounds: Bounds,
    features: wgpu::Features,
    half: bool,
    fault: Fault,
    lost: Arc<Mutex<Option<futures_channel::oneshot::Receiver<String>>>>,
    pipelines: Mutex<HashMap<String, wgpu::ComputePipeline>>,
    render_pipelines: Mutex<HashMap<(String, wgpu::TextureFormat), wgpu::RenderPipeline>>,
    /// Bind group layouts of the cached pipelines.
    layouts: Mutex<HashMap<wgpu::ComputePipeline, wgpu::BindGroupLayout>>,
    render_layouts: Mutex<HashMap<wgpu::RenderPipeline, wgpu::BindGroupLayout>>,
}

impl Gpu {
    /// Opens the fastest available adapter.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] if there is no adapter, or if the adapter refuses to open a device.
    pub async fn open(request: Request) -> Result<Self> {
        // burn, if it is part of the build, enables wgpu's OpenGL backend; the kernels support the primary backends
        // only.
        let backends = wgpu::Backends::PRIMARY;
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor { backends, ..descriptor });
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let no_adapter = |e: &dyn std::fmt::Display| Error::NoAdapter(e.to_string());
        let adapter = instance.request_adapter(&options).await.map_err(|e| no_adapter(&e))?;
        let half = adapter.features().contains(wgpu::Features::SHADER_F16);
        let mut limits = wgpu::Limits::default();
        if !request.default_limits {
            let has = adapter.limits();
            limits.max_buffer_size = has.max_buffer_size;
            limits.max_storage_buffer_binding_size = has.max_storage_buffer_binding_size;
            limits.max_texture_dimension_2d = has.max_texture_dimension_2d;
        }
        let timestamps = if request.timestamps { wgpu::Features::TIMESTAMP_QUERY } else { wgpu::Features::empty() };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("impasto"),
            required_features: adapter.features() & (wgpu::Features::SHADER_F16 | timestamps),
            required_limits: limits.clone(),
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| no_adapter(&e))?;

        let fault = Fault::default();
        let uncaptured = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error| uncaptured.set(from_wgpu(error))));
        let (sender, receiver) = futures_channel::oneshot::channel();
        let on_lost = fault.clone();
        // The callback is called at most once, but its type does not express this.
        let sender = Mutex::new(Some(sender));
        device.set_device_lost_callback(move |reason, message| {
            let text = if message.is_empty() { format!("{reason:?}") } else { message };
            on_lost.set(Error::DeviceLost(text.clone()));
            if let Some(sender) = sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
                // Sending fails only if the receiver is gone, which needs no handling.
                let _ = sender.send(text);
            }
        });
        Ok(Self {
            instance,
            info: adapter.get_info(),
            device,
            queue,
            bounds: Bounds {
                buffer: limits.max_buffer_size.min(limits.max_storage_buffer_binding_size),
                texture: limits.max_texture_dimension_2d,
            },
            features: adapter.features(),
            half,
            fault,
            lost: Arc::new(Mutex::new(Some(receiver))),
            pipelines: Mutex::new(HashMap::new()),
            render_pipelines: Mutex::new(HashMap::new()),
            layouts: Mutex::new(HashMap::new()),
            render_layouts: Mutex::new(HashMap::new()),
        })
    }

    /// Returns the wgpu instance, for creating surfaces.
    pub fn instance(&self) -> &wgpu::Instance {
        &self.instance
    }

    /// Returns the adapter's description of itself.
    pub fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// Whether the adapter supports 16-bit arithmetic (`shader-f16`).
    pub fn half(&self) -> bool {
        self.half
    }

    /// Returns all features that the adapter supports, whether or not the device has them enabled.
    pub fn features(&self) -> wgpu::Features {
        self.features
    }

    /// Returns the limits that the device was opened with.
    pub fn limits(&self) -> wgpu::Limits {
        self.device.limits()
    }

    /// Returns the browser's `GPUDevice` object.
    #[cfg(target_arch = "wasm32")]
    pub fn browser_device(&self) -> Option<wasm_bindgen::JsValue> {
        self.device.as_webgpu().map(|device| device.clone().into())
    }

    /// Returns the limits that plans are checked against.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Whether the adapter is a software renderer, according to its description.
    pub fn software(&self) -> bool {
        is_software(&self.info)
    }

    /// Resolves with the reason when the device is lost. Only the first caller receives it; for later callers the
    /// future never resolves.
    pub async fn lost(&self) -> String {
        let receiver = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        match receiver {
            Some(receiver) => receiver.await.unwrap_or_else(|_| "the device was closed".to_string()),
            None => std::future::pending().await,
        }
    }

    /// Destroys the device and all its resources, as a driver reset would.
    pub fn destroy(&self) {
        self.device.destroy();
    }

    /// Returns the first error since the last call, if any.
    ///
    /// # Errors
    /// That error. The loss of the device is reported by every call.
    pub fn check(&self) -> Result<()> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Runs `make`, which creates resources on the device, inside error scopes and returns the errors of the device.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] or [`Error::Gpu`], or the error of `make`.
    pub async fn scoped<T>(&self, make: impl FnOnce() -> Result<T>) -> Result<T> {
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let made = make();
        let validation = validation.pop();
        let memory = memory.pop();
        let refused = validation.await.or(memory.await);
        if refused.is_some() {
            // A lost device rejects every call: report the loss instead.
            self.wait();
        }
        self.check()?;
        refused.map_or(made, |error| Err(from_wgpu(error)))
    }

    /// Returns the compute pipeline of `wgsl`, compiled on first use.
    pub(crate) fn pipeline(&self, label: &str, wgsl: &str) -> wgpu::ComputePipeline {
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let module = self.module(label, wgsl);
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                // Every kernel writes its workgroup memory before it reads it; zero-initialization would cost a serial
                // loop.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        };
        pipelines.entry(wgsl.to_string()).or_insert_with(make).clone()
    }

    /// Returns the layout of bind group 0 of `pipeline`, cached: a new layout object for each dispatch of each plan
    /// would add garbage for the browser to collect.
    pub(crate) fn layout(&self, pipeline: &wgpu::ComputePipeline) -> wgpu::BindGroupLayout {
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        layouts.entry(pipeline.clone()).or_insert_with(|| pipeline.get_bind_group_layout(0)).clone()
    }

    /// Returns the layout of bind group 0 of a render pipeline, cached.
    pub(crate) fn render_layout(&self, pipeline: &wgpu::RenderPipeline) -> wgpu::BindGroupLayout {
        let mut layouts = self.render_layouts.lock().unwrap_or_else(PoisonError::into_inner);
        layouts.entry(pipeline.clone()).or_insert_with(|| pipeline.get_bind_group_layout(0)).clone()
    }

    /// Returns the render pipeline that fills targets of `format` with the output of the fragment shader `paint` of
    /// `wgsl`, compiled on first use.
    pub(crate) fn render_pipeline(&self, label: &str, wgsl: &str, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
        let mut pipelines = self.render_pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let module = self.module(label, wgsl);
            self.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(label),
                layout: None,
                vertex: wgpu::VertexState {
                    module: &module,
                    entry_point: Some("cover"),
                    compilation_options: Default::default(),
                    buffers: &[],
                },
                primitive: Default::default(),
                depth_stencil: None,
                multisample: Default::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &module,
                    entry_point: Some("paint"),
                    compilation_options: Default::default(),
                    targets: &[Some(format.into())],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        pipelines.entry((wgsl.to_string(), format)).or_insert_with(make).clone()
    }

    fn module(&self, label: &str, wgsl: &str) -> wgpu::ShaderModule {
        self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(wgsl.into()),
        })
    }

    /// Returns a bind group of `layout` with `resources` as bindings 0, 1, 2 ...; `None` omits the binding.
    pub(crate) fn bindings<'r>(
        &self,
        layout: &wgpu::BindGroupLayout,
        resources: impl IntoIterator<Item = impl Into<Option<wgpu::BindingResource<'r>>>>,
    ) -> wgpu::BindGroup {
        let entries = (0..).zip(resources).filter_map(|(binding, resource)| {
            resource.into().map(|resource| wgpu::BindGroupEntry { binding, resource })
        });
        let entries: Vec<_> = entries.collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
    }

    /// Creates a 2-D texture of `size` pixels without mip levels.
    pub(crate) fn texture(
        &self,
        label: &str,
        [width, height]: [u32; 2],
        format: wgpu::TextureFormat,
        usage: wgpu::TextureUsages,
    ) -> wgpu::Texture {
        self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some(label),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage,
            view_formats: &[],
        })
    }

    /// Creates a buffer of `bytes`.
    pub(crate) fn buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false };
        self.device.create_buffer(&descriptor)
    }

    /// Creates a buffer that contains `data`, padded to a multiple of 16 bytes.
    pub(crate) fn filled(&self, label: &str, data: &[u8], usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let buffer = self.buffer(label, data.len().next_multiple_of(16) as u64, usage | wgpu::BufferUsages::COPY_DST);
        self.queue.write_buffer(&buffer, 0, data);
        buffer
    }

    /// Returns the bytes of `buffer`, which must be mappable, after all submitted work is done.
    ///
    /// # Errors
    /// The errors of the device since the last check.
    pub(crate) async fn download(&self, buffer: &wgpu::Buffer) -> Result<Vec<u8>> {
        let (sender, receiver) = futures_channel::oneshot::channel();
        buffer.slice(..).map_async(wgpu::MapMode::Read, move |mapped| {
            // The receiver lives until it has received the result.
            let _ = sender.send(mapped);
        });
        self.wait();
        let mapped = receiver.await.map_err(|_| Error::DeviceLost("while reading back".to_string()))?;
        self.check()?;
        mapped.map_err(|e| Error::Gpu(e.to_string()))?;
        let bytes = buffer.slice(..).get_mapped_range().map_err(|e| Error::Gpu(e.to_string()))?.to_vec();
        buffer.unmap();
        Ok(bytes)
    }

    /// Resolves when all submitted work is done.
    ///
    /// # Errors
    /// The errors of the device since the last check.
    pub async fn done(&self) -> Result<()> {
        let (sender, receiver) = futures_channel::oneshot::channel();
        self.queue.on_submitted_work_done(move || {
            // The receiver lives until it has received the result.
            let _ = sender.send(());
        });
        self.wait();
        let answer = receiver.await;
        self.check()?;
        answer.map_err(|_| Error::DeviceLost("while waiting for it".to_string()))
    }

    /// Polls a native device. Browsers need no polling.
    fn wait(&self) {
        // Errors of the poll are reported by the callbacks and by `check`.
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
    }
}

/// Whether an adapter is a software renderer, according to its description.
pub(crate) fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || ["swiftshader", "llvmpipe", "warp"].iter().any(|s| name.contains(s))
}

pub(crate) fn from_wgpu(error: wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory,
        other => Error::Gpu(other.to_string()),
    }
}
