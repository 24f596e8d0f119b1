//! Feed-forward stylization of photos and video: a [`Device`] runs networks, a [`StylizeModel`] is a network on a device, a
//! [`Session`] runs it at one size, a [`TiledSession`] on pictures of any size, and a [`StyleEncoder`] turns paintings into
//! styles. The documentation of the crate has an example.

#[cfg(feature = "cpu")]
mod cpu_session;
mod device;
#[cfg(feature = "gpu")]
mod gpu_session;
mod model;
mod session;
mod staleness;
mod style_encoder;
mod tile_layout;
mod tiled;

#[cfg(feature = "cpu")]
pub use cpu_session::{CpuFrame, CpuReader, CpuSession};
#[cfg(feature = "cpu")]
pub use device::CpuDevice;
pub use device::Device;
#[cfg(feature = "gpu")]
pub use device::GpuDevice;
#[cfg(feature = "gpu")]
pub use gpu_session::{GpuReader, GpuReading, GpuSession};
pub use model::StylizeModel;
pub use session::{Frame, Reader, Reading, Session, TemporalFilter};
pub use style_encoder::StyleEncoder;
pub use tile_layout::{Tile, TileLayout};
pub use tiled::{Statistics, TiledSession};
