//! The parameters of a style in a pack.

use super::layout::separated;
use super::{DIMENSIONS, Style};
use crate::error::Result;
use crate::weights::Archive;

/// The parameters of a style.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// The output of the style predictor: [`DIMENSIONS`] numbers.
    Vector(Vec<f32>),
    /// The scales and the shifts of all normalizations.
    Norms {
        /// One number for each channel of each normalization, in network order.
        scales: Vec<f32>,
        /// As many numbers, in the same order.
        shifts: Vec<f32>,
    },
}

impl Parameters {
    /// Reads the parameters from the archive of a pack.
    pub(super) fn read(archive: &Archive) -> Result<Self> {
        if archive.shape("vector").is_some() {
            return Ok(Self::Vector(archive.tensor("vector", &[DIMENSIONS])?));
        }
        let count = archive.shape("scales").map_or(0, |shape| shape.iter().product());
        let numbers = |name: &str| archive.tensor(name, &[count]);
        Ok(Self::Norms { scales: numbers("scales")?, shifts: numbers("shifts")? })
    }

    /// Returns the parameters of a trained style.
    pub fn of(style: &Style) -> Self {
        let (scales, shifts) = separated(style);
        Self::Norms { scales, shifts }
    }
}
