//! One-dimensional transforms of Winograd's convolutions (Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural
//! Networks"), applied to columns, then to rows. Weights are transformed in double precision.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

/// Outputs along one side of a tile.
pub const TILE: usize = 4;
/// Inputs along one side of a tile, for a kernel of three taps at stride 1.
pub const POINTS: usize = TILE + 2;
/// Inputs along one side of a tile, for a kernel of three taps at stride 2.
pub const STRIDED_POINTS: usize = 2 * TILE + 1;
/// Different weights along one side, for a kernel of three taps at stride 2.
pub const STRIDED_WEIGHTS: usize = 6;

/// The transforms of a tile along one side, of `P` inputs.
pub trait Transform<const P: usize> {
    /// Inputs from one tile to the next.
    const STEP: usize;

    /// Transforms inputs.
    fn input<S: Simd, V: SimdFloat<S, Element = f32>>(d: [V; P]) -> [V; P];

    /// Transforms products to outputs.
    fn output<S: Simd, V: SimdFloat<S, Element = f32>>(m: [V; P]) -> [V; TILE];
}

/// F(4, 3).
pub struct Plain;

impl Transform<POINTS> for Plain {
    const STEP: usize = TILE;

    #[inline(always)]
    fn input<S: Simd, V: SimdFloat<S, Element = f32>>(d: [V; POINTS]) -> [V; POINTS] {
        let even = d[2].mul_add(-4.0, d[4]);
        let odd = d[1].mul_add(-4.0, d[3]);
        let (even2, odd2) = (d[4] - d[2], d[3] - d[1]);
        [
            d[0].mul_add(4.0, d[2].mul_add(-5.0, d[4])),
            even + odd,
            even - odd,
            odd2.mul_add(2.0, even2),
            odd2.mul_add(-2.0, even2),
            d[1].mul_add(4.0, d[3].mul_add(-5.0, d[5])),
        ]
    }

    #[inline(always)]
    fn output<S: Simd, V: SimdFloat<S, Element = f32>>(m: [V; POINTS]) -> [V; TILE] {
        let (a, b) = (m[1] + m[2], m[1] - m[2]);
        let (c, d) = (m[3] + m[4], m[3] - m[4]);
        [m[0] + a + c, d.mul_add(2.0, b), c.mul_add(4.0, a), d.mul_add(8.0, b + m[5])]
    }
}

/// Four outputs at stride 2. The even columns have two taps, F(4, 2) with five products; the odd columns have one tap and
/// four products, which come last.
pub struct Strided;

impl Transform<STRIDED_POINTS> for Strided {
    const STEP: usize = 2 * TILE;

    #[inline(always)]
    fn input<S: Simd, V: SimdFloat<S, Element = f32>>(d: [V; STRIDED_POINTS]) -> [V; STRIDED_POINTS] {
        let m = d[6] - d[2];
        [
            (d[0] - d[4]).mul_add(2.0, m),
            d[2].mul_add(-2.0, d[6] - d[4]),
            d[4].mul_add(-3.0, d[2].mul_add(2.0, d[6])),
            m,
            m.mul_add(-2.0, d[8] - d[4]),
            d[1],
            d[3],
            d[5],
            d[7],
        ]
    }

    #[inline(always)]
    fn output<S: Simd, V: SimdFloat<S, Element = f32>>(m: [V; STRIDED_POINTS]) -> [V; TILE] {
        let (a, b) = (m[1] + m[2], m[1] - m[2]);
        [
            m[0] + a + (m[3] + m[5]),
            m[3].mul_add(2.0, b + m[6]),
            m[3].mul_add(4.0, a + m[7]),
            m[3].mul_add(8.0, b + (m[4] + m[8])),
        ]
    }
}

/// Transforms the weights of F(4, 3).
pub fn weights(g: [f64; 3]) -> [f64; POINTS] {
    let (ends, sum, difference) = (g[0] + g[2], g[0] / 24.0 + g[2] / 6.0, g[1] / 12.0);
    [g[0] / 4.0, -(ends + g[1]) / 6.0, -(ends - g[1]) / 6.0, sum + difference, sum - difference, g[2]]
}

/// Transforms the weights at stride 2: five for the even columns, and one for the odd columns.
pub fn strided_weights(g: [f64; 3]) -> [f64; STRIDED_WEIGHTS] {
    [g[0] / 2.0, -(g[0] + g[2]) / 2.0, (g[2] - g[0]) / 6.0, (g[0] + 2.0 * g[2]) / 6.0, g[2], g[1]]
}

/// Transforms a 3x3 kernel with the one-dimensional transform `weights`: row by row.
pub fn kernel<const N: usize>(g: [f32; 9], weights: fn([f64; 3]) -> [f64; N]) -> [[f32; N]; N] {
    let g = g.map(f64::from);
    let columns = [0, 1, 2].map(|x| weights([g[x], g[3 + x], g[6 + x]]));
    std::array::from_fn(|y| weights([columns[0][y], columns[1][y], columns[2][y]]).map(|v| v as f32))
}

/// Returns the distance between planes of `length` numbers, one for each point of a tile. A multiple of 4096 bytes would
/// place the same element of all planes into the same set of the first cache.
pub fn plane_stride(length: usize) -> usize {
    let stride = length + 16;
    if stride.is_multiple_of(1024) { stride + 16 } else { stride }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{dispatch, f32x4};

    use super::*;
    use crate::cpu::InstructionSet;

    #[inline(always)]
    fn filter<S: Simd>(simd: S, d: &[f32; 9], g: [f64; 3]) -> [[f32; TILE]; 2] {
        let splat = |v: f32| f32x4::splat(simd, v);
        let v = Plain::input::<S, f32x4<S>>(std::array::from_fn(|i| splat(d[i])));
        let u = weights(g);
        let plain = Plain::output::<S, f32x4<S>>(std::array::from_fn(|i| v[i] * u[i] as f32));
        let v = Strided::input::<S, f32x4<S>>(d.map(splat));
        let u = strided_weights(g);
        let strided = Strided::output::<S, f32x4<S>>(std::array::from_fn(|i| v[i] * u[i.min(5)] as f32));
        [plain, strided].map(|outputs| outputs.map(|v| v[0]))
    }

    #[test]
    fn transforms_compute_three_taps() {
        let d = [0.3, -1.0, 0.7, 2.0, -0.4, 0.9, 1.5, -0.2, 0.6];
        let g = [0.5, -0.25, 0.75];
        for set in InstructionSet::available() {
            let [plain, strided] = dispatch!(set.level().unwrap(), simd => filter(simd, &d, g));
            for i in 0..TILE {
                let exact = |at: usize| (0..3).map(|t| d[at + t] * g[t] as f32).sum::<f32>();
                assert!((plain[i] - exact(i)).abs() < 1e-5 && (strided[i] - exact(2 * i)).abs() < 1e-5, "{i}");
            }
        }
    }

    #[test]
    fn strides_are_no_multiple_of_a_page() {
        assert!((0..5000).all(|n| !plane_stride(n).is_multiple_of(1024) && plane_stride(n) >= n));
    }
}
