//! Checkpoints of image optimization: safetensors files like the weights, with the optimizer state in single precision.

use super::optimizer_state::{OptimizerSnapshot, SnapshotState};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::weights::{Archive, ArchiveBuilder};

/// Metadata key and value that identify these files and their version.
const KIND: (&str, &str) = ("impasto", "painting in work, version 2");
/// Names of the optimizers in the file.
const ADAM: &str = "adam";
const SGD: &str = "sgd";
const LBFGS: &str = "lbfgs";

/// A checkpoint of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Fingerprint of photo, paintings and settings.
    pub fingerprint: u64,
    /// Index of the current size in the schedule.
    pub scale: usize,
    /// Number of steps done at the current size.
    pub step: usize,
    /// The picture and its optimizer state.
    pub snapshot: OptimizerSnapshot,
}

/// Fingerprint of pictures and settings: FNV-1a in 64 bits, the same in every version and on every machine. It detects
/// mistakes, not forgery.
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// Hashes `bytes` and their number, so that boundaries between parts matter.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().copied().chain((bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Returns the fingerprint.
    pub fn finish(&self) -> u64 {
        self.0
    }
}

impl Checkpoint {
    /// Serializes the checkpoint as a file.
    ///
    /// # Errors
    /// [`Error::Tensor`] when the optimizer state has values that are not finite.
    pub fn write(&self) -> Result<Vec<u8>> {
        let OptimizerSnapshot { picture, optimizer_state, average, averaged } = &self.snapshot;
        let (mut images, mut steps) = (vec![("picture", picture), ("average", average)], 0);
        let optimizer = match optimizer_state {
            SnapshotState::Adam { mean, square, steps: seen } => {
                images.extend([("mean", mean), ("square", square)]);
                steps = *seen;
                ADAM
            }
            SnapshotState::Sgd { velocity } => {
                images.push(("velocity", velocity));
                SGD
            }
            SnapshotState::Lbfgs => LBFGS,
        };
        let mut builder = ArchiveBuilder::new();
        builder.metadata(KIND.0, KIND.1).metadata("fingerprint", self.fingerprint.to_string());
        let (width, height) = (picture.width(), picture.height());
        let numbers = [
            ("scale", self.scale),
            ("step", self.step),
            ("steps", steps as usize),
            ("averaged", *averaged as usize),
            ("width", width),
            ("height", height),
        ];
        for (name, number) in numbers {
            builder.metadata(name, number.to_string());
        }
        builder.metadata("optimizer", optimizer);
        for (name, image) in images {
            builder.float(name, &[height, width, 3], image.data());
        }
        builder.finish()
    }

    /// Parses a checkpoint file.
    ///
    /// # Errors
    /// [`Error::Picture`] when the bytes are another kind of file, or damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let archive = open(bytes, KIND)?;
        let text = |name: &str| archive.metadata(name).ok_or_else(|| wrong(format!("it has no {name}")));
        let number =
            |name: &str| text(name)?.parse::<usize>().map_err(|_| wrong(format!("its {name} is not a number")));
        let count = |name: &str| u32::try_from(number(name)?).map_err(|_| wrong(format!("its {name} is too large")));
        let (width, height) = (number("width")?, number("height")?);
        let image = |name: &str| {
            let values = archive.tensor(name, &[height, width, 3]).map_err(|e| wrong(reason(e)))?;
            Image::new(width, height, values)
        };
        let optimizer_state = match text("optimizer")? {
            ADAM => SnapshotState::Adam { mean: image("mean")?, square: image("square")?, steps: count("steps")? },
            SGD => SnapshotState::Sgd { velocity: image("velocity")? },
            LBFGS => SnapshotState::Lbfgs,
            other => return Err(wrong(format!("it has the unknown optimizer `{other}`"))),
        };
        if let SnapshotState::Adam { square, .. } = &optimizer_state
            && square.data().iter().any(|v| *v < 0.0)
        {
            return Err(wrong("a mean of squares is negative".to_string()));
        }
        let (picture, average) = (image("picture")?, image("average")?);
        let snapshot = OptimizerSnapshot { picture, optimizer_state, average, averaged: count("averaged")? };
        let fingerprint =
            text("fingerprint")?.parse().map_err(|_| wrong("its fingerprint is not a number".to_string()))?;
        Ok(Self { fingerprint, scale: number("scale")?, step: number("step")?, snapshot })
    }
}

/// Returns the error about a checkpoint with this problem.
pub(super) fn wrong(problem: String) -> Error {
    Error::Picture(format!("the checkpoint cannot be used: {problem}. Choose another, or start without one."))
}

/// Parses a checkpoint file whose metadata has the key and the value `kind`.
///
/// # Errors
/// [`Error::Picture`] when the bytes are another kind of file, or damaged.
pub(super) fn open(bytes: &[u8], kind: (&str, &str)) -> Result<Archive> {
    let archive = Archive::parse(bytes).map_err(|e| wrong(reason(e)))?;
    match archive.metadata(kind.0) {
        Some(found) if found == kind.1 => Ok(archive),
        _ => Err(wrong(format!("it is not of the kind `{}`", kind.1))),
    }
}

/// Returns the problem in an archive's error, without its advice about weights.
pub(super) fn reason(error: Error) -> String {
    match error {
        Error::Archive(problem) => problem,
        Error::Tensor { tensor, problem } => format!("`{tensor}` {problem}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(optimizer_state: SnapshotState) -> Checkpoint {
        let snapshot = OptimizerSnapshot { picture: image(1), optimizer_state, average: image(4), averaged: 5 };
        Checkpoint { fingerprint: u64::MAX, scale: 2, step: 5, snapshot }
    }

    fn image(seed: usize) -> Image {
        Image::new(3, 2, (0..18).map(|i| (i * seed) as f32 * 0.01).collect()).unwrap()
    }

    fn adam(square: Image) -> SnapshotState {
        SnapshotState::Adam { mean: image(2), square, steps: 7 }
    }

    #[test]
    fn what_is_written_is_read() {
        for optimizer_state in [adam(image(3)), SnapshotState::Sgd { velocity: image(6) }, SnapshotState::Lbfgs] {
            let checkpoint = checkpoint(optimizer_state);
            assert_eq!(Checkpoint::parse(&checkpoint.write().unwrap()).unwrap(), checkpoint);
        }
    }

    #[test]
    fn other_files_and_damage_are_refused_in_a_sentence() {
        let good = checkpoint(adam(image(3))).write().unwrap();
        let weights = ArchiveBuilder::new().float("picture", &[1], &[1.0]).finish().unwrap();
        let negative = checkpoint(adam(Image::new(3, 2, vec![-1.0; 18]).unwrap())).write().unwrap();
        for (bytes, what) in [
            (&b"hello"[..], "only 5 bytes"),
            (&good[..good.len() - 4], "truncated"),
            (&weights[..], "it is not of the kind `painting in work"),
            (&negative[..], "is negative"),
        ] {
            let refused = Checkpoint::parse(bytes).unwrap_err().to_string();
            assert!(refused.contains(what) && refused.contains("start without one"), "{refused}");
        }
    }

    #[test]
    fn fingerprints_follow_the_standard_and_see_borders() {
        let print = |parts: &[&[u8]]| {
            let mut print = Fingerprint::default();
            parts.iter().for_each(|p| print.add(p));
            print.finish()
        };
        assert_eq!(Fingerprint::default().finish(), 0xcbf2_9ce4_8422_2325);
        assert_ne!(print(&[b"ab", b"c"]), print(&[b"a", b"bc"]));
    }
}
