//! Which files are meant, and where their paintings go.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};

use super::photos::{ENDINGS, has_known_ending};

/// The photos that `inputs` name: files, folders (their pictures, not those of folders inside) and patterns such as
/// `*.jpg`. What exists is taken as it is written before it is tried as a pattern. Each file comes once; what cannot be
/// found comes as the error.
pub fn photos(inputs: &[String]) -> Vec<Result<PathBuf>> {
    let mut seen = HashSet::new();
    let mut photos = Vec::new();
    for input in inputs {
        for photo in meant(input) {
            let known = photo.as_ref().is_ok_and(|path| !seen.insert(identity(path)));
            if !known {
                photos.push(photo);
            }
        }
    }
    photos
}

fn meant(input: &str) -> Vec<Result<PathBuf>> {
    let path = Path::new(input);
    if path.is_dir() {
        return folder(path).unwrap_or_else(|e| vec![Err(e)]);
    }
    if !path.exists() && input.contains(['*', '?', '[']) {
        return pattern(input).unwrap_or_else(|e| vec![Err(e)]);
    }
    if !path.exists() {
        return vec![Err(Error::file(path, "there is no such file or folder"))];
    }
    vec![Ok(path.to_path_buf())]
}

fn folder(path: &Path) -> Result<Vec<Result<PathBuf>>> {
    let entries = std::fs::read_dir(path).map_err(|e| Error::file(path, e))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::file(path, e))?.path();
        if entry.is_file() && has_known_ending(&entry) {
            found.push(entry);
        }
    }
    found.sort();
    if found.is_empty() {
        let endings = ENDINGS.join(", ");
        return Err(Error::file(path, format!("the folder holds no picture that ends in {endings}")));
    }
    Ok(found.into_iter().map(Ok).collect())
}

fn pattern(input: &str) -> Result<Vec<Result<PathBuf>>> {
    let paths = glob::glob(input).map_err(|e| Error::file(input, format!("this is no pattern: {e}")))?;
    let found: Vec<_> = paths.map(|p| p.map_err(|e| Error::file(e.path(), e.error()))).collect();
    let files: Vec<_> = found.into_iter().filter(|p| p.as_ref().map_or(true, |p| p.is_file())).collect();
    if files.is_empty() {
        return Err(Error::file(input, "no file fits this pattern"));
    }
    Ok(files)
}

/// Where the painting of each of `photos` goes. With `single`, `output` is a file, unless it is a folder or ends as one;
/// otherwise it is a folder, which is made, and paintings are PNG files named as their photos. Neither photos nor `kept` are
/// overwritten.
///
/// # Errors
/// [`Error::File`] for an ending that is no format, a folder that cannot be made, and a painting that would overwrite one
/// of the pictures given.
pub fn paintings(photos: &[PathBuf], kept: &[PathBuf], single: bool, output: &Path) -> Result<Vec<PathBuf>> {
    let as_folder = output.is_dir() || output.as_os_str().to_string_lossy().ends_with(['/', '\\']);
    let places = if single && !as_folder {
        if !has_known_ending(output) {
            let problem = format!("a painting's name must end in {}", ENDINGS.join(", "));
            return Err(Error::file(output, problem));
        }
        make_folder(output.parent().unwrap_or(Path::new("")))?;
        vec![output.to_path_buf()]
    } else {
        if output.is_file() {
            return Err(Error::file(output, "several paintings need a folder, and this is a file"));
        }
        make_folder(output)?;
        named_as(photos, output)
    };
    let inputs: HashSet<PathBuf> = photos.iter().chain(kept).map(|p| identity(p)).collect();
    match places.iter().find(|place| inputs.contains(&identity(place))) {
        Some(place) => {
            Err(Error::file(place, "the painting would overwrite a picture that it is made of; choose another place"))
        }
        None => Ok(places),
    }
}

/// `folder/NAME.png` for each photo; photos of the same name are numbered.
fn named_as(photos: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    let place = |photo: &PathBuf| {
        let stem = photo.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Some file systems do not tell large letters from small ones.
        let numbered = (1..).map(|n| if n == 1 { stem.clone() } else { format!("{stem}-{n}") });
        let mut free = numbered.filter(|name| taken.insert(name.to_lowercase()));
        folder.join(format!("{}.png", free.next().unwrap_or_default()))
    };
    photos.iter().map(place).collect()
}

/// Makes `folder` and everything above it.
pub fn make_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, format!("the folder cannot be made: {e}")))
}

/// What two names of one file have in common.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_the_same_name_get_places_of_their_own() {
        let photos: Vec<PathBuf> = ["a/cat.jpg", "b/cat.png", "b/Cat.webp", "dog.png"].map(PathBuf::from).to_vec();
        let places = named_as(&photos, Path::new("out"));
        assert_eq!(places, ["out/cat.png", "out/cat-2.png", "out/Cat-3.png", "out/dog.png"].map(PathBuf::from));
    }
}
