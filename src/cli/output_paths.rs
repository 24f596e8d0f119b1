//! The output paths of the paintings of a command.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};

use super::photos::{ENDINGS, has_known_ending};

/// Returns the path of the painting of each of `photos`. With `single`, `output` is a file, unless it is an existing
/// folder or ends in a separator. Otherwise it is a folder, and paintings are PNG files with the names of their photos.
///
/// # Errors
/// [`Error::File`] for an unknown extension, and for several paintings in one file.
pub fn paintings(photos: &[PathBuf], single: bool, output: &Path) -> Result<Vec<PathBuf>> {
    let last = output.as_os_str().as_encoded_bytes().last();
    let as_folder = output.is_dir() || last.is_some_and(|byte| std::path::is_separator(char::from(*byte)));
    if single && !as_folder {
        return painting(output).map(|path| vec![path]);
    }
    if !as_folder && (output.is_file() || has_known_ending(output)) {
        return Err(Error::file(
            output,
            "several paintings need a folder, and this is the name of a file; name a folder",
        ));
    }
    Ok(named_as(photos, output))
}

/// Checks that the extension of `output` names a format, and returns the path.
///
/// # Errors
/// [`Error::File`] for another extension.
pub fn painting(output: &Path) -> Result<PathBuf> {
    if has_known_ending(output) {
        return Ok(output.to_path_buf());
    }
    Err(Error::file(output, format!("the name of a painting must end in {}", ENDINGS.join(", "))))
}

/// Returns `folder/NAME.png` for each photo; photos of the same name are numbered.
fn named_as(photos: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    let path = |photo: &PathBuf| {
        let stem = photo.file_stem().unwrap_or_default();
        let mut number = 1;
        loop {
            let mut name = stem.to_os_string();
            if number > 1 {
                name.push(format!("-{number}"));
            }
            name.push(".png");
            // Some file systems are case-insensitive.
            if taken.insert(name.to_string_lossy().to_lowercase()) {
                return folder.join(name);
            }
            number += 1;
        }
    };
    photos.iter().map(path).collect()
}

/// Returns `path` with `suffix` after the stem and another extension: `starry.impasto` becomes `starry-preview.png`.
#[cfg(feature = "studio")]
pub fn derived(path: &Path, suffix: &str, ending: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push(suffix);
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_the_same_name_get_distinct_paths() {
        let photos: Vec<PathBuf> = ["a/cat.jpg", "b/cat.png", "b/Cat.webp", "dog.png"].map(PathBuf::from).to_vec();
        let paths = named_as(&photos, Path::new("out"));
        assert_eq!(paths, ["out/cat.png", "out/cat-2.png", "out/Cat-3.png", "out/dog.png"].map(PathBuf::from));
    }

    #[cfg(feature = "studio")]
    #[test]
    fn derived_files_are_in_the_folder_of_the_output() {
        assert_eq!(derived(Path::new("a/starry.impasto"), "-preview", "png"), Path::new("a/starry-preview.png"));
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_stay_as_they_are() {
        use std::os::unix::ffi::OsStrExt;
        let photo = PathBuf::from(std::ffi::OsStr::from_bytes(b"caf\xe9.jpg"));
        let paths = named_as(&[photo], Path::new("out"));
        assert_eq!(paths[0].as_os_str().as_bytes(), b"out/caf\xe9.png");
    }
}
