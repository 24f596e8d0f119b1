//! Encodes a painting as a style pack, which page and command line take: `cargo run --release --example encode_painting painting.jpg
//! mine.impasto`.

use std::path::Path;

use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::image_file::{self, ReadOptions};
use impasto::net::models::arbitrary;
use impasto::style::{Pack, Parameters, StyleSpace};
use impasto::stylize::{Device, StyleEncoder};
use impasto::weights::Archive;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [painting, output] = &arguments[..] else {
        return Err(Error::Picture("give a painting and the name of the style pack".to_string()));
    };
    let picture = image_file::read(Path::new(painting), &ReadOptions::default())?.image;
    let archive = Archive::parse(include_bytes!("../weights/arbitrary.safetensors"))?;
    let vector = pollster::block_on(async {
        let device = Device::gpu().await?;
        StyleEncoder::load(&device, &archive).await?.encode_image(&picture).await
    })?;
    let net = arbitrary::network();
    let space = StyleSpace::read(&archive, net.tensors(), &net.norms)?;
    let pack = Pack { source: painting.clone(), ..space.pack("My painting", Parameters::Vector(vector)) };
    save(Path::new(output), &pack.write()?, Existing::Replace).map(drop)
}
