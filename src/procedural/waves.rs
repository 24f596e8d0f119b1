//! Draws rolling waves in the manner of Japanese colour prints: flat blues, foam, dark contours, a sky with a gradient.

use std::f32::consts::PI;

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

const SKY: [Colour; 5] =
    [Colour::hex(0x3b5f86), Colour::hex(0xb9c6b8), Colour::hex(0xefe0bd), Colour::hex(0xf1d0a0), Colour::hex(0xe8a483)];
const SUN: Colour = Colour::hex(0xcc4a33);
const INDIGO: Colour = Colour::hex(0x132a4e);
const FOAM: Colour = Colour::hex(0xf6efdc);
const MIST: Colour = Colour::hex(0xf5ead0);
/// The colours of the water from the crest down.
const WATER: [Colour; 4] = [Colour::hex(0x9cc4c9), Colour::hex(0x4f8fb0), Colour::hex(0x24588f), Colour::hex(0x193a6c)];

const BANDS: usize = 6;
const MIST_BARS: usize = 5;

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

    /// Returns the closeness of `place` to a crest: 0 in the trough, 1 on the crest, or less if `round` is above 0.
    fn crest(place: f32, round: f32) -> f32 {
        let sine = (place * PI).sin();
        (1.0 + round).sqrt() - (sine * sine + round).sqrt()
    }

    /// Returns the depth of `p` below the water's surface, roughly in units of the picture, and the position along the
    /// wave.
    fn below(&self, p: Point, noise: &Noise) -> (f32, f32) {
        let lift = ((self.base - p.y) / self.height).clamp(0.0, 1.4);
        // Crests lean forward and overhang.
        let x = p.x + self.lean * self.height * lift * lift;
        let place = x / self.length + self.phase + 0.25 * noise.at(x * 1.5, self.shift);
        // Deep lines follow the crest with rounder bends.
        let sunk = (p.y - self.base) / self.height + 1.0;
        let rise = Self::crest(place, 0.003 + 0.2 * smooth(0.0, 2.0, sunk)).powf(1.25);
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

/// A bar of mist with round ends, as in woodblock prints.
struct Bar {
    from: Point,
    length: f32,
}

impl Bar {
    const HALF_HEIGHT: f32 = 0.0125;

    /// Creates a bar that touches the one above it, so that all bars form one bank of mist.
    fn new(index: usize, random: &mut Random) -> Self {
        let y = 0.27 + 1.9 * Self::HALF_HEIGHT * index as f32;
        let x = if index.is_multiple_of(2) { random.between(-0.1, 0.3) } else { random.between(0.25, 0.7) };
        Self { from: Point::new(x, y), length: random.between(0.2, 0.45) }
    }

    fn inside(&self, p: Point) -> f32 {
        let nearest = Point::new(p.x.clamp(self.from.x, self.from.x + self.length), self.from.y);
        Self::HALF_HEIGHT - (p - nearest).length()
    }
}

/// Draws waves.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let noise = Noise::new(random);
    let sun = Point::new(random.between(0.58, 0.78), random.between(0.19, 0.25));
    let mist: Vec<Bar> = (0..MIST_BARS).map(|i| Bar::new(i, random)).collect();
    let bands: Vec<Band> = (0..BANDS).map(|i| Band::new(i, random)).collect();
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |p| {
        let sky = Colour::of_ramp(&SKY, p.y / 0.46 + 0.02 * noise.at(p.x * 3.0, p.y * 8.0));
        let sky = sky.under(SUN, edge(0.1 - (p - sun).length(), pixel));
        let inside = mist.iter().map(|bar| bar.inside(p)).fold(f32::NEG_INFINITY, f32::max);
        let sky = sky.under(MIST, 0.92 * edge(inside, pixel));
        let depths: Vec<f32> = bands.iter().map(|band| band.depth(p, &noise)).collect();
        // Layers behind a band that covers the whole pixel are invisible.
        let first = depths.iter().rposition(|&depth| depth > pixel).unwrap_or(0);
        let seen = bands.iter().zip(&depths).skip(first).filter(|(_, depth)| **depth > -pixel);
        seen.fold(sky, |behind, (band, &depth)| behind.under(band.colour(p, depth, &noise, pixel), edge(depth, pixel)))
    });
    canvas.grain(&noise, Point::new(60.0, 160.0), 0.07);
    canvas
}
