//! Reads and writes picture files for the command line: PNG, JPEG, WebP and TIFF, detected by contents, within limits.
//!
//! [`read()`] returns an upright picture in sRGB with separate alpha; [`encode`] returns the bytes of a file.

mod alpha;
mod color;
mod entropy;
mod jpeg_reader;
mod jpeg_segment;
mod limits;
mod metadata;
mod png_reader;
mod problem;
mod read;
mod resample;
mod sniff;
mod source;
mod tiff_reader;
mod tiff_tags;
mod tiff_writer;
mod truncation;
mod webp_reader;
mod write;

pub use alpha::Alpha;
pub use limits::{DEFAULT_PIXELS, Limits, check_resize};
pub use metadata::Metadata;
pub use read::{Picture, PictureFile, ReadOptions, decode, read, read_mask};
pub use write::{Colors, ENDINGS, Format, JPEG_QUALITY, WriteOptions, encode};

/// Returns the warning about an animation.
fn frames_warning(frames: u64) -> String {
    format!("the picture is animated: only the first of its {frames} frames is used")
}
