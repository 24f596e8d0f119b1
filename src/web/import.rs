//! `import.wasm`: converts users' networks from PyTorch and ONNX files to style packs.

use js_sys::{Map, Uint8Array};
use wasm_bindgen::prelude::*;

use super::js;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::import::network::{self, Converted, Import};
use crate::import::onnx::external::piece;
use crate::net::custom;
use crate::reference;
use crate::style::{Pack, Style};
use crate::weights::Archive;
use crate::weights::foreign::quoted;

/// Limit of multiply-adds for the picture that compares precisions: a few seconds in a browser.
const MOST_WORK: u64 = 3 << 30;
/// The smallest side of that picture in pixels.
const SMALLEST_SIDE: usize = 32;

/// An imported network, with its weights in the smallest precision whose output matches that of float weights.
#[wasm_bindgen]
pub struct Imported {
    converted: Converted,
    source: String,
}

#[wasm_bindgen]
impl Imported {
    /// Returns the square picture that the network has stylized: `side() * side() * 4` bytes of RGBA.
    pub fn painted(&self) -> Vec<u8> {
        self.converted.painted.to_rgba8()
    }

    /// Returns the side of that picture in pixels.
    pub fn side(&self) -> usize {
        self.converted.painted.width()
    }

    /// Returns the style pack. `thumbnail` is a JPEG, PNG or WebP file.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub fn pack(&self, thumbnail: Vec<u8>) -> std::result::Result<Vec<u8>, JsValue> {
        let pack = Pack { source: self.source.clone(), thumbnail, ..self.converted.pack.clone() };
        pack.write().map_err(js)
    }
}

/// Imports a network from the contents of a PyTorch or ONNX file. `label` names the file in errors, `name` is the style's
/// name, `source` describes its origin. `beside` maps names to the contents of external data files. `sample` is the square
/// picture that compares precisions: `side * side * 4` bytes of RGBA. Rejects with an `Error` whose message is for the
/// user and begins with `label`.
#[wasm_bindgen(js_name = importNetwork)]
pub async fn import_network(
    label: String,
    bytes: Vec<u8>,
    name: String,
    source: String,
    #[wasm_bindgen(unchecked_param_type = "Map<string, Uint8Array>")] beside: Map,
    sample: Vec<u8>,
    side: usize,
) -> std::result::Result<Imported, JsValue> {
    let converted = imported(&label, bytes, &name, &beside, &sample, side).await.map_err(js)?;
    Ok(Imported { converted, source })
}

async fn imported(
    label: &str,
    bytes: Vec<u8>,
    name: &str,
    beside: &Map,
    sample: &[u8],
    side: usize,
) -> Result<Converted> {
    let external = |location: &str, offset: u64, length: u64| read_beside(beside, location, offset, length);
    let import = network::read_with(label, &bytes, None, &external)?;
    drop(bytes);
    let sample = affordable(&import, Image::from_rgba8(side, side, sample)?)?;
    let paint =
        async |archive: &Archive, style: &Style| reference::run(&custom::network(archive)?, archive, style, &sample);
    network::convert(&import, name, label, paint).await
}

/// Reads a part of a file beside the network. Folders of these files are unknown, so the file name alone identifies
/// them.
fn read_beside(beside: &Map, location: &str, offset: u64, length: u64) -> std::result::Result<Vec<u8>, String> {
    let name = location.rsplit('/').next().unwrap_or(location);
    let Ok(file) = beside.get(&name.into()).dyn_into::<Uint8Array>() else {
        let name = quoted(name);
        return Err(format!(
            "stores its weights in a second file, {name}: choose both files, or drop both files together"
        ));
    };
    // Copies only the requested part. If the file is shorter, its beginning is enough for the error.
    let (start, end) = (u32::try_from(offset), u32::try_from(offset.saturating_add(length)));
    match (start, end) {
        (Ok(start), Ok(end)) if end <= file.length() => Ok(file.subarray(start, end).to_vec()),
        _ => piece(name, &file.subarray(0, file.length().min(1024)).to_vec(), offset, length),
    }
}

/// Returns the sample, or a smaller copy of it where the network would be slow.
fn affordable(import: &Import, sample: Image) -> Result<Image> {
    let net = import.johnson.network("");
    let mut sample = sample;
    while sample.width() > SMALLEST_SIDE && net.multiply_adds(sample.height(), sample.width())? > MOST_WORK {
        sample = sample.resized(sample.width() / 2, sample.height() / 2)?;
    }
    if !sample.width().is_multiple_of(net.multiple) {
        return Err(Error::Picture(format!("the sample needs sides that are multiples of {}", net.multiple)));
    }
    Ok(sample)
}
