//! Colours, and perceptual colour mixing.

use crate::image::oklab;

/// A colour, sRGB-encoded as in files, in 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(pub [f32; 3]);

impl Colour {
    /// Returns the colour written as `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        let [_, red, green, blue] = code.to_be_bytes();
        Self([red as f32 / 255.0, green as f32 / 255.0, blue as f32 / 255.0])
    }

    /// Composites `cover` (0..1) of another colour over this colour.
    pub fn under(self, other: Self, cover: f32) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + (other.0[i] - self.0[i]) * cover))
    }

    /// Multiplies all three values by `factor`.
    pub fn times(self, factor: f32) -> Self {
        Self(self.0.map(|v| v * factor))
    }

    /// Adds `light` to all three values.
    pub fn plus(self, light: f32) -> Self {
        Self(self.0.map(|v| v + light))
    }

    /// Interpolates to another colour by `t` (0..1) in Oklab, where mixtures of two hues stay saturated.
    pub fn mixed(self, other: Self, t: f32) -> Self {
        let (a, b) = (self.oklab(), other.oklab());
        Self::from_oklab(std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t))
    }

    /// Returns the colour lightened by `lighter` (Oklab lightness, 0..1), with `richer` times the chroma, and its hue
    /// rotated by `turn` radians.
    pub fn varied(self, lighter: f32, richer: f32, turn: f32) -> Self {
        let [l, a, b] = self.oklab();
        let (sin, cos) = turn.sin_cos();
        Self::from_oklab([(l + lighter).clamp(0.0, 1.0), (a * cos - b * sin) * richer, (a * sin + b * cos) * richer])
    }

    /// Returns the colour at `t` (0..1) of a ramp of equidistant colours, clamped at the ends.
    pub fn of_ramp(stops: &[Self], t: f32) -> Self {
        let place = t.clamp(0.0, 1.0) * stops.len().saturating_sub(1) as f32;
        let first = (place as usize).min(stops.len().saturating_sub(2));
        match stops.get(first..first + 2) {
            Some(pair) => pair[0].mixed(pair[1], place - first as f32),
            None => stops.first().copied().unwrap_or(Self([0.5; 3])),
        }
    }

    fn oklab(self) -> [f32; 3] {
        oklab::from_srgb(self.0)
    }

    fn from_oklab(lab: [f32; 3]) -> Self {
        Self(oklab::to_srgb(lab))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oklab_there_and_back() {
        for code in [0x000000, 0xffffff, 0xc8452b, 0x12355b, 0x7f8081] {
            let colour = Colour::hex(code);
            let back = colour.varied(0.0, 1.0, 0.0);
            assert!(colour.0.iter().zip(back.0).all(|(a, b)| (a - b).abs() < 2e-3), "{colour:?} {back:?}");
        }
        // White has lightness 1 and no hue; the blue is Ottosson's own example.
        assert!((Colour::hex(0xffffff).oklab()[0] - 1.0).abs() < 1e-3);
        let blue = Colour::hex(0x0000ff).oklab();
        assert!((blue[0] - 0.452).abs() < 1e-3 && (blue[2] + 0.3115).abs() < 1e-3, "{blue:?}");
    }

    #[test]
    fn ramps_start_and_end_with_their_end_colours() {
        let stops = [Colour::hex(0x102030), Colour::hex(0xa0b0c0), Colour::hex(0xf0e0d0)];
        for (t, stop) in [(-1.0, 0), (0.0, 0), (0.5, 1), (1.0, 2), (9.0, 2)] {
            let colour = Colour::of_ramp(&stops, t);
            assert!(colour.0.iter().zip(stops[stop].0).all(|(a, b)| (a - b).abs() < 2e-3), "{t}");
        }
    }
}
