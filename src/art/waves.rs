//! Rolling waves in the manner of Japanese colour prints: flat blues, foam, dark contours, a sky that fades.

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, Sweep};
use super::random::{Noise, Random};

const SKY: [Colour; 5] =
    [Colour::hex(0x3b5f86), Colour::hex(0xb9c6b8), Colour::hex(0xefe0bd), Colour::hex(0xf1d0a0), Colour::hex(0xe8a483)];
const SUN: Colour = Colour::hex(0xcc4a33);
const INDIGO: Colour = Colour::hex(0x132a4e);
const FOAM: Colour = Colour::hex(0xf6efdc);
/// From the crest down.
const WATER: [Colour; 4] = [Colour::hex(0x9cc4c9), Colour::hex(0x4f8fb0), Colour::hex(0x24588f), Colour::hex(0x193a6c)];

const BANDS: usize = 6;

struct Band {
    base: f32,
    height: f32,
    length: f32,
    phase: f32,
    lean: f32,
    shift: f32,
}

impl Band {
    fn new(index: usize, random: &mut Random) -> Self {
        let near = index as f32 / (BANDS - 1) as f32;
        Self {
            base: 0.47 + 0.55 * near,
            height: 0.07 + 0.17 * near,
            length: 0.22 + 0.4 * near,
            phase: random.unit(),
            lean: 0.7 + 0.5 * near,
            shift: 30.0 * index as f32 + random.unit(),
        }
    }

    /// How near `place` is to a crest: 1 on it, 0 in the trough; less, the more it is rounded.
    fn crest(place: f32, round: f32) -> f32 {
        let sine = (place * std::f32::consts::PI).sin();
        1.0 - (sine * sine + round).sqrt()
    }

    /// How far `p` is below the water's surface, roughly in lengths of the picture; and the place along the wave.
    fn below(&self, p: Point, noise: &Noise) -> (f32, f32) {
        let lift = ((self.base - p.y) / self.height).clamp(0.0, 1.4);
        // Crests run ahead of their troughs and hang over.
        let x = p.x + self.lean * self.height * lift * lift;
        let place = x / self.length + self.phase + 0.25 * noise.at(x * 1.5, self.shift);
        // Deep lines follow the crest in rounder bends.
        let sunk = ((p.y - self.base) / self.height + 1.0).clamp(0.0, 1.4);
        let rise = Self::crest(place, 0.003 + 0.1 * sunk * sunk).max(0.0).powf(1.25);
        let strength = 0.72 + 0.55 * noise.at(place.round() * 3.7, self.shift + 9.0);
        (p.y - self.base + self.height * strength * rise, place)
    }

    fn depth(&self, p: Point, noise: &Noise) -> f32 {
        const STEP: f32 = 0.002;
        let here = self.below(p, noise).0;
        let dx = self.below(p + Point::new(STEP, 0.0), noise).0 - here;
        let dy = self.below(p + Point::new(0.0, STEP), noise).0 - here;
        here / (dx.hypot(dy) / STEP).max(0.8)
    }

    fn colour(&self, p: Point, depth: f32, noise: &Noise, pixel: f32) -> Colour {
        let (_, place) = self.below(p, noise);
        let crest = Self::crest(place, 0.0);
        let scale = self.height / 0.2;
        // Fingers of foam, longest at the crest.
        let fingers = (place * 46.0 + 3.0 * noise.at(p.x * 9.0, p.y * 9.0)).sin().abs();
        let foam = scale * (0.012 + 0.06 * crest * crest * (0.4 + 0.6 * fingers));
        let outline = 0.0048;
        let wander = 0.02 * noise.fractal(p.x * 3.0, p.y * 3.0 + self.shift, 2);
        let pitch = 0.03 * (0.6 + 0.4 * scale);
        let phase = (depth - scale * 0.02 + wander) / pitch;
        let tone = Colour::of_ramp(&WATER, ((phase.floor() + 0.5) * pitch / (0.19 * scale)).clamp(0.0, 1.0));
        let line = edge(0.0028 - (phase - phase.round()).abs() * pitch, pixel);
        let water = tone.under(INDIGO, 0.85 * line);
        let body = water.under(FOAM, edge(foam - depth, pixel));
        let rim = edge(outline * 0.6 - (depth - foam).abs(), pixel).max(edge(outline - depth, pixel));
        body.under(INDIGO, rim)
    }
}

/// Prints waves.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let noise = Noise::new(random);
    let sun = Point::new(random.between(0.58, 0.78), random.between(0.19, 0.25));
    let bands: Vec<Band> = (0..BANDS).map(|i| Band::new(i, random)).collect();
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |p| {
        let sky = Colour::of_ramp(&SKY, p.y / 0.46 + 0.02 * noise.at(p.x * 3.0, p.y * 8.0));
        let sky = sky.under(SUN, edge(0.1 - (p - sun).length(), pixel));
        let depths: Vec<f32> = bands.iter().map(|band| band.depth(p, &noise)).collect();
        // What lies behind a band that covers the whole pixel does not show.
        let first = depths.iter().rposition(|&depth| depth > pixel).unwrap_or(0);
        let seen = bands.iter().zip(&depths).skip(first).filter(|(_, depth)| **depth > -pixel);
        seen.fold(sky, |behind, (band, &depth)| behind.under(band.colour(p, depth, &noise, pixel), edge(depth, pixel)))
    });
    spray(&mut canvas, random, &bands, &noise);
    canvas.grain(&noise, Point::new(60.0, 160.0), 0.07);
    canvas
}

/// Drops of foam above the crests.
fn spray(canvas: &mut Canvas, random: &mut Random, bands: &[Band], noise: &Noise) {
    let mut sweep = Sweep::new((1.0 / canvas.pixel()).round() as usize);
    for p in random.scatter(0.015, 0.0) {
        let radius = random.between(0.002, 0.006);
        let above = |band: &Band| {
            let (_, place) = band.below(p, noise);
            let crest = Band::crest(place, 0.0);
            let depth = band.depth(p, noise);
            band.height > 0.12 && depth < -radius && depth > -0.22 * band.height && crest > 0.72
        };
        let free = |band: &Band| band.depth(p, noise) < -radius;
        let source = bands.iter().rposition(above);
        if source.is_some_and(|source| bands[source..].iter().all(free)) {
            let touches = sweep.along(&[p, p + Point::new(0.001, 0.0)], radius + 0.004);
            canvas.line(&touches, radius + 0.003, INDIGO);
            canvas.line(&touches, radius, FOAM);
        }
    }
}
