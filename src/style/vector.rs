//! Style vectors, the output of the style predictor, and the layers that compute scales and shifts from them (Ghiasi et
//! al. 2017, "Exploring the structure of a real-time, arbitrary neural artistic stylization network", section 3).

use super::{Norm, Style};
use crate::error::{Error, Result};
use crate::weights::Archive;

/// Length of a style vector.
pub const DIMENSIONS: usize = 100;

/// Two linear layers for each normalization of a network: the first computes its scales from a style vector, the second
/// its shifts.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleLayers {
    network: String,
    layers: Vec<[Linear; 2]>,
}

/// `weight * x + bias`, with weights `[outputs][DIMENSIONS]`.
#[derive(Debug, Clone, PartialEq)]
struct Linear {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl StyleLayers {
    /// Reads the layers of a network whose normalizations are `slots`: for each the prefix of its tensors' names and
    /// its number of channels, in network order. `PREFIX.gamma.w` and `PREFIX.beta.w` have shape
    /// `[channels, DIMENSIONS]`, `PREFIX.gamma.b` and `PREFIX.beta.b` `[channels]`.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a tensor is missing or unusable.
    pub fn read(archive: &Archive, slots: &[(String, usize)]) -> Result<Self> {
        let linear = |name: String, channels: usize| {
            let weight = archive.tensor(&format!("{name}.w"), &[channels, DIMENSIONS])?;
            Ok(Linear { weight, bias: archive.tensor(&format!("{name}.b"), &[channels])? })
        };
        let layer = |(prefix, channels): &(String, usize)| {
            Ok([linear(format!("{prefix}.gamma"), *channels)?, linear(format!("{prefix}.beta"), *channels)?])
        };
        let network = archive.metadata("network").unwrap_or_default().to_string();
        Ok(Self { network, layers: slots.iter().map(layer).collect::<Result<_>>()? })
    }

    /// Returns the names of the tensors that [`StyleLayers::read`] reads.
    pub fn tensors(slots: &[(String, usize)]) -> impl Iterator<Item = String> {
        let ends = [".gamma.w", ".gamma.b", ".beta.w", ".beta.b"];
        slots.iter().flat_map(move |(prefix, _)| ends.map(|end| format!("{prefix}{end}")))
    }

    /// Computes the style for `vector`.
    ///
    /// # Errors
    /// [`Error::Style`] if it does not have [`DIMENSIONS`] finite numbers.
    pub fn style(&self, name: impl Into<String>, vector: &[f32]) -> Result<Style> {
        check(vector)?;
        let norms = self.layers.iter().map(|[scale, shift]| Norm { scale: scale.of(vector), shift: shift.of(vector) });
        Ok(Style { network: self.network.clone(), name: name.into(), norms: norms.collect() })
    }
}

impl Linear {
    fn of(&self, x: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(DIMENSIONS).zip(&self.bias);
        rows.map(|(row, bias)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + bias).collect()
    }
}

/// Returns the weighted mean of style vectors. The sum of the weights need not be 1. The layers after it are affine, so
/// the result is also the mean of the styles' scales and shifts.
///
/// # Errors
/// [`Error::Style`] if `vectors` is empty, if a vector does not have [`DIMENSIONS`] finite numbers, or if the weights
/// are negative, not finite, or all 0.
pub fn mix<V: AsRef<[f32]>>(vectors: &[(V, f32)]) -> Result<Vec<f32>> {
    if let Some((_, weight)) = vectors.iter().find(|(_, weight)| !weight.is_finite() || *weight < 0.0) {
        return Err(Error::Style(format!("{weight} is not a weight for a style: choose a number of at least 0.")));
    }
    let sum: f64 = vectors.iter().map(|(_, weight)| f64::from(*weight)).sum();
    if sum <= 0.0 {
        return Err(Error::Style("All styles have a weight of 0: give at least one a weight above 0.".to_string()));
    }
    let mut mean = vec![0.0; DIMENSIONS];
    for (vector, weight) in vectors {
        check(vector.as_ref())?;
        let share = (f64::from(*weight) / sum) as f32;
        mean.iter_mut().zip(vector.as_ref()).for_each(|(m, v)| *m += v * share);
    }
    Ok(mean)
}

fn check(vector: &[f32]) -> Result<()> {
    if vector.len() != DIMENSIONS || vector.iter().any(|v| !v.is_finite()) {
        let found = vector.len();
        return Err(Error::Style(format!(
            "these {found} numbers are not a style vector, which has {DIMENSIONS} finite numbers"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::ArchiveBuilder;

    fn ramp(step: f32) -> Vec<f32> {
        (0..DIMENSIONS).map(|i| i as f32 * step).collect()
    }

    fn layers() -> StyleLayers {
        let mut builder = ArchiveBuilder::new();
        for (i, name) in ["gamma", "beta"].into_iter().enumerate() {
            // The first channel reads the number at i; the second is the bias alone.
            let mut weight = vec![0.0; 2 * DIMENSIONS];
            weight[i] = 2.0;
            builder.float(format!("a.{name}.w"), &[2, DIMENSIONS], &weight);
            builder.float(format!("a.{name}.b"), &[2], &[1.0, -3.0 - i as f32]);
        }
        let archive = Archive::parse(&builder.finish().unwrap()).unwrap();
        assert!(matches!(StyleLayers::read(&archive, &[("a".into(), 3)]), Err(Error::Tensor { .. })));
        StyleLayers::read(&archive, &[("a".into(), 2)]).unwrap()
    }

    #[test]
    fn scales_and_shifts_are_linear_in_the_vector() {
        let style = layers().style("x", &ramp(5.0)).unwrap();
        assert_eq!(style.norms, [Norm { scale: vec![1.0, -3.0], shift: vec![11.0, -4.0] }]);
        for wrong in [vec![0.0; 99], vec![f32::NAN; 100]] {
            assert!(matches!(layers().style("x", &wrong), Err(Error::Style(_))));
        }
    }

    #[test]
    fn mixing_vectors_is_mixing_styles() {
        let mixed = mix(&[(ramp(1.0), 3.0), (ramp(-1.0), 1.0)]).unwrap();
        assert_eq!(mixed, ramp(0.5));
        let shift = |v: &[f32]| layers().style("x", v).unwrap().norms[0].shift[0];
        assert_eq!(shift(&mixed), 0.75 * shift(&ramp(1.0)) + 0.25 * shift(&ramp(-1.0)));
        assert_eq!(mix(&[(ramp(2.0), f32::MAX), (ramp(1.0), f32::MAX)]).unwrap(), ramp(1.5));
    }

    #[test]
    fn unusable_mixtures_are_refused() {
        for wrong in [
            vec![],
            vec![(ramp(1.0), 0.0)],
            vec![(ramp(1.0), -1.0), (ramp(1.0), 2.0)],
            vec![(ramp(1.0), f32::NAN)],
            vec![(vec![1.0], 1.0)],
        ] {
            assert!(matches!(mix(&wrong), Err(Error::Style(_))), "{wrong:?}");
        }
    }
}
