//! Checkpoints of neighbour matching: safetensors files with the pyramid and the state of Adam in single precision.

use burn::tensor::{Device, Tensor};

use super::checkpoint::{open, reason, wrong};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::train::device::{download, upload};
use crate::train::optim::OptimizerState;
use crate::weights::ArchiveBuilder;

/// Metadata key and value that identify these files and their version.
const KIND: (&str, &str) = ("impasto", "neighbour matching in work, version 1");
/// The most levels of a pyramid.
const MOST_LEVELS: usize = 32;

/// A checkpoint of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NeighbourCheckpoint {
    /// Fingerprint of photo, painting and settings.
    pub fingerprint: u64,
    /// Index of the size, or their number during feature splitting.
    pub stage: usize,
    /// Number of steps done at this stage.
    pub step: usize,
    /// The picture whose positions were matched last.
    pub matched: Image,
    /// The pyramid, the finest level first.
    pub levels: Vec<LevelSnapshot>,
}

/// A level of the pyramid and Adam's state in CPU memory.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelSnapshot {
    value: Image,
    mean: Image,
    square: Image,
}

impl LevelSnapshot {
    /// Downloads a level.
    ///
    /// # Errors
    /// As [`download`]; [`Error::Picture`] for another optimizer than Adam.
    pub async fn of(value: &Tensor<4>, optimizer: &OptimizerState) -> Result<Self> {
        let OptimizerState::Adam { mean, square, .. } = optimizer else {
            return Err(Error::Picture("Neighbour matching has no other optimizer than Adam.".to_string()));
        };
        let value = download(value.clone()).await?;
        Ok(Self { value, mean: download(mean.clone()).await?, square: download(square.clone()).await? })
    }

    /// Uploads the level after `steps` steps.
    pub fn restore(&self, steps: u32, device: &Device) -> (Tensor<4>, OptimizerState) {
        let [value, mean, square] = [&self.value, &self.mean, &self.square].map(|image| upload(image, device));
        (value, OptimizerState::Adam { mean, square, steps })
    }
}

impl NeighbourCheckpoint {
    /// Serializes the checkpoint as a file.
    ///
    /// # Errors
    /// [`Error::Tensor`] when values are not finite.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut builder = ArchiveBuilder::new();
        builder.metadata(KIND.0, KIND.1).metadata("fingerprint", self.fingerprint.to_string());
        for (name, number) in [("stage", self.stage), ("step", self.step), ("levels", self.levels.len())] {
            builder.metadata(name, number.to_string());
        }
        let mut add = |name: &str, image: &Image| {
            builder.float(name, &[image.height(), image.width(), 3], image.data());
        };
        add("matched", &self.matched);
        for (i, LevelSnapshot { value, mean, square }) in self.levels.iter().enumerate() {
            add(&format!("value {i}"), value);
            add(&format!("mean {i}"), mean);
            add(&format!("square {i}"), square);
        }
        builder.finish()
    }

    /// Parses a checkpoint file.
    ///
    /// # Errors
    /// [`Error::Picture`] when the bytes are another kind of file, or damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let archive = open(bytes, KIND)?;
        let number = |name: &str| {
            let text = archive.metadata(name).ok_or_else(|| wrong(format!("it has no {name}")))?;
            text.parse::<u64>().map_err(|_| wrong(format!("its {name} is not a number")))
        };
        let image = |name: &str| {
            let Some(&[height, width, 3]) = archive.shape(name) else {
                return Err(wrong(format!("it has no picture `{name}`")));
            };
            let values = archive.tensor(name, &[height, width, 3]).map_err(|e| wrong(reason(e)))?;
            Image::new(width, height, values)
        };
        let level = |i: usize| {
            let [value, mean, square] = ["value", "mean", "square"].map(|part| image(&format!("{part} {i}")));
            let level = LevelSnapshot { value: value?, mean: mean?, square: square? };
            let size = |image: &Image| (image.width(), image.height());
            if size(&level.value) != size(&level.mean) || size(&level.value) != size(&level.square) {
                return Err(wrong(format!("the parts of level {i} have different sizes")));
            }
            if level.square.data().iter().any(|v| *v < 0.0) {
                return Err(wrong("a mean of squares is negative".to_string()));
            }
            Ok(level)
        };
        let levels = number("levels")? as usize;
        if !(1..=MOST_LEVELS).contains(&levels) {
            return Err(wrong("it has no usable number of levels".to_string()));
        }
        Ok(Self {
            fingerprint: number("fingerprint")?,
            stage: number("stage")? as usize,
            step: number("step")? as usize,
            matched: image("matched")?,
            levels: (0..levels).map(level).collect::<Result<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, seed: f32) -> Image {
        Image::new(width, 2, (0..width * 6).map(|i| i as f32 * seed).collect()).unwrap()
    }

    fn checkpoint(square: f32) -> NeighbourCheckpoint {
        let level =
            |width| LevelSnapshot { value: image(width, -0.5), mean: image(width, 0.2), square: image(width, square) };
        NeighbourCheckpoint {
            fingerprint: u64::MAX,
            stage: 2,
            step: 7,
            matched: image(5, 0.1),
            levels: vec![level(4), level(2)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let checkpoint = checkpoint(0.3);
        assert_eq!(NeighbourCheckpoint::parse(&checkpoint.write().unwrap()).unwrap(), checkpoint);
    }

    #[test]
    fn other_files_and_damage_are_refused_in_a_sentence() {
        let good = checkpoint(0.3).write().unwrap();
        let weights = ArchiveBuilder::new().float("matched", &[1], &[1.0]).finish().unwrap();
        let mut uneven = checkpoint(0.3);
        uneven.levels[1].mean = image(3, 0.1);
        for (bytes, what) in [
            (&b"hello"[..], "only 5 bytes"),
            (&good[..good.len() - 4], "truncated"),
            (&weights[..], "it is not of the kind `neighbour matching"),
            (&checkpoint(-0.3).write().unwrap()[..], "is negative"),
            (&uneven.write().unwrap()[..], "different sizes"),
        ] {
            let refused = NeighbourCheckpoint::parse(bytes).unwrap_err().to_string();
            assert!(refused.contains(what) && refused.contains("start without one"), "{refused}");
        }
    }
}
