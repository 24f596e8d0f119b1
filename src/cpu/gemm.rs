//! The matrix product that all convolutions end in: rows of pixels times packed weights. The micro-kernel holds a tile of
//! rows x vectors in registers, loads each vector of weights once for all rows, and broadcasts the inputs (Goto, van de
//! Geijn 2008, "Anatomy of High-Performance Matrix Multiplication").

#![expect(
    clippy::needless_range_loop,
    reason = "arrays of vectors are filled by plain loops: closures would be compiled without the instruction set"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4, f32x8};

use super::instruction_set::InstructionSet;
use super::lanes::load_unchecked;

/// A matrix of `k` rows x `n` columns, packed for the micro-kernel of one instruction set. Columns are padded with zeros
/// to a multiple of four.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedMatrix {
    k: usize,
    panels: Vec<Panel>,
    /// The panels one after another, each `[k][width]`.
    values: Vec<f32>,
}

/// Adjacent columns that one register tile covers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Panel {
    column: usize,
    width: usize,
}

/// The left operand: rows that may overlap, each of `segments` parts of equal length. A row of a convolution's operand
/// is the pixels under the kernel: one segment for each row of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The numbers of all rows.
    pub values: &'a [f32],
    /// Distance between the beginnings of adjacent rows.
    pub stride: usize,
    /// Number of segments.
    pub segments: usize,
    /// Distance between the beginnings of adjacent segments of a row.
    pub segment_stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows without segments, `stride` numbers apart.
    pub fn plain(values: &'a [f32], stride: usize) -> Self {
        Self { values, stride, segments: 1, segment_stride: 0 }
    }
}

impl PackedMatrix {
    /// Packs the matrix whose element in row `i` and column `j` is `at(i, j)` for the micro-kernel of `set`.
    pub fn new(set: InstructionSet, k: usize, n: usize, at: impl Fn(usize, usize) -> f32) -> Self {
        let panels = panels(n.next_multiple_of(4), set.lanes());
        let mut values = Vec::with_capacity(k * n.next_multiple_of(4));
        for panel in &panels {
            for i in 0..k {
                let columns = panel.column..panel.column + panel.width;
                values.extend(columns.map(|j| if j < n { at(i, j) } else { 0.0 }));
            }
        }
        Self { k, panels, values }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.k
    }

    /// Returns the number of columns, with padding.
    pub fn columns(&self) -> usize {
        self.panels.last().map_or(0, |panel| panel.column + panel.width)
    }

    /// Returns the bytes of the packed values.
    pub fn bytes(&self) -> u64 {
        4 * self.values.len() as u64
    }
}

/// Divides `columns`, a multiple of four, into panels: of two vectors, of one vector, and of eight or four columns.
fn panels(columns: usize, lanes: usize) -> Vec<Panel> {
    let mut panels = Vec::new();
    let mut column = 0;
    for width in [2 * lanes, lanes, 8, 4] {
        while columns - column >= width {
            panels.push(Panel { column, width });
            column += width;
        }
    }
    panels
}

/// What is done with a product before it is written.
pub trait Finish: Copy {
    /// Returns what is written for `sum`, the vector in row `row` of the product from column `column` on.
    fn finish<S: Simd, V: SimdFloat<S, Element = f32>>(&self, simd: S, sum: V, row: usize, column: usize) -> V;
}

/// Writes products as they are.
#[derive(Debug, Clone, Copy)]
struct Unchanged;

impl Finish for Unchanged {
    #[inline(always)]
    fn finish<S: Simd, V: SimdFloat<S, Element = f32>>(&self, _: S, sum: V, _: usize, _: usize) -> V {
        sum
    }
}

/// Computes the first `m` rows of `a * b`. Row `i` is written to `c[i * c_stride..]`. All columns of `b` are written,
/// with padding.
///
/// # Panics
/// If `a` or `c` is too short.
#[inline(always)]
pub fn multiply<S: Simd>(simd: S, m: usize, a: Rows, b: &PackedMatrix, c: &mut [f32], c_stride: usize) {
    multiply_and(simd, m, a, b, (c, c_stride), Unchanged);
}

/// As [`multiply`], to `c` whose rows are `c_stride` numbers apart, with `finish` applied to the products.
///
/// # Panics
/// As [`multiply`].
#[inline(always)]
pub fn multiply_and<S: Simd>(
    simd: S,
    m: usize,
    a: Rows,
    b: &PackedMatrix,
    (c, c_stride): (&mut [f32], usize),
    finish: impl Finish,
) {
    // A function of its own for each instruction set, so that the tiles are compiled once and not at each call.
    simd.vectorize(
        #[inline(always)]
        || multiply_panels(simd, m, a, b, (c, c_stride), finish),
    );
}

#[inline(always)]
fn multiply_panels<S: Simd>(
    simd: S,
    m: usize,
    a: Rows,
    b: &PackedMatrix,
    (c, c_stride): (&mut [f32], usize),
    finish: impl Finish,
) {
    let lanes = S::f32s::LEN;
    let mut values = b.values.as_slice();
    for panel in &b.panels {
        let (weights, rest) = values.split_at(b.k * panel.width);
        values = rest;
        let target = Target { c: &mut *c, stride: c_stride, column: panel.column, finish };
        let length = b.k / a.segments.max(1);
        if panel.width == 2 * lanes {
            // 32 registers hold 24 sums, 16 hold 12. V8 leaves 15 registers to WebAssembly. Single vectors have eight sums, as
            // many as hide the latency of a multiply-add: more row pointers would not fit into the general registers.
            match lanes {
                16 => rows::<S, S::f32s, 12, 2>(simd, m, a, length, weights, target),
                _ if cfg!(target_arch = "wasm32") => rows::<S, S::f32s, 4, 2>(simd, m, a, length, weights, target),
                _ if cfg!(target_arch = "aarch64") => rows::<S, S::f32s, 8, 2>(simd, m, a, length, weights, target),
                _ => rows::<S, S::f32s, 6, 2>(simd, m, a, length, weights, target),
            }
        } else if panel.width == lanes {
            rows::<S, S::f32s, 8, 1>(simd, m, a, length, weights, target);
        } else if panel.width == 8 {
            rows::<S, f32x8<S>, 8, 1>(simd, m, a, length, weights, target);
        } else {
            rows::<S, f32x4<S>, 8, 1>(simd, m, a, length, weights, target);
        }
    }
}

/// The columns of the result that one panel computes.
struct Target<'a, F> {
    c: &'a mut [f32],
    stride: usize,
    column: usize,
    finish: F,
}

/// Computes `m` rows of one panel in tiles of `R` rows, the remainder in tiles of four rows. The last of these begins
/// earlier if it would go beyond row `m`; it computes the same numbers again.
#[inline(always)]
fn rows<S: Simd, V: SimdFloat<S, Element = f32>, const R: usize, const N: usize>(
    simd: S,
    m: usize,
    a: Rows,
    length: usize,
    weights: &[f32],
    mut target: Target<impl Finish>,
) {
    let mut i = 0;
    while i + R <= m {
        tile::<S, V, R, N>(simd, a, i, length, weights, &mut target);
        i += R;
    }
    if m < 4 {
        for i in i..m {
            tile::<S, V, 1, N>(simd, a, i, length, weights, &mut target);
        }
    } else {
        while i < m {
            tile::<S, V, 4, N>(simd, a, i.min(m - 4), length, weights, &mut target);
            i += 4;
        }
    }
}

/// Computes `R` rows from row `i` on, of `N` vectors.
///
/// Bounds are checked once for all steps of a segment, not for each input.
#[inline(always)]
fn tile<S: Simd, V: SimdFloat<S, Element = f32>, const R: usize, const N: usize>(
    simd: S,
    a: Rows,
    i: usize,
    length: usize,
    weights: &[f32],
    target: &mut Target<impl Finish>,
) {
    let zero = V::splat(simd, 0.0);
    let mut sums = [[zero; N]; R];
    for segment in 0..a.segments {
        let start = i * a.stride + segment * a.segment_stride;
        let values = &a.values[start..][..(R - 1) * a.stride + length];
        let steps = &weights[segment * length * N * V::LEN..][..length * N * V::LEN];
        let mut u = 0;
        while u + UNROLLED <= length {
            for step in u..u + UNROLLED {
                // SAFETY: there are `length` steps, for which the slices above have numbers.
                unsafe { add_products(simd, values, a.stride, steps, step, &mut sums) };
            }
            u += UNROLLED;
        }
        for step in u..length {
            // SAFETY: as above.
            unsafe { add_products(simd, values, a.stride, steps, step, &mut sums) };
        }
    }
    for r in 0..R {
        let row = &mut target.c[(i + r) * target.stride + target.column..][..N * V::LEN];
        for j in 0..N {
            let value = target.finish.finish(simd, sums[r][j], i + r, target.column + j * V::LEN);
            value.store_slice(&mut row[j * V::LEN..(j + 1) * V::LEN]);
        }
    }
}

/// Steps that are written out. V8 would keep the weights of several steps in memory.
const UNROLLED: usize = if cfg!(target_arch = "wasm32") { 1 } else { 4 };

/// Adds the products of step `u`: the numbers at `u` of `R` rows, which are `stride` numbers apart, times `N` vectors of
/// weights.
///
/// # Safety
/// `values` must have the number `u` of the last row, and `steps` the vectors of step `u`.
#[inline(always)]
unsafe fn add_products<S: Simd, V: SimdFloat<S, Element = f32>, const R: usize, const N: usize>(
    simd: S,
    values: &[f32],
    stride: usize,
    steps: &[f32],
    u: usize,
    sums: &mut [[V; N]; R],
) {
    let mut w = [V::splat(simd, 0.0); N];
    for j in 0..N {
        // SAFETY: the caller has checked the bounds.
        w[j] = unsafe { load_unchecked(simd, steps, (u * N + j) * V::LEN) };
    }
    for r in 0..R {
        // SAFETY: likewise.
        let x = V::splat(simd, unsafe { *values.get_unchecked(r * stride + u) });
        for j in 0..N {
            sums[r][j] = x.mul_add(w[j], sums[r][j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;

    use super::*;

    fn value(i: usize) -> f32 {
        ((i * 7919) % 251) as f32 / 251.0 - 0.5
    }

    #[test]
    fn products_agree_with_their_definition_at_all_sizes() {
        let sizes =
            [(1, 1, 1), (2, 3, 5), (4, 9, 4), (7, 36, 12), (13, 28, 33), (25, 5, 70), (24, 32, 32), (31, 8, 44)];
        for set in InstructionSet::available() {
            for (m, k, n) in sizes {
                let a: Vec<f32> = (0..m * k).map(value).collect();
                let b = PackedMatrix::new(set, k, n, |i, j| value(i * n + j + 7));
                assert_eq!((b.rows(), b.columns()), (k, n.next_multiple_of(4)));
                let stride = b.columns() + 3;
                let mut c = vec![f32::NAN; m * stride];
                dispatch!(set.level().unwrap(), simd => multiply(simd, m, Rows::plain(&a, k), &b, &mut c, stride));
                for i in 0..m {
                    for j in 0..stride {
                        let exact =
                            || (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(value(l * n + j + 7))).sum::<f64>();
                        let found = c[i * stride + j];
                        let right = match j {
                            _ if j < n => (f64::from(found) - exact()).abs() < 2e-6,
                            _ if j < b.columns() => found == 0.0,
                            _ => found.is_nan(),
                        };
                        assert!(right, "{} {m}x{k}x{n}: {found} in row {i}, column {j}", set.name());
                    }
                }
            }
        }
    }

    #[test]
    fn segments_are_read_one_after_another() {
        let values: Vec<f32> = (0..40).map(value).collect();
        for set in InstructionSet::available() {
            let b = PackedMatrix::new(set, 6, 2, |i, j| value(i * 2 + j));
            let a = Rows { values: &values, stride: 2, segments: 2, segment_stride: 20 };
            let mut c = vec![0.0; 5 * 4];
            dispatch!(set.level().unwrap(), simd => multiply(simd, 5, a, &b, &mut c, 4));
            for i in 0..5 {
                let row: Vec<f32> = [0, 1, 2, 20, 21, 22].map(|u| values[2 * i + u]).to_vec();
                let exact: f32 = row.iter().enumerate().map(|(u, x)| x * value(u * 2 + 1)).sum();
                assert!((c[i * 4 + 1] - exact).abs() < 1e-6, "{}", set.name());
            }
        }
    }
}
