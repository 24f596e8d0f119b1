//! Transfer networks on a device.

#[cfg(feature = "cpu")]
use super::cpu_session::CpuSession;
#[cfg(feature = "cpu")]
use super::device::CpuDevice;
use super::device::Device;
#[cfg(feature = "gpu")]
use super::device::GpuDevice;
#[cfg(feature = "gpu")]
use super::gpu_session::GpuSession;
use super::session::Session;
#[cfg(feature = "gpu")]
use super::tile_layout::Tile;
use super::tile_layout::TileLayout;
#[cfg(feature = "cpu")]
use crate::cpu::CpuModel;
use crate::error::{Error, Excess, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{Frame, model::Model, output::OutputTexture};
#[cfg(feature = "cpu")]
use crate::image::Image;
use crate::image::check_sides;
use crate::net::expense::Expense;
use crate::net::models::{arbitrary, transfer26};
use crate::net::{Network, custom};
use crate::style::{StyleSet, StyleSpace};
use crate::weights::Archive;

/// A transfer network on a device: that of 26 styles with its styles, that for paintings, or one from a style pack.
pub struct StylizeModel {
    device: Device,
    weights: Weights,
    styles: StyleSet,
    space: StyleSpace,
}

/// The network with its weights on the device.
pub(super) enum Weights {
    #[cfg(feature = "gpu")]
    Gpu(GpuDevice, Box<Model>),
    #[cfg(feature = "cpu")]
    Cpu(CpuDevice, CpuModel),
}

impl StylizeModel {
    /// Loads the network that `archive` contains.
    ///
    /// # Errors
    /// [`Error::Archive`] for an unsupported network; otherwise as [`custom::network`] and [`Model::load`].
    pub async fn load(device: &Device, archive: &Archive) -> Result<Self> {
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
        let weights = match device {
            #[cfg(feature = "gpu")]
            Device::Gpu(device) => {
                let model = Model::load(&device.gpu, net, archive, device.variant).await?;
                Weights::Gpu(device.clone(), Box::new(model))
            }
            #[cfg(feature = "cpu")]
            Device::Cpu(device) => Weights::Cpu(device.clone(), CpuModel::load(net, archive, device.set)?),
        };
        Ok(Self { device: device.clone(), weights, styles, space })
    }

    /// Returns the network.
    pub fn network(&self) -> &Network {
        match &self.weights {
            #[cfg(feature = "gpu")]
            Weights::Gpu(_, model) => model.network(),
            #[cfg(feature = "cpu")]
            Weights::Cpu(_, model) => model.network(),
        }
    }

    /// Returns the network with its weights on the device.
    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Returns the device that the network runs on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns width and height of the session for a photo of that size: see [`Network::working_size`].
    pub fn working_size(&self, size: (usize, usize), stroke: f64) -> (usize, usize) {
        self.network().working_size(size, stroke)
    }

    /// Returns the first limit of the device that stylizing a photo of `size` with strokes of that size exceeds, if
    /// any. Allocates nothing.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn excess(&self, size: (usize, usize), stroke: f64) -> Result<Option<Excess>> {
        let working_size = self.working_size(size, stroke);
        match &self.weights {
            #[cfg(feature = "gpu")]
            Weights::Gpu(device, model) => {
                let bounds = device.gpu.bounds();
                match Frame::excess(bounds, size).or_else(|| OutputTexture::excess(bounds, size)) {
                    Some(excess) => Ok(Some(excess)),
                    None => model.excess(bounds, working_size),
                }
            }
            #[cfg(feature = "cpu")]
            Weights::Cpu(device, model) => CpuSession::excess(device, model, size, working_size),
        }
    }

    /// Returns the first limit of the device that stylizing a photo of the size `photo`, which the network sees at the size
    /// `picture`, in tiles of at most `longest` pixels a side exceeds, if any. Allocates no pictures.
    ///
    /// # Errors
    /// As [`TileLayout::new`].
    pub fn tiled_excess(
        &self,
        photo: (usize, usize),
        picture: (usize, usize),
        longest: usize,
    ) -> Result<Option<Excess>> {
        let layout = TileLayout::new(self.network(), photo, picture, longest)?;
        match &self.weights {
            #[cfg(feature = "gpu")]
            Weights::Gpu(device, model) => {
                let bounds = device.gpu.bounds();
                let excess = |tile: &Tile| {
                    Frame::excess(bounds, tile.photo.size).or_else(|| OutputTexture::excess(bounds, tile.result.size))
                };
                match layout.tiles.iter().find_map(excess) {
                    Some(excess) => Ok(Some(excess)),
                    None => model.excess(bounds, layout.size),
                }
            }
            #[cfg(feature = "cpu")]
            Weights::Cpu(device, model) => CpuSession::tiled_excess(device, model, photo, &layout),
        }
    }

    /// Returns the arithmetic cost of a photo of `size` with strokes of that size.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn expense(&self, size: (usize, usize), stroke: f64) -> Result<Expense> {
        let (width, height) = self.working_size(size, stroke);
        self.network().expense(width, height)
    }

    /// Returns the style space of this network.
    pub fn space(&self) -> &StyleSpace {
        &self.space
    }

    /// Returns the styles of the archive.
    pub fn styles(&self) -> &StyleSet {
        &self.styles
    }

    /// Creates a session that runs the network at `width` x `height`. By default, input photos and output pictures have
    /// that size too, and the first style is set, if the network has built-in styles.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of zero, [`Error::TooLarge`] naming the limit, and the errors of the device.
    pub async fn session(&self, width: usize, height: usize) -> Result<Session> {
        check_sides((width, height))?;
        let mut session = match &self.weights {
            #[cfg(feature = "gpu")]
            Weights::Gpu(device, model) => {
                let session = GpuSession::new(&device.gpu, model, (width, height)).await?;
                Session::Gpu(Box::new(session))
            }
            #[cfg(feature = "cpu")]
            Weights::Cpu(device, model) => {
                let fits = |width, height| {
                    matches!(CpuSession::excess(device, model, (width, height), (width, height)), Ok(None))
                };
                if let Some(excess) = CpuSession::excess(device, model, (width, height), (width, height))? {
                    let longer = width.max(height);
                    return Err(excess.error((width, height), Image::largest_fitted((width, height), longer, fits)));
                }
                Session::Cpu(Box::new(CpuSession::new(device, model, (width, height))?))
            }
        };
        if let Some(style) = self.styles.get(0) {
            session.set_style(style)?;
        }
        Ok(session)
    }
}
