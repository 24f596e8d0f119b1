//! Draws procedural paintings, which serve as built-in styles. Each kind is a program that draws a square picture of
//! any size, deterministic for a seed.

mod canvas;
mod colour;
mod geometry;
mod glass;
mod ink;
mod marble;
mod paper;
pub mod random;
mod scenes;
mod stipple;
mod swirls;
mod waves;
mod woodcut;

use crate::error::{Error, Result};
use crate::image::Image;
use canvas::Canvas;
use random::Random;

/// A kind of painting.
pub struct Kind {
    /// The name on the command line and of the file.
    pub name: &'static str,
    /// The title for display.
    pub title: &'static str,
    /// The seed of the painting that comes with the program.
    pub seed: u64,
    paint: fn(usize, &mut Random) -> Canvas,
}

/// All kinds of paintings.
pub const KINDS: [Kind; 8] = [
    Kind { name: "swirls", title: "Swirling strokes", seed: 5, paint: swirls::paint },
    Kind { name: "stipple", title: "Points of colour", seed: 5, paint: stipple::paint },
    Kind { name: "woodcut", title: "Woodcut", seed: 1, paint: woodcut::paint },
    Kind { name: "glass", title: "Stained glass", seed: 6, paint: glass::paint },
    Kind { name: "waves", title: "Rolling waves", seed: 6, paint: waves::paint },
    Kind { name: "marble", title: "Marbled paper", seed: 6, paint: marble::paint },
    Kind { name: "ink", title: "Ink and mist", seed: 8, paint: ink::paint },
    Kind { name: "paper", title: "Cut paper", seed: 6, paint: paper::paint },
];

/// Procedural scenes: content for training, not a style.
pub const SCENE: Kind = Kind { name: "scene", title: "Scene to learn on", seed: 0, paint: scenes::paint };

/// The largest side of a painting in pixels.
pub const LARGEST: usize = 4096;

impl Kind {
    /// Returns the kind of this name, which may also be that of [`SCENE`].
    ///
    /// # Errors
    /// [`Error::Style`] for an unknown name; the message lists the known names.
    pub fn named(name: &str) -> Result<&'static Self> {
        let names = || KINDS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
        let found = KINDS.iter().chain([&SCENE]).find(|k| k.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Error::Style(format!("There is no kind of painting called `{name}`: choose {}.", names())))
    }

    /// Draws a picture of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::Picture`] for a side of 0 or more than [`LARGEST`] pixels.
    pub fn paint(&self, side: usize, seed: u64) -> Result<Image> {
        if !(1..=LARGEST).contains(&side) {
            return Err(Error::Picture(format!(
                "a painting of {side}x{side} pixels cannot be made: choose a side from 1 to {LARGEST}"
            )));
        }
        (self.paint)(side, &mut Random::new(seed)).picture()
    }
}
