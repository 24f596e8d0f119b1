//! Draws scenes like those of a camera, as training content where there are few photos: landscapes with haze, objects
//! on a table, fronts of houses. They are simpler than photos, but have smooth skies, edges and textures.

use super::canvas::{Canvas, edge};
use super::colour::Colour;
use super::geometry::{Point, smooth};
use super::random::{Noise, Random};

/// The colours of skies from the zenith to the horizon: noon, evening, overcast, morning.
const SKIES: [[Colour; 3]; 4] = [
    [Colour::hex(0x2f6fb5), Colour::hex(0x7fb2dd), Colour::hex(0xdbe8ee)],
    [Colour::hex(0x2b3a67), Colour::hex(0xb0607a), Colour::hex(0xf4b26a)],
    [Colour::hex(0x8f9aa3), Colour::hex(0xb4bcc1), Colour::hex(0xd9dcdb)],
    [Colour::hex(0x6f9ac4), Colour::hex(0xc9cfe0), Colour::hex(0xf6dccb)],
];
/// The colours of the ground from far to near: woods, rock, meadows, sand.
const GROUNDS: [[Colour; 2]; 4] = [
    [Colour::hex(0x3f6b52), Colour::hex(0x1d3a1f)],
    [Colour::hex(0x7b746c), Colour::hex(0x3b3430)],
    [Colour::hex(0x86a057), Colour::hex(0x4a6a24)],
    [Colour::hex(0xcdb48a), Colour::hex(0x8d6d45)],
];
/// The colours of objects and walls.
const THINGS: [Colour; 8] = [
    Colour::hex(0xc2412d),
    Colour::hex(0xe0a63a),
    Colour::hex(0x3c7a4e),
    Colour::hex(0x2f5d9b),
    Colour::hex(0xf0e6d2),
    Colour::hex(0x6d4a7c),
    Colour::hex(0x8a5a3b),
    Colour::hex(0x4a4f57),
];

/// Draws one of the scenes.
pub(super) fn paint(side: usize, random: &mut Random) -> Canvas {
    let mut canvas = match random.below(3) {
        0 => landscape(side, random),
        1 => table(side, random),
        _ => street(side, random),
    };
    let grain = Noise::new(random);
    canvas.grain(&grain, Point::new(side as f32 * 0.7, side as f32 * 0.7), 0.04);
    canvas
}

fn any<T: Copy>(of: &[T], random: &mut Random) -> T {
    of[random.below(of.len())]
}

/// A sky with clouds and a sun. The base colour depends only on the height.
struct Sky {
    colours: [Colour; 3],
    clouds: Noise,
    cover: f32,
    sun: Point,
}

impl Sky {
    fn new(random: &mut Random) -> Self {
        Self {
            colours: any(&SKIES, random),
            clouds: Noise::new(random),
            cover: random.between(-0.2, 0.25),
            sun: Point::new(random.between(0.1, 0.9), random.between(0.05, 0.4)),
        }
    }

    fn at(&self, p: Point, horizon: f32) -> Colour {
        let blue = Colour::of_ramp(&self.colours, p.y / horizon);
        // Clouds become flatter towards the horizon.
        let depth = 1.0 / (horizon * 1.15 - p.y).max(0.05);
        let cloud = self.clouds.fractal(p.x * 1.2 * depth, depth * 2.0, 5);
        let lit = blue.under(Colour::hex(0xfbf6ee), smooth(0.0, 0.45, cloud + self.cover) * 0.85);
        let glow = (-(p - self.sun).length() * 7.0).exp();
        lit.under(Colour::hex(0xfff2cf), glow)
    }
}

fn landscape(side: usize, random: &mut Random) -> Canvas {
    const RIDGES: usize = 5;
    let sky = Sky::new(random);
    let horizon = random.between(0.35, 0.6);
    let water = random.chance(0.4);
    let noise = Noise::new(random);
    let ridges: Vec<(f32, f32, f32, [Colour; 2])> = (0..RIDGES)
        .map(|i| {
            let near = i as f32 / (RIDGES - 1) as f32;
            let base = horizon + (1.02 - horizon) * near.powf(1.6) * if water { 0.45 } else { 1.0 };
            (base, random.between(0.05, 0.22) * (1.1 - near), random.between(1.2, 3.5), any(&GROUNDS, random))
        })
        .collect();
    let haze = sky.colours[2];
    let shore = ridges[RIDGES - 1].0;
    let land = move |p: Point| {
        let mut colour = sky.at(p, horizon);
        for (i, (base, height, rough, ground)) in ridges.iter().enumerate() {
            let line = base - height * (0.5 + noise.fractal(p.x * rough + 31.0 * i as f32, i as f32, 5));
            let below = p.y - line;
            if below > 0.0 {
                let near = (i + 1) as f32 / RIDGES as f32;
                let scale = 24.0 * (1.3 - near);
                let texture = noise.fractal(p.x * scale, p.y * scale * 2.0, 5);
                let slope = noise.at(p.x * rough * 4.0 + 5.0, line * 9.0);
                let lit = ground[0].mixed(ground[1], (0.5 + texture * 0.7 + slope * 0.4 + below).clamp(0.0, 1.0));
                let seen = haze.mixed(lit, 0.25 + 0.75 * near);
                colour = colour.under(seen, smooth(0.0, 0.004, below));
            }
        }
        colour
    };
    Canvas::new(side, move |p| {
        if !water || p.y < shore {
            return land(p);
        }
        // The reflection of the land above the shore, distorted by ripples that grow towards the viewer.
        let down = p.y - shore;
        let ripple = (p.y * 90.0 / (0.3 + down * 4.0) + 3.0 * (p.x * 7.0).sin()).sin() * 0.02 * (0.2 + down * 2.0);
        let mirrored = land(Point::new(p.x + ripple, (shore - down * 0.9 + ripple).max(0.0)));
        mirrored.mixed(Colour::hex(0x1e3d55), 0.3 + 0.3 * down)
    })
}

/// Draws balls and boxes on a table in front of a wall, lit from one side.
fn table(side: usize, random: &mut Random) -> Canvas {
    let (wall, wood) = (any(&THINGS, random).varied(0.15, 0.4, 0.0), any(&GROUNDS, random)[1].varied(0.15, 0.7, 0.4));
    let level = random.between(0.5, 0.68);
    let light = Point::new(random.between(-1.0, 1.0), -random.between(0.5, 1.0));
    let noise = Noise::new(random);
    let mut things: Vec<(Point, f32, Colour, bool)> = (0..3 + random.below(4))
        .map(|_| {
            let radius = random.between(0.06, 0.17);
            let place = Point::new(random.between(0.08, 0.92), random.between(level, 0.92) - radius * 0.8);
            (place, radius, any(&THINGS, random), random.chance(0.35))
        })
        .collect();
    things.sort_by(|a, b| (a.0.y + a.1).total_cmp(&(b.0.y + b.1)));
    let pixel = 1.0 / side as f32;
    Canvas::new(side, move |p| {
        let back = wall.times(0.75 + 0.35 * (1.0 - (p - Point::new(0.5 + light.x * 0.4, 0.2)).length()));
        let grain = noise.fractal(p.x * 3.0, p.y * 60.0, 3);
        let board = wood.varied(grain * 0.12 + (p.y - level) * 0.2, 1.0, 0.0);
        let mut colour = back.under(board, edge(p.y - level, pixel));
        for (place, radius, paint, round) in &things {
            let foot = Point::new(place.x - light.x * radius * 0.7, place.y + radius * 0.9);
            let off = p - foot;
            let shadow = 1.0 - Point::new(off.x / (radius * 1.5), off.y / (radius * 0.45)).length();
            colour = colour.times(1.0 - 0.55 * smooth(0.0, 0.6, shadow));
            let d = (p - *place) * (1.0 / radius);
            if *round {
                let z = (1.0 - d.dot(d)).max(0.0).sqrt();
                let lit = (d.x * light.x + d.y * light.y + z * 0.8).max(0.0) * 0.75 + 0.25;
                let ball = paint.times(lit).plus((lit - 0.95).max(0.0) * 3.0);
                colour = colour.under(ball, edge(radius * (1.0 - d.length()), pixel));
            } else {
                // The front of a box, and a side that faces away from the light.
                let inside = radius * (1.0 - d.x.abs().max(d.y.abs()));
                let front = paint.varied(noise.fractal(p.x * 14.0, p.y * 14.0, 3) * 0.12, 1.0, 0.0);
                let face = if d.x * light.x > 0.25 { front } else { front.times(0.6) };
                colour = colour.under(face, edge(inside, pixel));
            }
        }
        colour
    })
}

/// Draws fronts of houses with rows of windows, behind a street.
fn street(side: usize, random: &mut Random) -> Canvas {
    let sky = Sky::new(random);
    let noise = Noise::new(random);
    let ground = random.between(0.72, 0.88);
    let mut houses = Vec::new();
    let mut left = -random.between(0.0, 0.1);
    while left < 1.0 {
        let width = random.between(0.14, 0.34);
        let (top, colour) = (random.between(0.08, 0.5), any(&THINGS, random).varied(0.1, 0.6, 0.0));
        let windows = (2 + random.below(4), random.between(0.07, 0.13), random.chance(0.5));
        houses.push((left, width, top, colour, windows));
        left += width;
    }
    let pixel = 1.0 / side as f32;
    Canvas::new(side, move |p| {
        if p.y > ground {
            let depth = (p.y - ground) / (1.0 - ground);
            let stones = noise.fractal(p.x * 8.0 / (0.3 + depth), 6.0 / (0.15 + depth), 4);
            return Colour::hex(0x5a5752).varied(stones * 0.25 + depth * 0.1, 1.0, 0.0);
        }
        let mut colour = sky.at(p, 0.8);
        for (left, width, top, wall, (columns, step, gabled)) in &houses {
            let across = (p.x - left) / width;
            if !(0.0..1.0).contains(&across) {
                continue;
            }
            let roof = if *gabled { 0.12 * (2.0 * across - 1.0).abs() } else { 0.0 };
            let below = p.y - top - roof;
            let plaster = wall.varied(noise.fractal(p.x * 20.0, p.y * 20.0, 4) * 0.1 - across * 0.12, 1.0, 0.0);
            let (column, row) = (across * *columns as f32, (p.y - top - 0.16) / step);
            let (x, y) = (column.fract() - 0.5, row.fract() - 0.5);
            let pane = (0.26 - x.abs()).min(0.34 - y.abs()) * step;
            let glass =
                Colour::hex(0x24303c).mixed(sky.colours[1], 0.5 + noise.at(column.floor() * 3.3, row.floor() * 5.1));
            let cross = (x.abs().min(y.abs()) - 0.03).min(0.34 - y.abs()) * step;
            let window = Colour::hex(0xe9e4da).under(glass, edge(cross, pixel));
            let mut front = plaster.under(Colour::hex(0xe9e4da), edge(pane + 0.04 * step, pixel));
            if row > 0.0 {
                front = front.under(window, edge(pane, pixel));
            } else {
                front = plaster;
            }
            let tiles =
                Colour::hex(0x7a4032).varied(((p.y * 160.0).sin() + noise.at(p.x * 50.0, p.y * 50.0)) * 0.05, 1.0, 0.0);
            let house = if *gabled && below < 0.07 { tiles } else { front };
            colour = colour.under(house, edge(below, pixel));
        }
        colour
    })
}

#[cfg(test)]
mod tests {
    use crate::procedural::SCENE;

    #[test]
    fn scenes_repeat_with_their_number_and_have_light_and_shade() {
        for seed in 0..12 {
            let picture = SCENE.paint(48, seed).unwrap();
            assert_eq!(picture, SCENE.paint(48, seed).unwrap());
            assert_ne!(picture, SCENE.paint(48, seed + 1).unwrap());
            let count = picture.data().len() as f32;
            let mean = picture.data().iter().sum::<f32>() / count;
            let variance = picture.data().iter().map(|v| (v - mean).powi(2)).sum::<f32>() / count;
            assert!((0.1..0.9).contains(&mean) && variance > 0.002, "scene {seed}: {mean}, {variance}");
        }
    }
}
