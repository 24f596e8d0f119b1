//! The cache of kernel variants: one choice per adapter, in a file of the user's cache folder. The file only saves the
//! time of a measurement; if it cannot be read or written, the measurement is repeated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use impasto::files::{Existing, save};

use super::cache;

/// Returns the key of a choice: the adapter, its driver, and the version of the kernels.
pub fn key(info: &wgpu::AdapterInfo) -> String {
    format!("{} | {} {} | {} | {}", info.name, info.driver, info.driver_info, info.backend, env!("CARGO_PKG_VERSION"))
}

/// Returns the stored value for `key`.
pub fn load(key: &str) -> Option<String> {
    read(&file()?).remove(key)
}

/// Stores `value` for `key`.
pub fn store(key: &str, value: &str) {
    let Some(file) = file() else { return };
    let mut all = read(&file);
    all.insert(key.to_string(), value.to_string());
    let Ok(json) = serde_json::to_string_pretty(&all) else { return };
    let folder = file.parent().map(std::fs::create_dir_all);
    if matches!(folder, Some(Ok(()))) {
        // A write error is ignored: without the file the measurement is repeated.
        let _ = save(&file, json.as_bytes(), Existing::Replace);
    }
}

fn read(file: &PathBuf) -> BTreeMap<String, String> {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Returns the path of `kernels.json` in the program's cache folder.
fn file() -> Option<PathBuf> {
    cache::folder("").map(|folder| folder.join("kernels.json"))
}
