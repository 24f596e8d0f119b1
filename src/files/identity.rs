//! Determines whether two paths name the same file.

use std::path::{Path, PathBuf};

/// The identity of a file: two paths to the same file, also through links, have equal identities.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The device and inode of an existing file, on systems with inode numbers. Hard links share it.
    #[cfg(unix)]
    Inode {
        /// Number of the device that has the file.
        device: u64,
        /// Number of the file on its device.
        inode: u64,
    },
    /// Otherwise the absolute path, with links resolved as far as its folders exist.
    Path(PathBuf),
}

impl Identity {
    /// Returns the identity of the file at `path`, which need not exist.
    pub fn of(path: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(metadata) = path.metadata() {
            use std::os::unix::fs::MetadataExt;
            return Self::Inode { device: metadata.dev(), inode: metadata.ino() };
        }
        Self::Path(absolute(path))
    }
}

/// Returns the path with its existing folders resolved.
pub(super) fn absolute(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (parent.canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_file_are_equal() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("photo.png");
        std::fs::write(&file, "x").unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        let same = Identity::of(&file);
        assert_eq!(Identity::of(&folder.path().join("inner/../photo.png")), same);
        assert_ne!(Identity::of(&folder.path().join("other.png")), same);
        #[cfg(unix)]
        {
            let (hard, soft) = (folder.path().join("hard.png"), folder.path().join("soft.png"));
            std::fs::hard_link(&file, &hard).unwrap();
            std::os::unix::fs::symlink(&file, &soft).unwrap();
            assert_eq!(Identity::of(&hard), same);
            assert_eq!(Identity::of(&soft), same);
        }
    }

    #[test]
    fn files_that_do_not_exist_are_distinguished_by_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        let direct = Identity::of(&folder.path().join("new.png"));
        assert_eq!(Identity::of(&folder.path().join("inner/../new.png")), direct);
        assert_ne!(Identity::of(&folder.path().join("inner/new.png")), direct);
    }
}
