//! Provisional.

/// Threads.
pub struct Workers(usize);

impl Workers {
    /// New.
    pub fn new(threads: usize) -> Self {
        Self(threads)
    }
    /// Runs.
    pub fn rows<T: Send>(&self, data: &mut [T], row: usize, f: impl Fn(usize, &mut [T]) + Sync) {
        if self.0 == 1 {
            return f(0, data);
        }
        let rows = (data.len() / row).div_ceil(self.0);
        std::thread::scope(|s| {
            for (i, band) in data.chunks_mut(rows * row).enumerate() {
                let f = &f;
                s.spawn(move || f(i * rows, band));
            }
        });
    }
}
