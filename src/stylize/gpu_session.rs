//! A session on a graphics adapter.

use std::rc::Rc;

use super::staleness::Staleness;
use crate::error::{Error, Result};
use crate::gpu::model::Model;
use crate::gpu::output::{Compositor, OutputTexture, floats};
use crate::gpu::{Cost, Frame, Gpu, Plan, TemporalFilter};
use crate::image::Image;
use crate::image::composite::Look;
use crate::style::Style;

/// Stylizes pictures at one size. The network runs only if the picture or the style has changed; changes of strength,
/// colours and the before/after line cost one draw.
pub struct GpuSession {
    gpu: Rc<Gpu>,
    plan: Rc<Plan>,
    frame: Rc<Frame>,
    look: Look,
    brushwork: f32,
    /// The resources for reading the output, created on first use.
    reader: Option<GpuReader>,
    /// Present if flicker reduction is enabled.
    temporal_filter: Option<Rc<TemporalFilter>>,
    staleness: Staleness,
}

/// The resources for reading the output.
pub struct GpuReader {
    compositor: Compositor,
    canvas: OutputTexture,
}

impl GpuSession {
    /// Creates a session that runs `model` at `width` x `height`.
    ///
    /// # Errors
    /// As [`Model::plan`].
    pub async fn new(gpu: &Rc<Gpu>, model: &Model, (width, height): (usize, usize)) -> Result<Self> {
        let plan = Rc::new(model.plan(gpu, width, height).await?);
        let frame = Rc::new(plan.frame(gpu, (width, height)).await?);
        Ok(Self {
            gpu: gpu.clone(),
            plan,
            frame,
            look: Look::default(),
            brushwork: 0.0,
            reader: None,
            temporal_filter: None,
            staleness: Staleness::new(),
        })
    }

    /// Returns width and height of the network's input.
    pub fn size(&self) -> (usize, usize) {
        self.plan.size()
    }

    /// Returns the cost of one frame.
    pub fn cost(&self) -> Cost {
        self.plan.cost()
    }

    /// Returns the input picture on the device.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Creates a frame for pictures of another size than the network's; the network sees them resized. Existing
    /// compositors keep showing the old frame.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub fn new_frame(&self, size: (usize, usize)) -> impl Future<Output = Result<Frame>> + use<> {
        let (gpu, plan) = (self.gpu.clone(), self.plan.clone());
        async move { plan.frame(&gpu, size).await }
    }

    /// Replaces the input frame by `frame`, created by [`GpuSession::new_frame`]. Outputs that are read have its size.
    /// Removes the temporal filter, which refers to the old frame.
    pub fn set_frame(&mut self, frame: Frame) {
        frame.set_brushwork(&self.gpu, self.brushwork);
        self.frame = Rc::new(frame);
        self.reader = None;
        self.temporal_filter = None;
        self.plan.keep_statistics(&self.gpu, 0.0);
        self.staleness.picture_changed();
    }

    /// Creates a temporal filter for [`GpuSession::set_temporal_filter`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_temporal_filter(&self) -> impl Future<Output = Result<TemporalFilter>> + use<> {
        let (gpu, plan, frame) = (self.gpu.clone(), self.plan.clone(), self.frame.clone());
        async move { TemporalFilter::new(&gpu, &plan, &frame).await }
    }

    /// Enables flicker reduction until the next [`GpuSession::set_frame`]. Pictures count as one scene while style and
    /// mirroring stay the same. Existing compositors keep showing unfiltered output.
    pub fn set_temporal_filter(&mut self, temporal_filter: TemporalFilter) {
        self.temporal_filter = Some(Rc::new(temporal_filter));
        self.reader = None;
        self.staleness.scene_changed();
    }

    /// Sets whether the picture is mirrored horizontally, for the network and for display.
    pub fn set_mirrored(&mut self, mirrored: bool) {
        if self.frame.mirrored() != mirrored {
            self.frame.set_mirrored(&self.gpu, mirrored);
            self.staleness.scene_changed();
        }
    }

    /// Uploads a photo, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match.
    pub fn set_photo(&mut self, rgba: &[u8]) -> Result<()> {
        self.frame.upload(&self.gpu, rgba)?;
        self.staleness.picture_changed();
        Ok(())
    }

    /// Copies a picture of the frame's size that the browser holds.
    #[cfg(target_arch = "wasm32")]
    pub fn copy_photo(&mut self, source: wgpu::ExternalImageSource) {
        self.frame.copy(&self.gpu, source);
        self.staleness.picture_changed();
    }

    /// Sets the style.
    ///
    /// # Errors
    /// [`Error::Style`] if it belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        self.plan.set_style(&self.gpu, style)?;
        self.staleness.scene_changed();
        Ok(())
    }

    /// Sets the strength of the brushwork, 0..1, that is added to photos.
    pub fn set_brushwork(&mut self, strength: f32) {
        if strength != self.brushwork {
            self.brushwork = strength;
            self.frame.set_brushwork(&self.gpu, strength);
            self.staleness.scene_changed();
        }
    }

    /// Sets how the output is composited with the photo.
    pub fn set_look(&mut self, look: Look) {
        self.look = look;
    }

    /// Forces the network to run in the next frame, even if nothing has changed.
    pub fn invalidate(&mut self) {
        self.staleness.picture_changed();
    }

    /// Records the network as one compute pass, if picture or style has changed.
    fn record_network(&mut self, encoder: &mut wgpu::CommandEncoder) {
        if self.staleness.is_stale() {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            if let Some(temporal_filter) = &self.temporal_filter {
                temporal_filter.set(&self.gpu, &self.plan, self.staleness.is_settled(), self.frame.mirrored());
            }
            self.plan.record(&self.frame, &mut pass);
            if let Some(temporal_filter) = &self.temporal_filter {
                temporal_filter.record(&mut pass);
            }
            self.staleness.computed();
        }
    }

    /// Draws the output to `target`, of the format and size of `compositor`, in one submit.
    ///
    /// # Errors
    /// An error that the device has reported since the last call.
    pub fn paint(&mut self, compositor: &mut Compositor, target: &wgpu::TextureView) -> Result<()> {
        self.gpu.check()?;
        compositor.set_look(&self.gpu, self.look, self.frame.mirrored());
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record_network(&mut encoder);
        compositor.record(&mut encoder, target);
        self.gpu.queue.submit([encoder.finish()]);
        Ok(())
    }

    /// Creates a compositor of this session for targets of `format` and `size`. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn compositor(
        &self,
        format: wgpu::TextureFormat,
        size: (usize, usize),
    ) -> impl Future<Output = Result<Compositor>> + use<> {
        let (plan, frame, temporal_filter) = (self.plan.clone(), self.frame.clone(), self.temporal_filter.clone());
        let gpu = self.gpu.clone();
        async move { Compositor::new(&gpu, (&plan, &frame, temporal_filter.as_deref()), format, size).await }
    }

    /// Stylizes the picture and reads it back as `height * width * 4` bytes of RGBA, of the frame's size.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&mut self) -> Result<Vec<u8>> {
        if !self.readable() {
            let reader = self.new_reader(self.frame.size()).await?;
            self.set_reader(reader);
        }
        self.start_read()?.finish().await
    }

    /// Whether a reader is set, which [`GpuSession::start_read`] needs.
    pub fn readable(&self) -> bool {
        self.reader.is_some()
    }

    /// Creates a reader of pictures of `size` for [`GpuSession::set_reader`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_reader(&self, size: (usize, usize)) -> impl Future<Output = Result<GpuReader>> + use<> {
        let gpu = self.gpu.clone();
        let compositor = self.compositor(wgpu::TextureFormat::Rgba8Unorm, size);
        async move {
            let compositor = compositor.await?;
            let canvas = OutputTexture::new(&gpu, &compositor).await?;
            Ok(GpuReader { compositor, canvas })
        }
    }

    /// Sets the reader that is used until the frame or the temporal filter is replaced.
    pub fn set_reader(&mut self, reader: GpuReader) {
        self.reader = Some(reader);
    }

    /// Submits the work of [`GpuSession::read`]. [`GpuReading::finish`] returns the pixels; until then, the session can be
    /// used for everything but another reading.
    ///
    /// # Errors
    /// An error that the device has reported since the last call; [`Error::Picture`] without a reader.
    pub fn start_read(&mut self) -> Result<GpuReading> {
        self.gpu.check()?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record_network(&mut encoder);
        let Some(GpuReader { compositor, canvas }) = &mut self.reader else {
            return Err(Error::Picture("this session is not ready to be read".to_string()));
        };
        compositor.set_look(&self.gpu, self.look, self.frame.mirrored());
        canvas.record(&mut encoder, compositor);
        self.gpu.queue.submit([encoder.finish()]);
        Ok(GpuReading { gpu: self.gpu.clone(), canvas: canvas.clone() })
    }

    /// Stylizes the picture and reads it back without rounding to 8 bits.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read_exact(&mut self) -> Result<Image> {
        let (width, height) = self.frame.size();
        let mut compositor = self.compositor(wgpu::TextureFormat::Rgba32Float, (width, height)).await?;
        compositor.set_look(&self.gpu, self.look, self.frame.mirrored());
        let canvas = OutputTexture::new(&self.gpu, &compositor).await?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.record_network(&mut encoder);
        canvas.record(&mut encoder, &compositor);
        self.gpu.queue.submit([encoder.finish()]);
        Image::new(width, height, floats(&canvas.read(&self.gpu).await?))
    }
}

/// A readback in progress.
pub struct GpuReading {
    gpu: Rc<Gpu>,
    canvas: OutputTexture,
}

impl GpuReading {
    /// Returns the pixels: `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn finish(self) -> Result<Vec<u8>> {
        self.canvas.read(&self.gpu).await
    }
}
