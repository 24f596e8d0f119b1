//! Threads and the scratch memory of each.

#[cfg(feature = "threads")]
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The threads that share the work of a frame. Results do not depend on their number.
pub struct Workers {
    #[cfg(feature = "threads")]
    pool: Option<rayon::ThreadPool>,
    /// One for each thread, kept from frame to frame.
    scratch: Vec<Mutex<Vec<f32>>>,
    /// Memory that all threads share during a stage, kept likewise.
    shared: Mutex<Vec<f32>>,
}

impl Workers {
    /// Starts `threads` threads, at least one. One thread is the caller's. All work is done there if the system refuses
    /// threads, and in builds without the feature `threads`.
    pub fn new(threads: usize) -> Self {
        #[cfg(feature = "threads")]
        {
            let pool = if threads > 1 { build(threads) } else { None };
            let threads = if pool.is_some() { threads } else { 1 };
            Self { pool, scratch: (0..threads).map(|_| Mutex::default()).collect(), shared: Mutex::default() }
        }
        #[cfg(not(feature = "threads"))]
        {
            let _ = threads;
            Self { scratch: vec![Mutex::default()], shared: Mutex::default() }
        }
    }

    /// Starts as many threads as the processor runs at once.
    pub fn all() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Returns the number of threads.
    pub fn threads(&self) -> usize {
        self.scratch.len()
    }

    /// Runs `work` where [`Workers::for_each`] starts without a switch of threads: the work of a whole frame.
    pub fn enter<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        #[cfg(feature = "threads")]
        if let Some(pool) = &self.pool {
            return pool.install(work);
        }
        work()
    }

    /// Runs `work` on every item, with `scratch` numbers of scratch memory whose values are arbitrary. The items are
    /// distributed over the threads. Returns when all are done.
    pub fn for_each<T: Send>(&self, items: Vec<T>, scratch: usize, work: impl Fn(T, &mut [f32]) + Sync) {
        #[cfg(feature = "threads")]
        if let Some(pool) = &self.pool {
            // A thread of a browser that gets no memory could not report it.
            for memory in &self.scratch {
                with_memory(memory, scratch, |_| ());
            }
            let run =
                |item: T| self.with_scratch(rayon::current_thread_index().unwrap_or(0), scratch, |s| work(item, s));
            return pool.install(|| items.into_par_iter().with_max_len(1).for_each(run));
        }
        self.with_scratch(0, scratch, |memory| items.into_iter().for_each(|item| work(item, memory)));
    }

    /// Runs `work` with `length` numbers of memory whose values are arbitrary. A second call waits for the first.
    pub fn with_shared(&self, length: usize, work: impl FnOnce(&mut [f32])) {
        with_memory(&self.shared, length, work);
    }

    fn with_scratch(&self, thread: usize, length: usize, work: impl FnOnce(&mut [f32])) {
        with_memory(&self.scratch[thread], length, work);
    }
}

/// Starts a pool of threads. [`None`] if the system refuses.
#[cfg(feature = "threads")]
fn build(threads: usize) -> Option<rayon::ThreadPool> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("impasto-{i}"));
    #[cfg(target_arch = "wasm32")]
    let builder = builder.spawn_handler(super::host_threads::start);
    builder.build().ok()
}

fn with_memory(memory: &Mutex<Vec<f32>>, length: usize, work: impl FnOnce(&mut [f32])) {
    // A panic leaves numbers behind, which are arbitrary anyway.
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() < length {
        memory.resize(length, 0.0);
    }
    work(&mut memory[..length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in 0..4 {
            let workers = Workers::new(threads);
            assert!(workers.threads() >= 1);
            let mut values = [0.0_f32; 50];
            for round in [3, 7] {
                let items = values.chunks_mut(4).enumerate().collect();
                let work = |(i, chunk): (usize, &mut [f32]), memory: &mut [f32]| {
                    memory.fill(i as f32);
                    chunk.iter_mut().for_each(|v| *v += memory[round - 1]);
                };
                workers.enter(|| workers.for_each(items, round, work));
            }
            assert!(values.iter().enumerate().all(|(i, v)| *v == 2.0 * (i / 4) as f32), "{threads} threads");
        }
    }
}
