//! Procedural paintings: those that ship, and the command `impasto art`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use impasto::error::Error;
use impasto::image::Image;
use impasto::procedural::{KINDS, Kind, LARGEST};

/// Largest mean difference by JPEG and by the sine function of another machine, on the scale 0..1.
const TOLERANCE: f32 = 0.03;

fn difference(a: &Image, b: &Image) -> f32 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let sum: f32 = a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).sum();
    sum / a.data().len() as f32
}

fn painted(name: &str, side: usize) -> Image {
    let kind = Kind::named(name).unwrap();
    kind.paint(side, kind.seed).unwrap()
}

/// Returns the fraction of the pixels between the rows `from` and `to` for which `test` is true.
fn part(image: &Image, (from, to): (f32, f32), test: impl Fn(f32, f32, f32) -> bool) -> f32 {
    let row = |t: f32| (t * image.height() as f32) as usize * image.width() * 3;
    let pixels = image.data()[row(from)..row(to)].chunks_exact(3);
    let count = pixels.len() as f32;
    pixels.filter(|p| test(p[0], p[1], p[2])).count() as f32 / count
}

#[test]
fn shipped_paintings_are_what_the_program_paints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets/paintings");
    let mut bytes = 0;
    for kind in &KINDS {
        let path = folder.join(format!("{}.jpg", kind.name));
        let size = std::fs::metadata(&path).unwrap().len();
        assert!(size <= 110_000, "{}: {size} bytes", kind.name);
        bytes += size;
        let shipped = image::open(&path).unwrap().into_rgba8();
        let (width, height) = (shipped.width() as usize, shipped.height() as usize);
        assert_eq!((width, height), (512, 512));
        let shipped = Image::from_rgba8(width, height, shipped.as_raw()).unwrap();
        let off = difference(&shipped, &kind.paint(512, kind.seed).unwrap());
        assert!(
            off < TOLERANCE,
            "{} is off by {off}: paint it anew with `impasto art -o www/assets/paintings`",
            kind.name
        );
    }
    assert!(bytes <= 600_000, "{bytes} bytes");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), KINDS.len());
}

#[test]
fn a_seed_is_a_painting() {
    for kind in &KINDS {
        let first = kind.paint(64, 11).unwrap();
        assert_eq!(first, kind.paint(64, 11).unwrap(), "{}", kind.name);
        for seed in [0, 12, u64::MAX] {
            let off = difference(&first, &kind.paint(64, seed).unwrap());
            assert!(off > TOLERANCE, "{} with seed {seed} is off by {off} only", kind.name);
        }
    }
}

#[test]
fn sizes_show_the_same_painting() {
    for kind in &KINDS {
        for side in [1, 2, 7] {
            let tiny = kind.paint(side, kind.seed).unwrap();
            assert!(tiny.data().iter().all(|v| (0.0..=1.0).contains(v)), "{}", kind.name);
        }
        let large = kind.paint(192, kind.seed).unwrap().resized(48, 48).unwrap();
        let small = kind.paint(96, kind.seed).unwrap().resized(48, 48).unwrap();
        let off = difference(&large, &small);
        assert!(off < 0.04, "{} is off by {off}", kind.name);
        for side in [0, LARGEST + 1] {
            let message = kind.paint(side, 1).unwrap_err();
            assert!(matches!(&message, Error::Picture(text) if text.contains("from 1 to 4096")), "{message}");
        }
    }
}

#[test]
fn paintings_have_contrast_and_colours_of_their_own() {
    let mut looks: Vec<(&str, Image)> = Vec::new();
    for kind in &KINDS {
        let image = kind.paint(128, kind.seed).unwrap();
        let light: Vec<f32> = image.data().chunks_exact(3).map(|p| 0.3 * p[0] + 0.59 * p[1] + 0.11 * p[2]).collect();
        let mean = light.iter().sum::<f32>() / light.len() as f32;
        let spread = (light.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / light.len() as f32).sqrt();
        assert!((0.2..0.85).contains(&mean) && spread > 0.12, "{}: {mean} {spread}", kind.name);
        for (other, look) in &looks {
            assert!(difference(look, &image) > 0.15, "{} looks like {other}", kind.name);
        }
        looks.push((kind.name, image));
    }
}

#[test]
fn each_kind_is_what_it_is_called() {
    let all = (0.0, 1.0);
    let woodcut = painted("woodcut", 128);
    let ink = part(&woodcut, all, |r, g, b| r.max(g).max(b) < 0.3);
    let red = part(&woodcut, all, |r, g, b| r > 0.6 && g < 0.45 && b < 0.45);
    let paper = part(&woodcut, all, |r, g, b| r > 0.8 && g > 0.75 && b > 0.6);
    assert!(ink > 0.2 && red > 0.08 && paper > 0.2, "{ink} {red} {paper}");

    let waves = painted("waves", 128);
    let warm = part(&waves, (0.15, 0.4), |r, _, b| r > b);
    let blue = part(&waves, (0.6, 1.0), |r, _, b| b > r + 0.1);
    let foam = part(&waves, (0.6, 1.0), |r, g, b| r > 0.85 && g > 0.85 && b > 0.75);
    assert!(warm > 0.9 && blue > 0.6 && foam > 0.03, "{warm} {blue} {foam}");

    let glass = painted("glass", 256);
    let lead = part(&glass, all, |r, g, b| r.max(g).max(b) < 0.25);
    let pure = part(&glass, all, |r, g, b| r.max(g).max(b) - r.min(g).min(b) > 0.4);
    assert!((0.05..0.3).contains(&lead) && pure > 0.5, "{lead} {pure}");

    let swirls = painted("swirls", 128);
    let warm = part(&swirls, all, |r, _, b| r > b);
    let night = part(&swirls, all, |r, g, b| r.max(g).max(b) < 0.4);
    assert!(warm > 0.6 && night > 0.05, "{warm} {night}");

    let stipple = painted("stipple", 128);
    for (name, rows, of) in [("sky", (0.0, 0.15), 2), ("meadow", (0.9, 1.0), 1)] {
        let part = part(&stipple, rows, |r, g, b| [r, g, b][of] >= r.max(g).max(b));
        assert!(part > 0.5, "{name}: {part}");
    }

    let ink = painted("ink", 128);
    let grey = part(&ink, all, |r, g, b| r.max(g).max(b) - r.min(g).min(b) < 0.12);
    let seal = part(&ink, (0.0, 0.2), |r, g, b| r > g + 0.3 && r > b + 0.3);
    assert!(grey > 0.98 && seal > 0.005, "{grey} {seal}");

    // Sheets of many colours: of the eight corners of the colour cube, most have their share.
    let paper = painted("paper", 128);
    let filled = |corner: u8| {
        let on = |value: f32, bit: u8| (value > 0.55) == (corner >> bit & 1 == 1);
        part(&paper, all, |r, g, b| on(r, 0) && on(g, 1) && on(b, 2)) > 0.02
    };
    assert!((0..8).filter(|&corner| filled(corner)).count() >= 6);

    // Paint on water does not mix: nearly all pixels are of one paint.
    let marble = painted("marble", 256);
    let inside = |image: &Image| {
        let row = image.width() * 3;
        let alike = |i: usize| (0..3).all(|c| (image.data()[i + c] - image.data()[i + 3 + c]).abs() < 0.06);
        let starts: Vec<usize> = (0..image.data().len() - row).step_by(3).filter(|i| i % row < row - 3).collect();
        starts.iter().filter(|&&i| alike(i)).count() as f32 / starts.len() as f32
    };
    assert!(inside(&marble) > 0.7, "{}", inside(&marble));
}

/// A folder in which the tool runs.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_impasto")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must end with exit code 2 and one error message, and returns the message.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.starts_with("impasto: ") && message.lines().count() == 1, "{arguments:?}: {message}");
        message
    }
}

#[test]
fn the_command_paints_one_or_all() {
    let bench = Bench::new();
    let list = bench.succeeds(&["art", "--list"]);
    assert!(KINDS.iter().all(|kind| list.contains(kind.name) && list.contains(kind.title)), "{list}");
    bench.succeeds(&["art", "Waves", "--size", "40", "--seed", "9", "-o", "new/sea.png"]);
    let sea = image::open(bench.path("new/sea.png")).unwrap().into_rgba8();
    let expected = Kind::named("waves").unwrap().paint(40, 9).unwrap();
    assert_eq!(*sea.as_raw(), expected.to_rgba8());
    bench.succeeds(&["art", "--size", "24", "-o", "all"]);
    for kind in &KINDS {
        let picture = image::open(bench.path("all").join(format!("{}.jpg", kind.name))).unwrap();
        assert_eq!((picture.width(), picture.height()), (24, 24));
    }
    let size = |name: &str| std::fs::metadata(bench.path(name)).unwrap().len();
    bench.succeeds(&["art", "glass", "--size", "64", "--quality", "30", "-o", "coarse.jpg"]);
    bench.succeeds(&["art", "glass", "--size", "64", "--quality", "95", "-o", "fine.jpg"]);
    assert!(size("coarse.jpg") < size("fine.jpg"));
}

#[test]
fn impossible_requests_are_refused_in_a_sentence() {
    let bench = Bench::new();
    std::fs::write(bench.path("file"), "taken").unwrap();
    for (arguments, expected) in [
        (&["art", "fresco", "-o", "a.png"][..], "choose swirls"),
        (&["art", "waves"], "--output"),
        (&["art", "waves", "-o", "a.txt"], "must end in png"),
        (&["art", "waves", "-o", "a.png", "--size", "0"], "--size"),
        (&["art", "waves", "-o", "a.png", "--size", "5000"], "4096"),
        (&["art", "waves", "-o", "a.jpg", "--quality", "0"], "--quality"),
        (&["art", "-o", "a.png"], "needs a folder"),
        (&["art", "-o", "file"], "needs a folder"),
        (&["art", "--size", "8", "-o", "file/below"], "folder cannot be created"),
    ] {
        let message = bench.fails(arguments);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    assert!(!bench.path("a.png").exists() && !bench.path("a.jpg").exists());
}
