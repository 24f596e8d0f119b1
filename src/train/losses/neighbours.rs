//! Neighbour matching (Kolkin et al. 2022, "Neural Neighbor Style Transfer"): each position of a picture takes the features of
//! the position of the paintings that resembles it most.
//!
//! Features of a position are *hypercolumns*: all layers, each divided by its scale in the painting and resampled to a quarter of
//! the picture's sides, one after the other.

use std::collections::BTreeSet;
#[cfg(feature = "cpu")]
use std::sync::Arc;

use burn::tensor::{Int, Tensor};

#[cfg(feature = "cpu")]
use crate::cpu::differentiable::Positions;
use crate::error::Result;
use crate::image::Image;
use crate::net::models::vgg::{Layer, Vgg};
use crate::settings::{DENSE, SAMPLED, STEP};
#[cfg(feature = "cpu")]
use crate::train::device::is_graphics;
use crate::train::device::read;
use crate::train::losses::regions::{Grid, Region, Regions, white};
#[cfg(feature = "cpu")]
use crate::train::ops::hypercolumn;
use crate::train::ops::nearest::nearest;
use crate::train::ops::resample::{every, resample};
use crate::train::ops::rows::{length, unit};
use crate::train::{FeatureMap, Features};

/// Lower bound of squared lengths: features of a black picture have none.
const SMALLEST: f32 = 1e-8;

/// Returns the layers of hypercolumns: all ReLU outputs up to `relu4_3`.
///
/// # Errors
/// [`crate::error::Error::Style`] if the network does not have that layer.
pub fn layers(vgg: &Vgg) -> Result<BTreeSet<Layer>> {
    let last = vgg.layer("relu4_3")?;
    Ok(vgg.layers().take_while(|layer| *layer <= last).collect())
}

/// The features of a picture: for each layer `[height][width][channels]`.
pub struct Maps {
    layers: Vec<Tensor<3>>,
    /// Height and width of the hypercolumns.
    size: (usize, usize),
}

impl Maps {
    /// Computes the features of `picture`, `[1][3][height][width]`, at `layers`. Differentiable.
    pub fn of(features: &Features, picture: Tensor<4>, layers: &BTreeSet<Layer>) -> Self {
        let [_, _, height, width] = picture.dims();
        let found = features.of(picture, layers);
        let interleaved = |map: &FeatureMap| map.maps().permute([0, 2, 3, 1]).squeeze_dim(0);
        Self {
            layers: found.values().map(interleaved).collect(),
            size: ((height / STEP).max(1), (width / STEP).max(1)),
        }
    }

    /// Returns the features without their way to the picture: losses of them cannot be differentiated.
    pub fn inner(&self) -> Self {
        Self { layers: self.layers.iter().map(|x| x.clone().inner()).collect(), size: self.size }
    }

    /// Returns the grids of positions that steps take in turns: one of all positions, or several of a part of them each where there
    /// are many.
    pub fn grids(&self) -> Vec<Grid> {
        let step = self.size.0.max(self.size.1).div_ceil(DENSE);
        (0..step * step).map(|number| Grid::shifted(step, number)).collect()
    }

    /// Returns the regions among the positions `grid` of hypercolumns.
    ///
    /// # Errors
    /// As [`Regions::at`].
    pub fn regions(&self, regions: &Regions, grid: Grid) -> Result<Vec<Option<Region>>> {
        regions.at(self.size, grid, &self.layers[0].device())
    }

    /// Returns for each layer the regions of the positions that are sampled in round `round`.
    ///
    /// # Errors
    /// As [`Regions::at`].
    pub fn sampled_regions(&self, regions: &Regions, round: usize) -> Result<Vec<Vec<Option<Region>>>> {
        let of_layer = |x: &Tensor<3>| {
            let [height, width, _] = x.dims();
            regions.at((height, width), sampling(height, width, round), &x.device())
        };
        self.layers.iter().map(of_layer).collect()
    }

    /// Returns the scale of each layer: the root mean square of its features times the root of its channels, so that all layers
    /// of the picture weigh the same.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn scales(&self) -> Result<Vec<f32>> {
        let squares = self.layers.iter().map(|x| (x.clone() * x.clone()).mean()).collect();
        let squares = read(Tensor::cat(squares, 0)).await?;
        let channels = self.layers.iter().map(|x| x.dims()[2] as f32);
        Ok(squares.iter().zip(channels).map(|(square, channels)| (square * channels).sqrt().max(SMALLEST)).collect())
    }

    /// Returns the hypercolumns at the positions `grid`, layer by layer: `[positions][channels]`.
    fn columns(&self, scales: &[f32], grid: Grid) -> Vec<Tensor<2>> {
        let (height, width) = self.size;
        let column = |(x, scale): (&Tensor<3>, &f32)| {
            rows(resample(resample(x.clone(), 0, height, grid.rows), 1, width, grid.columns)) / *scale
        };
        self.layers.iter().zip(scales).map(column).collect()
    }

    /// Returns the features of layer `index` at a grid of at most [`SAMPLED`] positions a side, another one in each round:
    /// `[positions][channels]`.
    fn sampled(&self, index: usize, round: usize) -> Tensor<2> {
        let x = self.layers[index].clone();
        let [height, width, _] = x.dims();
        let Grid { rows: down, columns } = sampling(height, width, round);
        rows(every(every(x, 0, down), 1, columns))
    }

    /// As [`Self::sampled`] in the first round, only where `mask` is white.
    fn sampled_part(&self, index: usize, mask: Option<&Image>) -> Result<Tensor<2>> {
        let x = self.sampled(index, 0);
        let [height, width, _] = self.layers[index].dims();
        let part =
            mask.map(|mask| white(mask, (height, width), sampling(height, width, 0), &x.device())).transpose()?;
        Ok(chosen(x, part.as_ref()))
    }
}

/// The grid of round `round` with at most [`SAMPLED`] positions on the longer side. As many rounds as there are grids have all
/// positions.
fn sampling(height: usize, width: usize, round: usize) -> Grid {
    let step = height.max(width).div_ceil(SAMPLED);
    // Adjacent rounds are apart in both directions.
    Grid::shifted(step, round * (step + 1) % (step * step))
}

/// Returns `[height][width][channels]` as `[positions][channels]`.
fn rows(x: Tensor<3>) -> Tensor<2> {
    let [height, width, channels] = x.dims();
    x.reshape([height * width, channels])
}

/// One orientation of a painting.
pub struct Orientation {
    /// Its features.
    pub maps: Maps,
    /// The grey mask of the part of the painting that is compared, in the same orientation; all of it without.
    pub mask: Option<Image>,
}

/// The hypercolumns of a painting in all its orientations.
pub struct Hypercolumns {
    scales: Vec<f32>,
    /// Layer by layer: `[positions][channels]`.
    columns: Vec<Tensor<2>>,
}

/// For each position of a region, the direction of the hypercolumn that it shall have.
pub struct Targets {
    scales: Vec<f32>,
    /// The directions of all hypercolumns of the painting, layer by layer: `[positions of the painting][channels]`.
    painting: Vec<Tensor<2>>,
    /// One for each of [`Maps::grids`] in which the painting applies anywhere.
    parts: Vec<Option<TargetPart>>,
    /// The directions of the part with that number, layer by layer.
    selected: (usize, Vec<Tensor<2>>),
    /// Where its positions lie in each layer.
    #[cfg(feature = "cpu")]
    positions: Vec<Arc<Positions>>,
}

/// The positions of one grid with their nearest of the painting.
pub struct TargetPart {
    grid: Grid,
    region: Region,
    index: Tensor<1, Int>,
}

/// What *feature splitting* matches with: the directions of the features of a painting in all its orientations, at a grid of
/// positions of each layer.
pub struct Samples {
    /// Layer by layer: `[positions of the painting][channels]`.
    among: Vec<Tensor<2>>,
    /// The round of the positions of the picture.
    round: usize,
    /// For each layer in which the painting applies anywhere, the region and the nearest of its positions,
    /// `[positions][channels]`.
    found: Vec<Option<(Region, Tensor<2>)>>,
}

impl Hypercolumns {
    /// Collects the hypercolumns of the `orientations` of a painting, which exist one at a time. The first gives the scales. Above
    /// 256 pixels, a grid of positions stands for all.
    ///
    /// # Errors
    /// As [`read`] and [`white`], and those of the orientations.
    pub async fn of(orientations: impl IntoIterator<Item = Result<Orientation>>) -> Result<Self> {
        let (mut scales, mut each) = (Vec::new(), Vec::new());
        for orientation in orientations {
            let Orientation { maps, mask } = orientation?;
            if scales.is_empty() {
                scales = maps.scales().await?;
            }
            let grid = sampling(maps.size.0, maps.size.1, 0);
            let columns = maps.columns(&scales, grid);
            let device = columns[0].device();
            let part = mask.map(|mask| white(&mask, maps.size, grid, &device)).transpose()?;
            each.push(columns.into_iter().map(|x| chosen(x, part.as_ref())).collect::<Vec<_>>());
        }
        let columns =
            (0..scales.len()).map(|i| Tensor::cat(each.iter().map(|columns| columns[i].clone()).collect(), 0));
        Ok(Self { columns: columns.collect(), scales })
    }

    /// Returns the scale of each layer.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Finds for the positions of each region, one for each of the `grids` of `content`, the row of the painting with the largest
    /// cosine of centred hypercolumns.
    pub fn nearest(&self, content: &Maps, grids: &[Grid], regions: Vec<Option<Region>>) -> Vec<Option<TargetPart>> {
        let among = directions(Tensor::cat(self.columns.clone(), 1));
        let part = |(grid, region): (&Grid, Option<Region>)| {
            let region = region?;
            let own = Tensor::cat(content.columns(&self.scales, *grid), 1);
            let index = nearest(&directions(chosen(own, region.rows.as_ref())), &among);
            Some(TargetPart { grid: *grid, region, index })
        };
        grids.iter().zip(regions).map(part).collect()
    }

    /// Takes what was found for the grids of a picture as targets.
    pub fn targets(self, parts: Vec<Option<TargetPart>>) -> Targets {
        let length = length(&self.columns);
        let painting = self.columns.into_iter().map(|x| x / length.clone()).collect();
        Targets {
            scales: self.scales,
            painting,
            parts,
            selected: (usize::MAX, Vec::new()),
            #[cfg(feature = "cpu")]
            positions: Vec::new(),
        }
    }
}

impl TargetPart {
    /// Returns for each position the row of the painting.
    pub fn index(&self) -> &Tensor<1, Int> {
        &self.index
    }
}

impl Targets {
    /// Returns the weighted sum over the region of one minus the cosine between the hypercolumns of a picture and the targets, at
    /// the positions whose turn it is in step `step`. `None` if the painting applies to none of them.
    pub fn loss(&mut self, picture: &Maps, step: usize) -> Option<Tensor<1>> {
        let number = step % self.parts.len();
        let TargetPart { grid, region, index } = self.parts[number].as_ref()?;
        if self.selected.0 != number {
            let selected = self.painting.iter().map(|x| x.clone().select(0, index.clone())).collect();
            self.selected = (number, selected);
            #[cfg(feature = "cpu")]
            {
                self.positions = positions(picture, &self.scales, *grid, region);
            }
        }
        Some(region.distance(self.cosines(picture, *grid, region)))
    }

    /// Returns the cosines between the hypercolumns of the positions of a region and their targets, `[positions][1]`.
    fn cosines(&self, picture: &Maps, grid: Grid, region: &Region) -> Tensor<2> {
        #[cfg(feature = "cpu")]
        if !is_graphics(&picture.layers[0].device()) {
            let layers = picture.layers.iter().zip(&self.selected.1).zip(&self.positions);
            let products = layers.map(|((x, targets), positions)| {
                hypercolumn::products(x.clone(), targets.clone(), positions.clone()).unsqueeze_dim(0)
            });
            let sums: Tensor<2> = Tensor::<3>::cat(products.collect(), 0).sum_dim(0).squeeze_dim(0);
            let length = sums.clone().narrow(1, 1, 1).clamp_min(SMALLEST).sqrt();
            return sums.narrow(1, 0, 1) / length;
        }
        let columns = picture.columns(&self.scales, grid);
        let columns: Vec<_> = columns.into_iter().map(|x| chosen(x, region.rows.as_ref())).collect();
        let length = length(&columns);
        let products = columns.into_iter().zip(&self.selected.1);
        let products = products.map(|(x, direction)| (x * direction.clone().autodiff()).sum_dim(1)).collect();
        Tensor::cat(products, 1).sum_dim(1) / length
    }
}

/// Returns where the positions of a region lie in each layer of `picture`.
#[cfg(feature = "cpu")]
fn positions(picture: &Maps, scales: &[f32], grid: Grid, region: &Region) -> Vec<Arc<Positions>> {
    let of_layer = |(x, scale): (&Tensor<3>, &f32)| {
        let [height, width, _] = x.dims();
        let (every, chosen) = ((grid.rows, grid.columns), region.numbers.as_deref());
        Arc::new(Positions::new((height, width), picture.size, every, chosen, 1.0 / scale))
    };
    picture.layers.iter().zip(scales).map(of_layer).collect()
}

impl Samples {
    /// Collects the features of the `orientations` of a painting, which exist one at a time.
    ///
    /// # Errors
    /// As [`white`], and those of the orientations.
    pub fn of(orientations: impl IntoIterator<Item = Result<Orientation>>) -> Result<Self> {
        let mut each: Vec<Vec<Tensor<2>>> = Vec::new();
        for orientation in orientations {
            let Orientation { maps, mask } = orientation?;
            let sampled = (0..maps.layers.len()).map(|i| maps.sampled_part(i, mask.as_ref()));
            each.push(sampled.collect::<Result<_>>()?);
        }
        let all = |i: usize| Tensor::cat(each.iter().map(|samples| samples[i].clone()).collect(), 0);
        let layers = each.first().map_or(0, Vec::len);
        Ok(Self { among: (0..layers).map(|i| directions(all(i))).collect(), round: 0, found: Vec::new() })
    }

    /// Finds the nearest position of the painting for the positions of `picture` that are sampled in round `round`. `regions` has
    /// the region of each layer.
    pub fn find(&mut self, picture: &Maps, regions: impl IntoIterator<Item = Option<Region>>, round: usize) {
        let pick = |((i, region), among): ((usize, Option<Region>), &Tensor<2>)| {
            let region = region?;
            let own = directions(chosen(picture.sampled(i, round), region.rows.as_ref()));
            Some((region, among.clone().select(0, nearest(&own, among))))
        };
        self.found = regions.into_iter().enumerate().zip(&self.among).map(pick).collect();
        self.round = round;
    }

    /// Returns, summed over the layers, the weighted sum over the regions of one minus the cosine of centred features between a
    /// position of the picture and the one of the painting that was found for it. `None` if the painting applies nowhere.
    pub fn loss(&self, picture: &Maps) -> Option<Tensor<1>> {
        let losses = self.found.iter().enumerate().filter_map(|(i, found)| {
            let (region, found) = found.as_ref()?;
            let own = directions(chosen(picture.sampled(i, self.round), region.rows.as_ref()));
            Some(region.distance((own * found.clone().autodiff()).sum_dim(1)))
        });
        summed(losses.collect())
    }
}

/// Returns the sum of losses, if there are any.
pub fn summed(losses: Vec<Tensor<1>>) -> Option<Tensor<1>> {
    (!losses.is_empty()).then(|| Tensor::cat(losses, 0).sum())
}

impl Region {
    /// Returns the weighted sum of one minus `cosines`, `[positions][1]`.
    fn distance(&self, cosines: Tensor<2>) -> Tensor<1> {
        ((cosines.neg() + 1.0) * self.weights.clone().autodiff()).sum()
    }
}

/// Returns the rows `rows` of `x`; all of them without.
fn chosen(x: Tensor<2>, rows: Option<&Tensor<1, Int>>) -> Tensor<2> {
    match rows {
        Some(rows) => x.select(0, rows.clone()),
        None => x,
    }
}

/// Returns the direction of each row of `x` from the mean of all rows.
fn directions(x: Tensor<2>) -> Tensor<2> {
    unit(x.clone() - x.mean_dim(0))
}
