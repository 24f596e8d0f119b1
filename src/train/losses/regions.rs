//! Where each painting applies in the photo, for neighbour matching.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};

use crate::error::Result;
use crate::image::Image;
use crate::image::taps::Every;
use crate::settings::{Span, Tile};
use crate::train::device::tensor;
use crate::train::ops::resample::indices;

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
        let every = Every::from(0, step);
        Self { rows: every, columns: every }
    }

    /// Returns grid `number` of the `step` x `step` grids that together have all positions.
    pub fn shifted(step: usize, number: usize) -> Self {
        Self { rows: Every::from(number / step % step, step), columns: Every::from(number % step, step) }
    }

    /// Returns those positions of a plane that are inside of a tile of it, counted from where its features begin.
    #[must_use]
    pub fn within(self, plane: &Tile) -> Self {
        let part = |every: Every, Span { whole, seen, inside }: &Span| {
            let first = every.first + inside.start.saturating_sub(every.first).div_ceil(every.step) * every.step;
            let end = if inside.end == *whole { usize::MAX } else { inside.end - seen.start };
            Every { first: first - seen.start, step: every.step, end }
        };
        Self { rows: part(self.rows, &plane.rows), columns: part(self.columns, &plane.columns) }
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
    /// The weight of each of them, `[positions][1]`. Those of all paintings and tiles sum to 1.
    pub weights: Tensor<2>,
}

impl Regions {
    /// Makes regions of the weight and the mask of each painting.
    pub fn new(paintings: Vec<(f32, Option<Image>)>) -> Self {
        Self(paintings)
    }

    /// Returns for each of the `tiles` of a plane the region of each painting among the positions `grid` of the plane. `None` for a
    /// painting that applies to none of them. The weights of all tiles sum to 1.
    ///
    /// # Errors
    /// Those of [`Image::resized`].
    pub fn at(&self, tiles: &[Tile], grid: Grid, device: &Device) -> Result<Vec<Vec<Option<Region>>>> {
        let mut masks = Vec::new();
        for (weight, mask) in &self.0 {
            masks.push(match mask {
                _ if *weight <= 0.0 => Coverage::Same(0.0),
                Some(mask) => Coverage::Cells(Cells::of(mask, tiles, grid)?.counted()),
                None => Coverage::Same(1.0),
            });
        }
        let covered = |tile: usize, p: usize| masks.iter().map(|mask| mask.at(tile, p)).fold(0.0, f32::max);
        let counts: Vec<_> = tiles.iter().map(|tile| grid.within(tile).positions(tile.seen())).collect();
        let all = |tile: usize| (0..counts[tile]).map(|p| covered(tile, p)).sum::<f32>();
        let all: f32 = (0..tiles.len()).map(all).sum();
        let region = |tile: usize, painting: usize| {
            let positions = counts[tile];
            let share = |i: usize, p: usize| masks[i].at(tile, p) * self.0[i].0;
            let total = |p: usize| (0..masks.len()).map(|i| share(i, p)).sum::<f32>();
            let rows: Vec<usize> = (0..positions).filter(|p| masks[painting].at(tile, *p) > 0.0).collect();
            let weight = |p: &usize| covered(tile, *p) * share(painting, *p) / total(*p) / all;
            let weights: Vec<f32> = rows.iter().map(weight).collect();
            (!rows.is_empty()).then(|| Region {
                weights: tensor(weights, [rows.len(), 1], device),
                rows: (rows.len() < positions).then(|| indices(rows.iter().copied(), device)),
                numbers: (rows.len() < positions).then(|| rows.into()),
            })
        };
        Ok((0..tiles.len()).map(|tile| (0..masks.len()).map(|i| region(tile, i)).collect()).collect())
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

/// How much a painting applies to the positions of the tiles of a plane.
enum Coverage {
    Same(f32),
    Cells(Cells),
}

impl Coverage {
    fn at(&self, tile: usize, position: usize) -> f32 {
        match self {
            Self::Same(value) => *value,
            Self::Cells(cells) => cells.tiles[tile][position],
        }
    }
}

/// The whitest value of a mask in each cell of a grid, tile by tile.
struct Cells {
    tiles: Vec<Vec<f32>>,
    /// The whitest value of all.
    whitest: f32,
}

impl Cells {
    fn of(mask: &Image, tiles: &[Tile], grid: Grid) -> Result<Self> {
        let Some(Tile { rows: Span { whole: height, .. }, columns: Span { whole: width, .. } }) = tiles.first() else {
            return Ok(Self { tiles: Vec::new(), whitest: 0.0 });
        };
        let mask = mask.resized(*width, *height)?;
        let value = |y: usize, x: usize| mask.data()[3 * (y * width + x)];
        let cell = |top: usize, left: usize| {
            let (ys, xs) = (top..(top + grid.rows.step).min(*height), left..(left + grid.columns.step).min(*width));
            ys.flat_map(|y| xs.clone().map(move |x| value(y, x))).fold(0.0, f32::max)
        };
        let of_tile = |tile: &Tile| -> Vec<f32> {
            let Grid { rows, columns } = grid.within(tile);
            let (top, left) = (tile.rows.seen.start, tile.columns.seen.start);
            let xs = || columns.of(tile.columns.seen.len());
            rows.of(tile.rows.seen.len())
                .flat_map(|y| xs().map(move |x| (top + y, left + x)))
                .map(|(y, x)| cell(y, x))
                .collect()
        };
        let tiles: Vec<_> = tiles.iter().map(of_tile).collect();
        let whitest = tiles.iter().flatten().copied().fold(0.0, f32::max);
        Ok(Self { tiles, whitest })
    }

    /// Sets the values that do not count to 0, and limits the others to 1.
    fn counted(mut self) -> Self {
        let least = LEAST.min(self.whitest / 2.0);
        self.tiles.iter_mut().flatten().for_each(|v| *v = if *v > least { v.min(1.0) } else { 0.0 });
        self
    }
}

/// Returns for each of the `tiles` of a plane the positions of `grid`, as [`Regions::at`] has them, where `mask` is rather white
/// than black, or those where it is whitest.
///
/// # Errors
/// Those of [`Image::resized`].
pub fn white(mask: &Image, tiles: &[Tile], grid: Grid) -> Result<Vec<Vec<usize>>> {
    let cells = Cells::of(mask, tiles, grid)?;
    let rows =
        |values: &Vec<f32>| (0..values.len()).filter(|p| values[*p] > 0.5 || values[*p] == cells.whitest).collect();
    Ok(cells.tiles.iter().map(rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::{cpu, read};

    /// A mask whose left half has the value `left`, and its right half `right`.
    fn halves(left: f32, right: f32) -> Image {
        let row = [left, left, left, left, right, right, right, right];
        Image::new(8, 8, row.iter().cycle().take(64).flat_map(|v| [*v; 3]).collect()).unwrap()
    }

    fn rows_and_weights(region: &Option<Region>) -> Option<(Option<Vec<f32>>, Vec<f32>)> {
        let numbers = |rows: &Tensor<1, Int>| pollster::block_on(read(rows.clone().float())).unwrap();
        let region = region.as_ref()?;
        Some((region.rows.as_ref().map(numbers), pollster::block_on(read(region.weights.clone())).unwrap()))
    }

    fn found(paintings: Vec<(f32, Option<Image>)>, size: (usize, usize), step: usize) -> Vec<Option<Region>> {
        Regions::new(paintings).at(&[Tile::all(size.0, size.1)], Grid::every(step), &cpu()).unwrap().remove(0)
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
    fn tiles_have_each_position_of_a_grid_once_and_share_the_weights() {
        let span = |seen, inside| Span { whole: 10, seen, inside };
        let tile = |columns| Tile { rows: Span::all(10), columns };
        let tiles = [tile(span(0..8, 0..5)), tile(span(2..10, 5..10))];
        let grid = Grid::shifted(3, 5);
        let columns =
            |tile: &Tile| grid.within(tile).columns.of(8).map(|x| x + tile.columns.seen.start).collect::<Vec<_>>();
        assert_eq!((columns(&tiles[0]), columns(&tiles[1])), (vec![2], vec![5, 8]));
        assert_eq!(grid.within(&tiles[0]).rows.of(10).collect::<Vec<_>>(), [1, 4, 7]);

        // The mask's left half is white: the first tile has all of its positions, the second none.
        let left = (0..100).flat_map(|i| [if i % 10 < 5 { 1.0 } else { 0.0 }; 3]).collect();
        let left = Image::new(10, 10, left).unwrap();
        let regions = Regions::new(vec![(1.0, Some(left.clone())), (1.0, None)]).at(&tiles, grid, &cpu()).unwrap();
        let weights = |tile: usize, i: usize| rows_and_weights(&regions[tile][i]).map(|region| region.1);
        let sum = |tile, i| weights(tile, i).map_or(0.0, |weights| weights.iter().sum::<f32>());
        assert!(weights(1, 0).is_none() && regions[0][0].as_ref().unwrap().rows.is_none());
        assert!((sum(0, 0) - 1.0 / 6.0).abs() < 1e-6 && (sum(0, 1) + sum(1, 1) - 5.0 / 6.0).abs() < 1e-6);
        assert_eq!(white(&left, &tiles, grid).unwrap(), [vec![0, 1, 2], vec![]]);
    }

    #[test]
    fn weights_of_all_paintings_sum_to_one() {
        let both = found(vec![(1.0, None), (3.0, None), (0.0, None)], (2, 2), 1);
        assert_eq!(rows_and_weights(&both[0]), Some((None, vec![0.0625; 4])));
        assert_eq!(rows_and_weights(&both[1]), Some((None, vec![0.1875; 4])));
        assert_eq!(rows_and_weights(&both[2]), None);

        let regions = found(vec![(1.0, Some(halves(0.0, 1.0))), (1.0, Some(halves(0.5, 0.0)))], (8, 8), 4);
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
        assert_eq!(white(&spot, &[Tile::all(16, 16)], Grid::every(4)).unwrap(), [[6]]);
    }

    #[test]
    fn what_no_painting_covers_is_not_painted() {
        let coverage = |paintings| Regions::new(paintings).coverage((8, 1)).unwrap();
        assert_eq!(coverage(vec![(1.0, Some(halves(0.0, 1.0))), (1.0, None)]), None);
        let left = vec![1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let near = |found: &[f32], expected: &[f32]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.2);
        let found = coverage(vec![(1.0, Some(halves(1.0, 0.0))), (0.0, None)]).unwrap();
        assert!(near(&found, &left), "{found:?}");
    }
}
