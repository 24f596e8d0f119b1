//! Neighbour matching (Kolkin et al. 2022, "Neural Neighbor Style Transfer"): each position of a picture takes the features of
//! the position of the paintings that resembles it most.
//!
//! Features of a position are *hypercolumns*: all layers, each divided by its scale in the painting and resampled to a quarter of
//! the picture's sides, one after the other.

use std::collections::BTreeSet;

use burn::tensor::{Int, Tensor};

use crate::error::Result;
use crate::net::models::vgg::{Layer, Vgg};
use crate::settings::{BLOCK, SAMPLED, STEP};
use crate::train::device::read;
use crate::train::ops::resample::{every, resample};
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

    /// Returns the hypercolumns at every `step`th position of both sides, layer by layer: `[positions][channels]`.
    fn columns(&self, scales: &[f32], step: usize) -> Vec<Tensor<2>> {
        let (height, width) = self.size;
        let column = |(x, scale): (&Tensor<3>, &f32)| {
            let x = resample(resample(x.clone(), 0, height), 1, width);
            rows(every(every(x, 0, step), 1, step)) / *scale
        };
        self.layers.iter().zip(scales).map(column).collect()
    }

    /// Returns the features of layer `index` at a grid of at most [`SAMPLED`] positions a side: `[positions][channels]`.
    fn sampled(&self, index: usize) -> Tensor<2> {
        let x = self.layers[index].clone();
        let [height, width, _] = x.dims();
        let step = grid_step(height, width);
        rows(every(every(x, 0, step), 1, step))
    }
}

/// The distance of the positions of a grid with at most [`SAMPLED`] positions on the longer side.
fn grid_step(height: usize, width: usize) -> usize {
    height.max(width).div_ceil(SAMPLED)
}

/// Returns `[height][width][channels]` as `[positions][channels]`.
fn rows(x: Tensor<3>) -> Tensor<2> {
    let [height, width, channels] = x.dims();
    x.reshape([height * width, channels])
}

/// The hypercolumns of a painting in all its orientations.
pub struct Hypercolumns {
    scales: Vec<f32>,
    /// Layer by layer: `[positions][channels]`.
    columns: Vec<Tensor<2>>,
}

/// For each position of a picture, the direction of the hypercolumn that it shall have.
pub struct Targets {
    scales: Vec<f32>,
    /// Layer by layer: `[positions][channels]`.
    directions: Vec<Tensor<2>>,
}

/// What *feature splitting* matches with: the directions of the features of a painting in all its orientations, at a grid of
/// positions of each layer, `[positions][channels]`.
pub struct Samples(Vec<Tensor<2>>);

impl Hypercolumns {
    /// Collects the hypercolumns of the `orientations` of a painting, which exist one at a time. The first gives the scales. Above
    /// 256 pixels, a grid of positions stands for all.
    ///
    /// # Errors
    /// As [`read`], and those of the orientations.
    pub async fn of(orientations: impl IntoIterator<Item = Result<Maps>>) -> Result<Self> {
        let (mut scales, mut each) = (Vec::new(), Vec::new());
        for maps in orientations {
            let maps = maps?;
            if scales.is_empty() {
                scales = maps.scales().await?;
            }
            each.push(maps.columns(&scales, grid_step(maps.size.0, maps.size.1)));
        }
        let columns =
            (0..scales.len()).map(|i| Tensor::cat(each.iter().map(|columns| columns[i].clone()).collect(), 0));
        Ok(Self { columns: columns.collect(), scales })
    }

    /// Returns the scale of each layer.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Returns for each position of `content` the row of the painting with the largest cosine of centred hypercolumns.
    pub fn nearest(&self, content: &Maps) -> Tensor<1, Int> {
        let own = directions(Tensor::cat(content.columns(&self.scales, 1), 1));
        nearest(&own, &directions(Tensor::cat(self.columns.clone(), 1)))
    }

    /// Returns the rows `index` of the painting as targets.
    pub fn targets(self, index: &Tensor<1, Int>) -> Targets {
        let found: Vec<_> = self.columns.into_iter().map(|x| x.select(0, index.clone())).collect();
        let length = length(&found);
        Targets { scales: self.scales, directions: found.into_iter().map(|x| x / length.clone()).collect() }
    }
}

impl Targets {
    /// Returns the mean over all positions of one minus the cosine between the hypercolumns of a picture and the targets. Both
    /// have the same size.
    pub fn loss(&self, picture: &Maps) -> Tensor<1> {
        let columns = picture.columns(&self.scales, 1);
        let length = length(&columns);
        let products = columns.into_iter().zip(&self.directions);
        let products = products.map(|(x, direction)| (x * direction.clone().autodiff()).sum_dim(1)).collect();
        (Tensor::cat(products, 1).sum_dim(1) / length).mean().neg() + 1.0
    }
}

impl Samples {
    /// Collects the features of the `orientations` of a painting, which exist one at a time.
    ///
    /// # Errors
    /// Those of the orientations.
    pub fn of(orientations: impl IntoIterator<Item = Result<Maps>>) -> Result<Self> {
        let sampled = |maps: Result<Maps>| maps.map(|maps| (0..maps.layers.len()).map(|i| maps.sampled(i)).collect());
        let each: Vec<Vec<_>> = orientations.into_iter().map(sampled).collect::<Result<_>>()?;
        let layers = each.first().map_or(0, Vec::len);
        let all = |i: usize| Tensor::cat(each.iter().map(|samples| samples[i].clone()).collect(), 0);
        Ok(Self((0..layers).map(|i| directions(all(i))).collect()))
    }

    /// Returns, summed over the layers, the mean over a grid of positions of one minus the cosine of centred features between a
    /// position of the picture and its nearest one of the painting, which is found anew.
    pub fn loss(&self, picture: &Maps) -> Tensor<1> {
        let losses = self.0.iter().enumerate().map(|(i, among)| {
            let own = directions(picture.sampled(i));
            let index = nearest(&own.clone().inner(), among);
            let found = among.clone().select(0, index).autodiff();
            (own * found).sum_dim(1).mean().neg() + 1.0
        });
        Tensor::cat(losses.collect(), 0).sum()
    }
}

/// Returns the length of each row, whose parts are those of the layers: `[positions][1]`.
fn length(parts: &[Tensor<2>]) -> Tensor<2> {
    let squares = parts.iter().map(|x| (x.clone() * x.clone()).sum_dim(1)).collect();
    Tensor::cat(squares, 1).sum_dim(1).clamp_min(SMALLEST).sqrt()
}

/// Returns the direction of each row of `x` from the mean of all rows.
fn directions(x: Tensor<2>) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(0);
    let length = length(std::slice::from_ref(&centred));
    centred / length
}

/// Returns for each row of `own` the row of `among` with the largest product. Only a block of the products exists at a time.
fn nearest(own: &Tensor<2>, among: &Tensor<2>) -> Tensor<1, Int> {
    let ([rows, _], [columns, _]) = (own.dims(), among.dims());
    let blocks = (0..rows).step_by(BLOCK.0).map(|row| {
        let part = own.clone().narrow(0, row, BLOCK.0.min(rows - row));
        let mut best: Option<(Tensor<2>, Tensor<2, Int>)> = None;
        for column in (0..columns).step_by(BLOCK.1) {
            let other = among.clone().narrow(0, column, BLOCK.1.min(columns - column));
            let (value, index) = part.clone().matmul(other.transpose()).max_dim_with_indices(1);
            let index = index + column as i32;
            best = Some(match best {
                None => (value, index),
                Some((before, at)) => {
                    let better = value.clone().greater(before.clone());
                    (before.mask_where(better.clone(), value), at.mask_where(better, index))
                }
            });
        }
        best.map(|(_, index)| index.squeeze_dim(1))
    });
    Tensor::cat(blocks.flatten().collect(), 0)
}
