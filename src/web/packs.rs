//! `live.wasm`, style packs: what can be said of one without an engine.

use wasm_bindgen::prelude::*;

use super::js;
use crate::error::Result as Outcome;
use crate::net::custom::Architecture;
use crate::style::Pack;

/// Pixels of both sides of the picture whose cost is told.
const SIDE: usize = 512;

/// JSON: `name`, `network`, `source` and `licence` of a pack, and `expense`: a sentence where its network takes far more
/// arithmetic than usual, else empty.
#[wasm_bindgen(js_name = readPack)]
pub fn read_pack(pack: &[u8]) -> Result<String, JsValue> {
    let pack = Pack::read(pack).map_err(js)?;
    let expense = expense(&pack).map_err(js)?;
    let Pack { name, network, source, licence, .. } = pack;
    let about = serde_json::json!({ "name": name, "network": network, "source": source, "licence": licence, "expense": expense });
    Ok(about.to_string())
}

fn expense(pack: &Pack) -> Outcome<String> {
    let Some(archive) = pack.brought()? else { return Ok(String::new()) };
    let net = Architecture::parse(archive.metadata("architecture").unwrap_or_default())?.network("");
    let expense = net.expense(SIDE, SIDE)?;
    Ok(if expense.is_unusual() { expense.to_string() } else { String::new() })
}

/// The file of a pack's thumbnail: JPEG, PNG or WebP. Empty where it has none.
#[wasm_bindgen(js_name = packThumbnail)]
pub fn pack_thumbnail(pack: &[u8]) -> Result<Vec<u8>, JsValue> {
    Ok(Pack::read(pack).map_err(js)?.thumbnail)
}

/// The archive of the network that a pack brings, for [`super::live::Engine::add_network`]. Empty where it brings none.
#[wasm_bindgen(js_name = packNetwork)]
pub fn pack_network(pack: &[u8]) -> Result<Vec<u8>, JsValue> {
    Ok(Pack::read(pack).map_err(js)?.archive)
}

/// The same pack under another name, also where its own cannot be used, and, if it is given, with another note on its licence.
#[wasm_bindgen(js_name = renamePack)]
pub fn rename_pack(pack: &[u8], name: &str, licence: Option<String>) -> Result<Vec<u8>, JsValue> {
    let pack = Pack::read_renamed(pack, name).map_err(js)?;
    let licence = licence.unwrap_or_else(|| pack.licence.clone());
    Pack { licence, ..pack }.write().map_err(js)
}
