//! The training dataset: random square crops of photos.

use crate::error::{Error, Result};
use crate::image::Image;
use crate::procedural::random::Random;
use crate::settings::photo_scale;

/// The largest part of a photo that becomes a crop, in crop sides.
const WIDEST: f32 = 1.6;

/// Random crops of photos. They depend only on the photos, a seed and the step's number.
pub struct Dataset {
    photos: Vec<Image>,
    side: usize,
    seed: u64,
}

impl Dataset {
    /// Prepares the photos for crops of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::Picture`] when there are no photos.
    pub fn new(photos: &[Image], side: usize, seed: u64) -> Result<Self> {
        if photos.is_empty() {
            let problem = "Training needs photos: give at least one, and better five or more.";
            return Err(Error::Picture(problem.to_string()));
        }
        let sized = |photo: &Image| {
            let scale = photo_scale(photo.width(), photo.height(), side);
            let pixels = |length: usize| ((length as f32 * scale).round() as usize).max(side);
            photo.resized(pixels(photo.width()), pixels(photo.height()))
        };
        Ok(Self { photos: photos.iter().map(sized).collect::<Result<_>>()?, side, seed })
    }

    /// Returns batch number `step`: `count` crops, each of a random photo, position and size, and mirrored with a
    /// probability of one half.
    ///
    /// # Errors
    /// As [`Image::resized`].
    pub fn batch(&self, step: usize, count: usize) -> Result<Vec<Image>> {
        let mut random = Random::new(self.seed ^ (step as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        (0..count).map(|_| self.crop(&mut random)).collect()
    }

    fn crop(&self, random: &mut Random) -> Result<Image> {
        let photo = &self.photos[random.below(self.photos.len())];
        let (width, height) = (photo.width(), photo.height());
        let widest = (width.min(height)).min((self.side as f32 * WIDEST) as usize);
        let window = self.side + random.below(widest - self.side + 1);
        let corner = (random.below(width - window + 1), random.below(height - window + 1));
        let crop = photo.cropped(corner, window, window)?.resized(self.side, self.side)?;
        if random.chance(0.5) { mirrored(&crop) } else { Ok(crop) }
    }
}

/// Returns the picture with left and right exchanged.
fn mirrored(picture: &Image) -> Result<Image> {
    let (width, height) = (picture.width(), picture.height());
    let rows = picture.data().chunks_exact(3 * width);
    let data = rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied()).collect();
    Image::new(width, height, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose red grows to the right and whose green grows downwards.
    fn slope(width: usize, height: usize) -> Image {
        let pixel = |i: usize| [(i % width) as f32 / width as f32, (i / width) as f32 / height as f32, 0.0];
        Image::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
    }

    #[test]
    fn crops_repeat_with_their_number_and_differ_otherwise() {
        let crops = Dataset::new(&[slope(90, 60), slope(20, 300)], 24, 7).unwrap();
        let batch = crops.batch(3, 8).unwrap();
        assert!(batch.iter().all(|crop| (crop.width(), crop.height()) == (24, 24)));
        assert_eq!(batch, crops.batch(3, 8).unwrap());
        assert_ne!(batch, crops.batch(4, 8).unwrap());
        assert_ne!(batch, Dataset::new(&[slope(90, 60), slope(20, 300)], 24, 8).unwrap().batch(3, 8).unwrap());
        // Crops are mirrored horizontally or not, and never vertically.
        let rises = |crop: &Image, to: usize, channel: usize| crop.data()[3 * to + channel] > crop.data()[channel];
        assert!(batch.iter().any(|crop| rises(crop, 23, 0)) && batch.iter().any(|crop| !rises(crop, 23, 0)));
        assert!(batch.iter().all(|crop| rises(crop, 24 * 23, 1)));
    }

    #[test]
    fn a_photo_smaller_than_a_crop_will_do_and_none_will_not() {
        let tiny = Dataset::new(&[slope(1, 1)], 16, 0).unwrap().batch(0, 1).unwrap();
        assert_eq!((tiny[0].width(), tiny[0].height()), (16, 16));
        assert!(Dataset::new(&[], 16, 0).is_err_and(|e| e.to_string().contains("needs photos")));
    }
}
