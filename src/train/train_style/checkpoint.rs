//! Checkpoints of style training.

use crate::error::{Error, Result};
use crate::weights::{Archive, ArchiveBuilder};

/// Metadata key and value that identify these files and their version.
const KIND: (&str, &str) = ("impasto", "style in training, version 1");

/// A checkpoint of a training run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainCheckpoint {
    /// Fingerprint of paintings, photos, settings and initial state.
    pub fingerprint: u64,
    /// The number of steps done.
    pub step: usize,
    /// Trained parameters: those of the style, then the weights if they are trained.
    pub numbers: Vec<f32>,
    /// Adam's running mean of the gradients, one for each parameter.
    pub mean: Vec<f32>,
    /// Adam's running mean of the squared gradients, one for each parameter.
    pub square: Vec<f32>,
}

impl TrainCheckpoint {
    /// Serializes the checkpoint as a file.
    ///
    /// # Errors
    /// [`Error::Tensor`] when values are not finite.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut builder = ArchiveBuilder::new();
        builder.metadata(KIND.0, KIND.1).metadata("fingerprint", self.fingerprint.to_string());
        builder.metadata("step", self.step.to_string());
        for (name, values) in [("numbers", &self.numbers), ("mean", &self.mean), ("square", &self.square)] {
            builder.float(name, &[values.len()], values);
        }
        builder.finish()
    }

    /// Parses a checkpoint file.
    ///
    /// # Errors
    /// [`Error::Picture`] when the bytes are another kind of file, or damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let wrong = |problem: String| {
            Error::Picture(format!("the checkpoint cannot be used: {problem}. Choose another, or start without one."))
        };
        let archive = Archive::parse(bytes).map_err(|e| wrong(e.to_string()))?;
        if archive.metadata(KIND.0) != Some(KIND.1) {
            return Err(wrong(format!("it is not of the kind `{}`", KIND.1)));
        }
        let number = |name: &str| {
            let text = archive.metadata(name).and_then(|text| text.parse::<u64>().ok());
            text.ok_or_else(|| wrong(format!("it has no {name}")))
        };
        let count = archive.shape("numbers").and_then(|shape| shape.first().copied()).unwrap_or(0);
        let values = |name: &str| archive.tensor(name, &[count]).map_err(|e| wrong(e.to_string()));
        let (numbers, mean, square) = (values("numbers")?, values("mean")?, values("square")?);
        if square.iter().any(|v| *v < 0.0) {
            return Err(wrong("a mean of squares is negative".to_string()));
        }
        let step = usize::try_from(number("step")?).map_err(|_| wrong("its step is too large".to_string()))?;
        Ok(Self { fingerprint: number("fingerprint")?, step, numbers, mean, square })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_files_are_refused() {
        let checkpoint = TrainCheckpoint {
            fingerprint: u64::MAX,
            step: 3,
            numbers: vec![1.0, -2.0],
            mean: vec![0.5, 0.0],
            square: vec![0.1, 0.2],
        };
        let bytes = checkpoint.write().unwrap();
        assert_eq!(TrainCheckpoint::parse(&bytes).unwrap(), checkpoint);
        let negative = TrainCheckpoint { square: vec![-1.0, 0.0], ..checkpoint }.write().unwrap();
        let weights = ArchiveBuilder::new().float("numbers", &[1], &[1.0]).finish().unwrap();
        for bytes in [&b"hello"[..], &bytes[..bytes.len() - 4], &negative, &weights] {
            let refused = TrainCheckpoint::parse(bytes).unwrap_err().to_string();
            assert!(refused.contains("start without one"), "{refused}");
        }
    }
}
