//! Image optimization: optimizes the pixels of one photo until its VGG features match the photo's and their statistics
//! match a painting's (Gatys, Ecker, Bethge 2015, "A Neural Algorithm of Artistic Style").

pub mod any_method;
#[cfg(feature = "reference")]
pub mod bench_step;
pub mod checkpoint;
pub mod neighbour_checkpoint;
pub mod neighbour_matching;
pub mod neighbour_objective;
pub mod optimization;
pub mod optimizer_state;
pub mod pyramid;
pub mod style_target;
