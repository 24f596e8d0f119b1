//! Error descriptions without the name of the file.

use std::fmt::Display;

use crate::error::Error;

/// The description of a problem, to which the name of the file is added. It has no full stop.
#[derive(Debug)]
pub(super) struct Problem(pub String);

impl Problem {
    /// Returns the description as a sentence.
    pub fn sentence(self) -> String {
        let mut letters = self.0.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}.", letters.as_str())
    }

    /// Returns the error for the file of this name.
    pub fn of(self, name: &str) -> Error {
        Error::File { path: name.to_string(), problem: self.0 }
    }
}

/// Returns the problem of a file of this kind with invalid contents.
pub(super) fn damaged(kind: &str) -> Problem {
    Problem(format!(
        "the {kind} file is damaged or truncated. Copy or download it again, or open it in another program and save \
         it again"
    ))
}

/// Returns the problem of a valid file of this kind with an unsupported feature.
pub(super) fn unsupported(kind: &str, what: impl Display) -> Problem {
    Problem(format!("this {kind} file has {what}, which cannot be read. Save the picture as an 8-bit RGB PNG or JPEG"))
}

/// Formats `pixels` in megapixels.
pub(super) fn megapixels(pixels: u64) -> String {
    match pixels as f64 / 1e6 {
        1.0 => "1 megapixel".to_string(),
        millions if millions >= 10.0 => format!("{millions:.0} megapixels"),
        millions => format!("{} megapixels", short(millions)),
    }
}

/// Formats `bytes` in GB, MB or kB.
pub(super) fn gigabytes(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{} GB", short(bytes / 1e9)),
        bytes if bytes >= 1e6 => format!("{} MB", short(bytes / 1e6)),
        bytes => format!("{} kB", short(bytes / 1e3)),
    }
}

/// Formats a number with at most one decimal.
fn short(number: f64) -> String {
    format!("{number:.1}").trim_end_matches(".0").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(megapixels(900_000_000), "900 megapixels");
        assert_eq!(megapixels(1_500_000), "1.5 megapixels");
        assert_eq!(gigabytes(2_400_000_000), "2.4 GB");
        assert_eq!(gigabytes(6_000_000), "6 MB");
        assert_eq!(gigabytes(69), "0.1 kB");
    }

    #[test]
    fn problems_become_sentences_and_errors() {
        assert_eq!(Problem("the file is empty".into()).sentence(), "The file is empty.");
        assert_eq!(Problem("the file is empty".into()).of("a.png").to_string(), "a.png: the file is empty");
    }
}
