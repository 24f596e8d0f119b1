//! Passes over rows of pixels, four floats a pixel, with as many pixels in a vector as the instruction set has.
//! No closures: the compiler does not inline the operations of an instruction set into them.

use fearless_simd::{Simd, f32x4, prelude::*, u8x16};

use crate::cpu::lanes::limited;

/// A vector of one or more pixels, whose lanes are those of the pixels one after another.
pub(super) trait Pixels<S: Simd>: SimdFloat<S, Element = f32, Block = f32x4<S>> {
    /// Returns a vector of the same pixel.
    #[inline(always)]
    fn pixel(simd: S, values: [f32; 4]) -> Self {
        Self::block_splat(f32x4::simd_from(simd, values))
    }

    /// Returns the sum of the four lanes of each pixel, in all four.
    #[inline(always)]
    fn sums(self) -> Self {
        let pairs = self + self.slide_within_blocks::<2>(self);
        pairs + pairs.slide_within_blocks::<1>(pairs)
    }

    /// Returns this vector with the fourth lane of each pixel replaced by that of `fourth`.
    #[inline(always)]
    fn with_fourth(self, simd: S, fourth: Self) -> Self {
        let is_fourth = Self::pixel(simd, [0.0, 0.0, 0.0, 1.0]).simd_gt(Self::splat(simd, 0.0));
        is_fourth.select(fourth, self)
    }
}

impl<S: Simd, V: SimdFloat<S, Element = f32, Block = f32x4<S>>> Pixels<S> for V {}

/// What a pass does with the pixels of two sources and of a target.
pub(super) trait Pass {
    /// Returns the new values of `target`.
    fn apply<S: Simd, V: Pixels<S>>(&self, simd: S, sources: [V; 2], target: V) -> V;
}

/// Applies `pass` to rows of the same length, a multiple of four.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, pass: &impl Pass, [a, b]: [&[f32]; 2], target: &mut [f32]) {
    let body = target.len() / S::f32s::LEN * S::f32s::LEN;
    let ((a, a_rest), (b, b_rest)) = (a.split_at(body), b.split_at(body));
    let (target, rest) = target.split_at_mut(body);
    vectors::<S, S::f32s>(simd, pass, [a, b], target);
    vectors::<S, f32x4<S>>(simd, pass, [a_rest, b_rest], rest);
}

#[inline(always)]
fn vectors<S: Simd, V: Pixels<S>>(simd: S, pass: &impl Pass, [a, b]: [&[f32]; 2], target: &mut [f32]) {
    for ((a, b), target) in a.chunks_exact(V::LEN).zip(b.chunks_exact(V::LEN)).zip(target.chunks_exact_mut(V::LEN)) {
        let sources = [V::from_slice(simd, a), V::from_slice(simd, b)];
        pass.apply(simd, sources, V::from_slice(simd, target)).store_slice(target);
    }
}

/// The alpha of opaque pixels, and zeros.
const OPAQUE: [u8; 16] = [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];

/// The most bytes in a vector.
const MOST: usize = 64;

/// Converts pixels with values of 0..1 to bytes, rounded to nearest, and opaque.
#[inline(always)]
pub(super) fn to_bytes<S: Simd>(simd: S, values: &[f32], target: &mut [u8]) {
    let wide = S::u8s::LEN;
    let body = values.len() / wide * wide;
    for (values, bytes) in values.chunks_exact(wide).zip(target.chunks_exact_mut(wide)) {
        vector_to_bytes(simd, values).store_slice(bytes);
    }
    let mut rest = [0.0; MOST];
    rest[..values.len() - body].copy_from_slice(&values[body..]);
    let bytes = vector_to_bytes(simd, &rest[..wide]);
    target[body..].copy_from_slice(&bytes.as_slice()[..values.len() - body]);
}

#[inline(always)]
fn vector_to_bytes<S: Simd>(simd: S, values: &[f32]) -> S::u8s {
    let low = rounded(simd, values, 0).relaxed_narrow(rounded(simd, values, 1));
    let high = rounded(simd, values, 2).relaxed_narrow(rounded(simd, values, 3));
    let opaque = S::u8s::block_splat(u8x16::simd_from(simd, OPAQUE));
    low.bitcast::<S::u16s>().relaxed_narrow(high.bitcast::<S::u16s>()) | opaque
}

/// Returns 255 times the values of vector `i`, rounded to nearest, from 0 to 255.
#[inline(always)]
fn rounded<S: Simd>(simd: S, values: &[f32], i: usize) -> S::i32s {
    let values = S::f32s::from_slice(simd, &values[i * S::f32s::LEN..][..S::f32s::LEN]);
    (limited(simd, values, 1.0) * 255.0 + 0.5).to_int::<S::i32s>()
}
