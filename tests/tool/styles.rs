//! Style packs on the command line: writing, reading, stylizing, and the packs that ship.

use std::path::Path;

use crate::common::tool::{Bench, json_lines};
use crate::common::{distance, fixture, shipped, shipped_as};
use image::GenericImageView;
use impasto::net::models::{arbitrary, transfer26};
use impasto::procedural::KINDS;
use impasto::style::{Pack, Parameters, Style, StyleSet, StyleSpace};
use impasto::weights::ArchiveBuilder;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.photo("photo.png", 48, 32);
    bench
}

fn vector(pack: &Pack) -> &[f32] {
    match &pack.parameters {
        Parameters::Vector(vector) => vector,
        Parameters::Norms { .. } => panic!("{} is no painting's", pack.name),
    }
}

#[test]
fn a_painting_becomes_a_pack_that_paints_as_the_painting_does() {
    let bench = bench();
    let painting = fixture("arbitrary/style.png");
    let painting = painting.to_str().unwrap();
    let make = ["style", "make", painting, "-o", "a.impasto", "--name", "A study", "--licence", "CC0"];
    bench.succeeds(&make);
    let pack = Pack::read(&std::fs::read(bench.path("a.impasto")).unwrap()).unwrap();
    assert_eq!((pack.name.as_str(), pack.source.as_str(), pack.licence.as_str()), ("A study", "style", "CC0"));
    let reference = std::fs::read_to_string(fixture("arbitrary/vector.json")).unwrap();
    let reference: Vec<f32> = serde_json::from_str(&reference).unwrap();
    let off = distance(vector(&pack), &reference);
    assert!(off <= 0.03, "off by {off}");
    bench.succeeds(&["stylize", "photo.png", "-o", "packed.png", "--style", "a.impasto"]);
    bench.succeeds(&["stylize", "photo.png", "-o", "painting.png", "--style-image", painting]);
    assert_eq!(bench.picture("packed.png"), bench.picture("painting.png"));
    bench.succeeds(&["stylize", "photo.png", "-o", "own.png", "--style", "0"]);
    assert_ne!(bench.picture("packed.png"), bench.picture("own.png"));
    let shown = json_lines(&bench.succeeds(&["style", "show", "a.impasto", "--json", "--thumbnail", "t.jpg"]));
    assert_eq!(shown[0]["name"], "A study");
    assert_eq!(shown[0]["problem"], serde_json::Value::Null);
    assert_eq!(bench.picture("t.jpg").width(), 192);
    assert!(bench.succeeds(&["style", "show", "a.impasto"]).contains("usable     yes"));
}

#[test]
fn another_square_of_the_painting_is_another_style() {
    let bench = bench();
    bench.photo("painting.png", 300, 200);
    bench.succeeds(&["style", "make", "painting.png", "-o", "all.impasto"]);
    bench.succeeds(&["style", "make", "painting.png", "-o", "part.impasto", "--square", "10,20,64"]);
    let read = |name: &str| Pack::read(&std::fs::read(bench.path(name)).unwrap()).unwrap();
    let off = distance(vector(&read("all.impasto")), vector(&read("part.impasto")));
    assert!(off > 0.05, "off by {off}");
    assert_eq!(read("all.impasto").name, "Painting");
}

#[test]
fn styles_of_paintings_blend_with_each_other_only() {
    let bench = bench();
    bench.photo("one.png", 64, 64);
    let other = fixture("arbitrary/style.png");
    bench.succeeds(&["style", "make", "one.png", "-o", "one.impasto"]);
    bench.succeeds(&["style", "make", other.to_str().unwrap(), "-o", "two.impasto"]);
    let paint = |name: &str, more: &[&str]| {
        bench.succeeds(&[&["stylize", "photo.png", "-o", name][..], more].concat());
        bench.picture(name).into_rgb32f()
    };
    let one = paint("one-alone.png", &["--style", "one.impasto"]);
    assert_eq!(paint("weighted.png", &["--style", "one.impasto:2,two.impasto:0"]), one);
    let two = paint("two-alone.png", &["--style", "two.impasto"]);
    let half = paint("half.png", &["--style", "one.impasto,two.impasto"]);
    let away = |picture: &[f32]| distance(&half, picture);
    assert!(away(&one) > 0.02 && away(&two) > 0.02);
    // With `--gentle`, strength 0 is the photo in its own style, which differs from photo and painting.
    let gentle = paint("gentle.png", &["--style", "one.impasto", "--gentle", "--strength", "0"]);
    let photo = bench.picture("photo.png").into_rgb32f();
    assert!(distance(&gentle, &photo) > 0.02 && distance(&gentle, &one) > 0.02);
    assert_eq!(paint("strong.png", &["--style", "one.impasto", "--gentle"]), one);
    let refused = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", "carnival,one.impasto"]);
    assert!(refused[0].contains("different networks"), "{refused:?}");
    let refused = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", "0", "--gentle"]);
    assert!(refused[0].contains("--style-image"), "{refused:?}");
    let refused = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", "one.impasto:0"]);
    assert!(refused[0].contains("weight above 0"), "{refused:?}");
}

#[test]
fn a_style_of_the_26_survives_as_a_pack_and_blends_with_them() {
    let bench = bench();
    let archive = shipped();
    let net = transfer26::network();
    let space = StyleSpace::read(&archive, net.tensors(), &net.norms).unwrap();
    let set = StyleSet::read(&archive, &net.norms).unwrap();
    let pack = space.pack("Kept", Parameters::of(set.get(3).unwrap()));
    std::fs::write(bench.path("kept.impasto"), pack.write().unwrap()).unwrap();
    let paint = |name: &str, style: &str| {
        bench.succeeds(&["stylize", "photo.png", "-o", name, "--style", style]);
        bench.picture(name)
    };
    assert_eq!(paint("kept.png", "kept.impasto"), paint("three.png", "3"));
    assert_eq!(paint("mixed.png", "kept.impasto:1,7:3"), paint("blend.png", "3:1,7:3"));
}

#[test]
fn other_files_than_style_packs_are_refused_in_a_sentence() {
    let bench = bench();
    std::fs::write(bench.path("text.impasto"), "not a pack").unwrap();
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/transfer26.safetensors");
    std::fs::copy(weights, bench.path("weights.impasto")).unwrap();
    let net = arbitrary::network();
    let space = StyleSpace::read(&shipped_as("arbitrary"), net.tensors(), &net.norms).unwrap();
    let sound = space.pack("Sound", Parameters::Vector(vec![0.1; 100]));
    for (name, pack) in [
        ("old", Pack { network_sha256: "00".into(), ..sound.clone() }),
        ("foreign", Pack { network: "johnson".into(), ..sound }),
    ] {
        std::fs::write(bench.path(&format!("{name}.impasto")), pack.write().unwrap()).unwrap();
    }
    for (file, expected) in [
        ("text.impasto", "is damaged, or is not a style pack"),
        ("weights.impasto", "another kind of safetensors"),
        ("old.impasto", "another version"),
        ("foreign.impasto", "\"johnson\""),
        ("missing.impasto", "missing.impasto"),
    ] {
        let message = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", file]);
        assert!(message.len() == 1 && message[0].contains(expected), "{file}: {message:?}");
    }
    assert!(bench.succeeds(&["style", "show", "old.impasto"]).contains("another version"));
    assert!(bench.fails(&["style", "make", "photo.png", "-o", "x.png"])[0].contains(".impasto"));
    assert!(bench.fails(&["style", "make", "photo.png", "-o", "x.impasto", "--square", "0,0,99"])[0].contains("48x32"));
}

#[test]
fn what_a_pack_says_cannot_steer_the_terminal_and_its_numbers_are_bounded() {
    let bench = bench();
    let net = arbitrary::network();
    let space = StyleSpace::read(&shipped_as("arbitrary"), net.tensors(), &net.norms).unwrap();
    let write = |file: &str, name: &str, number: f32| {
        let mut builder = ArchiveBuilder::new();
        builder.metadata("format", "impasto-style-1").metadata("name", name);
        builder.metadata("network", space.network()).metadata("network_sha256", space.sha256());
        builder.metadata("source", "\x1b]0;owned\x07").metadata("licence", "\x1b[31mred\u{202e}\x1b[0m");
        builder.float("vector", &[100], &[number; 100]);
        std::fs::write(bench.path(file), builder.finish().unwrap()).unwrap();
    };
    write("older.impasto", "<b>Older</b>", 0.1);
    let shown = bench.succeeds(&["style", "show", "older.impasto"]);
    assert!(shown.contains("<b>Older</b>") && shown.contains("usable     yes"), "{shown}");
    assert!(shown.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{shown:?}");
    write("reversed.impasto", "a\u{202e}gpj.exe\u{2066}", 0.1);
    let message = bench.fails(&["style", "show", "reversed.impasto"]);
    assert!(message.len() == 1 && message[0].contains("\\u{202e}") && !message[0].contains('\u{202e}'), "{message:?}");
    write("huge.impasto", "Huge", 3e38);
    let message = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", "huge.impasto"]);
    assert!(message.len() == 1 && message[0].contains("too large to paint with"), "{message:?}");
    assert!(!bench.path("x.png").exists());
}

#[test]
fn strokes_and_brushwork_change_the_painting() {
    let bench = bench();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets/styles/swirls.impasto");
    let pack = pack.to_str().unwrap();
    let paint = |name: &str, more: &[&str]| {
        bench.succeeds(&[&["stylize", "photo.png", "-o", name, "--style", pack][..], more].concat());
        bench.picture(name).into_rgb32f()
    };
    let default = paint("default.png", &[]);
    assert_eq!(paint("half.png", &["--brushwork", "0.5"]), default);
    let smooth = paint("smooth.png", &["--brushwork", "0"]);
    assert!(distance(&smooth, &default) > 0.02);
    let broad = paint("broad.png", &["--brushwork", "0", "--stroke", "2"]);
    assert_eq!(broad.len(), smooth.len());
    assert!(distance(&broad, &smooth) > 0.02);
    for wrong in [["--stroke", "0"], ["--stroke", "x"], ["--brushwork", "2"]] {
        bench.fails(&[&["stylize", "photo.png", "-o", "x.png", "--style", pack][..], &wrong].concat());
    }
}

#[test]
fn sheets_show_packs_and_plans_cover_their_network() {
    let bench = bench();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets/styles");
    let [one, two] = ["ink", "glass"].map(|name| packs.join(format!("{name}.impasto")).display().to_string());
    bench.succeeds(&["sheet", "photo.png", "-o", "sheet.png", "--size", "48", "--packs", &one, &two]);
    let sheet = bench.picture("sheet.png").into_rgb8();
    // The photo and two paintings, side by side.
    assert_eq!(sheet.width(), 3 * 64 + 16);
    let tile = |i: u32| sheet.view(16 + 64 * i, 16, 48, 32).to_image();
    assert!(tile(0) != tile(1) && tile(1) != tile(2) && tile(0) != tile(2));
    let plan =
        |more: &[&str]| json_lines(&bench.succeeds(&[&["plan", "--size", "64x64", "--json"][..], more].concat()));
    let arbitrary = &plan(&["--network", "arbitrary"])[0];
    assert!(arbitrary["multiply_adds"].as_u64() < plan(&[])[0]["multiply_adds"].as_u64());
    assert!(bench.fails(&["plan", "--network", "vgg"])[0].contains("transfer26 and arbitrary"));
}

#[test]
fn shipped_packs_are_those_of_the_shipped_paintings() {
    let bench = bench();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets");
    let list: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root.join("styles/list.json")).unwrap()).unwrap();
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|e| (e["id"].as_str(), e["name"].as_str())).collect();
    assert_eq!(listed, KINDS.iter().map(|k| (Some(k.name), Some(k.title))).collect::<Vec<_>>());
    for kind in &KINDS {
        let bytes = std::fs::read(root.join(format!("styles/{}.impasto", kind.name))).unwrap();
        assert!(bytes.len() < 20_000, "{}: {} bytes", kind.name, bytes.len());
        let shipped = Pack::read(&bytes).unwrap();
        let painting = root.join(format!("paintings/{}.jpg", kind.name));
        let (painting, title) = (painting.to_str().unwrap(), kind.title);
        bench.succeeds(&["style", "make", painting, "-o", "again.impasto", "--name", title]);
        let again = Pack::read(&std::fs::read(bench.path("again.impasto")).unwrap()).unwrap();
        assert_eq!((&shipped.name, &shipped.network_sha256), (&again.name, &again.network_sha256));
        assert!(!shipped.licence.is_empty() && !shipped.source.is_empty());
        assert_eq!(shipped.thumbnail, again.thumbnail);
        let off = distance(vector(&shipped), vector(&again));
        assert!(off <= 1e-3, "{}: off by {off}", kind.name);
    }
}

#[test]
fn shipped_trained_packs_fit_the_network_and_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets/styles");
    let list: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("trained.json")).unwrap()).unwrap();
    let (net, archive) = (arbitrary::network(), shipped_as("arbitrary"));
    let space = StyleSpace::read(&archive, net.tensors(), &net.norms).unwrap();
    let list = list.as_array().unwrap();
    assert!(list.len() >= 8, "there are {}", list.len());
    let mut styles: Vec<Style> = Vec::new();
    for entry in list {
        let id = entry["id"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(format!("{id}.impasto"))).unwrap();
        let pack = Pack::read(&bytes).unwrap();
        assert_eq!(Some(pack.name.as_str()), entry["name"].as_str());
        assert!(bytes.len() - pack.thumbnail.len() <= 8192, "{id}: {} bytes", bytes.len());
        assert!(!pack.thumbnail.is_empty() && !pack.licence.is_empty() && !pack.source.is_empty());
        let style = space.style(&pack).unwrap();
        assert!(styles.iter().all(|other| other.norms != style.norms), "{id} is another one's twin");
        styles.push(style);
    }
}

#[test]
fn texts_of_a_style_are_checked_before_it_is_made() {
    let bench = bench();
    for flag in ["--name", "--source", "--licence"] {
        let arguments = ["train", "none.png", "--photos", "none", "-o", "a.impasto", flag, "CC0\x1b[1m"];
        let output = bench.run(&arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(flag) && message.contains("invisible character") && !message.contains('\x1b'),
            "{message}"
        );
    }
}
