//! Shared helpers for reading third-party files: detection of files that are not the expected file at all, and quoting
//! of names.

use crate::text::printable;

/// First bytes of a Git LFS pointer (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const LFS_START: &[u8] = b"version https://git-lfs.github.com/spec/";
/// Maximum length of a pointer: the specification allows pointers of less than 1024 bytes.
pub const LFS_LENGTH: u64 = 1024;

/// End of an error message about a file that [`git_lfs_pointer`] recognizes.
pub const GIT_LFS: &str = "is a Git LFS pointer, not the file itself: fetch the file with `git lfs pull`, or download it from the project's page";
/// End of an error message about a file that [`web_page`] recognizes.
pub const WEB_PAGE: &str =
    "is a web page, not the file itself: the link led to a page about the file; download the file from there";

/// Maximum characters of a name that a message quotes.
const LONGEST: usize = 80;

/// Whether `bytes` are a pointer that Git LFS stores in place of a large file.
pub fn git_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() as u64 <= LFS_LENGTH && bytes.starts_with(LFS_START)
}

/// Whether `bytes` begin like an HTML page.
pub fn web_page(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    [&b"<!doctype html"[..], b"<html"]
        .iter()
        .any(|mark| start.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}

/// Returns the end of an error message if `bytes` are a file stored in place of the intended one.
pub fn stand_in(bytes: &[u8]) -> Option<&'static str> {
    let kinds = [(git_lfs_pointer as fn(&[u8]) -> bool, GIT_LFS), (web_page, WEB_PAGE)];
    kinds.into_iter().find(|(is, _)| is(bytes)).map(|(_, sentence)| sentence)
}

/// Quotes a name from a file for a message: in backticks, shortened, with terminal control characters and invisible
/// characters escaped.
pub fn quoted(name: &str) -> String {
    let short: String = name.chars().take(LONGEST).collect();
    let rest = if short.len() < name.len() { "…" } else { "" };
    format!("`{}{rest}`", printable(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_recognized() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert!(git_lfs_pointer(pointer));
        assert!(stand_in(pointer).unwrap().contains("`git lfs pull`"));
        assert!(!git_lfs_pointer(&[&pointer[..], &[0; 1024]].concat()));
        assert!(stand_in(b"\n<!DOCTYPE html><title>vgg.pth</title>").unwrap().contains("web page"));
        assert_eq!((stand_in(b""), stand_in(b"PK\x03\x04"), stand_in(b"hello")), (None, None, None));
    }

    #[test]
    fn names_are_quoted_without_what_a_terminal_obeys() {
        assert_eq!(quoted("conv1.weight"), "`conv1.weight`");
        assert_eq!(quoted("a\x1b[31m\n\u{202e}b"), "`a\\u{1b}[31m\\n\\u{202e}b`");
        assert_eq!(quoted(&"x".repeat(500)), format!("`{}…`", "x".repeat(LONGEST)));
    }
}
