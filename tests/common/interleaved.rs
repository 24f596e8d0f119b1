//! Conversions between planes and the layout of the CPU executor.

use impasto::net::Shape;

/// CHW to HWC with channels padded to a multiple of four.
pub fn interleaved(values: &[f32], Shape { channels, height, width }: Shape) -> Vec<f32> {
    let padded = channels.next_multiple_of(4);
    let mut out = vec![0.0; height * width * padded];
    for (i, v) in values.iter().enumerate() {
        out[i % (height * width) * padded + i / (height * width)] = *v;
    }
    out
}

/// HWC with padding channels, which must be zero, to CHW.
pub fn planar(values: &[f32], Shape { channels, height, width }: Shape) -> Vec<f32> {
    let padded = channels.next_multiple_of(4);
    assert!(values.chunks_exact(padded).all(|pixel| pixel[channels..].iter().all(|v| *v == 0.0)), "padding channels");
    (0..channels * height * width).map(|i| values[i % (height * width) * padded + i / (height * width)]).collect()
}
