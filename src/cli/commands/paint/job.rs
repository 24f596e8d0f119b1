//! `impasto paint` as a [`Job`], with either method.

use std::path::Path;

use impasto::error::Result;
use impasto::image::Image;
use impasto::train::{ImageOptimization, NeighbourMatching, Parts, Progress};

use super::arguments::Arguments;
use crate::cli::job_runner::{Artifact, Job, JobFiles};
use crate::cli::photos::PhotoWriter;

/// The optimization of one photo, with its output file.
pub struct PaintJob<'a> {
    pub optimization: ImageOptimization,
    pub output: &'a Path,
    pub writer: PhotoWriter,
}

impl Job for PaintJob<'_> {
    type Report = Progress;
    const COLUMNS: &'static str = "step,width,height,total,content,style,variation,seconds";

    fn step(&mut self) -> Result<Option<Progress>> {
        pollster::block_on(self.optimization.step())
    }

    fn position(report: &Progress) -> (usize, usize) {
        (report.step, report.steps)
    }

    fn describe(report: &Progress) -> String {
        let Parts { total, content, style, variation } = report.parts;
        let Progress { width, height, .. } = report;
        format!("{width}x{height} loss {total:.4} (content {content:.3}, style {style:.4}, variation {variation:.4})")
    }

    fn row(report: &Progress) -> String {
        let Progress { step, width, height, parts: Parts { total, content, style, variation }, .. } = report;
        format!("{step},{width},{height},{total},{content},{style},{variation}")
    }

    fn artifacts(&self) -> Result<Vec<Artifact>> {
        let picture = pollster::block_on(self.optimization.picture())?;
        painting(&picture, &self.writer, self.output)
    }

    fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        pollster::block_on(self.optimization.checkpoint())?.map(|checkpoint| checkpoint.write()).transpose()
    }
}

/// The optimization of one photo by neighbour matching, with its output file.
pub struct NeighbourJob<'a> {
    pub optimization: NeighbourMatching,
    pub output: &'a Path,
    pub writer: PhotoWriter,
}

impl Job for NeighbourJob<'_> {
    type Report = Progress;
    const COLUMNS: &'static str = "step,width,height,loss,seconds";

    fn step(&mut self) -> Result<Option<Progress>> {
        pollster::block_on(self.optimization.step())
    }

    fn position(report: &Progress) -> (usize, usize) {
        (report.step, report.steps)
    }

    fn describe(report: &Progress) -> String {
        format!("{}x{} loss {:.4}", report.width, report.height, report.parts.total)
    }

    fn row(report: &Progress) -> String {
        let Progress { step, width, height, parts, .. } = report;
        format!("{step},{width},{height},{}", parts.total)
    }

    fn artifacts(&self) -> Result<Vec<Artifact>> {
        let picture = pollster::block_on(self.optimization.picture())?;
        painting(&picture, &self.writer, self.output)
    }

    fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        pollster::block_on(self.optimization.checkpoint())?.map(|checkpoint| checkpoint.write()).transpose()
    }
}

fn painting(picture: &Image, writer: &PhotoWriter, output: &Path) -> Result<Vec<Artifact>> {
    let bytes = writer.bytes(picture, output)?;
    Ok(vec![Artifact { what: "the painting", path: output.to_path_buf(), bytes }])
}

/// Returns the files of the job. `done` is the number of steps that the checkpoint has done.
pub fn files_of<'a>(arguments: &'a Arguments, output: &'a Path, done: usize) -> JobFiles<'a> {
    JobFiles {
        output,
        save_every: arguments.save_every.map(|n| n as usize),
        trace: arguments.trace.as_deref(),
        resumed: arguments.resume.is_some().then_some(done),
    }
}
