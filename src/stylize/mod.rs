//! Feed-forward sessions: a picture in, its painting out. A [`StylizeModel`] holds a network on a device; a [`Session`] paints at
//! one size. A [`StyleEncoder`] makes styles of paintings.

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

/// A transfer network on a device: that of 26 styles with its styles, or one that has none of its own, that of arbitrary styles
/// or one that a style brings.
pub struct StylizeModel {
    model: Model,
    styles: StyleSet,
    space: StyleSpace,
}

impl StylizeModel {
    /// Loads the network that `archive` holds, for the kernels of `variant`.
    ///
    /// # Errors
    /// [`Error::Archive`] when the archive holds none of them; otherwise as [`custom::network`] and [`Model::load`].
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
                return Err(Error::Archive(format!("it holds {found} where {one} or {two} is needed")));
            }
        };
        let space = StyleSpace::read(archive, net.tensors(), &net.norms)?;
        Ok(Self { model: Model::load(gpu, net, archive, variant).await?, styles, space })
    }

    /// Width and height of the session for a photo of that size: see [`crate::net::Network::working_size`].
    pub fn working_size(&self, size: (usize, usize), stroke: f64) -> (usize, usize) {
        self.model.network().working_size(size, stroke)
    }

    /// The first of the device's bounds that stylizing a photo of `size` with strokes of that size breaks, if any. Allocates
    /// nothing.
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

    /// What a photo of `size` costs with strokes of that size.
    ///
    /// # Errors
    /// As [`crate::net::Network::shapes`].
    pub fn expense(&self, size: (usize, usize), stroke: f64) -> Result<Expense> {
        let (width, height) = self.working_size(size, stroke);
        self.model.network().expense(width, height)
    }

    /// What styles of this network are.
    pub fn space(&self) -> &StyleSpace {
        &self.space
    }

    /// The styles of the archive.
    pub fn styles(&self) -> &StyleSet {
        &self.styles
    }

    /// The variant of the kernels.
    pub fn variant(&self) -> Variant {
        self.model.variant()
    }

    /// A session that paints at `width` x `height`. Until it is told otherwise, its photos and its paintings have that size
    /// too, and the first style is set, if the network has styles of its own.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of zero, [`Error::TooLarge`] naming the limit, and what the device says.
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

/// Paints pictures at one size. The network runs only when picture or style has changed; strength, colours and the
/// before/after line cost one draw.
pub struct Session {
    plan: Rc<Plan>,
    frame: Rc<Frame>,
    look: Look,
    brushwork: f32,
    /// What paintings are read through, made when the first is.
    reader: Option<Reader>,
    /// Where paintings are to be steady.
    temporal_filter: Option<Rc<TemporalFilter>>,
    stale: bool,
    /// Whether the painting before is one of the same scene in the same style.
    settled: bool,
}

/// What paintings are read through.
pub struct Reader {
    compositor: Compositor,
    canvas: OutputTexture,
}

impl Session {
    /// Width and height at which the network paints.
    pub fn size(&self) -> (usize, usize) {
        self.plan.size()
    }

    /// What one frame costs.
    pub fn cost(&self) -> Cost {
        self.plan.cost()
    }

    /// The picture's place on the device.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Room for a picture of another size than the network's, which sees it resized. Presenters made before show the old one.
    ///
    /// # Errors
    /// [`Error::TooLarge`] naming the limit, and what the device says.
    pub fn new_frame<'g>(&self, gpu: &'g Gpu, size: (usize, usize)) -> impl Future<Output = Result<Frame>> + use<'g> {
        let plan = self.plan.clone();
        async move { plan.frame(gpu, size).await }
    }

    /// Paints `frame`, made by [`Session::new_frame`], from now on; paintings that are read have its size. A steadier knows the
    /// old frame, and goes.
    pub fn set_frame(&mut self, gpu: &Gpu, frame: Frame) {
        frame.set_brushwork(gpu, self.brushwork);
        self.frame = Rc::new(frame);
        self.reader = None;
        self.temporal_filter = None;
        self.plan.keep_statistics(gpu, 0.0);
        self.stale = true;
    }

    /// What [`Session::set_temporal_filter`] takes. The session is free while it is made.
    ///
    /// # Errors
    /// What the device says.
    pub fn new_temporal_filter<'g>(&self, gpu: &'g Gpu) -> impl Future<Output = Result<TemporalFilter>> + use<'g> {
        let (plan, frame) = (self.plan.clone(), self.frame.clone());
        async move { TemporalFilter::new(gpu, &plan, &frame).await }
    }

    /// Paintings flicker less from now on, up to the next [`Session::set_frame`]: pictures are taken for those of one scene
    /// while style and mirror stay. Presenters made before show paintings as they were.
    pub fn set_temporal_filter(&mut self, temporal_filter: TemporalFilter) {
        self.temporal_filter = Some(Rc::new(temporal_filter));
        self.reader = None;
        self.stale = true;
        self.settled = false;
    }

    /// Whether the picture is seen and shown with left and right exchanged.
    pub fn set_mirrored(&mut self, gpu: &Gpu, mirrored: bool) {
        if self.frame.mirrored() != mirrored {
            self.frame.set_mirrored(gpu, mirrored);
            self.stale = true;
            self.settled = false;
        }
    }

    /// A photo, as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`] when the number of bytes does not fit.
    pub fn set_photo(&mut self, gpu: &Gpu, rgba: &[u8]) -> Result<()> {
        self.frame.upload(gpu, rgba)?;
        self.stale = true;
        Ok(())
    }

    /// A picture that the browser holds, of the frame's size.
    #[cfg(target_arch = "wasm32")]
    pub fn copy_photo(&mut self, gpu: &Gpu, source: wgpu::ExternalImageSource) {
        self.frame.copy(gpu, source);
        self.stale = true;
    }

    /// The style to paint in.
    ///
    /// # Errors
    /// [`Error::Style`] when it belongs to another network.
    pub fn set_style(&mut self, gpu: &Gpu, style: &Style) -> Result<()> {
        self.plan.set_style(gpu, style)?;
        self.stale = true;
        self.settled = false;
        Ok(())
    }

    /// How much brushwork the network finds in photos, 0..1: see [`crate::image::brushwork`]. At first none.
    ///
    /// # Errors
    /// [`Error::Picture`] when `strength` is no number. Values beyond 0..1 are clamped.
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

    /// How the painting is laid over the photo.
    ///
    /// # Errors
    /// [`Error::Picture`] when a value is no number. Values beyond 0..1 are clamped.
    pub fn set_look(&mut self, look: Look) -> Result<()> {
        if !look.strength.is_finite() || !look.split.is_finite() {
            return Err(Error::Picture("strength and split must be numbers from 0 to 1".to_string()));
        }
        self.look = Look { strength: look.strength.clamp(0.0, 1.0), split: look.split.clamp(0.0, 1.0), ..look };
        Ok(())
    }

    /// Runs the whole network in the next frame, even if nothing has changed.
    pub fn invalidate(&mut self) {
        self.stale = true;
    }

    /// Records what the next frame needs: the network, if picture or style has changed, as one compute pass.
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

    /// Paints onto `target`, of the format and size of `compositor`, in one submit.
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

    /// A presenter of this session onto targets of `format` and `size`. The session is free while it is made.
    ///
    /// # Errors
    /// What the device says.
    pub fn compositor<'g>(
        &self,
        gpu: &'g Gpu,
        format: wgpu::TextureFormat,
        size: (usize, usize),
    ) -> impl Future<Output = Result<Compositor>> + use<'g> {
        let (plan, frame, temporal_filter) = (self.plan.clone(), self.frame.clone(), self.temporal_filter.clone());
        async move { Compositor::new(gpu, (&plan, &frame, temporal_filter.as_deref()), format, size).await }
    }

    /// Paints and reads back: `height * width * 4` bytes of RGBA, of the frame's size.
    ///
    /// # Errors
    /// What went wrong on the device.
    pub async fn read(&mut self, gpu: &Gpu) -> Result<Vec<u8>> {
        if !self.readable() {
            let reader = self.new_reader(gpu).await?;
            self.set_reader(reader);
        }
        self.start_read(gpu)?.finish(gpu).await
    }

    /// Whether [`Session::start_read`] has what it needs.
    pub fn readable(&self) -> bool {
        self.reader.is_some()
    }

    /// What [`Session::start_read`] needs, for [`Session::set_reader`]. The session is free while it is made.
    ///
    /// # Errors
    /// What the device says.
    pub fn new_reader<'g>(&self, gpu: &'g Gpu) -> impl Future<Output = Result<Reader>> + use<'g> {
        let compositor = self.compositor(gpu, wgpu::TextureFormat::Rgba8Unorm, self.frame.size());
        async move {
            let compositor = compositor.await?;
            let canvas = OutputTexture::new(gpu, &compositor).await?;
            Ok(Reader { compositor, canvas })
        }
    }

    /// Reads through `reader` until the frame's size changes.
    pub fn set_reader(&mut self, reader: Reader) {
        self.reader = Some(reader);
    }

    /// Submits what [`Session::read`] does. The pixels come with [`Reading::finish`]; the session is free meanwhile, for
    /// everything but another reading.
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

    /// Paints and reads back without rounding to 8 bits.
    ///
    /// # Errors
    /// What went wrong on the device.
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

/// A reading under way.
pub struct Reading {
    canvas: OutputTexture,
}

impl Reading {
    /// The pixels: `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// What went wrong on the device.
    pub async fn finish(self, gpu: &Gpu) -> Result<Vec<u8>> {
        self.canvas.read(gpu).await
    }
}
