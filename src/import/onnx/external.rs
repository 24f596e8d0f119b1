//! External data of ONNX models (`data_location` `EXTERNAL`): tensor values in files beside the model, their location,
//! and how they are read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use super::messages::TensorProto;
use crate::weights::foreign;

/// Function that reads `length` bytes from byte `offset` of a file, at a path relative to the model's folder. The path
/// has been checked to stay in that folder. Errors are phrased as ends of sentences about the model.
pub type ReadExternal<'a> = &'a dyn Fn(&str, u64, u64) -> Result<Vec<u8>, String>;

/// Limit of a model's external data, in bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Access to the external data of a model while it is parsed.
pub(super) struct External<'a> {
    read: ReadExternal<'a>,
    left: u64,
}

impl<'a> External<'a> {
    pub(super) fn new(read: ReadExternal<'a>) -> Self {
        Self { read, left: MOST_BYTES }
    }

    /// Reads the `length` bytes of the values of `proto`.
    pub(super) fn bytes(&mut self, proto: &TensorProto, length: u64) -> Result<Vec<u8>, String> {
        let entry = |key: &str| {
            let named = proto.external_data.iter().find(|entry| entry.key.as_deref() == Some(key));
            named.and_then(|entry| entry.value.as_deref())
        };
        let location = entry("location").unwrap_or_default();
        let name = foreign::quoted(location);
        if !is_plain(location) {
            return Err(format!("stores its weights in {name}, which is not a file in the model's folder"));
        }
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text.trim().parse::<u64>().map(Some).map_err(|_| format!("has no usable {key} in {name}")),
        };
        let offset = number("offset")?.unwrap_or(0);
        if let Some(found) = number("length")?
            && found != length
        {
            return Err(format!("has {found} bytes in {name}, where its shape needs {length}"));
        }
        self.left = self.left.checked_sub(length).ok_or("stores too many weights in other files")?;
        let bytes = (self.read)(location, offset, length)?;
        if bytes.len() as u64 != length {
            return Err(format!("has weights in {name} that cannot be read completely"));
        }
        Ok(bytes)
    }
}

/// Returns whether a location is a relative path that stays in its folder, on any operating system.
fn is_plain(location: &str) -> bool {
    let path = Path::new(location);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let foreign = location.contains(['\\', ':', '\0']) || location.starts_with('/');
    inside && !foreign && path.file_name().is_some()
}

/// Returns the error for a missing external file, phrased as the end of a sentence about the model.
pub fn missing(location: &str) -> String {
    let name = foreign::quoted(location);
    format!(
        "stores its weights in a second file, {name}, which is not in the same folder: put both files into one folder"
    )
}

/// Returns a range of an external file's `bytes`.
///
/// # Errors
/// When the file is too short, phrased as the end of a sentence about the model.
pub fn piece(location: &str, bytes: &[u8], offset: u64, length: u64) -> Result<Vec<u8>, String> {
    let end = offset.checked_add(length).and_then(|end| usize::try_from(end).ok());
    let found = end.and_then(|end| bytes.get(usize::try_from(offset).ok()?..end));
    found.map(<[u8]>::to_vec).ok_or_else(|| {
        let pointer = foreign::git_lfs_pointer(bytes);
        short(location, pointer, bytes.len() as u64, offset.saturating_add(length))
    })
}

/// Returns the error for an external file that is too short.
fn short(location: &str, pointer: bool, found: u64, needed: u64) -> String {
    let name = foreign::quoted(location);
    if pointer {
        return format!("stores its weights in a second file, {name}, which {}", foreign::GIT_LFS);
    }
    format!(
        "needs {needed} bytes of its second file, {name}, which has {found}: it is truncated or belongs to another \
         model"
    )
}

/// Returns a function that reads external data from `folder`. It does not follow links out of the folder.
pub fn in_folder(folder: &Path) -> impl Fn(&str, u64, u64) -> Result<Vec<u8>, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder }.to_path_buf();
    move |location, offset, length| {
        let name = foreign::quoted(location);
        let unread = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => missing(location),
            _ => format!("stores its weights in {name}, which cannot be read ({e})"),
        };
        let path = folder.join(location).canonicalize().map_err(unread)?;
        if !path.starts_with(folder.canonicalize().map_err(unread)?) {
            return Err(format!("stores its weights in {name}, which is outside of the model's folder"));
        }
        // The metadata is checked before the file is opened: opening a pipe would block.
        let about = std::fs::metadata(&path).map_err(unread)?;
        if !about.is_file() {
            return Err(format!("stores its weights in {name}, which is not a regular file"));
        }
        let mut file = File::open(&path).map_err(unread)?;
        let needed = offset.saturating_add(length);
        if about.len() < needed {
            let mut start = Vec::new();
            Read::by_ref(&mut file).take(foreign::LFS_LENGTH).read_to_end(&mut start).map_err(unread)?;
            return Err(short(location, foreign::git_lfs_pointer(&start), about.len(), needed));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| "is too large".to_string())?];
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(unread)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::EntryProto;
    use super::*;

    fn proto(entries: &[(&str, &str)]) -> TensorProto {
        let entry = |(key, value): &(&str, &str)| EntryProto { key: Some((*key).into()), value: Some((*value).into()) };
        TensorProto { external_data: entries.iter().map(entry).collect(), ..Default::default() }
    }

    #[test]
    fn only_files_below_the_models_folder_are_named() {
        for location in ["a.data", "./a.data", "weights/a.bin", "a..b"] {
            assert!(is_plain(location), "{location}");
        }
        for location in
            ["", ".", "/etc/passwd", "../a", "a/../../b", "a/..", "C:\\a", "C:a", "\\\\host\\a", "a\\..\\b", "a\0"]
        {
            assert!(!is_plain(location), "{location:?}");
            let mut external = External::new(&|_, _, _| panic!("must not be read"));
            let problem = external.bytes(&proto(&[("location", location)]), 4).unwrap_err();
            assert!(problem.contains("not a file in the model's folder"), "{problem}");
        }
    }

    #[test]
    fn pieces_are_bounded_before_they_are_read() {
        let data: Vec<u8> = (0..100).collect();
        let read = |_: &str, offset: u64, length: u64| piece("d", &data, offset, length);
        let ask = |entries: &[(&str, &str)], length: u64| External::new(&read).bytes(&proto(entries), length);
        assert_eq!(ask(&[("location", "d"), ("offset", "10"), ("length", "4")], 4).unwrap(), [10, 11, 12, 13]);
        assert_eq!(ask(&[("location", "d")], 3).unwrap(), [0, 1, 2]);
        for (entries, length, what) in [
            (&[("location", "d"), ("offset", "98")][..], 4, "needs 102 bytes of its second file, `d`, which has 100"),
            (&[("location", "d"), ("offset", "18446744073709551615")], 4, "which has 100"),
            (&[("location", "d"), ("offset", "-1")], 4, "no usable offset"),
            (&[("location", "d"), ("length", "5")], 4, "has 5 bytes in `d`, where its shape needs 4"),
            (&[("location", "d")], u64::MAX, "too many weights"),
            (&[("location", "d")], MOST_BYTES + 1, "too many weights"),
        ] {
            let problem = ask(entries, length).unwrap_err();
            assert!(problem.contains(what), "{problem}");
        }
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n";
        assert!(piece("d", pointer, 0, 1000).unwrap_err().contains("Git LFS"));
        // Many reads of the same range exceed the limit too.
        let mut external = External::new(&|_, _, length| Ok(vec![0; length as usize]));
        let large = (0..5).map(|_| external.bytes(&proto(&[("location", "d")]), MOST_BYTES / 4).map(drop));
        assert!(large.last().unwrap().is_err());
    }

    #[test]
    fn a_folder_is_read_and_not_left() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir_all(inner.join("deep")).unwrap();
        std::fs::write(folder.path().join("secret"), [7; 10]).unwrap();
        std::fs::write(inner.join("deep/a"), [1, 2, 3, 4]).unwrap();
        let read = in_folder(&inner);
        assert_eq!(read("deep/a", 1, 2).unwrap(), [2, 3]);
        assert!(read("deep/a", 3, 2).unwrap_err().contains("which has 4"));
        assert!(read("deep/a", u64::MAX, u64::MAX).unwrap_err().contains("which has 4"));
        assert!(read("b", 0, 1).unwrap_err().contains("second file, `b`, which is not in the same folder"));
        assert!(read("deep", 0, 1).unwrap_err().contains("not a regular file"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), inner.join("link")).unwrap();
            assert!(read("link", 0, 1).unwrap_err().contains("outside of the model's folder"));
        }
    }
}
