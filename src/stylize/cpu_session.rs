//! A session on the processor.

use super::device::CpuDevice;
use super::staleness::Staleness;
use super::tile_layout::TileLayout;
use crate::cpu::picture::{Compositor, Loader, Painting, Photo, TemporalFilter};
use crate::cpu::{CpuModel, CpuPlan};
use crate::error::{Excess, MEMORY, Result};
use crate::image::Image;
use crate::image::composite::Look;
use crate::image::temporal::{KEEP_PAINTING, KEEP_STATISTICS};
use crate::style::Style;

const MEGABYTE: u64 = 1_000_000;

/// As [`Session`](super::Session), on the processor.
pub struct CpuSession {
    device: CpuDevice,
    plan: CpuPlan,
    loader: Loader,
    /// `height * width * 4` bytes of RGBA.
    photo: Vec<u8>,
    frame_size: (usize, usize),
    mirrored: bool,
    look: Look,
    brushwork: f32,
    /// The compositor for pictures that are read, created on first use.
    reader: Option<CpuReader>,
    /// Present if flicker reduction is enabled.
    temporal_filter: Option<TemporalFilter>,
    staleness: Staleness,
}

/// An input picture of another size than the network's.
pub struct CpuFrame {
    size: (usize, usize),
    loader: Loader,
}

/// Composites pictures of one size.
pub struct CpuReader {
    size: (usize, usize),
    compositor: Compositor,
}

impl CpuReader {
    /// Returns width and height of the pictures.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }
}

impl CpuSession {
    /// Creates a session that runs `model` at `size`, width and height.
    ///
    /// # Errors
    /// As [`CpuModel::plan`].
    pub fn new(device: &CpuDevice, model: &CpuModel, size: (usize, usize)) -> Result<Self> {
        let plan = model.plan(size.0, size.1)?;
        let loader = Loader::new(device.set, size, size, plan.padded())?;
        Ok(Self {
            device: device.clone(),
            plan,
            loader,
            photo: vec![0; size.0 * size.1 * 4],
            frame_size: size,
            mirrored: false,
            look: Look::default(),
            brushwork: 0.0,
            reader: None,
            temporal_filter: None,
            staleness: Staleness::new(),
        })
    }

    /// Returns the excess of a session of `model` at `working_size` for photos of `size` over the memory of `device`, if
    /// any. Allocates nothing.
    ///
    /// # Errors
    /// As [`CpuModel::bytes`].
    pub fn excess(
        device: &CpuDevice,
        model: &CpuModel,
        size: (usize, usize),
        working_size: (usize, usize),
    ) -> Result<Option<Excess>> {
        // The photo and the result, each once here and once at the caller, and the brushwork.
        let pictures = (size.0 as u64).saturating_mul(size.1 as u64).saturating_mul(4 * 4 + 4);
        let network = model.bytes(working_size.0, working_size.1, device.workers.threads())?;
        let needed = network.saturating_add(pictures);
        Ok(Excess::of(MEMORY, needed.div_ceil(MEGABYTE), device.memory / MEGABYTE))
    }

    /// Returns the excess of a tiled session of `model` for photos of the size `photo` over the memory of `device`, if any.
    /// Allocates nothing.
    ///
    /// # Errors
    /// As [`CpuModel::bytes`].
    pub fn tiled_excess(
        device: &CpuDevice,
        model: &CpuModel,
        photo: (usize, usize),
        layout: &TileLayout,
    ) -> Result<Option<Excess>> {
        let (width, height) = layout.size;
        // The photo with 8 bits per channel and the result with 16, and a tile of each as RGBA.
        let pictures = (photo.0 as u64).saturating_mul(photo.1 as u64).saturating_mul(3 + 6);
        let tile = layout.tiles.iter().map(|tile| 8 * tile.photo.pixels() as u64).max().unwrap_or(0);
        let network = model.bytes(width, height, device.workers.threads())?;
        let needed = network.saturating_add(pictures).saturating_add(tile);
        Ok(Excess::of(MEMORY, needed.div_ceil(MEGABYTE), device.memory / MEGABYTE))
    }

    /// Returns width and height of the network's input.
    pub fn size(&self) -> (usize, usize) {
        self.plan.size()
    }

    /// Returns width and height of the input pictures.
    pub fn frame_size(&self) -> (usize, usize) {
        self.frame_size
    }

    /// Returns the multiply-adds of the convolutions, without what Winograd's algorithm saves.
    pub fn multiply_adds(&self) -> u64 {
        (0..self.plan.stages()).map(|stage| self.plan.stage(stage).1).sum()
    }

    /// Returns the bytes of the network's tensors.
    pub fn memory(&self) -> u64 {
        self.plan.bytes()
    }

    /// Creates a frame for pictures of `size`.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) for a side of zero.
    pub fn new_frame(&self, size: (usize, usize)) -> Result<CpuFrame> {
        Ok(CpuFrame { size, loader: Loader::new(self.device.set, size, self.plan.size(), self.plan.padded())? })
    }

    /// Replaces the input frame, and removes the temporal filter.
    pub fn set_frame(&mut self, frame: CpuFrame) {
        let CpuFrame { size, loader } = frame;
        self.loader = loader;
        self.loader.set_brushwork(&self.device.workers, self.brushwork);
        self.photo = vec![0; size.0 * size.1 * 4];
        self.frame_size = size;
        self.reader = None;
        self.temporal_filter = None;
        self.plan.keep_statistics(0.0);
        self.staleness.picture_changed();
    }

    /// Creates a temporal filter.
    ///
    /// # Errors
    /// None for the sizes of a session.
    pub fn new_temporal_filter(&self) -> Result<TemporalFilter> {
        TemporalFilter::new(self.device.set, self.plan.size(), self.frame_size)
    }

    /// Enables flicker reduction until the next [`CpuSession::set_frame`].
    pub fn set_temporal_filter(&mut self, filter: TemporalFilter) {
        self.temporal_filter = Some(filter);
        self.staleness.scene_changed();
    }

    /// Sets whether the picture is mirrored horizontally.
    pub fn set_mirrored(&mut self, mirrored: bool) {
        if self.mirrored != mirrored {
            self.mirrored = mirrored;
            self.staleness.scene_changed();
        }
    }

    /// Sets the photo, given as `height * width * 4` bytes of RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) if the number of bytes does not match.
    pub fn set_photo(&mut self, rgba: &[u8]) -> Result<()> {
        Photo::new(rgba, self.frame_size, self.mirrored)?;
        self.photo.copy_from_slice(rgba);
        self.staleness.picture_changed();
        Ok(())
    }

    /// Sets the style.
    ///
    /// # Errors
    /// [`Error::Style`](crate::error::Error::Style) if it belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        self.plan.set_style(style)?;
        self.staleness.scene_changed();
        Ok(())
    }

    /// Sets the strength of the brushwork, 0..1, that is added to photos.
    pub fn set_brushwork(&mut self, strength: f32) {
        if strength != self.brushwork {
            self.brushwork = strength;
            self.loader.set_brushwork(&self.device.workers, strength);
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

    /// Runs the network, if picture or style has changed.
    fn run(&mut self) -> Result<()> {
        if !self.staleness.is_stale() {
            return Ok(());
        }
        let workers = &self.device.workers;
        let photo = Photo::new(&self.photo, self.frame_size, self.mirrored)?;
        let keep = if self.staleness.is_settled() && self.temporal_filter.is_some() {
            [KEEP_STATISTICS, KEEP_PAINTING]
        } else {
            [0.0; 2]
        };
        self.plan.keep_statistics(keep[0]);
        self.loader.load(workers, photo, self.plan.input_mut())?;
        self.plan.run(workers);
        if let Some(filter) = &mut self.temporal_filter {
            let painting = Painting::new(self.plan.output(), self.plan.padded().0, self.plan.size())?;
            filter.update(workers, (painting, photo), keep[1])?;
        }
        self.staleness.computed();
        Ok(())
    }

    /// Returns the output of the network, and the photo.
    fn pictures(&self) -> Result<(Painting<'_>, Photo<'_>)> {
        let painting = match &self.temporal_filter {
            Some(filter) => filter.painting(),
            None => Painting::new(self.plan.output(), self.plan.padded().0, self.plan.size())?,
        };
        Ok((painting, Photo::new(&self.photo, self.frame_size, self.mirrored)?))
    }

    /// Stylizes the picture: `height * width * 4` bytes of RGBA, of the size of `reader`.
    ///
    /// # Errors
    /// None for a reader of this session.
    pub fn paint(&mut self, reader: &CpuReader) -> Result<Vec<u8>> {
        self.run()?;
        let mut rgba = vec![0; reader.size.0 * reader.size.1 * 4];
        let workers = &self.device.workers;
        reader.compositor.bytes(workers, self.pictures()?, self.look, &mut rgba)?;
        Ok(rgba)
    }

    /// Returns the stylized picture in the size that was set by [`CpuSession::set_reader`], by default the frame's.
    ///
    /// # Errors
    /// None for the sizes of a session.
    pub fn read(&mut self) -> Result<Vec<u8>> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.new_reader(self.frame_size)?,
        };
        let rgba = self.paint(&reader);
        self.reader = Some(reader);
        rgba
    }

    /// Whether a reader is set.
    pub fn readable(&self) -> bool {
        self.reader.is_some()
    }

    /// Creates a reader of pictures of `size`.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) for a side of zero.
    pub fn new_reader(&self, size: (usize, usize)) -> Result<CpuReader> {
        Ok(CpuReader { size, compositor: Compositor::new(self.device.set, self.plan.size(), self.frame_size, size)? })
    }

    /// Sets the reader that is used until the frame is replaced.
    pub fn set_reader(&mut self, reader: CpuReader) {
        self.reader = Some(reader);
    }

    /// Stylizes the picture without rounding to 8 bits.
    ///
    /// # Errors
    /// None for the sizes of a session.
    pub fn read_exact(&mut self) -> Result<Image> {
        self.run()?;
        let (width, height) = self.frame_size;
        let compositor = Compositor::new(self.device.set, self.plan.size(), self.frame_size, self.frame_size)?;
        let mut colors = vec![0.0; width * height * 3];
        let workers = &self.device.workers;
        compositor.colors(workers, self.pictures()?, self.look, &mut colors)?;
        Image::new(width, height, colors)
    }
}
