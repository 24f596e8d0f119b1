//! Adds brushwork to a photo: faint streaks, before the network sees it. The same function as `streak` in
//! `load_input.wgsl`, and the plain twin of `cpu/picture/streaks.rs`.
//!
//! A feed-forward network repeats the same few pixels of texture in flat areas of the photo, such as a sky or a wall,
//! which looks woven. Curved streaks, too faint to be seen in a photo, give the strokes a direction to follow. (Gatys
//! et al. optimize from noise, and Ulyanov et al. 2016, "Texture Networks", feed noise into a network that was trained
//! with it, for the same reason.)

use crate::error::Result;
use crate::image::Image;

/// The amplitude and size of the streaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brushwork {
    /// The amplitude of the streaks, as a fraction of white; 0 for none.
    pub amount: f32,
    /// The width of a streak in pixels.
    pub grain: f32,
    /// The distance in pixels over which the direction changes.
    pub flow: f32,
}

/// The amplitude at a strength of 1. The streaks before scaling have a standard deviation of about 1.
const STRONGEST: f32 = 0.06;
/// The number of streak widths on the longer side of a picture, and the range of widths in pixels from which the
/// network makes strokes.
const STREAKS: f32 = 155.0;
const THINNEST: f32 = 2.0;
const WIDEST: f32 = 8.0;
/// The distance over which the direction changes, in streak widths.
const FLOW: f32 = 25.0;

/// The number of points along a streak whose noise is added.
pub const TAPS: u32 = 8;
/// The distance between the taps along a streak, in streak widths.
pub const SPACING: f32 = 0.6;
/// The seeds of the noise that turns the streaks and of the noise that is smeared along them.
pub const SEEDS: [u32; 2] = [1, 2];
/// Factors of the hash of a lattice point: of its column, row and seed, then of two rounds.
pub const HASH: [u32; 5] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x2c1b_3c6d, 0x297a_2d39];

impl Brushwork {
    /// Returns the brushwork of `strength` 0..1 for a picture of `width` x `height` pixels.
    pub fn new(strength: f32, width: usize, height: usize) -> Self {
        let grain = (width.max(height) as f32 / STREAKS).clamp(THINNEST, WIDEST);
        Self { amount: strength * STRONGEST, grain, flow: grain * FLOW }
    }

    /// Returns the value of the streaks at a pixel.
    fn streak(&self, x: f32, y: f32) -> f32 {
        let angle = noise(x / self.flow, y / self.flow, SEEDS[0]) * std::f32::consts::TAU;
        let along = |i: u32| SPACING * (i as f32 - 0.5 * (TAPS - 1) as f32);
        let tap = |i| noise(x / self.grain + angle.cos() * along(i), y / self.grain + angle.sin() * along(i), SEEDS[1]);
        (0..TAPS).map(tap).sum()
    }
}

/// Returns the photo with brushwork added.
///
/// # Errors
/// As [`Image::new`].
pub fn brushed(photo: &Image, brushwork: Brushwork) -> Result<Image> {
    if brushwork.amount <= 0.0 {
        return Ok(photo.clone());
    }
    let width = photo.width();
    let color = |(i, pixel): (usize, &[f32])| {
        let streak = brushwork.amount * brushwork.streak((i % width) as f32, (i / width) as f32);
        [0, 1, 2].map(|c| (pixel[c] + streak).clamp(0.0, 1.0))
    };
    Image::new(width, photo.height(), photo.data().chunks_exact(3).enumerate().flat_map(color).collect())
}

/// Returns a pseudorandom number from -0.5 to 0.5 for each lattice point.
fn crossing(x: i32, y: i32, seed: u32) -> f32 {
    let [of_x, of_y, of_seed, first, second] = HASH;
    let mut h = (x as u32).wrapping_mul(of_x) ^ (y as u32).wrapping_mul(of_y) ^ seed.wrapping_mul(of_seed);
    h = (h ^ (h >> 15)).wrapping_mul(first);
    h = (h ^ (h >> 12)).wrapping_mul(second);
    ((h ^ (h >> 15)) >> 8) as f32 / 16_777_216.0 - 0.5
}

/// Returns value noise, smoothly interpolated between the lattice points.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor() as i32, y.floor() as i32);
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (sx, sy) = (smooth(x - x.floor()), smooth(y - y.floor()));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |y: i32| mix(crossing(left, y, seed), crossing(left + 1, y, seed), sx);
    mix(row(top), row(top + 1), sy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streaks_are_even_and_about_one_strong() {
        for (width, height) in [(384, 288), (64, 512), (1200, 900)] {
            let brushwork = Brushwork::new(1.0, width, height);
            let streaks: Vec<f32> =
                (0..width * height).map(|i| brushwork.streak((i % width) as f32, (i / width) as f32)).collect();
            let mean = streaks.iter().sum::<f32>() / streaks.len() as f32;
            let deviation = (streaks.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / streaks.len() as f32).sqrt();
            assert!(mean.abs() < 0.1 && (0.7..1.3).contains(&deviation), "{mean} {deviation}");
        }
    }

    #[test]
    fn none_leaves_the_photo_as_it_is_and_some_keeps_its_range() {
        let photo = Image::new(40, 30, (0..3600).map(|i| (i % 7) as f32 / 6.0).collect()).unwrap();
        assert_eq!(brushed(&photo, Brushwork::new(0.0, 40, 30)).unwrap(), photo);
        let some = brushed(&photo, Brushwork::new(1.0, 40, 30)).unwrap();
        assert!(some.data().iter().all(|v| (0.0..=1.0).contains(v)));
        let change: f32 = some.data().iter().zip(photo.data()).map(|(a, b)| (a - b).abs()).sum::<f32>() / 3600.0;
        assert!((0.01..0.08).contains(&change), "{change}");
    }

    #[test]
    fn wide_pictures_have_wide_streaks_within_limits() {
        let grain = |side| Brushwork::new(1.0, side, 10).grain;
        assert_eq!((grain(10), grain(620), grain(9000)), (2.0, 4.0, 8.0));
    }
}
