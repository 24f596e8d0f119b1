//! The command-line tool and the user's files: no file is lost, and every failure is reported in a sentence.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::tool::{Bench, json_lines};
use image::{GenericImageView, Rgba, RgbaImage};

/// A style of the 26 that is quick to name.
const STYLE: [&str; 2] = ["--style", "3"];

fn names(bench: &Bench, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(bench.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The tool through a shell, whose `script` has the tool as `$0`.
fn shell(bench: &Bench, script: &str) -> std::process::Output {
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_impasto")]);
    command.current_dir(bench.path(".")).env("XDG_CACHE_HOME", bench.path("cache")).output().unwrap()
}

#[test]
fn no_output_is_an_input() {
    let bench = Bench::new();
    bench.photo("photo.png", 16, 16);
    bench.photo("painting.png", 16, 16);
    bench.succeeds(&["style", "make", "painting.png", "-o", "mine.impasto"]);
    fs::hard_link(bench.path("photo.png"), bench.path("hard.png")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(bench.path("photo.png"), bench.path("soft.png")).unwrap();
    fs::copy(bench.path("painting.png"), bench.path("painting.impasto")).unwrap();
    let before: Vec<_> =
        ["photo.png", "mine.impasto", "painting.impasto"].map(|n| fs::read(bench.path(n)).unwrap()).into();
    for arguments in [
        &["stylize", "photo.png", "-o", "photo.png"][..],
        &["stylize", "photo.png", "-o", "hard.png"],
        &["stylize", "photo.png", "-o", "soft.png"],
        &["stylize", "photo.png", "-o", "./x/../photo.png"],
        &["stylize", "painting.png", "--style-image", "photo.png", "-o", "photo.png"],
        &["sheet", "photo.png", "-o", "hard.png"],
        &["style", "make", "painting.impasto", "-o", "painting.impasto"],
        &["style", "show", "mine.impasto", "--thumbnail", "mine.impasto"],
        &["import", "mine.impasto", "-o", "mine.impasto"],
        &["weights", "import", "mine.impasto", "-o", "mine.impasto"],
    ] {
        fs::create_dir_all(bench.path("x")).unwrap();
        let message = bench.fails(arguments);
        assert!(message.len() == 1 && message[0].contains("overwrite"), "{arguments:?}: {message:?}");
    }
    let after: Vec<_> =
        ["photo.png", "mine.impasto", "painting.impasto"].map(|n| fs::read(bench.path(n)).unwrap()).into();
    assert!(before == after);
}

#[test]
fn a_full_disk_leaves_the_older_file() {
    let bench = Bench::new();
    bench.photo("photo.png", 64, 64);
    bench.photo("painting.png", 64, 64);
    fs::write(bench.path("good.png"), "the older file").unwrap();
    fs::write(bench.path("good.impasto"), "the older file").unwrap();
    // Files of at most 1024 bytes: writes beyond fail.
    for command in [
        "stylize photo.png -o good.png --style 3",
        "style make painting.png -o good.impasto",
        "sheet photo.png -o good.png --size 32",
    ] {
        let output = shell(&bench, &format!("ulimit -f 1; exec \"$0\" {command}"));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{command}: {message}");
        assert!(message.contains("cannot be written") && !message.contains("panicked"), "{message}");
    }
    assert_eq!(fs::read_to_string(bench.path("good.png")).unwrap(), "the older file");
    assert_eq!(fs::read_to_string(bench.path("good.impasto")).unwrap(), "the older file");
    let left: Vec<_> = names(&bench, ".").into_iter().filter(|name| name.ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn paths_that_cannot_be_written_are_reported_before_any_work() {
    let bench = Bench::new();
    bench.photo("photo.png", 16, 16);
    fs::write(bench.path("file"), "x").unwrap();
    for (place, words) in [("/proc/painted.png", "/proc/painted.png"), ("file/painted.png", "a file has this name")] {
        let message = bench.fails(&["stylize", "photo.png", "-o", place]);
        assert!(message.len() == 1 && message[0].contains(words), "{message:?}");
    }
    // A file of the user with the name of an old temporary file stays.
    fs::write(bench.path("painted.part"), "mine").unwrap();
    bench.succeeds(&["stylize", "photo.png", "-o", "painted.png"]);
    assert_eq!(fs::read_to_string(bench.path("painted.part")).unwrap(), "mine");
}

#[test]
fn standard_output_may_close_or_fill() {
    let bench = Bench::new();
    for name in ["in/a.png", "in/b.png", "in/c.png"] {
        bench.photo(name, 16, 16);
    }
    let closed = shell(&bench, "set -o pipefail; \"$0\" stylize in -o out --json | head -c 1 > /dev/null");
    let message = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert!(closed.status.success() && !message.contains("panicked"), "{message}");
    assert_eq!(names(&bench, "out"), ["a.png", "b.png", "c.png"]);

    let full = shell(&bench, "exec \"$0\" stylize in -o full --json > /dev/full");
    let message = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(2), "{message}");
    assert!(
        message.matches("standard output cannot be written").count() == 1 && !message.contains("panicked"),
        "{message}"
    );
    assert_eq!(names(&bench, "full"), ["a.png", "b.png", "c.png"]);
    for command in ["info", "plan --size 64x64", "art --list", "--help", "stylize --help"] {
        let output = shell(&bench, &format!("exec \"$0\" {command} > /dev/full 2> said"));
        let message = fs::read_to_string(bench.path("said")).unwrap();
        assert!(!message.contains("panicked") && output.status.code().is_some(), "{command}: {message}");
        shell(&bench, &format!("exec \"$0\" {command} 2>&-"));
    }
}

#[test]
fn a_batch_of_good_and_bad_files_ends_with_a_summary() {
    let bench = Bench::new();
    for number in 0..40 {
        bench.photo(&format!("in/good-{number:02}.{}", ["png", "jpg", "webp"][number % 3]), 16, 12);
    }
    let good = fs::read(bench.path("in/good-01.jpg")).unwrap();
    let png = fs::read(bench.path("in/good-00.png")).unwrap();
    let bad: [(&str, &[u8]); 8] = [
        ("empty.jpg", b""),
        ("page.jpg", b"<!DOCTYPE html><html><body>not found</body></html>"),
        ("text.png", b"this is text"),
        ("half.png", &png[..png.len() / 2]),
        ("heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("noise.webp", &[0x5a; 400]),
        ("gif.png", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("head.jpg", &good[..20]),
    ];
    for (name, bytes) in bad {
        fs::write(bench.path("in").join(name), bytes).unwrap();
    }
    // 30000 x 30000 pixels of one bit in a small file.
    fs::write(bench.path("in/bomb.png"), bomb()).unwrap();
    fs::write(bench.path("in/clip.mp4"), b"\0\0\0\x18ftypmp42").unwrap();
    fs::write(bench.path("in/._good-00.png"), b"\0\x05\x16\x07").unwrap();
    let output = bench.run(&["stylize", "in", "-o", "out", "--max-pixels", "100000000"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(names(&bench, "out").len(), 40);
    for (name, _) in bad.iter().chain(&[("bomb.png", &b""[..]), ("clip.mp4", b"")]) {
        assert!(message.contains(name), "{name} is not told: {message}");
    }
    assert!(!message.contains("._good"), "{message}");
    assert!(message.contains("40 photos painted, 9 failed"), "{message}");
    // The second run keeps the existing files.
    fs::write(bench.path("out/good-00.png"), "mine").unwrap();
    let again = bench.run(&["stylize", "in", "-o", "out", "--no-clobber"]);
    let message = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(message.contains("0 photos painted, 40 skipped") && message.contains("9 failed"), "{message}");
    assert_eq!(fs::read_to_string(bench.path("out/good-00.png")).unwrap(), "mine");
}

/// A PNG file of a few KB whose header says 30000 x 30000 pixels.
fn bomb() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        file.extend((data.len() as u32).to_be_bytes());
        let body = [&kind[..], data].concat();
        file.extend(&body);
        file.extend(crc32(&body).to_be_bytes());
    };
    let header = [&30_000_u32.to_be_bytes()[..], &30_000_u32.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    chunk(b"IHDR", &header);
    chunk(b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]);
    chunk(b"IEND", &[]);
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xedb8_8320 * (c & 1)));
    !bytes.iter().fold(!0, step)
}

#[test]
fn sizes_beyond_the_limits_are_refused_and_the_advice_is_taken() {
    let bench = Bench::new();
    bench.photo("photo.png", 60, 40);
    let advised = |arguments: &[&str]| {
        let message = bench.fails(arguments);
        assert_eq!(message.len(), 1, "{message:?}");
        let mut numbers = message[0].split(|letter: char| !letter.is_ascii_digit()).filter(|text| !text.is_empty());
        (numbers.next_back().unwrap().to_string(), message[0].clone())
    };
    let stylize = |size: &str, more: &[&str]| {
        [&["stylize", "photo.png", "-o", "x.png", "--size", size][..], more]
            .concat()
            .into_iter()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    // A size that fills the machine's memory takes minutes to stylize: the advice is followed only under given limits.
    for (size, more) in [("99999999", &[][..]), ("30000", &["--memory", "60"]), ("2000", &["--max-pixels", "10000"])] {
        let arguments = stylize(size, more);
        let (advice, message) = advised(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(message.contains("size"), "{message}");
        assert!(advice.parse::<u32>().unwrap() < size.parse().unwrap(), "{message}");
        if more.is_empty() {
            continue;
        }
        let arguments = stylize(&advice, more);
        bench.succeeds(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let message = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--size", "-5"]);
    assert!(
        message[0].contains("-5") && message[0].contains("--size") && !message[0].contains("unexpected"),
        "{message:?}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    let bench = Bench::new();
    bench.photo("photo.png", 16, 16);
    for name in ["pipe.png", "pipe.impasto", "pipe.pth"] {
        assert!(Command::new("mkfifo").arg(bench.path(name)).status().unwrap().success());
    }
    for arguments in [
        &["stylize", "pipe.png", "-o", "x.png"][..],
        &["stylize", "photo.png", "-o", "pipe.png"],
        &["stylize", "photo.png", "-o", "x.png", "--style", "pipe.impasto"],
        &["stylize", "photo.png", "-o", "x.png", "--style-image", "pipe.png"],
        &["style", "show", "pipe.impasto"],
        &["import", "pipe.pth", "-o", "x.impasto"],
        &["weights", "import", "pipe.pth", "-o", "x.safetensors"],
    ] {
        let mut command = Command::new("timeout");
        command.args(["20", env!("CARGO_BIN_EXE_impasto")]).args(arguments).current_dir(bench.path("."));
        let output = command.env("XDG_CACHE_HOME", bench.path("cache")).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains("regular file"), "{arguments:?}: {message}");
    }
}

#[cfg(unix)]
#[test]
fn names_may_be_anything_that_the_system_allows() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    let photo = bench.photo("photo.png", 16, 16);
    let odd = OsStr::from_bytes(b"caf\xe9 \x1b[31m.png");
    fs::create_dir(bench.path("in")).unwrap();
    fs::copy(&photo, bench.path("in").join(odd)).unwrap();
    for name in ["new\nline.png", "a, b.png", "12:30.png", "-o.png", "IMG [1].png"] {
        fs::copy(&photo, bench.path("in").join(name)).unwrap();
    }
    let lines = json_lines(&bench.succeeds(&["stylize", "in", "-o", "out", "--json"]));
    assert_eq!(lines.len(), 6);
    assert!(bench.path("out").join(odd).exists());
    let tool = |arguments: &[&OsStr]| bench.command(&[]).args(arguments).output().unwrap();
    let at = bench.path("in").join(odd);
    let [stylize, output, style_image] = ["stylize", "-o", "--style-image"].map(OsStr::new);
    let good = tool(&[stylize, at.as_os_str(), output, OsStr::new("x.png"), style_image, at.as_os_str()]);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let bad = tool(&[stylize, OsStr::from_bytes(b"gone\xe9\x1b[2J.png"), output, OsStr::new("x.png")]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(!bad.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&bad.stderr));
    // Packs whose names have commas and colons.
    for pack in ["field, with crows.impasto", "crows 1:2.impasto"] {
        bench.succeeds(&["style", "make", "photo.png", "-o", pack]);
        bench.succeeds(&["stylize", "photo.png", "-o", "y.png", "--style", pack]);
    }
    bench.succeeds(&[
        "stylize",
        "photo.png",
        "-o",
        "y.png",
        "--style",
        "crows 1:2.impasto:0.5,field, with crows.impasto",
    ]);
}

#[test]
fn transparency_stays_unless_a_background_is_given() {
    let bench = Bench::new();
    let pixel = |x: u32, y: u32| Rgba([200, (x * 8) as u8, (y * 8) as u8, if x < 16 { 0 } else { 64 + (y * 8) as u8 }]);
    let logo = RgbaImage::from_fn(32, 24, pixel);
    logo.save(bench.path("logo.png")).unwrap();
    for name in ["a.png", "a.webp", "a.tif"] {
        bench.succeeds(&["stylize", "logo.png", "-o", name, STYLE[0], STYLE[1]]);
        let painted = bench.picture(name);
        assert!(painted.color().has_alpha(), "{name}");
        let alpha = painted.into_rgba8();
        assert!(alpha.pixels().zip(logo.pixels()).all(|(a, b)| a[3].abs_diff(b[3]) <= 1), "{name}");
    }
    bench.succeeds(&["stylize", "logo.png", "-o", "zero.png", "--strength", "0"]);
    let over = |pixel: &Rgba<u8>, ground: f32| (f32::from(pixel[0]) - ground) * f32::from(pixel[3]) / 255.0 + ground;
    let zero = bench.picture("zero.png").into_rgba8();
    assert!(zero.pixels().zip(logo.pixels()).all(|(a, b)| (f32::from(a[0]) - over(b, 255.0)).abs() <= 1.5));
    bench.succeeds(&["stylize", "logo.png", "-o", "black.png", "--strength", "0", "--background", "black"]);
    let black = bench.picture("black.png");
    assert!(!black.color().has_alpha());
    assert!(black.into_rgb8().pixels().zip(logo.pixels()).all(|(a, b)| (f32::from(a[0]) - over(b, 0.0)).abs() <= 1.5));
    let message = bench.fails(&["stylize", "logo.png", "-o", "x.png", "--background", "reddish"]);
    assert!(message[0].contains("#f4ead5"), "{message:?}");
}

#[test]
fn sixteen_bits_and_tiff_go_in_and_out() {
    let bench = Bench::new();
    let deep = image::ImageBuffer::<image::Rgb<u16>, Vec<u16>>::from_fn(32, 16, |x, y| {
        image::Rgb([(x * 2000) as u16, (y * 4000) as u16, 30_000])
    });
    deep.save(bench.path("deep.png")).unwrap();
    deep.save(bench.path("deep.tiff")).unwrap();
    for (input, output) in [("deep.png", "a.png"), ("deep.tiff", "a.tif"), ("deep.tiff", "b.png")] {
        bench.succeeds(&["stylize", input, "-o", output, "--strength", "0"]);
        let painted = bench.picture(output);
        assert_eq!(painted.color(), image::ColorType::Rgb16, "{output}");
        let painted = painted.into_rgb16();
        assert!(painted.iter().zip(deep.iter()).all(|(a, b)| a.abs_diff(*b) <= 200), "{output}");
    }
    bench.succeeds(&["stylize", "deep.png", "-o", "eight.png", "--depth", "8"]);
    assert_eq!(bench.picture("eight.png").color(), image::ColorType::Rgb8);
    bench.succeeds(&["stylize", "deep.png", "-o", "a.jpg"]);
    assert_eq!(bench.picture("a.jpg").dimensions(), (32, 16));
}

#[test]
fn metadata_are_kept_on_request() {
    let bench = Bench::new();
    let photo = bench.photo("plain.jpg", 32, 16);
    // Orientation 6, and a copyright, in the little-endian TIFF structure of EXIF.
    let mut exif =
        b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x98\x82\x02\0\x08\0\0\0\x26\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"(c) Zoe\0");
    let block = [b"Exif\0\0".to_vec(), exif].concat();
    let plain = fs::read(photo).unwrap();
    let length = (block.len() as u16 + 2).to_be_bytes();
    let tagged = [&plain[..2], &[0xff, 0xe1], &length, &block, &plain[2..]].concat();
    fs::write(bench.path("tagged.jpg"), tagged).unwrap();
    for name in ["a.jpg", "a.png", "a.webp"] {
        bench.succeeds(&["stylize", "tagged.jpg", "-o", name, "--keep-metadata"]);
        assert_eq!(bench.picture(name).dimensions(), (16, 32), "{name}");
        let bytes = fs::read(bench.path(name)).unwrap();
        assert!(bytes.windows(7).any(|window| window == b"(c) Zoe"), "{name}");
        let mut decoder = image::ImageReader::open(bench.path(name)).unwrap().into_decoder().unwrap();
        let orientation = image::ImageDecoder::orientation(&mut decoder).unwrap();
        assert_eq!(orientation, image::metadata::Orientation::NoTransforms, "{name}");
        bench.succeeds(&["stylize", "tagged.jpg", "-o", name]);
        let bytes = fs::read(bench.path(name)).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"(c) Zoe"), "{name}");
    }
}

#[test]
fn truncated_photos_are_painted_with_a_warning() {
    let bench = Bench::new();
    bench.photo("whole.jpg", 64, 64);
    let bytes = fs::read(bench.path("whole.jpg")).unwrap();
    fs::write(bench.path("cut.jpg"), &bytes[..bytes.len() * 6 / 10]).unwrap();
    let output = bench.run(&["stylize", "cut.jpg", "-o", "x.png", "--json"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut.jpg: "));
    let line = &json_lines(&String::from_utf8(output.stdout).unwrap())[0];
    assert!(line["warnings"][0].as_str().unwrap().contains("missing"), "{line}");
}

#[test]
fn drivers_say_nothing_of_their_own() {
    let bench = Bench::new();
    let output = bench.command(&["info"]).env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("XDG_RUNTIME_DIR"));
}
