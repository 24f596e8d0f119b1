//! Finds the photos that the arguments of a command name.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::files::{Identity, reason};

use super::photos::{ENDINGS, has_ending, has_known_ending};

/// Extensions of unsupported picture and video formats. Such files in a folder are reported as skipped.
const NOT_READ: [&str; 36] = [
    "heic", "heif", "avif", "gif", "bmp", "svg", "jxl", "jp2", "j2k", "psd", "xcf", "kra", "tga", "ico", "exr", "hdr",
    "pdf", "eps", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "pef", "srw", "mp4", "mov", "m4v", "avi",
    "mkv", "webm", "3gp", "mts",
];
/// Largest number of file names in a message; further files are counted.
const LISTED: usize = 8;

/// The result of [`find`].
#[derive(Debug, Default)]
pub struct InputFiles {
    /// The photos in order, without duplicates.
    pub photos: Vec<PathBuf>,
    /// Errors for arguments that name no photo.
    pub problems: Vec<Error>,
    /// The skipped contents of folders.
    pub left_out: LeftOut,
}

/// The contents of the given folders that are skipped.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Pictures and videos of unsupported formats.
    pub files: Vec<PathBuf>,
    /// Number of subfolders.
    pub folders: usize,
}

impl LeftOut {
    /// Returns a sentence about the skipped contents, if there are any.
    pub fn sentence(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.files.is_empty() {
            let names = self.files.iter().take(LISTED).map(|path| path.display().to_string());
            let mut names = names.collect::<Vec<_>>().join(", ");
            if self.files.len() > LISTED {
                names = format!("{names} and {} more", self.files.len() - LISTED);
            }
            parts.push(format!("{} of unsupported formats ({names})", count(self.files.len(), "file")));
        }
        if self.folders > 0 {
            parts.push(format!("{} inside the given folders", count(self.folders, "folder")));
        }
        (!parts.is_empty()).then(|| format!("skipped: {}", parts.join(", and ")))
    }
}

/// Formats a number with its noun: `1 file`, `2 files`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Finds the photos that `arguments` name: files, folders (their pictures, without subfolders) and patterns such as
/// `*.jpg`. The path of an existing file is never read as a pattern.
pub fn find(arguments: &[OsString]) -> InputFiles {
    let mut found = InputFiles::default();
    let mut seen = HashSet::new();
    for argument in arguments {
        match named(argument, &mut found.left_out) {
            Ok(paths) => found.photos.extend(paths.into_iter().filter(|path| seen.insert(Identity::of(path)))),
            Err(error) => found.problems.push(error),
        }
    }
    found
}

fn named(argument: &OsStr, left_out: &mut LeftOut) -> Result<Vec<PathBuf>> {
    let path = Path::new(argument);
    if path.is_dir() {
        return folder(path, left_out);
    }
    if path.exists() {
        return Ok(vec![path.to_path_buf()]);
    }
    match argument.to_str() {
        Some(text) if text.contains(['*', '?', '[']) => pattern(text),
        _ => Err(Error::file(path, "there is no such file or folder")),
    }
}

fn folder(path: &Path, left_out: &mut LeftOut) -> Result<Vec<PathBuf>> {
    let unread = |e: std::io::Error| Error::file(path, format!("the folder cannot be read: {}", reason(&e)));
    let mut photos = Vec::new();
    let mut others = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unread)? {
        let entry = entry.map_err(unread)?.path();
        // macOS stores `._NAME` next to files on foreign disks; other programs store hidden files under such names too.
        if entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if entry.is_dir() {
            left_out.folders += 1;
        } else if has_known_ending(&entry) {
            photos.push(entry);
        } else if has_ending(&entry, &NOT_READ) {
            others.push(entry);
        }
    }
    photos.sort();
    others.sort();
    if photos.is_empty() {
        let endings = ENDINGS.join(", ");
        let others = LeftOut { files: others, folders: 0 }.sentence().map(|text| format!("; {text}"));
        let others = others.unwrap_or_default();
        return Err(Error::file(path, format!("the folder contains no picture that ends in {endings}{others}")));
    }
    left_out.files.append(&mut others);
    Ok(photos)
}

fn pattern(text: &str) -> Result<Vec<PathBuf>> {
    let paths = glob::glob(text).map_err(|e| Error::file(text, format!("this is not a pattern: {e}")))?;
    let found: Vec<PathBuf> = paths
        .map(|path| path.map_err(|e| Error::file(e.path(), reason(e.error()))))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    if found.is_empty() { Err(Error::file(text, "no file matches this pattern")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_their_pictures_and_report_skipped_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.JPG", "a.png", "phone.HEIC", "._a.png", ".hidden.png", "notes.txt", "Thumbs.db"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        let found =
            find(&[folder.path().into(), folder.path().join("a.png").into(), folder.path().join("gone").into()]);
        let names: Vec<_> = found.photos.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.png", "b.JPG"]);
        assert_eq!(found.problems.len(), 1);
        let said = found.left_out.sentence().unwrap();
        assert!(
            said.contains("1 file of unsupported formats")
                && said.contains("phone.HEIC")
                && said.contains("1 folder inside"),
            "{said}"
        );
    }

    #[test]
    fn long_lists_are_counted() {
        let files = (0..10).map(|i| PathBuf::from(format!("{i}.gif"))).collect();
        let said = LeftOut { files, folders: 0 }.sentence().unwrap();
        assert!(said.contains("10 files") && said.ends_with("7.gif and 2 more)"), "{said}");
        assert_eq!(LeftOut::default().sentence(), None);
    }
}
