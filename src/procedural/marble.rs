//! Draws marbled paper: drops of paint on water, drawn out by combs.
//!
//! Drops and combs displace every point by known formulas, so that each pixel can be traced back to the drop that it
//! came from (Lu, Jaffer, Jin, Zhao, Mao: "Mathematical Marbling", 2012).

use std::f32::consts::{FRAC_PI_2, TAU};

use super::canvas::Canvas;
use super::colour::Colour;
use super::geometry::Point;
use super::random::{Noise, Random};

const WATER: Colour = Colour::hex(0x11403f);
const PAINTS: [Colour; 7] = [
    Colour::hex(0x6d1430),
    Colour::hex(0xe0a526),
    Colour::hex(0xf6ead0),
    Colour::hex(0x0f2f33),
    Colour::hex(0xc23a2b),
    Colour::hex(0x2d8a7d),
    Colour::hex(0xf0c9a0),
];

enum Step {
    /// A drop of paint of `radius` that displaces all other paint away from `centre`.
    Drop { centre: Point, radius: f32, paint: usize },
    /// A comb with teeth `spacing` apart that draws paint along `direction`, by `pull` at each tooth and less beside
    /// it.
    Comb { direction: Point, spacing: f32, pull: f32, sharpness: f32, offset: f32 },
    /// A sinusoidal displacement by `height` along `direction`, with waves of `length`.
    Sway { direction: Point, length: f32, height: f32, phase: f32 },
}

impl Step {
    /// Returns the position before this step of the paint that is at `p` after it, or the paint itself if the step
    /// added it.
    fn before(&self, p: Point) -> Result<Point, usize> {
        match *self {
            Self::Drop { centre, radius, paint } => {
                let from = p - centre;
                let squared = from.dot(from);
                if squared < radius * radius {
                    return Err(paint);
                }
                Ok(centre + from * (1.0 - radius * radius / squared).sqrt())
            }
            Self::Comb { direction, spacing, pull, sharpness, offset } => {
                let place = (p.dot(direction.across()) + offset) / spacing;
                let beside = (place - place.round()).abs() * spacing;
                // Neighbouring teeth pull in opposite directions; the displacement is zero halfway between them, so
                // that it is continuous.
                let way = if (place.round() as i64) % 2 == 0 { pull } else { -pull };
                let drag = |from: f32| sharpness / (sharpness + from);
                Ok(p - direction * (way * (drag(beside) - drag(spacing * 0.5))))
            }
            Self::Sway { direction, length, height, phase } => {
                let wave = (p.dot(direction.across()) * TAU / length + phase).sin();
                Ok(p - direction * (height * wave))
            }
        }
    }
}

/// Draws marbled paper.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let grain = Noise::new(random);
    let steps = steps(random);
    let sample = |p: Point| {
        let mut place = p;
        for step in steps.iter().rev() {
            match step.before(place) {
                Ok(before) => place = before,
                Err(paint) => return PAINTS[paint],
            }
        }
        WATER
    };
    // Four samples per pixel, on a rotated grid.
    let pixel = 1.0 / side as f32;
    let offsets = [(-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375)];
    let mut canvas = Canvas::new(side, |p| {
        let mut sum = Colour([0.0; 3]);
        for (dx, dy) in offsets {
            let colour = sample(p + Point::new(dx, dy) * pixel);
            sum = Colour(std::array::from_fn(|i| sum.0[i] + colour.0[i] * 0.25));
        }
        sum
    });
    canvas.grain(&grain, Point::new(70.0, 70.0), 0.08);
    canvas
}

fn steps(random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    // Late drops compress earlier ones into veins.
    for (layer, distance) in [0.12, 0.13, 0.16].into_iter().enumerate() {
        for centre in random.scatter(distance, 0.15) {
            let radius = distance * random.between(0.35, 0.6);
            steps.push(Step::Drop { centre, radius, paint: (random.below(4) + layer * 2) % PAINTS.len() });
        }
    }
    let turn = random.between(-0.2, 0.2);
    let down = Point::turned(FRAC_PI_2 + turn);
    let right = Point::turned(turn);
    let offset = random.unit();
    steps.push(Step::Comb { direction: right, spacing: 0.15, pull: 0.17, sharpness: 0.03, offset });
    steps.push(Step::Comb { direction: down, spacing: 0.095, pull: 0.15, sharpness: 0.022, offset });
    steps.push(Step::Sway { direction: down, length: 0.55, height: 0.05, phase: random.between(0.0, TAU) });
    steps.push(Step::Sway { direction: right, length: 0.8, height: 0.06, phase: random.between(0.0, TAU) });
    steps
}
