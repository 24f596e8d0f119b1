//! Matching of colours: means and covariances in [`OKLab`](super::oklab), by the
//! linear map between normal distributions that moves colours least (Pitié and Kokaram 2007, "The linear Monge-Kantorovitch
//! colour mapping").

use super::{Image, oklab};
use crate::error::Result;

type Matrix = [[f64; 3]; 3];

/// Variance that is added to each direction: a picture of few colours would be stretched without limit.
const SMALLEST: f64 = 1e-6;
/// Rounds of Jacobi's method; it converges in about six.
const ROUNDS: usize = 12;

/// Mean and covariance of the colours of pictures in `OKLab`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorStatistics {
    mean: [f64; 3],
    covariance: Matrix,
}

impl ColorStatistics {
    /// Measures pictures together, each with a weight. Without any weight, all colours are black.
    pub fn of<'a>(pictures: impl IntoIterator<Item = (&'a Image, f32)>) -> Self {
        let (mut total, mut mean, mut squares) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
        for (picture, weight) in pictures {
            let share = f64::from(weight) / (picture.width() * picture.height()) as f64;
            total += f64::from(weight);
            for pixel in picture.data().chunks_exact(3) {
                let lab = lab_of([pixel[0], pixel[1], pixel[2]]);
                for i in 0..3 {
                    mean[i] += share * lab[i];
                    (0..3).for_each(|j| squares[i][j] += share * lab[i] * lab[j]);
                }
            }
        }
        let total = if total > 0.0 { total } else { 1.0 };
        let mean = mean.map(|sum| sum / total);
        let covariance = each(|i, j| squares[i][j] / total - mean[i] * mean[j]);
        Self { mean, covariance }
    }
}

/// Returns `picture` with the mean and the covariance of colours `aim`. Colours beyond the range of screens are clamped.
///
/// # Errors
/// None for a picture that exists.
pub fn matched(picture: &Image, aim: &ColorStatistics) -> Result<Image> {
    let own = ColorStatistics::of([(picture, 1.0)]);
    let regular = |covariance: Matrix| each(|i, j| covariance[i][j] + if i == j { SMALLEST } else { 0.0 });
    let (from, to) = (regular(own.covariance), regular(aim.covariance));
    let (root, inverse) = (power(from, 0.5), power(from, -0.5));
    let middle = power(product(product(root, to), root), 0.5);
    let map = product(product(inverse, middle), inverse);
    let pixel = |pixel: &[f32]| {
        let lab = lab_of([pixel[0], pixel[1], pixel[2]]);
        let moved = [0, 1, 2].map(|i| aim.mean[i] + (0..3).map(|j| map[i][j] * (lab[j] - own.mean[j])).sum::<f64>());
        color_of(moved)
    };
    Image::new(picture.width(), picture.height(), picture.data().chunks_exact(3).flat_map(pixel).collect())
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

/// Raises a symmetric, positive matrix to a power: its eigenvalues by Jacobi's method.
fn power(matrix: Matrix, exponent: f64) -> Matrix {
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
    each(|i, j| (0..3).map(|k| vectors[i][k] * a[k][k].max(0.0).powf(exponent) * vectors[j][k]).sum())
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

    #[test]
    fn a_matched_picture_has_the_statistics_of_the_other() {
        let picture = noisy(1, [0.3, 0.4, 0.5], [0.6, 0.5, 0.7]);
        let painting = noisy(2, [0.5, 0.35, 0.2], [0.7, 0.6, 0.4]);
        let aim = ColorStatistics::of([(&painting, 1.0)]);
        let found = ColorStatistics::of([(&matched(&picture, &aim).unwrap(), 1.0)]);
        for i in 0..3 {
            assert!((found.mean[i] - aim.mean[i]).abs() < 1e-4, "{found:?} for {aim:?}");
            for j in 0..3 {
                let (a, b) = (found.covariance[i][j], aim.covariance[i][j]);
                assert!((a - b).abs() < 1e-5 + 0.01 * b.abs(), "{found:?} for {aim:?}");
            }
        }
        // Its own statistics change nothing.
        let same = matched(&picture, &ColorStatistics::of([(&picture, 1.0)])).unwrap();
        assert!(same.data().iter().zip(picture.data()).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn pictures_count_by_their_weights() {
        let [black, white] = [0.0, 1.0].map(|v| Image::new(2, 2, vec![v; 12]).unwrap());
        let mixed = ColorStatistics::of([(&black, 1.0), (&white, 3.0)]);
        assert!((mixed.mean[0] - 0.75).abs() < 1e-6 && (mixed.covariance[0][0] - 0.1875).abs() < 1e-6, "{mixed:?}");
        // One colour is matched without a number that is none.
        let grey = matched(&black, &mixed).unwrap();
        assert!(grey.data().iter().all(|v| v.is_finite()));
        assert!(matched(&black, &ColorStatistics::of([])).unwrap().data().iter().all(|v| v.abs() < 0.01));
    }
}
