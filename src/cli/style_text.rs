//! Parses styles as arguments: `NAME` or `FILE`, each with an optional `:WEIGHT`, separated by commas. File names may
//! contain commas and colons, and need not be UTF-8.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};

/// A style or a painting with its weight in a blend.
pub type Weighted = (PathBuf, f32);

/// Parses the parts of a blend. Text that names an existing file is one part, even if it contains commas.
///
/// # Errors
/// As [`parse`].
pub fn parse_list(text: &OsStr, exists: impl Fn(&Path) -> bool) -> Result<Vec<Weighted>> {
    let pieces = split(text, b',');
    let mut parts = Vec::new();
    let mut rest = &pieces[..];
    while !rest.is_empty() {
        let files = (2..=rest.len()).rev().find_map(|count| {
            let part = parse(&trimmed(&rest[..count].join(OsStr::new(","))), &exists).ok()?;
            exists(&part.0).then_some((part, count))
        });
        let (part, count) = match files {
            Some(found) => found,
            None => (parse(&trimmed(&rest[0]), &exists)?, 1),
        };
        parts.push(part);
        rest = &rest[count..];
    }
    Ok(parts)
}

/// Parses path and weight. The path of an existing file, and text without a number after its last colon, is a path
/// without a weight.
///
/// # Errors
/// [`Error::Style`] for a weight that is negative or not finite.
pub fn parse(text: &OsStr, exists: impl Fn(&Path) -> bool) -> Result<Weighted> {
    let whole = (PathBuf::from(text), 1.0);
    if exists(&whole.0) {
        return Ok(whole);
    }
    let mut pieces = split(text, b':');
    let Some(number) = pieces.pop().filter(|_| !pieces.is_empty()) else { return Ok(whole) };
    let path = PathBuf::from(pieces.join(OsStr::new(":")));
    match number.to_string_lossy().trim().parse::<f32>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok((path, weight)),
        Ok(_) => {
            let (number, path) = (number.to_string_lossy(), path.display());
            Err(Error::Style(format!(
                "`{number}` is not a weight for {path}: write a number of at least 0, such as `{path}:0.5`."
            )))
        }
        Err(_) => Ok(whole),
    }
}

/// Returns the text without surrounding spaces.
fn trimmed(text: &OsStr) -> OsString {
    text.to_str().map_or_else(|| text.to_os_string(), |text| text.trim().into())
}

/// Splits the text at an ASCII character.
fn split(text: &OsStr, letter: u8) -> Vec<OsString> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        text.as_bytes().split(|byte| *byte == letter).map(|piece| OsStr::from_bytes(piece).to_os_string()).collect()
    }
    #[cfg(not(unix))]
    {
        text.to_string_lossy().split(char::from(letter)).map(OsString::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(part: Weighted) -> (String, f32) {
        (part.0.to_string_lossy().into_owned(), part.1)
    }

    #[test]
    fn weights_stand_behind_the_last_colon() {
        let parsed = |written: &str| text(parse(OsStr::new(written), |path| path == Path::new("odd:2")).unwrap());
        assert_eq!(parsed("a.png"), ("a.png".to_string(), 1.0));
        assert_eq!(parsed("a.png:0.5"), ("a.png".to_string(), 0.5));
        assert_eq!(parsed("odd:2"), ("odd:2".to_string(), 1.0));
        assert_eq!(parsed("odd:2:3"), ("odd:2".to_string(), 3.0));
        assert_eq!(parsed(r"C:\a.png"), (r"C:\a.png".to_string(), 1.0));
        assert_eq!(parsed(r"C:\a.png:2"), (r"C:\a.png".to_string(), 2.0));
        for wrong in ["a.png:-1", "a.png:inf", "a.png:nan"] {
            assert!(matches!(parse(OsStr::new(wrong), |_| false), Err(Error::Style(_))), "{wrong}");
        }
    }

    #[test]
    fn files_may_have_commas_in_their_names() {
        let exists = |path: &Path| path == Path::new("field, with crows") || path == Path::new("a,b,c");
        let parsed = |written: &str| {
            let parts = parse_list(OsStr::new(written), exists).unwrap();
            parts.into_iter().map(text).collect::<Vec<_>>()
        };
        let part = |name: &str, weight| (name.to_string(), weight);
        assert_eq!(parsed("field, with crows"), [part("field, with crows", 1.0)]);
        assert_eq!(parsed("teal mist:0.6,3:0.4"), [part("teal mist", 0.6), part("3", 0.4)]);
        assert_eq!(
            parsed("ink, field, with crows:2,a,b,c,a"),
            [part("ink", 1.0), part("field, with crows", 2.0), part("a,b,c", 1.0), part("a", 1.0)]
        );
        assert_eq!(parsed(""), [part("", 1.0)]);
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let (path, weight) = parse(OsStr::from_bytes(b"caf\xe9.png:0.5"), |_| false).unwrap();
        assert_eq!((path.as_os_str().as_bytes(), weight), (&b"caf\xe9.png"[..], 0.5));
    }
}
