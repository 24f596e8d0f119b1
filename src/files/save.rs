//! Saves files atomically: writes a temporary file in the same folder, syncs it to the disk, and renames it. Until the
//! renaming the previous file is unchanged; after a failure the temporary file is removed.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::reason;
use crate::error::{Error, Result};

/// The number of bytes per write.
const CHUNK: usize = 1 << 16;
/// The bytes that [`probe`] writes, to detect a full disk.
const PROBE: [u8; 4096] = [0; 4096];

/// The treatment of an existing file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Replaces the file.
    Replace,
    /// Keeps the file and writes nothing.
    Keep,
}

/// The result of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The bytes were written to the file.
    Written,
    /// A file existed and was kept.
    Kept,
}

/// The steps of a save, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Creates the temporary file.
    Create,
    /// Writes bytes from this position on.
    Write(usize),
    /// Syncs the bytes to the disk.
    Sync,
    /// Renames the temporary file to its final name.
    Rename,
}

/// Writes `bytes` to the file at `path`.
///
/// # Errors
/// [`Error::File`] when the file cannot be written; an existing file is then unchanged.
pub fn save(path: &Path, bytes: &[u8], existing: Existing) -> Result<Saved> {
    save_with(path, bytes, existing, &|_| Ok(()))
}

/// Writes a file like [`save`], and calls `before` before each step, so that tests can make each step fail.
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
            let unchanged = if target.exists() { "; the existing file is unchanged" } else { "" };
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
            // Another process created the file in the meantime.
            Err(e) if e.error.kind() == ErrorKind::AlreadyExists => return Ok(Saved::Kept),
            Err(e) => return Err(e.error),
        },
    };
    sync_folder(target);
    Ok(Saved::Written)
}

/// Checks that a file can be written at `path`, with a temporary file in the same folder. Existing files are unchanged.
///
/// # Errors
/// [`Error::File`] with the reason.
pub fn probe(path: &Path) -> Result<()> {
    let target = target(path)?;
    let write_probe = || {
        let mut file = temporary(&target)?;
        file.write_all(&PROBE)?;
        file.close()
    };
    write_probe().map_err(|error| {
        Error::file(path, format!("the file cannot be written: {}; {}", reason(&error), advice(&error)))
    })
}

/// Removes the file at `path`, if it exists.
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

/// Returns the file that `path` refers to, with symbolic links resolved. Only writable regular files may be replaced.
fn target(path: &Path) -> Result<PathBuf> {
    let target = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize().map_err(|_| {
            Error::file(
                path,
                "this is a symbolic link to a file that does not exist; remove the link, or choose another path",
            )
        })?,
        _ => path.to_path_buf(),
    };
    let Ok(metadata) = target.metadata() else { return Ok(target) };
    if metadata.is_dir() {
        return Err(Error::file(path, "a folder has this name; choose another name"));
    }
    if !metadata.is_file() {
        return Err(Error::file(path, "this is a pipe or a device, and not a regular file; choose another path"));
    }
    if metadata.permissions().readonly() {
        return Err(Error::file(path, "the existing file is write-protected; choose another name"));
    }
    Ok(target)
}

/// Creates an empty file next to `target` under an unused name. It is removed when it is dropped.
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

/// Returns the error of the system without the temporary name that `tempfile` adds, which means nothing to the user.
fn source(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source()).map(ToString::to_string);
    inner.unwrap_or_else(|| error.to_string())
}

/// Syncs a renaming to the disk, on systems that support it. Errors are ignored: file systems that refuse the call sync
/// by themselves.
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
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space, or choose another folder",
        ErrorKind::NotFound => "create the folder first, or choose another one",
        _ => "choose another folder",
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
    fn probing_finds_paths_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        probe(&path).unwrap();
        assert!(names(folder.path()).is_empty());
        let gone = probe(&folder.path().join("gone/a")).unwrap_err().to_string();
        assert!(gone.contains("create the folder first"), "{gone}");
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
