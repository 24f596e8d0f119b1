//! L-BFGS: the curvature of the loss, learnt from the last steps (Liu, Nocedal 1989, "On the limited memory BFGS method for
//! large scale optimization"), as Gatys et al. 2015 and neural-style use it.
//!
//! There is no line search, since each trial would cost a step. All numbers stay on the device: nothing waits for a dot product.

use std::collections::VecDeque;

use burn::tensor::Tensor;

/// The least cosine between a movement and the change of the gradient that tells a curvature rather than rounding.
const LEAST_COSINE: f32 = 1e-4;
/// Brightness that the first step moves a value by, in the mean: nothing is known of the curvature then.
const FIRST: f32 = 0.005;
/// Brightness that no step moves a value by more than.
const FURTHEST: f32 = 0.25;

/// The last steps. Numbers are tensors `[1][1][1][1]`.
#[derive(Clone)]
pub struct Lbfgs {
    history: usize,
    pairs: VecDeque<Pair>,
    /// What the gradient is multiplied by where no pair knows better.
    scale: Option<Tensor<4>>,
    /// The gradient of the step before, and how far that step went.
    last: Option<(Tensor<4>, Tensor<4>)>,
}

#[derive(Clone)]
struct Pair {
    /// How far a step went, and how the gradient changed over it.
    moved: Tensor<4>,
    change: Tensor<4>,
    /// One over the product of the two, or 0 where that was too small to be believed: such a pair has no say.
    inverse: Tensor<4>,
}

impl Lbfgs {
    /// Remembers up to `history` steps.
    pub fn new(history: usize) -> Self {
        Self { history, pairs: VecDeque::new(), scale: None, last: None }
    }

    /// Where to go from a picture with this gradient, `[1][3][height][width]` both (two-loop recursion: Nocedal, Wright 2006,
    /// "Numerical Optimization", algorithm 7.4); `rate` is the part of the way, usually 1.
    pub fn movement(&mut self, gradient: &Tensor<4>, rate: f32) -> Tensor<4> {
        let first = || (gradient.clone().abs().mean().clamp_min(f32::MIN_POSITIVE).recip() * FIRST).reshape([1; 4]);
        let mut scale = self.scale.take().unwrap_or_else(first);
        if let Some((before, moved)) = self.last.take() {
            scale = self.learn(moved, gradient.clone() - before, scale);
        }
        let mut way = gradient.clone().neg();
        let mut parts = Vec::with_capacity(self.pairs.len());
        for Pair { moved, change, inverse } in self.pairs.iter().rev() {
            let part = dot(moved, &way) * inverse.clone();
            way = way - change.clone() * part.clone();
            parts.push(part);
        }
        way = way * scale.clone();
        for (Pair { moved, change, inverse }, part) in self.pairs.iter().zip(parts.into_iter().rev()) {
            let there = dot(change, &way) * inverse.clone();
            way = way + moved.clone() * (part - there);
        }
        self.scale = Some(scale);
        let furthest = way.clone().abs().max().clamp_min(f32::MIN_POSITIVE).reshape([1; 4]);
        way * (furthest.recip() * FURTHEST).clamp_max(1.0) * rate
    }

    /// Takes note of how far the picture really went from `gradient`.
    pub fn moved(&mut self, gradient: Tensor<4>, moved: Tensor<4>) {
        self.last = Some((gradient, moved));
    }

    /// Adds a pair; returns the scale that it tells, or `scale` if it is not to be believed.
    fn learn(&mut self, moved: Tensor<4>, change: Tensor<4>, scale: Tensor<4>) -> Tensor<4> {
        let (product, squares) = (dot(&moved, &change), dot(&change, &change));
        let least = (dot(&moved, &moved) * squares.clone()).sqrt() * LEAST_COSINE;
        let believed = product.clone().greater(least).float();
        let doubted = believed.clone().neg() + 1.0;
        // Never divided by 0, so that what is doubted is 0 and not NaN.
        let product = product * believed.clone() + doubted.clone();
        let squares = squares * believed.clone() + doubted.clone();
        if self.pairs.len() == self.history {
            self.pairs.pop_front();
        }
        let inverse = believed.clone() / product.clone();
        self.pairs.push_back(Pair { moved, change, inverse });
        product / squares * believed + scale * doubted
    }
}

/// The sum of products.
fn dot(a: &Tensor<4>, b: &Tensor<4>) -> Tensor<4> {
    (a.clone() * b.clone()).sum().reshape([1; 4])
}
