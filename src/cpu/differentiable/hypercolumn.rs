//! Products of the features of positions, which bilinear interpolation takes from a layer, with targets and with themselves, and
//! their derivative: the part of a layer in the cosine between hypercolumns. The interpolated features are never stored.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x4};

use crate::cpu::lanes::{each_vector, load, store};
use crate::cpu::{InstructionSet, Workers};
use crate::error::Result;
use crate::image::taps::{Every, Tap};

/// Positions, and rows of the layer, that a thread takes at a time.
const POSITIONS: usize = 64;
const ROWS: usize = 2;
/// The numbers of a vector at most.
const MOST_LANES: usize = 16;

/// Positions of a grid, and where they lie in a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Positions {
    /// Height and width of the layer.
    size: (usize, usize),
    rows: Vec<Tap>,
    columns: Vec<Tap>,
    /// Row and column of the grid of each position.
    places: Vec<(usize, usize)>,
    /// The first position in each row of the grid, and their number at the end.
    first: Vec<usize>,
    /// What features are multiplied with.
    scale: f32,
}

impl Positions {
    /// Makes positions of the rows and columns `every` of a grid of height and width `grid` that covers a layer of `size`;
    /// of these those with the numbers `chosen`, which ascend, or all. Features are multiplied with `scale`.
    pub fn new(
        size: (usize, usize),
        grid: (usize, usize),
        every: (Every, Every),
        chosen: Option<&[usize]>,
        scale: f32,
    ) -> Self {
        let taps = |every: Every, before: usize, after: usize| -> Vec<Tap> {
            every.of(after).map(|i| Tap::of(i, before, after)).collect()
        };
        let (rows, columns) = (taps(every.0, size.0, grid.0), taps(every.1, size.1, grid.1));
        let place = |number: usize| (number / columns.len(), number % columns.len());
        let places: Vec<_> = match chosen {
            Some(numbers) => numbers.iter().map(|number| place(*number)).collect(),
            None => (0..rows.len() * columns.len()).map(place).collect(),
        };
        let first = (0..=rows.len()).map(|row| places.partition_point(|place| place.0 < row)).collect();
        Self { size, rows, columns, places, first, scale }
    }

    /// Returns the number of positions.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Returns the row and the column of each position in the layer.
    pub fn taps(&self) -> Vec<(Tap, Tap)> {
        self.places.iter().map(|(row, column)| (self.rows[*row], self.columns[*column])).collect()
    }

    /// Returns the first numbers of the four pixels of a position, and their weights.
    fn corners(&self, (row, column): (usize, usize), channels: usize) -> [(usize, f32); 4] {
        let (row, column) = (self.rows[row], self.columns[column]);
        let (down, right) = (row.second, column.second);
        let at = |y: usize, x: usize| (y * self.size.1 + x) * channels;
        [
            (at(row.lower, column.lower), self.scale * (1.0 - down) * (1.0 - right)),
            (at(row.lower, column.upper), self.scale * (1.0 - down) * right),
            (at(row.upper, column.lower), self.scale * down * (1.0 - right)),
            (at(row.upper, column.upper), self.scale * down * right),
        ]
    }
}

/// Returns for each position the product of its features with those in `targets`, `[positions][channels]`, and with themselves:
/// `[positions][2]`. The layer `x` is `[height][width][channels]`, with a multiple of four channels.
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// If `x` or `targets` has another length.
pub fn hypercolumn_products(
    set: InstructionSet,
    workers: &Workers,
    x: &[f32],
    positions: &Positions,
    targets: &[f32],
) -> Result<Vec<f32>> {
    let channels = check(x, positions, targets);
    let level = set.require()?;
    let mut products = vec![0.0; 2 * positions.count()];
    let parts = products.chunks_mut(2 * POSITIONS).enumerate().collect();
    workers.for_each(parts, 0, |(part, products): (usize, &mut [f32]), _| {
        for (i, product) in products.chunks_exact_mut(2).enumerate() {
            let position = part * POSITIONS + i;
            let corners = positions.corners(positions.places[position], channels);
            let target = &targets[position * channels..][..channels];
            let both = dispatch!(level, simd => simd.vectorize(#[inline(always)] || both(simd, x, corners, target)));
            product.copy_from_slice(&both);
        }
    });
    Ok(products)
}

/// Returns the gradient of `x` from that of [`hypercolumn_products`].
///
/// # Errors
/// As [`InstructionSet::require`].
///
/// # Panics
/// As [`hypercolumn_products`], and if `gradient` has another length.
pub fn hypercolumn_gradient(
    set: InstructionSet,
    workers: &Workers,
    gradient: &[f32],
    x: &[f32],
    positions: &Positions,
    targets: &[f32],
) -> Result<Vec<f32>> {
    let channels = check(x, positions, targets);
    assert_eq!(gradient.len(), 2 * positions.count(), "the numbers of a gradient");
    let level = set.require()?;
    let mut found = vec![0.0; x.len()];
    let width = positions.size.1 * channels;
    // The rows of the grid that each row of the layer contributes to, and the weight.
    let mut readers = vec![Vec::new(); positions.size.0];
    for (i, tap) in positions.rows.iter().enumerate() {
        for (row, weight) in [(tap.lower, 1.0 - tap.second), (tap.upper, tap.second)] {
            if weight != 0.0 {
                readers[row].push((i, weight));
            }
        }
    }
    let bands = found.chunks_mut(ROWS * width).zip(readers.chunks(ROWS)).collect();
    workers.for_each(bands, 0, |(band, readers): (&mut [f32], &[Vec<(usize, f32)>]), _| {
        for (target, readers) in band.chunks_exact_mut(width).zip(readers) {
            for (row, weight) in readers {
                for position in positions.first[*row]..positions.first[row + 1] {
                    let place = positions.places[position];
                    let tap = positions.columns[place.1];
                    let weight = weight * positions.scale;
                    let ends = [(tap.lower, weight * (1.0 - tap.second)), (tap.upper, weight * tap.second)];
                    let step = Step {
                        corners: positions.corners(place, channels),
                        factors: [gradient[2 * position], 2.0 * gradient[2 * position + 1]],
                        ends: ends.map(|(column, weight)| (column * channels, weight)),
                        target: &targets[position * channels..][..channels],
                    };
                    dispatch!(level, simd => simd.vectorize(#[inline(always)] || spread(simd, x, &step, target)));
                }
            }
        }
    });
    Ok(found)
}

/// Checks all lengths, and returns the number of channels.
fn check(x: &[f32], positions: &Positions, targets: &[f32]) -> usize {
    let pixels = positions.size.0 * positions.size.1;
    let channels = x.len() / pixels;
    assert!(x.len() == pixels * channels && channels.is_multiple_of(4), "the numbers of a layer");
    assert_eq!(targets.len(), positions.count() * channels, "the numbers of the targets");
    channels
}

/// Returns the products of the features at `corners` with `target` and with themselves.
#[inline(always)]
fn both<S: Simd>(simd: S, x: &[f32], corners: [(usize, f32); 4], target: &[f32]) -> [f32; 2] {
    let whole = target.len() / S::f32s::LEN * S::f32s::LEN;
    let [a, b] = sums::<S, S::f32s>(simd, x, corners, target, 0, whole);
    let [c, d] = sums::<S, f32x4<S>>(simd, x, corners, target, whole, target.len());
    [a + c, b + d]
}

#[inline(always)]
fn sums<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    x: &[f32],
    corners: [(usize, f32); 4],
    target: &[f32],
    from: usize,
    to: usize,
) -> [f32; 2] {
    let mut sums = [V::splat(simd, 0.0); 2];
    let mut at = from;
    while at < to {
        let value = interpolated::<S, V>(simd, x, corners, at);
        sums[0] = value.mul_add(load::<S, V>(simd, target, at), sums[0]);
        sums[1] = value.mul_add(value, sums[1]);
        at += V::LEN;
    }
    sums.map(|sum| {
        let mut each = [0.0; MOST_LANES];
        sum.store_slice(&mut each[..V::LEN]);
        each.iter().sum()
    })
}

/// The channels from `at` on of the features at `corners`.
#[inline(always)]
fn interpolated<S: Simd, V: SimdFloat<S, Element = f32>>(
    simd: S,
    x: &[f32],
    corners: [(usize, f32); 4],
    at: usize,
) -> V {
    let mut value = V::splat(simd, 0.0);
    for (first, weight) in corners {
        value = load::<S, V>(simd, x, first + at).mul_add(V::splat(simd, weight), value);
    }
    value
}

/// The gradient of one position in one row of the layer.
struct Step<'a> {
    corners: [(usize, f32); 4],
    /// What its target and its features are multiplied with.
    factors: [f32; 2],
    /// The first numbers of both pixels in the row, and their weights.
    ends: [(usize, f32); 2],
    target: &'a [f32],
}

#[inline(always)]
fn spread<S: Simd>(simd: S, x: &[f32], step: &Step, row: &mut [f32]) {
    each_vector!(S, step.target.len(), at => spread_vector(simd, x, step, row, at));
}

#[inline(always)]
fn spread_vector<S: Simd, V: SimdFloat<S, Element = f32>>(simd: S, x: &[f32], step: &Step, row: &mut [f32], at: usize) {
    let value = interpolated::<S, V>(simd, x, step.corners, at) * V::splat(simd, step.factors[1]);
    let slope = load::<S, V>(simd, step.target, at).mul_add(V::splat(simd, step.factors[0]), value);
    for (first, weight) in step.ends {
        let sum = slope.mul_add(V::splat(simd, weight), load::<S, V>(simd, row, first + at));
        store(sum, row, first + at);
    }
}
