//! Draws a stained-glass window: cells of coloured glass between lead, lit from behind.

use std::f32::consts::{PI, TAU};

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

const LEAD: Colour = Colour::hex(0x262224);
const SUN: [Colour; 3] = [Colour::hex(0xffd34d), Colour::hex(0xffb52e), Colour::hex(0xffe9a0)];
const FLAME: [Colour; 2] = [Colour::hex(0xf98a1e), Colour::hex(0xf2662a)];
const RUBY: [Colour; 3] = [Colour::hex(0xc8102e), Colour::hex(0xe2442a), Colour::hex(0x9c0f3d)];
const WHEAT: [Colour; 4] = [Colour::hex(0xd98a1f), Colour::hex(0xf2b33a), Colour::hex(0xb5651d), Colour::hex(0xe8cf6a)];
const HEART: [Colour; 1] = [Colour::hex(0xfff3c4)];
const AZURE: [Colour; 4] = [Colour::hex(0x3fa7e8), Colour::hex(0x5cb8e6), Colour::hex(0x1f7fd8), Colour::hex(0x2b8fc4)];
const COBALT: [Colour; 4] =
    [Colour::hex(0x1438a6), Colour::hex(0x1f62d0), Colour::hex(0x0e2470), Colour::hex(0x3f9be0)];
const VIOLET: [Colour; 3] = [Colour::hex(0x5b2a9d), Colour::hex(0x7d3fc0), Colour::hex(0x3a1c78)];
const EMERALD: [Colour; 4] =
    [Colour::hex(0x0b7a3e), Colour::hex(0x25a35a), Colour::hex(0x075a45), Colour::hex(0x8cc63e)];

/// Half the width of the lead between two pieces.
const HALF_LEAD: f32 = 0.0042;
/// A ring of petals of the rose window: radius between two petals, extra radius of the tips, number of petals, glass.
struct Wreath(f32, f32, f32, &'static [Colour]);
const ROSE: [Wreath; 4] = [
    Wreath(0.042, 0.0, 1.0, &HEART),
    Wreath(0.075, 0.035, 7.0, &SUN),
    Wreath(0.125, 0.05, 7.0, &FLAME),
    Wreath(0.185, 0.065, 14.0, &RUBY),
];
/// The largest distance between a point and the site of its cell.
const NEAR: f32 = 0.3;
const TILES: usize = 16;

struct Site {
    place: Point,
    piece: f32,
}

/// The properties of one point of the window.
struct Place {
    /// The possible colours of the glass.
    glass: &'static [Colour],
    /// A pseudorandom number of the piece.
    piece: f32,
    /// The distance to the edge of the lead.
    free: f32,
}

/// A rose above hills, in front of a sky of irregular cells.
struct Window {
    noise: Noise,
    sun: Point,
    turn: f32,
    sites: Vec<Site>,
    /// The sites near each of the `TILES` x `TILES` squares.
    tiles: Vec<Vec<usize>>,
}

impl Window {
    fn new(random: &mut Random) -> Self {
        let noise = Noise::new(random);
        let sun = Point::new(random.between(0.4, 0.6), random.between(0.34, 0.42));
        let places = random.scatter(0.078, 0.1);
        let sites: Vec<Site> = places.into_iter().map(|place| Site { place, piece: random.unit() }).collect();
        let middle = |i: usize| (i as f32 + 0.5) / TILES as f32;
        let tile = |i: usize| {
            let centre = Point::new(middle(i % TILES), middle(i / TILES));
            (0..sites.len()).filter(|&s| (sites[s].place - centre).length() < NEAR).collect()
        };
        let tiles = (0..TILES * TILES).map(tile).collect();
        Self { noise, sun, turn: random.unit(), sites, tiles }
    }

    fn at(&self, p: Point) -> Place {
        let hill = |base: f32, shift: f32| p.y - base - 0.13 * self.noise.at(p.x * 1.9 + shift, shift);
        let (near, far) = (hill(0.9, 40.3), hill(0.76, 10.7));
        // The outlines of the large forms have wider lead than the pieces inside.
        let frame = near.abs().min(far.abs()) - 1.4 * HALF_LEAD;
        let outside = if far < 0.0 {
            match self.rose(p - self.sun) {
                Ok(rose) => return Place { free: rose.free.min(frame), ..rose },
                Err(outside) => outside - 1.4 * HALF_LEAD,
            }
        } else {
            f32::INFINITY
        };
        let (site, border) = self.cell(p);
        let glass: &[Colour] = if near > 0.0 {
            &WHEAT
        } else if far > 0.0 {
            &EMERALD
        } else {
            // The sky becomes darker with the distance from the sun; each piece has one colour.
            match (site.place - self.sun).length() + 0.12 * (site.piece - 0.5) {
                d if d < 0.3 => &AZURE,
                d if d < 0.46 => &COBALT,
                _ => &VIOLET,
            }
        };
        let region = f32::from(u8::from(near > 0.0)) + 2.0 * f32::from(u8::from(far > 0.0));
        Place { glass, piece: (site.piece + region * 0.37).fract(), free: frame.min(outside).min(border - HALF_LEAD) }
    }

    /// Returns the properties of the point at `from` relative to the middle of the rose, or outside the rose the
    /// distance to it.
    fn rose(&self, from: Point) -> Result<Place, f32> {
        let (angle, distance) = (from.angle() / TAU, from.length());
        // Returns the distance into a ring and the position among its petals. Every other ring is rotated by half a
        // petal.
        let inside = |i: usize| {
            let Wreath(radius, reach, petals, _) = ROSE[i];
            let turn = angle * petals + self.turn + 0.5 * (i % 2) as f32;
            let (sine, cosine) = (turn * PI).sin_cos();
            let bend = reach * cosine * PI * petals / TAU / distance.max(0.01);
            ((radius + reach * sine.abs() - distance) / bend.hypot(1.0), turn)
        };
        let Some(wreath) = (0..ROSE.len()).find(|&i| inside(i).0 > 0.0) else {
            return Err(-inside(ROSE.len() - 1).0);
        };
        let Wreath(_, _, petals, glass) = ROSE[wreath];
        let (outer, turn) = inside(wreath);
        let inner = if wreath == 0 { f32::INFINITY } else { -inside(wreath - 1).0 };
        let spoke = (turn - turn.round()).abs() / petals * TAU * distance;
        let spoke = if wreath == 0 { f32::INFINITY } else { spoke };
        let piece = (turn.floor().rem_euclid(petals) * 0.618_034 + wreath as f32 * 0.29).fract();
        Ok(Place { glass, piece, free: outer.min(inner).min(spoke) - HALF_LEAD })
    }

    /// Returns the site nearest to `p`, and the distance to the border of its cell (Voronoi).
    fn cell(&self, p: Point) -> (&Site, f32) {
        let tile = |v: f32| ((v * TILES as f32) as usize).min(TILES - 1);
        let candidates = || self.tiles[tile(p.y) * TILES + tile(p.x)].iter().map(|&i| &self.sites[i]);
        let nearest = candidates().min_by(|a, b| (a.place - p).length().total_cmp(&(b.place - p).length()));
        let nearest = nearest.unwrap_or(&self.sites[0]);
        let border = |other: &Site| {
            let between = other.place - nearest.place;
            let middle = (other.place + nearest.place) * 0.5;
            (middle - p).dot(between) / between.length()
        };
        let others = candidates().filter(|other| other.place != nearest.place);
        (nearest, others.map(border).fold(f32::INFINITY, f32::min))
    }
}

/// Draws a window.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let window = Window::new(random);
    let grain = Noise::new(random);
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |_| LEAD);
    for index in 0..side * side {
        let p = Point::new(((index % side) as f32 + 0.5) * pixel, ((index / side) as f32 + 0.5) * pixel);
        let Place { glass, piece, free } = window.at(p);
        let colour = glass[((piece * 7.0).fract() * glass.len() as f32) as usize % glass.len()];
        let streaks = Point::turned(piece * 40.0);
        let (x, y) = (p.dot(streaks) * 22.0 + piece * 90.0, p.dot(streaks.across()) * 5.0);
        let streak = grain.fractal(x, y, 3);
        // A piece is lighter in the middle and darker along the lead.
        let flood = smooth(-0.004, 0.03, free);
        let light = 0.12 * streak + 0.12 * flood - 0.05 + 0.08 * (piece - 0.5);
        let lit = colour.varied(light, 1.0 + 0.15 * flood, 0.3 * ((piece * 31.0).fract() - 0.5));
        let glow = lit.times(0.64 + 0.35 * flood).plus(0.07 * smooth(0.2, 0.5, streak));
        canvas.lay(index, glow, -0.4, edge(free, pixel));
        // The lead has a round profile.
        let bar = (1.0 - (free / HALF_LEAD + 1.0).clamp(0.0, 1.0).powi(2)).sqrt();
        canvas.lay(index, LEAD, bar, edge(-free, pixel));
    }
    canvas.light(0.008, 0.3);
    canvas
}
