//! A stained-glass window: cells of coloured glass between lead, lit from behind.

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

const LEAD: Colour = Colour::hex(0x14120f);
const SUN: [Colour; 3] = [Colour::hex(0xffd34d), Colour::hex(0xffb52e), Colour::hex(0xffe9a0)];
const RUBY: [Colour; 3] = [Colour::hex(0xc8102e), Colour::hex(0xe2442a), Colour::hex(0x9c0f3d)];
const COBALT: [Colour; 4] =
    [Colour::hex(0x1438a6), Colour::hex(0x1f62d0), Colour::hex(0x0e2470), Colour::hex(0x3f9be0)];
const VIOLET: [Colour; 3] = [Colour::hex(0x5b2a9d), Colour::hex(0x7d3fc0), Colour::hex(0x3a1c78)];
const EMERALD: [Colour; 4] =
    [Colour::hex(0x0b7a3e), Colour::hex(0x25a35a), Colour::hex(0x075a45), Colour::hex(0x8cc63e)];

/// Half the width of the lead.
const HALF_LEAD: f32 = 0.0062;
const RAYS: f32 = 14.0;

struct Site {
    place: Point,
    /// What this piece of glass is like: tint, direction of its streaks.
    tint: f32,
    streaks: Point,
}

/// The design: which glass is meant where, and the leads between the regions.
struct Window {
    noise: Noise,
    sun: Point,
    radius: f32,
    hills: f32,
}

impl Window {
    /// The region of `p` with its glass, and the distance to the next region's lead.
    fn region(&self, p: Point) -> (usize, &'static [Colour], f32) {
        let from = p - self.sun;
        let distance = from.length();
        let hill = |base: f32, shift: f32| p.y - base - 0.13 * self.noise.at(p.x * 1.9 + shift, shift);
        let (near, far) = (hill(0.9, 40.3), hill(0.74, 10.7));
        let horizon = near.abs().min(far.abs());
        if near > 0.0 {
            return (1, &COBALT, horizon);
        }
        if far > 0.0 {
            return (2, &EMERALD, horizon);
        }
        let ring = |radius: f32| (distance - radius).abs();
        let inner = ring(self.radius).min(ring(self.radius * 1.75)).min(horizon);
        if distance < self.radius {
            return (3, &SUN, inner);
        }
        if distance < self.radius * 1.75 {
            return (4, &RUBY, inner);
        }
        let turn = from.angle() / std::f32::consts::TAU * RAYS + self.hills;
        let ray = turn.floor();
        let border = (turn - turn.round()).abs() / RAYS * std::f32::consts::TAU * distance;
        let even = (ray as i64).rem_euclid(2) == 0;
        let glass: &[Colour] = if even { &COBALT } else { &VIOLET };
        (5 + (ray as i64).rem_euclid(RAYS as i64) as usize, glass, border.min(inner))
    }
}

/// Paints a window.
pub fn paint(side: usize, random: &mut Random) -> Canvas {
    let window = Window {
        noise: Noise::new(random),
        sun: Point::new(random.between(0.4, 0.6), random.between(0.34, 0.42)),
        radius: 0.125,
        hills: random.unit(),
    };
    let grain = Noise::new(random);
    let sites = sites(random);
    let pixel = 1.0 / side as f32;
    let mut canvas = Canvas::new(side, |_| LEAD);
    for index in 0..side * side {
        let p = Point::new(((index % side) as f32 + 0.5) * pixel, ((index / side) as f32 + 0.5) * pixel);
        let (site, border) = cell(&sites, p);
        let (region, glasses, frame) = window.region(p);
        let pick = ((site.tint * 97.0 + region as f32 * 0.37).fract() * glasses.len() as f32) as usize;
        let glass = glasses[pick.min(glasses.len() - 1)];
        // Regions have stronger leads than the pieces inside them.
        let lead = (border - HALF_LEAD).min(frame - HALF_LEAD * 1.35);
        let streak =
            grain.fractal(p.dot(site.streaks) * 26.0 + site.tint * 90.0, p.dot(site.streaks.across()) * 5.0, 3);
        // Light floods the middle of a piece; dirt gathers along the lead.
        let flood = smooth(0.0, 0.035, lead);
        let light = 0.13 * streak + 0.1 * flood - 0.06 + 0.12 * (site.tint - 0.5);
        let lit = glass.varied(light, 1.0 + 0.15 * flood, 0.35 * (site.tint * 31.0).fract() - 0.17);
        let glow = lit.times(0.62 + 0.38 * flood).plus(0.06 * smooth(0.25, 0.5, streak));
        canvas.lay(index, glow, -0.4, edge(lead, pixel));
        // Lead is a round bar.
        let bar = (1.0 - (lead / HALF_LEAD + 1.0).clamp(0.0, 1.0).powi(2)).sqrt();
        canvas.lay(index, LEAD.plus(0.1), bar, edge(-lead, pixel));
    }
    canvas.light(0.008, 0.35);
    canvas
}

fn sites(random: &mut Random) -> Vec<Site> {
    let places = random.scatter(0.082, 0.1);
    let site = |place| Site { place, tint: random.unit(), streaks: Point::turned(random.between(0.0, 3.14)) };
    places.into_iter().map(site).collect()
}

/// The site nearest to `p`, and the distance to the border of its cell.
fn cell(sites: &[Site], p: Point) -> (&Site, f32) {
    let nearest = sites.iter().min_by(|a, b| (a.place - p).length().total_cmp(&(b.place - p).length()));
    let nearest = nearest.unwrap_or(&sites[0]);
    let mut border = f32::INFINITY;
    for other in sites {
        let between = other.place - nearest.place;
        let length = between.length();
        if length > 0.0 && length < 0.4 {
            let middle = (other.place + nearest.place) * 0.5;
            border = border.min((middle - p).dot(between) / length);
        }
    }
    (nearest, border)
}
