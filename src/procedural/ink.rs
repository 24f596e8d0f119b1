//! Draws an ink painting: mountains that fade into mist, a moon of bare paper, pines, and a red seal.

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, Sweep, smooth};
use super::random::{Noise, Random};

const PAPER: Colour = Colour::hex(0xf3ecdc);
const INK: Colour = Colour::hex(0x171d26);
const SEAL: Colour = Colour::hex(0xb92f22);
const RIDGES: usize = 6;
/// Boughs of a pine.
const BOUGHS: usize = 6;
/// The first ridge with pines; the ridges before it are too distant.
const WOODED: usize = 3;

struct Ridge {
    base: f32,
    height: f32,
    peak: f32,
    shift: f32,
    /// The ink density of the ridge, 0 to 1.
    strength: f32,
    /// The length over which the wash fades downwards.
    run: f32,
}

struct Scroll {
    noise: Noise,
    moon: Point,
    ridges: Vec<Ridge>,
}

impl Scroll {
    fn new(random: &mut Random) -> Self {
        let noise = Noise::new(random);
        let left = random.chance(0.5);
        let place = |x: f32| if left { x } else { 1.0 - x };
        let moon = Point::new(place(random.between(0.7, 0.8)), random.between(0.17, 0.23));
        let ridges = (0..RIDGES).map(|i| {
            let near = i as f32 / (RIDGES - 1) as f32;
            Ridge {
                base: 0.5 + 0.52 * near,
                height: 0.34 - 0.17 * near,
                // Peaks alternate between left and right, so that a valley winds between them.
                peak: place(if i % 2 == 0 { 0.3 } else { 0.72 } + random.between(-0.12, 0.12)),
                shift: random.between(0.0, 90.0),
                strength: 0.34 + 0.66 * near.powf(0.8),
                run: 0.13 + 0.05 * near,
            }
        });
        Self { noise, moon, ridges: ridges.collect() }
    }

    /// Returns the height in the picture at which `ridge` begins.
    fn crest(&self, ridge: &Ridge, x: f32) -> f32 {
        let mass = (-((x - ridge.peak) / 0.24).powi(2)).exp();
        let rocks = self.noise.fractal(x * 3.2 + ridge.shift, ridge.shift, 5);
        ridge.base - ridge.height * (0.75 * mass + 0.55 * rocks * (0.35 + mass))
    }

    /// Returns the ink density at `p`, 0 to 1.
    fn wash(&self, p: Point, pixel: f32) -> f32 {
        let clouds = self.noise.fractal(p.x * 2.0, p.y * 3.5 + 70.0, 4);
        let moon = edge((p - self.moon).length() - 0.085, pixel);
        let sky = (0.2 + 0.3 * clouds - 0.3 * p.y).max(0.03) * moon;
        // Wet edges are irregular.
        let creep = 0.004 * self.noise.fractal(p.x * 45.0, p.y * 45.0, 2);
        self.ridges.iter().fold(sky, |behind, ridge| {
            let depth = p.y - self.crest(ridge, p.x) + creep;
            let cover = edge(depth, pixel.max(0.002));
            if cover == 0.0 {
                return behind;
            }
            // Texture strokes run down from the crest, with more ink.
            let fall = p.x * 17.0 + depth * 9.0 * ((p.x - ridge.peak) / 0.1).clamp(-1.0, 1.0) + ridge.shift;
            let rock = self.noise.fractal(fall, p.y * 6.0, 3);
            let strokes = smooth(0.0, 0.09, rock) * smooth(1.9 * ridge.run, 0.0, depth);
            let pool = smooth(0.012, 0.0, depth);
            let fading = (-(depth / ridge.run).powi(2)).exp();
            let blot = 0.75 + 0.7 * self.noise.fractal(p.x * 5.0 + ridge.shift, p.y * 7.0, 3);
            let ink = ridge.strength * (fading * 0.5 * blot + 0.62 * strokes + 0.35 * pool);
            // Mist is bare paper, and covers the ridges behind it.
            behind + (ink.clamp(0.0, 1.0) - behind) * cover
        })
    }
}

/// Draws an ink painting.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let scroll = Scroll::new(random);
    let fibres = Noise::new(random);
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |p| {
        // Ink is denser in the hollows of the paper.
        let hollow = 1.0 + 0.25 * fibres.fractal(p.x * 60.0, p.y * 60.0, 2);
        PAPER.mixed(INK, (scroll.wash(p, pixel) * hollow).clamp(0.0, 1.0))
    });
    let mut sweep = Sweep::new(side);
    for ridge in &scroll.ridges[WOODED..] {
        let mut x = random.between(0.0, 0.03);
        while x < 1.0 {
            // Pines stand in groups.
            if scroll.noise.at(x * 5.0 + ridge.shift, 2.5) > -0.05 {
                let foot = Point::new(x, scroll.crest(ridge, x) + 0.012);
                pine(&mut canvas, &mut sweep, random, foot, 0.03 + 0.055 * ridge.strength.powi(2), ridge.strength);
            }
            x += random.between(0.014, 0.04);
        }
    }
    seal(&mut canvas, &mut sweep, scroll.moon, &fibres);
    canvas.grain(&fibres, Point::new(40.0, 40.0), 0.035);
    canvas
}

/// Draws a trunk, and boughs that become shorter towards the top.
fn pine(canvas: &mut Canvas, sweep: &mut Sweep, random: &mut Random, foot: Point, height: f32, strength: f32) {
    let height = height * random.between(0.6, 1.25);
    let tip = foot + Point::new(random.between(-0.15, 0.15) * height, -height);
    let mut stroke = |from: Point, to: Point, half_width: f32| {
        let length = (to - from).length();
        for touch in sweep.along(&[from, to], half_width + canvas.pixel()) {
            // Boughs are thicker in the middle and pointed at the ends.
            let swell = (1.0 - (2.0 * touch.along / length - 1.0).powi(2)).max(0.12).sqrt();
            let cover = edge(half_width * swell - touch.across.abs(), canvas.pixel());
            canvas.lay(touch.index, INK, 0.0, cover * (0.25 + 0.75 * strength));
        }
    };
    stroke(foot, tip, height * 0.035);
    for i in 0..BOUGHS {
        let up = 0.25 + 0.75 * i as f32 / BOUGHS as f32;
        let middle = foot + (tip - foot) * up;
        let reach = height * 0.36 * (1.1 - up);
        let (left, right) = (reach * random.between(0.6, 1.2), reach * random.between(0.6, 1.2));
        let drop = random.between(0.0, 0.25) * reach;
        stroke(
            middle + Point::new(-left, drop),
            middle + Point::new(right, drop),
            height * 0.06 * random.between(0.6, 1.2),
        );
    }
}

/// Draws a worn seal on the side opposite to the moon.
fn seal(canvas: &mut Canvas, sweep: &mut Sweep, moon: Point, wear: &Noise) {
    const HALF: f32 = 0.027;
    let centre = Point::new(if moon.x > 0.5 { 0.075 } else { 0.925 }, 0.1);
    let down = Point::new(0.0, HALF);
    for touch in sweep.along(&[centre - down, centre + down], HALF) {
        let (u, v) = (touch.across / HALF, touch.along / HALF - 1.0);
        let worn = smooth(-0.3, -0.1, wear.fractal(u * 2.5, v * 2.5, 2));
        // Two invented characters: bars crossed by a bar.
        let bars = smooth(0.1, 0.04, (u.abs() - 0.4).abs()).max(smooth(0.1, 0.04, (v.abs() - 0.45).abs()));
        let carved = bars * smooth(0.85, 0.75, u.abs().max(v.abs()));
        canvas.lay(touch.index, SEAL, 0.0, 0.95 * worn * (1.0 - carved));
    }
}
