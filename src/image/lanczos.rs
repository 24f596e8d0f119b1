//! Resizes pictures as Pillow does with `resize(size, LANCZOS)`, bit for bit, because figures of other programs are computed from such
//! pictures: Lanczos' filter with three lobes, in 8 bits, first along rows, then along columns.

use super::Image;
use crate::error::{Error, Result};

/// Half the width of the filter, in samples of the smaller picture.
const LOBES: f64 = 3.0;
/// Fractional bits of the weights, which are integers: what 32 bits leave beside 8 bits of a sample and 2 bits of overshoot.
const BITS: u32 = 22;

/// The samples that one sample of the result is computed from: the first, and the weights of the first and those after it.
struct Taps {
    first: usize,
    weights: Vec<i64>,
}

/// Returns `image`, rounded to 8 bits, at another size.
///
/// # Errors
/// [`Error::Picture`] when a side is zero.
pub fn resized(image: &Image, width: usize, height: usize) -> Result<Image> {
    if width == 0 || height == 0 {
        return Err(Error::Picture(format!(
            "a picture cannot be resized to {width}x{height}: both sides need a pixel"
        )));
    }
    let bytes: Vec<u8> = image.to_rgba8().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let rows = resample(bytes, image.width(), width, 3);
    let columns = resample(rows, image.height(), height, width * 3);
    Image::new(width, height, columns.into_iter().map(|byte| f32::from(byte) / 255.0).collect())
}

/// Resamples the middle axis of `data`, `[outer][from][inner]`, to `to` samples.
fn resample(data: Vec<u8>, from: usize, to: usize, inner: usize) -> Vec<u8> {
    if from == to {
        return data;
    }
    let taps: Vec<Taps> = (0..to).map(|index| taps(from, to, index)).collect();
    let mut out = Vec::with_capacity(data.len() / from * to);
    for part in data.chunks_exact(from * inner) {
        for Taps { first, weights } in &taps {
            let sample = |at: usize| {
                let values = part[first * inner + at..].iter().step_by(inner);
                let sum: i64 = values.zip(weights).map(|(value, weight)| i64::from(*value) * weight).sum();
                ((sum + (1 << (BITS - 1))) >> BITS).clamp(0, 255) as u8
            };
            out.extend((0..inner).map(sample));
        }
    }
    out
}

/// Returns the taps of sample `index`. Samples beyond the border are left out.
fn taps(from: usize, to: usize, index: usize) -> Taps {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let center = (index as f64 + 0.5) * scale;
    let reach = LOBES * stretch;
    // Conversions to integers cut off decimals, and negative numbers become 0.
    let first = (center - reach + 0.5) as usize;
    let end = ((center + reach + 0.5) as usize).min(from);
    let shrink = 1.0 / stretch;
    let weights: Vec<f64> = (first..end).map(|at| lanczos((at as f64 - center + 0.5) * shrink)).collect();
    let total: f64 = weights.iter().sum();
    let whole = f64::from(1 << BITS);
    Taps { first, weights: weights.iter().map(|weight| (weight / total * whole).round() as i64).collect() }
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < LOBES { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_pictures_stay_flat_and_equal_sizes_change_nothing() {
        let flat = Image::from_rgba8(9, 5, &[200, 100, 50, 255].repeat(45)).unwrap();
        for (width, height) in [(1, 1), (4, 3), (20, 11), (9, 2)] {
            let resized = resized(&flat, width, height).unwrap();
            assert_eq!(resized.to_rgba8(), [200, 100, 50, 255].repeat(width * height));
        }
        let ramp: Vec<u8> = (0..=255).flat_map(|v| [v, 255 - v, v / 2, 255]).collect();
        let ramp = Image::from_rgba8(16, 16, &ramp).unwrap();
        assert_eq!(resized(&ramp, 16, 16).unwrap().to_rgba8(), ramp.to_rgba8());
        assert!(matches!(resized(&ramp, 0, 4), Err(Error::Picture(_))));
    }
}
