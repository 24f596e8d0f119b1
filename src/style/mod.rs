//! Styles: the scales and shifts of a transfer network's conditional instance normalizations.
//!
//! All other parameters of the network are shared by all its styles. A weighted sum of two styles' scales and shifts is
//! again a style, between the two (Dumoulin, Shlens, Kudlur 2017, "A Learned Representation for Artistic Style",
//! sections 2.1 and 3.3).

mod choice;
mod layout;
mod pack;
mod parameters;
mod set;
mod space;
mod vector;

pub use layout::{StyleLayout, parameters, quads};
pub use pack::{MAX_NAME, OWN, Pack, name_problem, text_problem};
pub use parameters::Parameters;
pub use set::StyleSet;
pub use space::StyleSpace;
pub use vector::{DIMENSIONS, StyleLayers, mix};

use crate::error::{Error, Result};

/// One style's parameters of one normalization: `out = normalized * scale + shift`, each with one number per channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// Factor of each channel.
    pub scale: Vec<f32>,
    /// Offset of each channel.
    pub shift: Vec<f32>,
}

/// One style: a [`Norm`] for each conditional instance normalization of its network, in network order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Style {
    /// The network's name, as in archives.
    pub network: String,
    /// The style's name. A blend has the names of its parts.
    pub name: String,
    /// Scales and shifts, in network order.
    pub norms: Vec<Norm>,
}

impl Style {
    /// Returns the weighted sum of styles, applied to every scale and every shift. Weights are not normalized: with a
    /// sum of 1, the result is a blend, and weights outside of 0..1 exaggerate a style.
    ///
    /// ```
    /// use impasto::style::{Norm, Style};
    ///
    /// # fn main() -> impasto::error::Result<()> {
    /// let style = |name: &str, scale: f32| Style {
    ///     network: "transfer26".to_string(),
    ///     name: name.to_string(),
    ///     norms: vec![Norm { scale: vec![scale; 32], shift: vec![0.0; 32] }],
    /// };
    /// let blend = Style::blend(&[(&style("Waves", 1.0), 0.75), (&style("Ink", 3.0), 0.25)])?;
    /// assert_eq!(blend.name, "Waves + Ink");
    /// assert_eq!(blend.norms[0].scale, [1.5; 32]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Style`] if `parts` is empty, if the styles belong to different networks, or if a weight or a sum is not
    /// finite.
    pub fn blend(parts: &[(&Style, f32)]) -> Result<Style> {
        let (first, _) = parts.first().ok_or_else(|| Error::Style("A blend needs at least one style.".to_string()))?;
        for (style, weight) in parts {
            if !weight.is_finite() {
                let problem =
                    format!("The weight of style `{}` is {weight}, which is not a finite number.", style.name);
                return Err(Error::Style(problem));
            }
            if !style.fits(first) {
                return Err(Error::Style(format!(
                    "`{}` and `{}` are styles of different networks and cannot be blended: choose styles of one \
                     network.",
                    first.name, style.name
                )));
            }
        }
        let sum = |slot: usize, channel: usize, numbers: fn(&Norm) -> &[f32]| -> f32 {
            let present = parts.iter().filter(|(_, weight)| *weight != 0.0);
            present.map(|(style, weight)| numbers(&style.norms[slot])[channel] * weight).sum()
        };
        let norms: Vec<Norm> = (first.norms.iter().enumerate())
            .map(|(slot, norm)| Norm {
                scale: (0..norm.scale.len()).map(|c| sum(slot, c, |n| &n.scale)).collect(),
                shift: (0..norm.shift.len()).map(|c| sum(slot, c, |n| &n.shift)).collect(),
            })
            .collect();
        if norms.iter().flat_map(|n| n.scale.iter().chain(&n.shift)).any(|v| !v.is_finite()) {
            return Err(Error::Style("These style weights are too large.".into()));
        }
        let names = parts.iter().filter(|(_, weight)| *weight != 0.0).map(|(style, _)| style.name.as_str());
        Ok(Style { network: first.network.clone(), name: names.collect::<Vec<_>>().join(" + "), norms })
    }

    /// Whether both styles belong to the same network.
    fn fits(&self, other: &Style) -> bool {
        let shapes = |style: &Style| -> Vec<(usize, usize)> {
            style.norms.iter().map(|n| (n.scale.len(), n.shift.len())).collect()
        };
        self.network == other.network && shapes(self) == shapes(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(network: &str, name: &str, value: f32) -> Style {
        let norms = vec![Norm { scale: vec![value; 2], shift: vec![-value; 2] }];
        Style { network: network.into(), name: name.into(), norms }
    }

    #[test]
    fn a_blend_is_the_weighted_sum() {
        let (a, b) = (style("n", "a", 1.0), style("n", "b", 3.0));
        let half = Style::blend(&[(&a, 0.5), (&b, 0.5)]).unwrap();
        assert_eq!((half.name.as_str(), &half.norms), ("a + b", &style("n", "", 2.0).norms));
        // A style with weight 0 does not contribute to the name.
        assert_eq!(Style::blend(&[(&a, 0.0), (&b, 1.0)]).unwrap(), b);
    }

    #[test]
    fn what_cannot_be_blended_is_refused() {
        let (a, b) = (style("n", "a", 1.0), style("m", "b", 1.0));
        for parts in [&[][..], &[(&a, 1.0), (&b, 1.0)], &[(&a, f32::NAN)], &[(&style("n", "c", f32::MAX), 3.0)]] {
            assert!(matches!(Style::blend(parts), Err(Error::Style(_))));
        }
    }
}
