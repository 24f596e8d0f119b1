//! A counting allocator, for tests of the memory that files make the program allocate. A test crate installs it with
//! `#[global_allocator]`.
#![allow(dead_code)] // every test crate uses its own part

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The system's allocator, which counts the allocations of each thread.
pub struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static CURRENT: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: both calls go to the system's allocator unchanged; constant thread-local `Cell`s allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        CURRENT.set(CURRENT.get() + layout.size() as isize);
        PEAK.set(PEAK.get().max(CURRENT.get()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CURRENT.set(CURRENT.get() - layout.size() as isize);
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Memory and time of a piece of work.
pub struct Taken {
    /// The largest single allocation in bytes.
    pub largest: usize,
    /// The peak of allocated bytes, without those that were allocated before.
    pub peak: usize,
    pub time: Duration,
}

/// Runs `work` on this thread; returns its result, and its memory and time.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let (before, start) = (CURRENT.get(), Instant::now());
    LARGEST.set(0);
    PEAK.set(before);
    let made = work();
    let peak = usize::try_from(PEAK.get() - before).unwrap_or(0);
    (made, Taken { largest: LARGEST.get(), peak, time: start.elapsed() })
}

/// Runs `read`, and fails if it takes 5 seconds or 512 MB.
#[track_caller]
pub fn bounded<T>(read: impl FnOnce() -> T) -> T {
    let (made, taken) = measured(read);
    assert!(taken.time < Duration::from_secs(5), "took {:?}", taken.time);
    assert!(taken.peak < 512 << 20, "took {} MB", taken.peak >> 20);
    made
}
