//! Points of the picture, whose sides have length 1, and the pixels near a path.

use std::ops::{Add, Mul, Sub};

/// A position or a vector. The picture spans 0..1 in both directions; y points down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    /// Returns the point `(x, y)`.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Returns the unit vector at `angle` radians from the x axis.
    pub fn turned(angle: f32) -> Self {
        Self::new(angle.cos(), angle.sin())
    }

    /// Returns the length of the vector.
    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// Returns the angle from the x axis in radians, -pi to pi.
    pub fn angle(self) -> f32 {
        self.y.atan2(self.x)
    }

    /// Returns the dot product.
    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// Returns the vector rotated by a quarter turn.
    pub fn across(self) -> Self {
        Self::new(-self.y, self.x)
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// Returns the smoothstep from 0 at `from` to 1 at `to`; it falls if `to` is smaller than `from`.
pub fn smooth(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A pixel near a path.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// The index of the pixel in its picture, row by row.
    pub index: usize,
    /// The length of the path up to the point nearest to the pixel's centre.
    pub along: f32,
    /// The distance from the path, negative on the left of its direction as seen on the screen.
    pub across: f32,
}

/// Finds the pixels near paths. It is reused for many paths, because it holds one number per pixel.
pub struct Sweep {
    side: usize,
    nearest: Vec<f32>,
    slots: Vec<usize>,
}

impl Sweep {
    /// Creates a sweep for a picture of `side` x `side` pixels.
    pub fn new(side: usize) -> Self {
        Self { side, nearest: vec![f32::INFINITY; side * side], slots: vec![0; side * side] }
    }

    /// Returns the pixels whose centres are at most `reach` from `path`, each once, with the nearest point of the path.
    pub fn along(&mut self, path: &[Point], reach: f32) -> Vec<Touch> {
        let pixels = |v: f32| v * self.side as f32 - 0.5;
        let clip = |v: f32| v.clamp(0.0, self.side as f32) as usize;
        let mut touches: Vec<Touch> = Vec::new();
        let mut travelled = 0.0;
        for ends in path.windows(2) {
            let (a, step) = (ends[0], ends[1] - ends[0]);
            let length = step.length().max(1e-6);
            let (low_x, high_x) = (a.x.min(ends[1].x) - reach, a.x.max(ends[1].x) + reach);
            let (low_y, high_y) = (a.y.min(ends[1].y) - reach, a.y.max(ends[1].y) + reach);
            for y in clip(pixels(low_y).ceil())..clip(pixels(high_y).floor() + 1.0) {
                for x in clip(pixels(low_x).ceil())..clip(pixels(high_x).floor() + 1.0) {
                    let from = Point::new((x as f32 + 0.5) / self.side as f32, (y as f32 + 0.5) / self.side as f32) - a;
                    let t = (from.dot(step) / (length * length)).clamp(0.0, 1.0);
                    let distance = (from - step * t).length();
                    let index = y * self.side + x;
                    if distance > reach || distance >= self.nearest[index] {
                        continue;
                    }
                    let left = from.dot(step.across()) < 0.0;
                    let across = if left { -distance } else { distance };
                    let touch = Touch { index, along: travelled + t * length, across };
                    if self.nearest[index].is_finite() {
                        touches[self.slots[index]] = touch;
                    } else {
                        self.slots[index] = touches.len();
                        touches.push(touch);
                    }
                    self.nearest[index] = distance;
                }
            }
            travelled += length;
        }
        for touch in &touches {
            self.nearest[touch.index] = f32::INFINITY;
        }
        touches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_finds_each_pixel_once_with_its_distance() {
        let mut sweep = Sweep::new(20);
        let path = [Point::new(0.2, 0.5), Point::new(0.5, 0.5), Point::new(0.8, 0.5)];
        for _ in 0..2 {
            let touches = sweep.along(&path, 0.1);
            let mut seen: Vec<usize> = touches.iter().map(|t| t.index).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), touches.len());
            let middle = touches.iter().find(|t| t.index == 8 * 20 + 10).unwrap();
            assert!((middle.along - 0.325).abs() < 1e-5 && (middle.across + 0.075).abs() < 1e-5, "{middle:?}");
            assert!(touches.len() > 40 && touches.iter().all(|t| t.across.abs() <= 0.1));
        }
        assert!(sweep.along(&[Point::new(-3.0, -3.0), Point::new(-2.0, -3.0)], 0.1).is_empty());
    }
}
