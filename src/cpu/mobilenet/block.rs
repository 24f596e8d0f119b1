//! Up to three stages that run together: a 1x1 convolution, a depthwise one and another 1x1 one, such as an inverted
//! residual block. The tensors between them exist only as a few rows, in scratch memory that stays in a cache.

use fearless_simd::Simd;

use super::dense::Dense;
use super::depthwise::{Depthwise, SIDE};
use super::extent::Extent;

/// Numbers of the rows between the first two convolutions that are kept at once, where three rows do not need more: half
/// a megabyte.
const KEPT: usize = 128 << 10;

/// Stages that run together; at least one.
pub(in crate::cpu) struct Block {
    pub input: Extent,
    /// What the depthwise convolution reads; the input if `expand` is none.
    pub expanded: Extent,
    /// What the last convolution reads; the output if it is none.
    pub narrow: Extent,
    pub output: Extent,
    pub expand: Option<Dense>,
    pub depthwise: Option<Depthwise>,
    pub project: Option<Dense>,
}

impl Block {
    /// Returns the length of the scratch memory of a thread.
    pub fn scratch(&self) -> usize {
        let expanded = if self.expand.is_some() { self.kept_rows() * self.expanded.row() } else { 0 };
        let zeros = if self.depthwise.is_some() { self.expanded.row() } else { 0 };
        expanded + zeros + self.rows_at_once() * self.narrow_row()
    }

    /// Numbers of a row between the last two convolutions, if it is in scratch memory.
    fn narrow_row(&self) -> usize {
        if self.depthwise.is_some() && self.project.is_some() { self.narrow.row() } else { 0 }
    }

    /// Rows that the depthwise convolution reads, as many as are kept.
    fn kept_rows(&self) -> usize {
        (KEPT / self.expanded.row()).clamp(SIDE, self.expanded.height.max(SIDE))
    }

    /// Rows of the output that are computed at once.
    fn rows_at_once(&self) -> usize {
        match &self.depthwise {
            Some(depthwise) => (self.kept_rows() - SIDE) / depthwise.stride + 1,
            None => self.output.height,
        }
    }

    /// Computes the rows of the output from row `first` on that `target` has. `skip` is the tensor that is added, and
    /// empty if there is none.
    #[inline(always)]
    pub fn band<S: Simd>(
        &self,
        simd: S,
        (input, skip): (&[f32], &[f32]),
        first: usize,
        target: &mut [f32],
        scratch: &mut [f32],
    ) {
        let row = self.output.row();
        let skip = |y: usize, rows: usize| if skip.is_empty() { skip } else { &skip[y * row..][..rows * row] };
        let Some(depthwise) = &self.depthwise else {
            let rows = target.len() / row;
            if let Some(project) = &self.project {
                let values = &input[first * self.input.row()..][..rows * self.input.row()];
                project.run(simd, values, skip(first, rows), target);
            }
            return;
        };
        let kept = if self.expand.is_some() { self.kept_rows() * self.expanded.row() } else { 0 };
        let (kept, rest) = scratch.split_at_mut(kept);
        let (zeros, narrow) = rest.split_at_mut(self.expanded.row());
        zeros.fill(0.0);
        let at_once = self.rows_at_once();
        // The first of the rows that the depthwise convolution reads, and the end of those that are computed.
        let (mut start, mut end) = (0, 0);
        for (i, target) in target.chunks_mut(at_once * row).enumerate() {
            let (y, rows) = (first + i * at_once, target.len() / row);
            let source: &[f32] = match &self.expand {
                None => input,
                Some(expand) => {
                    let from = (y * depthwise.stride).saturating_sub(depthwise.pad);
                    let to = ((y + rows - 1) * depthwise.stride + SIDE).saturating_sub(depthwise.pad);
                    let to = to.min(self.expanded.height);
                    let length = self.expanded.row();
                    if from < end {
                        kept.copy_within((from - start) * length..(end - start) * length, 0);
                    } else {
                        end = from;
                    }
                    start = from;
                    if to > end {
                        let values = &input[end * self.input.row()..to * self.input.row()];
                        expand.run(simd, values, &[], &mut kept[(end - start) * length..(to - start) * length]);
                        end = to;
                    }
                    kept
                }
            };
            let filtered = if self.project.is_some() { &mut narrow[..rows * self.narrow.row()] } else { &mut *target };
            for (j, filtered) in filtered.chunks_exact_mut(self.narrow.row()).enumerate() {
                let mut inputs = [&*zeros; SIDE];
                for (k, input) in inputs.iter_mut().enumerate() {
                    let y = ((y + j) * depthwise.stride + k).checked_sub(depthwise.pad);
                    if let Some(y) = y.filter(|y| *y < self.expanded.height) {
                        *input = &source[(y - start) * self.expanded.row()..][..self.expanded.row()];
                    }
                }
                depthwise.row(simd, inputs, filtered);
            }
            if let Some(project) = &self.project {
                project.run(simd, &narrow[..rows * self.narrow.row()], skip(y, rows), target);
            }
        }
    }
}
