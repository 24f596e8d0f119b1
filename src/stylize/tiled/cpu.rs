//! Tiles on the processor.

use crate::cpu::picture::{Compositor, Loader, Painting, Photo};
use crate::cpu::{CpuModel, CpuPlan};
use crate::error::Result;
use crate::image::Image;
use crate::image::composite::Look;
use crate::lower::moments::{Merged, Moments};
use crate::style::Style;
use crate::stylize::device::CpuDevice;
use crate::stylize::tile_layout::Tile;

/// As [`TiledSession`](super::TiledSession), on the processor.
pub(super) struct CpuTiles {
    device: CpuDevice,
    plan: CpuPlan,
}

impl CpuTiles {
    /// Creates a plan of `model` for tiles of `size`.
    pub fn new(device: &CpuDevice, model: &CpuModel, (width, height): (usize, usize)) -> Result<Self> {
        Ok(Self { device: device.clone(), plan: model.plan(width, height)? })
    }

    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        self.plan.set_style(style)
    }

    pub fn set_statistics(&mut self, norm: usize, moments: &[Moments]) {
        self.plan.set_statistics(norm, moments);
    }

    /// Fills the first tensor.
    fn load(&mut self, tile: &Tile, rgba: &[u8], brushwork: f32) -> Result<()> {
        let workers = &self.device.workers;
        let mut loader = Loader::new(self.device.set, tile.photo, tile.picture, self.plan.padded())?;
        loader.set_brushwork(workers, brushwork);
        loader.load(workers, Photo::new(rgba, tile.photo.size, false)?, self.plan.input_mut())
    }

    pub fn measure(
        &mut self,
        tile: &Tile,
        rgba: &[u8],
        brushwork: f32,
        (norm, merged): (usize, &mut Merged),
    ) -> Result<()> {
        self.load(tile, rgba, brushwork)?;
        self.plan.measure(&self.device.workers, norm, tile.own, merged);
        Ok(())
    }

    /// Returns the statistics of one tile.
    pub fn own_statistics(&mut self, tile: &Tile, rgba: &[u8], brushwork: f32) -> Result<Vec<Vec<Moments>>> {
        self.run(tile, rgba, brushwork)?;
        Ok(self.plan.statistics().to_vec())
    }

    fn run(&mut self, tile: &Tile, rgba: &[u8], brushwork: f32) -> Result<()> {
        self.load(tile, rgba, brushwork)?;
        self.plan.run(&self.device.workers);
        Ok(())
    }

    pub fn paint(&mut self, tile: &Tile, rgba: &[u8], brushwork: f32, look: Look) -> Result<Vec<u8>> {
        self.run(tile, rgba, brushwork)?;
        let mut result = vec![0; tile.result.pixels() * 4];
        self.compositor(tile)?.bytes(&self.device.workers, self.pictures(tile, rgba)?, look, &mut result)?;
        Ok(result)
    }

    pub fn paint_exact(&mut self, tile: &Tile, rgba: &[u8], brushwork: f32, look: Look) -> Result<Image> {
        self.run(tile, rgba, brushwork)?;
        let mut result = vec![0.0; tile.result.pixels() * 3];
        self.compositor(tile)?.colors(&self.device.workers, self.pictures(tile, rgba)?, look, &mut result)?;
        Image::new(tile.result.size.0, tile.result.size.1, result)
    }

    fn compositor(&self, tile: &Tile) -> Result<Compositor> {
        Compositor::new(self.device.set, tile.picture, tile.photo, tile.result)
    }

    fn pictures<'a>(&'a self, tile: &Tile, rgba: &'a [u8]) -> Result<(Painting<'a>, Photo<'a>)> {
        let painting = Painting::new(self.plan.output(), self.plan.padded().0, tile.picture.size)?;
        Ok((painting, Photo::new(rgba, tile.photo.size, false)?))
    }
}
