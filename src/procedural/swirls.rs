//! Draws thick brush strokes that follow whirls.

use super::canvas::Canvas;
use super::colour::Colour;
use super::geometry::{Point, Sweep, smooth};
use super::random::{Noise, Random};

/// The colour ramp from the dark background to the centres of the whirls.
const NIGHT_TO_FIRE: [Colour; 9] = [
    Colour::hex(0x1d0f33),
    Colour::hex(0x3f1757),
    Colour::hex(0x7a2169),
    Colour::hex(0xb93265),
    Colour::hex(0xe4574f),
    Colour::hex(0xf28a3f),
    Colour::hex(0xf8bd55),
    Colour::hex(0xfde3a0),
    Colour::hex(0xfff7df),
];
/// The colours of one stroke in fifteen.
const ACCENTS: [Colour; 3] = [Colour::hex(0x1f9a94), Colour::hex(0x7fd0bd), Colour::hex(0x2c4fa3)];

/// The layers of strokes from coarse to fine: half width, length, distance between starting points.
const LAYERS: [(f32, f32, f32); 3] = [(0.023, 0.21, 0.036), (0.0165, 0.16, 0.029), (0.0105, 0.11, 0.036)];

struct Whirl {
    centre: Point,
    radius: f32,
    spin: f32,
}

/// The flow field and the colour field.
struct Flow {
    whirls: Vec<Whirl>,
    noise: Noise,
}

impl Flow {
    fn new(random: &mut Random) -> Self {
        let whirl = |(i, centre): (usize, Point), random: &mut Random| Whirl {
            centre,
            radius: if i == 0 { 0.27 } else { random.between(0.10, 0.19) },
            spin: if i % 2 == 0 { 1.0 } else { -1.0 },
        };
        let noise = Noise::new(random);
        let mut centres = random.scatter(0.34, 0.02);
        // The largest whirl is off-centre.
        let heart = Point::new(0.36, 0.4);
        centres.sort_by(|a, b| (*a - heart).length().total_cmp(&(*b - heart).length()));
        let whirls = centres.into_iter().enumerate().map(|place| whirl(place, random)).collect();
        Self { whirls, noise }
    }

    /// Returns the direction of the flow, a unit vector.
    fn direction(&self, p: Point) -> Point {
        let drift = 0.25 + 1.6 * self.noise.fractal(p.x * 1.7, p.y * 1.7, 2);
        let mut sum = Point::turned(drift) * 0.3;
        for whirl in &self.whirls {
            let from = p - whirl.centre;
            let distance = from.length().max(1e-4);
            let pull = (-(distance / whirl.radius).powi(2) * 0.8).exp();
            sum = sum + from.across() * (whirl.spin * pull / distance);
        }
        sum * (1.0 / sum.length().max(1e-4))
    }

    /// Returns the position on the colour ramp.
    fn heat(&self, p: Point) -> f32 {
        let mut heat = 0.27 + 0.5 * self.noise.fractal(p.x * 2.3 + 40.0, p.y * 3.1, 3);
        for whirl in &self.whirls {
            let from = p - whirl.centre;
            let distance = from.length() / whirl.radius;
            let arms = (distance * 7.5 - whirl.spin * from.angle()).cos();
            let envelope = (-(distance * distance) * 0.7).exp();
            heat += envelope * 0.2 * arms + 0.62 * (-(distance * distance) * 6.0).exp();
        }
        heat.clamp(0.0, 1.0)
    }

    /// Returns a path of `length` along the flow, beginning at `start`.
    fn path(&self, start: Point, length: f32) -> Vec<Point> {
        const STEPS: usize = 10;
        let mut path = vec![start];
        let mut p = start;
        for _ in 0..STEPS {
            p = p + self.direction(p) * (length / STEPS as f32);
            path.push(p);
        }
        path
    }
}

/// Draws whirls of thick paint.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let flow = Flow::new(random);
    let bristles = Noise::new(random);
    let mut sweep = Sweep::new(side);
    let mut canvas = Canvas::new(side, |p| Colour::of_ramp(&NIGHT_TO_FIRE, flow.heat(p) - 0.08));
    for (layer, (half_width, length, distance)) in LAYERS.into_iter().enumerate() {
        for start in random.scatter(distance, 0.1) {
            let heat = flow.heat(start);
            // The finest strokes are highlights on light areas; dark areas would look restless with them.
            if layer == 2 && !random.chance(heat * 1.3) {
                continue;
            }
            let heat = heat + random.between(-0.07, 0.07) + if layer == 2 { 0.08 } else { 0.0 };
            let colour = if random.chance(1.0 / 15.0) {
                ACCENTS[random.below(ACCENTS.len())]
            } else {
                Colour::of_ramp(&NIGHT_TO_FIRE, heat)
            };
            let colour =
                colour.varied(random.between(-0.05, 0.05), random.between(0.9, 1.15), random.between(-0.1, 0.1));
            let second = Colour::of_ramp(&NIGHT_TO_FIRE, heat + random.between(-0.14, 0.14));
            let length = length * random.between(0.6, 1.2);
            let half_width = half_width * random.between(0.8, 1.2);
            let shift = random.between(0.0, 200.0);
            for touch in sweep.along(&flow.path(start, length), half_width) {
                let (u, v) = (touch.along / length, touch.across / half_width);
                let strand = bristles.at(v * 2.2 + shift, u * 1.6) + 0.5 * bristles.at(v * 5.0 - shift, u * 3.0);
                // The strands of the brush run dry one by one.
                let dry = smooth(1.25, 0.8, u + 0.45 * strand);
                let rim = smooth(1.0, 0.72, v.abs() + 0.25 * strand.abs());
                let paint = colour.under(second, smooth(-0.25, 0.45, strand + v * 0.3)).plus(0.05 * strand);
                // Bristles leave grooves, and accumulate paint at the end of the stroke.
                let thickness = (0.4 + 0.7 * strand + 0.25 * smooth(0.6, 0.95, u)) * smooth(1.05, 0.5, v.abs());
                canvas.lay(touch.index, paint, thickness, rim * dry);
            }
        }
    }
    canvas.light(0.0055, 0.45);
    canvas
}
