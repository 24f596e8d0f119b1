//! Matching of colours: means and covariances in [`OKLab`](super::oklab), by the
//! linear map between normal distributions that moves colours least (Pitié and Kokaram 2007, "The linear Monge-Kantorovitch
//! colour mapping").

use super::{Image, oklab};
use crate::error::Result;

type Matrix = [[f64; 3]; 3];

/// Variance that is added to each direction: a picture of few colours would be stretched without limit.
const SMALLEST: f64 = 1e-6;
/// The most that differences of colours grow. Noise of flat pictures would become visible.
const LARGEST_GAIN: f64 = 5.0;
/// Rounds of Jacobi's method; it converges in about six.
const ROUNDS: usize = 12;

/// Mean and covariance of the colours of pictures in `OKLab`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorStatistics {
    mean: [f64; 3],
    covariance: Matrix,
}

/// The colours that a part of a picture shall have.
#[derive(Debug, Clone)]
pub struct ColorTarget {
    /// Their statistics.
    pub colors: ColorStatistics,
    /// Weight relative to other targets for the same pixels.
    pub weight: f32,
    /// The part: white is full, black is none, by the mean of red, green and blue. It is stretched to the picture. `None` for
    /// all of it.
    pub mask: Option<Image>,
}

impl ColorStatistics {
    /// Measures pictures together, each with a weight and a mask of the part that counts. Without any weight, all colours are
    /// black.
    ///
    /// # Errors
    /// As [`Image::resized`], for masks.
    pub fn of<'a>(pictures: impl IntoIterator<Item = (&'a Image, f32, Option<&'a Image>)>) -> Result<Self> {
        let mut sums = Sums::default();
        for (picture, weight, mask) in pictures {
            let shares = mask.map(|mask| cover(mask, picture)).transpose()?;
            let whole =
                shares.as_ref().map_or((picture.width() * picture.height()) as f32, |shares| shares.iter().sum());
            for (pixel, color) in picture.data().chunks_exact(3).enumerate() {
                let share = shares.as_ref().map_or(1.0, |shares| shares[pixel]);
                if share > 0.0 {
                    sums.add(lab_of([color[0], color[1], color[2]]), f64::from(weight * share / whole));
                }
            }
        }
        Ok(sums.statistics())
    }
}

/// Weighted sums over colours.
#[derive(Default)]
struct Sums {
    weight: f64,
    colors: [f64; 3],
    squares: Matrix,
}

impl Sums {
    fn add(&mut self, lab: [f64; 3], weight: f64) {
        self.weight += weight;
        for i in 0..3 {
            self.colors[i] += weight * lab[i];
            (0..3).for_each(|j| self.squares[i][j] += weight * lab[i] * lab[j]);
        }
    }

    fn statistics(&self) -> ColorStatistics {
        let weight = if self.weight > 0.0 { self.weight } else { 1.0 };
        let mean = self.colors.map(|sum| sum / weight);
        ColorStatistics { mean, covariance: each(|i, j| self.squares[i][j] / weight - mean[i] * mean[j]) }
    }
}

/// Returns `picture` with the mean and the covariance of colours of each target, within its part. Parts that overlap are blended
/// by their weights; what belongs to no part stays. Colours beyond the range of screens are clamped.
///
/// # Errors
/// As [`Image::resized`], for masks.
pub fn matched(picture: &Image, targets: &[ColorTarget]) -> Result<Image> {
    let pixels = picture.width() * picture.height();
    let share = |target: &ColorTarget| {
        let mask = target.mask.as_ref().map_or_else(|| Ok(vec![1.0; pixels]), |mask| cover(mask, picture))?;
        Ok(mask.into_iter().map(|share| share * target.weight).collect())
    };
    let mut shares = targets.iter().map(share).collect::<Result<Vec<Vec<f32>>>>()?;
    for pixel in 0..pixels {
        let total: f32 = shares.iter().map(|shares| shares[pixel]).sum();
        if total > 0.0 {
            shares.iter_mut().for_each(|shares| shares[pixel] /= total);
        }
    }
    let labs: Vec<_> = picture.data().chunks_exact(3).map(|color| lab_of([color[0], color[1], color[2]])).collect();
    let mut moved = labs.clone();
    for (target, shares) in targets.iter().zip(&shares) {
        let mut sums = Sums::default();
        labs.iter().zip(shares).for_each(|(lab, share)| sums.add(*lab, f64::from(*share)));
        let (own, aim) = (sums.statistics(), target.colors);
        let map = transport(own.covariance, aim.covariance);
        for ((lab, share), moved) in labs.iter().zip(shares).zip(&mut moved) {
            for i in 0..3 {
                let value = aim.mean[i] + (0..3).map(|j| map[i][j] * (lab[j] - own.mean[j])).sum::<f64>();
                moved[i] += f64::from(*share) * (value - lab[i]);
            }
        }
    }
    Image::new(picture.width(), picture.height(), moved.into_iter().flat_map(color_of).collect())
}

/// Returns the linear map between normal distributions of these covariances that moves values least.
fn transport(from: Matrix, to: Matrix) -> Matrix {
    let regular = |covariance: Matrix| each(|i, j| covariance[i][j] + if i == j { SMALLEST } else { 0.0 });
    let (from, to) = (regular(from), regular(to));
    let (root, inverse) = (power(from, 0.5), power(from, -0.5));
    let middle = power(product(product(root, to), root), 0.5);
    spectral(product(product(inverse, middle), inverse), |gain| gain.min(LARGEST_GAIN))
}

/// Returns how much each pixel of `picture` belongs to a mask.
fn cover(mask: &Image, picture: &Image) -> Result<Vec<f32>> {
    let mask = mask.resized(picture.width(), picture.height())?;
    Ok(mask.data().chunks_exact(3).map(|color| (color.iter().sum::<f32>() / 3.0).clamp(0.0, 1.0)).collect())
}

/// Converts a colour to `OKLab`, limited to 0 to 1 before.
fn lab_of(color: [f32; 3]) -> [f64; 3] {
    oklab::from_srgb(color.map(|v| v.clamp(0.0, 1.0))).map(f64::from)
}

/// The inverse of [`lab_of`].
fn color_of(lab: [f64; 3]) -> [f32; 3] {
    oklab::to_srgb(lab.map(|v| v as f32))
}

fn each(value: impl Fn(usize, usize) -> f64) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| value(i, j)))
}

fn product(a: Matrix, b: Matrix) -> Matrix {
    each(|i, j| (0..3).map(|k| a[i][k] * b[k][j]).sum())
}

/// Raises a symmetric, positive matrix to a power.
fn power(matrix: Matrix, exponent: f64) -> Matrix {
    spectral(matrix, |value| value.max(0.0).powf(exponent))
}

/// Applies a function to the eigenvalues of a symmetric matrix, by Jacobi's method.
fn spectral(matrix: Matrix, function: impl Fn(f64) -> f64) -> Matrix {
    let (mut a, mut vectors) = (matrix, each(|i, j| f64::from(u8::from(i == j))));
    for (p, q) in [(0, 1), (0, 2), (1, 2)].into_iter().cycle().take(3 * ROUNDS) {
        if a[p][q].abs() < f64::MIN_POSITIVE {
            continue;
        }
        // The rotation in the plane of p and q that makes this element zero.
        let ratio = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
        let cosine = 1.0 / tangent.hypot(1.0);
        let sine = tangent * cosine;
        let rotation = each(|i, j| match (i, j) {
            _ if i == j && (i == p || i == q) => cosine,
            _ if i == j => 1.0,
            _ if (i, j) == (p, q) => sine,
            _ if (i, j) == (q, p) => -sine,
            _ => 0.0,
        });
        let turned = each(|i, j| rotation[j][i]);
        a = product(product(turned, a), rotation);
        vectors = product(vectors, rotation);
    }
    each(|i, j| (0..3).map(|k| vectors[i][k] * function(a[k][k]) * vectors[j][k]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedural::random::Random;

    fn noisy(seed: u64, low: [f32; 3], high: [f32; 3]) -> Image {
        let mut random = Random::new(seed);
        let data = (0..600).flat_map(|_| {
            let level = random.unit();
            [0, 1, 2].map(|c| low[c] + (high[c] - low[c]) * (0.7 * level + 0.3 * random.unit()))
        });
        Image::new(30, 20, data.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn colours_return_from_oklab_and_white_has_no_hue() {
        for color in [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.2, 0.9, 0.01], [1.0, 0.0, 0.0]] {
            let back = color_of(lab_of(color));
            assert!(back.iter().zip(color).all(|(a, b)| (a - b).abs() < 1e-5), "{back:?} for {color:?}");
        }
        // Values of the publication.
        let red = lab_of([1.0, 0.0, 0.0]);
        assert!(red.iter().zip([0.628, 0.225, 0.126]).all(|(a, b)| (a - b).abs() < 5e-4), "{red:?}");
        let white = lab_of([1.0; 3]);
        assert!((white[0] - 1.0).abs() < 1e-6 && white[1].abs() < 1e-6 && white[2].abs() < 1e-6, "{white:?}");
    }

    fn of(picture: &Image) -> ColorStatistics {
        ColorStatistics::of([(picture, 1.0, None)]).unwrap()
    }

    fn target(colors: ColorStatistics) -> ColorTarget {
        ColorTarget { colors, weight: 1.0, mask: None }
    }

    fn near(found: ColorStatistics, aim: ColorStatistics) {
        for i in 0..3 {
            assert!((found.mean[i] - aim.mean[i]).abs() < 1e-4, "{found:?} for {aim:?}");
            for j in 0..3 {
                let (a, b) = (found.covariance[i][j], aim.covariance[i][j]);
                assert!((a - b).abs() < 1e-5 + 0.01 * b.abs(), "{found:?} for {aim:?}");
            }
        }
    }

    #[test]
    fn a_matched_picture_has_the_statistics_of_the_other() {
        let picture = noisy(1, [0.3, 0.4, 0.5], [0.6, 0.5, 0.7]);
        let aim = of(&noisy(2, [0.5, 0.35, 0.2], [0.7, 0.6, 0.4]));
        near(of(&matched(&picture, &[target(aim)]).unwrap()), aim);
        // Its own statistics change nothing.
        let same = matched(&picture, &[target(of(&picture))]).unwrap();
        assert!(same.data().iter().zip(picture.data()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn each_part_of_a_picture_is_matched_to_its_own_target() {
        let picture = noisy(1, [0.3, 0.4, 0.5], [0.6, 0.5, 0.7]);
        let half = |left: f32, right: f32| {
            let columns = (0..600).flat_map(|i| [if i % 30 < 15 { left } else { right }; 3]);
            Image::new(30, 20, columns.collect::<Vec<_>>()).unwrap()
        };
        let (left, right) = (half(1.0, 0.0), half(0.0, 1.0));
        let aims = [([0.5, 0.35, 0.2], [0.7, 0.6, 0.4]), ([0.2, 0.4, 0.3], [0.4, 0.5, 0.6])];
        let aims = aims.map(|(low, high)| of(&noisy(3, low, high)));
        let targets = [(aims[0], &left), (aims[1], &right)];
        let targets = targets.map(|(aim, mask)| ColorTarget { mask: Some(mask.clone()), ..target(aim) });
        let found = matched(&picture, &targets).unwrap();
        near(ColorStatistics::of([(&found, 1.0, Some(&left))]).unwrap(), aims[0]);
        near(ColorStatistics::of([(&found, 1.0, Some(&right))]).unwrap(), aims[1]);
        // Outside of all parts, nothing changes.
        let found = matched(&picture, &targets[..1]).unwrap();
        let unchanged = |i: usize| (0..3).all(|c| (found.data()[3 * i + c] - picture.data()[3 * i + c]).abs() < 1e-4);
        assert!((0..600).all(|i| i % 30 < 15 || unchanged(i)) && !(0..600).all(unchanged));
    }

    #[test]
    fn differences_of_flat_pictures_grow_only_so_far() {
        let flat = noisy(1, [0.5; 3], [0.502; 3]);
        let aim = of(&noisy(2, [0.0; 3], [1.0; 3]));
        let found = of(&matched(&flat, &[target(aim)]).unwrap());
        let gain = (found.covariance[0][0] / of(&flat).covariance[0][0]).sqrt();
        assert!((gain - LARGEST_GAIN).abs() < 0.2, "{gain}");
        assert!((found.mean[0] - aim.mean[0]).abs() < 1e-3, "{found:?} for {aim:?}");
    }

    #[test]
    fn pictures_count_by_their_weights() {
        let [black, white] = [0.0, 1.0].map(|v| Image::new(2, 2, vec![v; 12]).unwrap());
        let mixed = ColorStatistics::of([(&black, 1.0, None), (&white, 3.0, None)]).unwrap();
        assert!((mixed.mean[0] - 0.75).abs() < 1e-6 && (mixed.covariance[0][0] - 0.1875).abs() < 1e-6, "{mixed:?}");
        // One colour is matched without a number that is none.
        let grey = matched(&black, &[target(mixed)]).unwrap();
        assert!(grey.data().iter().all(|v| v.is_finite()));
        let nothing = ColorStatistics::of([]).unwrap();
        assert!(matched(&black, &[target(nothing)]).unwrap().data().iter().all(|v| v.abs() < 0.01));
    }
}
