//! Reading and writing of picture files: limits, colours, transparency, metadata, truncated files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::picture_files::*;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use impasto::image::Image;
use impasto::image_file::{
    Alpha, Format, Limits, Metadata, ReadOptions, WriteOptions, check_resize, decode, encode, read, read_mask,
};

#[test]
fn what_is_written_is_read_again() {
    let image = picture(37, 21);
    for format in LOSSLESS {
        let bytes = encode(&image, None, format, &WriteOptions::default()).unwrap();
        let read = decoded(&bytes);
        assert_eq!(read.image.to_rgba8(), image.to_rgba8(), "{format:?}");
        assert!(read.alpha.is_none() && !read.depth16 && read.metadata.is_none() && read.warnings.is_empty());
    }
    let jpeg = decoded(&encode(&image, None, Format::Jpeg, &WriteOptions::default()).unwrap());
    assert!(difference(&jpeg.image, &image) < 0.01);
    assert!(jpeg.warnings.is_empty(), "{:?}", jpeg.warnings);
}

#[test]
fn sixteen_bits_are_kept_where_the_format_has_them() {
    let fine = Image::new(256, 1, (0..768).map(|i| 0.5 + i as f32 / 65535.0).collect()).unwrap();
    let deep = WriteOptions { depth16: true, ..WriteOptions::default() };
    for format in [Format::Png, Format::Tiff] {
        let read = decoded(&encode(&fine, None, format, &deep).unwrap());
        assert!(read.depth16);
        assert!(read.image.data().iter().zip(fine.data()).all(|(a, b)| (a - b).abs() < 0.6 / 65535.0));
        let alpha = Alpha::new(256, 1, (0..256).map(|i| i as f32 / 65535.0).collect()).unwrap();
        let read = decoded(&encode(&fine, Some(&alpha), format, &deep).unwrap());
        assert!(read.alpha.unwrap().data().iter().zip(alpha.data()).all(|(a, b)| (a - b).abs() < 0.6 / 65535.0));
    }
    assert!(!decoded(&encode(&fine, None, Format::WebP, &deep).unwrap()).depth16);
}

#[test]
fn transparency_is_kept_apart_and_laid_on_the_background() {
    let rgba: Vec<u8> = [[200, 100, 0, 255], [200, 100, 0, 128], [9, 9, 9, 0], [0, 0, 0, 255]].concat();
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&rgba, 4, 1, ExtendedColorType::Rgba8).unwrap();
    let mut webp = Vec::new();
    WebPEncoder::new_lossless(&mut webp).write_image(&rgba, 4, 1, ExtendedColorType::Rgba8).unwrap();
    let mut tiff = std::io::Cursor::new(Vec::new());
    TiffEncoder::new(&mut tiff).write_image(&rgba, 4, 1, ExtendedColorType::Rgba8).unwrap();
    for bytes in [png, webp, tiff.into_inner()] {
        let white = decoded(&bytes);
        assert_eq!(&white.image.to_rgba8()[..12], [200, 100, 0, 255, 227, 177, 127, 255, 255, 255, 255, 255]);
        let alpha = white.alpha.unwrap();
        let levels: Vec<f32> = alpha.data().iter().map(|a| (a * 255.0).round()).collect();
        assert_eq!(levels, [255.0, 128.0, 0.0, 255.0]);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        std::fs::write(&path, &bytes).unwrap();
        let mask = read_mask(&path, &options()).unwrap();
        assert_eq!(&mask.image.to_rgba8()[8..12], [0, 0, 0, 255]);

        for format in LOSSLESS {
            let again = encode(&white.image, Some(&alpha), format, &WriteOptions::default()).unwrap();
            let plain = image::load_from_memory(&again).unwrap();
            assert_eq!(plain.color(), image::ColorType::Rgba8, "{format:?}");
            assert_eq!(&plain.into_rgba8().into_raw()[4..12], [227, 177, 127, 128, 255, 255, 255, 0]);
        }
        let jpeg = encode(&white.image, Some(&alpha), Format::Jpeg, &WriteOptions::default()).unwrap();
        assert_eq!(image::load_from_memory(&jpeg).unwrap().color(), image::ColorType::Rgb8);
    }
    let other = Alpha::new(2, 1, vec![1.0; 2]).unwrap();
    assert!(encode(&picture(3, 1), Some(&other), Format::Png, &WriteOptions::default()).is_err());
}

#[test]
fn opaque_pictures_with_an_alpha_channel_have_no_transparency() {
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&[1, 2, 3, 255], 1, 1, ExtendedColorType::Rgba8).unwrap();
    assert!(decoded(&png).alpha.is_none());
}

#[test]
fn gray_with_alpha_and_palettes_with_transparent_colours_are_read() {
    let mut gray = Vec::new();
    PngEncoder::new(&mut gray).write_image(&[100, 255, 100, 0], 2, 1, ExtendedColorType::La8).unwrap();
    let gray = decoded(&gray);
    assert_eq!(gray.image.to_rgba8(), [100, 100, 100, 255, 255, 255, 255, 255]);
    assert_eq!(gray.alpha.unwrap().data(), [1.0, 0.0]);

    let mut palette = Vec::new();
    let mut encoder = png::Encoder::new(&mut palette, 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette(vec![10, 20, 30, 40, 50, 60]);
    encoder.set_trns(vec![255, 0]);
    encoder.write_header().unwrap().write_image_data(&[0b0100_0000]).unwrap();
    let palette = decoded(&palette);
    assert_eq!(palette.image.to_rgba8(), [10, 20, 30, 255, 255, 255, 255, 255]);
    assert_eq!(palette.alpha.unwrap().data(), [1.0, 0.0]);
}

#[test]
fn reading_at_a_size_is_as_resizing_what_was_read() {
    for (width, height) in [(61, 40), (40, 61), (1, 30), (30, 1)] {
        let bytes = encode(&picture(width, height), None, Format::Png, &WriteOptions::default()).unwrap();
        let whole = decoded(&bytes).image;
        for size in [1, 7, 20, 61, 150] {
            let small = decode(&bytes, "p", &ReadOptions { size: Some(size), ..options() }).unwrap().image;
            let (w, h) = Image::fitted(width, height, size as usize);
            let want = whole.resized(w, h).unwrap();
            let most = small.data().iter().zip(want.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert_eq!((small.width(), small.height()), (w, h));
            assert!(most < 1e-4, "{width}x{height} to {size}: {most}");
        }
    }
}

#[test]
fn pictures_are_upright_for_each_orientation_in_each_format() {
    // Rows 1 2 3 / 4 5 6 as stored, and upright for orientations 1 to 8; 9 and 0 are invalid.
    const UPRIGHT: [(u16, usize, &[u8]); 10] = [
        (1, 3, &[1, 2, 3, 4, 5, 6]),
        (2, 3, &[3, 2, 1, 6, 5, 4]),
        (3, 3, &[6, 5, 4, 3, 2, 1]),
        (4, 3, &[4, 5, 6, 1, 2, 3]),
        (5, 2, &[1, 4, 2, 5, 3, 6]),
        (6, 2, &[4, 1, 5, 2, 6, 3]),
        (7, 2, &[6, 3, 5, 2, 4, 1]),
        (8, 2, &[3, 6, 2, 5, 1, 4]),
        (9, 3, &[1, 2, 3, 4, 5, 6]),
        (0, 3, &[1, 2, 3, 4, 5, 6]),
    ];
    // Blocks of 16 pixels, so that JPEG keeps them flat.
    const BLOCK: usize = 16;
    let (width, height) = (3 * BLOCK, 2 * BLOCK);
    let level = |x: usize, y: usize| (y / BLOCK * 3 + x / BLOCK + 1) as u8 * 40;
    let rgb: Vec<u8> = (0..width * height).flat_map(|i| [level(i % width, i / width); 3]).collect();
    for (orientation, columns, want) in UPRIGHT {
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(&rgb, width as u32, height as u32, ExtendedColorType::Rgb8).unwrap();
        let mut webp = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(&rgb, width as u32, height as u32, ExtendedColorType::Rgb8).unwrap();
        let size = (width as u32, height as u32);
        let png = png_with(&[(b"eXIf", exif(orientation))], size, &rgb);
        let mut late = png_with(&[], size, &rgb);
        let end = late.len() - 12;
        late.splice(end..end, chunk(b"eXIf", &exif(orientation)));
        let mut tiff = std::io::Cursor::new(Vec::new());
        let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff).unwrap();
        let mut page = encoder.new_image::<tiff::encoder::colortype::RGB8>(size.0, size.1).unwrap();
        page.encoder().write_tag(tiff::tags::Tag::Orientation, orientation).unwrap();
        page.write_data(&rgb).unwrap();
        for bytes in [jpeg, webp, png, late, tiff.into_inner()] {
            for whole in [None, Some(12)] {
                let image = decode(&bytes, "p", &ReadOptions { size: whole, ..options() }).unwrap().image;
                let rows = want.len() / columns;
                let (w, h) = (image.width(), image.height());
                assert_eq!(w * rows, h * columns, "orientation {orientation}");
                for (i, number) in want.iter().enumerate() {
                    let (x, y) = ((i % columns * 2 + 1) * w / columns / 2, (i / columns * 2 + 1) * h / rows / 2);
                    let value = image.data()[(y * w + x) * 3] * 255.0;
                    let want = f32::from(number * 40);
                    assert!((value - want).abs() < 4.0, "orientation {orientation}: {value} is not {want}");
                }
            }
        }
    }
}

#[test]
fn metadata_is_carried_upright_into_each_format() {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.set_exif_metadata(exif(6)).unwrap();
    encoder.write_image(&ramp(16, 8), 16, 8, ExtendedColorType::Rgb8).unwrap();
    let read = decoded(&jpeg);
    assert_eq!((read.image.width(), read.image.height()), (8, 16));
    let metadata = read.metadata.unwrap();
    for format in FORMATS {
        let with = WriteOptions { metadata: Some(&metadata), ..WriteOptions::default() };
        let again = decoded(&encode(&read.image, None, format, &with).unwrap());
        assert_eq!((again.image.width(), again.image.height()), (8, 16), "{format:?} is turned once more");
        let kept = again.metadata.unwrap();
        assert!(kept.exif().windows(3).any(|part| part == b"Cam"), "{format:?}");
        assert_eq!(Metadata::from_exif(kept.exif()), Some(kept.clone()));
        let without = decoded(&encode(&read.image, None, format, &WriteOptions::default()).unwrap());
        assert!(without.metadata.is_none(), "{format:?}");
    }
}

#[test]
fn the_extension_selects_the_format() {
    for (name, format) in [
        ("a.png", Some(Format::Png)),
        ("A.JPG", Some(Format::Jpeg)),
        ("a.jfif", Some(Format::Jpeg)),
        ("a.WebP", Some(Format::WebP)),
        ("a.tif", Some(Format::Tiff)),
        ("a.gif", None),
        ("png", None),
    ] {
        assert_eq!(Format::of(Path::new(name)), format, "{name}");
    }
    let wide = Image::new(70_000, 1, vec![0.5; 210_000]).unwrap();
    for format in [Format::Jpeg, Format::WebP] {
        let sentence = encode(&wide, None, format, &WriteOptions::default()).unwrap_err().to_string();
        assert!(sentence.contains("70000x1") && sentence.contains("PNG"), "{sentence}");
    }
}

#[test]
fn limits_come_before_work() {
    // A header that declares a terapixel, and one that declares 900 megapixels.
    for side in [1_u32 << 20, 30_000] {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = side.to_be_bytes().to_vec();
        header.extend(side.to_be_bytes());
        header.extend([1, 0, 0, 0, 0]);
        bytes.extend(chunk(b"IHDR", &header));
        bytes.extend(chunk(b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"));
        let started = Instant::now();
        let sentence = refused(&bytes);
        assert!(started.elapsed() < Duration::from_millis(500));
        for part in ["photo.jpg", &format!("{side}x{side}"), "268 megapixels", "--max-pixels"] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
    for format in FORMATS {
        let bytes = encode(&picture(400, 300), None, format, &WriteOptions::default()).unwrap();
        let few = Limits { pixels: 100_000, memory: 1 << 30 };
        let sentence = decode(&bytes, "p", &ReadOptions { limits: few, ..options() }).unwrap_err().to_string();
        assert!(sentence.contains("400x300") && sentence.contains("--max-pixels"), "{sentence}");
        let little = Limits { pixels: 1 << 28, memory: 500_000 };
        let sentence = decode(&bytes, "p", &ReadOptions { limits: little, ..options() }).unwrap_err().to_string();
        assert!(sentence.contains("--memory"), "{format:?}: {sentence}");
    }
    let bytes = encode(&picture(40, 30), None, Format::Png, &WriteOptions::default()).unwrap();
    for size in [99_999_999, 30_000] {
        let sentence = decode(&bytes, "p", &ReadOptions { size: Some(size), ..options() }).unwrap_err().to_string();
        assert!(sentence.contains("--size"), "{sentence}");
    }
    assert!(check_resize(30_000, 30_000, &options().limits).is_err());
    let nothing = decode(&bytes, "p", &ReadOptions { size: Some(0), ..options() }).unwrap().image;
    assert_eq!((nothing.width(), nothing.height()), (1, 1));
}

#[test]
fn compressed_side_data_are_bounded() {
    // 150 MB of zeros as the png crate compresses it: an invalid profile.
    let mut data = b"x\0\0".to_vec();
    let mut zeros = Vec::new();
    let mut encoder = png::Encoder::new(&mut zeros, 30_000, 5_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    for _ in 0..5_000 {
        std::io::Write::write_all(&mut stream, &[0; 30_000]).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    let mut rest = &zeros[33..];
    while rest.len() >= 12 {
        let len = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        if &rest[4..8] == b"IDAT" {
            data.extend(&rest[8..8 + len]);
        }
        rest = &rest[12 + len..];
    }
    for name in [b"iCCP", b"zTXt"] {
        let started = Instant::now();
        let read = decode(&png_with(&[(name, data.clone())], (24, 16), &ramp(24, 16)), "p", &options());
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!(read.unwrap().image, picture(24, 16));
    }
}

#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let sentence = |path: &Path| read(path, &options()).unwrap_err().to_string();
    assert!(sentence(folder.path()).contains("folder"));
    assert!(sentence(&folder.path().join("none.png")).contains("no such file"));
    #[cfg(unix)]
    {
        let fifo = folder.path().join("fifo.png");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let devices = [fifo, PathBuf::from("/dev/zero"), PathBuf::from("/dev/null")];
        for path in devices {
            let sentence = sentence(&path);
            assert!(sentence.contains("not a regular file") && sentence.contains(path.to_str().unwrap()), "{sentence}");
        }
    }
    let large = folder.path().join("large.png");
    std::fs::File::create(&large).unwrap().set_len(5_000_000_000).unwrap();
    assert!(sentence(&large).contains("5 GB"));
}

#[test]
fn other_files_are_named_without_a_decoders_words() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"GIF89a...", "GIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"RIFF\x04\0\0\0WEBP", "damaged"),
        (b"II\x2a\0\x08\0\0\0\0\0", "damaged"),
    ] {
        let sentence = refused(bytes);
        assert!(sentence.contains(word) && sentence.starts_with("photo.jpg: "), "{sentence}");
        for foreign in ["Format error", "Marker", "marker", "chunk", "EOF", "Exhausted", "invalid", "unexpected"] {
            assert!(!sentence.contains(foreign), "{sentence}");
        }
    }
}

#[test]
fn truncated_jpegs_are_reported_with_the_missing_part() {
    for name in ["restarts.jpg", "progressive.jpg"] {
        let whole = fixture(name);
        assert!(decoded(&whole).warnings.is_empty());
        let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        for keep in [0.1, 0.3, 0.6, 0.9] {
            let end = scan + 40 + ((whole.len() - scan - 40) as f64 * keep) as usize;
            let read = decoded(&whole[..end]);
            assert!(read.warnings[0].contains("ends early"), "{name} {keep}: {:?}", read.warnings);
        }
    }
    let whole = fixture("restarts.jpg");
    let half = decoded(&whole[..whole.len() / 2 + 200]);
    assert!(half.warnings[0].contains("66 %"), "{:?}", half.warnings);
    let last = &half.image.data()[101 * 66 * 3..];
    assert!(last.iter().all(|v| (v - 128.0 / 255.0).abs() < 1e-6));
    let top = difference(
        &half.image.cropped((0, 0), 101, 14).unwrap(),
        &decoded(&whole).image.cropped((0, 0), 101, 14).unwrap(),
    );
    assert!(top < 1e-6, "what is there must stay: {top}");
    // Half a file with an end marker is damaged, not truncated.
    let mut ended = whole[..whole.len() / 2 + 200].to_vec();
    ended.extend([0xff, 0xd9]);
    assert!(decoded(&ended).warnings[0].contains("damaged"));
    // An interrupted download leaves zeros at the end.
    let mut padded = whole[..whole.len() / 2 + 200].to_vec();
    padded.extend([0; 500]);
    assert!(decoded(&padded).warnings[0].contains("66 %"), "{:?}", decoded(&padded).warnings);
    // Where only the end marker is missing, all of the picture is there.
    assert!(decoded(&whole[..whole.len() - 2]).warnings.is_empty());
    // A second picture after the first is ignored.
    assert_eq!(decoded(&[whole.clone(), whole.clone()].concat()), decoded(&whole));
}

#[test]
fn damaged_png_webp_and_tiff_files_are_refused() {
    for format in LOSSLESS {
        let bytes = encode(&picture(60, 40), None, format, &WriteOptions::default()).unwrap();
        let sentence = refused(&bytes[..bytes.len() / 2]);
        assert!(sentence.contains("damaged or truncated") && sentence.contains(format.name()), "{sentence}");
    }
    let lossy = fixture("lossy-alpha.webp");
    assert!(refused(&lossy[..lossy.len() - 10]).contains("truncated"));
    let mut bytes = encode(&picture(60, 40), None, Format::Png, &WriteOptions::default()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(refused(&bytes).contains("damaged"));
}

#[test]
fn the_first_frame_of_animations_is_read_with_a_warning() {
    for name in ["animated.png", "animated.webp"] {
        let read = decoded(&fixture(name));
        assert_eq!(&read.image.to_rgba8()[..4], [0xc8, 0x28, 0x28, 255], "{name}");
        assert!(read.warnings[0].contains("first of its 3 frames"), "{:?}", read.warnings);
    }
}

#[test]
fn lossy_webp_with_transparency_is_read() {
    let read = decoded(&fixture("lossy-alpha.webp"));
    let alpha = read.alpha.unwrap();
    assert!(alpha.data()[0] < 0.02 && alpha.data()[100] > 0.98);
}
