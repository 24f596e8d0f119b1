//! Convolutions of stride 1 by Winograd's F(4x4, 3x3): tiles of 6x6 inputs become 36 matrices, each is multiplied with
//! the weights of its point, and the products become tiles of 4x4 outputs. Kernels of 9x9 are nine of 3x3, summed before
//! the way back ([`super::conv9x9`]); an enlargement by two is a kernel with four times as many outputs.

use std::array::from_fn;

use fearless_simd::Simd;

use super::gemm::{PackedMatrix, Rows, multiply};
use super::instruction_set::InstructionSet;
use super::lanes::each_vector;
use super::rows::{Input, Patch, fill_patch};
use super::tiles::{Grid, input_tile, output_tiles, transform_columns, transform_rows};
use super::winograd::{POINTS, Plain, TILE, kernel, plane_stride, weights};
use crate::net::{Border, Convolution};

/// Tiles of one matrix product: as many as keep both sides of the products in the second cache.
const BLOCK: usize = 24;

/// A packed convolution.
pub struct Winograd {
    /// Input channels, with padding.
    pub(super) channels: usize,
    /// Output channels, with padding.
    pub(super) outputs: usize,
    /// Side of the kernel: 3 or 9.
    pub(super) side: usize,
    pub(super) pad: usize,
    pub(super) border: Border,
    /// Whether each pixel of the grid becomes 2x2 pixels of the output.
    pub(super) enlarged: bool,
    /// Where the 3x3 kernels begin: row and column.
    shifts: Vec<(usize, usize)>,
    /// Input channels from one shift to the next in the matrices. Less than `channels` if there are padding channels,
    /// which the next shift overwrites.
    step: usize,
    /// The weights of each point of a tile.
    pub(super) points: Vec<PackedMatrix>,
}

impl Winograd {
    /// Packs a 3x3 convolution of stride 1.
    pub fn conv3x3(set: InstructionSet, c: &Convolution, weight: &[f32]) -> Self {
        let outputs = c.outputs.next_multiple_of(4);
        let get = |o: usize, i: usize| from_fn(|tap| weight[(o * c.inputs + i) * 9 + tap]);
        let get = |o: usize, i: usize| (o < c.outputs).then(|| get(o, i));
        Self::new(set, (c, c.border), vec![(0, 0)], outputs, get)
    }

    /// Packs a nearest-neighbour enlargement by two followed by a 3x3 convolution of stride 1 with a reflected border of
    /// one pixel: a 3x3 convolution of the small picture with four outputs for each. Reflection on the enlarged grid is
    /// clamping on the small one.
    pub fn enlarged(set: InstructionSet, c: &Convolution, weight: &[f32]) -> Self {
        let outputs = c.outputs.next_multiple_of(4);
        let get = |column: usize, i: usize| {
            let (phase, o) = (column / outputs, column % outputs);
            (o < c.outputs).then(|| phase_kernel(&weight[(o * c.inputs + i) * 9..][..9], phase / 2, phase % 2))
        };
        let packed = Self::new(set, (c, Border::Clamp), vec![(0, 0)], 4 * outputs, get);
        Self { enlarged: true, outputs, ..packed }
    }

    /// Packs 3x3 kernels that begin at `shifts`. `get` returns the kernel of an output column and of an input channel,
    /// counted through all shifts; `None` for padding.
    pub(super) fn new(
        set: InstructionSet,
        (c, border): (&Convolution, Border),
        shifts: Vec<(usize, usize)>,
        columns: usize,
        get: impl Fn(usize, usize) -> Option<[f32; 9]>,
    ) -> Self {
        let channels = c.inputs.next_multiple_of(4);
        let step = c.inputs;
        let k = (shifts.len() - 1) * step + channels;
        let real = shifts.len() * c.inputs;
        // The matrices of all points one after another, each `[k][columns]`.
        let mut all = vec![0.0; POINTS * POINTS * k * columns];
        for at in 0..real * columns {
            let Some(taps) = get(at % columns, at / columns) else { continue };
            for (p, value) in kernel(taps, weights).as_flattened().iter().enumerate() {
                all[p * k * columns + at] = *value;
            }
        }
        let point = |p: usize| {
            let matrix = &all[p * k * columns..][..k * columns];
            PackedMatrix::new(set, k, columns, |i, j| matrix[i * columns + j])
        };
        Self {
            channels,
            outputs: columns,
            side: c.kernel,
            pad: c.pad,
            border,
            enlarged: false,
            step,
            points: (0..POINTS * POINTS).map(point).collect(),
            shifts,
        }
    }

    /// Returns the packed bytes.
    pub fn bytes(&self) -> u64 {
        self.points.iter().map(PackedMatrix::bytes).sum()
    }

    /// Returns the columns of the products, which is the number of columns in the statistics.
    pub fn columns(&self) -> usize {
        self.points[0].columns()
    }

    /// Returns the rows of the grid that a band covers, for a grid of `height` rows.
    pub fn band_rows(&self, height: usize) -> usize {
        let rows = height.div_ceil(TILE);
        // Wide kernels read many rows beyond their band.
        TILE * if self.side > 3 { (rows / 16).clamp(1, 4) } else { (rows / 8).clamp(1, 2) }
    }

    /// Returns the layout of the scratch memory: lengths of the input patch, of its transformed columns, of the inputs'
    /// points, of the products.
    fn layout(&self, rows: usize, width: usize) -> [usize; 4] {
        let row = self.row_pixels(width) * self.channels;
        let patch = (rows.next_multiple_of(TILE) + self.side - 1) * row;
        let columns = if self.side > 3 { self.side / 3 * POINTS * row } else { 0 };
        let block = BLOCK.min(rows.div_ceil(TILE) * width.div_ceil(TILE));
        let points = |length: usize| POINTS * POINTS * plane_stride(block * length);
        [patch, columns, points(self.points[0].rows()), points(self.columns())]
    }

    /// Returns the columns of the input patch for a grid of `width` pixels.
    pub(super) fn row_pixels(&self, width: usize) -> usize {
        // The grid is narrower than the input if the padding is small.
        (width.next_multiple_of(TILE) + self.side - 1).max(width + self.side - 1 + self.pad)
    }

    /// Returns the numbers of scratch memory that a band needs.
    pub fn scratch(&self, rows: usize, width: usize) -> usize {
        self.layout(rows, width).iter().sum()
    }

    /// Computes the rows `first..first + rows` of a grid of `width` pixels into `out`, and their sums into `slot`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a kernel: each is a plain part of its work")]
    pub fn band<S: Simd>(
        &self,
        simd: S,
        source: &Input,
        first: usize,
        rows: usize,
        width: usize,
        out: &mut [f32],
        slot: &mut [f32],
        scratch: &mut [f32],
    ) {
        let [patch_length, columns_length, points_length, products_length] = self.layout(rows, width);
        let (patch, scratch) = scratch.split_at_mut(patch_length);
        let (columns, scratch) = scratch.split_at_mut(columns_length);
        let (points, products) = scratch.split_at_mut(points_length);
        let products = &mut products[..products_length];
        let filled_columns = self.row_pixels(width);
        let shape = Patch {
            first: first as isize - self.pad as isize,
            rows: rows + self.side - 1,
            filled_rows: rows.next_multiple_of(TILE) + self.side - 1,
            pad: self.pad,
            columns: width + self.side - 1,
            filled_columns,
            border: self.border,
        };
        simd.vectorize(
            #[inline(always)]
            || fill_patch(simd, source, &shape, patch),
        );
        let row = filled_columns * self.channels;
        let across = width.div_ceil(TILE);
        let tiles = rows.div_ceil(TILE) * across;
        let block = BLOCK.min(tiles);
        let (k, n) = (self.points[0].rows(), self.columns());
        let (in_stride, out_stride) = (plane_stride(block * k), plane_stride(block * n));
        let grid = Grid { rows, width, across, enlarged: self.enlarged, outputs: self.outputs };
        // The columns of a wide kernel are transformed once for a whole row of tiles, so its blocks end with the row.
        let wide = self.side > 3;
        let (mut start, mut count) = (0, 0);
        while start + count < tiles {
            start += count;
            count = BLOCK.min(if wide { across - start % across } else { tiles - start });
            simd.vectorize(
                #[inline(always)]
                || {
                    if wide && start % across == 0 {
                        for (dy, columns) in columns.chunks_exact_mut(POINTS * row).enumerate() {
                            let rows = &patch[(start / across * TILE + 3 * dy) * row..][..POINTS * row];
                            each_vector!(S, row, at => transform_columns(simd, rows, columns, row, at));
                        }
                    }
                    for t in 0..count {
                        let (ty, tx) = ((start + t) / across, (start + t) % across);
                        for (s, (dy, dx)) in self.shifts.iter().enumerate() {
                            let x = (tx * TILE + dx) * self.channels;
                            let to = &mut points[t * k + s * self.step..];
                            let (c, pixel) = (self.channels, (row, self.channels));
                            if wide {
                                let from = &columns[dy / 3 * POINTS * row + x..];
                                each_vector!(S, c, at => transform_rows(simd, from, pixel, to, in_stride, at));
                            } else {
                                let from = &patch[(ty * TILE + dy) * row + x..];
                                each_vector!(S, c, at => input_tile[Plain, POINTS](simd, from, pixel, to, in_stride, at));
                            }
                        }
                    }
                },
            );
            for (p, weights) in self.points.iter().enumerate() {
                let a = Rows::plain(&points[p * in_stride..], k);
                multiply(simd, count, a, weights, &mut products[p * out_stride..], n);
            }
            let part = if self.enlarged { 2 * self.outputs } else { self.outputs };
            simd.vectorize(
                #[inline(always)]
                || {
                    for column in (0..n).step_by(part) {
                        each_vector!(S, part, at => output_tiles[Plain, POINTS](
                            simd, &grid, start, count, products, (n, out_stride), (column, at), out, slot
                        ));
                    }
                },
            );
        }
    }
}

/// Returns the 3x3 kernel on the small picture of phase (`py`, `px`) of an enlargement followed by the 3x3 kernel
/// `full`.
fn phase_kernel(full: &[f32], py: usize, px: usize) -> [f32; 9] {
    // The tap at distance d of an output with phase p lies on the small pixel at distance floor((p + d) / 2).
    let small = |phase: usize, tap: usize| (phase + tap).div_ceil(2);
    let mut taps = [0.0; 9];
    for y in 0..3 {
        for x in 0..3 {
            taps[small(py, y) * 3 + small(px, x)] += full[y * 3 + x];
        }
    }
    taps
}
