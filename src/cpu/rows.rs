//! Passes over rows of pixels: scale, shift and ReLU of each channel, residual sums, the border of a convolution, and
//! the conversion to colours.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::lanes::{each_vector, load, store};
use crate::lower::transfer::Finish;
use crate::net::Border;

/// Numbers after which the table of an [`Affine`] repeats are a multiple of this, the longest vector.
const LONGEST: usize = 16;
/// Minimum length of the table of an [`Affine`], so that the loop over it is worth its beginning.
const SHORTEST: usize = 64;

/// Scale and shift of each channel, repeated to a whole number of vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    channels: usize,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Affine {
    /// Returns the scale 1 and the shift 0 of `channels` channels, a multiple of four.
    pub fn identity(channels: usize) -> Self {
        let mut period = channels.max(4);
        while !period.is_multiple_of(LONGEST) || period < SHORTEST {
            period += channels.max(4);
        }
        Self { channels, scale: vec![1.0; period], shift: vec![0.0; period] }
    }

    /// Returns the number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Sets scale and shift of a channel.
    pub fn set(&mut self, channel: usize, scale: f32, shift: f32) {
        self.scale[channel..].iter_mut().step_by(self.channels).for_each(|v| *v = scale);
        self.shift[channel..].iter_mut().step_by(self.channels).for_each(|v| *v = shift);
    }

    /// Returns scale and shift of a channel.
    pub fn get(&self, channel: usize) -> (f32, f32) {
        (self.scale[channel], self.shift[channel])
    }
}

/// A tensor and what is applied to it on load.
#[derive(Debug, Clone, Copy)]
pub struct Operand<'a> {
    /// `[height][width][channels]`.
    pub values: &'a [f32],
    /// Scale and shift of each channel.
    pub affine: &'a Affine,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// The input of a convolution: a tensor, or the sum of two.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The tensor, or the first term.
    pub main: Operand<'a>,
    /// The second term.
    pub skip: Option<Operand<'a>>,
    /// Numbers of the shape of the tensor. Where they are not above zero, the input is zero: the derivative of a ReLU,
    /// whose output they are.
    pub mask: Option<&'a [f32]>,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// Channels, with padding: a multiple of four.
    pub channels: usize,
}

/// A band of whole output rows: its first row, its part of the output, its slot of statistics.
pub type Band<'a> = (usize, &'a mut [f32], &'a mut [f32]);

/// The rows and columns of an input that a band of a convolution reads.
#[derive(Debug, Clone, Copy)]
pub struct Patch {
    /// The first row, which may be above the input.
    pub first: isize,
    /// Rows that the band needs.
    pub rows: usize,
    /// Rows that are filled: zeros after those that are needed.
    pub filled_rows: usize,
    /// Columns before the input.
    pub pad: usize,
    /// Columns that the band needs, from the first one before the input.
    pub columns: usize,
    /// Columns that are filled, at least `pad` and the input's width.
    pub filled_columns: usize,
    /// Values beyond the border.
    pub border: Border,
}

/// Computes row `y` of `input` into `row`.
#[inline(always)]
pub fn load_row<S: Simd>(simd: S, input: &Input, y: usize, row: &mut [f32]) {
    let length = input.width * input.channels;
    let main = &input.main.values[y * length..][..length];
    let skip = input.skip.map(|skip| (&skip.values[y * length..][..length], skip));
    let period = input.main.affine.scale.len();
    for (i, row) in row.chunks_mut(period).enumerate() {
        let main = &main[i * period..][..row.len()];
        match skip {
            None => each_vector!(S, row.len(), at => one(simd, row, main, input.main, at)),
            Some((values, skip)) => {
                let values = &values[i * period..][..row.len()];
                each_vector!(S, row.len(), at => two(simd, row, (main, input.main), (values, skip), at));
            }
        }
    }
    if let Some(mask) = input.mask {
        let mask = &mask[y * length..][..length];
        each_vector!(S, length, at => masked(simd, row, mask, at));
    }
}

/// Sets the numbers of `row` to zero where `mask` is not above zero.
#[inline(always)]
fn masked<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, row: &mut [f32], mask: &[f32], at: usize) {
    let zero = V::splat(simd, 0.0);
    let passed = load::<S, V>(simd, mask, at).simd_gt(zero);
    store(passed.select(load::<S, V>(simd, row, at), zero), row, at);
}

/// Applies scale, shift and ReLU to `rows`, whole pixels, in place.
#[inline(always)]
pub fn apply<S: Simd>(simd: S, rows: &mut [f32], affine: &Affine, relu: bool) {
    for row in rows.chunks_mut(affine.scale.len()) {
        each_vector!(S, row.len(), at => in_place(simd, row, affine, relu, at));
    }
}

#[inline(always)]
fn in_place<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, row: &mut [f32], affine: &Affine, relu: bool, at: usize) {
    let value = term::<S, V>(simd, row, affine, relu, at);
    store(value, row, at);
}

/// Returns the vector of `values` at `at` with scale, shift and ReLU.
#[inline(always)]
fn term<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, values: &[f32], affine: &Affine, relu: bool, at: usize) -> V {
    let scale: V = load(simd, &affine.scale, at);
    let value = load::<S, V>(simd, values, at).mul_add(scale, load::<S, V>(simd, &affine.shift, at));
    value.max(if relu { 0.0 } else { f32::MIN })
}

#[inline(always)]
fn one<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, row: &mut [f32], values: &[f32], operand: Operand, at: usize) {
    store(term::<S, V>(simd, values, operand.affine, operand.relu, at), row, at);
}

#[inline(always)]
fn two<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    row: &mut [f32],
    (main, first): (&[f32], Operand),
    (skip, second): (&[f32], Operand),
    at: usize,
) {
    let main = term::<S, V>(simd, main, first.affine, first.relu, at);
    let sum = main + term::<S, V>(simd, skip, second.affine, second.relu, at);
    store(sum, row, at);
}

/// Fills `rows` with the rows of `patch`, each of `patch.filled_columns` pixels.
#[inline(always)]
pub fn fill_patch<S: Simd>(simd: S, input: &Input, patch: &Patch, rows: &mut [f32]) {
    let c = input.channels;
    for (r, row) in rows.chunks_exact_mut(patch.filled_columns * c).take(patch.filled_rows).enumerate() {
        let y = patch.border.index(patch.first + r as isize, input.height);
        let Some(y) = y.filter(|_| r < patch.rows) else {
            row.fill(0.0);
            continue;
        };
        let end = patch.pad + input.width;
        load_row(simd, input, y, &mut row[patch.pad * c..end * c]);
        for x in (0..patch.pad).chain(end..patch.columns.max(end)) {
            match patch.border.index(x as isize - patch.pad as isize, input.width) {
                Some(from) => row.copy_within((patch.pad + from) * c..(patch.pad + from + 1) * c, x * c),
                None => row[x * c..(x + 1) * c].fill(0.0),
            }
        }
        row[patch.columns.max(end) * c..].fill(0.0);
    }
}

/// Converts pixels of four numbers to colours: scale and shift of each channel, then `finish`. The fourth number
/// becomes zero.
#[inline(always)]
pub fn finish_row<S: Simd>(simd: S, values: &[f32], affine: &Affine, finish: Finish, row: &mut [f32]) {
    let period = affine.scale.len();
    let operand = |values| Operand { values, affine, relu: false };
    for (values, row) in values.chunks(period).zip(row.chunks_mut(period)) {
        each_vector!(S, row.len(), at => colours(simd, operand(values), finish, row, at));
        row.iter_mut().skip(3).step_by(4).for_each(|v| *v = 0.0);
    }
}

#[inline(always)]
fn colours<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    operand: Operand,
    finish: Finish,
    row: &mut [f32],
    at: usize,
) {
    let v = term::<S, V>(simd, operand.values, operand.affine, operand.relu, at);
    store(
        match finish {
            Finish::Sigmoid => sigmoid(simd, v),
            Finish::Clamp => v.max(0.0).min(1.0),
        },
        row,
        at,
    );
}

/// The logistic function, by the rational approximation of tanh in Eigen.
#[inline(always)]
fn sigmoid<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, v: V) -> V {
    let x = (v * 0.5).max(-7.9).min(7.9);
    let square = x * x;
    let mut above = V::splat(simd, -2.760_768_5e-16);
    for c in [2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619e-4, 4.893_525e-3] {
        above = above.mul_add(square, c);
    }
    let mut below = V::splat(simd, 1.198_258_4e-6);
    for c in [1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3] {
        below = below.mul_add(square, c);
    }
    (above * x / below).mul_add(0.5, 0.5)
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;

    use super::*;
    use crate::cpu::InstructionSet;

    #[test]
    fn affines_repeat_to_whole_vectors() {
        for channels in [4, 8, 12, 20, 32, 36, 128] {
            let mut affine = Affine::identity(channels);
            affine.set(channels - 1, 2.0, 3.0);
            assert!(affine.scale.len().is_multiple_of(16) && affine.scale.len().is_multiple_of(channels));
            assert_eq!(affine.scale.iter().filter(|v| **v == 2.0).count(), affine.scale.len() / channels);
            assert_eq!((affine.get(channels - 1), affine.get(0)), ((2.0, 3.0), (1.0, 0.0)));
        }
    }

    #[test]
    fn colours_are_the_logistic_function_or_clamped() {
        let values: Vec<f32> = (0..200).map(|i| (i as f32 - 100.0) * 0.2).collect();
        let mut affine = Affine::identity(4);
        affine.set(1, 0.5, 0.25);
        for set in InstructionSet::available() {
            let level = set.level().unwrap();
            for finish in [Finish::Sigmoid, Finish::Clamp] {
                let mut found = vec![f32::NAN; 200];
                dispatch!(level, simd => finish_row(simd, &values, &affine, finish, &mut found));
                for (i, (v, found)) in values.iter().zip(found).enumerate() {
                    let v = if i % 4 == 1 { 0.5 * v + 0.25 } else { *v };
                    let exact = match finish {
                        _ if i % 4 == 3 => 0.0,
                        Finish::Sigmoid => (1.0 / (1.0 + f64::from(-v).exp())) as f32,
                        Finish::Clamp => v.clamp(0.0, 1.0),
                    };
                    assert!((found - exact).abs() < 5e-7, "{} {v}: {found}, not {exact}", set.name());
                }
            }
        }
    }
}
