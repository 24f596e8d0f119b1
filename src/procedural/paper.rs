//! Draws cut paper: weeds and blooms with round lobes, cut from painted sheets and laid on other sheets.

use std::f32::consts::{FRAC_PI_2, TAU};

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

/// The colours of the sheets and of the shapes on them.
const PAIRS: [(Colour, Colour); 9] = [
    (Colour::hex(0xf5ead6), Colour::hex(0x1f4fa8)),
    (Colour::hex(0xf0aaa6), Colour::hex(0xb01f36)),
    (Colour::hex(0xf4b92f), Colour::hex(0x14605a)),
    (Colour::hex(0x24222c), Colour::hex(0xf7efdf)),
    (Colour::hex(0x2f9e94), Colour::hex(0xfbd3c0)),
    (Colour::hex(0xe8583c), Colour::hex(0xfce7b8)),
    (Colour::hex(0xa9d0b6), Colour::hex(0x7b2a5e)),
    (Colour::hex(0x3a49a6), Colour::hex(0xf6c13c)),
    (Colour::hex(0xf7d9cf), Colour::hex(0xe4572e)),
];
const ROWS: usize = 3;
/// The offset of the shadow of a shape.
const SHADOW: Point = Point::new(-0.005, -0.007);

/// A line with round ends: from, to, radius.
type Lobe = (Point, Point, f32);

struct Sheet {
    low: Point,
    high: Point,
    ground: Colour,
    colour: Colour,
    lobes: Vec<Lobe>,
}

impl Sheet {
    /// Returns the signed distance into the shape. Lobes are joined smoothly where they meet.
    fn shape(&self, p: Point) -> f32 {
        const MELT: f32 = 0.012;
        let outside = self.lobes.iter().fold(1.0_f32, |joined, &(from, to, radius)| {
            let (step, here) = (to - from, p - from);
            let t = (here.dot(step) / step.dot(step).max(1e-9)).clamp(0.0, 1.0);
            let distance = (here - step * t).length() - radius;
            let near = (MELT - (joined - distance).abs()).max(0.0);
            joined.min(distance) - near * near / (4.0 * MELT)
        });
        -outside
    }
}

/// Returns a stem with lobes on both sides, from one end of a sheet to the other.
fn weed(random: &mut Random, middle: Point, size: f32) -> Vec<Lobe> {
    const JOINTS: usize = 4;
    let mut heading = random.between(-0.5, 0.5) - FRAC_PI_2;
    let bend = random.between(-0.14, 0.14);
    let mut at = middle - Point::turned(heading + bend * 2.0) * (size * 0.44);
    let mut lobes = Vec::new();
    for joint in 0..JOINTS {
        let next = at + Point::turned(heading) * (size * 0.185);
        lobes.push((at, next, size * 0.04));
        let t = (joint as f32 + 0.5) / JOINTS as f32;
        let reach = size * (0.15 + 0.17 * (t * 2.8).sin());
        for side in [-1.0, 1.0] {
            let out = heading + side * random.between(1.0, 1.25);
            let knee = next + Point::turned(out) * (reach * 0.6);
            let tip = knee + Point::turned(out - side * random.between(0.35, 0.7)) * (reach * 0.6);
            lobes.push((next, knee, size * 0.034));
            lobes.push((knee, tip, size * 0.042));
        }
        heading += bend;
        at = next;
    }
    let tip = at + Point::turned(heading) * (size * 0.12);
    lobes.push((at, tip, size * 0.044));
    lobes
}

/// Returns lobes around a middle.
fn bloom(random: &mut Random, middle: Point, size: f32) -> Vec<Lobe> {
    let petals = 6 + random.below(4);
    let turn = random.unit();
    let petal = |i: usize| {
        let way = Point::turned((i as f32 + turn) / petals as f32 * TAU);
        let reach = size * random.between(0.3, 0.4);
        (middle + way * (size * 0.05), middle + way * reach, size * random.between(0.045, 0.07))
    };
    (0..petals).map(petal).collect()
}

/// Returns three columns of sheets, each divided at its own heights.
fn sheets(random: &mut Random) -> Vec<Sheet> {
    let mut pairs = PAIRS;
    random.shuffle(&mut pairs);
    let cuts = |random: &mut Random| [-0.1, random.between(0.28, 0.38), random.between(0.62, 0.72), 1.1];
    let columns = cuts(random);
    let rows: Vec<[f32; 4]> = (0..ROWS).map(|_| cuts(random)).collect();
    let sheet = |(i, (ground, colour)): (usize, (Colour, Colour))| {
        let (column, row) = (i / ROWS, i % ROWS);
        let low = Point::new(columns[column], rows[column][row]);
        let high = Point::new(columns[column + 1], rows[column][row + 1]);
        let seen = |v: f32| v.clamp(0.0, 1.0);
        let middle = Point::new((seen(low.x) + seen(high.x)) * 0.5, (seen(low.y) + seen(high.y)) * 0.5);
        let size = (seen(high.x) - seen(low.x)).min(seen(high.y) - seen(low.y));
        let lobes = if random.chance(0.3) { bloom(random, middle, size) } else { weed(random, middle, 0.92 * size) };
        Sheet { low, high, ground, colour, lobes }
    };
    pairs.into_iter().enumerate().map(sheet).collect()
}

/// Draws a picture of cut paper.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let sheets = sheets(random);
    let noise = Noise::new(random);
    let pixel = 1.0 / side as f32;
    // Cut edges are slightly irregular.
    let snip = |p: Point| p + Point::new(noise.at(p.x * 11.0, p.y * 11.0), noise.at(p.y * 11.0, p.x * 11.0)) * 0.006;
    let mut canvas = Canvas::new(side, |p| {
        let q = snip(p);
        let inside = |s: &&Sheet| (s.low.x..s.high.x).contains(&q.x) && (s.low.y..s.high.y).contains(&q.y);
        let Some(sheet) = sheets.iter().find(inside) else { return PAIRS[0].0 };
        let border = (q.x - sheet.low.x).min(sheet.high.x - q.x).min(q.y - sheet.low.y).min(sheet.high.y - q.y);
        // The brush strokes of the painted sheets are visible.
        let brushed = |colour: Colour, x: f32, y: f32| colour.times(1.0 + 0.14 * noise.fractal(x * 5.0, y * 38.0, 2));
        let ground = brushed(sheet.ground, p.x, p.y).times(0.82 + 0.18 * smooth(0.0, 0.008, border));
        let shade = smooth(-0.006, 0.006, sheet.shape(q + SHADOW));
        let ground = ground.times(1.0 - 0.4 * shade);
        ground.under(brushed(sheet.colour, p.y + 9.0, p.x), edge(sheet.shape(q), pixel))
    });
    canvas.grain(&noise, Point::new(60.0, 60.0), 0.03);
    canvas
}
