//! The drawing surface: a square of colours with the thickness of the paint.

use super::colour::Colour;
use super::geometry::Point;
use super::random::Noise;
use crate::error::Result;
use crate::image::Image;

/// A picture that is being drawn.
pub struct Canvas {
    side: usize,
    colours: Vec<Colour>,
    relief: Vec<f32>,
}

impl Canvas {
    /// Creates a flat canvas of `side` x `side` pixels; `colour` returns the colour at each pixel centre.
    pub fn new(side: usize, mut colour: impl FnMut(Point) -> Colour) -> Self {
        let centre = |i: usize| (i as f32 + 0.5) / side as f32;
        let pixel = |i: usize| colour(Point::new(centre(i % side), centre(i / side)));
        Self { side, colours: (0..side * side).map(pixel).collect(), relief: vec![0.0; side * side] }
    }

    /// Returns the width of a pixel.
    pub fn pixel(&self) -> f32 {
        1.0 / self.side as f32
    }

    /// Adds paint to one pixel: a `cover` (0..1) of `colour`, with the given `thickness` at full cover.
    pub fn lay(&mut self, index: usize, colour: Colour, thickness: f32, cover: f32) {
        self.colours[index] = self.colours[index].under(colour, cover);
        self.relief[index] += (thickness - self.relief[index]) * cover;
    }

    /// Lights the relief from the upper left: slopes towards the light become lighter; `gloss` is the strength of the
    /// highlights.
    pub fn light(&mut self, strength: f32, gloss: f32) {
        let side = self.side;
        let height = |x: usize, y: usize| self.relief[y.min(side - 1) * side + x.min(side - 1)];
        let shade = |i: usize| {
            let (x, y) = (i % side, i / side);
            let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
            // Sobel filter: differences along one axis, averaged along the other.
            let down = |x: usize| height(x, up) + 2.0 * height(x, y) + height(x, y + 1);
            let right = |y: usize| height(left, y) + 2.0 * height(x, y) + height(x + 1, y);
            (down(x + 1) - down(left) + right(y + 1) - right(up)) * side as f32 * 0.125 * strength
        };
        let shades: Vec<f32> = (0..side * side).map(shade).collect();
        for (colour, shade) in self.colours.iter_mut().zip(shades) {
            let lit = shade.clamp(-0.6, 0.6);
            *colour = colour.times(1.0 + lit * 0.55).plus(lit.max(0.0).powi(2) * gloss);
        }
    }

    /// Adds the grain of paper or cloth: lightness varies by `strength`, with `scale` grains per side.
    pub fn grain(&mut self, noise: &Noise, scale: Point, strength: f32) {
        let pixel = self.pixel();
        for (i, colour) in self.colours.iter_mut().enumerate() {
            let (x, y) = ((i % self.side) as f32 * pixel, (i / self.side) as f32 * pixel);
            *colour = colour.times(1.0 + strength * noise.fractal(x * scale.x, y * scale.y, 2));
        }
    }

    /// Returns the picture.
    ///
    /// # Errors
    /// [`crate::error::Error::Picture`] for a canvas without pixels.
    pub fn picture(self) -> Result<Image> {
        let values = self.colours.iter().flat_map(|c| c.0).map(|v| v.clamp(0.0, 1.0)).collect();
        Image::new(self.side, self.side, values)
    }
}

/// Returns the fraction of a pixel inside a shape, given the signed distance `inside` from its centre to the edge.
pub fn edge(inside: f32, pixel: f32) -> f32 {
    (inside / pixel + 0.5).clamp(0.0, 1.0)
}
