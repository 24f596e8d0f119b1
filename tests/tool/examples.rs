//! Runs the programs of `examples/` on real files. Cargo builds them before it runs the tests.

use std::path::PathBuf;
use std::process::Command;

use crate::common::tool::Bench;
use impasto::style::Pack;

/// Runs an example in the folder of `bench`.
fn run(bench: &Bench, name: &str, arguments: &[&str]) {
    // Beside the folder of the tests' own programs.
    let folder: PathBuf = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).args(arguments).current_dir(bench.path(".")).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_file_is_stylized() {
    let bench = Bench::new();
    bench.photo("photo.png", 48, 32);
    run(&bench, "stylize_file", &["photo.png", "painted.png"]);
    let painted = bench.picture("painted.png");
    assert_eq!((painted.width(), painted.height()), (512, 341));
}

#[test]
fn styles_are_blended() {
    let bench = Bench::new();
    bench.photo("photo.png", 24, 16);
    run(&bench, "blend_styles", &["photo.png", "."]);
    let pictures: Vec<_> = (0..5).map(|i| bench.picture(&format!("{i}.png"))).collect();
    assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_painting_is_encoded() {
    let bench = Bench::new();
    bench.photo("painting.png", 64, 64);
    run(&bench, "encode_painting", &["painting.png", "mine.impasto"]);
    assert_eq!(Pack::read(&std::fs::read(bench.path("mine.impasto")).unwrap()).unwrap().name, "My painting");
    bench.photo("photo.png", 24, 16);
    bench.succeeds(&["stylize", "photo.png", "-o", "painted.png", "--style", "mine.impasto"]);
}
