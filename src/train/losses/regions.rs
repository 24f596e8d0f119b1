//! Where each painting applies in the photo, for neighbour matching.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::error::Result;
use crate::image::Image;
use crate::image::taps::Every;
use crate::train::device::tensor;

/// Masks below this value do not count: resampling leaves such values around the white parts.
const LEAST: f32 = 0.02;

/// Positions of a plane: every so many rows and columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The rows.
    pub rows: Every,
    /// The columns.
    pub columns: Every,
}

impl Grid {
    /// All positions.
    pub const ALL: Self = Self { rows: Every::ONE, columns: Every::ONE };

    /// Returns the grid of every `step`th row and column, from the first.
    pub fn every(step: usize) -> Self {
        let every = Every { first: 0, step };
        Self { rows: every, columns: every }
    }

    /// Returns grid `number` of the `step` x `step` grids that together have all positions.
    pub fn shifted(step: usize, number: usize) -> Self {
        let every = |first: usize| Every { first, step };
        Self { rows: every(number / step % step), columns: every(number % step) }
    }

    /// Returns the number of positions in a plane of height and width `size`.
    pub fn positions(self, size: (usize, usize)) -> usize {
        self.rows.of(size.0).count() * self.columns.of(size.1).count()
    }
}

/// For each painting its weight relative to the others, and the grey mask of the photo where it applies: white is full, black
/// is none. Without a mask it applies everywhere.
pub struct Regions(Vec<(f32, Option<Image>)>);

/// The positions of a grid where one painting applies.
#[derive(Debug, Clone)]
pub struct Region {
    /// Their numbers; `None` for all positions.
    pub rows: Option<Tensor<1, Int>>,
    /// The same in memory.
    pub numbers: Option<Arc<[usize]>>,
    /// The weight of each of them, `[positions][1]`. Those of all paintings sum to 1.
    pub weights: Tensor<2>,
}

impl Regions {
    /// Makes regions of the weight and the mask of each painting.
    pub fn new(paintings: Vec<(f32, Option<Image>)>) -> Self {
        Self(paintings)
    }

    /// Returns the region of each painting among the positions `grid` of `size`, height and width. `None` for a painting that
    /// applies to none of them.
    ///
    /// # Errors
    /// Those of [`Image::resized`].
    pub fn at(&self, size: (usize, usize), grid: Grid, device: &Device) -> Result<Vec<Option<Region>>> {
        let positions = grid.positions(size);
        let masks = self.0.iter().map(|(weight, mask)| match mask {
            _ if *weight <= 0.0 => Ok(vec![0.0; positions]),
            Some(mask) => counted(&cells(mask, size, grid)?),
            None => Ok(vec![1.0; positions]),
        });
        let masks = masks.collect::<Result<Vec<Vec<f32>>>>()?;
        let covered = |p: usize| masks.iter().map(|mask| mask[p]).fold(0.0, f32::max);
        let total = |p: usize| masks.iter().zip(&self.0).map(|(mask, (weight, _))| mask[p] * weight).sum::<f32>();
        let all: f32 = (0..positions).map(covered).sum();
        let region = |(mask, (weight, _)): (&Vec<f32>, &(f32, Option<Image>))| {
            let rows: Vec<usize> = (0..positions).filter(|p| mask[*p] > 0.0).collect();
            let weight = |p: &usize| covered(*p) * mask[*p] * weight / total(*p) / all;
            let weights: Vec<f32> = rows.iter().map(weight).collect();
            (!rows.is_empty()).then(|| Region {
                weights: tensor(weights, [rows.len(), 1], device),
                rows: (rows.len() < positions).then(|| numbers(&rows, device)),
                numbers: (rows.len() < positions).then(|| rows.into()),
            })
        };
        Ok(masks.iter().zip(&self.0).map(region).collect())
    }

    /// Returns for each pixel of a picture how much of it is painted; `None` for all of every pixel.
    ///
    /// # Errors
    /// Those of [`Image::resized`].
    pub fn coverage(&self, (width, height): (usize, usize)) -> Result<Option<Vec<f32>>> {
        let mut covered = vec![0.0_f32; width * height];
        for (_, mask) in self.0.iter().filter(|(weight, _)| *weight > 0.0) {
            let Some(mask) = mask else { return Ok(None) };
            let mask = mask.resized(width, height)?;
            covered.iter_mut().zip(mask.data().chunks_exact(3)).for_each(|(c, pixel)| *c = c.max(pixel[0].min(1.0)));
        }
        Ok(Some(covered))
    }
}

/// Returns the positions of a grid, as [`Regions::at`] has them, where `mask` is rather white than black, or those where it is
/// whitest.
///
/// # Errors
/// Those of [`Image::resized`].
pub fn white(mask: &Image, size: (usize, usize), grid: Grid, device: &Device) -> Result<Tensor<1, Int>> {
    let values = cells(mask, size, grid)?;
    let whitest = values.iter().copied().fold(0.0, f32::max);
    let rows: Vec<usize> = (0..values.len()).filter(|p| values[*p] > 0.5 || values[*p] == whitest).collect();
    Ok(numbers(&rows, device))
}

/// Returns the values of a mask without those that do not count.
fn counted(values: &[f32]) -> Result<Vec<f32>> {
    let whitest = values.iter().copied().fold(0.0, f32::max);
    let least = LEAST.min(whitest / 2.0);
    Ok(values.iter().map(|v| if *v > least { v.min(1.0) } else { 0.0 }).collect())
}

/// Returns the whitest value of `mask`, resized to `size`, height and width, in each cell of `grid`.
fn cells(mask: &Image, (height, width): (usize, usize), grid: Grid) -> Result<Vec<f32>> {
    let mask = mask.resized(width, height)?;
    let value = |y: usize, x: usize| mask.data()[3 * (y * width + x)];
    let Grid { rows, columns } = grid;
    let cell = |top: usize, left: usize| {
        let (ys, xs) = (top..(top + rows.step).min(height), left..(left + columns.step).min(width));
        ys.flat_map(|y| xs.clone().map(move |x| value(y, x))).fold(0.0, f32::max)
    };
    Ok(rows.of(height).flat_map(|top| columns.of(width).map(move |left| cell(top, left))).collect())
}

fn numbers(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let rows: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    Tensor::from_data(TensorData::new(rows.clone(), [rows.len()]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::{cpu, read};

    /// A mask whose left half has the value `left`, and its right half `right`.
    fn halves(left: f32, right: f32) -> Option<Image> {
        let row = [left, left, left, left, right, right, right, right];
        Some(Image::new(8, 8, row.iter().cycle().take(64).flat_map(|v| [*v; 3]).collect()).unwrap())
    }

    fn rows_and_weights(region: &Option<Region>) -> Option<(Option<Vec<f32>>, Vec<f32>)> {
        let numbers = |rows: &Tensor<1, Int>| pollster::block_on(read(rows.clone().float())).unwrap();
        let region = region.as_ref()?;
        Some((region.rows.as_ref().map(numbers), pollster::block_on(read(region.weights.clone())).unwrap()))
    }

    fn found(paintings: Vec<(f32, Option<Image>)>, size: (usize, usize), step: usize) -> Vec<Option<Region>> {
        Regions::new(paintings).at(size, Grid::every(step), &cpu()).unwrap()
    }

    #[test]
    fn shifted_grids_have_every_position_once() {
        let size = (7, 5);
        let mut all: Vec<usize> = (0..9)
            .flat_map(|number| {
                let Grid { rows, columns } = Grid::shifted(3, number);
                rows.of(size.0).flat_map(move |y| columns.of(size.1).map(move |x| y * size.1 + x))
            })
            .collect();
        assert_eq!((0..9).map(|number| Grid::shifted(3, number).positions(size)).sum::<usize>(), 35);
        all.sort_unstable();
        assert!(all.into_iter().eq(0..35));
    }

    #[test]
    fn weights_of_all_paintings_sum_to_one() {
        let both = found(vec![(1.0, None), (3.0, None), (0.0, None)], (2, 2), 1);
        assert_eq!(rows_and_weights(&both[0]), Some((None, vec![0.0625; 4])));
        assert_eq!(rows_and_weights(&both[1]), Some((None, vec![0.1875; 4])));
        assert_eq!(rows_and_weights(&both[2]), None);

        let regions = found(vec![(1.0, halves(0.0, 1.0)), (1.0, halves(0.5, 0.0))], (8, 8), 4);
        let sides = |column: f32| Some(vec![column, column + 2.0]);
        // The right half counts twice as much as the left.
        assert_eq!(rows_and_weights(&regions[0]), Some((sides(1.0), vec![1.0 / 3.0; 2])));
        assert_eq!(rows_and_weights(&regions[1]), Some((sides(0.0), vec![1.0 / 6.0; 2])));
    }

    #[test]
    fn a_small_white_spot_stays_a_region() {
        let mut data = vec![0.0; 64 * 64 * 3];
        data[3 * (21 * 64 + 42)..][..3].fill(1.0);
        let spot = Image::new(64, 64, data).unwrap();
        let regions = found(vec![(1.0, Some(spot.clone()))], (16, 16), 4);
        let (rows, weights) = rows_and_weights(&regions[0]).unwrap();
        assert_eq!((rows, weights.iter().sum()), (Some(vec![6.0]), 1.0));
        let rows = white(&spot, (16, 16), Grid::every(4), &cpu()).unwrap();
        assert_eq!(pollster::block_on(read(rows.float())).unwrap(), [6.0]);
    }

    #[test]
    fn what_no_painting_covers_is_not_painted() {
        let coverage = |paintings| Regions::new(paintings).coverage((8, 1)).unwrap();
        assert_eq!(coverage(vec![(1.0, halves(0.0, 1.0)), (1.0, None)]), None);
        let left = vec![1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let near = |found: &[f32], expected: &[f32]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.2);
        let found = coverage(vec![(1.0, halves(1.0, 0.0)), (0.0, None)]).unwrap();
        assert!(near(&found, &left), "{found:?}");
    }
}
