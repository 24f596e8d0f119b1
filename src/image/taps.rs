//! Bilinear interpolation along one dimension: which values an output value is made of. Centres lie at half-integers; beyond the
//! first and the last centre, the values continue.

/// Every `step`th of the positions from `first` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Every {
    /// The first position.
    pub first: usize,
    /// The distance of the positions.
    pub step: usize,
    /// The end, which may lie beyond the length of what has positions.
    pub end: usize,
}

impl Every {
    /// All positions.
    pub const ONE: Self = Self::from(0, 1);

    /// Every `step`th position from `first`, up to any length.
    pub const fn from(first: usize, step: usize) -> Self {
        Self { first, step, end: usize::MAX }
    }

    /// Returns the positions below `length`.
    pub fn of(self, length: usize) -> impl Iterator<Item = usize> {
        (self.first..length.min(self.end)).step_by(self.step)
    }
}

/// The two input values of one output value, and the weight of the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    /// The value whose centre is at or before that of the output.
    pub lower: usize,
    /// The next value, or the same at the end.
    pub upper: usize,
    /// The weight of `upper`; `lower` has the rest.
    pub second: f32,
}

impl Tap {
    /// Returns the values of `before` that value `i` of `after` interpolates.
    pub fn of(i: usize, before: usize, after: usize) -> Self {
        let position = (i as f64 + 0.5) * before as f64 / after as f64 - 0.5;
        let position = position.clamp(0.0, (before - 1) as f64);
        let lower = position as usize;
        Self { lower, upper: (lower + 1).min(before - 1), second: (position - lower as f64) as f32 }
    }
}
