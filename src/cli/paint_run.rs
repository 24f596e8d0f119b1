//! The steps of `impasto paint`: progress, saving, the table of losses, Ctrl-C.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use impasto::error::{Error, Result};
use impasto::studio::{Masterpiece, Parts, Progress};

use super::photos;
use super::run_log::{Outcome, Trace, bar, checkpoint_path, interruption, replace};

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

impl Run<'_> {
    /// Paints to the end or to Ctrl-C, which takes effect after the step in work, and writes the painting.
    ///
    /// # Errors
    /// As [`Masterpiece::step`]; [`Error::File`] for what cannot be written.
    pub fn finish(mut self) -> Result<Outcome> {
        let interrupted = interruption()?;
        let mut trace = self.trace.map(|path| Trace::open(path, COLUMNS, self.resumed)).transpose()?;
        let bar = bar(self.steps);
        let begin = Instant::now();
        let (mut done, mut last) = (0, None);
        while !interrupted.load(Ordering::Relaxed) {
            let Some(progress) = pollster::block_on(self.masterpiece.step())? else { break };
            done += 1;
            bar.set_position(progress.step as u64);
            bar.set_message(told(&progress));
            if let Some(trace) = &mut trace {
                let Progress { step, width, height, parts: Parts { total, content, style, variation }, .. } = progress;
                let seconds = begin.elapsed().as_secs_f64();
                trace.line(&format!("{step},{width},{height},{total},{content},{style},{variation},{seconds:.3}"))?;
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
        println!("stopped; `--resume {}` goes on with the same arguments", checkpoint_path(self.output).display());
        Ok(Outcome::Interrupted)
    }

    /// Writes painting and checkpoint, and returns whether there is one: of a finished painting none is left.
    fn save(&self) -> Result<bool> {
        photos::write(self.output, &pollster::block_on(self.masterpiece.picture())?)?;
        let path = checkpoint_path(self.output);
        match pollster::block_on(self.masterpiece.checkpoint())? {
            Some(checkpoint) => {
                replace(&path, &checkpoint.write()?)?;
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

fn told(progress: &Progress) -> String {
    let Parts { total, content, style, variation } = progress.parts;
    let Progress { width, height, .. } = progress;
    format!("{width}x{height} loss {total:.4} (content {content:.3}, style {style:.4}, variation {variation:.4})")
}
