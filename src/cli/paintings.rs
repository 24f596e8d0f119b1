//! Paintings given as styles: `PAINTING` or `PAINTING:WEIGHT`.

use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::gpu::Gpu;
use impasto::image::Image;
use impasto::net::predictor::SIDE;
use impasto::style::{Style, mix};
use impasto::stylize::{Painter, Predictor};
use impasto::weights::Archive;

use super::photos;

/// A painting whose style is wanted, with its weight in the blend.
pub struct Painting {
    pub path: PathBuf,
    weight: f32,
    /// As the predictor sees it.
    picture: Image,
}

/// Reads what `arguments` name.
///
/// # Errors
/// [`Error::File`] for a picture that cannot be read, [`Error::Style`] for weights that make no blend.
pub fn read(arguments: &[String]) -> Result<Vec<Painting>> {
    let paintings = arguments.iter().map(|text| {
        let (path, weight) = parse(text, |path| path.is_file())?;
        let picture = photos::read(&path, None)?.resized(SIDE, SIDE)?;
        Ok(Painting { path, weight, picture })
    });
    let paintings: Vec<Painting> = paintings.collect::<Result<_>>()?;
    if !paintings.is_empty() && paintings.iter().all(|p| p.weight == 0.0) {
        return Err(Error::Style("All paintings have a weight of 0: give at least one a weight above 0.".to_string()));
    }
    Ok(paintings)
}

/// The style of `paintings`, blended by their weights.
///
/// # Errors
/// As [`Predictor::load`] and [`Predictor::predict`].
pub async fn style(gpu: &Gpu, painter: &Painter, archive: &Archive, paintings: &[Painting]) -> Result<Style> {
    let predictor = Predictor::load(gpu, archive).await?;
    let mut vectors = Vec::new();
    for Painting { weight, picture, .. } in paintings {
        vectors.push((predictor.predict_picture(gpu, picture).await?, *weight));
    }
    painter.space().vector(name(paintings), &mix(&vectors)?)
}

/// What a blend is called.
pub fn name(paintings: &[Painting]) -> String {
    let names = paintings.iter().map(|p| p.path.file_stem().unwrap_or_default().to_string_lossy());
    names.collect::<Vec<_>>().join(" + ")
}

/// Path and weight. What exists is a path as it is written, and so is what has no number behind its last colon.
pub fn parse(text: &str, exists: impl Fn(&Path) -> bool) -> Result<(PathBuf, f32)> {
    let whole = (PathBuf::from(text), 1.0);
    if exists(&whole.0) {
        return Ok(whole);
    }
    let Some((path, number)) = text.rsplit_once(':') else { return Ok(whole) };
    match number.trim().parse::<f32>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok((PathBuf::from(path), weight)),
        Ok(_) => Err(Error::Style(format!(
            "`{number}` is no weight for {path}: write a number from 0 up, such as `{path}:0.5`."
        ))),
        Err(_) => Ok(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_stand_behind_the_last_colon() {
        let parsed = |text: &str| {
            let (path, weight) = parse(text, |path| path == Path::new("odd:2")).unwrap();
            (path.to_string_lossy().into_owned(), weight)
        };
        assert_eq!(parsed("a.png"), ("a.png".to_string(), 1.0));
        assert_eq!(parsed("a.png:0.5"), ("a.png".to_string(), 0.5));
        assert_eq!(parsed("odd:2"), ("odd:2".to_string(), 1.0));
        assert_eq!(parsed("odd:2:3"), ("odd:2".to_string(), 3.0));
        assert_eq!(parsed(r"C:\a.png"), (r"C:\a.png".to_string(), 1.0));
        assert_eq!(parsed(r"C:\a.png:2"), (r"C:\a.png".to_string(), 2.0));
        for wrong in ["a.png:-1", "a.png:inf", "a.png:nan"] {
            assert!(matches!(parse(wrong, |_| false), Err(Error::Style(_))), "{wrong}");
        }
    }
}
