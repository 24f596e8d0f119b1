//! The streaks of the brushwork, computed for many pixels at once. The plain twin is in `image/brushwork.rs`.

use std::ops::{Add, Mul, Sub};

use fearless_simd::{Simd, prelude::*};

use crate::image::brushwork::{Brushwork, HASH, SEEDS, SPACING, TAPS};

/// Writes the streaks of the pixels from `left` on in row `y`, multiplied by the amount of the brushwork, to `target`.
#[inline(always)]
pub(super) fn streaks<S: Simd>(simd: S, brushwork: Brushwork, (left, y): (usize, usize), target: &mut [f32]) {
    let lanes = S::f32s::from_fn(simd, |lane| lane as f32);
    let mut x = left as f32;
    for values in target.chunks_mut(S::f32s::LEN) {
        let streak = streak(simd, brushwork, lanes + x, S::f32s::splat(simd, y as f32));
        values.copy_from_slice(&streak.as_slice()[..values.len()]);
        x += S::f32s::LEN as f32;
    }
}

#[inline(always)]
fn streak<S: Simd>(simd: S, brushwork: Brushwork, x: S::f32s, y: S::f32s) -> S::f32s {
    let (flow, grain) = (S::f32s::splat(simd, brushwork.flow), S::f32s::splat(simd, brushwork.grain));
    let (cos, sin) = direction(simd, noise(simd, x / flow, y / flow, SEEDS[0]));
    let (x, y) = (x / grain, y / grain);
    let mut sum = S::f32s::splat(simd, 0.0);
    for tap in 0..TAPS {
        let along = SPACING * (tap as f32 - 0.5 * (TAPS - 1) as f32);
        sum += noise(simd, x + cos * along, y + sin * along, SEEDS[1]);
    }
    sum * brushwork.amount
}

/// Returns cosine and sine of `turns` full turns, from -0.5 to 0.5, with an error below one millionth: Taylor series of
/// half the angle, which is at most a quarter turn.
#[inline(always)]
fn direction<S: Simd>(simd: S, turns: S::f32s) -> (S::f32s, S::f32s) {
    let half = turns * std::f32::consts::PI;
    let square = half * half;
    let sin = series(simd, square, [-39_916_800.0, 362_880.0, -5040.0, 120.0, -6.0, 1.0]) * half;
    let cos = series(simd, square, [479_001_600.0, -3_628_800.0, 40_320.0, -720.0, 24.0, -2.0, 1.0]);
    (S::f32s::splat(simd, 1.0) - sin * sin * 2.0, sin * cos * 2.0)
}

/// Returns the polynomial of `v` whose coefficients are the inverses of `factorials`, the highest power first.
#[inline(always)]
fn series<S: Simd, const N: usize>(simd: S, v: S::f32s, factorials: [f32; N]) -> S::f32s {
    let mut sum = S::f32s::splat(simd, 0.0);
    for factorial in factorials {
        sum = sum * v + 1.0 / factorial;
    }
    sum
}

/// Value noise, smoothly interpolated between the lattice points.
#[inline(always)]
fn noise<S: Simd>(simd: S, x: S::f32s, y: S::f32s, seed: u32) -> S::f32s {
    let (left, top) = (x.floor(), y.floor());
    let (sx, sy) = (smooth(simd, x - left), smooth(simd, y - top));
    // The products of the coordinates wrap, as those of the next column and row do.
    let column = left.to_int::<S::i32s>().bitcast::<S::u32s>() * HASH[0];
    let row = top.to_int::<S::i32s>().bitcast::<S::u32s>() * HASH[1];
    let upper = mix(crossing(simd, column, row, seed), crossing(simd, column + HASH[0], row, seed), sx);
    let below = row + HASH[1];
    let lower = mix(crossing(simd, column, below, seed), crossing(simd, column + HASH[0], below, seed), sx);
    mix(upper, lower, sy)
}

#[inline(always)]
fn smooth<S: Simd>(simd: S, t: S::f32s) -> S::f32s {
    t * t * (S::f32s::splat(simd, 3.0) - t * 2.0)
}

#[inline(always)]
fn mix<V: Copy + Add<Output = V> + Sub<Output = V> + Mul<Output = V>>(a: V, b: V, t: V) -> V {
    a + (b - a) * t
}

/// Returns a pseudorandom number from -0.5 to 0.5 for each lattice point, whose coordinates are multiplied by their
/// factors of the hash.
#[inline(always)]
fn crossing<S: Simd>(simd: S, column: S::u32s, row: S::u32s, seed: u32) -> S::f32s {
    let [_, _, of_seed, first, second] = HASH;
    let mut h = column ^ row ^ S::u32s::splat(simd, seed.wrapping_mul(of_seed));
    h = (h ^ (h >> 15)) * first;
    h = (h ^ (h >> 12)) * second;
    // 24 bits, so the sign of the integer is not in them.
    let number = ((h ^ (h >> 15)) >> 8).bitcast::<S::i32s>();
    number.to_float::<S::f32s>() * (1.0 / 16_777_216.0) - 0.5
}
