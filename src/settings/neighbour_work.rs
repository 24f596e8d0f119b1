//! The work of neighbour matching in multiply-adds, for estimates of its time: the number of steps follows from the chosen
//! minutes, and only small steps are measured.

use super::neighbours::{FOUND_AGAIN, NeighbourSettings, ORIENTATIONS, SAMPLED, STEP};
use super::optimize_settings::scaled;
use super::tiles::{TILE, Tile};
use crate::error::Result;
use crate::net::Pooling;
use crate::net::models::vgg::{Layer, VGG16};

/// Multiply-adds at one stage of an optimization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StageWork {
    /// The forward and backward pass of a step.
    pub pass: u64,
    /// The search for neighbours in a step, on average.
    pub search: u64,
    /// What comes before the first step: features of the paintings, and the first search.
    pub preparation: u64,
}

impl StageWork {
    /// Returns the multiply-adds of a stage with this number of steps.
    pub fn of_steps(&self, steps: usize) -> u64 {
        self.preparation + (self.pass + self.search) * steps as u64
    }

    /// Returns the work of a step relative to its passes.
    pub fn step_in_passes(&self) -> f64 {
        (self.pass + self.search) as f64 / self.pass as f64
    }

    /// Returns the work before the first step relative to the passes of a step.
    pub fn preparation_in_passes(&self) -> f64 {
        self.preparation as f64 / self.pass as f64
    }
}

/// Returns the work at each stage, whose pictures have the `sizes`, width and height, with this number of square paintings.
///
/// # Errors
/// None for the network that neighbour matching uses.
pub(super) fn stages(
    settings: &NeighbourSettings,
    sizes: &[(usize, usize)],
    paintings: usize,
) -> Result<Vec<StageWork>> {
    let last = VGG16.layer("relu4_3")?;
    let layers: Vec<Layer> = VGG16.layers().take_while(|layer| *layer <= last).collect();
    let net = VGG16.network(Pooling::Max, last);
    let longer = scaled(settings.size, settings.style_scale);
    let stage = |(stage, &(width, height)): (usize, &(usize, usize))| {
        let splits = stage >= settings.sizes();
        let side = (longer >> settings.sizes().saturating_sub(stage + 1)).max(1);
        let pass = |height: usize, width: usize| {
            let tiles = Tile::of(height, width);
            let tiles = tiles.iter().map(Tile::seen).map(|(height, width)| net.multiply_adds(height, width));
            tiles.sum::<Result<u64>>()
        };
        let forward = pass(height, width)?;
        let features = forward + (paintings * ORIENTATIONS) as u64 * pass(side, side)?;
        let search = paintings as u64
            * if splits { split(&layers, (width, height), side) } else { matched(&layers, (width, height), side) };
        let in_a_step = if splits { search / FOUND_AGAIN as u64 } else { 0 };
        // A step has the forward pass and the backward pass to the picture, which costs as much.
        Ok(StageWork { pass: 2 * forward, search: in_a_step, preparation: features + search })
    };
    sizes.iter().enumerate().map(stage).collect()
}

/// Returns the products of the positions of a picture with those of a square painting, all layers at once.
fn matched(layers: &[Layer], (width, height): (usize, usize), side: usize) -> u64 {
    let positions = |pixels: usize| (pixels / STEP).max(1);
    let channels: usize = layers.iter().map(|layer| layer.outputs()).sum();
    let of_painting = sampled(positions(side), positions(side), usize::MAX);
    (positions(width) * positions(height)) as u64 * of_painting * (ORIENTATIONS * channels) as u64
}

/// Returns the products of the sampled positions of a picture with those of a square painting, layer by layer.
fn split(layers: &[Layer], (width, height): (usize, usize), side: usize) -> u64 {
    let products = |layer: &Layer| {
        let own = sampled(layer.size(width), layer.size(height), layer.size(TILE));
        let of_painting = sampled(layer.size(side), layer.size(side), usize::MAX);
        own * of_painting * (ORIENTATIONS * layer.outputs()) as u64
    };
    layers.iter().map(products).sum()
}

/// Returns the number of positions of a grid that has at most [`SAMPLED`] in `most` of the longer side, or in all of it.
fn sampled(width: usize, height: usize, most: usize) -> u64 {
    let step = width.max(height).min(most).div_ceil(SAMPLED).max(1);
    width.div_ceil(step) as u64 * height.div_ceil(step) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_of_a_small_picture_are_counted_by_hand() {
        let layers: Vec<_> = VGG16.layers().take(1).collect();
        // 8 x 4 positions of the picture, 16 x 16 in each of four orientations of the painting, 64 channels.
        assert_eq!(matched(&layers, (32, 16), 64), 32 * 4 * 256 * 64);
        // The layer has the size of the picture: 64 of its 128 columns.
        assert_eq!(split(&layers, (128, 16), 64), (64 * 8) * 4 * (64 * 64) * 64);
        assert_eq!([(64, 64), (65, 64), (3, 1)].map(|(w, h)| sampled(w, h, 100)), [4096, 33 * 32, 3]);
        // Of two tiles, each has as many as one.
        assert_eq!(sampled(200, 64, 100), 100 * 32);
    }

    #[test]
    fn preparation_costs_some_steps_and_more_with_more_paintings() {
        let settings = NeighbourSettings { size: 256, ..NeighbourSettings::default() };
        let sizes = [(64, 43), (128, 86), (256, 172), (256, 172)];
        let one = stages(&settings, &sizes, 1).unwrap();
        let steps: Vec<_> = one.iter().map(StageWork::preparation_in_passes).collect();
        assert!(steps.iter().all(|steps| (3.0..20.0).contains(steps)), "{steps:?}");
        assert_eq!(one[..3].iter().map(|work| work.search).collect::<Vec<_>>(), [0; 3]);
        assert!(one[3].search > 0 && one[3].pass == one[2].pass);
        let two = stages(&settings, &sizes, 2).unwrap();
        assert!(two.iter().zip(&one).all(|(two, one)| two.preparation > one.preparation && two.pass == one.pass));
        assert_eq!(two[3].search, 2 * one[3].search);
    }
}
