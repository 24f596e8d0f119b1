//! Draws a woodcut with two blocks: black lines that follow the forms, and a red block below them.

use std::f32::consts::TAU;

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

const PAPER: Colour = Colour::hex(0xf1e4c6);
const INK: Colour = Colour::hex(0x17151a);
const RED: Colour = Colour::hex(0xcf3f24);

/// The distance between cuts.
const PITCH: f32 = 0.0222;
/// The first ring around the sun that is drawn, counted from its middle.
const FIRST_RING: f32 = 14.0;
const RIDGES: usize = 5;

struct Ridge {
    base: f32,
    height: f32,
    /// The number of peaks per width of the picture.
    rate: f32,
    shift: f32,
    red: bool,
    /// The direction perpendicular to the cuts.
    hatch: Point,
}

/// The depicted scene: a sun over mountains.
struct Block {
    noise: Noise,
    sun: Point,
    radius: f32,
    ridges: Vec<Ridge>,
}

impl Block {
    fn new(random: &mut Random) -> Self {
        let noise = Noise::new(random);
        let sun = Point::new(random.between(0.3, 0.7), random.between(0.25, 0.33));
        let ridge = |i: usize| {
            let near = i as f32 / (RIDGES - 1) as f32;
            Ridge {
                base: 0.52 + 0.44 * near,
                height: 0.3 - 0.1 * near,
                rate: random.between(1.7, 2.6),
                shift: random.between(0.0, 90.0),
                red: i % 2 == 1,
                hatch: Point::turned(if i.is_multiple_of(4) { 0.55 } else { -0.6 } + random.between(-0.15, 0.15)),
            }
        };
        Self { noise, sun, radius: 0.135, ridges: (0..RIDGES).map(ridge).collect() }
    }

    /// Returns the height in the picture of the crest of `ridge`.
    fn crest(&self, ridge: &Ridge, x: f32) -> f32 {
        let place = x * ridge.rate + ridge.shift;
        let peaks = 1.0 - 2.0 * self.noise.fractal(place, ridge.shift, 3).abs();
        ridge.base - ridge.height * (peaks - 0.45)
    }

    /// Returns the distance of `p` below the crest of `ridge`, and the slope of the crest there.
    fn below(&self, ridge: &Ridge, p: Point) -> (f32, f32) {
        // The step is wide, so that cuts and shadows follow the form and not each crag.
        const STEP: f32 = 0.06;
        let slope = (self.crest(ridge, p.x + STEP) - self.crest(ridge, p.x - STEP)) / (2.0 * STEP);
        ((p.y - self.crest(ridge, p.x)) / slope.hypot(1.0), slope)
    }

    /// Returns the colour at `p`, paper, red or ink, with smooth edges.
    fn print(&self, p: Point, pixel: f32) -> Colour {
        let depths: Vec<f32> = self.ridges.iter().map(|ridge| self.below(ridge, p).0).collect();
        // Layers behind a ridge that covers the whole pixel are invisible.
        let first = depths.iter().rposition(|&depth| depth > pixel);
        let behind = if first.is_none() { self.sky(p, pixel) } else { INK };
        let seen = (first.unwrap_or(0)..RIDGES).filter(|&i| depths[i] > -pixel);
        seen.fold(behind, |behind, i| behind.under(self.mountain(i, p, pixel), edge(depths[i], pixel)))
    }

    fn sky(&self, p: Point, pixel: f32) -> Colour {
        let from = p - self.sun;
        let distance = from.length();
        let sun = edge(self.radius - distance, pixel);
        let waver = 0.012 * self.noise.fractal(p.x * 5.0, p.y * 5.0, 2);
        // Rings of ink around the sun, thicker with the distance.
        let dark = 0.12 + 0.62 * smooth(0.2, 0.75, distance) + 0.2 * self.noise.fractal(p.x * 3.0, p.y * 3.0 + 50.0, 2);
        let ring = (distance + waver) / PITCH;
        let rings = cut(ring, dark, pixel / PITCH);
        let turns = 44.0 / TAU;
        // The halo around the sun is bare paper with pointed rays.
        let rays = cut(from.angle() * turns, 0.5 * smooth(0.29, 0.2, distance), pixel * turns / distance.max(0.05));
        let gap = edge(distance - self.radius - 0.016, pixel);
        let ink = if ring.round() < FIRST_RING { rays * gap } else { rings };
        PAPER.under(RED, sun).under(INK, ink * (1.0 - sun))
    }

    fn mountain(&self, index: usize, p: Point, pixel: f32) -> Colour {
        let ridge = &self.ridges[index];
        let crest = self.crest(ridge, p.x);
        let (depth, slope) = self.below(ridge, p);
        // Slopes that face away from the sun lie in shadow.
        let away = slope * ((p.x - self.sun.x) / 0.12).clamp(-1.0, 1.0);
        let folds = self.noise.fractal(p.x * 7.0 + ridge.shift, (p.y - crest) * 4.0, 2);
        let near = index as f32 / (RIDGES - 1) as f32;
        let shadow = 0.95 * smooth(-0.5, 0.9, away) + 0.9 * folds + 0.2 * near - 0.25 * smooth(0.03, 0.25, p.y - crest);
        // Light slopes are bare and dark slopes black; only those between have cuts.
        let dark = (0.18 + shadow).clamp(0.0, 1.1);
        // Cuts run alternately slanted over the mountain, or along its crest.
        let lines = if index.is_multiple_of(2) {
            let sway = |p: Point| self.noise.at(p.x * 4.0 + ridge.shift, p.y * 4.0);
            let slant = |p: Point| (p.dot(ridge.hatch) + 0.035 * sway(p)) / PITCH;
            cut_along(slant, p, dark, pixel)
        } else {
            let layers = |p: Point| {
                let depth = p.y - self.crest(ridge, p.x);
                (depth * 0.75 + 0.03 * self.noise.at(p.x * 6.0, p.y * 3.0 + ridge.shift)) / PITCH
            };
            cut_along(layers, p, dark, pixel)
        };
        let outline = edge(0.0065 - depth, pixel);
        let rim = edge(depth - 0.0125, pixel);
        let ground = if ridge.red { RED } else { PAPER };
        ground.under(INK, (lines * rim).max(outline))
    }
}

/// Returns the ink of a row of cuts: `phase` counts cuts, `dark` is the fraction of each that remains, `pixel` is the
/// width of a pixel in phases.
fn cut(phase: f32, dark: f32, pixel: f32) -> f32 {
    let from_middle = (phase - phase.round()).abs();
    edge(dark * 0.5 - from_middle, pixel)
}

/// Returns the ink of a row of cuts whose phase varies across the picture at a varying rate.
fn cut_along(phase: impl Fn(Point) -> f32, p: Point, dark: f32, pixel: f32) -> f32 {
    const STEP: f32 = 1e-3;
    let here = phase(p);
    let slope = (phase(p + Point::new(STEP, 0.0)) - here).hypot(phase(p + Point::new(0.0, STEP)) - here) / STEP;
    cut(here, dark, pixel * slope.max(1.0))
}

/// Draws a woodcut.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let block = Block::new(random);
    let wood = Noise::new(random);
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |p| {
        let print = block.print(p, pixel);
        // The grain of the wood is visible in the ink.
        let grain = wood.fractal(p.x * 11.0, p.y * 100.0, 2);
        print.under(PAPER, 0.9 * smooth(0.47, 0.53, grain))
    });
    canvas.grain(&wood, Point::new(40.0, 40.0), 0.03);
    canvas
}
