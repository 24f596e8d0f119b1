//! A session: stylization at one size, on any device.

use super::gpu_session::{GpuReader, GpuReading, GpuSession};
use crate::error::{Error, Result};
use crate::gpu;
use crate::image::Image;
use crate::image::composite::Look;
use crate::style::Style;

/// Stylizes pictures at one size. The network runs only if the picture or the style has changed; changes of strength,
/// colours and the before/after line need no network.
pub enum Session {
    /// On a graphics adapter.
    Gpu(GpuSession),
}

/// An input picture of another size than the network's, for [`Session::set_frame`].
pub enum Frame {
    /// On a graphics adapter.
    Gpu(gpu::Frame),
}

/// A temporal filter for [`Session::set_temporal_filter`].
pub enum TemporalFilter {
    /// On a graphics adapter.
    Gpu(gpu::TemporalFilter),
}

/// The resources for reading the output, for [`Session::set_reader`].
pub enum Reader {
    /// On a graphics adapter.
    Gpu(GpuReader),
}

/// A readback in progress.
pub enum Reading {
    /// On a graphics adapter.
    Gpu(GpuReading),
}

impl Session {
    /// Returns width and height of the network's input.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Self::Gpu(session) => session.size(),
        }
    }

    /// Returns the cost of one frame with `kernels` as JSON.
    pub fn plan(&self, kernels: &str) -> String {
        match self {
            Self::Gpu(session) => session.cost().json(kernels),
        }
    }

    /// Returns width and height of the input pictures.
    pub fn frame_size(&self) -> (usize, usize) {
        match self {
            Self::Gpu(session) => session.frame().size(),
        }
    }

    /// Creates a frame for pictures of another size than the network's; the network sees them resized. The future does
    /// not borrow the session.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub fn new_frame(&self, size: (usize, usize)) -> impl Future<Output = Result<Frame>> + use<> {
        let Self::Gpu(session) = self;
        let frame = session.new_frame(size);
        async move { frame.await.map(Frame::Gpu) }
    }

    /// Replaces the input frame by `frame`, created by [`Session::new_frame`]. Outputs that are read have its size.
    /// Removes the temporal filter, which refers to the old frame.
    pub fn set_frame(&mut self, frame: Frame) {
        match (self, frame) {
            (Self::Gpu(session), Frame::Gpu(frame)) => session.set_frame(frame),
        }
    }

    /// Creates a temporal filter for [`Session::set_temporal_filter`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_temporal_filter(&self) -> impl Future<Output = Result<TemporalFilter>> + use<> {
        let Self::Gpu(session) = self;
        let filter = session.new_temporal_filter();
        async move { filter.await.map(TemporalFilter::Gpu) }
    }

    /// Enables flicker reduction until the next [`Session::set_frame`]. Pictures count as one scene while style and
    /// mirroring stay the same.
    pub fn set_temporal_filter(&mut self, filter: TemporalFilter) {
        match (self, filter) {
            (Self::Gpu(session), TemporalFilter::Gpu(filter)) => session.set_temporal_filter(filter),
        }
    }

    /// Sets whether the picture is mirrored horizontally, for the network and for display.
    pub fn set_mirrored(&mut self, mirrored: bool) {
        match self {
            Self::Gpu(session) => session.set_mirrored(mirrored),
        }
    }

    /// Sets the photo, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match.
    pub fn set_photo(&mut self, rgba: &[u8]) -> Result<()> {
        match self {
            Self::Gpu(session) => session.set_photo(rgba),
        }
    }

    /// Sets the style.
    ///
    /// # Errors
    /// [`Error::Style`] if it belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        match self {
            Self::Gpu(session) => session.set_style(style),
        }
    }

    /// Sets the strength of the brushwork that is added to photos, 0..1: see [`crate::image::brushwork`]. Default: 0.
    ///
    /// # Errors
    /// [`Error::Picture`] if `strength` is not finite. Values beyond 0..1 are clamped.
    pub fn set_brushwork(&mut self, strength: f32) -> Result<()> {
        if !strength.is_finite() {
            return Err(Error::Picture("brushwork must be a number from 0 to 1".to_string()));
        }
        let strength = strength.clamp(0.0, 1.0);
        match self {
            Self::Gpu(session) => session.set_brushwork(strength),
        }
        Ok(())
    }

    /// Sets how the output is composited with the photo.
    ///
    /// # Errors
    /// [`Error::Picture`] if a value is not finite. Values beyond 0..1 are clamped.
    pub fn set_look(&mut self, look: Look) -> Result<()> {
        if !look.strength.is_finite() || !look.split.is_finite() {
            return Err(Error::Picture("strength and split must be numbers from 0 to 1".to_string()));
        }
        let look = Look { strength: look.strength.clamp(0.0, 1.0), split: look.split.clamp(0.0, 1.0), ..look };
        match self {
            Self::Gpu(session) => session.set_look(look),
        }
        Ok(())
    }

    /// Forces the network to run in the next frame, even if nothing has changed.
    pub fn invalidate(&mut self) {
        match self {
            Self::Gpu(session) => session.invalidate(),
        }
    }

    /// Stylizes the picture and reads it back as `height * width * 4` bytes of RGBA, of the frame's size.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Gpu(session) => session.read().await,
        }
    }

    /// Whether a reader is set, which [`Session::start_read`] needs.
    pub fn readable(&self) -> bool {
        match self {
            Self::Gpu(session) => session.readable(),
        }
    }

    /// Creates a reader of pictures of `size` for [`Session::set_reader`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_reader(&self, size: (usize, usize)) -> impl Future<Output = Result<Reader>> + use<> {
        let Self::Gpu(session) = self;
        let reader = session.new_reader(size);
        async move { reader.await.map(Reader::Gpu) }
    }

    /// Sets the reader that is used until the frame or the temporal filter is replaced.
    pub fn set_reader(&mut self, reader: Reader) {
        match (self, reader) {
            (Self::Gpu(session), Reader::Gpu(reader)) => session.set_reader(reader),
        }
    }

    /// Starts the work of [`Session::read`]. [`Reading::finish`] returns the pixels; until then, the session can be used
    /// for everything but another reading.
    ///
    /// # Errors
    /// An error that the device has reported since the last call; [`Error::Picture`] without a reader.
    pub fn start_read(&mut self) -> Result<Reading> {
        match self {
            Self::Gpu(session) => session.start_read().map(Reading::Gpu),
        }
    }

    /// Stylizes the picture and reads it back without rounding to 8 bits.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read_exact(&mut self) -> Result<Image> {
        match self {
            Self::Gpu(session) => session.read_exact().await,
        }
    }
}

impl Reading {
    /// Returns the pixels: `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn finish(self) -> Result<Vec<u8>> {
        match self {
            Self::Gpu(reading) => reading.finish().await,
        }
    }
}
