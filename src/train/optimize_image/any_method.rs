//! An optimization of one photo with either method, as the page runs it.

use burn::tensor::Device;

use super::checkpoint::Checkpoint;
use super::neighbour_checkpoint::NeighbourCheckpoint;
use super::neighbour_matching::NeighbourMatching;
use super::optimization::{ImageOptimization, Progress, Start};
use super::style_target::StyleTarget;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::settings::MethodSettings;
use crate::weights::Archive;

/// A running optimization with either method.
pub struct AnyOptimization {
    method: AnyMethod,
    /// Number of steps at each stage.
    steps: Vec<usize>,
}

enum AnyMethod {
    Gram(Box<ImageOptimization>),
    Neighbours(Box<NeighbourMatching>),
}

impl AnyOptimization {
    /// Prepares the first stage, or that of `checkpoint`, the bytes of a checkpoint of the same method. `start` is another initial
    /// picture than the photo.
    ///
    /// # Errors
    /// As [`ImageOptimization::new`] and [`NeighbourMatching::new`]; [`Error::Picture`] for a checkpoint that is damaged or of the
    /// other method; [`Error::Style`] for an initial picture with neighbour matching, which starts from the photo.
    pub async fn new(
        archive: &Archive,
        settings: MethodSettings,
        photo: Image,
        paintings: Vec<StyleTarget>,
        start: Option<Image>,
        checkpoint: Option<&[u8]>,
        device: &Device,
    ) -> Result<Self> {
        let steps = settings.steps();
        let method = match settings {
            MethodSettings::Gram(settings) => {
                let start = match checkpoint {
                    Some(bytes) => Start::Checkpoint(Checkpoint::parse(bytes)?),
                    None => Start::Picture(start.unwrap_or_else(|| photo.clone())),
                };
                let optimization = ImageOptimization::new(archive, settings, photo, paintings, start, device)?;
                AnyMethod::Gram(Box::new(optimization))
            }
            MethodSettings::Neighbours(settings) => {
                if start.is_some() {
                    let problem = "Neighbour matching starts from the photo: choose no other initial picture.";
                    return Err(Error::Style(problem.to_string()));
                }
                let checkpoint = checkpoint.map(NeighbourCheckpoint::parse).transpose()?;
                let optimization =
                    NeighbourMatching::new(archive, settings, &photo, paintings, checkpoint, device).await?;
                AnyMethod::Neighbours(Box::new(optimization))
            }
        };
        Ok(Self { method, steps })
    }

    /// Runs one step; returns its report and the index of its stage in the plan, or `None` when all steps are done.
    ///
    /// # Errors
    /// As [`ImageOptimization::step`] and [`NeighbourMatching::step`].
    pub async fn step(&mut self) -> Result<Option<(Progress, usize)>> {
        let progress = match &mut self.method {
            AnyMethod::Gram(optimization) => optimization.step().await?,
            AnyMethod::Neighbours(optimization) => optimization.step().await?,
        };
        Ok(progress.map(|progress| (progress, stage_of(progress.step, &self.steps))))
    }

    /// Returns the current result at the current size.
    ///
    /// # Errors
    /// As [`ImageOptimization::picture`] and [`NeighbourMatching::picture`].
    pub async fn picture(&self) -> Result<Image> {
        match &self.method {
            AnyMethod::Gram(optimization) => optimization.picture().await,
            AnyMethod::Neighbours(optimization) => optimization.picture().await,
        }
    }

    /// Returns the bytes of a checkpoint to resume from; `None` when all steps are done.
    ///
    /// # Errors
    /// As [`ImageOptimization::checkpoint`] and [`NeighbourMatching::checkpoint`], and [`Error::Tensor`] for values that are not
    /// finite.
    pub async fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        match &self.method {
            AnyMethod::Gram(optimization) => optimization.checkpoint().await?.map(|found| found.write()).transpose(),
            AnyMethod::Neighbours(optimization) => {
                optimization.checkpoint().await?.map(|found| found.write()).transpose()
            }
        }
    }
}

/// Returns the index of the stage that has this step, counted from 1 over all stages.
fn stage_of(step: usize, steps: &[usize]) -> usize {
    let ends = steps.iter().scan(0, |end, steps| {
        *end += steps;
        Some(*end)
    });
    ends.take_while(|end| *end < step).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_belongs_to_the_stage_that_ends_with_or_after_it() {
        let stages = |steps: &[usize]| (1..=7).map(|step| stage_of(step, steps)).collect::<Vec<_>>();
        assert_eq!(stages(&[2, 2, 3]), [0, 0, 1, 1, 2, 2, 2]);
        assert_eq!(stages(&[7]), [0; 7]);
    }
}
