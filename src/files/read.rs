//! Reads files with a size limit. The type and size of a file are checked before it is read.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::reason;
use crate::error::{Error, Result};

/// Reads the file at `path`, which has at most `limit` bytes. `what` names such files in error messages, such as "a
/// style pack".
///
/// # Errors
/// [`Error::File`] when there is no such file, when it is a folder, a pipe or a device, when it is too large, and when
/// it cannot be read.
pub fn read(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>> {
    let metadata = check_regular(path)?;
    let too_large = |bytes: u64| {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        let (has, allowed) = (megabytes(bytes), megabytes(limit));
        Error::file(path, format!("the file has {has} MB, and {what} has at most {allowed} MB; choose another file"))
    };
    if metadata.len() > limit {
        return Err(too_large(metadata.len()));
    }
    let unread = |e: std::io::Error| Error::file(path, format!("the file cannot be read: {}", reason(&e)));
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The file may grow while it is read.
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if read as u64 > limit {
        return Err(too_large(read as u64));
    }
    Ok(bytes)
}

/// Checks that `path` is a regular file, without opening it, because opening a pipe would block until its other end
/// opens.
///
/// # Errors
/// [`Error::File`] with the actual type of the file.
pub fn check_regular(path: &Path) -> Result<Metadata> {
    let metadata = path.metadata().map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::file(path, "there is no such file"),
        _ => Error::file(path, format!("the file cannot be read: {}", reason(&e))),
    })?;
    if metadata.is_dir() {
        return Err(Error::file(path, "this is a folder; name a file in it"));
    }
    if !metadata.is_file() {
        return Err(Error::file(
            path,
            "this is a pipe, a socket or a device, and not a regular file; save its contents to a file first",
        ));
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read(&path, 10, "a file").unwrap(), [7; 10]);
        let refused = read(&path, 9, "a style pack").unwrap_err().to_string();
        assert!(refused.contains("a style pack has at most"), "{refused}");
        assert!(read(folder.path(), 10, "a file").unwrap_err().to_string().contains("folder"));
        assert!(read(&folder.path().join("gone"), 10, "a file").unwrap_err().to_string().contains("no such file"));
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_refused_without_being_opened() {
        let refused = read(Path::new("/dev/zero"), 10, "a file").unwrap_err().to_string();
        assert!(refused.contains("not a regular file"), "{refused}");
    }
}
