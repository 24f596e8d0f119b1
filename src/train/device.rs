//! Devices of burn, and transfers of tensors and pictures to and from them.

use burn::tensor::{Device, Tensor, TensorData};

#[cfg(feature = "gpu")]
use super::graphics::FAULT;
#[cfg(feature = "gpu")]
pub use super::graphics::{Graphics, gpu};
use crate::error::{Error, Result};
use crate::image::{Image, to_chw, to_hwc};

/// Returns the processor as a device: burn's own kernels, and ours for VGG.
#[cfg(feature = "cpu")]
pub fn cpu() -> Device {
    Device::flex()
}

/// Returns whether `device` is a graphics adapter.
#[cfg(all(feature = "cpu", feature = "gpu"))]
pub fn is_graphics(device: &Device) -> bool {
    *device != cpu()
}

/// Returns whether `device` is a graphics adapter: the crate is built for one kind of device.
#[cfg(not(all(feature = "cpu", feature = "gpu")))]
pub fn is_graphics(_: &Device) -> bool {
    cfg!(feature = "gpu")
}

/// Lets other work of the thread run, between parts of long work: the messages and timers of a worker in a page.
pub async fn breathe() {
    #[cfg(all(target_arch = "wasm32", feature = "web"))]
    {
        use js_sys::{Function, Promise, Reflect, global};
        let turn = Promise::new(&mut |resolve, _| {
            let timer = Reflect::get(&global(), &"setTimeout".into()).map(Function::from);
            let waits = timer.and_then(|timer| timer.call1(&global(), &resolve));
            if waits.is_err() {
                let _ = resolve.call0(&global());
            }
        });
        // The promise is never rejected.
        let _ = wasm_bindgen_futures::JsFuture::from(turn).await;
    }
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
    #[cfg(feature = "gpu")]
    FAULT.take().map_or(Ok(()), Err)?;
    data?.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))
}
