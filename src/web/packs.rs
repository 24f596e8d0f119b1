//! `live.wasm`, style packs: what can be said of one without an engine.

use wasm_bindgen::prelude::*;

use super::js;
use crate::style::Pack;

/// JSON: `name`, `network`, `source` and `licence` of a pack.
#[wasm_bindgen(js_name = readPack)]
pub fn read_pack(pack: &[u8]) -> Result<String, JsValue> {
    let Pack { name, network, source, licence, .. } = Pack::read(pack).map_err(js)?;
    Ok(serde_json::json!({ "name": name, "network": network, "source": source, "licence": licence }).to_string())
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

/// The same pack under another name and, if it is given, with another note on its licence.
#[wasm_bindgen(js_name = renamePack)]
pub fn rename_pack(pack: &[u8], name: &str, licence: Option<String>) -> Result<Vec<u8>, JsValue> {
    let pack = Pack::read(pack).and_then(|pack| pack.renamed(name)).map_err(js)?;
    let licence = licence.unwrap_or_else(|| pack.licence.clone());
    Pack { licence, ..pack }.write().map_err(js)
}
