//! The error type of the crate. Every variant states the problem, its location and a remedy.

/// The result type of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with a message for the user.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The bytes are not a weight archive, or its table of contents is damaged.
    #[error("the weight archive is damaged: {0}. Download or create the archive again.")]
    Archive(String),

    /// One tensor of an archive is missing, has the wrong type or shape, or holds unusable numbers.
    #[error("tensor `{tensor}` of the weight archive {problem}. Download or create the archive again.")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// The problem, as the end of a sentence about the tensor.
        problem: String,
    },

    /// A model file given for conversion cannot be used.
    #[error("{file}: {problem}")]
    Model {
        /// Name of the file or network.
        file: String,
        /// The problem.
        problem: String,
    },

    /// A picture that cannot be decoded, is empty, or has the wrong number of pixels.
    #[error("{0}")]
    Picture(String),

    /// A style that is not in the set, or invalid blend weights.
    #[error("{0}")]
    Style(String),

    /// A style pack that is damaged or belongs to another network.
    #[error("this style pack {0}. Get a new copy of it, or create the style again from its painting.")]
    Pack(String),

    /// A file or folder that cannot be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The path as the user gave it.
        path: String,
        /// The problem and a remedy.
        problem: String,
    },

    /// No usable graphics adapter.
    #[error(
        "no usable graphics adapter was found ({0}). Update the graphics driver; on Linux, the package \
         `mesa-vulkan-drivers` provides a software adapter."
    )]
    NoAdapter(String),

    /// The picture exceeds a limit of the adapter or the memory.
    #[error(
        "a {width}x{height} picture needs {needed} {limit}, and the limit is {allowed}. {}",
        fitting(*.fits)
    )]
    TooLarge {
        /// Width of the picture in pixels.
        width: usize,
        /// Height of the picture in pixels.
        height: usize,
        /// The limit, as `MB of memory`: the unit of `needed` and `allowed` comes first.
        limit: &'static str,
        /// The amount that the picture needs.
        needed: u64,
        /// The amount that is allowed.
        allowed: u64,
        /// The largest number of pixels on the longer side that passes the same check, or 0 if no size passes.
        fits: usize,
    },

    /// The graphics device ran out of memory.
    #[error(
        "the graphics device ran out of memory. Close other programs or tabs that use it, or choose a smaller size."
    )]
    OutOfMemory,

    /// The graphics device was lost: driver reset, sleep, or a command that took too long.
    #[error("the graphics device was lost ({0}). Only the current picture is lost. Try again.")]
    DeviceLost(String),

    /// An optimization diverged: its loss is not a finite number. The text contains the values.
    #[error(
        "the optimization diverged: {0}. Lower the learning rate, or loss weights that are far above their defaults."
    )]
    Diverged(String),

    /// A GPU command that the driver refused, which is a bug of Impasto.
    #[error("the graphics driver refused a command: {0}. This is a bug of Impasto: please report it.")]
    Gpu(String),
}

/// The limit of [`Error::TooLarge`] that is an amount of memory.
pub const MEMORY: &str = "MB of memory";

/// Returns the size to advise where `fits` pixels on the longer side fit into memory that was measured: 2 % less.
pub fn advised(fits: usize) -> usize {
    fits - fits / 50
}

fn fitting(fits: usize) -> String {
    match fits {
        0 => "No size fits.".to_string(),
        fits => format!("The largest size that fits is about {fits} pixels on the longer side."),
    }
}

impl Error {
    /// Returns an [`Error::Tensor`] about `tensor`.
    pub fn tensor(tensor: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Tensor { tensor: tensor.into(), problem: problem.into() }
    }

    /// Converts errors about archives to errors about the user's file at `path`, because the advice for built-in
    /// archives does not apply to it.
    pub fn of_user_file(self, path: impl AsRef<std::path::Path>) -> Self {
        let advice = "choose another file, or export it again";
        match self {
            Self::Archive(problem) => Self::file(path, format!("the file is damaged: {problem}; {advice}")),
            Self::Tensor { tensor, problem } => Self::file(path, format!("its tensor `{tensor}` {problem}; {advice}")),
            other => other,
        }
    }

    /// Returns the error with a slightly smaller advised size where the limit is memory. Free memory is measured, and
    /// changes between two runs: the exact size of one run may be too large for the next.
    pub fn with_memory_margin(self) -> Self {
        match self {
            Self::TooLarge { width, height, limit: MEMORY, needed, allowed, fits } => {
                Self::TooLarge { width, height, limit: MEMORY, needed, allowed, fits: advised(fits) }
            }
            other => other,
        }
    }

    /// Returns an [`Error::File`] about `path`.
    pub fn file(path: impl AsRef<std::path::Path>, problem: impl ToString) -> Self {
        Self::File { path: path.as_ref().display().to_string(), problem: problem.to_string() }
    }
}

/// A size that exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// The unit of both numbers, and the limit's name.
    limit: &'static str,
    needed: u64,
    allowed: u64,
}

impl Excess {
    /// Returns an excess if `needed` is more than `allowed`. `limit` begins with the unit of both numbers.
    pub fn of(limit: &'static str, needed: u64, allowed: u64) -> Option<Self> {
        (needed > allowed).then_some(Self { limit, needed, allowed })
    }

    /// Returns the error for a picture of `width` x `height`, of which `fits` pixels on the longer side would fit.
    pub fn error(self, (width, height): (usize, usize), fits: usize) -> Error {
        let Self { limit, needed, allowed } = self;
        Error::TooLarge { width, height, limit, needed, allowed, fits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_advice_about_memory_leaves_a_margin() {
        let advice = |limit| {
            let error = Excess::of(limit, 30, 20).unwrap().error((3000, 2000), 1000).with_memory_margin();
            let Error::TooLarge { fits, .. } = error else { panic!("{error}") };
            fits
        };
        assert_eq!([advice(MEMORY), advice("MB in one buffer")], [980, 1000]);
    }
}
