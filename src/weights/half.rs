//! IEEE 754 half precision: conversion from and to single precision.

/// Returns the value of the half-precision number with these bits. Exact.
pub fn to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let mantissa = u32::from(bits & 0x3ff);
    let magnitude = match exponent {
        // Subnormal: a multiple of 2^-24, which single precision represents exactly.
        0 => (mantissa as f32 / (1 << 24) as f32).to_bits(),
        0x1f => 0x7f80_0000 | mantissa << 13,
        _ => (exponent + 127 - 15) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// Returns the bits of the half-precision number nearest to `value`, ties to even. From 65520 on the result is
/// infinite.
pub fn from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    let half = if magnitude > 0x7f80_0000 {
        0x7e00
    } else if magnitude >= 0x4780_0000 {
        0x7c00
    } else if magnitude < 0x3880_0000 {
        // Below 2^-14: after adding 0.5, the last mantissa bit has the value 2^-24, so the hardware rounds to that
        // multiple.
        (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5f32.to_bits()
    } else {
        // Rounding up may carry into the exponent, which gives the correct result, including infinity.
        let even = magnitude >> 13 & 1;
        (magnitude + 0xfff + even - ((127 - 15) << 23)) >> 13
    };
    sign | half as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_round_trip() {
        for bits in 0..=u16::MAX {
            let value = to_f32(bits);
            if value.is_nan() {
                assert!(to_f32(from_f32(value)).is_nan());
            } else {
                assert_eq!(from_f32(value), bits, "{value}");
            }
        }
    }

    #[test]
    fn between_two_halves_the_nearest_is_taken_and_ties_go_to_even() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (f64::from(to_f32(bits)), f64::from(to_f32(bits + 1)));
            let at = |t: f64| from_f32((low + (high - low) * t) as f32);
            assert_eq!(at(0.25), bits);
            assert_eq!(at(0.75), bits + 1);
            assert_eq!(at(0.5), bits + (bits & 1));
        }
    }

    #[test]
    fn known_values() {
        for (value, bits) in [(1.0, 0x3c00), (-2.0, 0xc000), (65504.0, 0x7bff), (65519.0, 0x7bff), (65520.0, 0x7c00)] {
            assert_eq!(from_f32(value), bits);
        }
        assert_eq!(to_f32(0x0001), 2.0f32.powi(-24));
        assert_eq!(from_f32(f32::MAX), 0x7c00);
    }
}
