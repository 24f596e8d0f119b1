//! What an adapter can do at most: arithmetic and memory, measured by `shaders/bench`.

use bytemuck::cast_slice;
use wgpu::BufferUsages;

use super::device::Gpu;
use super::preprocess::specialize;
use super::shaders::{COPY, MULTIPLY_ADD};
use super::step::Step;
use super::timing::milliseconds;
use crate::error::Result;

/// Bytes that are copied: more than the caches of most adapters hold.
const COPIED: u64 = 128 << 20;
/// Workgroups of the copy, of 64 threads each.
const COPY_GROUPS: u32 = 16_384;
/// Workgroups and rounds of the arithmetic, and multiply-adds of a thread in one round: 8 chains of 4 numbers, 4 steps.
const GROUPS: u32 = 4096;
const ROUNDS: u32 = 64;
const IN_ROUND: u32 = 8 * 4 * 4;
/// The time in milliseconds that a measurement takes at least, and the largest number of dispatches in it.
const LEAST_MS: f64 = 20.0;
const MOST_DISPATCHES: u32 = 4096;

/// The largest rates of an adapter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceilings {
    /// Arithmetic in 32 bits, in GFLOP/s: a multiply-add counts as two operations.
    pub gflops: f64,
    /// Arithmetic in 16 bits, if the adapter has it.
    pub half_gflops: Option<f64>,
    /// Memory, read and written, in GB/s.
    pub gbytes: f64,
}

impl Ceilings {
    /// Measures the rates, in about half a second.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn measure(gpu: &Gpu) -> Result<Self> {
        let gflops = arithmetic(gpu, false).await?;
        let half_gflops = if gpu.half() { Some(arithmetic(gpu, true).await?) } else { None };
        Ok(Self { gflops, half_gflops, gbytes: memory(gpu).await? })
    }

    /// Returns the shortest time in milliseconds of this many multiply-adds and bytes, in 16 bits if `half`: one of the two
    /// ceilings is reached.
    pub fn milliseconds(&self, multiply_adds: u64, bytes: u64, half: bool) -> f64 {
        let gflops = self.half_gflops.filter(|_| half).unwrap_or(self.gflops);
        (2.0 * multiply_adds as f64 / gflops).max(bytes as f64 / self.gbytes) / 1e6
    }
}

/// Returns GFLOP/s of independent multiply-adds.
async fn arithmetic(gpu: &Gpu, half: bool) -> Result<f64> {
    // The numbers stay near 1.
    let mut numbers = vec![0.5_f32; 4 * 10];
    numbers[..4].fill(0.5);
    let step = multiply_add(gpu, &numbers, [GROUPS, ROUNDS], half).await?.0;
    let ms = milliseconds(gpu, (LEAST_MS, MOST_DISPATCHES), |pass| step.record(pass)).await?;
    Ok(2.0 * f64::from(GROUPS * 64) * f64::from(ROUNDS * IN_ROUND) / ms / 1e6)
}

/// Returns the dispatch of `multiply_add.wgsl` on `numbers`, and the buffer of its sums.
async fn multiply_add(
    gpu: &Gpu,
    numbers: &[f32],
    [groups, rounds]: [u32; 2],
    half: bool,
) -> Result<(Step, wgpu::Buffer)> {
    let make = || {
        let numbers = gpu.filled("numbers", cast_slice(numbers), BufferUsages::STORAGE);
        let sums = gpu.buffer("sums", u64::from(groups) * 64 * 16, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let pipeline = gpu.pipeline("multiply_add", &specialize(MULTIPLY_ADD, &[("ROUNDS", rounds)], half));
        let resources = [numbers.as_entire_binding(), sums.as_entire_binding()];
        let step = Step::new(gpu, pipeline, resources.map(Some), [groups, 1, 1]);
        Ok((step, sums))
    };
    gpu.scoped(make).await
}

/// Returns GB/s of a copy.
async fn memory(gpu: &Gpu) -> Result<f64> {
    let bytes = COPIED.min(gpu.bounds().buffer) / 16 * 16;
    let step = copy(gpu, &vec![0; bytes as usize]).await?.0;
    let ms = milliseconds(gpu, (LEAST_MS, MOST_DISPATCHES), |pass| step.record(pass)).await?;
    Ok(2.0 * bytes as f64 / ms / 1e6)
}

/// Returns the dispatch that copies `source`, whose length is a multiple of 16, and the buffer of the copy.
async fn copy(gpu: &Gpu, source: &[u8]) -> Result<(Step, wgpu::Buffer)> {
    let make = || {
        let copied = gpu.buffer("copied", source.len() as u64, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let source = gpu.filled("source", source, BufferUsages::STORAGE);
        let pipeline = gpu.pipeline("copy", &specialize(COPY, &[], false));
        let resources = [source.as_entire_binding(), copied.as_entire_binding()];
        let step = Step::new(gpu, pipeline, resources.map(Some), [COPY_GROUPS, 1, 1]);
        Ok((step, copied))
    };
    gpu.scoped(make).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::device::Request;
    use crate::reference::multiply_adds::multiply_adds;

    fn gpu() -> Gpu {
        pollster::block_on(Gpu::open(Request::default())).unwrap()
    }

    /// The contents of `buffer` after a dispatch.
    fn after(gpu: &Gpu, (step, buffer): &(Step, wgpu::Buffer)) -> Vec<f32> {
        let bytes = buffer.size();
        let staging = gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        step.record(&mut encoder.begin_compute_pass(&Default::default()));
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let found = pollster::block_on(gpu.download(&staging)).unwrap();
        found.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }

    #[test]
    fn the_kernels_compute_what_they_say() {
        let gpu = gpu();
        let numbers: Vec<f32> = (0..40).map(|i| 0.3 + 0.013 * i as f32).collect();
        let quad = |i: usize| [0, 1, 2, 3].map(|j| numbers[4 * i + j]);
        let expected = multiply_adds(&(2..10).map(quad).collect::<Vec<_>>(), quad(0), quad(1), 3 * 4);
        for half in [false, true].into_iter().filter(|half| gpu.half() || !half) {
            let dispatch = pollster::block_on(multiply_add(&gpu, &numbers, [2, 3], half)).unwrap();
            let found = after(&gpu, &dispatch);
            assert_eq!(found.len(), 2 * 64 * 4);
            let allowed = if half { 5e-3 } else { 1e-6 };
            for (i, sum) in found.iter().enumerate() {
                let expected = expected[i % 4];
                assert!((sum - expected).abs() <= allowed * expected, "{sum} for {expected}, half: {half}");
            }
        }
        let source: Vec<f32> = (0..40_000).map(|i| i as f32).collect();
        assert_eq!(after(&gpu, &pollster::block_on(copy(&gpu, cast_slice(&source))).unwrap()), source);
    }

    #[test]
    fn the_nearer_ceiling_decides() {
        let ceilings = Ceilings { gflops: 2000.0, half_gflops: Some(4000.0), gbytes: 100.0 };
        let times = [(false, 3_000_000), (true, 3_000_000), (false, 500_000_000)]
            .map(|(half, bytes)| ceilings.milliseconds(1_000_000_000, bytes, half));
        assert_eq!(times, [1.0, 0.5, 5.0]);
        let single = Ceilings { half_gflops: None, ..ceilings };
        assert_eq!(single.milliseconds(1_000_000_000, 0, true), 1.0);
    }
}
