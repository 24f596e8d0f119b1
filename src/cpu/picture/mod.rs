//! What happens to pixels before and after a network, in passes over rows: the input tensor (`load.rs`), the brushwork
//! that is added to it (`streaks.rs`), the temporal filter (`temporal_filter.rs`) and compositing (`composite.rs`), all
//! with the same resizing (`resample.rs`). The shaders in `shaders/io` do the same on a GPU. The plain twins are in
//! [`crate::image`] and `reference/picture.rs`.

mod bands;
pub mod composite;
mod lanes;
pub mod load;
mod resample;
mod source;
mod streaks;
pub mod temporal_filter;

pub use composite::Compositor;
pub use load::Loader;
pub use source::{Painting, Photo};
pub use temporal_filter::TemporalFilter;
