//! Encoding of paintings to styles: a [`StyleEncoder`] holds the style predictor on a device.

use crate::error::{Error, Result};
use crate::gpu::vector_model::VectorPlan;
use crate::gpu::{Frame, Gpu};
use crate::image::Image;
use crate::net::models::{arbitrary, predictor};
use crate::weights::Archive;

/// The style predictor (Ghiasi et al. 2017) on a device. [`crate::style::StyleSpace::vector`] converts its output to
/// styles; [`crate::style::mix`] mixes the vectors of several paintings.
pub struct StyleEncoder {
    plan: VectorPlan,
}

impl StyleEncoder {
    /// Loads the predictor from the arbitrary network's archive.
    ///
    /// # Errors
    /// [`Error::Archive`] if the archive contains another network; otherwise as [`VectorPlan::new`].
    pub async fn load(gpu: &Gpu, archive: &Archive) -> Result<Self> {
        let found = archive.metadata("network").unwrap_or("no network");
        if found != arbitrary::NAME {
            return Err(Error::Archive(format!("it contains {found}, but {} is needed", arbitrary::NAME)));
        }
        let size = (predictor::SIDE, predictor::SIDE);
        Ok(Self { plan: VectorPlan::new(gpu, &predictor::network(), archive, size).await? })
    }

    /// Creates a frame for a painting of `size`, which is resized to a square for the network.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of zero, [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn frame(&self, gpu: &Gpu, size: (usize, usize)) -> Result<Frame> {
        self.plan.frame(gpu, size).await
    }

    /// Returns the style vector of the painting in `frame`, created by [`StyleEncoder::frame`].
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn encode(&self, gpu: &Gpu, frame: &Frame) -> Result<Vec<f32>> {
        self.plan.read(gpu, frame).await
    }

    /// Returns the style vector of a painting, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match; otherwise as [`StyleEncoder::frame`].
    pub async fn encode_rgba(&self, gpu: &Gpu, rgba: &[u8], size: (usize, usize)) -> Result<Vec<f32>> {
        let frame = self.frame(gpu, size).await?;
        frame.upload(gpu, rgba)?;
        self.encode(gpu, &frame).await
    }

    /// Returns the style vector of a picture of any size, resized on the CPU.
    ///
    /// # Errors
    /// As [`StyleEncoder::encode`].
    pub async fn encode_image(&self, gpu: &Gpu, picture: &Image) -> Result<Vec<f32>> {
        let (width, height) = (predictor::SIDE, predictor::SIDE);
        self.encode_rgba(gpu, &picture.resized(width, height)?.to_rgba8(), (width, height)).await
    }
}
