//! Damaged and malicious picture files: reading them gives a picture or an error message, within the allowed time and
//! memory.

use std::time::Duration;

use crate::common::memory::measured;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use impasto::image::Image;
use impasto::image_file::{Alpha, Format, Limits, ReadOptions, WriteOptions, decode, encode};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// Bytes that a picture may take, and what else may be there: profiles, tables, decompressed side data.
const MEMORY: u64 = 64 << 20;
const BESIDE: usize = 80 << 20;
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    /// A number of 1, 2 or 4 bytes at an extreme.
    Extreme(Index, usize, u32),
    Cut(Index),
    Repeat(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let extremes =
        prop_oneof![Just(0), Just(1), Just(0x7fff_ffff), Just(u32::MAX), Just(0xffff), Just(0xff00), Just(0x8000_0000)];
    // Headers are hit more often than data.
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, bits)| Change::Flip(at, bits)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        (any::<Index>(), 0..3_usize, extremes).prop_map(|(at, size, value)| Change::Extreme(at, 1 << size, value)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, times)| Change::Repeat(at, times)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change, headers: bool) {
    if bytes.is_empty() {
        return;
    }
    let reach = if headers { bytes.len().min(200) } else { bytes.len() };
    match change {
        Change::Flip(at, bits) => bytes[at.index(reach)] ^= bits,
        Change::Set(at, value) => bytes[at.index(reach)] = *value,
        Change::Extreme(at, size, value) => {
            let at = at.index(reach);
            let value = value.to_be_bytes();
            bytes[at..].iter_mut().zip(&value[4 - size..]).for_each(|(byte, value)| *byte = *value);
        }
        Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Change::Repeat(at, times) => {
            let at = at.index(reach);
            let part: Vec<u8> = bytes[at..].iter().take(64).copied().collect();
            bytes.splice(at..at, part.repeat(usize::from(times % 8)));
        }
    }
}

/// Corrects the checksums of a PNG file, so that the changed bytes are read.
fn update_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while bytes.starts_with(b"\x89PNG") && at + 12 <= bytes.len() {
        let length = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        let Some(end) = at.checked_add(length + 8).filter(|end| end + 4 <= bytes.len()) else { return };
        let crc = bytes[at + 4..end].iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        });
        bytes[end..end + 4].copy_from_slice(&(!crc).to_be_bytes());
        at = end + 4;
    }
}

/// Files of every kind that is read.
fn files() -> Vec<Vec<u8>> {
    let (width, height) = (40, 30);
    let image = Image::new(width, height, (0..width * height * 3).map(|i| (i % 97) as f32 / 96.0).collect()).unwrap();
    let alpha = Alpha::new(width, height, (0..width * height).map(|i| (i % 7) as f32 / 6.0).collect()).unwrap();
    let mut files = Vec::new();
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(&[90; 40 * 30 * 2], 40, 30, ExtendedColorType::La8).unwrap();
    files.push(png);
    for format in [Format::Png, Format::Jpeg, Format::WebP, Format::Tiff] {
        for depth16 in [false, true] {
            let options = WriteOptions { depth16, ..WriteOptions::default() };
            files.push(encode(&image, None, format, &options).unwrap());
            files.push(encode(&image, Some(&alpha), format, &options).unwrap());
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    files.extend(
        paths.iter().filter(|path| path.extension() != Some("md".as_ref())).map(|path| std::fs::read(path).unwrap()),
    );
    files
}

#[test]
fn changed_files_give_a_picture_or_a_sentence_within_the_limits() {
    let files = files();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = (any::<Index>(), prop::collection::vec(change(), 1..6), any::<bool>(), prop::option::of(1..300_u32));
    let result = runner.run(&strategy, |(file, changes, headers, size)| {
        let mut bytes = file.get(&files).clone();
        changes.iter().for_each(|change| apply(&mut bytes, change, headers));
        update_checksums(&mut bytes);
        let limits = Limits { pixels: 1 << 22, memory: MEMORY };
        let options = ReadOptions { limits, size, ..ReadOptions::default() };
        let (read, taken) = measured(|| decode(&bytes, "photo.jpg", &options));
        prop_assert!(taken.time < LONGEST, "{:?}", taken.time);
        prop_assert!(
            taken.peak < MEMORY as usize + BESIDE,
            "{} bytes for {:?}",
            taken.peak,
            read.map(|read| read.warnings)
        );
        match read {
            Ok(read) => prop_assert!(read.image.data().iter().all(|value| (0.0..=1.0).contains(value))),
            Err(error) => {
                let sentence = error.to_string();
                prop_assert!(sentence.starts_with("photo.jpg: ") && sentence.len() > 30, "{sentence}");
            }
        }
        Ok(())
    });
    result.unwrap();
}
