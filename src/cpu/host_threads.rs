//! Threads of a WebAssembly module. The module cannot start any by itself: the host provides threads with its memory (in a
//! browser: web workers), each of which calls [`run`] and becomes a thread of a pool.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, PoisonError};

use rayon::ThreadBuilder;

/// The threads that pools have asked for.
type Queue = (Sender<ThreadBuilder>, Mutex<Receiver<ThreadBuilder>>);

static QUEUE: LazyLock<Queue> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    (sender, Mutex::new(receiver))
});

/// Assigns `thread` to the next caller of [`run`].
///
/// # Errors
/// None: the queue is never closed.
pub fn start(thread: ThreadBuilder) -> io::Result<()> {
    QUEUE.0.send(thread).map_err(|_| io::ErrorKind::BrokenPipe.into())
}

/// Makes the calling thread one of a pool. Returns when the pool is dropped.
pub fn run() {
    let next = QUEUE.1.lock().unwrap_or_else(PoisonError::into_inner).recv();
    if let Ok(thread) = next {
        thread.run();
    }
}
