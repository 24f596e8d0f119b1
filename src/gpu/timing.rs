//! Times of dispatches: on the device by timestamp queries, or by the clock.

use web_time::Instant;
use wgpu::BufferUsages;

use super::device::Gpu;
use super::input::Frame;
use super::plan::Plan;
use crate::error::Result;

/// Bytes of a timestamp.
const TIMESTAMP: u64 = 8;

/// Returns the milliseconds of one dispatch of `record`, by the clock. As many are submitted at once as take `least_ms` or more,
/// but at most `most`: browsers report completion with a coarse clock, so that a single dispatch cannot be timed.
///
/// # Errors
/// The errors of the device.
pub(crate) async fn milliseconds(
    gpu: &Gpu,
    (least_ms, most): (f64, u32),
    record: impl Fn(&mut wgpu::ComputePass),
) -> Result<f64> {
    let run = |repeats: u32| {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        (0..repeats).for_each(|_| record(&mut pass));
        drop(pass);
        gpu.queue.submit([encoder.finish()]);
    };
    // The first run includes the compilation of the pipeline.
    run(1);
    gpu.done().await?;
    let mut repeats = 1;
    loop {
        let start = Instant::now();
        run(repeats);
        gpu.done().await?;
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        if elapsed >= least_ms || repeats >= most {
            return Ok(elapsed / f64::from(repeats));
        }
        repeats *= 8;
    }
}

impl Gpu {
    /// Whether the device was opened with timestamp queries.
    pub fn timestamps(&self) -> bool {
        self.device.features().contains(wgpu::Features::TIMESTAMP_QUERY)
    }
}

impl Plan {
    /// Runs the network on `frame` once, and returns the milliseconds on the device: of each dispatch in a pass of its own if
    /// `each`, otherwise of the whole frame. Empty if the device has no timestamp queries.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn device_times(&self, gpu: &Gpu, frame: &Frame, each: bool) -> Result<Vec<f64>> {
        if !gpu.timestamps() {
            return Ok(Vec::new());
        }
        let passes = if each { 1 + self.executable.dispatches() } else { 1 };
        let count = 2 * passes as u32;
        let queries = gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: None,
            ty: wgpu::QueryType::Timestamp,
            count,
        });
        let bytes = u64::from(count) * TIMESTAMP;
        let resolved = gpu.buffer("timestamps", bytes, BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC);
        let staging = gpu.buffer("readback", bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        for i in 0..passes {
            let timestamp_writes = Some(wgpu::ComputePassTimestampWrites {
                query_set: &queries,
                beginning_of_pass_write_index: Some(2 * i as u32),
                end_of_pass_write_index: Some(2 * i as u32 + 1),
            });
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
            match (each, i) {
                (false, _) => self.record(frame, &mut pass),
                (true, 0) => frame.record(&mut pass),
                (true, _) => self.executable.record_dispatch(i - 1, &mut pass),
            }
        }
        encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let found = gpu.download(&staging).await?;
        let tick = |bytes: &[u8]| bytes.iter().rev().fold(0, |tick, byte| tick << 8 | u64::from(*byte));
        let ticks: Vec<u64> = found.chunks_exact(TIMESTAMP as usize).map(tick).collect();
        let period = f64::from(gpu.queue.get_timestamp_period()) / 1e6;
        Ok(ticks.chunks_exact(2).map(|ends| ends[1].saturating_sub(ends[0]) as f64 * period).collect())
    }
}
