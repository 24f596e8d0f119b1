//! The steps of `impasto paint`: progress, saving, the table of losses, Ctrl-C.

use std::fs::OpenOptions;
use std::io::{IsTerminal, LineWriter, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use impasto::error::{Error, Result};
use impasto::studio::{Masterpiece, Parts, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use super::photos;

/// Head of the table.
const COLUMNS: &str = "step,width,height,total,content,style,variation,seconds";

/// A painting to be finished.
pub struct Run<'a> {
    pub masterpiece: Masterpiece,
    /// Steps in all.
    pub steps: usize,
    pub output: &'a Path,
    /// Steps between two savings.
    pub save_every: Option<usize>,
    pub trace: Option<&'a Path>,
    /// Whether an earlier run wrote the first lines of the table.
    pub resumed: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// By Ctrl-C; painting and checkpoint are written.
    Interrupted,
}

impl Run<'_> {
    /// Paints to the end or to Ctrl-C, which takes effect after the step in work, and writes the painting.
    ///
    /// # Errors
    /// As [`Masterpiece::step`]; [`Error::File`] for what cannot be written.
    pub fn finish(mut self) -> Result<Outcome> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        let handled = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        handled.map_err(|e| Error::file("Ctrl-C", format!("cannot be listened to: {e}")))?;
        let mut trace = self.trace.map(|path| Trace::open(path, self.resumed)).transpose()?;
        let bar = bar(self.steps);
        let begin = Instant::now();
        let (mut done, mut last) = (0, None);
        while !interrupted.load(Ordering::Relaxed) {
            let Some(progress) = pollster::block_on(self.masterpiece.step())? else { break };
            done += 1;
            bar.set_position(progress.step as u64);
            bar.set_message(told(&progress));
            if let Some(trace) = &mut trace {
                trace.write(&progress, begin.elapsed().as_secs_f64())?;
            }
            if self.save_every.is_some_and(|n| progress.step % n == 0) {
                self.save()?;
            }
            last = Some(progress);
        }
        bar.finish_and_clear();
        let unfinished = self.save()?;
        let output = self.output.display();
        if let Some(progress) = last {
            let pace = begin.elapsed().as_secs_f64() / f64::from(done);
            println!("{output}: step {} of {}, {}; {pace:.2} s a step", progress.step, self.steps, told(&progress));
        }
        if !unfinished {
            return Ok(Outcome::Finished);
        }
        println!("stopped; `--resume {}` goes on with the same arguments", self.checkpoint_path().display());
        Ok(Outcome::Interrupted)
    }

    fn checkpoint_path(&self) -> PathBuf {
        let mut name = self.output.as_os_str().to_owned();
        name.push(".checkpoint");
        name.into()
    }

    /// Writes painting and checkpoint, and returns whether there is one: of a finished painting none is left.
    fn save(&self) -> Result<bool> {
        photos::write(self.output, &pollster::block_on(self.masterpiece.picture())?)?;
        let path = self.checkpoint_path();
        match pollster::block_on(self.masterpiece.checkpoint())? {
            Some(checkpoint) => {
                // Renamed when complete: a crash while writing must not cost the one before.
                let part = path.with_extension("part");
                std::fs::write(&part, checkpoint.write()?).map_err(|e| Error::file(&part, e))?;
                std::fs::rename(&part, &path).map_err(|e| Error::file(&path, e))?;
                Ok(true)
            }
            None => {
                if path.exists() {
                    std::fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
                }
                Ok(false)
            }
        }
    }
}

/// The table of losses, a line a step.
struct Trace<'a> {
    path: &'a Path,
    file: LineWriter<std::fs::File>,
}

impl<'a> Trace<'a> {
    /// Begins the table, or goes on with it where there is one and `resumed`.
    fn open(path: &'a Path, resumed: bool) -> Result<Self> {
        let goes_on = resumed && path.exists();
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(goes_on).truncate(!goes_on);
        let file = options.open(path).map_err(|e| Error::file(path, e))?;
        let mut trace = Self { path, file: LineWriter::new(file) };
        if !goes_on {
            trace.line(COLUMNS)?;
        }
        Ok(trace)
    }

    fn write(&mut self, progress: &Progress, seconds: f64) -> Result<()> {
        let Progress { step, width, height, parts: Parts { total, content, style, variation }, .. } = progress;
        self.line(&format!("{step},{width},{height},{total},{content},{style},{variation},{seconds:.3}"))
    }

    fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.file, "{text}").map_err(|e| Error::file(self.path, e))
    }
}

fn told(progress: &Progress) -> String {
    let Parts { total, content, style, variation } = progress.parts;
    let Progress { width, height, .. } = progress;
    format!("{width}x{height} loss {total:.4} (content {content:.3}, style {style:.4}, variation {variation:.4})")
}

/// A bar, where someone is there to see it.
fn bar(steps: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    match ProgressStyle::with_template("{bar:24} {pos}/{len}, {eta} left  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
