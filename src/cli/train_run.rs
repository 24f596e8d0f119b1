//! The steps of `impasto train`: progress, saving, the table of losses, Ctrl-C.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::net::Network;
use impasto::studio::train::{Report, Training, network};
use impasto::style::{Pack, Parameters};
use impasto::weights::Archive;

use super::photos;
use super::run_log::{Outcome, Trace, bar, checkpoint_path, interruption, replace};
use super::style::thumbnail;

/// Head of the table.
const COLUMNS: &str = "step,total,content,style,palette,variation,stability,seconds";

/// A style to be trained.
pub struct Run<'a> {
    pub training: Training,
    /// All of the pack but its numbers.
    pub pack: Pack,
    /// The network whose weights are all trained, and the archive of those before.
    pub brings: Option<(Network, Archive)>,
    pub output: &'a Path,
    /// A photo to paint with every saving.
    pub preview: Option<Image>,
    /// A photo to paint for the thumbnail.
    pub sample: Option<Image>,
    /// Steps between two savings.
    pub save_every: Option<usize>,
    pub trace: Option<&'a Path>,
    /// Whether an earlier run wrote the first lines of the table.
    pub resumed: bool,
}

impl Run<'_> {
    /// Trains to the end or to Ctrl-C, which takes effect after the step in work, and writes the pack.
    ///
    /// # Errors
    /// As [`Training::step`]; [`Error::File`] for what cannot be written.
    pub fn finish(mut self) -> Result<Outcome> {
        let interrupted = interruption()?;
        let mut trace = self.trace.map(|path| Trace::open(path, COLUMNS, self.resumed)).transpose()?;
        let mut shown = None;
        let begin = Instant::now();
        let mut last: Option<Report> = None;
        let mut first = None;
        while !interrupted.load(Ordering::Relaxed) {
            let Some(report) = pollster::block_on(self.training.step())? else { break };
            let bar = shown.get_or_insert_with(|| bar(report.steps));
            bar.set_position(report.step as u64);
            bar.set_message(told(&report));
            if let Some(trace) = &mut trace {
                let Report { step, total, content, style, palette, variation, stability, .. } = report;
                let seconds = begin.elapsed().as_secs_f64();
                trace.line(&format!(
                    "{step},{total},{content},{style},{palette},{variation},{stability},{seconds:.3}"
                ))?;
            }
            if self.save_every.is_some_and(|n| report.step % n == 0) {
                self.save()?;
            }
            first.get_or_insert(report);
            last = Some(report);
        }
        if let Some(bar) = shown {
            bar.finish_and_clear();
        }
        let unfinished = self.save()?;
        let output = self.output.display();
        if let (Some(first), Some(last)) = (first, last) {
            let pace = begin.elapsed().as_secs_f64() / (last.step + 1 - first.step) as f64;
            let times = first.style / last.style;
            println!("{output}: step {} of {}, {}; {pace:.2} s a step", last.step, last.steps, told(&last));
            println!("style loss {:.4} at first, {times:.1} times as much", first.style);
        }
        if !unfinished {
            return Ok(Outcome::Finished);
        }
        println!("stopped; `--resume {}` goes on with the same arguments", checkpoint_path(self.output).display());
        Ok(Outcome::Interrupted)
    }

    /// Writes pack, preview and checkpoint, and returns whether there is one: of a finished style none is left.
    fn save(&self) -> Result<bool> {
        let style = pollster::block_on(self.training.style(&self.pack.name))?;
        let mut pack = Pack { parameters: Parameters::of(&style), ..self.pack.clone() };
        if let (Some((net, archive)), Some(weights)) = (&self.brings, pollster::block_on(self.training.weights())?) {
            let Pack { source, licence, thumbnail, .. } = pack;
            let brought = network::pack(net, archive, &weights, &style, &self.pack.name)?;
            pack = Pack { source, licence, thumbnail, ..brought };
        }
        if let Some(photo) = &self.sample {
            pack.thumbnail = thumbnail(&pollster::block_on(self.training.paint(photo))?)?;
        }
        replace(self.output, &pack.write()?)?;
        if let Some(photo) = &self.preview {
            let painted = pollster::block_on(self.training.paint(photo))?;
            photos::write(&self.output.with_extension("png"), &painted)?;
        }
        let path = checkpoint_path(self.output);
        match pollster::block_on(self.training.notes())? {
            Some(notes) => replace(&path, &notes.write()?).map(|()| true),
            None if path.exists() => std::fs::remove_file(&path).map(|()| false).map_err(|e| Error::file(&path, e)),
            None => Ok(false),
        }
    }
}

fn told(report: &Report) -> String {
    let Report { total, content, style, .. } = report;
    format!("loss {total:.3} (content {content:.3}, style {style:.4})")
}
