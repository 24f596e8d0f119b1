//! `impasto paint`, run as a user runs it.
#![cfg(feature = "studio")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::tool::Bench;
use image::GenericImageView;

/// Photo and painting small enough for a test, and the arguments that every test has.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.photo("photo.png", 40, 30);
    bench.photo("night.jpg", 32, 48);
    bench
}

/// The arguments of a run by Gram matrices, unless `more` has another method.
fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let common = ["paint", "photo.png", "--style-image", "night.jpg", "-o", "out.png", "--backend", "cpu"];
    let method = if more.contains(&"--method") { &[][..] } else { &["--method", "gram"] };
    [&common, method, more].concat()
}

/// Rows of the table of losses, as numbers.
fn rows(bench: &Bench, name: &str) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("step,width,height,total,content,style,variation,seconds"));
    lines.map(|line| line.split(',').map(|n| n.parse().unwrap()).collect()).collect()
}

#[test]
fn a_painting_has_its_size_and_a_table_of_losses() {
    let bench = bench();
    let more = ["--size", "32", "--coarse", "20", "--steps", "4", "--trace", "loss.csv", "--save-every", "2"];
    let message = bench.succeeds(&arguments(&more));
    assert!(message.contains("32x24 by 6 steps at 23, 32 pixels, on the CPU"), "{message}");
    assert!(message.contains("memory: about ") && message.contains("out.png: step 6 of 6"), "{message}");
    assert_eq!(bench.picture("out.png").dimensions(), (32, 24));
    let rows = rows(&bench, "loss.csv");
    let sizes: Vec<_> = rows.iter().map(|r| (r[0], r[1], r[2])).collect();
    let expected = [(1, 23, 17), (2, 23, 17), (3, 23, 17), (4, 23, 17), (5, 32, 24), (6, 32, 24)];
    assert_eq!(sizes, expected.map(|(step, w, h)| (f64::from(step), f64::from(w), f64::from(h))));
    for row in &rows {
        let weighted = 0.02 * row[4] + row[5] + 0.2 * row[6];
        assert!((row[3] - weighted).abs() < 1e-4 * row[3], "{row:?}");
    }
    assert!(rows[3][3] < rows[0][3], "{rows:?}");
    assert!(!bench.path("out.png.checkpoint").exists());
}

#[test]
fn noise_and_other_initial_pictures_give_different_results() {
    let bench = bench();
    let first = |start: &str| {
        let more = ["--size", "24", "--steps", "1", "--coarse", "24", "--trace", "loss.csv", "--start", start];
        bench.succeeds(&arguments(&more));
        rows(&bench, "loss.csv")[0][4]
    };
    assert!(first("photo") < 1e-6, "the photo's own content is at no distance");
    let (noise, painting) = (first("noise"), first("night.jpg"));
    assert!(noise > 0.1 && painting > 0.01 && (noise - painting).abs() > 1e-3, "{noise}, {painting}");
}

/// Every optimizer, loss and mask argument.
#[test]
fn optimizers_losses_masks_and_scales_have_options() {
    let bench = bench();
    let mask = bench.path("left.png");
    image::RgbImage::from_fn(8, 6, |x, _| image::Rgb([if x < 4 { 255 } else { 0 }; 3])).save(mask).unwrap();
    let style = |more: &[&str]| {
        let size = ["--size", "24", "--coarse", "24", "--steps", "3", "--trace", "loss.csv"];
        bench.succeeds(&arguments(&[&size, more].concat()));
        let rows = rows(&bench, "loss.csv");
        assert!(rows[2][3] < rows[0][3], "{more:?}: {rows:?}");
        rows[0][4 + 1]
    };
    let default = style(&[]);
    for same in [&["--optimizer", "sgd", "--momentum", "0.5"][..], &["--optimizer", "lbfgs", "--history", "2"]] {
        assert!((style(same) - default).abs() < 1e-5 * default, "{same:?}");
    }
    let masks = ["--mask", "left.png", "--style-image", "photo.png:2", "--style-mask", "left.png"];
    for other in [&["--style-loss", "covariance"][..], &["--style-scale", "2"], &masks] {
        assert!((style(other) - default).abs() > 1e-3 * default, "{other:?}");
    }
}

/// Ctrl-C writes painting and checkpoint, and the run can be resumed from them.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on() {
    let bench = bench();
    let more = ["--size", "24", "--coarse", "24", "--steps", "60", "--save-every", "1", "--trace", "loss.csv"];
    let mut child = bench.command(&arguments(&more)).stdout(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !bench.path("out.png.checkpoint").exists() {
        assert!(child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("--resume out.png.checkpoint"), "{message}");
    assert_eq!(bench.picture("out.png").dimensions(), (24, 18));
    let before = rows(&bench, "loss.csv").len();
    assert!((1..60).contains(&before), "{before}");

    let other = [&more[..], &["--rate", "0.05", "--resume", "out.png.checkpoint"]].concat();
    assert!(bench.fails(&arguments(&other))[0].contains("other settings"));
    let same = [&more[..], &["--resume", "out.png.checkpoint"]].concat();
    bench.succeeds(&arguments(&same));
    let steps: Vec<f64> = rows(&bench, "loss.csv").iter().map(|r| r[0]).collect();
    assert_eq!(steps, (1..=60).map(f64::from).collect::<Vec<_>>());
    assert!(!bench.path("out.png.checkpoint").exists());
}

#[test]
fn what_cannot_be_painted_is_refused_in_one_sentence() {
    let bench = bench();
    let small = ["--size", "24", "--steps", "1"];
    let refused = |more: &[&str]| {
        let message = bench.fails(&arguments(&[&small, more].concat()));
        assert_eq!(message.len(), 1, "{message:?}");
        assert!(!bench.path("out.png").exists());
        message[0].clone()
    };
    assert!(refused(&["--content-layers", "relu6_1"]).contains("its layers are relu1_1"));
    assert!(refused(&["--style-layers", "relu1_1:much"]).contains("`much` is not a weight"));
    assert!(refused(&["--style-weight", "-1"]).contains("-1"));
    assert!(refused(&["--rate", "0"]).contains("rate"));
    assert!(refused(&["--momentum", "0.5"]).contains("--momentum applies only to"));
    assert!(refused(&["--optimizer", "sgd", "--momentum", "1"]).contains("1 is not a momentum"));
    assert!(refused(&["--style-scale", "100"]).contains("style scale"));
    assert!(refused(&["--mask", "photo.png", "--mask", "night.jpg"]).contains("more than one --mask"));
    assert!(refused(&["--network", "vgg19"]).contains("weights import"));
    assert!(refused(&["--vgg", "photo.png"]).contains("photo.png: the file is damaged, or is not a weight archive"));
    assert!(refused(&["--start", "nothing.png"]).contains("nothing.png"));
    assert!(refused(&["--resume", "photo.png"]).contains("checkpoint cannot be used"));
    let message = bench.fails(&arguments(&["--size", "2000", "--memory", "1000"]));
    let size: Option<usize> = message[0].split("about ").nth(1).and_then(|s| s.split(' ').next()?.parse().ok());
    assert!(message[0].contains("2000x1500") && size.is_some_and(|s| (300..700).contains(&s)), "{message:?}");
    let over = ["paint", "photo.png", "--style-image", "night.jpg", "-o", "night.jpg", "--size", "24"];
    assert!(bench.fails(&over)[0].contains("overwrite"));
}

#[test]
fn neighbour_matching_paints_and_refuses_what_it_has_no_use_for() {
    let bench = bench();
    let neighbours = |more: &[&'static str]| arguments(&[&["--method", "neighbours", "--size", "64"], more].concat());
    let message = bench.succeeds(&neighbours(&["--steps", "2", "--strength", "1", "--trace", "loss.csv"]));
    assert!(
        message.contains("64x48 by 2 steps at each of 1 sizes and 2 of feature splitting, on the CPU"),
        "{message}"
    );
    assert!(message.contains("memory: about ") && message.contains("out.png: step 4 of 4"), "{message}");
    assert_eq!(bench.picture("out.png").dimensions(), (64, 48));
    let table = std::fs::read_to_string(bench.path("loss.csv")).unwrap();
    assert!(table.starts_with("step,width,height,loss,seconds\n1,64,48,"), "{table}");
    assert_eq!(table.lines().count(), 5);

    bench.photo("other.png", 32, 32);
    for (more, what) in [
        (&["--strength", "1.5"][..], "from 0 to 1"),
        (&["--coarse", "32"][..], "--coarse has no effect"),
        (&["--optimizer", "lbfgs"][..], "an optimizer has no effect"),
        (&["--style-layers", "relu1_1"][..], "a loss has no effect"),
        (&["--match-colors=maybe"][..], "not a boolean"),
        (&["--keep-colors", "--match-colors"][..], "cannot be used with"),
    ] {
        let message = bench.fails(&neighbours(more));
        assert!(message[0].contains(what), "{message:?}");
    }
    for option in [&["--strength", "0.5"][..], &["--match-colors"], &["--match-colors=off"]] {
        let message = bench.fails(&arguments(option));
        assert!(
            message[0]
                .contains(&format!("{} applies only to `--method neighbours`", option[0].trim_end_matches("=off"))),
            "{message:?}"
        );
    }
    // By default, the colours are those of the painting.
    let matched = bench.picture("out.png");
    for (switch, same) in [("--match-colors", true), ("--match-colors=off", false)] {
        bench.succeeds(&neighbours(&["--steps", "2", "--strength", "1", switch]));
        assert_eq!(bench.picture("out.png") == matched, same, "{switch}");
    }
    let both = ["--steps", "1", "--strength", "0", "--mask", "mask.png", "--style-image", "other.png:2"];
    bench.photo("mask.png", 8, 8);
    assert!(bench.succeeds(&neighbours(&both)).contains("step 1 of 1"));
}
