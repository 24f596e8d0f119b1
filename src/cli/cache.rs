//! The program's cache folder: what is in it can be made again.

use std::path::PathBuf;

/// The folder `name` in the cache folder that the platform prescribes, where it has one. It need not exist.
pub fn folder(name: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(target_os = "windows") {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    Some(folder?.join("impasto").join(name))
}
