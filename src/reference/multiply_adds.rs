//! The plain twin of `shaders/bench/multiply_add.wgsl`.

/// Returns the sum of chains of multiply-adds, one from each of `starts`: `steps` times, a number is multiplied by `factor` and
/// `term` is added.
pub fn multiply_adds(starts: &[[f32; 4]], factor: [f32; 4], term: [f32; 4], steps: usize) -> [f32; 4] {
    let mut total = [0.0; 4];
    for start in starts {
        for (i, sum) in total.iter_mut().enumerate() {
            *sum += (0..steps).fold(start[i], |value, _| value.mul_add(factor[i], term[i]));
        }
    }
    total
}
