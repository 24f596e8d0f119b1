//! The choice of kernels for each adapter, in a file of the user's cache folder. The file saves a measurement and nothing else:
//! where it cannot be read or written, the measurement is made again.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a choice depends on: the adapter, its driver, and this version of the kernels.
pub fn key(info: &wgpu::AdapterInfo) -> String {
    format!("{} | {} {} | {} | {}", info.name, info.driver, info.driver_info, info.backend, env!("CARGO_PKG_VERSION"))
}

/// What was remembered for `key`.
pub fn recall(key: &str) -> Option<String> {
    read(&file()?).remove(key)
}

/// Remembers `value` for `key`.
pub fn store(key: &str, value: &str) {
    let Some(file) = file() else { return };
    let mut all = read(&file);
    all.insert(key.to_string(), value.to_string());
    let Ok(json) = serde_json::to_string_pretty(&all) else { return };
    let folder = file.parent().map(std::fs::create_dir_all);
    if matches!(folder, Some(Ok(()))) {
        // Written beside and renamed, so that another process never reads half a file.
        let beside = file.with_extension(format!("{}.part", std::process::id()));
        let written = std::fs::write(&beside, json).and_then(|()| std::fs::rename(&beside, &file));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }
}

fn read(file: &PathBuf) -> BTreeMap<String, String> {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// `kernels.json` in the cache folder that the platform prescribes.
fn file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(target_os = "windows") {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    Some(folder?.join("impasto").join("kernels.json"))
}
