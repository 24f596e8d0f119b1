//! Files of long jobs: a failure does not lose the result, and no other file is overwritten.
#![cfg(feature = "studio")]

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common::tool::Bench;
use image::GenericImageView;

const PAINT: [&str; 13] = [
    "paint",
    "photo.png",
    "--style-image",
    "night.jpg",
    "--method",
    "gram",
    "--backend",
    "cpu",
    "--size",
    "24",
    "--coarse",
    "24",
    "-o",
];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.photo("photo.png", 40, 30);
    bench.photo("night.jpg", 32, 48);
    bench
}

fn paint<'a>(output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&PAINT[..], &[output], more].concat()
}

/// Starts a run, and waits until it has written `file`.
fn started(bench: &Bench, arguments: &[&str], file: &Path) -> Child {
    let mut command = bench.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !file.exists() {
        assert!(child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn no_output_of_a_job_is_an_input() {
    let bench = bench();
    fs::copy(bench.path("photo.png"), bench.path("start.png")).unwrap();
    let files = ["photo.png", "night.jpg", "start.png"];
    let before: Vec<_> = files.iter().map(|name| fs::read(bench.path(name)).unwrap()).collect();
    let train = ["train", "night.jpg", "--photos", "photo.png", "--backend", "cpu", "--steps", "1", "-o"];
    for arguments in [
        paint("photo.png", &[]),
        paint("out.png", &["--trace", "photo.png"]),
        paint("out.png", &["--trace", "./night.jpg"]),
        paint("start.png", &["--start", "start.png"]),
        paint("out.png", &["--mask", "start.png", "--trace", "start.png"]),
        paint("out.png", &["--vgg", "start.png", "--trace", "start.png"]),
        [&train[..], &["x.impasto", "--trace", "night.jpg"]].concat(),
        [&train[..], &["x.impasto", "--sample", "start.png", "--trace", "start.png"]].concat(),
    ] {
        let message = bench.fails(&arguments);
        assert!(message.len() == 1 && message[0].contains("overwrite"), "{arguments:?}: {message:?}");
    }
    let twice = bench.fails(&paint("out.png", &["--trace", "out.png"]));
    assert!(twice[0].contains("have the same path"), "{twice:?}");
    // The path of the preview must differ from those of the paintings.
    fs::copy(bench.path("night.jpg"), bench.path("x-preview.png")).unwrap();
    let mut arguments = [&train[..], &["x.impasto", "--preview", "photo.png"]].concat();
    arguments[1] = "x-preview.png";
    assert!(bench.fails(&arguments)[0].contains("the preview would overwrite"));
    let after: Vec<_> = files.iter().map(|name| fs::read(bench.path(name)).unwrap()).collect();
    assert!(before == after);
}

#[test]
fn a_job_continues_when_its_folder_is_deleted_and_saves_elsewhere() {
    let bench = bench();
    let more = ["--steps", "150", "--save-every", "1", "--trace", "loss.csv"];
    let child = started(&bench, &paint("out/painted.png", &more), &bench.path("out/painted.png"));
    fs::rename(bench.path("out"), bench.path("away")).unwrap();
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("The job continues") && message.contains("saved as"), "{message}");
    assert_eq!(bench.picture("painted-rescued.png").dimensions(), (24, 18));
    assert_eq!(fs::read_to_string(bench.path("loss.csv")).unwrap().lines().count(), 151);
}

#[test]
fn output_paths_are_probed_before_the_first_step() {
    let bench = bench();
    fs::write(bench.path("file"), "x").unwrap();
    for place in ["/proc/painted.png", "file/painted.png"] {
        let output = bench.run(&paint(place, &["--steps", "1"]));
        assert_eq!(output.status.code(), Some(2));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("steps"));
    }
    fs::write(bench.path("notes.csv"), "dear diary").unwrap();
    let message = bench.fails(&paint("out.png", &["--steps", "1", "--trace", "notes.csv"]));
    assert!(message[0].contains("not a trace"), "{message:?}");
    assert_eq!(fs::read_to_string(bench.path("notes.csv")).unwrap(), "dear diary");
}

/// Two runs with one output, and runs after a crash.
#[test]
fn runs_do_not_touch_each_others_work() {
    let bench = bench();
    let more = ["--steps", "400", "--save-every", "3", "--trace", "loss.csv"];
    let checkpoint = bench.path("out.png.checkpoint");
    let mut child = started(&bench, &paint("out.png", &more), &checkpoint);
    let second = bench.fails(&paint("out.png", &["--steps", "1", "--force"]));
    assert!(second[0].contains("another run"), "{second:?}");
    // The first run is killed some steps after its checkpoint.
    let rows = || fs::read_to_string(bench.path("loss.csv")).unwrap();
    let saved = rows().lines().count();
    while rows().lines().count() < saved + 5 {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = fs::read(&checkpoint).unwrap();
    for other in [&["--steps", "1"][..], &["--steps", "1", "--resume", "loss.csv"]] {
        let message = bench.fails(&paint("out.png", other));
        assert!(message[0].contains("--force"), "{message:?}");
    }
    assert!(fs::read(&checkpoint).unwrap() == kept);
    let other = [&paint("out.png", &[])[..4], &["-o", "out.png", "--resume", "out.png.checkpoint"]].concat();
    let message = bench.fails(&other);
    assert!(message[0].contains("belongs to a run with `--method gram`"), "{message:?}");
    bench.succeeds(&paint("out.png", &[&more[..], &["--resume", "out.png.checkpoint"]].concat()));
    let text = rows();
    let steps: Vec<usize> = text.lines().skip(1).map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(steps, (1..=400).collect::<Vec<_>>());
    assert!(!checkpoint.exists());
    fs::write(&checkpoint, kept).unwrap();
    bench.succeeds(&paint("out.png", &["--steps", "1", "--force"]));
}

#[test]
fn numbers_beyond_reason_are_refused_with_what_is_meant() {
    let bench = bench();
    for (more, words) in [
        (&["--style-weight", "3e38"][..], "not a weight"),
        (&["--content-weight", "inf"], "not a weight"),
        (&["--rate", "1e30"], "learning rate"),
        (&["--style-scale", "1e9"], "style scale"),
        (&["--memory", "0"], "--memory"),
        (&["--memory", "1"], "MB of memory"),
    ] {
        let message = bench.fails(&paint("out.png", more));
        assert!(message.len() == 1 && message[0].contains(words), "{more:?}: {message:?}");
        assert!(!message[0].contains("adapter") && !message[0].contains("bug"), "{message:?}");
    }
}
