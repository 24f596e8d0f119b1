//! Impasto: neural style transfer on the user's own GPU, in the browser and on the command line.
//!
//! A room may import only rooms below it: `web` and the command line > `studio` > `stylize` > `gpu` > `cpu` > `net` >
//! `style` > `weights` > `image` > `error`. `ARCHITECTURE.md` draws the map.

pub mod error;
pub mod image;
pub mod style;
pub mod weights;
