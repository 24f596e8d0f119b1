//! Colours of picture files: colour profiles, colour chunks of PNG, CMYK JPEG.

use crate::common::picture_files::*;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use impasto::image::Image;
use impasto::image_file::{Format, WriteOptions, encode};
use moxcms::{ColorProfile, Layout, RenderingIntent, TransformOptions};

/// Converts numbers that are colours of `profile` to sRGB, as a colour-managed program does.
fn managed(rgb: &[u8], profile: &ColorProfile) -> Vec<f32> {
    let options = TransformOptions { rendering_intent: RenderingIntent::RelativeColorimetric, ..Default::default() };
    let transform = profile.create_transform_f32(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options).unwrap();
    let values: Vec<f32> = rgb.iter().map(|&v| f32::from(v) / 255.0).collect();
    let mut out = vec![0.0; values.len()];
    transform.transform(&values, &mut out).unwrap();
    out.iter().map(|v| v.clamp(0.0, 1.0)).collect()
}

#[test]
fn profiles_are_honoured_in_each_format() {
    let rgb = ramp(24, 16);
    let mut exchanged = ColorProfile::new_srgb();
    exchanged.cicp = None;
    std::mem::swap(&mut exchanged.red_colorant, &mut exchanged.blue_colorant);
    for profile in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb(), exchanged] {
        let icc = profile.encode().unwrap();
        let want = Image::new(24, 16, managed(&rgb, &ColorProfile::new_from_slice(&icc).unwrap())).unwrap();
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(icc.clone()).unwrap();
        encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
        let mut webp = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.set_icc_profile(icc.clone()).unwrap();
        encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
        let mut tiff = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut tiff);
        encoder.set_icc_profile(icc.clone()).unwrap();
        encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
        encoder.set_icc_profile(icc).unwrap();
        encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
        for (i, (bytes, most)) in
            [(png, 0.5), (webp, 0.5), (tiff.into_inner(), 0.5), (jpeg, 4.0)].into_iter().enumerate()
        {
            let read = decoded(&bytes);
            assert!(read.warnings.is_empty(), "{:?}", read.warnings);
            let off = difference(&read.image, &want) * 255.0;
            assert!(off < most, "{i}: {off} {:?}", profile.description);
        }
    }
}

#[test]
fn srgb_pictures_are_not_converted() {
    let rgb = ramp(24, 16);
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(ColorProfile::new_srgb().encode().unwrap()).unwrap();
    encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(decoded(&png).image, picture(24, 16));
}

#[test]
fn png_colour_chunks_have_the_precedence_of_the_specification() {
    let rgb = ramp(24, 16);
    let size = (24, 16);
    let plain = decoded(&png_with(&[], size, &rgb)).image;
    let p3 = Image::new(24, 16, managed(&rgb, &ColorProfile::new_display_p3())).unwrap();
    let off = |chunks: &[(&[u8; 4], Vec<u8>)], want: &Image| {
        difference(&decoded(&png_with(chunks, size, &rgb)).image, want) * 255.0
    };
    let gamma = |gamma: u32| (b"gAMA", gamma.to_be_bytes().to_vec());
    let code_points = (b"cICP", vec![12, 13, 0, 1]);
    assert!(off(std::slice::from_ref(&code_points), &p3) < 0.5);
    // Code points before a profile, sRGB before gamma.
    assert!(off(&[code_points, (b"sRGB", vec![0])], &p3) < 0.5);
    assert_eq!(off(&[(b"sRGB", vec![0]), gamma(100_000)], &plain), 0.0);
    // Linear light: 10 % of light is far brighter than 10 % of the signal.
    assert!(off(&[gamma(100_000)], &plain) > 20.0);
    assert_eq!(off(&[gamma(45_455)], &plain), 0.0);
    // The primaries of Display P3.
    let primaries: Vec<u8> =
        [31270_u32, 32900, 68000, 32000, 26500, 69000, 15000, 6000].iter().flat_map(|v| v.to_be_bytes()).collect();
    assert!(off(&[gamma(45_455), (b"cHRM", primaries)], &p3) < 4.0);
    let invalid = decoded(&png_with(&[(b"cICP", vec![200, 13, 0, 1])], size, &rgb));
    assert!(invalid.warnings[0].contains("sRGB"), "{:?}", invalid.warnings);
    let flat: Vec<u8> = [0_u32; 8].iter().flat_map(|v| v.to_be_bytes()).collect();
    assert!(decoded(&png_with(&[gamma(45_455), (b"cHRM", flat)], size, &rgb)).warnings[0].contains("sRGB"));
}

#[test]
fn damaged_or_unsuitable_profiles_are_reported() {
    let rgb = ramp(24, 16);
    let mut gray = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
    for icc in [b"no profile".to_vec(), gray.clone()] {
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
        encoder.set_icc_profile(icc).unwrap();
        encoder.write_image(&rgb, 24, 16, ExtendedColorType::Rgb8).unwrap();
        let read = decoded(&jpeg);
        assert!(read.warnings[0].contains("colours are interpreted as sRGB"), "{:?}", read.warnings);
    }
    // Gray pictures are converted by gray profiles and by RGB profiles.
    for (icc, darker) in [(std::mem::take(&mut gray), false), (ColorProfile::new_srgb().encode().unwrap(), true)] {
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(icc).unwrap();
        encoder.write_image(&[50, 100, 200], 3, 1, ExtendedColorType::L8).unwrap();
        let read = decoded(&png);
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        let value = read.image.data()[0] * 255.0;
        assert_eq!(value < 52.0, darker, "{value}");
    }
}

#[test]
fn inks_of_jpeg_become_colours() {
    let off = difference(&decoded(&fixture("cmyk.jpg")).image, &picture(101, 67));
    assert!(off < 0.02, "{off}");
}

#[test]
fn written_pictures_say_that_they_are_srgb() {
    let image = picture(9, 5);
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
    let plain = WriteOptions { color_profile: false, ..WriteOptions::default() };
    for (format, word) in [
        (Format::Png, &b"sRGB"[..]),
        (Format::Jpeg, b"ICC_PROFILE"),
        (Format::WebP, b"ICCP"),
        (Format::Tiff, b"mntrRGB XYZ"),
    ] {
        assert!(has(&encode(&image, None, format, &WriteOptions::default()).unwrap(), word), "{format:?}");
        let without = encode(&image, None, format, &plain).unwrap();
        assert!(!has(&without, word), "{format:?}");
        assert_eq!(without, encode(&image, None, format, &plain).unwrap(), "{format:?} differs from run to run");
    }
    // Without a profile, the file equals the encoder's own output.
    let mut alone = Vec::new();
    JpegEncoder::new_with_quality(&mut alone, 92).write_image(&ramp(9, 5), 9, 5, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(encode(&image, None, Format::Jpeg, &plain).unwrap(), alone);
}
