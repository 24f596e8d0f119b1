//! The pixels of one photo, optimized until its VGG features agree with the photo's and the statistics of those features with a
//! painting's (Gatys, Ecker, Bethge 2015, "A Neural Algorithm of Artistic Style").

#[cfg(feature = "reference")]
pub mod bench_step;
pub mod checkpoint;
pub mod config;
pub mod memory;
pub mod optimization;
pub mod optimizer_state;
pub mod schedule;
pub mod style_target;
