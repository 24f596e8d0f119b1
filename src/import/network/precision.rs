//! Precision of the weights of an imported network: the smallest one whose output has no visible difference to that of
//! float weights.

use super::{Import, Precision};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::net::custom;
use crate::style::{Pack, Style, StyleSpace};
use crate::weights::Archive;

/// PSNR in decibels above which differences are invisible.
pub const CLOSE_ENOUGH: f64 = 40.0;

/// Result of a conversion.
#[derive(Debug, Clone)]
pub struct Converted {
    /// The pack, without source, licence and thumbnail.
    pub pack: Pack,
    /// The tried precisions, with the PSNR to the output of float weights in decibels. The last one is used.
    pub tried: Vec<(Precision, f64)>,
    /// A picture that the network in the pack has stylized.
    pub painted: Image,
}

/// Makes the pack called `name` with the smallest weights whose output matches that of float weights. `paint` stylizes
/// always the same picture with a network and its style.
///
/// # Errors
/// [`Error::Model`] when the network's output is not finite, or the network does not fit into a pack in any precision;
/// errors of `paint`.
pub async fn convert(
    import: &Import,
    name: &str,
    file: &str,
    paint: impl AsyncFn(&Archive, &Style) -> Result<Image>,
) -> Result<Converted> {
    let wrong = |problem: &str| Error::Model { file: file.to_string(), problem: problem.to_string() };
    let painted = async |pack: &Pack| {
        let archive = Archive::parse(&pack.archive)?;
        let net = custom::network(&archive)?;
        let style = StyleSpace::read(&archive, net.tensors(), &net.norms)?.style(pack)?;
        paint(&archive, &style).await
    };
    let packed = |precision: Precision| import.pack(name, import.archive(precision)?);
    let exact = packed(Precision::Bits32)?;
    let reference = painted(&exact).await?;
    if reference.data().iter().any(|v| !v.is_finite()) {
        return Err(wrong(
            "does not produce a valid picture: its weights are too large to compute with, or are damaged",
        ));
    }
    let mut tried = Vec::new();
    let mut best = None;
    for precision in Precision::ALL {
        let (pack, painted, near) = if precision == Precision::Bits32 {
            (exact.clone(), reference.clone(), psnr(reference.data(), reference.data()))
        } else {
            // Weights out of the range of 16 bits are only stored in 32 bits.
            let Ok(pack) = packed(precision) else { continue };
            let painted = painted(&pack).await?;
            let near = psnr(painted.data(), reference.data());
            (pack, painted, near)
        };
        // The size of a pack is limited.
        if pack.network_archive().is_err() {
            continue;
        }
        tried.push((precision, near));
        best = Some((pack, painted));
        if near >= CLOSE_ENOUGH {
            break;
        }
    }
    let (pack, painted) = best.ok_or_else(|| wrong("has more weights than fit into a style pack"))?;
    Ok(Converted { pack, tried, painted })
}

/// Returns the peak signal-to-noise ratio of two pictures in decibels, for values in 0..1. It is 120 if they are equal,
/// and 0 if one of them contains NaN.
pub fn psnr(a: &[f32], b: &[f32]) -> f64 {
    let error: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / a.len().max(1) as f64;
    if error.is_nan() { 0.0 } else { -10.0 * error.max(1e-12).log10() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_near() {
        assert_eq!(psnr(&[0.5; 4], &[0.5; 4]), 120.0);
        assert!((psnr(&[0.5], &[0.6]) - 20.0).abs() < 1e-4);
        assert_eq!(psnr(&[f32::NAN], &[f32::NAN]), 0.0);
    }
}
