//! Devices, and the way of numbers to and from them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::cpu::picture::{to_chw, to_hwc};
use crate::error::{Error, Result};
use crate::image::Image;

/// The processor, by burn's own kernels: the reference for every other device.
pub fn cpu() -> Device {
    Device::flex()
}

/// The fastest graphics adapter. Opened once in a process; clone the device to use it again.
///
/// # Errors
/// [`Error::NoAdapter`] when there is none, or it was opened before.
pub async fn gpu() -> Result<Device> {
    Device::wgpu_options().init_async().await.map_err(|e| Error::NoAdapter(e.to_string()))
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
/// [`Error::OutOfMemory`] when the device had none left for something that the tensor depends on, [`Error::Gpu`] when it
/// failed otherwise.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |problem: String| match problem.to_lowercase().contains("memory") {
        true => Error::OutOfMemory,
        false => Error::Gpu(problem),
    };
    let data = tensor.into_data_async().await.map_err(|e| failed(format!("{e:?}")))?;
    data.try_into_vec::<f32>().map_err(|e| failed(format!("{e:?}")))
}
