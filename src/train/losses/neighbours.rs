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
use crate::train::device::breathe;
#[cfg(feature = "cpu")]
use crate::train::device::is_graphics;
use crate::train::losses::maps::{Maps, Tiled};
use crate::train::losses::regions::{Region, white};
#[cfg(feature = "cpu")]
use crate::train::ops::hypercolumn;
use crate::train::ops::nearest::nearest;
use crate::train::ops::resample::indices;
use crate::train::ops::rows::{length, unit};

/// Lower bound of squared lengths.
#[cfg(feature = "cpu")]
const SMALLEST: f32 = 1e-8;

/// Returns the layers of hypercolumns: all ReLU outputs up to `relu4_3`.
///
/// # Errors
/// [`crate::error::Error::Style`] if the network does not have that layer.
pub fn layers(vgg: &Vgg) -> Result<BTreeSet<Layer>> {
    let last = vgg.layer("relu4_3")?;
    Ok(vgg.layers().take_while(|layer| *layer <= last).collect())
}

/// One orientation of a painting.
pub struct Orientation<'a> {
    /// Its picture.
    pub picture: Tiled<'a>,
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
    /// One for each tile of the picture in which the painting applies anywhere.
    parts: Vec<Option<TargetPart>>,
    /// The directions of the part with that number, layer by layer.
    selected: (usize, Vec<Tensor<2>>),
    /// Where its positions lie in each layer.
    #[cfg(feature = "cpu")]
    positions: Vec<Arc<Positions>>,
}

/// The positions of one tile with their nearest of the painting.
pub struct TargetPart {
    region: Region,
    index: Tensor<1, Int>,
}

impl Hypercolumns {
    /// Collects the hypercolumns of the `orientations` of a painting, which exist one at a time. The first gives the scales. Above
    /// 256 pixels, a grid of positions stands for all.
    ///
    /// # Errors
    /// As [`Tiled::scales`] and [`white`], and those of the orientations.
    pub async fn of<'a>(orientations: impl IntoIterator<Item = Result<Orientation<'a>>>) -> Result<Self> {
        let (mut scales, mut each) = (Vec::new(), Vec::new());
        for orientation in orientations {
            let Orientation { picture, mask } = orientation?;
            if scales.is_empty() {
                scales = picture.scales().await?;
            }
            let (planes, grid) = (picture.hypercolumn_planes(), picture.sparse_columns());
            let white = mask.map(|mask| white(&mask, &planes, grid)).transpose()?;
            for (number, plane) in planes.iter().enumerate() {
                let inside = grid.within(plane);
                let part = white.as_ref().map(|tiles| &tiles[number]);
                if part.map_or_else(|| inside.positions(plane.seen()), Vec::len) > 0 {
                    let columns = picture.maps(number).columns(&scales, inside);
                    each.push(columns.into_iter().map(|x| listed(x, part)).collect::<Vec<_>>());
                }
            }
        }
        let columns =
            (0..scales.len()).map(|i| Tensor::cat(each.iter().map(|columns| columns[i].clone()).collect(), 0));
        Ok(Self { columns: columns.collect(), scales })
    }

    /// Returns the scale of each layer.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Finds for the positions of each region, one for each tile of `content`, the row of the painting with the largest cosine of
    /// centred hypercolumns.
    pub async fn nearest(&self, content: &Tiled<'_>, regions: Vec<Option<Region>>) -> Vec<Option<TargetPart>> {
        let among = directions(Tensor::cat(self.columns.clone(), 1), None);
        let own = |number: usize, region: &Region| {
            let maps = content.maps(number);
            chosen(Tensor::cat(maps.columns(&self.scales, maps.inside()), 1), region.rows.as_ref())
        };
        let mut mean = Mean::default();
        if regions.len() > 1 {
            let there = regions.iter().enumerate().filter_map(|(i, region)| Some((i, region.as_ref()?)));
            there.for_each(|(i, region)| mean.add(own(i, region)));
        }
        let center = mean.value();
        let mut parts = Vec::with_capacity(regions.len());
        for (i, region) in regions.into_iter().enumerate() {
            parts.push(region.map(|region| {
                let index = nearest(&directions(own(i, &region), center.as_ref()), &among);
                TargetPart { region, index }
            }));
            breathe().await;
        }
        parts
    }

    /// Takes what was found for the tiles of a picture as targets.
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
    /// Returns for the tile `number` of a picture the weighted sum over its region of one minus the cosine between the hypercolumns
    /// and the targets. `None` if the painting applies nowhere in the tile.
    pub fn loss(&mut self, picture: &Maps, number: usize) -> Option<Tensor<1>> {
        let TargetPart { region, index } = self.parts[number].as_ref()?;
        if self.selected.0 != number {
            let selected = self.painting.iter().map(|x| x.clone().select(0, index.clone())).collect();
            self.selected = (number, selected);
            #[cfg(feature = "cpu")]
            {
                self.positions = positions(picture, &self.scales, region);
            }
        }
        Some(region.distance(self.cosines(picture, region)))
    }

    /// Returns the cosines between the hypercolumns of the positions of a region and their targets, `[positions][1]`.
    fn cosines(&self, picture: &Maps, region: &Region) -> Tensor<2> {
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
        let columns = picture.columns(&self.scales, picture.inside());
        let columns: Vec<_> = columns.into_iter().map(|x| chosen(x, region.rows.as_ref())).collect();
        let length = length(&columns);
        let products = columns.into_iter().zip(&self.selected.1);
        let products = products.map(|(x, direction)| (x * direction.clone().autodiff()).sum_dim(1)).collect();
        Tensor::cat(products, 1).sum_dim(1) / length
    }
}

/// Returns where the positions of a region lie in each layer of `picture`.
#[cfg(feature = "cpu")]
fn positions(picture: &Maps, scales: &[f32], region: &Region) -> Vec<Arc<Positions>> {
    let grid = picture.inside();
    let of_layer = |(x, scale): (&Tensor<3>, &f32)| {
        let [height, width, _] = x.dims();
        let (every, chosen) = ((grid.rows, grid.columns), region.numbers.as_deref());
        Arc::new(Positions::new((height, width), picture.size(), every, chosen, 1.0 / scale))
    };
    picture.layers.iter().zip(scales).map(of_layer).collect()
}

/// Returns the sum of losses, if there are any.
pub fn summed(losses: Vec<Tensor<1>>) -> Option<Tensor<1>> {
    (!losses.is_empty()).then(|| Tensor::cat(losses, 0).sum())
}

impl Region {
    /// Returns the weighted sum of one minus `cosines`, `[positions][1]`.
    pub(super) fn distance(&self, cosines: Tensor<2>) -> Tensor<1> {
        ((cosines.neg() + 1.0) * self.weights.clone().autodiff()).sum()
    }
}

/// Returns the rows `rows` of `x`; all of them without.
pub(super) fn chosen(x: Tensor<2>, rows: Option<&Tensor<1, Int>>) -> Tensor<2> {
    match rows {
        Some(rows) => x.select(0, rows.clone()),
        None => x,
    }
}

/// As [`chosen`], with a list.
pub(super) fn listed(x: Tensor<2>, rows: Option<&Vec<usize>>) -> Tensor<2> {
    let rows = rows.map(|rows| indices(rows.iter().copied(), &x.device()));
    chosen(x, rows.as_ref())
}

/// The mean of the rows of several tiles.
#[derive(Default)]
pub(super) struct Mean(Option<(Tensor<2>, usize)>);

impl Mean {
    /// Adds the rows `x`.
    pub(super) fn add(&mut self, x: Tensor<2>) {
        let (count, own) = (x.dims()[0], x.sum_dim(0));
        self.0 = Some(match self.0.take() {
            Some((sum, all)) => (sum + own, all + count),
            None => (own, count),
        });
    }

    /// Returns the mean, `[1][channels]`. `None` if no row was added.
    pub(super) fn value(self) -> Option<Tensor<2>> {
        self.0.map(|(sum, count)| sum / count as f32)
    }
}

/// Returns the direction of each row of `x` from `center`, or from the mean of all rows.
pub(super) fn directions(x: Tensor<2>, center: Option<&Tensor<2>>) -> Tensor<2> {
    let center = center.cloned().unwrap_or_else(|| x.clone().mean_dim(0));
    unit(x - center)
}
