//! `impasto train` as a [`Job`].

use std::path::{Path, PathBuf};

use impasto::error::Result;
use impasto::image::Image;
use impasto::net::Network;
use impasto::style::{Pack, Parameters};
use impasto::train::train_style::{Report, Training, network};
use impasto::weights::Archive;

use crate::cli::commands::style::thumbnail;
use crate::cli::job_runner::{Artifact, Job};
use crate::cli::photos::PhotoWriter;

/// The training of one style, with its output files.
pub struct TrainJob<'a> {
    pub training: Training,
    /// The pack without its parameters.
    pub pack: Pack,
    /// The network with its initial weights, if all weights are trained.
    pub own_network: Option<(Network, Archive)>,
    pub output: &'a Path,
    /// The photo that is stylized at every save, and the path of the result.
    pub preview: Option<(Image, PathBuf)>,
    /// The photo that is stylized for the thumbnail.
    pub sample: Option<Image>,
}

impl Job for TrainJob<'_> {
    type Report = Report;
    const COLUMNS: &'static str = "step,total,content,style,palette,variation,stability,seconds";

    fn step(&mut self) -> Result<Option<Report>> {
        pollster::block_on(self.training.step())
    }

    fn position(report: &Report) -> (usize, usize) {
        (report.step, report.steps)
    }

    fn describe(report: &Report) -> String {
        let Report { total, content, style, .. } = report;
        format!("loss {total:.3} (content {content:.3}, style {style:.4})")
    }

    fn row(report: &Report) -> String {
        let Report { step, total, content, style, color, variation, stability, .. } = report;
        format!("{step},{total},{content},{style},{color},{variation},{stability}")
    }

    fn artifacts(&self) -> Result<Vec<Artifact>> {
        let style = pollster::block_on(self.training.style(&self.pack.name))?;
        let mut pack = Pack { parameters: Parameters::of(&style), ..self.pack.clone() };
        if let (Some((net, archive)), Some(weights)) = (&self.own_network, pollster::block_on(self.training.weights())?)
        {
            let Pack { source, licence, thumbnail, .. } = pack;
            let with_network = network::pack(net, archive, &weights, &style, &self.pack.name)?;
            pack = Pack { source, licence, thumbnail, ..with_network };
        }
        if let Some(photo) = &self.sample {
            pack.thumbnail = thumbnail(&pollster::block_on(self.training.paint(photo))?)?;
        }
        let path = self.output.to_path_buf();
        let mut artifacts = vec![Artifact { what: "the style pack", path, bytes: pack.write()? }];
        if let Some((photo, path)) = &self.preview {
            let painted = pollster::block_on(self.training.paint(photo))?;
            let bytes = PhotoWriter::default().bytes(&painted, path)?;
            artifacts.push(Artifact { what: "the preview", path: path.clone(), bytes });
        }
        Ok(artifacts)
    }

    fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        pollster::block_on(self.training.checkpoint())?.map(|checkpoint| checkpoint.write()).transpose()
    }
}
