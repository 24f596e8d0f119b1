//! Encoding of paintings to styles: a [`StyleEncoder`] holds the style predictor on a device.

#[cfg(feature = "cpu")]
use std::cell::RefCell;

#[cfg(feature = "cpu")]
use super::device::CpuDevice;
use super::device::Device;
#[cfg(feature = "gpu")]
use super::device::GpuDevice;
#[cfg(feature = "cpu")]
use crate::cpu::CpuVectorModel;
#[cfg(feature = "cpu")]
use crate::cpu::picture::{Loader, Photo};
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::vector_model::VectorPlan;
use crate::image::Image;
use crate::net::models::{arbitrary, predictor};
use crate::weights::Archive;

/// The style predictor (Ghiasi et al. 2017) on a device. [`crate::style::StyleSpace::vector`] converts its output to
/// styles; [`crate::style::mix`] mixes the vectors of several paintings.
pub struct StyleEncoder {
    predictor: Predictor,
}

/// The predictor with its weights on the device.
enum Predictor {
    #[cfg(feature = "gpu")]
    Gpu(GpuDevice, VectorPlan),
    #[cfg(feature = "cpu")]
    Cpu(CpuDevice, RefCell<CpuVectorModel>),
}

impl StyleEncoder {
    /// Loads the predictor from the arbitrary network's archive.
    ///
    /// # Errors
    /// [`Error::Archive`] if the archive contains another network; otherwise as [`VectorPlan::new`].
    pub async fn load(device: &Device, archive: &Archive) -> Result<Self> {
        let found = archive.metadata("network").unwrap_or("no network");
        if found != arbitrary::NAME {
            return Err(Error::Archive(format!("it contains {found}, but {} is needed", arbitrary::NAME)));
        }
        let (net, size) = (predictor::network(), (predictor::SIDE, predictor::SIDE));
        let predictor = match device {
            #[cfg(feature = "gpu")]
            Device::Gpu(device) => {
                Predictor::Gpu(device.clone(), VectorPlan::new(&device.gpu, &net, archive, size).await?)
            }
            #[cfg(feature = "cpu")]
            Device::Cpu(device) => {
                let model = CpuVectorModel::load(&net, archive, device.set, size)?;
                Predictor::Cpu(device.clone(), RefCell::new(model))
            }
        };
        Ok(Self { predictor })
    }

    /// Returns the style vector of a painting, given as `height * width * 4` bytes of RGBA. It is resized to a square
    /// for the network.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of zero or a wrong number of bytes, [`Error::TooLarge`] naming the limit, and the
    /// errors of the device.
    pub async fn encode_rgba(&self, rgba: &[u8], size: (usize, usize)) -> Result<Vec<f32>> {
        match &self.predictor {
            #[cfg(feature = "gpu")]
            Predictor::Gpu(GpuDevice { gpu, .. }, plan) => {
                let frame = plan.frame(gpu, size).await?;
                frame.upload(gpu, rgba)?;
                plan.read(gpu, &frame).await
            }
            #[cfg(feature = "cpu")]
            Predictor::Cpu(CpuDevice { set, workers, .. }, model) => {
                let side = (predictor::SIDE, predictor::SIDE);
                let mut tensor = vec![0.0; side.0 * side.1 * 4];
                Loader::new(*set, size, side, side)?.load(workers, Photo::new(rgba, size, false)?, &mut tensor)?;
                // No other call runs meanwhile: there is no await.
                model.borrow_mut().run(workers, &tensor)
            }
        }
    }

    /// Returns the style vector of a picture of any size, resized on the CPU.
    ///
    /// # Errors
    /// As [`StyleEncoder::encode_rgba`].
    pub async fn encode_image(&self, picture: &Image) -> Result<Vec<f32>> {
        let (width, height) = (predictor::SIDE, predictor::SIDE);
        self.encode_rgba(&picture.resized(width, height)?.to_rgba8(), (width, height)).await
    }
}
