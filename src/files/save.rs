//! Saves: a file is written beside its place under a name of its own, brought to the disk, and renamed. Until then the file that
//! was there before is untouched; after a failure nothing is left of the attempt.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::reason;
use crate::error::{Error, Result};

/// Bytes that are written at once.
const CHUNK: usize = 1 << 16;
/// Bytes that [`probe`] writes, to find out whether there is any room.
const PROBE: [u8; 4096] = [0; 4096];

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and nothing is written.
    Keep,
}

/// What a save did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Written,
    /// A file was there, and stayed.
    Kept,
}

/// The steps of a save, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The temporary file is made.
    Create,
    /// Bytes from this position on are written.
    Write(usize),
    /// The bytes are brought to the disk.
    Sync,
    /// The temporary file takes its place.
    Rename,
}

/// Writes `bytes` to the file at `path`.
///
/// # Errors
/// [`Error::File`] when it cannot be written; the file that was there is as it was.
pub fn save(path: &Path, bytes: &[u8], existing: Existing) -> Result<Saved> {
    save_with(path, bytes, existing, &|_| Ok(()))
}

/// As [`save`], with `before` called before each step, so that tests can let each step fail.
///
/// # Errors
/// As [`save`].
pub fn save_with(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    before: &dyn Fn(Step) -> io::Result<()>,
) -> Result<Saved> {
    let target = target(path)?;
    if existing == Existing::Keep && target.exists() {
        return Ok(Saved::Kept);
    }
    match write_beside(&target, bytes, existing, before) {
        Ok(saved) => Ok(saved),
        Err(error) => {
            let unchanged = if target.exists() { "; the file that was there is unchanged" } else { "" };
            let problem = format!("the file cannot be written: {}{unchanged}; {}", reason(&error), advice(&error));
            Err(Error::file(path, problem))
        }
    }
}

fn write_beside(
    target: &Path,
    bytes: &[u8],
    existing: Existing,
    before: &dyn Fn(Step) -> io::Result<()>,
) -> io::Result<Saved> {
    before(Step::Create)?;
    let mut file = temporary(target)?;
    if let Ok(metadata) = target.metadata() {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    for (i, chunk) in bytes.chunks(CHUNK).enumerate() {
        before(Step::Write(i * CHUNK))?;
        file.write_all(chunk)?;
    }
    before(Step::Sync)?;
    file.as_file().sync_all()?;
    before(Step::Rename)?;
    match existing {
        Existing::Replace => file.persist(target).map_err(|e| e.error)?,
        Existing::Keep => match file.persist_noclobber(target) {
            Ok(file) => file,
            // Another process was faster.
            Err(e) if e.error.kind() == ErrorKind::AlreadyExists => return Ok(Saved::Kept),
            Err(e) => return Err(e.error),
        },
    };
    sync_folder(target);
    Ok(Saved::Written)
}

/// Checks that a file can be written at `path`, by a trial beside it, and leaves everything as it was.
///
/// # Errors
/// [`Error::File`] with what is in the way.
pub fn probe(path: &Path) -> Result<()> {
    let target = target(path)?;
    let trial = || {
        let mut file = temporary(&target)?;
        file.write_all(&PROBE)?;
        file.close()
    };
    trial().map_err(|error| {
        Error::file(path, format!("the file cannot be written there: {}; {}", reason(&error), advice(&error)))
    })
}

/// Removes the file at `path`, if there is one.
///
/// # Errors
/// [`Error::File`] when it cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::file(path, format!("the file cannot be removed: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}

/// The file that `path` stands for: that at the end of symbolic links. Only regular files that may be written are replaced.
fn target(path: &Path) -> Result<PathBuf> {
    let target = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize().map_err(|_| {
            Error::file(
                path,
                "this is a symbolic link to a file that does not exist; remove it, or choose another place",
            )
        })?,
        _ => path.to_path_buf(),
    };
    let Ok(metadata) = target.metadata() else { return Ok(target) };
    if metadata.is_dir() {
        return Err(Error::file(path, "a folder of this name is there; choose another name"));
    }
    if !metadata.is_file() {
        return Err(Error::file(path, "this is a pipe or a device, and not a regular file; choose another place"));
    }
    if metadata.permissions().readonly() {
        return Err(Error::file(path, "the file that is there is write-protected; choose another name"));
    }
    Ok(target)
}

/// An empty file beside `target` under a name that no other file has, which is removed when it is dropped.
fn temporary(target: &Path) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    builder.prefix(".impasto-").suffix(".part");
    #[cfg(unix)]
    let mode: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(mode);
    builder.tempfile_in(folder).map_err(|e| io::Error::new(e.kind(), source(&e)))
}

/// What the system said: `tempfile` adds the temporary name, which means nothing to the user.
fn source(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source()).map(ToString::to_string);
    inner.unwrap_or_else(|| error.to_string())
}

/// Brings a renaming to the disk, where the system has a way to. Some file systems refuse it, and then do it by themselves.
fn sync_folder(target: &Path) {
    #[cfg(unix)]
    if let Some(folder) = target.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    #[cfg(not(unix))]
    let _ = target;
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space, or choose another place",
        ErrorKind::NotFound => "make the folder first, or choose another place",
        _ => "choose another place",
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_at_any_step_leaves_the_older_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("painting.png");
        let bytes = vec![1; 3 * CHUNK + 5];
        let steps = Cell::new(0);
        save_with(&path, &bytes, Existing::Replace, &|_| {
            steps.set(steps.get() + 1);
            Ok(())
        })
        .unwrap();
        // Create, four writes, sync, rename.
        assert_eq!(steps.get(), 7);
        for failing in 0..steps.get() {
            let count = Cell::new(0);
            let refused = save_with(&path, b"newer", Existing::Replace, &|_| {
                count.set(count.get() + 1);
                if count.get() > failing.min(3) { Err(io::Error::from(ErrorKind::StorageFull)) } else { Ok(()) }
            });
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("unchanged") && refused.contains("free some space"), "{refused}");
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
            assert_eq!(names(folder.path()), ["painting.png"]);
        }
        // A failure in the middle of the bytes.
        let middle = |step: Step| match step {
            Step::Write(at) if at >= CHUNK => Err(io::Error::from(ErrorKind::StorageFull)),
            _ => Ok(()),
        };
        save_with(&path, &vec![2; 3 * CHUNK], Existing::Replace, &middle).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(names(folder.path()), ["painting.png"]);
    }

    #[test]
    fn existing_files_are_replaced_or_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(save(&path, b"1", Existing::Keep).unwrap(), Saved::Written);
        assert_eq!(save(&path, b"2", Existing::Keep).unwrap(), Saved::Kept);
        assert_eq!(std::fs::read(&path).unwrap(), b"1");
        assert_eq!(save(&path, b"3", Existing::Replace).unwrap(), Saved::Written);
        assert_eq!(std::fs::read(&path).unwrap(), b"3");
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn places_that_take_no_file_are_found_out_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        probe(&path).unwrap();
        assert!(names(folder.path()).is_empty());
        let gone = probe(&folder.path().join("gone/a")).unwrap_err().to_string();
        assert!(gone.contains("make the folder first"), "{gone}");
        assert!(probe(folder.path()).unwrap_err().to_string().contains("folder"));
        std::fs::write(&path, "x").unwrap();
        let mut permissions = path.metadata().unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
        assert!(probe(&path).unwrap_err().to_string().contains("write-protected"));
        assert!(save(&path, b"y", Existing::Replace).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        save(&link, b"new", Existing::Replace).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        symlink(folder.path().join("gone"), folder.path().join("dangling")).unwrap();
        assert!(probe(&folder.path().join("dangling")).unwrap_err().to_string().contains("does not exist"));
        assert!(probe(Path::new("/dev/null")).unwrap_err().to_string().contains("device"));
    }
}
