//! Commands of the command-line tool, run as a user runs them.

use crate::common::fixture;
use crate::common::tool::{Bench, json_lines};
use image::{GenericImageView, ImageEncoder, RgbImage};

#[test]
fn a_folder_becomes_a_folder_and_one_bad_photo_stops_nothing() {
    let bench = Bench::new();
    bench.photo("in/a.png", 24, 16);
    bench.photo("in/b.jpg", 24, 16);
    bench.photo("in/c.webp", 16, 24);
    std::fs::write(bench.path("in/broken.png"), "this is text").unwrap();
    std::fs::write(bench.path("in/notes.txt"), "left alone").unwrap();
    let output = bench.run(&["stylize", "in", "-o", "out", "--style", "teal mist", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(lines.len(), 4);
    let failed: Vec<_> = lines.iter().filter(|l| l["error"].is_string()).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["error"].as_str().unwrap().contains("broken.png"));
    assert!(lines.iter().any(|l| l["output"] == "out/c.png" && l["width"] == 16 && l["height"] == 24));
    for (name, size) in [("out/a.png", (24, 16)), ("out/b.png", (24, 16)), ("out/c.png", (16, 24))] {
        assert_eq!(bench.picture(name).dimensions(), size);
    }
    assert_eq!(std::fs::read_dir(bench.path("out")).unwrap().count(), 3);
}

#[test]
fn patterns_sizes_and_formats() {
    let bench = Bench::new();
    bench.photo("p1.png", 40, 20);
    bench.photo("p2.png", 40, 20);
    bench.photo("other.png", 40, 20);
    bench.succeeds(&["stylize", "p?.png", "p1.png", "-o", "out/", "--size", "32"]);
    assert_eq!(std::fs::read_dir(bench.path("out")).unwrap().count(), 2);
    assert_eq!(bench.picture("out/p2.png").dimensions(), (32, 16));
    for name in ["one.jpg", "deep/er/one.webp", "one.PNG"] {
        bench.succeeds(&["stylize", "p1.png", "-o", name]);
        assert_eq!(bench.picture(name).dimensions(), (40, 20));
    }
    let (png, jpeg) = (bench.picture("one.PNG").into_rgb32f(), bench.picture("one.jpg").into_rgb32f());
    assert!(crate::common::psnr(&png, &jpeg) > 25.0, "the JPEG shows something else");
}

#[test]
fn tiles_are_invisible() {
    let bench = Bench::new();
    bench.photo("p.png", 330, 210);
    let arguments = ["--style", "3", "--backend", "cpu", "--stroke", "1.2", "--strength", "0.9"];
    let paint = |name: &str, more: &[&str]| {
        bench.succeeds(&[&["stylize", "p.png", "-o", name][..], &arguments, more].concat());
        bench.picture(name)
    };
    let whole = paint("whole.png", &[]).into_rgb8();
    let exact = paint("exact.png", &["--tile", "200", "--statistics", "exact"]).into_rgb8();
    assert!(whole.iter().zip(exact.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
    // The small copy has the size at which the network sees this photo.
    let fast = paint("fast.jpg", &["--tile", "256"]).into_rgb8();
    let far = whole.iter().zip(fast.iter()).filter(|(a, b)| a.abs_diff(**b) > 64).count();
    assert!(far < whole.len() / 100, "{far}");
    let deep = paint("deep.png", &["--tile", "200", "--statistics", "exact", "--depth", "16"]);
    assert_eq!(deep.color(), image::ColorType::Rgb16);
    assert!(whole.iter().zip(deep.into_rgb8().iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
    let message = bench.fails(&["stylize", "p.png", "-o", "x.png", "--tile", "64"]);
    assert!(message.len() == 1 && message[0].contains("choose at least"), "{message:?}");
}

#[test]
fn strength_styles_and_colours_change_the_painting() {
    let bench = Bench::new();
    let photo = bench.photo("p.png", 32, 32);
    let paint = |name: &str, more: &[&str]| {
        bench.succeeds(&[&["stylize", "p.png", "-o", name][..], more].concat());
        bench.picture(name).into_rgb8()
    };
    let original = image::open(photo).unwrap().into_rgb8();
    let zero = paint("zero.png", &["--strength", "0"]);
    assert!(original.iter().zip(zero.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
    let full = paint("full.png", &[]);
    let other = paint("other.png", &["--style", "3"]);
    let blend = paint("blend.png", &["--style", "0:0.5,carnival:0.5"]);
    let kept = paint("kept.png", &["--keep-colors"]);
    for (a, b) in [(&full, &original), (&full, &other), (&blend, &full), (&blend, &other), (&kept, &full)] {
        assert!(a.iter().zip(b.iter()).any(|(a, b)| a.abs_diff(*b) > 20));
    }
}

#[test]
fn paintings_are_styles() {
    let bench = Bench::new();
    let photo = bench.photo("p.png", 48, 36);
    let reds = |x: u32, y: u32| image::Rgb([200, ((x / 6 + y / 9) % 2 * 90) as u8, 20]);
    RgbImage::from_fn(70, 90, reds).save(bench.path("red.png")).unwrap();
    let blues = |x: u32, _| image::Rgb([10, 40, 120 + (x % 7 * 19) as u8]);
    RgbImage::from_fn(300, 20, blues).save(bench.path("blue.jpg")).unwrap();
    let paint = |name: &str, more: &[&str]| {
        let line = bench.succeeds(&[&["stylize", "p.png", "-o", name, "--json"][..], more].concat());
        (bench.picture(name).into_rgb8(), json_lines(&line)[0]["style"].as_str().unwrap().to_string())
    };
    let (red, name) = paint("r.png", &["--style-image", "red.png"]);
    assert_eq!((red.dimensions(), name.as_str()), ((48, 36), "red"));
    let (blue, _) = paint("b.png", &["--style-image", "blue.jpg"]);
    let (both, name) = paint("rb.png", &["--style-image", "red.png:0.7", "--style-image", "blue.jpg:0.3"]);
    assert_eq!(name, "red + blue");
    let (kept, _) = paint("kept.png", &["--style-image", "red.png", "--keep-colors"]);
    for (a, b) in [(&red, &blue), (&red, &both), (&blue, &both), (&red, &kept)] {
        assert!(a.iter().zip(b.iter()).any(|(a, b)| a.abs_diff(*b) > 10));
    }
    let mean = |picture: &RgbImage, c: usize| picture.pixels().map(|p| u32::from(p[c])).sum::<u32>() / (48 * 36);
    assert!(mean(&red, 0) > mean(&blue, 0) && mean(&blue, 2) > mean(&red, 2), "the colours are not the paintings'");
    // A style of weight 0 does not contribute, and half the strength is the mean of photo and painting.
    let (alone, _) = paint("alone.png", &["--style-image", "red.png:2", "--style-image", "blue.jpg:0"]);
    assert_eq!(alone, red);
    let (half, _) = paint("half.png", &["--style-image", "red.png", "--strength", "0.5"]);
    let original = image::open(photo).unwrap().into_rgb8();
    for ((half, a), b) in half.iter().zip(original.iter()).zip(red.iter()) {
        assert!((i32::from(*half) * 2 - i32::from(*a) - i32::from(*b)).abs() <= 3);
    }
}

#[test]
fn photos_are_turned_upright() {
    let bench = Bench::new();
    let pixels = RgbImage::from_fn(32, 16, |x, _| image::Rgb([if x < 16 { 255 } else { 0 }, 0, 0]));
    // Orientation 6: turn clockwise by a quarter to show it.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let mut jpeg = vec![];
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&pixels).unwrap();
    std::fs::write(bench.path("turned.jpg"), jpeg).unwrap();
    bench.succeeds(&["stylize", "turned.jpg", "-o", "upright.png", "--strength", "0"]);
    let upright = bench.picture("upright.png").into_rgb8();
    assert_eq!(upright.dimensions(), (16, 32));
    assert!(upright.get_pixel(8, 4)[0] > 200 && upright.get_pixel(8, 28)[0] < 50);
}

#[test]
fn bad_input_is_one_sentence() {
    let bench = Bench::new();
    bench.photo("p.png", 16, 16);
    bench.photo("one.png", 1, 1);
    std::fs::write(bench.path("text.png"), "no picture").unwrap();
    std::fs::create_dir(bench.path("empty")).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["stylize"], "--output"),
        (&["sketch"], "sketch"),
        (&["stylize", "p.png", "-o", "x.png", "--strength", "2"], "0 to 1"),
        (&["stylize", "p.png", "-o", "x.png", "--size", "0"], "--size"),
        (&["stylize", "p.png", "-o", "x.gif"], "x.gif"),
        (&["stylize", "p.png", "-o", "p.png"], "overwrite"),
        (&["stylize", "p.png", "one.png", "-o", "text.png"], "folder"),
        (&["stylize", "p.png", "-o", "text.png/x.png"], "text.png"),
        (&["stylize", "gone.png", "-o", "x.png"], "gone.png"),
        (&["stylize", "empty", "-o", "x"], "empty"),
        (&["stylize", "*.bmp", "-o", "x"], "*.bmp"),
        (&["stylize", "text.png", "-o", "x.png"], "text.png"),
        (&["stylize", "p.png", "-o", "x.png", "--style", "no such style"], "no such style"),
        (&["stylize", "p.png", "-o", "x.png", "--style-image", "gone.png"], "gone.png"),
        (&["stylize", "p.png", "-o", "x.png", "--style-image", "text.png"], "text.png"),
        (&["stylize", "p.png", "-o", "x.png", "--style-image", "p.png:-1"], "at least 0"),
        (&["stylize", "p.png", "-o", "x.png", "--style-image", "p.png:0"], "above 0"),
        (&["stylize", "p.png", "-o", "x.png", "--style-image", "p.png", "--style", "3"], "--style"),
        (&["stylize", "p.png", "-o", "one.png", "--style-image", "one.png"], "overwrite"),
        (&["sheet", "text.png", "-o", "x.png"], "text.png"),
        (&["plan", "--size", "big"], "1280x720"),
        (&["plan", "--variant", "fast"], "tiled8x4-f16"),
        (&["weights", "build", "--models", "empty", "--out", "x"], "multistyle26.onnx"),
    ];
    for (arguments, word) in cases {
        let message = bench.fails(arguments);
        assert_eq!(message.len(), 1, "{arguments:?}: {message:?}");
        assert!(message[0].contains(word), "{arguments:?}: {}", message[0]);
        assert!(!bench.path("x.png").exists());
    }
    // A single pixel is a picture.
    bench.succeeds(&["stylize", "one.png", "-o", "one-painted.png"]);
    assert_eq!(bench.picture("one-painted.png").dimensions(), (1, 1));
}

#[test]
fn the_sheet_shows_every_style() {
    let bench = Bench::new();
    bench.photo("p.png", 64, 48);
    bench.succeeds(&["sheet", "p.png", "-o", "sheet.png", "--size", "32"]);
    let sheet = bench.picture("sheet.png").into_rgb8();
    // 27 pictures of 32x24 with captions of 16 pixels: 7 columns and 4 rows, with one place empty.
    let (columns, rows) = (7, 4);
    assert_eq!(sheet.dimensions(), (columns * 48 + 16, rows * 64 + 16));
    let paper = *sheet.get_pixel(0, 0);
    let different: std::collections::HashSet<Vec<u8>> = (0..27)
        .map(|i| {
            let (x, y) = (16 + i % columns * 48, 16 + i / columns * 64);
            let picture = sheet.view(x, y, 32, 24).to_image();
            let caption = sheet.view(x, y + 24, 32, 24).to_image();
            assert!(caption.pixels().any(|p| p[0] < 120), "picture {i} has no caption");
            picture.into_raw()
        })
        .collect();
    assert_eq!(different.len(), 27);
    assert_eq!(*sheet.get_pixel(columns * 48 - 10, rows * 64 - 20), paper);
}

#[test]
fn a_sheet_lays_out_finished_pictures() {
    let bench = Bench::new();
    for (name, width, height) in [("wide.png", 64, 32), ("tall.jpg", 30, 60), ("small.png", 16, 8)] {
        bench.photo(name, width, height);
    }
    let pictures = ["--pictures", "wide.png", "tall.jpg", "small.png"];
    bench.succeeds(&[&["sheet", "-o", "sheet.png", "--size", "32", "--columns", "2"], &pictures[..]].concat());
    let sheet = bench.picture("sheet.png").into_rgb8();
    // Two columns and two rows of cells for 32x32 pixels, with captions of 16 pixels; the last cell is empty.
    assert_eq!(sheet.dimensions(), (2 * 48 + 16, 2 * 72 + 16));
    let paper = *sheet.get_pixel(0, 0);
    let area = |x: u32, y: u32, width, height| sheet.view(x, y, width, height).to_image();
    let covered = |part: &RgbImage| part.pixels().filter(|pixel| **pixel != paper).count();
    for (x, y, width, height) in [(16, 16, 32, 16), (64, 16, 16, 32), (16, 88, 32, 16)] {
        assert!(covered(&area(x, y, width, height)) as u32 > width * height * 9 / 10, "the picture at {x}, {y}");
        assert!(covered(&area(x, y + height + 4, 32, 16)) > 20, "the caption below {x}, {y}");
    }
    assert_eq!(covered(&area(64, 88, 48, 72)), 0);
    let both = [&["sheet", "wide.png", "-o", "x.png"], &pictures[..]].concat();
    for (wrong, word) in [
        (&["sheet", "-o", "x.png"][..], "INPUT"),
        (&both, "--pictures"),
        (&["sheet", "-o", "x.png", "--pictures", "wide.png", "--strength", "0.5"], "--strength"),
        (&["sheet", "-o", "wide.png", "--pictures", "wide.png"], "overwrite"),
        (&["sheet", "-o", "x.png", "--columns", "0", "--pictures", "wide.png"], "--columns"),
        (&["sheet", "-o", "x.png", "--pictures", "gone.png"], "gone.png"),
    ] {
        let message = bench.fails(wrong);
        assert!(message.len() == 1 && message[0].contains(word), "{wrong:?}: {message:?}");
    }
}

#[test]
fn info_and_plan_print_their_facts_and_the_choice_is_stored() {
    let bench = Bench::new();
    let info: serde_json::Value = serde_json::from_str(&bench.succeeds(&["info", "--json"])).unwrap();
    assert_eq!(info["weights"][0]["network"], "transfer26");
    assert_eq!(info["weights"][0]["styles"].as_array().unwrap().len(), 26);
    assert_eq!(info["weights"][1]["network"], "arbitrary");
    assert!(info["adapter"]["limits"]["texture side"].as_u64().unwrap() >= 8192);
    let message = bench.succeeds(&["info"]);
    assert!(message.contains("Starry Strokes") && message.contains("shader-f16"), "{message}");

    let file = bench.path("cache/impasto/kernels.json");
    let stored = std::fs::read_to_string(&file).unwrap();
    let chosen = info["adapter"]["kernels"].as_str().unwrap();
    assert!(stored.contains(chosen), "{stored}");
    // The stored choice is used, and a damaged cache is ignored.
    std::fs::write(&file, stored.replace(chosen, "tiled4x4-f32")).unwrap();
    let plan = ["plan", "--size", "64x48", "--json"];
    let cost: serde_json::Value = serde_json::from_str(&bench.succeeds(&plan)).unwrap();
    assert_eq!(cost["variant"], "tiled4x4-f32");
    // Counted by hand: 19404 multiply-adds a pixel, less what the folded enlargements save.
    let folded = 64 * 48 * (9 - 4) * (32 * 8 / 4 + 8 * 4);
    assert_eq!(cost["multiply_adds"].as_u64().unwrap() as usize, 64 * 48 * 19404 - folded);
    std::fs::write(&file, "{ damaged").unwrap();
    let cost: serde_json::Value = serde_json::from_str(&bench.succeeds(&plan)).unwrap();
    assert_eq!(cost["variant"], chosen);
}

#[test]
fn frames_are_measured_on_the_adapter_and_on_the_processor() {
    let bench = Bench::new();
    let lines = |more: &[&str]| {
        let frames = ["bench", "--size", "16x12", "--size", "29x18", "--frames", "2", "--passes", "--json"];
        let output = bench.succeeds(&[&frames[..], more].concat());
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let positive = |value: &serde_json::Value| value.as_f64().is_some_and(|number| number > 0.0);
    let [adapter, found @ ..] = &lines(&["--backend", "gpu", "--variant", "direct-f32"])[..] else { panic!("no line") };
    assert_eq!(found.len(), 2);
    for line in found {
        for time in ["loading_ms", "first_ms", "in_a_row_ms", "gflops", "gbytes", "ceiling"] {
            assert!(positive(&line[time]), "{time} of {line}");
        }
        let [median, low, high] = [0, 1, 2].map(|i| line["alone_ms"][i].as_f64().unwrap());
        assert!(0.0 < low && low <= median && median <= high, "{line}");
        if adapter["timestamps"] == true {
            assert!(positive(&line["device_ms"][0]), "{line}");
            assert_eq!(line["passes"].as_array().unwrap().len() as u64, line["dispatches"].as_u64().unwrap());
            assert_eq!(
                [0, 1, 2].map(|i| line["passes"][i][0].as_str().unwrap()),
                ["load_input", "contract.0", "contract.0 norm"]
            );
        }
    }
    let plan = bench.succeeds(&["plan", "--size", "29x18", "--variant", "direct-f32", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(found[1]["multiply_adds"], plan["multiply_adds"]);
    let bytes = plan["bytes_read"].as_u64().unwrap() + plan["bytes_written"].as_u64().unwrap();
    assert_eq!(found[1]["bytes"].as_u64(), Some(bytes));

    let found = &lines(&["--backend", "cpu", "--network", "transfer26", "--network", "johnson"])[..];
    assert!(positive(&found[0]["threads"]) && found.iter().all(|line| positive(&line["gflops"])), "{found:?}");
    assert!(found[1..].iter().all(|line| positive(&line["ceiling"])), "{found:?}");
    // The convolutions: two contracting layers after the first, blocks of two, three expanding layers.
    let passes = [1, 3].map(|i| found[i]["passes"].as_array().unwrap().len());
    assert_eq!(passes, [3 + 2 * 6 + 3, 3 + 2 * 5 + 3]);
    let message = bench.fails(&["bench", "--network", "no-such"]);
    assert!(message.concat().contains("no-such"), "{message:?}");
}

#[test]
fn steps_of_jobs_are_measured() {
    let bench = Bench::new();
    let jobs = ["--job", "paint", "--job", "train", "--job", "train-all", "--side", "32", "--steps", "2"];
    let frames = ["bench", "--size", "16x12", "--frames", "1", "--backend", "cpu", "--json"];
    let output = bench.succeeds(&[&frames[..], &jobs].concat());
    let steps: Vec<_> = json_lines(&output).into_iter().filter(|line| line["job"].is_string()).collect();
    assert_eq!(
        steps.iter().map(|line| line["job"].as_str().unwrap()).collect::<Vec<_>>(),
        ["paint", "train", "train-all"]
    );
    for line in steps {
        let [median, low, high] = [0, 1, 2].map(|i| line["step_ms"][i].as_f64().unwrap());
        assert!(0.0 < low && low <= median && median <= high && line["steps"] == 2 && line["side"] == 32, "{line}");
    }
}

#[test]
fn without_an_adapter_the_processor_paints_the_same_picture() {
    let bench = Bench::new();
    bench.photo("p.png", 50, 37);
    let none = bench.path("no-driver.json");
    let run = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.env("VK_ICD_FILENAMES", &none).env("VK_DRIVER_FILES", &none).output().unwrap()
    };
    let output = run(&["info"]);
    let message = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && message.contains("Starry Strokes"), "{message}");
    assert!(message.contains("no usable graphics adapter") && message.contains("processor: "), "{message}");

    let paint =
        |backend, name| ["stylize", "p.png", "--style", "Teal Mist", "--json", "--backend", backend, "-o", name];
    let output = run(&paint("auto", "auto.png"));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["adapter"], "the processor");
    let output = run(&paint("gpu", "none.png"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no usable graphics adapter"));
    bench.succeeds(&paint("cpu", "cpu.png"));
    bench.succeeds(&paint("gpu", "gpu.png"));
    assert_eq!(bench.picture("auto.png"), bench.picture("cpu.png"));
    let (cpu, gpu) = (bench.picture("cpu.png").into_rgb8(), bench.picture("gpu.png").into_rgb8());
    let off = cpu.as_raw().iter().zip(gpu.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    // Both round to 8 bits.
    assert!(off <= 1, "off by {off}");
}

#[test]
fn dumped_shaders_are_whole() {
    let bench = Bench::new();
    bench.succeeds(&["shaders", "dump", "--variant", "tiled8x4-f32"]);
    let names = |ending: &str| {
        let entries = std::fs::read_dir(bench.path("dump")).unwrap().map(|e| e.unwrap().path());
        entries.filter(|p| p.extension().is_some_and(|e| e == ending)).collect::<Vec<_>>()
    };
    let (wgsl, spirv) = (names("wgsl"), names("spv"));
    assert_eq!(wgsl.len(), spirv.len());
    assert!(wgsl.iter().any(|p| p.ends_with("conv_tiled-tiled8x4-f32-3x3-stride1-32to32-sumwritten.wgsl")), "{wgsl:?}");
    for path in wgsl {
        naga::front::wgsl::parse_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
    for path in spirv {
        assert_eq!(std::fs::read(path).unwrap()[..4], [0x03, 0x02, 0x23, 0x07]);
    }
}

#[test]
fn a_name_and_its_number_are_one_style() {
    let bench = Bench::new();
    let photo = fixture("transfer26/content_a.png").to_string_lossy().into_owned();
    for (style, name) in [("Starry Strokes", "a.png"), ("19", "b.png")] {
        bench.succeeds(&["stylize", &photo, "-o", name, "--style", style, "--size", "48"]);
    }
    assert_eq!(bench.picture("a.png"), bench.picture("b.png"));
}

#[test]
fn flicker_is_measured_and_what_is_steady_flickers_less() {
    let bench = Bench::new();
    bench.photo("p.png", 64, 48);
    let output = bench.succeeds(&["flicker", "p.png", "--style", "Teal Mist", "--size", "64", "--frames", "4"]);
    let line = output.lines().find(|line| line.ends_with("Teal Mist")).unwrap();
    let numbers: Vec<f32> = line.split_whitespace().take(2).map(|number| number.parse().unwrap()).collect();
    assert!(numbers[0] > 2.0 * numbers[1] && numbers[1] > 0.0, "{output}");
    let still = bench.succeeds(&["flicker", "p.png", "--style", "Teal Mist", "--size", "64", "--noise", "0"]);
    assert!(still.lines().any(|line| line.starts_with("0.00     0.00")), "{still}");
    let refused = bench.fails(&["flicker", "p.png", "--style", "Teal Mist", "--noise", "2"]);
    assert!(refused.len() == 1 && refused[0].contains("from 0 to 1"), "{refused:?}");
}
