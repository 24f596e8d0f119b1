//! The styles of one network, read from its archive, and their blends.

use std::collections::BTreeSet;

use super::choice::{self, fold};
use super::{Norm, Style};
use crate::error::{Error, Result};
use crate::weights::Archive;

/// The styles that a network was trained on, in the order of its archive. Empty (the default) for a network without
/// built-in styles.
///
/// ```
/// use impasto::net::models::transfer26;
/// use impasto::style::StyleSet;
/// use impasto::weights::Archive;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let archive = Archive::parse(&std::fs::read("weights/transfer26.safetensors")?)?;
/// let styles = StyleSet::read(&archive, &transfer26::network().norms)?;
/// assert_eq!(styles.len(), 26);
/// // The beginning of a name is sufficient if no other name begins like it.
/// let blend = styles.mix(&styles.parse("starry:3, Red Weave:1")?)?;
/// assert!(blend.name.contains("Starry Strokes"));
/// assert!(styles.parse("unknown").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StyleSet {
    styles: Vec<Style>,
}

impl StyleSet {
    /// Reads the styles of a network whose normalizations are `slots`: for each the prefix of its tensors' names and
    /// its number of channels, in network order. `PREFIX.gamma` (scales) and `PREFIX.beta` (shifts) have shape
    /// `[styles, channels]`; the names are a JSON list under `styles` in the archive's metadata.
    ///
    /// # Errors
    /// [`Error::Archive`] if the names are missing, unusable or ambiguous, [`Error::Tensor`] if a tensor is missing or
    /// unusable.
    pub fn read(archive: &Archive, slots: &[(String, usize)]) -> Result<Self> {
        let network = archive.metadata("network").unwrap_or_default();
        let named = |name| Style { network: network.to_string(), name, norms: Vec::new() };
        let mut styles: Vec<Style> = read_names(archive)?.into_iter().map(named).collect();
        for (prefix, channels) in slots {
            let shape = [styles.len(), *channels];
            let scales = archive.tensor(&format!("{prefix}.gamma"), &shape)?;
            let shifts = archive.tensor(&format!("{prefix}.beta"), &shape)?;
            // The archive refuses empty tensors, so `channels` is at least one.
            let rows = scales.chunks_exact(*channels).zip(shifts.chunks_exact(*channels));
            for (style, (scale, shift)) in styles.iter_mut().zip(rows) {
                style.norms.push(Norm { scale: scale.to_vec(), shift: shift.to_vec() });
            }
        }
        Ok(Self { styles })
    }

    /// Returns the names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.styles.iter().map(|style| style.name.as_str())
    }

    /// Returns the number of styles.
    pub fn len(&self) -> usize {
        self.styles.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.styles.is_empty()
    }

    /// Returns style number `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<&Style> {
        self.styles.get(index)
    }

    /// Returns the weighted sum of all styles, as [`Style::blend`] computes it.
    ///
    /// # Errors
    /// [`Error::Style`] if the set is empty, if there is not one finite weight per style, or if the sum overflows.
    pub fn mix(&self, weights: &[f32]) -> Result<Style> {
        if self.is_empty() {
            return Err(none());
        }
        if weights.len() != self.len() {
            let problem = format!("{} style weights were given, but there are {} styles.", weights.len(), self.len());
            return Err(Error::Style(problem));
        }
        let parts: Vec<(&Style, f32)> = self.styles.iter().zip(weights.iter().copied()).collect();
        Style::blend(&parts)
    }

    /// Parses a style selection to weights, one per style and summing to 1. `text` is a style, or several separated by
    /// commas, each optionally followed by `:WEIGHT` (default 1). A style is its number, counted from 0, its name, or
    /// an unambiguous beginning of its name; case, spaces and punctuation are ignored.
    ///
    /// # Errors
    /// [`Error::Style`] with a sentence that explains the problem and lists the available styles.
    pub fn parse(&self, text: &str) -> Result<Vec<f32>> {
        let names: Vec<&str> = self.names().collect();
        if names.is_empty() {
            return Err(none());
        }
        choice::parse(&names, text).map_err(Error::Style)
    }
}

fn none() -> Error {
    Error::Style("This network has no built-in styles: give a painting.".to_string())
}

/// Returns the archive's style names: at least one, and each usable in [`StyleSet::parse`].
fn read_names(archive: &Archive) -> Result<Vec<String>> {
    let damaged = |problem: &str| Error::Archive(problem.into());
    let text = archive.metadata("styles").ok_or_else(|| damaged("it has no list of style names"))?;
    let names: Vec<String> = serde_json::from_str(text).map_err(|_| damaged("its list of style names is invalid"))?;
    if names.is_empty() {
        return Err(damaged("it contains no styles"));
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        let key = fold(name);
        // A name of digits would be parsed as a number, and `:` and `,` are separators.
        let usable = key.chars().any(char::is_alphabetic) && !name.contains([':', ',']);
        if !usable || name.chars().any(char::is_control) {
            return Err(Error::Archive(format!("the style name {name:?} is invalid")));
        }
        if !seen.insert(key) {
            return Err(Error::Archive(format!("two of its styles have the name {name:?}")));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::ArchiveBuilder;

    fn archive(names: &str) -> Archive {
        let mut builder = ArchiveBuilder::new();
        builder.metadata("styles", names);
        builder.float("a.gamma", &[2, 3], &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        builder.float("a.beta", &[2, 3], &[0.0, 0.5, 1.0, -1.0, -2.0, -3.0]);
        builder.float("b.gamma", &[2, 1], &[4.0, 8.0]);
        builder.float("b.beta", &[2, 1], &[0.0, 2.0]);
        Archive::parse(&builder.finish().unwrap()).unwrap()
    }

    fn slots() -> Vec<(String, usize)> {
        vec![("a".into(), 3), ("b".into(), 1)]
    }

    #[test]
    fn reads_one_norm_per_slot_and_style() {
        let set = StyleSet::read(&archive(r#"["Red Weave","Teal Mist"]"#), &slots()).unwrap();
        assert_eq!(set.names().collect::<Vec<_>>(), ["Red Weave", "Teal Mist"]);
        assert_eq!(set.len(), 2);
        let teal = set.get(1).unwrap();
        assert_eq!(teal.norms[0], Norm { scale: vec![10.0, 20.0, 30.0], shift: vec![-1.0, -2.0, -3.0] });
        assert_eq!(teal.norms[1], Norm { scale: vec![8.0], shift: vec![2.0] });
        assert_eq!(set.get(2), None);
    }

    #[test]
    fn mixtures_are_linear_and_pure_weights_give_the_style_itself() {
        let set = StyleSet::read(&archive(r#"["Red Weave","Teal Mist"]"#), &slots()).unwrap();
        assert_eq!(&set.mix(&[0.0, 1.0]).unwrap(), set.get(1).unwrap());
        let half = set.mix(&[0.5, 0.25]).unwrap();
        assert_eq!(half.name, "Red Weave + Teal Mist");
        assert_eq!(half.norms[0], Norm { scale: vec![3.0, 6.0, 9.0], shift: vec![-0.25, -0.25, -0.25] });
        assert_eq!(half.norms[1], Norm { scale: vec![4.0], shift: vec![0.5] });
    }

    #[test]
    fn unusable_weights_are_refused() {
        let set = StyleSet::read(&archive(r#"["Red Weave","Teal Mist"]"#), &slots()).unwrap();
        for weights in [&[1.0][..], &[1.0, 0.0, 0.0], &[f32::NAN, 1.0], &[0.0, f32::INFINITY], &[f32::MAX, f32::MAX]] {
            assert!(matches!(set.mix(weights), Err(Error::Style(_))), "{weights:?}");
        }
    }

    #[test]
    fn an_empty_set_has_nothing_to_mix() {
        let none = StyleSet::default();
        assert!(none.is_empty());
        assert!(matches!(none.mix(&[]), Err(Error::Style(_))));
        assert!(matches!(none.parse("0"), Err(Error::Style(_))));
    }

    #[test]
    fn archives_without_usable_styles_are_refused() {
        for names in ["", "{}", "[1]", "[]", r#"["A","a "]"#, r#"["A","7"]"#, r#"["A","b:c"]"#, r#"["A","b\nc"]"#] {
            assert!(matches!(StyleSet::read(&archive(names), &slots()), Err(Error::Archive(_))), "{names}");
        }
        let wrong_count = StyleSet::read(&archive(r#"["A","B","C"]"#), &slots());
        assert!(matches!(wrong_count, Err(Error::Tensor { tensor, .. }) if tensor == "a.gamma"));
        let no_names = Archive::parse(&ArchiveBuilder::new().finish().unwrap()).unwrap();
        assert!(StyleSet::read(&no_names, &[]).is_err());
        let no_channels = StyleSet::read(&archive(r#"["A","B"]"#), &[("a".into(), 0)]);
        assert!(matches!(no_channels, Err(Error::Tensor { tensor, .. }) if tensor == "a.gamma"));
    }
}
