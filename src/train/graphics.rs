//! Graphics adapters as devices of burn.

use std::sync::{Arc, LazyLock};

use burn::tensor::Device;
#[cfg(not(target_arch = "wasm32"))]
use burn::tensor::wgpu::MemoryConfiguration;
use burn::tensor::wgpu::WgpuSetup;

use crate::error::{Error, Result};
use crate::gpu::device::{Fault, from_wgpu, is_software};
use crate::settings::Limits;

/// The last error of the graphics device. burn opens one graphics device per process and reports errors only where
/// tensors are read.
pub(super) static FAULT: LazyLock<Fault> = LazyLock::new(Fault::default);

/// The fastest graphics adapter, opened by burn.
pub struct Graphics {
    /// The adapter as burn's device.
    pub device: Device,
    setup: WgpuSetup,
}

impl Graphics {
    /// Opens the adapter. This works once per process.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] when there is no adapter, or it was opened before.
    pub async fn open() -> Result<Self> {
        let (device, setup) = open().await.map_err(Error::NoAdapter)?;
        // burn's own handler panics.
        setup.device.on_uncaptured_error(Arc::new(|error| FAULT.set(from_wgpu(error))));
        Ok(Self { device, setup })
    }

    /// Returns the adapter's own description.
    pub fn info(&self) -> wgpu::AdapterInfo {
        self.setup.adapter.get_info()
    }

    /// Returns whether the adapter is a software renderer on the CPU, as far as the adapter reports it.
    pub fn software(&self) -> bool {
        is_software(&self.info())
    }

    /// Returns the device's limits, given that all allocations together may take `total` bytes.
    pub fn limits(&self, total: u64) -> Limits {
        let limits = self.setup.device.limits();
        Limits { total, buffer: limits.max_buffer_size.min(limits.max_storage_buffer_binding_size) }
    }

    /// Returns the browser's own device object.
    #[cfg(target_arch = "wasm32")]
    pub fn browser_device(&self) -> Option<wasm_bindgen::JsValue> {
        self.setup.device.as_webgpu().map(|device| device.clone().into())
    }
}

/// Opens a device with burn's own initialization.
#[cfg(not(target_arch = "wasm32"))]
async fn open() -> std::result::Result<(Device, WgpuSetup), String> {
    Device::wgpu_options()
        .memory_config(MemoryConfiguration::ExclusivePages)
        .init_with_setup_async()
        .await
        .map_err(|e| e.to_string())
}

/// Opens a device as burn's own initialization does, with all features and limits of the adapter, but also where
/// timestamp queries are missing.
#[cfg(target_arch = "wasm32")]
async fn open() -> std::result::Result<(Device, WgpuSetup), String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let options =
        wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter = instance.request_adapter(&options).await.map_err(|e| text(&e))?;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("studio"),
        required_features: adapter.features().difference(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS),
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    };
    let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| text(&e))?;
    if !adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
        pretend_timestamps(&device).map_err(|e| format!("{e:?}"))?;
    }
    let setup = WgpuSetup { backend: adapter.get_info().backend, instance, adapter, device, queue };
    let device = Device::wgpu_options().setup(setup.clone()).init().map_err(|e| text(&e))?;
    Ok((device, setup))
}

/// Makes the adapters of this worker report timestamp queries, besides the features of `device`. burn panics in
/// browsers whose adapter lacks timestamp queries, although it uses them only on request.
#[cfg(target_arch = "wasm32")]
fn pretend_timestamps(device: &wgpu::Device) -> std::result::Result<(), wasm_bindgen::JsValue> {
    use js_sys::{Object, Reflect, Set, global};

    let Some(device) = device.as_webgpu() else { return Ok(()) };
    let names = js_sys::Array::from(&Reflect::get(device, &"features".into())?);
    names.push(&"timestamp-query".into());
    let features = Set::new(&names);
    let prototype = Reflect::get(&Reflect::get(&global(), &"GPUAdapter".into())?, &"prototype".into())?;
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"value".into(), &features)?;
    Reflect::define_property(&Object::from(prototype), &"features".into(), &descriptor)?;
    Ok(())
}

/// Opens the adapter and returns only the device of [`Graphics::open`].
///
/// # Errors
/// As [`Graphics::open`].
pub async fn gpu() -> Result<Device> {
    Ok(Graphics::open().await?.device)
}
