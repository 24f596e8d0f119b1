//! `impasto paint` as a [`Job`].

use std::path::Path;

use impasto::error::Result;
use impasto::train::{ImageOptimization, Parts, Progress};

use crate::cli::job_runner::{Artifact, Job};
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
        let bytes = self.writer.bytes(&picture, self.output)?;
        Ok(vec![Artifact { what: "the painting", path: self.output.to_path_buf(), bytes }])
    }

    fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        pollster::block_on(self.optimization.checkpoint())?.map(|checkpoint| checkpoint.write()).transpose()
    }
}
