//! *Feature splitting* (Kolkin et al. 2022, section 4.3): each layer by itself has the features of the nearest positions of the
//! painting at the moment.

use burn::tensor::{Int, Tensor};

use crate::error::Result;
use crate::train::losses::maps::{Maps, Tiled};
use crate::train::losses::neighbours::{Mean, Orientation, chosen, directions, listed, summed};
use crate::train::losses::regions::{Region, white};
use crate::train::ops::nearest::nearest;

/// What feature splitting matches with: the directions of the features of a painting in all its orientations, at a grid of
/// positions of each layer.
pub struct Samples {
    /// Layer by layer: `[positions of the painting][channels]`.
    among: Vec<Tensor<2>>,
    /// The round of the positions of the picture.
    round: usize,
    /// For each layer and tile in which the painting applies anywhere.
    found: Vec<Vec<Option<Found>>>,
    /// For each layer of a picture of several tiles, the mean of its features.
    centers: Vec<Option<Tensor<2>>>,
}

/// A region, and for each of its positions the row of the painting.
struct Found {
    region: Region,
    index: Tensor<1, Int>,
}

impl Samples {
    /// Collects the features of the `orientations` of a painting, which exist one at a time.
    ///
    /// # Errors
    /// As [`white`], and those of the orientations.
    pub fn of<'a>(orientations: impl IntoIterator<Item = Result<Orientation<'a>>>) -> Result<Self> {
        let mut each: Vec<Vec<Tensor<2>>> = Vec::new();
        for orientation in orientations {
            let Orientation { picture, mask } = orientation?;
            let planes: Vec<_> = picture.planes().map(|(_, planes)| planes).collect();
            let white = |i: usize| mask.as_ref().map(|mask| white(mask, &planes[i], picture.sparse(i))).transpose();
            let white = (0..planes.len()).map(white).collect::<Result<Vec<_>>>()?;
            each.resize_with(planes.len(), Vec::new);
            for number in 0..picture.tiles().len() {
                let maps = picture.maps(number);
                for (i, layer) in each.iter_mut().enumerate() {
                    let grid = picture.sparse(i);
                    let part = white[i].as_ref().map(|tiles| &tiles[number]);
                    let all = grid.within(&planes[i][number]).positions(planes[i][number].seen());
                    if part.map_or(all, Vec::len) > 0 {
                        layer.push(listed(maps.at(i, grid), part));
                    }
                }
            }
        }
        let among = each.into_iter().map(|samples| directions(Tensor::cat(samples, 0), None)).collect();
        Ok(Self { among, round: 0, found: Vec::new(), centers: Vec::new() })
    }

    /// Finds the nearest position of the painting for the positions of `picture` that are sampled in round `round`. `regions` has
    /// the regions of the tiles for each layer.
    pub fn find(&mut self, picture: &Tiled, regions: Vec<Vec<Option<Region>>>, round: usize) {
        let own =
            |maps: &Maps, i: usize, region: &Region| chosen(maps.at(i, maps.sampling(i, round)), region.rows.as_ref());
        let tiles = picture.tiles().len();
        let mut means: Vec<Mean> = regions.iter().map(|_| Mean::default()).collect();
        // The features of several tiles are computed twice: for their mean and for the search.
        for number in (0..tiles).filter(|_| tiles > 1) {
            let maps = picture.maps(number);
            for (i, (mean, regions)) in means.iter_mut().zip(&regions).enumerate() {
                regions[number].iter().for_each(|region| mean.add(own(&maps, i, region)));
            }
        }
        self.centers = means.into_iter().map(Mean::value).collect();
        self.found = regions.iter().map(|_| Vec::new()).collect();
        for number in 0..tiles {
            let maps = picture.maps(number);
            for (i, regions) in regions.iter().enumerate() {
                self.found[i].push(regions[number].clone().map(|region| {
                    let rows = directions(own(&maps, i, &region), self.centers[i].as_ref());
                    Found { index: nearest(&rows, &self.among[i]), region }
                }));
            }
        }
        self.round = round;
    }

    /// Returns for the tile `number` of a picture, summed over the layers, the weighted sum over the regions of one minus the cosine
    /// of centred features between a position of the picture and the one of the painting that was found for it. `None` if the
    /// painting applies nowhere in the tile.
    pub fn loss(&self, picture: &Maps, number: usize) -> Option<Tensor<1>> {
        let losses = self.found.iter().enumerate().filter_map(|(i, tiles)| {
            let Found { region, index } = tiles[number].as_ref()?;
            let own = chosen(picture.at(i, picture.sampling(i, self.round)), region.rows.as_ref());
            let center = self.centers[i].clone().map(Tensor::autodiff);
            let found = self.among[i].clone().select(0, index.clone()).autodiff();
            Some(region.distance((directions(own, center.as_ref()) * found).sum_dim(1)))
        });
        summed(losses.collect())
    }
}
