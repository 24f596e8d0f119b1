//! Stylizes one photo from one built-in style to another, in five pictures: `cargo run --release --example blend_styles photo.jpg folder`.

use std::path::Path;

use impasto::error::{Error, Result};
use impasto::files::{Existing, save};
use impasto::image::Image;
use impasto::image_file::{self, Format, ReadOptions, WriteOptions};
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::Archive;

/// Longer side of the results in pixels.
const SIZE: u32 = 256;
const STEPS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, folder] = &arguments[..] else {
        return Err(Error::Picture("give a photo and a folder for the results".to_string()));
    };
    let photo = image_file::read(Path::new(photo), &ReadOptions { size: Some(SIZE), ..Default::default() })?.image;
    for (i, picture) in pollster::block_on(blends(&photo))?.iter().enumerate() {
        let bytes = image_file::encode(picture, None, Format::Png, &WriteOptions::default())?;
        save(&Path::new(folder).join(format!("{i}.png")), &bytes, Existing::Replace)?;
    }
    Ok(())
}

async fn blends(photo: &Image) -> Result<Vec<Image>> {
    let device = Device::gpu().await?;
    let archive = Archive::parse(include_bytes!("../weights/transfer26.safetensors"))?;
    let model = StylizeModel::load(&device, &archive).await?;
    let (width, height) = (photo.width(), photo.height());
    // One session for all: a new style needs no new buffers.
    let mut session = model.session(width, height).await?;
    session.set_photo(&photo.to_rgba8())?;
    let mut pictures = Vec::new();
    for i in 0..STEPS {
        let part = i as f32 / (STEPS - 1) as f32;
        let text = format!("Teal Mist:{}, Red Weave:{}", 1.0 - part, part);
        let style = model.styles().mix(&model.styles().parse(&text)?)?;
        session.set_style(&style)?;
        pictures.push(Image::from_rgba8(width, height, &session.read().await?)?);
    }
    Ok(pictures)
}
