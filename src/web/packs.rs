//! `live.wasm`, style packs: functions on packs that need no engine.

use wasm_bindgen::prelude::*;

use super::js;
use crate::error::Result as Outcome;
use crate::net::custom::Architecture;
use crate::style::Pack;

/// Side in pixels of the square picture that costs are computed for.
const SIDE: usize = 512;

/// Returns JSON: `name`, `network`, `source` and `licence` of a pack, and `expense`: a warning if its network takes far
/// more arithmetic than the built-in styles, else empty. Throws if the bytes are not a style pack.
#[wasm_bindgen(js_name = readPack)]
pub fn read_pack(pack: &[u8]) -> Result<String, JsValue> {
    let pack = Pack::read(pack).map_err(js)?;
    let expense = expense(&pack).map_err(js)?;
    let Pack { name, network, source, licence, .. } = pack;
    let about = serde_json::json!({ "name": name, "network": network, "source": source, "licence": licence, "expense": expense });
    Ok(about.to_string())
}

fn expense(pack: &Pack) -> Outcome<String> {
    let Some(archive) = pack.network_archive()? else { return Ok(String::new()) };
    let net = Architecture::parse(archive.metadata("architecture").unwrap_or_default())?.network("");
    let expense = net.expense(SIDE, SIDE)?;
    Ok(if expense.is_unusual() { expense.to_string() } else { String::new() })
}

/// Returns the file of a pack's thumbnail, in JPEG, PNG or WebP, or no bytes if it has none. Throws as `readPack`.
#[wasm_bindgen(js_name = packThumbnail, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn pack_thumbnail(pack: &[u8]) -> Result<Vec<u8>, JsValue> {
    Ok(Pack::read(pack).map_err(js)?.thumbnail)
}

/// Returns the archive of the network that a pack contains, for `Engine.addNetwork`, or no bytes if it contains none.
/// Throws as `readPack`.
#[wasm_bindgen(js_name = packNetwork, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn pack_network(pack: &[u8]) -> Result<Vec<u8>, JsValue> {
    Ok(Pack::read(pack).map_err(js)?.archive)
}

/// Returns the pack under another name, even if its own name is invalid, and with `licence` as its licence note if
/// given. Throws as `readPack`.
#[wasm_bindgen(js_name = renamePack, unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn rename_pack(pack: &[u8], name: &str, licence: Option<String>) -> Result<Vec<u8>, JsValue> {
    let pack = Pack::read_renamed(pack, name).map_err(js)?;
    let licence = licence.unwrap_or_else(|| pack.licence.clone());
    Pack { licence, ..pack }.write().map_err(js)
}
