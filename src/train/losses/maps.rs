//! The features of pictures for neighbour matching, of large pictures tile by tile.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use burn::tensor::Tensor;

use crate::error::Result;
use crate::net::models::vgg::Layer;
use crate::settings::{SAMPLED, STEP, TILE, Tile};
use crate::train::device::read;
use crate::train::losses::regions::{Grid, Region, Regions};
use crate::train::ops::resample::{every, resample};
use crate::train::{FeatureMap, Features};

/// Lower bound of scales: features of a black picture have none.
const SMALLEST: f32 = 1e-8;

/// The features of a tile of a picture: for each layer `[height][width][channels]`.
#[derive(Clone)]
pub struct Maps {
    /// The features of each layer.
    pub layers: Vec<Tensor<3>>,
    /// The tile in the plane of each layer.
    planes: Vec<Tile>,
    /// The tile in the plane of hypercolumns.
    hypercolumns: Tile,
    /// For each layer, the number of pixels of the picture for a position along a side.
    scales: Vec<usize>,
}

/// A picture whose features are computed tile by tile, whenever they are needed.
pub struct Tiled<'a> {
    features: &'a Features,
    layers: &'a BTreeSet<Layer>,
    /// `[1][3][height][width]`.
    picture: Tensor<4>,
    tiles: Vec<Tile>,
    /// The features of a picture of one tile, once they are computed.
    only: OnceCell<Maps>,
}

impl Maps {
    /// Computes the features of `seen`, the part of a picture that `tile` sees, `[1][3][height][width]`, at `layers`.
    /// Differentiable.
    pub fn of(features: &Features, seen: Tensor<4>, tile: &Tile, layers: &BTreeSet<Layer>) -> Self {
        let found = features.of(seen, layers);
        let interleaved = |map: &FeatureMap| map.maps().permute([0, 2, 3, 1]).squeeze_dim(0);
        let scales: Vec<_> = layers.iter().map(scale).collect();
        Self {
            layers: found.values().map(interleaved).collect(),
            planes: scales.iter().map(|scale| tile.in_plane(*scale)).collect(),
            hypercolumns: tile.in_plane(STEP),
            scales,
        }
    }

    /// Returns the height and the width of the plane of hypercolumns.
    pub fn size(&self) -> (usize, usize) {
        self.hypercolumns.seen()
    }

    /// Returns the positions of the inside in the plane of hypercolumns.
    pub fn inside(&self) -> Grid {
        Grid::ALL.within(&self.hypercolumns)
    }

    /// Returns the hypercolumns at the positions `grid`, layer by layer, each divided by its scale: `[positions][channels]`.
    pub fn columns(&self, scales: &[f32], grid: Grid) -> Vec<Tensor<2>> {
        let (height, width) = self.size();
        let column = |(x, scale): (&Tensor<3>, &f32)| {
            rows(resample(resample(x.clone(), 0, height, grid.rows), 1, width, grid.columns)) / *scale
        };
        self.layers.iter().zip(scales).map(column).collect()
    }

    /// Returns the features of layer `index` at the positions of the inside that are in `grid`: `[positions][channels]`.
    pub fn at(&self, index: usize, grid: Grid) -> Tensor<2> {
        let Grid { rows: down, columns } = grid.within(&self.planes[index]);
        rows(every(every(self.layers[index].clone(), 0, down), 1, columns))
    }

    /// Returns the grid of layer `index` that is sampled in round `round`, in each tile at most 64 positions a side.
    pub fn sampling(&self, index: usize, round: usize) -> Grid {
        sampling(&self.planes[index], TILE / self.scales[index], round)
    }
}

impl<'a> Tiled<'a> {
    /// Prepares `picture`, `[1][3][height][width]`.
    pub fn new(features: &'a Features, layers: &'a BTreeSet<Layer>, picture: Tensor<4>) -> Self {
        let [_, _, height, width] = picture.dims();
        Self { features, layers, picture, tiles: Tile::of(height, width), only: OnceCell::new() }
    }

    /// Returns the tiles.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Computes the features of a tile.
    pub fn maps(&self, number: usize) -> Maps {
        let compute = || {
            let tile = &self.tiles[number];
            Maps::of(self.features, seen(&self.picture, tile), tile, self.layers)
        };
        if self.tiles.len() == 1 { self.only.get_or_init(compute).clone() } else { compute() }
    }

    /// Returns the tiles in the plane of hypercolumns.
    pub fn hypercolumn_planes(&self) -> Vec<Tile> {
        self.tiles.iter().map(|tile| tile.in_plane(STEP)).collect()
    }

    /// Returns the tiles in the plane of each layer.
    pub(super) fn planes(&self) -> impl Iterator<Item = (usize, Vec<Tile>)> {
        self.layers.iter().map(|layer| {
            let scale = scale(layer);
            (scale, self.tiles.iter().map(|tile| tile.in_plane(scale)).collect())
        })
    }

    /// Returns the regions of all positions of hypercolumns, for each tile those of all paintings.
    ///
    /// # Errors
    /// As [`Regions::at`].
    pub fn regions(&self, regions: &Regions) -> Result<Vec<Vec<Option<Region>>>> {
        regions.at(&self.hypercolumn_planes(), Grid::ALL, &self.picture.device())
    }

    /// Returns for each layer the regions of the positions that are sampled in round `round`, for each tile those of all
    /// paintings.
    ///
    /// # Errors
    /// As [`Regions::at`].
    pub fn sampled_regions(&self, regions: &Regions, round: usize) -> Result<Vec<Vec<Vec<Option<Region>>>>> {
        let of_layer = |(scale, planes): (usize, Vec<Tile>)| {
            let grid = planes.first().map_or(Grid::ALL, |plane| sampling(plane, TILE / scale, round));
            regions.at(&planes, grid, &self.picture.device())
        };
        self.planes().map(of_layer).collect()
    }

    /// Returns the grid of a layer of this number that has at most 64 positions a side in the whole picture.
    pub fn sparse(&self, index: usize) -> Grid {
        self.tiles
            .first()
            .zip(self.layers.iter().nth(index))
            .map_or(Grid::ALL, |(tile, layer)| sampling(&tile.in_plane(scale(layer)), usize::MAX, 0))
    }

    /// Returns the grid of hypercolumns that has at most 64 positions a side in the whole picture.
    pub fn sparse_columns(&self) -> Grid {
        self.tiles.first().map_or(Grid::ALL, |tile| sampling(&tile.in_plane(STEP), usize::MAX, 0))
    }

    /// Returns the scale of each layer: the root mean square of its features times the root of its channels, so that all layers
    /// of the picture weigh the same.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn scales(&self) -> Result<Vec<f32>> {
        let mut sums: Vec<Tensor<1>> = Vec::new();
        for number in 0..self.tiles.len() {
            let maps = self.maps(number);
            for (i, (plane, layer)) in maps.planes.iter().zip(&maps.layers).enumerate() {
                let x = maps.at(i, Grid::ALL);
                let positions = plane.rows.whole * plane.columns.whole * layer.dims()[2];
                let [count, channels] = x.dims();
                let mean = (x.clone() * x).mean() * (count * channels) as f32 / positions as f32;
                match sums.get_mut(i) {
                    Some(sum) => *sum = sum.clone() + mean,
                    None => sums.push(mean),
                }
            }
        }
        let squares = read(Tensor::cat(sums, 0)).await?;
        let channels = self.layers.iter().map(|layer| layer.outputs() as f32);
        Ok(squares.iter().zip(channels).map(|(square, channels)| (square * channels).sqrt().max(SMALLEST)).collect())
    }
}

/// Returns the number of pixels of a picture for a position of `layer` along a side.
fn scale(layer: &Layer) -> usize {
    TILE / layer.size(TILE)
}

/// Returns the part of `picture`, `[1][3][height][width]`, that features of a tile are computed of.
pub fn seen(picture: &Tensor<4>, tile: &Tile) -> Tensor<4> {
    let Tile { rows, columns } = tile;
    let part = picture.clone().narrow(2, rows.seen.start, rows.seen.len());
    part.narrow(3, columns.seen.start, columns.seen.len())
}

/// Returns the grid of round `round` that has at most [`SAMPLED`] positions in `most` positions of the plane of a tile, or in its
/// longer side if that is shorter. As many rounds as there are grids have all positions.
fn sampling(plane: &Tile, most: usize, round: usize) -> Grid {
    let longer = plane.rows.whole.max(plane.columns.whole);
    let step = longer.min(most).div_ceil(SAMPLED).max(1);
    // Adjacent rounds are apart in both directions.
    Grid::shifted(step, round * (step + 1) % (step * step))
}

/// Returns `[height][width][channels]` as `[positions][channels]`.
fn rows(x: Tensor<3>) -> Tensor<2> {
    let [height, width, channels] = x.dims();
    x.reshape([height * width, channels])
}
