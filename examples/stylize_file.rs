//! Stylizes a photo in a built-in style: `cargo run --release --example stylize_file photo.jpg painted.png`.

use std::path::Path;

use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::image::Image;
use impasto::image_file::{self, Format, ReadOptions, WriteOptions};
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::Archive;

/// Longer side of the result in pixels.
const SIZE: u32 = 512;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, output] = &arguments[..] else {
        return Err(Error::Picture("give a photo and the name of the result".to_string()));
    };
    let photo = image_file::read(Path::new(photo), &ReadOptions { size: Some(SIZE), ..Default::default() })?.image;
    let result = pollster::block_on(stylize(&photo))?;
    let bytes = image_file::encode(&result, None, Format::Png, &WriteOptions::default())?;
    save(Path::new(output), &bytes, Existing::Replace).map(drop)
}

async fn stylize(photo: &Image) -> Result<Image> {
    let device = Device::gpu().await?;
    let archive = Archive::parse(include_bytes!("../weights/transfer26.safetensors"))?;
    let model = StylizeModel::load(&device, &archive).await?;
    let style = model.styles().mix(&model.styles().parse("Starry Strokes")?)?;
    let (width, height) = (photo.width(), photo.height());
    let mut session = model.session(width, height).await?;
    session.set_style(&style)?;
    session.set_photo(&photo.to_rgba8())?;
    Image::from_rgba8(width, height, &session.read().await?)
}
