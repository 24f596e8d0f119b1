//! Picture files for tests, created byte by byte or read from `tests/fixtures/pictures`.

use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use impasto::image::Image;
use impasto::image_file::{Format, Limits, Picture, ReadOptions, decode};

pub const FORMATS: [Format; 4] = [Format::Png, Format::Jpeg, Format::WebP, Format::Tiff];
pub const LOSSLESS: [Format; 3] = [Format::Png, Format::WebP, Format::Tiff];

pub fn options() -> ReadOptions {
    ReadOptions { limits: Limits { pixels: 1 << 28, memory: 4_000_000_000 }, ..ReadOptions::default() }
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)).unwrap()
}

pub fn decoded(bytes: &[u8]) -> Picture {
    decode(bytes, "photo", &options()).unwrap()
}

pub fn refused(bytes: &[u8]) -> String {
    decode(bytes, "photo.jpg", &options()).unwrap_err().to_string()
}

/// A picture whose pixels all differ.
pub fn ramp(width: usize, height: usize) -> Vec<u8> {
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        [(x * 255 / width) as u8, (y * 255 / height) as u8, ((x + y) * 255 / (width + height)) as u8]
    };
    (0..width * height).flat_map(pixel).collect()
}

pub fn picture(width: usize, height: usize) -> Image {
    Image::new(width, height, ramp(width, height).iter().map(|&v| f32::from(v) / 255.0).collect()).unwrap()
}

/// A PNG file of these chunks between header and data; 8-bit RGB unless said.
pub fn png_with(chunks: &[(&[u8; 4], Vec<u8>)], (width, height): (u32, u32), rgb: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    PngEncoder::new(&mut plain).write_image(rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    let (head, rest) = plain.split_at(33);
    let mut bytes = head.to_vec();
    for (name, data) in chunks {
        bytes.extend(chunk(name, data));
    }
    bytes.extend(rest);
    bytes
}

pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = (data.len() as u32).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(data);
    // The checksum of PNG: CRC-32, bit by bit.
    let crc = bytes[4..].iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    bytes.extend((!crc).to_be_bytes());
    bytes
}

pub fn difference(a: &Image, b: &Image) -> f32 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.data().len() as f32
}

/// An EXIF block with an orientation (in the short form that all readers know), a camera and a thumbnail directory.
pub fn exif(orientation: u16) -> Vec<u8> {
    let mut bytes = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    bytes.extend([1, 0x10, 0, 2, 0, 0, 0, 4]);
    bytes.extend(b"Cam\0");
    bytes.extend([1, 0x12, 0, 3, 0, 0, 0, 1]);
    bytes.extend([(orientation >> 8) as u8, orientation as u8, 0, 0]);
    bytes.extend([0; 4]);
    bytes
}
