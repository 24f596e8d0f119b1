//! `impasto stylize`: photos in, paintings out.

use std::path::{Path, PathBuf};

use clap::Args;
use image::{DynamicImage, ImageDecoder, ImageReader};
use impasto::cpu::picture::Look;
use impasto::error::{Error, Result};
use impasto::gpu::device::Request;
use impasto::gpu::{Choice, Gpu};
use impasto::image::Image;
use impasto::stylize::Painter;
use impasto::weights::Archive;

/// The archive that ships, so that the tool is one file.
const ARCHIVE: &[u8] = include_bytes!("../../weights/transfer26.safetensors");

#[derive(Debug, Args)]
pub struct Arguments {
    /// The photo: PNG, JPEG or WebP.
    input: PathBuf,
    /// Where the painting goes; its ending says the format.
    #[arg(short, long)]
    output: PathBuf,
    /// A style's name or number, or a blend such as `lagoon:0.6,3:0.4`.
    #[arg(long, default_value = "0")]
    style: String,
    /// 0 shows the photo, 1 the painting.
    #[arg(long, default_value_t = 1.0)]
    strength: f32,
    /// Takes the luminance from the painting and the colours from the photo.
    #[arg(long)]
    keep_colors: bool,
    /// Pixels on the longer side. Without it the photo keeps its size.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    size: Option<u32>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut photo = read(&arguments.input)?;
    if let Some(size) = arguments.size {
        let (width, height) = Image::fitted(photo.width(), photo.height(), size as usize);
        photo = photo.resized(width, height)?;
    }
    let archive = Archive::parse(ARCHIVE)?;
    let painted = pollster::block_on(async {
        let gpu = Gpu::open(Request::default()).await?;
        let choice = Choice::measure(&gpu).await?;
        let painter = Painter::load(&gpu, &archive, choice.variant).await?;
        let weights = painter.styles().parse(&arguments.style)?;
        let mut session = painter.session(&gpu, photo.width(), photo.height()).await?;
        session.set_photo(&gpu, &photo.to_rgba8())?;
        session.set_style(&gpu, &painter.styles().mix(&weights)?)?;
        let look = Look { strength: arguments.strength, keep_colors: arguments.keep_colors, split: 0.0 };
        session.set_look(&gpu, look)?;
        session.read(&gpu).await
    })?;
    let painted = Image::from_rgba8(photo.width(), photo.height(), &painted)?;
    write(&arguments.output, &painted)
}

/// Reads a photo and turns it upright as its EXIF orientation says.
fn read(path: &Path) -> Result<Image> {
    let unusable = |e: &dyn std::fmt::Display| Error::file(path, format!("{e}; choose a PNG, JPEG or WebP picture"));
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|e| unusable(&e))?;
    let mut decoder = reader.into_decoder().map_err(|e| unusable(&e))?;
    let orientation = decoder.orientation().map_err(|e| unusable(&e))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| unusable(&e))?;
    picture.apply_orientation(orientation);
    let rgba = picture.into_rgba8();
    Image::from_rgba8(rgba.width() as usize, rgba.height() as usize, rgba.as_raw())
}

fn write(path: &Path, picture: &Image) -> Result<()> {
    let rgb = picture.to_rgba8().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let buffer = image::RgbImage::from_raw(picture.width() as u32, picture.height() as u32, rgb);
    let buffer = buffer.ok_or_else(|| Error::Picture("the painting does not fill its size".to_string()))?;
    buffer.save(path).map_err(|e| Error::file(path, e))
}
