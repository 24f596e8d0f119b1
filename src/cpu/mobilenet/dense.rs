//! Convolutions that are matrix products, with bias, ReLU6 and residual sum: 1x1 convolutions, and the first 3x3
//! convolution of an RGB picture.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use crate::cpu::gemm::{Finish, PackedMatrix, Rows, multiply_and};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::lanes::limited;

/// A 1x1 convolution. Channels are padded to a multiple of four.
pub(in crate::cpu) struct Dense {
    matrix: PackedMatrix,
    bias: Vec<f32>,
    relu6: bool,
}

impl Dense {
    /// Packs a matrix of `k` rows, a multiple of four, whose element of row i and output o is `at(i, o)`.
    pub fn new(
        set: InstructionSet,
        k: usize,
        (mut bias, relu6): (Vec<f32>, bool),
        at: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let matrix = PackedMatrix::new(set, k, bias.len(), at);
        bias.resize(matrix.columns(), 0.0);
        Self { matrix, bias, relu6 }
    }

    /// Computes pixels of `target` from as many of `values`, plus `skip` if that is not empty.
    #[inline(always)]
    pub fn run<S: Simd>(&self, simd: S, values: &[f32], skip: &[f32], target: &mut [f32]) {
        let pixels = target.len() / self.matrix.columns();
        self.multiply(simd, pixels, Rows::plain(values, self.matrix.rows()), skip, target);
    }

    /// As [`Dense::run`], for `pixels` pixels of which each reads a row of `rows`.
    #[inline(always)]
    pub fn multiply<S: Simd>(&self, simd: S, pixels: usize, rows: Rows, skip: &[f32], target: &mut [f32]) {
        let finish = Finished { bias: &self.bias, relu6: self.relu6, skip };
        multiply_and(simd, pixels, rows, &self.matrix, (target, self.matrix.columns()), finish);
    }
}

/// What follows the product.
#[derive(Clone, Copy)]
struct Finished<'a> {
    bias: &'a [f32],
    relu6: bool,
    skip: &'a [f32],
}

impl Finish for Finished<'_> {
    #[inline(always)]
    fn finish<S: Simd, V: SimdFloat<S, Element = f32>>(&self, simd: S, sum: V, row: usize, column: usize) -> V {
        let mut value = sum + V::from_slice(simd, &self.bias[column..][..V::LEN]);
        if self.relu6 {
            value = limited(simd, value, 6.0);
        }
        if !self.skip.is_empty() {
            value += V::from_slice(simd, &self.skip[row * self.bias.len() + column..][..V::LEN]);
        }
        value
    }
}
