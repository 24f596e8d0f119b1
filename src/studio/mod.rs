//! Masterpiece: the pixels of one photo, optimized until its VGG features agree with a photo's and the statistics of those
//! features with paintings' (Gatys, Ecker, Bethge 2015, "A Neural Algorithm of Artistic Style"), on burn.
//!
//! burn's tensors choose their backend by device: `device::cpu` is the reference, `device::gpu` everything that wgpu runs
//! on. [`Masterpiece`] is the whole procedure; the other files are its parts, from the network ([`features`], over our own
//! [`convolution`] where there is a graphics device) through the losses ([`loss`]) to the picture and its optimizer ([`canvas`],
//! [`optimizer`]).

pub mod canvas;
pub mod checkpoint;
pub mod convolution;
pub mod device;
pub mod executor;
pub mod features;
pub mod gram;
pub mod judgement;
mod kernel;
mod launch;
mod lbfgs;
pub mod loss;
pub mod masterpiece;
pub mod memory;
pub mod norm;
pub mod optimizer;
pub mod painting;
pub mod recipe;
pub mod schedule;
pub mod statistics;
pub mod train;
#[cfg(feature = "native")]
pub mod trained_convolution;
#[cfg(feature = "reference")]
pub mod trial;
pub mod window;

pub use checkpoint::Checkpoint;
pub use features::Features;
pub use loss::{Objective, Parts, Source, Term, Terms};
pub use masterpiece::{Masterpiece, Progress, Settings, Start};
pub use optimizer::Optimizer;
pub use painting::Painting;
pub use recipe::Recipe;
pub use schedule::{Scale, coarse_to_fine};
pub use statistics::StyleLoss;
