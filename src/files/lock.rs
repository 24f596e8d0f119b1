//! Locks the outputs of long jobs, so that two runs do not write to the same file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::identity::absolute;
use crate::error::{Error, Result};

/// A lock of one output. It is released when it is dropped or when the process ends for any reason.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the output at `path`. The lock is a file in `folder`, so that no file remains next to the output. Returns
    /// `None` if no file can be created there; the job then runs without a lock.
    ///
    /// # Errors
    /// [`Error::File`] when another process holds the lock.
    pub fn acquire(path: &Path, folder: Option<&Path>) -> Result<Option<Self>> {
        let Some(folder) = folder.filter(|folder| std::fs::create_dir_all(folder).is_ok()) else { return Ok(None) };
        let hash = Sha256::digest(absolute(path).as_os_str().as_encoded_bytes());
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(format!("{name}.lock")));
        let Ok(file) = file else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Err(Error::file(
                path,
                "another run of impasto writes to this file; wait until it ends, or choose another path",
            )),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_has_one_lock_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (path, locks) = (folder.path().join("out.png"), folder.path().join("locks"));
        let first = Lock::acquire(&path, Some(&locks)).unwrap();
        assert!(first.is_some());
        let again = folder.path().join("locks/../out.png");
        assert!(Lock::acquire(&again, Some(&locks)).unwrap_err().to_string().contains("another run"));
        assert!(Lock::acquire(&folder.path().join("other.png"), Some(&locks)).unwrap().is_some());
        drop(first);
        assert!(Lock::acquire(&path, Some(&locks)).unwrap().is_some());
        assert!(Lock::acquire(&path, None).unwrap().is_none());
    }
}
