//! Threads of `cpu-threads.wasm`: web workers that share the memory of the module.

use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen::prelude::*;

use crate::cpu::{Workers, host_threads};

/// The number of workers that run `runThread`.
static THREADS: AtomicUsize = AtomicUsize::new(1);

/// Sets the number of workers that call `runThread`. Called before `Engine.create`, which waits for them.
#[wasm_bindgen(js_name = useThreads)]
pub fn use_threads(count: usize) {
    THREADS.store(count, Ordering::Relaxed);
}

/// Makes the calling worker a thread of the engine. It blocks the worker for good.
#[wasm_bindgen(js_name = runThread)]
pub fn run_thread() {
    host_threads::run();
}

/// Returns the threads of the engine.
pub fn workers() -> Workers {
    Workers::new(THREADS.load(Ordering::Relaxed))
}
