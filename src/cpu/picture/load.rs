//! From a photo to the input tensor of a network: resized, mirrored, with brushwork, padded by reflection. The shader
//! `load_input.wgsl` does the same on a GPU.

use fearless_simd::{Level, Simd, dispatch, f32x4, prelude::*};

use super::bands::for_each_band;
use super::resample::{Resampler, check_photo};
use super::source::Photo;
use super::streaks::streaks;
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::lanes::limited;
use crate::cpu::workers::Workers;
use crate::error::{Error, Result};
use crate::image::brushwork::Brushwork;
use crate::image::check_sides;
use crate::image::part::Part;
use crate::net::Border;

/// Fills the input tensor of a network with photos of one size.
pub struct Loader {
    level: Level,
    resampler: Resampler,
    picture: Part,
    padded: (usize, usize),
    /// The brushwork's value for each pixel of the picture; empty if there is none.
    streaks: Vec<f32>,
    strength: f32,
}

impl Loader {
    /// Creates a loader of photos of the size `source` for a network that sees a picture of the size `picture` in a
    /// tensor of the size `padded`, all as width and height. Source and picture may be parts.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero, the tensor is smaller than the picture, a part lacks pixels that are needed, or
    /// the processor does not have `set`.
    pub fn new(
        set: InstructionSet,
        source: impl Into<Part>,
        picture: impl Into<Part>,
        padded: (usize, usize),
    ) -> Result<Self> {
        let (source, picture) = (source.into(), picture.into());
        check_sides(source.size)?;
        check_sides(picture.size)?;
        let (width, height) = picture.size;
        if padded.0 < width || padded.1 < height {
            return Err(Error::Picture(format!(
                "a picture of {width}x{height} does not fit into a tensor of {}x{}",
                padded.0, padded.1
            )));
        }
        let (level, resampler) = (set.require()?, Resampler::new(source, picture)?);
        Ok(Self { level, resampler, picture, padded, streaks: Vec::new(), strength: 0.0 })
    }

    /// Sets the strength, 0..1, of the brushwork that is added to the photos from now on. Its values are computed here,
    /// once for all photos.
    pub fn set_brushwork(&mut self, workers: &Workers, strength: f32) {
        if self.strength == strength {
            return;
        }
        self.strength = strength;
        let Part { whole, origin: (left, top), size: (width, height) } = self.picture;
        let brushwork = Brushwork::new(strength, whole.0, whole.1);
        self.streaks = vec![0.0; if brushwork.amount > 0.0 { width * height } else { 0 }];
        let level = self.level;
        for_each_band(workers, &mut self.streaks, width, 0, |first, rows, _| {
            for (y, row) in rows.chunks_exact_mut(width).enumerate() {
                dispatch!(level, simd => streaks(simd, brushwork, (left, top + first + y), row));
            }
        });
    }

    /// Writes the tensor: `[padded height][padded width]` pixels of four floats, R, G, B and 0.
    ///
    /// # Errors
    /// [`Error::Picture`] if photo or tensor have another size than the loader, or if a part is to be mirrored.
    pub fn load(&self, workers: &Workers, photo: Photo, tensor: &mut [f32]) -> Result<()> {
        check_photo(photo, &self.resampler)?;
        let (width, height) = self.padded;
        if tensor.len() != width * height * 4 {
            return Err(Error::Picture(format!(
                "an input tensor of {width}x{height} pixels does not have {} values",
                tensor.len()
            )));
        }
        for_each_band(workers, tensor, width * 4, self.resampler.scratch(), |first, rows, scratch| {
            for (y, row) in rows.chunks_exact_mut(width * 4).enumerate() {
                let y = Border::Reflect.index((first + y) as isize, self.picture.size.1).unwrap_or(0);
                dispatch!(self.level, simd => self.row(simd, photo, y, scratch, row));
            }
        });
        Ok(())
    }

    /// Writes row `y` of the picture and its padding to `row`.
    #[inline(always)]
    fn row<S: Simd>(&self, simd: S, photo: Photo, y: usize, scratch: &mut [f32], row: &mut [f32]) {
        let width = self.picture.size.0;
        let (seen, padding) = row.split_at_mut(width * 4);
        self.resampler.row(simd, photo, y, scratch, seen);
        if self.streaks.is_empty() {
            seen.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 0.0);
        } else {
            add(simd, &self.streaks[y * width..][..width], seen);
        }
        for (i, pixel) in padding.chunks_exact_mut(4).enumerate() {
            let x = Border::Reflect.index((width + i) as isize, width).unwrap_or(0);
            pixel.copy_from_slice(&seen[x * 4..][..4]);
        }
    }
}

/// Adds one value per pixel to its three colours and clears the fourth float.
#[inline(always)]
fn add<S: Simd>(simd: S, streaks: &[f32], seen: &mut [f32]) {
    let colors = f32x4::simd_from(simd, [1.0, 1.0, 1.0, 0.0]);
    for (pixel, streak) in seen.chunks_exact_mut(4).zip(streaks) {
        let color = f32x4::from_slice(simd, pixel) + *streak;
        (limited(simd, color, 1.0) * colors).store_slice(pixel);
    }
}
