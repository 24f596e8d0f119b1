//! What runs of the studio share: how they end, Ctrl-C, the table of losses, the bar, files that a crash leaves whole.

use std::fs::OpenOptions;
use std::io::{IsTerminal, LineWriter, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use impasto::error::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// By Ctrl-C; what was made and a checkpoint are written.
    Interrupted,
}

/// Becomes true with Ctrl-C. To be called once in a process.
///
/// # Errors
/// [`Error::File`] when the system does not let it listen.
pub fn interruption() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let handled = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    handled.map_err(|e| Error::file("Ctrl-C", format!("cannot be listened to: {e}")))?;
    Ok(interrupted)
}

/// Where the checkpoint of a run stands that writes `output`.
pub fn checkpoint_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

/// Writes a file, which is renamed when it is complete: a crash while writing must not cost the one before.
///
/// # Errors
/// [`Error::File`] when it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, bytes).map_err(|e| Error::file(&part, e))?;
    std::fs::rename(&part, path).map_err(|e| Error::file(path, e))
}

/// The table of losses, a line a step.
pub struct Trace<'a> {
    path: &'a Path,
    file: LineWriter<std::fs::File>,
}

impl<'a> Trace<'a> {
    /// Begins the table, or goes on with it where there is one and `resumed`.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn open(path: &'a Path, columns: &str, resumed: bool) -> Result<Self> {
        let goes_on = resumed && path.exists();
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(goes_on).truncate(!goes_on);
        let file = options.open(path).map_err(|e| Error::file(path, e))?;
        let mut trace = Self { path, file: LineWriter::new(file) };
        if !goes_on {
            trace.line(columns)?;
        }
        Ok(trace)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// As [`Trace::open`].
    pub fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.file, "{text}").map_err(|e| Error::file(self.path, e))
    }
}

/// A bar, where someone is there to see it.
pub fn bar(steps: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    match ProgressStyle::with_template("{bar:24} {pos}/{len}, {eta} left  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
