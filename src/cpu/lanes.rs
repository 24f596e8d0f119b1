//! Loops over channels in vectors.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

/// Loads the vector at `values[at..]`.
#[inline(always)]
pub fn load<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, values: &[f32], at: usize) -> V {
    V::from_slice(simd, &values[at..at + V::LEN])
}

/// Stores `vector` at `values[at..]`.
#[inline(always)]
pub fn store<S: Simd, V: SimdFloat<S, Element = f32>>(vector: V, values: &mut [f32], at: usize) {
    vector.store_slice(&mut values[at..at + V::LEN]);
}

/// As [`load`], without a check of bounds.
///
/// # Safety
/// `values` must have the numbers `at..at + V::LEN`.
#[inline(always)]
pub unsafe fn load_unchecked<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, values: &[f32], at: usize) -> V {
    debug_assert!(at + V::LEN <= values.len());
    // SAFETY: the caller has checked the bounds.
    V::from_slice(simd, unsafe { values.get_unchecked(at..at + V::LEN) })
}

/// As [`store`], without a check of bounds.
///
/// # Safety
/// `values` must have the numbers `at..at + V::LEN`.
#[inline(always)]
pub unsafe fn store_unchecked<S: Simd, V: SimdFloat<S, Element = f32>>(vector: V, values: &mut [f32], at: usize) {
    debug_assert!(at + V::LEN <= values.len());
    // SAFETY: the caller has checked the bounds.
    vector.store_slice(unsafe { values.get_unchecked_mut(at..at + V::LEN) });
}

/// Returns `values` limited to 0..`high`. What is not a number becomes one of both, or stays.
#[inline(always)]
pub fn limited<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, values: V, high: f32) -> V {
    if cfg!(all(target_arch = "wasm32", not(target_feature = "relaxed-simd"))) {
        // Here, minimum and maximum of floats take seven instructions each on x86. With the sign inverted, the bits of
        // floats that are not below zero have the order of the floats, and all others are smaller.
        let zero = V::Bits::splat(simd, SIGN);
        let bits = (values.to_bits() ^ zero).max(zero).min(V::Bits::splat(simd, SIGN | high.to_bits()));
        V::from_bits(bits ^ zero)
    } else {
        values.max(0.0).min(high)
    }
}

/// The sign bit of a float.
const SIGN: u32 = 1 << 31;

/// Calls `$function::<S, V>($arguments)` for each vector of `$count` numbers, a multiple of four: with the vectors `V` of
/// the instruction set, then with vectors of eight and of four numbers. `$at` is the position of the vector. Further generic
/// arguments stand in brackets behind the function.
macro_rules! each_vector {
    ($s:ident, $count:expr, $at:ident => $function:ident $([$($generic:ty),*])? ($($argument:expr),* $(,)?)) => {{
        let count: usize = $count;
        let lanes = <<$s as fearless_simd::Simd>::f32s as fearless_simd::SimdBase<$s>>::LEN;
        let mut $at = 0;
        while $at + lanes <= count {
            $function::<$s, <$s as fearless_simd::Simd>::f32s $($(, $generic)*)?>($($argument),*);
            $at += lanes;
        }
        if lanes > 8 && $at + 8 <= count {
            $function::<$s, fearless_simd::f32x8<$s> $($(, $generic)*)?>($($argument),*);
            $at += 8;
        }
        if lanes > 4 && $at + 4 <= count {
            $function::<$s, fearless_simd::f32x4<$s> $($(, $generic)*)?>($($argument),*);
            $at += 4;
        }
        debug_assert_eq!($at, count);
    }};
}

pub(super) use each_vector;
