//! Devices, and the way of numbers to and from them.

use std::sync::{Arc, LazyLock};

#[cfg(not(target_arch = "wasm32"))]
use burn::tensor::wgpu::MemoryConfiguration;
use burn::tensor::wgpu::WgpuSetup;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::gpu::device::{Fault, from_wgpu, is_software};
use crate::image::Image;
use crate::image::{to_chw, to_hwc};

/// What went wrong on the graphics device. burn opens one in a process, and answers for it only where tensors are read.
static FAULT: LazyLock<Fault> = LazyLock::new(Fault::default);

/// What a device allows, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of everything.
    pub total: u64,
    /// Of one buffer.
    pub buffer: u64,
}

/// The processor, by burn's own kernels: the reference for every other device.
#[cfg(not(target_arch = "wasm32"))]
pub fn cpu() -> Device {
    Device::flex()
}

/// The fastest graphics adapter, opened by burn.
pub struct Graphics {
    pub device: Device,
    setup: WgpuSetup,
}

impl Graphics {
    /// Opens it, once in a process.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] when there is none, or it was opened before.
    pub async fn open() -> Result<Self> {
        let (device, setup) = open().await.map_err(Error::NoAdapter)?;
        // burn's own handler panics.
        setup.device.on_uncaptured_error(Arc::new(|error| FAULT.set(from_wgpu(error))));
        Ok(Self { device, setup })
    }

    /// The adapter's own description.
    pub fn info(&self) -> wgpu::AdapterInfo {
        self.setup.adapter.get_info()
    }

    /// Whether the adapter is a program on the processor, as far as it says so.
    pub fn software(&self) -> bool {
        is_software(&self.info())
    }

    /// What the device allows, if everything may take `total` bytes.
    pub fn limits(&self, total: u64) -> Limits {
        let limits = self.setup.device.limits();
        Limits { total, buffer: limits.max_buffer_size.min(limits.max_storage_buffer_binding_size) }
    }

    /// The browser's own device object.
    #[cfg(target_arch = "wasm32")]
    pub fn browser_device(&self) -> Option<wasm_bindgen::JsValue> {
        self.setup.device.as_webgpu().map(|device| device.clone().into())
    }
}

/// As burn does it.
#[cfg(not(target_arch = "wasm32"))]
async fn open() -> std::result::Result<(Device, WgpuSetup), String> {
    Device::wgpu_options()
        .memory_config(MemoryConfiguration::ExclusivePages)
        .init_with_setup_async()
        .await
        .map_err(|e| e.to_string())
}

/// As burn does it, with everything that the adapter has, but also where timestamps are missing.
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

/// burn panics in browsers whose adapter has no timestamps, though it takes none unless it is asked to. From here on adapters
/// of this worker claim to have them, and what `device` has.
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

/// Whether `device` runs our kernels.
#[cfg(not(target_arch = "wasm32"))]
pub fn is_graphics(device: &Device) -> bool {
    *device != cpu()
}

/// In browsers all devices do.
#[cfg(target_arch = "wasm32")]
pub fn is_graphics(_: &Device) -> bool {
    true
}

/// The device of [`Graphics::open`] alone.
///
/// # Errors
/// As there.
pub async fn gpu() -> Result<Device> {
    Ok(Graphics::open().await?.device)
}

/// A picture as `[1][3][height][width]`.
pub fn upload(image: &Image, device: &Device) -> Tensor<4> {
    tensor(to_chw(image), [1, 3, image.height(), image.width()], device)
}

/// Numbers in row-major order as a tensor; there must be as many as `shape` says.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The picture in a tensor `[1][3][height][width]`. Its values may lie outside of 0..1.
///
/// # Errors
/// As [`read`].
pub async fn download(picture: Tensor<4>) -> Result<Image> {
    let [_, _, height, width] = picture.dims();
    Image::new(width, height, to_hwc(&read(picture).await?, height, width))
}

/// The numbers of a tensor in row-major order.
///
/// # Errors
/// [`Error::OutOfMemory`] when the device had none left for something since the last call, [`Error::DeviceLost`] when it is gone,
/// [`Error::Gpu`] when it failed otherwise.
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
    // What the device said comes first: the numbers may be there all the same, and mean nothing.
    FAULT.take().map_or(Ok(()), Err)?;
    data?.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))
}
