//! Deterministic, platform-independent randomness: a generator, noise, and Poisson disk sampling.

use super::geometry::Point;

/// The SplitMix64 generator (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Creates the generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number in 0..1, without 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Returns a number from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Returns an integer below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Returns true with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Shuffles `items` (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Returns points of the unit square and `margin` around it, with at least `distance` between any two, in random
    /// order (Bridson: "Fast Poisson Disk Sampling in Arbitrary Dimensions", 2007).
    pub fn scatter(&mut self, distance: f32, margin: f32) -> Vec<Point> {
        const TRIES: usize = 20;
        let extent = 1.0 + 2.0 * margin;
        // A cell contains at most one point.
        let cell = distance / std::f32::consts::SQRT_2;
        let cells = (extent / cell).ceil() as usize;
        let mut grid: Vec<Option<Point>> = vec![None; cells * cells];
        let column = |v: f32| (((v + margin) / cell) as usize).min(cells - 1);
        let first = Point::new(self.between(0.2, 0.8), self.between(0.2, 0.8));
        grid[column(first.y) * cells + column(first.x)] = Some(first);
        let (mut points, mut active) = (vec![first], vec![first]);
        while !active.is_empty() {
            let chosen = self.below(active.len());
            let found = (0..TRIES).find_map(|_| {
                let reach = self.between(distance, 2.0 * distance);
                let p = active[chosen] + Point::turned(self.between(0.0, std::f32::consts::TAU)) * reach;
                let inside = |v: f32| (-margin..1.0 + margin).contains(&v);
                let (x, y) = (column(p.x), column(p.y));
                let rows = y.saturating_sub(2)..(y + 3).min(cells);
                let near = |row: usize| &grid[row * cells + x.saturating_sub(2)..row * cells + (x + 3).min(cells)];
                let free = |other: &Point| (*other - p).length() >= distance;
                let fits = inside(p.x) && inside(p.y) && rows.flat_map(near).flatten().all(free);
                fits.then_some((p, y * cells + x))
            });
            match found {
                Some((p, at)) => {
                    grid[at] = Some(p);
                    points.push(p);
                    active.push(p);
                }
                None => {
                    active.swap_remove(chosen);
                }
            }
        }
        self.shuffle(&mut points);
        points
    }
}

/// Gradient noise in two dimensions (Perlin: "Improving Noise", 2002), with sixteen gradient directions on the circle.
#[derive(Debug, Clone)]
pub struct Noise {
    order: Vec<u8>,
    directions: [Point; 16],
}

impl Noise {
    /// Creates a noise from random numbers.
    pub fn new(random: &mut Random) -> Self {
        let mut order: Vec<u8> = (0..=255).collect();
        random.shuffle(&mut order);
        let directions = std::array::from_fn(|i| Point::turned(i as f32 * std::f32::consts::TAU / 16.0));
        Self { order, directions }
    }

    /// Returns the noise at a point, about -0.7 to 0.7, with features one unit wide.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (cx, cy) = (x.floor(), y.floor());
        let (u, v) = (x - cx, y - cy);
        let corner = |dx: i32, dy: i32| {
            let row = usize::from(self.order[(cy as i32 + dy) as usize & 255]);
            let column = (cx as i32 + dx) as usize & 255;
            let d = self.directions[usize::from(self.order[(row + column) & 255] & 15)];
            d.x * (u - dx as f32) + d.y * (v - dy as f32)
        };
        let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        mix(mix(corner(0, 0), corner(1, 0), ease(u)), mix(corner(0, 1), corner(1, 1), ease(u)), ease(v))
    }

    /// Returns the sum of `octaves` of noise, each with twice the frequency and half the amplitude of the previous one.
    pub fn fractal(&self, x: f32, y: f32, octaves: u32) -> f32 {
        let octave = |i: u32| {
            let scale = (1 << i) as f32;
            // The offset separates the zeros of the octaves' grids.
            self.at(x * scale + 17.3 * i as f32, y * scale - 9.1 * i as f32) / scale
        };
        (0..octaves).map(octave).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_numbers() {
        // The first outputs for seed 1234567 of the reference implementation.
        let mut random = Random::new(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn scattered_points_keep_their_distance_and_leave_no_hole() {
        let points = Random::new(3).scatter(0.1, 0.05);
        for (i, p) in points.iter().enumerate() {
            assert!(points[..i].iter().all(|q| (*p - *q).length() >= 0.1));
        }
        let mut random = Random::new(4);
        for _ in 0..500 {
            let p = Point::new(random.unit(), random.unit());
            assert!(points.iter().any(|q| (*q - p).length() < 0.2));
        }
    }

    #[test]
    fn noise_is_smooth_bounded_and_zero_on_average() {
        let noise = Noise::new(&mut Random::new(1));
        let values: Vec<f32> =
            (0..10_000).map(|i| noise.at(i as f32 * 0.013 - 40.0, i as f32 * 0.0071 - 30.0)).collect();
        assert!(values.iter().all(|v| v.abs() < 1.0));
        assert!(values.windows(2).all(|w| (w[0] - w[1]).abs() < 0.06));
        assert!((values.iter().sum::<f32>() / values.len() as f32).abs() < 0.05);
    }
}
