//! Devices of burn, and transfers of tensors and pictures to and from them.

use std::sync::{Arc, LazyLock};

#[cfg(not(target_arch = "wasm32"))]
use burn::tensor::wgpu::MemoryConfiguration;
use burn::tensor::wgpu::WgpuSetup;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::gpu::device::{Fault, from_wgpu, is_software};
use crate::image::Image;
use crate::image::{to_chw, to_hwc};
use crate::settings::Limits;

/// The last error of the graphics device. burn opens one graphics device per process and reports errors only where
/// tensors are read.
static FAULT: LazyLock<Fault> = LazyLock::new(Fault::default);

/// Returns the CPU device, which runs burn's own kernels: the reference for every other device.
#[cfg(not(target_arch = "wasm32"))]
pub fn cpu() -> Device {
    Device::flex()
}

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

/// Returns whether `device` runs this crate's kernels.
#[cfg(not(target_arch = "wasm32"))]
pub fn is_graphics(device: &Device) -> bool {
    *device != cpu()
}

/// Returns true: in browsers every device runs this crate's kernels.
#[cfg(target_arch = "wasm32")]
pub fn is_graphics(_: &Device) -> bool {
    true
}

/// Opens the adapter and returns only the device of [`Graphics::open`].
///
/// # Errors
/// As [`Graphics::open`].
pub async fn gpu() -> Result<Device> {
    Ok(Graphics::open().await?.device)
}

/// Uploads a picture as a tensor `[1][3][height][width]`.
pub fn upload(image: &Image, device: &Device) -> Tensor<4> {
    tensor(to_chw(image), [1, 3, image.height(), image.width()], device)
}

/// Uploads values in row-major order as a tensor. Their number must be the product of `shape`.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Downloads the picture in a tensor `[1][3][height][width]`. Its values may lie outside 0..1.
///
/// # Errors
/// As [`read`].
pub async fn download(picture: Tensor<4>) -> Result<Image> {
    let [_, _, height, width] = picture.dims();
    Image::new(width, height, to_hwc(&read(picture).await?, height, width))
}

/// Downloads the values of a tensor in row-major order.
///
/// # Errors
/// [`Error::OutOfMemory`] when an allocation on the device has failed since the last call, [`Error::DeviceLost`] when
/// the device is lost, [`Error::Gpu`] for any other failure.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |problem: String| {
        let lower = problem.to_lowercase();
        if lower.contains("poison") || lower.contains("lost") {
            Error::DeviceLost(problem)
        } else if lower.contains("memory") {
            Error::OutOfMemory
        } else {
            Error::Gpu(problem)
        }
    };
    let data = tensor.into_data_async().await.map_err(|e| failed(format!("{e:?}")));
    // The device's error takes precedence: the values may have arrived all the same, but they are invalid then.
    FAULT.take().map_or(Ok(()), Err)?;
    data?.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))
}
