//! From a painting and its photo to the pixels that are shown: both resized, then strength, colour preservation and the
//! before/after line. The shader `composite.wgsl` does the same on a GPU; the plain twin is in `image/composite.rs`.

use fearless_simd::{Level, Simd, dispatch};

use super::bands::for_each_band;
use super::lanes::{Pass, Pixels, apply, to_bytes};
use super::resample::{Resampler, check_photo};
use super::source::{Painting, Photo, Source, check_size};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::lanes::limited;
use crate::cpu::workers::Workers;
use crate::error::{Error, Result};
use crate::image::check_sides;
use crate::image::composite::{LUMA, Look};
use crate::image::part::Part;

/// Composites paintings of one size with photos of one size.
pub struct Compositor {
    level: Level,
    paintings: Resampler,
    photos: Resampler,
    target: Part,
}

impl Compositor {
    /// Creates a compositor of paintings of the size `painting` and photos of the size `source` to pictures of the size
    /// `target`, all as width and height. All may be parts.
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero, a part lacks pixels that are needed, or the processor does not have `set`.
    pub fn new(
        set: InstructionSet,
        painting: impl Into<Part>,
        source: impl Into<Part>,
        target: impl Into<Part>,
    ) -> Result<Self> {
        let (painting, source, target) = (painting.into(), source.into(), target.into());
        check_sides(painting.size)?;
        check_sides(source.size)?;
        check_sides(target.size)?;
        let (paintings, photos) = (Resampler::new(painting, target)?, Resampler::new(source, target)?);
        Ok(Self { level: set.require()?, paintings, photos, target })
    }

    /// Writes the result as `height * width * 4` bytes of opaque RGBA, rounded to nearest.
    ///
    /// # Errors
    /// [`Error::Picture`] if painting, photo or target have another size than the compositor.
    pub fn bytes(&self, workers: &Workers, pictures: (Painting, Photo), look: Look, target: &mut [u8]) -> Result<()> {
        self.check(pictures, target.len(), 4)?;
        let row = self.target.size.0 * 4;
        for_each_band(workers, target, row, self.scratch(), |first, rows, scratch| {
            let mut scratch = self.divided(scratch);
            for (y, bytes) in rows.chunks_exact_mut(row).enumerate() {
                dispatch!(self.level, simd => {
                    to_bytes(simd, self.row(simd, pictures, look, first + y, &mut scratch), bytes);
                });
            }
        });
        Ok(())
    }

    /// Writes the result as `height * width * 3` values, RGB in 0..1, not rounded.
    ///
    /// # Errors
    /// As [`Compositor::bytes`].
    pub fn colors(&self, workers: &Workers, pictures: (Painting, Photo), look: Look, target: &mut [f32]) -> Result<()> {
        self.check(pictures, target.len(), 3)?;
        let row = self.target.size.0 * 3;
        for_each_band(workers, target, row, self.scratch(), |first, rows, scratch| {
            let mut scratch = self.divided(scratch);
            for (y, colors) in rows.chunks_exact_mut(row).enumerate() {
                let row = dispatch!(self.level, simd => self.row(simd, pictures, look, first + y, &mut scratch));
                for (color, pixel) in colors.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
                    color.copy_from_slice(&pixel[..3]);
                }
            }
        });
        Ok(())
    }

    fn check(&self, (painting, photo): (Painting, Photo), values: usize, channels: usize) -> Result<()> {
        check_size(painting.size(), self.paintings.from())?;
        check_photo(photo, &self.photos)?;
        let (width, height) = self.target.size;
        if values != width * height * channels {
            return Err(Error::Picture(format!(
                "a {width}x{height} picture with {channels} channels does not have {values} values"
            )));
        }
        Ok(())
    }

    /// Returns the length of the scratch memory of a thread.
    fn scratch(&self) -> usize {
        self.paintings.scratch() + self.photos.scratch() + 3 * 4 * self.target.size.0
    }

    fn divided<'s>(&self, scratch: &'s mut [f32]) -> Scratch<'s> {
        let (painting, rest) = scratch.split_at_mut(self.paintings.scratch());
        let (photo, rest) = rest.split_at_mut(self.photos.scratch());
        let (seen, rest) = rest.split_at_mut(4 * self.target.size.0);
        let (painted, blended) = rest.split_at_mut(4 * self.target.size.0);
        Scratch { painting, photo, seen, painted, blended }
    }

    /// Returns row `y` of the result, four floats per pixel, of which the last is arbitrary.
    #[inline(always)]
    fn row<'s, S: Simd>(
        &self,
        simd: S,
        (painting, photo): (Painting<'s>, Photo),
        look: Look,
        y: usize,
        scratch: &'s mut Scratch<'_>,
    ) -> &'s [f32] {
        let Scratch { painting: painting_row, photo: photo_row, seen, painted, blended } = scratch;
        let painted = if self.paintings.is_identity() {
            painting.row(y)
        } else {
            self.paintings.row(simd, painting, y, painting_row, painted);
            painted
        };
        let Part { whole, origin, size } = self.target;
        let before = pixels_before(look.split, whole.0).saturating_sub(origin.0).min(size.0) * 4;
        if before == 0 && look.strength == 1.0 && !look.keep_colors {
            return painted;
        }
        self.photos.row(simd, photo, y, photo_row, seen);
        blended[..before].copy_from_slice(&seen[..before]);
        apply(simd, &Blend { look }, [&seen[before..], &painted[before..]], &mut blended[before..]);
        blended
    }
}

/// The memory of one thread: rows of the originals, resized vertically, of the resized pictures, and of the result.
struct Scratch<'s> {
    painting: &'s mut [f32],
    photo: &'s mut [f32],
    seen: &'s mut [f32],
    painted: &'s mut [f32],
    blended: &'s mut [f32],
}

/// Returns how many pixels of a row of `width` are left of the before/after line.
fn pixels_before(split: f32, width: usize) -> usize {
    let (mut low, mut high) = (0, width);
    while low < high {
        let middle = low.midpoint(high);
        if (middle as f32 + 0.5) / (width as f32) < split { low = middle + 1 } else { high = middle }
    }
    low
}

/// Blends painting and photo.
struct Blend {
    look: Look,
}

impl Pass for Blend {
    #[inline(always)]
    fn apply<S: Simd, V: Pixels<S>>(&self, simd: S, [photo, painted]: [V; 2], _: V) -> V {
        let mut target = painted;
        if self.look.keep_colors {
            // In YIQ only Y changes, which in RGB adds the same value to every channel.
            let [red, green, blue] = LUMA;
            let step = ((painted - photo) * V::pixel(simd, [red, green, blue, 0.0])).sums();
            target = limited(simd, photo + step, 1.0);
        }
        photo + (target - photo) * self.look.strength
    }
}
