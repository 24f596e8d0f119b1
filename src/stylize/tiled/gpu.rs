//! Tiles on a graphics adapter.

use std::rc::Rc;

use crate::error::Result;
use crate::gpu::model::Model;
use crate::gpu::output::{Compositor, OutputTexture, floats};
use crate::gpu::{Frame, Gpu, Plan};
use crate::image::Image;
use crate::image::composite::Look;
use crate::lower::moments::{Merged, Moments};
use crate::style::Style;
use crate::stylize::tile_layout::Tile;

/// As [`TiledSession`](super::TiledSession), on a graphics adapter.
pub(super) struct GpuTiles {
    gpu: Rc<Gpu>,
    plan: Plan,
}

impl GpuTiles {
    /// Creates a plan of `model` for tiles of `size`.
    pub async fn new(gpu: &Rc<Gpu>, model: &Model, (width, height): (usize, usize)) -> Result<Self> {
        Ok(Self { gpu: gpu.clone(), plan: model.plan(gpu, width, height).await? })
    }

    pub fn set_style(&self, style: &Style) -> Result<()> {
        self.plan.set_style(&self.gpu, style)
    }

    pub fn set_statistics(&self, norm: usize, moments: &[Moments]) {
        self.plan.set_statistics(&self.gpu, norm, moments);
    }

    /// Uploads the photo of a tile.
    async fn frame(&self, tile: &Tile, rgba: &[u8], brushwork: f32) -> Result<Frame> {
        self.gpu.check()?;
        let frame = self.plan.part_frame(&self.gpu, tile.photo, tile.picture).await?;
        frame.set_brushwork(&self.gpu, brushwork);
        frame.upload(&self.gpu, rgba)?;
        Ok(frame)
    }

    pub async fn measure(
        &self,
        tile: &Tile,
        rgba: &[u8],
        brushwork: f32,
        (norm, merged): (usize, &mut Merged),
    ) -> Result<()> {
        let frame = self.frame(tile, rgba, brushwork).await?;
        self.plan.measure(&self.gpu, &frame, norm, tile.own, merged).await
    }

    /// Returns the statistics of one tile.
    pub async fn own_statistics(&self, tile: &Tile, rgba: &[u8], brushwork: f32) -> Result<Vec<Vec<Moments>>> {
        let frame = self.frame(tile, rgba, brushwork).await?;
        self.plan.run(&self.gpu, &frame, |_| ());
        self.plan.statistics(&self.gpu).await
    }

    pub async fn paint(&self, tile: &Tile, rgba: &[u8], brushwork: f32, look: Look) -> Result<Vec<u8>> {
        self.composited(tile, rgba, brushwork, (look, wgpu::TextureFormat::Rgba8Unorm)).await
    }

    pub async fn paint_exact(&self, tile: &Tile, rgba: &[u8], brushwork: f32, look: Look) -> Result<Image> {
        let bytes = self.composited(tile, rgba, brushwork, (look, wgpu::TextureFormat::Rgba32Float)).await?;
        Image::new(tile.result.size.0, tile.result.size.1, floats(&bytes))
    }

    /// Runs the network on a tile, and reads the result in the texture format `format`.
    async fn composited(
        &self,
        tile: &Tile,
        rgba: &[u8],
        brushwork: f32,
        (look, format): (Look, wgpu::TextureFormat),
    ) -> Result<Vec<u8>> {
        let frame = self.frame(tile, rgba, brushwork).await?;
        let mut compositor = Compositor::new(&self.gpu, (&self.plan, &frame, None), format, tile.result).await?;
        compositor.set_look(&self.gpu, look, false);
        let texture = OutputTexture::new(&self.gpu, &compositor).await?;
        self.plan.run(&self.gpu, &frame, |encoder| texture.record(encoder, &compositor));
        texture.read(&self.gpu).await
    }
}
