//! Flicker reduction: where the photo has changed only by noise, the output is mixed with the previous output. The
//! shader `temporal_filter.wgsl` does the same on a GPU.

use fearless_simd::{Level, Simd, dispatch};

use super::bands::for_each_band;
use super::lanes::{Pass, Pixels, apply};
use super::resample::Resampler;
use super::source::{Painting, Photo, Source, check_size};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::lanes::limited;
use crate::cpu::workers::Workers;
use crate::error::Result;
use crate::image::check_sides;
use crate::image::composite::LUMA;
use crate::image::temporal::{MOTION, NOISE};

/// The previous output of a network, which the next one is mixed with.
pub struct TemporalFilter {
    level: Level,
    resampler: Resampler,
    size: (usize, usize),
    /// The output's colours and the photo's luma, `[height][width][4]`.
    history: Vec<f32>,
}

impl TemporalFilter {
    /// Creates a filter of paintings of the size `painting` of photos of the size `source`, as width and height.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) if a side is zero or the processor does not have
    /// `set`.
    pub fn new(set: InstructionSet, painting: (usize, usize), source: (usize, usize)) -> Result<Self> {
        check_sides(source)?;
        check_sides(painting)?;
        let history = vec![0.0; painting.0 * painting.1 * 4];
        Ok(Self {
            level: set.require()?,
            resampler: Resampler::new(source.into(), painting.into())?,
            size: painting,
            history,
        })
    }

    /// Replaces the output by the mixture with `painting`, of which the fraction `keep`, 0..1, is the previous output
    /// where nothing moves in `photo`. `keep` must be 0 for the first painting.
    ///
    /// # Errors
    /// [`Error::Picture`](crate::error::Error::Picture) if photo or painting have another size than the filter.
    pub fn update(&mut self, workers: &Workers, (painting, photo): (Painting, Photo), keep: f32) -> Result<()> {
        check_size(photo.size(), self.resampler.from())?;
        check_size(painting.size(), self.size)?;
        let row = self.size.0 * 4;
        let Self { level, resampler, history, .. } = self;
        for_each_band(workers, history, row, row + resampler.scratch(), |first, rows, scratch| {
            let (seen, scratch) = scratch.split_at_mut(row);
            for (y, history) in rows.chunks_exact_mut(row).enumerate() {
                dispatch!(*level, simd => {
                    resampler.row(simd, photo, first + y, scratch, seen);
                    apply(simd, &Mix { keep }, [painting.row(first + y), seen], history);
                });
            }
        });
        Ok(())
    }

    /// Returns the output.
    pub fn painting(&self) -> Painting<'_> {
        Painting::whole(&self.history, self.size)
    }
}

/// Mixes the output with the previous one.
struct Mix {
    keep: f32,
}

impl Pass for Mix {
    #[inline(always)]
    fn apply<S: Simd, V: Pixels<S>>(&self, simd: S, [painted, photo]: [V; 2], before: V) -> V {
        let [red, green, blue] = LUMA;
        let luma = (photo.with_fourth(simd, V::splat(simd, 0.0)) * V::pixel(simd, [red, green, blue, 0.0])).sums();
        let luma_before = V::splat(simd, 0.0).with_fourth(simd, before).sums();
        let t = ((luma - luma_before).abs() - NOISE) / (MOTION - NOISE);
        let t = limited(simd, t, 1.0);
        let moved = t * t * (V::splat(simd, 3.0) - t * 2.0);
        let now = painted.with_fourth(simd, luma);
        now + (before - now) * ((V::splat(simd, 1.0) - moved) * self.keep)
    }
}
