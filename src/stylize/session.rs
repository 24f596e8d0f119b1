//! A session: stylization at one size, on any device.

#[cfg(feature = "cpu")]
use std::future::ready;
use std::pin::Pin;

#[cfg(feature = "cpu")]
use super::cpu_session::{CpuFrame, CpuReader, CpuSession};
#[cfg(feature = "gpu")]
use super::gpu_session::{GpuReader, GpuReading, GpuSession};
#[cfg(feature = "cpu")]
use crate::cpu::picture;
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::image::Image;
use crate::image::composite::Look;
use crate::style::Style;

/// A future that borrows nothing.
type Pending<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Stylizes pictures at one size. The network runs only if the picture or the style has changed; changes of strength,
/// colours and the before/after line need no network.
pub enum Session {
    /// On a graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuSession>),
    /// On the processor.
    #[cfg(feature = "cpu")]
    Cpu(Box<CpuSession>),
}

/// An input picture of another size than the network's, for [`Session::set_frame`].
pub enum Frame {
    /// On a graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(gpu::Frame),
    /// On the processor.
    #[cfg(feature = "cpu")]
    Cpu(CpuFrame),
}

/// A temporal filter for [`Session::set_temporal_filter`].
pub enum TemporalFilter {
    /// On a graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(gpu::TemporalFilter),
    /// On the processor.
    #[cfg(feature = "cpu")]
    Cpu(picture::TemporalFilter),
}

/// The resources for reading the output, for [`Session::set_reader`].
pub enum Reader {
    /// On a graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuReader>),
    /// On the processor.
    #[cfg(feature = "cpu")]
    Cpu(Box<CpuReader>),
}

/// A readback in progress.
pub enum Reading {
    /// On a graphics adapter.
    #[cfg(feature = "gpu")]
    Gpu(GpuReading),
    /// On the processor.
    #[cfg(feature = "cpu")]
    Cpu(Vec<u8>),
}

impl Session {
    /// Returns width and height of the network's input.
    pub fn size(&self) -> (usize, usize) {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.size(),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.size(),
        }
    }

    /// Returns the cost of one frame with `kernels` as JSON.
    pub fn plan(&self, kernels: &str) -> String {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.cost().json(kernels),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => {
                let (multiply_adds, memory) = (session.multiply_adds(), session.memory());
                serde_json::json!({ "variant": kernels, "multiply_adds": multiply_adds, "memory": memory }).to_string()
            }
        }
    }

    /// Returns width and height of the input pictures.
    pub fn frame_size(&self) -> (usize, usize) {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.frame().size(),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.frame_size(),
        }
    }

    /// Creates a frame for pictures of another size than the network's; the network sees them resized. The future does
    /// not borrow the session.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub fn new_frame(&self, size: (usize, usize)) -> Pending<Frame> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => {
                let frame = session.new_frame(size);
                Box::pin(async move { frame.await.map(Frame::Gpu) })
            }
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => Box::pin(ready(session.new_frame(size).map(Frame::Cpu))),
        }
    }

    /// Replaces the input frame by `frame`, created by [`Session::new_frame`]. Outputs that are read have its size.
    /// Removes the temporal filter, which refers to the old frame.
    ///
    /// # Errors
    /// [`Error::Picture`] if it belongs to another device.
    pub fn set_frame(&mut self, frame: Frame) -> Result<()> {
        match (self, frame) {
            #[cfg(feature = "gpu")]
            (Self::Gpu(session), Frame::Gpu(frame)) => session.set_frame(frame),
            #[cfg(feature = "cpu")]
            (Self::Cpu(session), Frame::Cpu(frame)) => session.set_frame(frame),
            #[cfg(all(feature = "gpu", feature = "cpu"))]
            _ => return Err(other_device()),
        }
        Ok(())
    }

    /// Creates a temporal filter for [`Session::set_temporal_filter`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_temporal_filter(&self) -> Pending<TemporalFilter> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => {
                let filter = session.new_temporal_filter();
                Box::pin(async move { filter.await.map(TemporalFilter::Gpu) })
            }
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => Box::pin(ready(session.new_temporal_filter().map(TemporalFilter::Cpu))),
        }
    }

    /// Enables flicker reduction until the next [`Session::set_frame`]. Pictures count as one scene while style and
    /// mirroring stay the same.
    ///
    /// # Errors
    /// [`Error::Picture`] if it belongs to another device.
    pub fn set_temporal_filter(&mut self, filter: TemporalFilter) -> Result<()> {
        match (self, filter) {
            #[cfg(feature = "gpu")]
            (Self::Gpu(session), TemporalFilter::Gpu(filter)) => session.set_temporal_filter(filter),
            #[cfg(feature = "cpu")]
            (Self::Cpu(session), TemporalFilter::Cpu(filter)) => session.set_temporal_filter(filter),
            #[cfg(all(feature = "gpu", feature = "cpu"))]
            _ => return Err(other_device()),
        }
        Ok(())
    }

    /// Sets whether the picture is mirrored horizontally, for the network and for display.
    pub fn set_mirrored(&mut self, mirrored: bool) {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.set_mirrored(mirrored),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.set_mirrored(mirrored),
        }
    }

    /// Sets the photo, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match.
    pub fn set_photo(&mut self, rgba: &[u8]) -> Result<()> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.set_photo(rgba),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.set_photo(rgba),
        }
    }

    /// Sets the style.
    ///
    /// # Errors
    /// [`Error::Style`] if it belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.set_style(style),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.set_style(style),
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
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.set_brushwork(strength),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.set_brushwork(strength),
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
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.set_look(look),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.set_look(look),
        }
        Ok(())
    }

    /// Forces the network to run in the next frame, even if nothing has changed.
    pub fn invalidate(&mut self) {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.invalidate(),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.invalidate(),
        }
    }

    /// Stylizes the picture and reads it back as `height * width * 4` bytes of RGBA, of the frame's size.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&mut self) -> Result<Vec<u8>> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.read().await,
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.read(),
        }
    }

    /// Whether a reader is set, which [`Session::start_read`] needs.
    pub fn readable(&self) -> bool {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.readable(),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.readable(),
        }
    }

    /// Creates a reader of pictures of `size` for [`Session::set_reader`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_reader(&self, size: (usize, usize)) -> Pending<Reader> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => {
                let reader = session.new_reader(size);
                Box::pin(async move { reader.await.map(|reader| Reader::Gpu(Box::new(reader))) })
            }
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => Box::pin(ready(session.new_reader(size).map(|reader| Reader::Cpu(Box::new(reader))))),
        }
    }

    /// Sets the reader that is used until the frame or the temporal filter is replaced.
    ///
    /// # Errors
    /// [`Error::Picture`] if it belongs to another device.
    pub fn set_reader(&mut self, reader: Reader) -> Result<()> {
        match (self, reader) {
            #[cfg(feature = "gpu")]
            (Self::Gpu(session), Reader::Gpu(reader)) => session.set_reader(*reader),
            #[cfg(feature = "cpu")]
            (Self::Cpu(session), Reader::Cpu(reader)) => session.set_reader(*reader),
            #[cfg(all(feature = "gpu", feature = "cpu"))]
            _ => return Err(other_device()),
        }
        Ok(())
    }

    /// Starts the work of [`Session::read`]. [`Reading::finish`] returns the pixels; until then, the session can be used
    /// for everything but another reading.
    ///
    /// # Errors
    /// An error that the device has reported since the last call; [`Error::Picture`] without a reader.
    pub fn start_read(&mut self) -> Result<Reading> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.start_read().map(Reading::Gpu),
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.read().map(Reading::Cpu),
        }
    }

    /// Stylizes the picture and reads it back without rounding to 8 bits.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read_exact(&mut self) -> Result<Image> {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(session) => session.read_exact().await,
            #[cfg(feature = "cpu")]
            Self::Cpu(session) => session.read_exact(),
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
            #[cfg(feature = "gpu")]
            Self::Gpu(reading) => reading.finish().await,
            #[cfg(feature = "cpu")]
            Self::Cpu(pixels) => Ok(pixels),
        }
    }
}

/// Returns the error for a part that was created for a session on another device.
#[cfg(all(feature = "gpu", feature = "cpu"))]
fn other_device() -> Error {
    Error::Picture("this belongs to a session on another device".to_string())
}
