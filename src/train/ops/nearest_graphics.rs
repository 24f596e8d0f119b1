//! The search for nearest rows on a graphics device (`shaders/train/nearest.wgsl`).

use burn::backend::Cube;
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::into_contiguous;

use super::launch::{Kernel, dispatch, empty, sizes};
use super::nearest::NearestRows;
use crate::gpu::preprocess::specialize;
use crate::gpu::shaders::NEAREST;

/// Threads per workgroup, and rows and columns of the tile that they compute.
const THREADS: usize = 64;
const TILE: usize = 64;
/// Workgroups that keep a large graphics card busy.
const GROUPS: usize = 512;
/// Channels that are loaded at a time.
const QUAD: usize = 4;

static KERNEL: Kernel = Kernel::new(|| specialize(NEAREST, &[], false));

impl NearestRows for Cube {
    fn nearest_rows(own: FloatTensor<Self>, among: FloatTensor<Self>) -> FloatTensor<Self> {
        let [own, among] = [own, among].map(into_contiguous);
        let ([rows, channels], [columns, _]) = (sizes(&own), sizes(&among));
        assert!(channels.is_multiple_of(QUAD), "{channels} channels");
        let (groups, tiles) = (rows.div_ceil(TILE), columns.div_ceil(TILE));
        let tiles_per_chunk = tiles.div_ceil(GROUPS.div_ceil(groups).min(tiles));
        let chunks = tiles.div_ceil(tiles_per_chunk);
        let found = empty(&own, [2, chunks, rows]);
        let numbers = [rows, columns, channels / QUAD, tiles_per_chunk];
        dispatch(&KERNEL, THREADS, [groups, chunks, 1], &[&own, &among, &found], &numbers);
        found
    }
}
