//! Reference of the search for nearest rows.

/// Returns for each row of `own` the row of `among` with the largest product, the first of equal ones. Both have rows of
/// `channels` numbers. Reference of `nearest.wgsl`.
pub fn nearest(own: &[f32], among: &[f32], channels: usize) -> Vec<u32> {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let best = |row: &[f32]| {
        let products = among.chunks_exact(channels).map(|other| product(row, other));
        let first = (0, f64::NEG_INFINITY);
        products.enumerate().fold(first, |best, found| if found.1 > best.1 { found } else { best }).0 as u32
    };
    own.chunks_exact(channels).map(best).collect()
}
