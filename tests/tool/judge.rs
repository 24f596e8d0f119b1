//! `impasto judge`, run as a user runs it.
#![cfg(feature = "studio")]

use std::path::Path;

use serde_json::Value;

use crate::common::tool::{Bench, json_lines};

const FIGURES: [&str; 8] = ["style", "colours", "content", "distance", "to", "cover", "structure", "weave"];

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www/assets").join(name).display().to_string()
}

/// The figures of pictures of chelsea.webp as JSON.
fn judged(bench: &Bench, painted: &[&str], more: &[&str]) -> Vec<Value> {
    let (photo, painting) = (shipped("photos/chelsea.webp"), shipped("paintings/glass.jpg"));
    let common = ["judge", "--photo", &photo, "--style-image", &painting, "--size", "64", "--json", "--backend", "cpu"];
    json_lines(&bench.succeeds(&[&common, more, painted].concat()))
}

#[test]
fn figures_are_printed_as_a_table_and_as_json() {
    let bench = Bench::new();
    let (photo, painting) = (shipped("photos/chelsea.webp"), shipped("paintings/glass.jpg"));
    let lines = judged(&bench, &[&photo, &painting], &[]);
    let figure = |line: usize, name: &str| lines[line][name].as_f64().unwrap();
    assert_eq!((lines.len(), lines[0]["painted"].as_str()), (2, Some(photo.as_str())));
    for name in FIGURES {
        assert!(figure(0, name).is_finite() && figure(1, name).is_finite(), "{name}: {lines:?}");
    }
    for name in ["content", "distance", "structure"] {
        assert!(figure(0, name) < 1e-6 && figure(1, name) > 0.1, "{name}: {lines:?}");
    }
    // At the painting's own proportions, these would be 0.
    for name in ["style", "colours", "to", "cover"] {
        assert!(figure(1, name) < figure(0, name) / 2.0, "{name}: {lines:?}");
    }
    // Patches have a size of their own.
    let larger = judged(&bench, &[&painting], &["--stroke-size", "80"]);
    assert_eq!(larger[0]["to"], lines[1]["to"]);
    assert_ne!(larger[0]["style"], lines[1]["style"]);

    let table = ["judge", &painting, "--photo", &photo, "--style-image", &painting, "--size", "64", "--backend", "cpu"];
    let text = bench.succeeds(&table);
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((rows.len(), &rows[0][..], rows[1].len()), (2, &FIGURES[..], 9));
    for (name, cell) in FIGURES.iter().zip(&rows[1]) {
        assert!((cell.parse::<f64>().unwrap() - figure(1, name)).abs() < 1e-4, "{name}: {text}");
    }
}

#[test]
fn a_grid_is_a_weave_and_photos_have_none() {
    let bench = Bench::new();
    let photo = shipped("photos/chelsea.webp");
    // A grid of the network itself: the only style that was not trained anew.
    bench.succeeds(&["stylize", &photo, "-o", "woven.png", "--style", "Red Weave", "--backend", "cpu"]);
    let weave = |line: &Value| line["weave"].as_f64().unwrap();
    let lines = judged(&bench, &["woven.png", &photo], &[]);
    // Measured: 0.049 and 0.
    assert!(weave(&lines[0]) > 0.03 && weave(&lines[1]) < 0.01, "{lines:?}");
    bench.photo("small.png", 80, 60);
    assert_eq!(judged(&bench, &["small.png"], &[])[0]["weave"], Value::Null);
}

#[test]
fn pictures_that_cannot_be_measured_are_refused() {
    let bench = Bench::new();
    bench.photo("a.png", 40, 30);
    bench.photo("strip.png", 400, 4);
    let cases: [(&[&str], &str); 5] = [
        (&["a.png", "--photo", "a.png", "--style-image", "gone.png"], "gone.png"),
        (&["gone.png", "--photo", "a.png", "--style-image", "a.png"], "gone.png"),
        (&["a.png", "--photo", "strip.png", "--style-image", "a.png"], "16 pixels"),
        (&["a.png", "--photo", "a.png", "--style-image", "a.png", "--size", "8"], "--size"),
        (&["--photo", "a.png", "--style-image", "a.png"], "PAINTED"),
    ];
    for (arguments, word) in cases {
        let message = bench.fails(&[&["judge", "--backend", "cpu"], arguments].concat());
        assert!(message.len() == 1 && message[0].contains(word), "{arguments:?}: {message:?}");
    }
    // A picture of one colour has figures.
    image::RgbImage::from_pixel(90, 70, image::Rgb([0; 3])).save(bench.path("black.png")).unwrap();
    let of_black =
        ["judge", "black.png", "--photo", "black.png", "--style-image", "a.png", "--json", "--backend", "cpu"];
    let line = &json_lines(&bench.succeeds(&of_black))[0];
    for name in FIGURES {
        assert!(line[name].as_f64().is_some_and(f64::is_finite), "{name}: {line}");
    }
}
