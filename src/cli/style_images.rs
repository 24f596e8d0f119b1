//! Reads and encodes paintings given as styles: `PAINTING` or `PAINTING:WEIGHT`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::net::models::predictor::SIDE;
use impasto::style::{Style, mix};
use impasto::stylize::{StyleEncoder, StylizeModel};
use impasto::weights::Archive;

use super::photos::ReadArguments;
use super::style_text::parse;

/// A style painting with its weight in the blend.
pub struct Painting {
    pub path: PathBuf,
    weight: f32,
    /// The painting in the input size of the style predictor.
    picture: Image,
}

/// Reads the paintings that `arguments` name.
///
/// # Errors
/// [`Error::File`] for a picture that cannot be read, [`Error::Style`] if all weights are 0 or one is invalid.
pub fn read(arguments: &[OsString], reading: &ReadArguments) -> Result<Vec<Painting>> {
    let paintings = arguments.iter().map(|text| {
        let (path, weight) = parse(text, Path::is_file)?;
        let picture = reading.read(&path, None)?.image.resized(SIDE, SIDE)?;
        Ok(Painting { path, weight, picture })
    });
    let paintings: Vec<Painting> = paintings.collect::<Result<_>>()?;
    if !paintings.is_empty() && paintings.iter().all(|p| p.weight == 0.0) {
        return Err(Error::Style("All paintings have a weight of 0: give at least one a weight above 0.".to_string()));
    }
    Ok(paintings)
}

/// Returns the style of `paintings`, blended by their weights.
///
/// # Errors
/// As [`StyleEncoder::load`] and [`StyleEncoder::encode_image`].
pub async fn style(model: &StylizeModel, archive: &Archive, paintings: &[Painting]) -> Result<Style> {
    let encoder = StyleEncoder::load(model.device(), archive).await?;
    let mut vectors = Vec::new();
    for Painting { weight, picture, .. } in paintings {
        vectors.push((encoder.encode_image(picture).await?, *weight));
    }
    model.space().vector(name(paintings), &mix(&vectors)?)
}

/// Returns the name of a blend: the file names of the paintings.
pub fn name(paintings: &[Painting]) -> String {
    let names = paintings.iter().map(|p| p.path.file_stem().unwrap_or_default().to_string_lossy());
    names.collect::<Vec<_>>().join(" + ")
}
