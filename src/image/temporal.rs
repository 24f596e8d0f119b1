//! The constants of the temporal filter, which reduces flicker. Its plain twin is in `reference/picture.rs`.

/// Fraction of the previous output that is kept where nothing moves. Reduces noise to about a third.
pub const KEEP_PAINTING: f32 = 0.75;
/// Fraction of the previous statistics that is kept. Statistics are means over the whole picture and must follow
/// motion.
pub const KEEP_STATISTICS: f32 = 0.6;

/// Threshold of luma changes: changes up to this are noise. The same as in `temporal_filter.wgsl`.
pub const NOISE: f32 = 0.04;
/// Threshold of luma changes: changes from this on are motion. The same as in `temporal_filter.wgsl`.
pub const MOTION: f32 = 0.12;
