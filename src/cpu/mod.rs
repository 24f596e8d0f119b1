//! The CPU executor.

pub mod instruction_set;
pub mod picture;
pub mod workers;
