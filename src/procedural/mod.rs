//! Paintings made by arithmetic, so that there are styles to try before anyone has brought a picture: each kind is a program
//! that paints a square of any size, the same for the same seed.

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

/// A manner of painting.
pub struct Kind {
    /// What the command line and the file are called.
    pub name: &'static str,
    /// What people read.
    pub title: &'static str,
    /// The seed of the picture that ships.
    pub seed: u64,
    paint: fn(usize, &mut Random) -> Canvas,
}

/// All kinds.
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

/// Not to take a style of, but to paint while one is learnt.
pub const SCENE: Kind = Kind { name: "scene", title: "Scene to learn on", seed: 0, paint: scenes::paint };

/// The most pixels to a side.
pub const LARGEST: usize = 4096;

impl Kind {
    /// The kind of this name, or scenes.
    ///
    /// # Errors
    /// [`Error::Style`] when there is none; the message lists those that are.
    pub fn named(name: &str) -> Result<&'static Self> {
        let names = || KINDS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ");
        let found = KINDS.iter().chain([&SCENE]).find(|k| k.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Error::Style(format!("There is no kind of painting called `{name}`: choose {}.", names())))
    }

    /// Paints a picture of `side` pixels each way.
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
