//! Winograd's convolution of deep layers, whose transformed weights exceed the caches. Bands as in [`super::conv3x3`] would
//! read all weights again for every few tiles. Here the tiles of many bands are transformed first, then one matrix product
//! for each point of a tile covers all of them, then the products are transformed to outputs.

use fearless_simd::{Level, Simd, dispatch};

use super::conv3x3::Winograd;
use super::gemm::{Rows, multiply};
use super::lanes::each_vector;
use super::rows::{Band, Input, Patch, fill_patch};
use super::tiles::{Grid, input_tile, output_tiles};
use super::winograd::{POINTS, Plain, TILE, plane_stride};
use super::workers::Workers;

/// Bytes of transformed weights from which a layer is deep: more than the second cache of most processors.
const DEEP: u64 = 6 << 20;
/// Tiles of one pass: as many as keep the points and the products of a pass in tens of megabytes.
const PASS: usize = 256;

/// The bands of a pass, and the memory of its points and products.
struct Pass {
    /// Rows of a band, and of the whole grid.
    rows: (usize, usize),
    width: usize,
    /// Tiles along a row.
    across: usize,
    /// Numbers from one point to the next.
    point_stride: usize,
    product_stride: usize,
}

impl Pass {
    /// Returns the rows of the band that begins at row `first`.
    fn band_rows(&self, first: usize) -> usize {
        self.rows.0.min(self.rows.1 - first)
    }

    /// Returns the number of tiles before row `row`, which begins a tile.
    fn tiles_before(&self, row: usize) -> usize {
        row / TILE * self.across
    }
}

impl Winograd {
    /// Returns whether [`Winograd::run_deep`] is the faster way.
    pub fn is_deep(&self) -> bool {
        self.side == 3 && !self.enlarged && self.bytes() > DEEP
    }

    /// Computes `bands`, all of a grid of `height` x `width` pixels, of which each has `band_rows` rows; `finish` is
    /// applied to each band.
    pub fn run_deep(
        &self,
        level: Level,
        workers: &Workers,
        input: &Input,
        (band_rows, height, width): (usize, usize, usize),
        mut bands: Vec<Band>,
        finish: impl Fn(&mut [f32]) + Sync,
    ) {
        let across = width.div_ceil(TILE);
        let (k, n) = (self.points[0].rows(), self.columns());
        let bands_in_pass = (PASS / (across * band_rows.div_ceil(TILE))).clamp(1, bands.len().max(1));
        let most = bands_in_pass * band_rows.div_ceil(TILE) * across;
        let pass = Pass {
            rows: (band_rows, height),
            width,
            across,
            point_stride: plane_stride(most * k),
            product_stride: plane_stride(most * n),
        };
        let points_length = POINTS * POINTS * pass.point_stride;
        let length = points_length + POINTS * POINTS * pass.product_stride;
        workers.with_shared(length, |memory| {
            let (points, products) = memory.split_at_mut(points_length);
            while !bands.is_empty() {
                let rest = bands.split_off(bands_in_pass.min(bands.len()));
                let start = bands[0].0;
                let rows = bands.iter().map(|band| pass.band_rows(band.0)).sum::<usize>();
                let tiles = rows.div_ceil(TILE) * across;
                self.transform_inputs(level, workers, input, &pass, &bands, points);
                let planes = products.chunks_exact_mut(pass.product_stride).enumerate().collect();
                workers.for_each(planes, 0, |(p, product), _| {
                    let a = Rows::plain(&points[p * pass.point_stride..], k);
                    dispatch!(level, simd => multiply(simd, tiles, a, &self.points[p], product, n));
                });
                let products = &products[..];
                workers.for_each(bands, 0, |(first, out, slot), _| {
                    let band = &products[(pass.tiles_before(first) - pass.tiles_before(start)) * n..];
                    dispatch!(level, simd => self.outputs(simd, &pass, band, pass.band_rows(first), out, slot));
                    finish(out);
                });
                bands = rest;
            }
        });
    }

    /// Transforms the tiles of `bands` into `points`, `[point][tile][channel]`.
    fn transform_inputs(
        &self,
        level: Level,
        workers: &Workers,
        input: &Input,
        pass: &Pass,
        bands: &[Band],
        points: &mut [f32],
    ) {
        let k = self.points[0].rows();
        // Each tile row of a band has its part of every plane of points.
        let mut parts: Vec<(usize, Vec<&mut [f32]>)> = Vec::new();
        let rows = bands.iter().flat_map(|band| (band.0..band.0 + pass.band_rows(band.0)).step_by(TILE));
        parts.extend(rows.map(|row| (row, Vec::with_capacity(POINTS * POINTS))));
        for plane in points.chunks_exact_mut(pass.point_stride) {
            for (part, tiles) in parts.iter_mut().zip(plane.chunks_exact_mut(pass.across * k)) {
                part.1.push(tiles);
            }
        }
        let row = self.row_pixels(pass.width) * self.channels;
        let patch_length = POINTS * row;
        let stride = plane_stride(k);
        workers.for_each(parts, patch_length + POINTS * POINTS * stride, |(first, mut planes), scratch| {
            let (patch, tile) = scratch.split_at_mut(patch_length);
            let rows = TILE.min(pass.rows.1 - first);
            let shape = Patch {
                first: first as isize - self.pad as isize,
                rows: rows + self.side - 1,
                filled_rows: POINTS,
                pad: self.pad,
                columns: pass.width + self.side - 1,
                filled_columns: self.row_pixels(pass.width),
                border: self.border,
            };
            dispatch!(level, simd => fill_patch(simd, input, &shape, patch));
            for tx in 0..pass.across {
                let from = &patch[tx * TILE * self.channels..];
                dispatch!(level, simd => transform(simd, from, (row, self.channels), tile, stride));
                for (plane, point) in planes.iter_mut().zip(tile.chunks_exact(stride)) {
                    plane[tx * k..(tx + 1) * k].copy_from_slice(&point[..k]);
                }
            }
        });
    }

    /// Transforms the products of a band to outputs.
    #[inline(always)]
    fn outputs<S: Simd>(&self, simd: S, pass: &Pass, products: &[f32], rows: usize, out: &mut [f32], slot: &mut [f32]) {
        let n = self.columns();
        let grid = Grid { rows, width: pass.width, across: pass.across, enlarged: false, outputs: self.outputs };
        let tiles = rows.div_ceil(TILE) * pass.across;
        simd.vectorize(
            #[inline(always)]
            || {
                each_vector!(S, n, at => output_tiles[Plain, POINTS](
                    simd, &grid, 0, tiles, products, (n, pass.product_stride), (0, at), out, slot
                ));
            },
        );
    }
}

/// Transforms all channels of one tile of a patch.
#[inline(always)]
fn transform<S: Simd>(simd: S, from: &[f32], (row, channels): (usize, usize), tile: &mut [f32], stride: usize) {
    simd.vectorize(
        #[inline(always)]
        || each_vector!(S, channels, at => input_tile[Plain, POINTS](simd, from, (row, channels), tile, stride, at)),
    );
}
