//! Draws dots of pure colour on a warm ground, for optical mixing (divisionism).

use std::f32::consts::{PI, TAU};

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, Sweep, smooth};
use super::random::{Noise, Random};

const GROUND: Colour = Colour::hex(0xe9d3a4);
const SKY: [Colour; 5] =
    [Colour::hex(0x23306f), Colour::hex(0x5a5cae), Colour::hex(0xe2a3bd), Colour::hex(0xf8bf8f), Colour::hex(0xfde29a)];
const SEA: [Colour; 4] = [Colour::hex(0xf3cf8e), Colour::hex(0x58b7b5), Colour::hex(0x1d7397), Colour::hex(0x1b2f6e)];
const SUN: Colour = Colour::hex(0xfff0b0);
const GLOW: Colour = Colour::hex(0xff7b3a);
const GLITTER: [Colour; 3] = [Colour::hex(0xffb457), Colour::hex(0xffe08a), Colour::hex(0xff8f57)];
const HEADLAND: [Colour; 2] = [Colour::hex(0x5d478f), Colour::hex(0x2c2c66)];
const MEADOW: [Colour; 4] =
    [Colour::hex(0x0f332f), Colour::hex(0x2a6b3c), Colour::hex(0x9cbb3c), Colour::hex(0xe8cf4a)];
const BLOSSOM: [Colour; 3] = [Colour::hex(0xe3426a), Colour::hex(0xf57b2a), Colour::hex(0xfff2d8)];

const HORIZON: f32 = 0.5;
/// The layers of dots from coarse to fine: radius, distance between centres.
const LAYERS: [(f32, f32); 3] = [(0.0165, 0.026), (0.0145, 0.026), (0.011, 0.032)];

/// The depicted scene: an evening by the sea.
struct Scene {
    noise: Noise,
    sun: Point,
    slope: f32,
}

impl Scene {
    fn new(random: &mut Random) -> Self {
        let noise = Noise::new(random);
        let sun = Point::new(random.between(0.35, 0.7), random.between(0.27, 0.38));
        Self { noise, sun, slope: if sun.x > 0.5 { 1.0 } else { -1.0 } }
    }

    fn colour(&self, p: Point, random: &mut Random) -> Colour {
        let shore = 0.78 + self.slope * (p.x - 0.5) * 0.22 + 0.05 * self.noise.fractal(p.x * 3.0, 7.0, 2);
        if p.y > shore {
            return self.meadow(p, p.y - shore);
        }
        let cape = HORIZON + 0.02 - 0.2 * smooth(0.5, 0.05, 0.5 + self.slope * (p.x - 0.5))
            + 0.05 * self.noise.fractal(p.x * 5.0, 3.0, 3);
        if p.y < HORIZON {
            if p.y > cape && cape < HORIZON - 0.02 {
                return HEADLAND[0].mixed(HEADLAND[1], (p.y - cape) * 6.0);
            }
            return self.sky(p);
        }
        self.sea(p, random)
    }

    fn sky(&self, p: Point) -> Colour {
        let clouds = self.noise.fractal(p.x * 2.2, p.y * 7.0, 3);
        let near = (p - self.sun).length();
        let base = Colour::of_ramp(&SKY, p.y / HORIZON * 0.95 + clouds * 0.3);
        let glow = base.mixed(GLOW, 0.75 * (-(near * 6.5).powi(2)).exp());
        if near < 0.075 { SUN } else { glow }
    }

    fn sea(&self, p: Point, random: &mut Random) -> Colour {
        let ripples = self.noise.fractal(p.x * 4.0, p.y * 24.0, 2);
        let depth = (p.y - HORIZON) / 0.3;
        let base = Colour::of_ramp(&SEA, 0.15 + depth * 0.8 + ripples * 0.35);
        let path = (-((p.x - self.sun.x) / (0.05 + 0.1 * depth)).powi(2)).exp();
        // Dots of light lie between dots of water, because a mixture of the two colours would be grey.
        if random.chance(path * (0.7 + ripples)) { GLITTER[random.below(GLITTER.len())] } else { base }
    }

    fn meadow(&self, p: Point, depth: f32) -> Colour {
        let light = self.noise.fractal(p.x * 4.0, p.y * 7.0, 3);
        Colour::of_ramp(&MEADOW, 0.62 - depth * 2.0 + light * 0.9)
    }
}

/// Draws a divisionist evening by the sea.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let scene = Scene::new(random);
    let grain = Noise::new(random);
    let mut sweep = Sweep::new(side);
    let mut canvas = Canvas::new(side, |_| GROUND);
    canvas.grain(&grain, Point::new(90.0, 90.0), 0.12);
    for (radius, distance) in LAYERS {
        for centre in random.scatter(distance, 0.02) {
            let near = centre + Point::turned(random.between(0.0, TAU)) * random.between(0.0, 0.008);
            let seen = scene.colour(near, random);
            let meadow = near.y > 0.8;
            let colour = if meadow && random.chance(0.09) {
                BLOSSOM[random.below(BLOSSOM.len())]
            } else if random.chance(0.07) {
                // Some dots have the complementary hue, which makes both colours look more vivid.
                seen.varied(random.between(-0.1, 0.0), 0.9, PI)
            } else {
                seen.varied(random.between(-0.08, 0.06), random.between(1.1, 1.45), random.between(-0.35, 0.35))
            };
            dab(&mut canvas, &mut sweep, random, &grain, centre, radius, colour);
        }
    }
    canvas.light(0.0016, 0.1);
    canvas
}

/// Draws one dot: round, or slightly elongated.
fn dab(
    canvas: &mut Canvas,
    sweep: &mut Sweep,
    random: &mut Random,
    grain: &Noise,
    centre: Point,
    radius: f32,
    colour: Colour,
) {
    let radius = radius * random.between(0.75, 1.15);
    let lean = Point::turned(random.between(-0.5, 0.5)) * (radius * random.between(0.1, 0.5));
    let shift = random.between(0.0, 200.0);
    for touch in sweep.along(&[centre - lean, centre + lean], radius * 1.2) {
        let wobble = 1.0 + 0.25 * grain.at(touch.along / radius * 1.5 + shift, touch.across / radius * 1.5);
        let from = touch.across.abs() / (radius * wobble);
        let cover = edge(radius * wobble - touch.across.abs(), canvas.pixel());
        canvas.lay(touch.index, colour.plus(0.04 * (0.5 - from)), 1.0 - 0.7 * from * from, cover * 0.96);
    }
}
