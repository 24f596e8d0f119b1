//! L-BFGS: estimates the curvature of the loss from the last steps (Liu, Nocedal 1989, "On the limited memory BFGS
//! method for large scale optimization"), as Gatys et al. 2015 and neural-style use it.
//!
//! There is no line search, since each evaluation would cost a step. All values stay on the device: no dot product is read
//! back.

use std::collections::VecDeque;

use burn::tensor::Tensor;

/// The smallest cosine between a step and the change of the gradient that counts as curvature rather than rounding
/// error.
const LEAST_COSINE: f32 = 1e-4;
/// Mean change of a value in the first step, in units of brightness: the curvature is still unknown then.
const FIRST: f32 = 0.005;
/// The largest change of a value in one step, in units of brightness.
const FURTHEST: f32 = 0.25;

/// State of L-BFGS over the last steps. Scalars are tensors `[1][1][1][1]`.
#[derive(Clone)]
pub struct Lbfgs {
    history: usize,
    pairs: VecDeque<Pair>,
    /// Initial inverse curvature: the factor of the gradient before the pairs correct it.
    scale: Option<Tensor<4>>,
    /// The gradient of the previous step, and the update of that step.
    last: Option<(Tensor<4>, Tensor<4>)>,
}

#[derive(Clone)]
struct Pair {
    /// The update of a step, and the change of the gradient over it.
    update: Tensor<4>,
    change: Tensor<4>,
    /// The reciprocal of the dot product of the two, or 0 where that product is too small to be reliable: such a pair
    /// has no effect.
    inverse: Tensor<4>,
}

impl Lbfgs {
    /// Makes an empty state that keeps up to `history` steps.
    pub fn new(history: usize) -> Self {
        Self { history, pairs: VecDeque::new(), scale: None, last: None }
    }

    /// Returns the update of a picture with this gradient, `[1][3][height][width]` both (two-loop recursion: Nocedal,
    /// Wright 2006, "Numerical Optimization", algorithm 7.4). `rate` scales the step and is usually 1.
    pub fn update(&mut self, gradient: &Tensor<4>, rate: f32) -> Tensor<4> {
        let first = || (gradient.clone().abs().mean().clamp_min(f32::MIN_POSITIVE).recip() * FIRST).reshape([1; 4]);
        let mut scale = self.scale.take().unwrap_or_else(first);
        if let Some((before, update)) = self.last.take() {
            scale = self.add_pair(update, gradient.clone() - before, scale);
        }
        let mut direction = gradient.clone().neg();
        let mut parts = Vec::with_capacity(self.pairs.len());
        for Pair { update, change, inverse } in self.pairs.iter().rev() {
            let part = dot(update, &direction) * inverse.clone();
            direction = direction - change.clone() * part.clone();
            parts.push(part);
        }
        direction = direction * scale.clone();
        for (Pair { update, change, inverse }, part) in self.pairs.iter().zip(parts.into_iter().rev()) {
            let there = dot(change, &direction) * inverse.clone();
            direction = direction + update.clone() * (part - there);
        }
        self.scale = Some(scale);
        let furthest = direction.clone().abs().max().clamp_min(f32::MIN_POSITIVE).reshape([1; 4]);
        direction * (furthest.recip() * FURTHEST).clamp_max(1.0) * rate
    }

    /// Records the update that the picture actually made from the point of `gradient`.
    pub fn record(&mut self, gradient: Tensor<4>, update: Tensor<4>) {
        self.last = Some((gradient, update));
    }

    /// Adds a pair. Returns the scale that the pair implies, or `scale` if the pair is unreliable.
    fn add_pair(&mut self, update: Tensor<4>, change: Tensor<4>, scale: Tensor<4>) -> Tensor<4> {
        let (product, squares) = (dot(&update, &change), dot(&change, &change));
        let least = (dot(&update, &update) * squares.clone()).sqrt() * LEAST_COSINE;
        let reliable = product.clone().greater(least).float();
        let unreliable = reliable.clone().neg() + 1.0;
        // The divisors are never 0, so that unreliable pairs give 0 rather than NaN.
        let product = product * reliable.clone() + unreliable.clone();
        let squares = squares * reliable.clone() + unreliable.clone();
        if self.pairs.len() == self.history {
            self.pairs.pop_front();
        }
        let inverse = reliable.clone() / product.clone();
        self.pairs.push_back(Pair { update, change, inverse });
        product / squares * reliable + scale * unreliable
    }
}

/// Returns the dot product of two tensors.
fn dot(a: &Tensor<4>, b: &Tensor<4>) -> Tensor<4> {
    (a.clone() * b.clone()).sum().reshape([1; 4])
}
