//! Symmetric 8-bit quantization, one scale per slice of the first axis (for convolutions: per output channel).

/// A quantized tensor: value `i` of slice `c` is `levels[c * n + i] * scales[c]`, with levels in -127..=127.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantized {
    /// The quantized values, in the order of the tensor.
    pub levels: Vec<i8>,
    /// The scale of each slice, above 0.
    pub scales: Vec<f32>,
}

/// Quantizes `slices` equal slices of finite `values` so that the largest magnitude of each slice becomes 127.
///
/// The error is at most half a scale, apart from f32 rounding. A slice of zeros has scale 1, so that scales are always
/// positive. `slices` must divide the number of values.
pub fn quantize(values: &[f32], slices: usize) -> Quantized {
    let mut levels = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(slices);
    for slice in values.chunks((values.len() / slices.max(1)).max(1)) {
        let largest = slice.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
        let scale = if largest == 0.0 { 1.0 } else { scale };
        levels.extend(slice.iter().map(|v| (v / scale).round().clamp(-127.0, 127.0) as i8));
        scales.push(scale);
    }
    Quantized { levels, scales }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_within_half_a_step() {
        let values: Vec<f32> = (0..300).map(|i| (i as f32 * 0.37).sin() * (1.0 + (i / 100) as f32 * 10.0)).collect();
        let q = quantize(&values, 3);
        assert_eq!(q.scales.len(), 3);
        for (i, v) in values.iter().enumerate() {
            let scale = q.scales[i / 100];
            assert!((f32::from(q.levels[i]) * scale - v).abs() <= scale * 0.5001);
        }
    }

    #[test]
    fn zeros_and_tiny_numbers_keep_a_positive_scale() {
        let q = quantize(&[0.0, 0.0, 1e-44, -1e-44], 2);
        assert_eq!(q.scales[0], 1.0);
        assert!(q.scales.iter().all(|s| s.is_finite() && *s > 0.0));
        assert_eq!(q.levels, [0, 0, 0, 0]);
    }
}
