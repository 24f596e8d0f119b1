//! Feed-forward stylization of photos and video: a [`StylizeModel`] holds a network on a device, a [`Session`] runs it at
//! one size, and a [`StyleEncoder`] turns paintings into styles. The documentation of the crate has an example.

mod style_encoder;

use std::rc::Rc;

use crate::error::{Error, Result};
use crate::gpu::bounds::Excess;
use crate::gpu::conv::Variant;
use crate::gpu::model::Model;
use crate::gpu::output::{Compositor, OutputTexture, floats};
use crate::gpu::{Cost, Frame, Gpu, Plan, TemporalFilter};
use crate::image::Image;
use crate::image::composite::Look;
use crate::net::custom;
use crate::net::expense::Expense;
use crate::net::models::{arbitrary, transfer26};
use crate::style::{Style, StyleSet, StyleSpace};
use crate::weights::Archive;

pub use style_encoder::StyleEncoder;

/// A transfer network on a device: that of 26 styles with its styles, that for paintings, or one from a style pack.
pub struct StylizeModel {
    model: Model,
    styles: StyleSet,
    space: StyleSpace,
}

impl StylizeModel {
    /// Loads the network that `archive` contains, for the kernels of `variant`.
    ///
    /// # Errors
    /// [`Error::Archive`] for an unsupported network; otherwise as [`custom::network`] and [`Model::load`].
    pub async fn load(gpu: &Gpu, archive: &Archive, variant: Variant) -> Result<Self> {
        let (net, styles) = match archive.metadata("network") {
            Some(transfer26::NAME) => {
                let net = transfer26::network();
                let styles = StyleSet::read(archive, &net.norms)?;
                (net, styles)
            }
            Some(arbitrary::NAME) => (arbitrary::network(), StyleSet::default()),
            Some(name) if custom::is_own(name) => (custom::network(archive)?, StyleSet::default()),
            other => {
                let (found, one, two) = (other.unwrap_or("no network"), transfer26::NAME, arbitrary::NAME);
                return Err(Error::Archive(format!("it contains {found}, but {one} or {two} is needed")));
            }
        };
        let space = StyleSpace::read(archive, net.tensors(), &net.norms)?;
        Ok(Self { model: Model::load(gpu, net, archive, variant).await?, styles, space })
    }

    /// Returns width and height of the session for a photo of that size: see [`crate::net::Network::working_size`].
    pub fn working_size(&self, size: (usize, usize), stroke: f64) -> (usize, usize) {
        self.model.network().working_size(size, stroke)
    }

    /// Returns the first limit of the device that stylizing a photo of `size` with strokes of that size exceeds, if
    /// any. Allocates nothing.
    ///
    /// # Errors
    /// As [`crate::net::Network::shapes`].
    pub fn excess(&self, gpu: &Gpu, size: (usize, usize), stroke: f64) -> Result<Option<Excess>> {
        let bounds = gpu.bounds();
        match Frame::excess(bounds, size).or_else(|| OutputTexture::excess(bounds, size)) {
            Some(excess) => Ok(Some(excess)),
            None => self.model.excess(bounds, self.working_size(size, stroke)),
        }
    }

    /// Returns the arithmetic cost of a photo of `size` with strokes of that size.
    ///
    /// # Errors
    /// As [`crate::net::Network::shapes`].
    pub fn expense(&self, size: (usize, usize), stroke: f64) -> Result<Expense> {
        let (width, height) = self.working_size(size, stroke);
        self.model.network().expense(width, height)
    }

    /// Returns the style space of this network.
    pub fn space(&self) -> &StyleSpace {
        &self.space
    }

    /// Returns the styles of the archive.
    pub fn styles(&self) -> &StyleSet {
        &self.styles
    }

    /// Returns the variant of the kernels.
    pub fn variant(&self) -> Variant {
        self.model.variant()
    }

    /// Creates a session that runs the network at `width` x `height`. By default, input photos and output pictures have
    /// that size too, and the first style is set, if the network has built-in styles.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of zero, [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn session(&self, gpu: &Gpu, width: usize, height: usize) -> Result<Session> {
        if width == 0 || height == 0 {
            return Err(Error::Picture(format!("a picture of {width}x{height} has no pixels: choose another file")));
        }
        let plan = Rc::new(self.model.plan(gpu, width, height).await?);
        let frame = Rc::new(plan.frame(gpu, (width, height)).await?);
        let look = Look::default();
        let session = Session {
            plan,
            frame,
            look,
            brushwork: 0.0,
            reader: None,
            temporal_filter: None,
            stale: true,
            settled: false,
        };
        if let Some(style) = self.styles.get(0) {
            session.plan.set_style(gpu, style)?;
        }
        Ok(session)
    }
}

/// Stylizes pictures at one size. The network runs only if the picture or the style has changed; changes of strength,
/// colours and the before/after line cost one draw.
pub struct Session {
    plan: Rc<Plan>,
    frame: Rc<Frame>,
    look: Look,
    brushwork: f32,
    /// The resources for reading the output, created on first use.
    reader: Option<Reader>,
    /// Present if flicker reduction is enabled.
    temporal_filter: Option<Rc<TemporalFilter>>,
    stale: bool,
    /// Whether the previous output shows the same scene in the same style.
    settled: bool,
}

/// The resources for reading the output.
pub struct Reader {
    compositor: Compositor,
    canvas: OutputTexture,
}

impl Session {
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
    pub fn new_frame<'g>(&self, gpu: &'g Gpu, size: (usize, usize)) -> impl Future<Output = Result<Frame>> + use<'g> {
        let plan = self.plan.clone();
        async move { plan.frame(gpu, size).await }
    }

    /// Replaces the input frame by `frame`, created by [`Session::new_frame`]. Outputs that are read have its size.
    /// Removes the temporal filter, which refers to the old frame.
    pub fn set_frame(&mut self, gpu: &Gpu, frame: Frame) {
        frame.set_brushwork(gpu, self.brushwork);
        self.frame = Rc::new(frame);
        self.reader = None;
        self.temporal_filter = None;
        self.plan.keep_statistics(gpu, 0.0);
        self.stale = true;
    }

    /// Creates a temporal filter for [`Session::set_temporal_filter`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_temporal_filter<'g>(&self, gpu: &'g Gpu) -> impl Future<Output = Result<TemporalFilter>> + use<'g> {
        let (plan, frame) = (self.plan.clone(), self.frame.clone());
        async move { TemporalFilter::new(gpu, &plan, &frame).await }
    }

    /// Enables flicker reduction until the next [`Session::set_frame`]. Pictures count as one scene while style and
    /// mirroring stay the same. Existing compositors keep showing unfiltered output.
    pub fn set_temporal_filter(&mut self, temporal_filter: TemporalFilter) {
        self.temporal_filter = Some(Rc::new(temporal_filter));
        self.reader = None;
        self.stale = true;
        self.settled = false;
    }

    /// Sets whether the picture is mirrored horizontally, for the network and for display.
    pub fn set_mirrored(&mut self, gpu: &Gpu, mirrored: bool) {
        if self.frame.mirrored() != mirrored {
            self.frame.set_mirrored(gpu, mirrored);
            self.stale = true;
            self.settled = false;
        }
    }

    /// Uploads a photo, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] if the number of bytes does not match.
    pub fn set_photo(&mut self, gpu: &Gpu, rgba: &[u8]) -> Result<()> {
        self.frame.upload(gpu, rgba)?;
        self.stale = true;
        Ok(())
    }

    /// Copies a picture of the frame's size that the browser holds.
    #[cfg(target_arch = "wasm32")]
    pub fn copy_photo(&mut self, gpu: &Gpu, source: wgpu::ExternalImageSource) {
        self.frame.copy(gpu, source);
        self.stale = true;
    }

    /// Sets the style.
    ///
    /// # Errors
    /// [`Error::Style`] if it belongs to another network.
    pub fn set_style(&mut self, gpu: &Gpu, style: &Style) -> Result<()> {
        self.plan.set_style(gpu, style)?;
        self.stale = true;
        self.settled = false;
        Ok(())
    }

    /// Sets the strength of the brushwork that is added to photos, 0..1: see [`crate::image::brushwork`]. Default: 0.
    ///
    /// # Errors
    /// [`Error::Picture`] if `strength` is not finite. Values beyond 0..1 are clamped.
    pub fn set_brushwork(&mut self, gpu: &Gpu, strength: f32) -> Result<()> {
        if !strength.is_finite() {
            return Err(Error::Picture("brushwork must be a number from 0 to 1".to_string()));
        }
        let strength = strength.clamp(0.0, 1.0);
        if strength != self.brushwork {
            self.brushwork = strength;
            self.frame.set_brushwork(gpu, strength);
            self.stale = true;
            self.settled = false;
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
        self.look = Look { strength: look.strength.clamp(0.0, 1.0), split: look.split.clamp(0.0, 1.0), ..look };
        Ok(())
    }

    /// Forces the network to run in the next frame, even if nothing has changed.
    pub fn invalidate(&mut self) {
        self.stale = true;
    }

    /// Records the network as one compute pass, if picture or style has changed.
    fn record_network(&mut self, gpu: &Gpu, encoder: &mut wgpu::CommandEncoder) {
        if std::mem::take(&mut self.stale) {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            if let Some(temporal_filter) = &self.temporal_filter {
                temporal_filter.set(gpu, &self.plan, self.settled, self.frame.mirrored());
            }
            self.plan.record(&self.frame, &mut pass);
            if let Some(temporal_filter) = &self.temporal_filter {
                temporal_filter.record(&mut pass);
            }
            self.settled = true;
        }
    }

    /// Draws the output to `target`, of the format and size of `compositor`, in one submit.
    ///
    /// # Errors
    /// An error that the device has reported since the last call.
    pub fn paint(&mut self, gpu: &Gpu, compositor: &mut Compositor, target: &wgpu::TextureView) -> Result<()> {
        gpu.check()?;
        compositor.set_look(gpu, self.look, self.frame.mirrored());
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.record_network(gpu, &mut encoder);
        compositor.record(&mut encoder, target);
        gpu.queue.submit([encoder.finish()]);
        Ok(())
    }

    /// Creates a compositor of this session for targets of `format` and `size`. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn compositor<'g>(
        &self,
        gpu: &'g Gpu,
        format: wgpu::TextureFormat,
        size: (usize, usize),
    ) -> impl Future<Output = Result<Compositor>> + use<'g> {
        let (plan, frame, temporal_filter) = (self.plan.clone(), self.frame.clone(), self.temporal_filter.clone());
        async move { Compositor::new(gpu, (&plan, &frame, temporal_filter.as_deref()), format, size).await }
    }

    /// Stylizes the picture and reads it back as `height * width * 4` bytes of RGBA, of the frame's size.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read(&mut self, gpu: &Gpu) -> Result<Vec<u8>> {
        if !self.readable() {
            let reader = self.new_reader(gpu, self.frame.size()).await?;
            self.set_reader(reader);
        }
        self.start_read(gpu)?.finish(gpu).await
    }

    /// Whether a reader is set, which [`Session::start_read`] needs.
    pub fn readable(&self) -> bool {
        self.reader.is_some()
    }

    /// Creates a reader of pictures of `size` for [`Session::set_reader`]. The future does not borrow the session.
    ///
    /// # Errors
    /// The errors of the device.
    pub fn new_reader<'g>(&self, gpu: &'g Gpu, size: (usize, usize)) -> impl Future<Output = Result<Reader>> + use<'g> {
        let compositor = self.compositor(gpu, wgpu::TextureFormat::Rgba8Unorm, size);
        async move {
            let compositor = compositor.await?;
            let canvas = OutputTexture::new(gpu, &compositor).await?;
            Ok(Reader { compositor, canvas })
        }
    }

    /// Sets the reader that is used until the frame or the temporal filter is replaced.
    pub fn set_reader(&mut self, reader: Reader) {
        self.reader = Some(reader);
    }

    /// Submits the work of [`Session::read`]. [`Reading::finish`] returns the pixels; until then, the session can be
    /// used for everything but another reading.
    ///
    /// # Errors
    /// An error that the device has reported since the last call; [`Error::Picture`] without a reader.
    pub fn start_read(&mut self, gpu: &Gpu) -> Result<Reading> {
        gpu.check()?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.record_network(gpu, &mut encoder);
        let Some(Reader { compositor, canvas }) = &mut self.reader else {
            return Err(Error::Picture("this session is not ready to be read".to_string()));
        };
        compositor.set_look(gpu, self.look, self.frame.mirrored());
        canvas.record(&mut encoder, compositor);
        gpu.queue.submit([encoder.finish()]);
        Ok(Reading { canvas: canvas.clone() })
    }

    /// Stylizes the picture and reads it back without rounding to 8 bits.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn read_exact(&mut self, gpu: &Gpu) -> Result<Image> {
        let (width, height) = self.frame.size();
        let mut compositor = self.compositor(gpu, wgpu::TextureFormat::Rgba32Float, (width, height)).await?;
        compositor.set_look(gpu, self.look, self.frame.mirrored());
        let canvas = OutputTexture::new(gpu, &compositor).await?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.record_network(gpu, &mut encoder);
        canvas.record(&mut encoder, &compositor);
        gpu.queue.submit([encoder.finish()]);
        Image::new(width, height, floats(&canvas.read(gpu).await?))
    }
}

/// A readback in progress.
pub struct Reading {
    canvas: OutputTexture,
}

impl Reading {
    /// Returns the pixels: `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn finish(self, gpu: &Gpu) -> Result<Vec<u8>> {
        self.canvas.read(gpu).await
    }
}
