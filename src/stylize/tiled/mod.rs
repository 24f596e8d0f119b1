//! Stylization of pictures that are too large to be processed at once, in overlapping tiles.
//!
//! The convolutions of a network look at most [`Network::receptive_field`](crate::net::Network::receptive_field) pixels
//! far, so a tile that sees as many pixels around itself yields what the whole picture would. Instance normalizations depend
//! on the whole picture. Their statistics are set beforehand: those of a small copy of the photo, or those of the photo
//! itself, measured in one sweep over all tiles for each normalization ([`Statistics`]).

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

#[cfg(feature = "cpu")]
use self::cpu::CpuTiles;
#[cfg(feature = "gpu")]
use self::gpu::GpuTiles;
use super::model::{StylizeModel, Weights};
use super::tile_layout::{Tile, TileLayout};
use crate::error::Result;
use crate::image::Image;
use crate::image::composite::Look;
use crate::image::part::Part;
use crate::lower::moments::{Merged, Moments};
use crate::style::Style;

/// The statistics of the normalizations for a picture in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistics {
    /// Those of a small copy of the photo: one sweep over the tiles in all.
    Fast,
    /// Those of the photo itself: one more sweep for each normalization. The result equals that of the whole picture.
    Exact,
}

/// Stylizes one picture in tiles. Set style and look, then the statistics, then call [`TiledSession::paint`] for each tile.
pub struct TiledSession {
    layout: TileLayout,
    device: Tiles,
    style: Option<Style>,
    look: Look,
    brushwork: f32,
    /// The number of channels of each normalization.
    channels: Vec<usize>,
}

enum Tiles {
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuTiles>),
    #[cfg(feature = "cpu")]
    Cpu(Box<CpuTiles>),
}

impl StylizeModel {
    /// Creates a session for photos of the size `photo`, which the network sees at the size `picture`, in tiles of at most
    /// `longest` pixels a side. The first style is set, if the network has built-in styles.
    ///
    /// # Errors
    /// As [`TileLayout::new`] and [`StylizeModel::session`] for one tile.
    pub async fn tiled_session(
        &self,
        photo: (usize, usize),
        picture: (usize, usize),
        longest: usize,
    ) -> Result<TiledSession> {
        let net = self.network();
        let layout = TileLayout::new(net, photo, picture, longest)?;
        let device = match self.weights() {
            #[cfg(feature = "gpu")]
            Weights::Gpu(device, model) => Tiles::Gpu(Box::new(GpuTiles::new(&device.gpu, model, layout.size).await?)),
            #[cfg(feature = "cpu")]
            Weights::Cpu(device, model) => Tiles::Cpu(Box::new(CpuTiles::new(device, model, layout.size)?)),
        };
        let channels = net.norms.iter().map(|norm| norm.1).collect();
        let (style, look, brushwork) = (None, Look::default(), 0.0);
        let mut session = TiledSession { layout, device, style, look, brushwork, channels };
        if let Some(style) = self.styles().get(0) {
            session.set_style(style)?;
        }
        Ok(session)
    }
}

impl TiledSession {
    /// Returns the tiles, row by row.
    pub fn tiles(&self) -> &[Tile] {
        &self.layout.tiles
    }

    /// Sets the style. Statistics must be set anew.
    ///
    /// # Errors
    /// [`Error::Style`](crate::error::Error::Style) if it belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        match &mut self.device {
            #[cfg(feature = "gpu")]
            Tiles::Gpu(tiles) => tiles.set_style(style)?,
            #[cfg(feature = "cpu")]
            Tiles::Cpu(tiles) => tiles.set_style(style)?,
        }
        self.style = Some(style.clone());
        Ok(())
    }

    /// Sets the strength of the brushwork, 0..1. Statistics must be set anew.
    pub fn set_brushwork(&mut self, strength: f32) {
        self.brushwork = strength.clamp(0.0, 1.0);
    }

    /// Sets how the painting is composited with the photo.
    pub fn set_look(&mut self, look: Look) {
        self.look = look;
    }

    /// Measures and uses the statistics of a small copy of the photo, of the size `photo`, given as RGBA, which the network sees
    /// at the size `picture`. `model` is the model of this session.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) if the number of bytes does not match, and the errors of the device.
    pub async fn measure_copy(
        &mut self,
        model: &StylizeModel,
        photo: (usize, usize),
        picture: (usize, usize),
        rgba: &[u8],
    ) -> Result<()> {
        let mut copy = model.tiled_session(photo, picture, usize::MAX).await?;
        if let Some(style) = &self.style {
            copy.set_style(style)?;
        }
        let tile = copy.layout.tiles[0];
        let statistics = match &mut copy.device {
            #[cfg(feature = "gpu")]
            Tiles::Gpu(tiles) => tiles.own_statistics(&tile, rgba, self.brushwork).await?,
            #[cfg(feature = "cpu")]
            Tiles::Cpu(tiles) => tiles.own_statistics(&tile, rgba, self.brushwork)?,
        };
        statistics.iter().enumerate().for_each(|(norm, moments)| self.set_norm(norm, moments));
        Ok(())
    }

    fn set_norm(&mut self, norm: usize, moments: &[Moments]) {
        match &mut self.device {
            #[cfg(feature = "gpu")]
            Tiles::Gpu(tiles) => tiles.set_statistics(norm, moments),
            #[cfg(feature = "cpu")]
            Tiles::Cpu(tiles) => tiles.set_statistics(norm, moments),
        }
    }

    /// Returns the number of sweeps over all tiles that [`TiledSession::measure`] takes: that of the normalizations.
    pub fn sweeps(&self) -> usize {
        self.channels.len()
    }

    /// Measures and uses the statistics of the picture, normalization by normalization. `read` returns a part of the photo
    /// as RGBA. It is called for each tile in each sweep, and may end the work with an error.
    ///
    /// # Errors
    /// Those of `read`, [`Error::Picture`](crate::error::Error::Picture) if the number of bytes does not match, and the errors
    /// of the device.
    pub async fn measure(&mut self, mut read: impl FnMut(Part) -> Result<Vec<u8>>) -> Result<()> {
        for norm in 0..self.channels.len() {
            let mut merged = Merged::new(self.channels[norm]);
            for tile in self.layout.tiles.clone() {
                let rgba = read(tile.photo)?;
                let measured = (norm, &mut merged);
                match &mut self.device {
                    #[cfg(feature = "gpu")]
                    Tiles::Gpu(tiles) => tiles.measure(&tile, &rgba, self.brushwork, measured).await?,
                    #[cfg(feature = "cpu")]
                    Tiles::Cpu(tiles) => tiles.measure(&tile, &rgba, self.brushwork, measured)?,
                }
            }
            self.set_norm(norm, &merged.moments());
        }
        Ok(())
    }

    /// Stylizes a tile, whose photo is given as RGBA: returns `tile.result` as RGBA.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) if the number of bytes does not match, and the errors of the device.
    pub async fn paint(&mut self, tile: &Tile, rgba: &[u8]) -> Result<Vec<u8>> {
        match &mut self.device {
            #[cfg(feature = "gpu")]
            Tiles::Gpu(tiles) => tiles.paint(tile, rgba, self.brushwork, self.look).await,
            #[cfg(feature = "cpu")]
            Tiles::Cpu(tiles) => tiles.paint(tile, rgba, self.brushwork, self.look),
        }
    }

    /// Stylizes a tile like [`TiledSession::paint`], without rounding to 8 bits.
    ///
    /// # Errors
    /// As [`TiledSession::paint`].
    pub async fn paint_exact(&mut self, tile: &Tile, rgba: &[u8]) -> Result<Image> {
        match &mut self.device {
            #[cfg(feature = "gpu")]
            Tiles::Gpu(tiles) => tiles.paint_exact(tile, rgba, self.brushwork, self.look).await,
            #[cfg(feature = "cpu")]
            Tiles::Cpu(tiles) => tiles.paint_exact(tile, rgba, self.brushwork, self.look),
        }
    }
}
