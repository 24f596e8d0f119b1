//! `impasto import`: compares users' transfer networks with onnxruntime (`tests/fixtures/import`), and tests styles
//! whose packs contain their network.

use std::rc::Rc;

use crate::common::tool::{Bench, json_lines};
use crate::common::torch_file::{NamedTensor, legacy, zipped};
use crate::common::{distance, fixture, gpu, shipped};
use impasto::error::Error;
use impasto::gpu::conv::{Family, TILES, Variant};
use impasto::image::Image;
use impasto::import::network::{self, Import, Precision, psnr};
use impasto::import::onnx::{Data, Model, read_model};
use impasto::net::custom::{self, Architecture};
use impasto::net::models::transfer26;
use impasto::reference;
use impasto::style::{Pack, Parameters, Style, StyleSet, StyleSpace};
use impasto::stylize::{Device, StylizeModel};
use impasto::weights::{Archive, ArchiveBuilder};

const WIDTH: usize = 40;
const HEIGHT: usize = 32;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(fixture("import").join(name)).unwrap()
}

/// A picture of the reference, which has it channel by channel.
fn reference(name: &str) -> Image {
    let archive = Archive::parse(&file("reference.safetensors")).unwrap();
    let planes = archive.tensor(name, &[3, HEIGHT, WIDTH]).unwrap();
    Image::new(WIDTH, HEIGHT, impasto::image::to_hwc(&planes, HEIGHT, WIDTH)).unwrap()
}

fn import(name: &str) -> Import {
    network::read(name, &file(name), None).unwrap()
}

fn model() -> Model {
    read_model("new.onnx", &file("new.onnx")).unwrap()
}

/// The weights of `new.onnx`, as PyTorch's files have them.
fn tensors() -> Vec<NamedTensor> {
    let floats = |data: Data| if let Data::Float(values) = data { values } else { panic!("no floats") };
    model().initializers.into_iter().map(|(name, tensor)| (name, tensor.shape, floats(tensor.data))).collect()
}

fn style(pack: &Pack) -> (Archive, Style) {
    let archive = pack.network_archive().unwrap().unwrap();
    let net = custom::network(&archive).unwrap();
    let style = StyleSpace::read(&archive, net.tensors(), &net.norms).unwrap().style(pack).unwrap();
    (archive, style)
}

/// What the plain executor paints.
fn plain(import: &Import, precision: Precision) -> Image {
    let pack = import.pack("x", import.archive(precision).unwrap()).unwrap();
    let (archive, style) = style(&pack);
    reference::run(&custom::network(&archive).unwrap(), &archive, &style, &reference("picture")).unwrap()
}

#[test]
fn float_weights_paint_what_onnxruntime_does() {
    for (name, expected) in [("new.onnx", "new"), ("old.onnx", "old")] {
        let off = distance(plain(&import(name), Precision::Bits32).data(), reference(expected).data());
        println!("{name}: off by {off}");
        assert!(off <= 1e-4, "{name}: off by {off}");
    }
}

#[test]
fn the_kernels_paint_what_onnxruntime_does() {
    let gpu = Rc::new(gpu());
    let paint = |name: &str, precision: Precision, variant: Variant| {
        let import = import(name);
        let pack = import.pack("x", import.archive(precision).unwrap()).unwrap();
        let model =
            pollster::block_on(StylizeModel::load(&Device::from_gpu(gpu.clone(), variant), &style(&pack).0)).unwrap();
        let mut session = pollster::block_on(model.session(WIDTH, HEIGHT)).unwrap();
        session.set_style(&model.space().style(&pack).unwrap()).unwrap();
        session.set_photo(&reference("picture").to_rgba8()).unwrap();
        let painted = pollster::block_on(session.read_exact()).unwrap();
        // The first frame with the temporal filter equals a single picture.
        let temporal_filter = pollster::block_on(session.new_temporal_filter()).unwrap();
        session.set_temporal_filter(temporal_filter).unwrap();
        let steady = pollster::block_on(session.read_exact()).unwrap();
        assert!(distance(steady.data(), painted.data()) <= 1e-6, "{name}, {}", variant.name());
        painted
    };
    let direct = Variant { family: Family::Direct, half: false };
    let tiled = Variant { family: Family::Tiled(TILES[0]), half: false };
    for (name, variant) in [("new", direct), ("new", tiled), ("old", direct)] {
        let off = distance(paint(&format!("{name}.onnx"), Precision::Bits32, variant).data(), reference(name).data());
        println!("{name}, {}: off by {off}", variant.name());
        assert!(off <= 2e-4, "{name}, {}: off by {off}", variant.name());
    }
    for variant in [direct, Variant { half: true, ..tiled }] {
        if variant.half && !gpu.half() {
            println!("this adapter has no 16-bit arithmetic: skipped");
            continue;
        }
        let near = psnr(paint("new.onnx", Precision::Bits8, variant).data(), reference("new").data());
        println!("weights in 8 bits, {}: {near:.1} dB", variant.name());
        assert!(near >= 40.0, "{}: {near:.1} dB", variant.name());
    }
}

#[test]
fn every_layer_is_reported_with_its_name_in_the_file() {
    let import = import("new.onnx");
    let layers: Vec<_> = import.layers.iter().map(|l| (l.name.as_str(), l.from.as_str(), l.normalized)).collect();
    let expected = [
        ("contract.0", "conv1.conv2d", true),
        ("contract.1", "conv2.conv2d", true),
        ("contract.2", "conv3.conv2d", true),
        ("res.0.0", "res1.conv1.conv2d", true),
        ("res.0.1", "res1.conv2.conv2d", true),
        ("res.1.0", "res2.conv1.conv2d", true),
        ("res.1.1", "res2.conv2.conv2d", true),
        ("expand.0", "deconv1.conv2d", true),
        ("expand.1", "deconv2.conv2d", true),
        ("expand.2", "deconv3.conv2d", false),
    ];
    assert_eq!(layers, expected);
    assert_eq!(import.layers[9].shape, [3, 6, 9, 9]);
    assert_eq!((import.johnson.contract, import.johnson.blocks, import.johnson.expand), ([8, 12, 16], 2, [10, 6]));
    assert_eq!(import.range, (255.0, 255.0));
}

#[test]
fn pytorchs_files_give_the_same_archive() {
    let expected = import("new.onnx").archive(Precision::Bits8).unwrap();
    let plain = tensors();
    // Statistics of 2017, and the names of a network that was trained on several devices.
    let mut old = plain.clone();
    old.extend(["in1.running_mean", "in1.running_var"].map(|name| (name.to_string(), vec![8], vec![0.5; 8])));
    let parallel: Vec<NamedTensor> =
        plain.iter().map(|(n, s, v)| (format!("module.{n}"), s.clone(), v.clone())).collect();
    for bytes in [zipped(&plain), legacy(&plain), legacy(&old), zipped(&parallel)] {
        assert_eq!(network::read("a.pth", &bytes, None).unwrap().archive(Precision::Bits8).unwrap(), expected);
    }
    let small = network::read("a.pth", &zipped(&plain), Some(1.0)).unwrap();
    assert_eq!(small.range, (1.0, 1.0));
    assert_ne!(small.archive(Precision::Bits8).unwrap(), expected);
}

fn refusal(bytes: &[u8]) -> String {
    match network::read("a.pth", bytes, None) {
        Err(Error::Model { file, problem }) if file == "a.pth" => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_pytorch_files_are_refused_in_a_sentence() {
    let changed = |change: &dyn Fn(&mut Vec<NamedTensor>)| {
        let mut all = tensors();
        change(&mut all);
        refusal(&zipped(&all))
    };
    let without = |name: &str| changed(&|all| all.retain(|t| t.0 != name));
    assert_eq!(refusal(b"hello"), "is not a supported network file: use PyTorch (.pth) or ONNX");
    assert!(without("conv1.conv2d.weight").contains("not a network of PyTorch's example fast_neural_style"));
    assert_eq!(without("in3.bias"), "has no tensor `in3.bias`");
    assert_eq!(without("res1.conv2.conv2d.weight"), "has no tensor `res1.conv2.conv2d.weight`");
    let left = "has a tensor `res2.conv1.conv2d.bias` that belongs to no layer of this kind of network";
    assert_eq!(without("res2.conv1.conv2d.weight"), left);
    let more = changed(&|all| all.push(("attention.weight".to_string(), vec![1], vec![0.0])));
    assert!(more.contains("`attention.weight` that belongs to no layer"), "{more}");
    let reshaped =
        changed(&|all| all.iter_mut().filter(|t| t.0 == "deconv1.conv2d.weight").for_each(|t| t.1.swap(0, 1)));
    assert!(reshaped.contains("`deconv1` of the shape [16, 10, 3, 3], where [16, 16, 3, 3]"), "{reshaped}");
    let short = changed(&|all| {
        all.iter_mut().filter(|t| t.0 == "in2.weight").for_each(|t| (t.1, t.2) = (vec![4], vec![1.0; 4]));
    });
    assert!(short.contains("a normalization of `conv2` that does not fit its 12 channels"), "{short}");
    let no_number =
        changed(&|all| all.iter_mut().filter(|t| t.0 == "conv2.conv2d.weight").for_each(|t| t.2[3] = f32::NAN));
    assert!(no_number.contains("NaN"), "{no_number}");
    let vgg: Vec<NamedTensor> = vec![("features.0.weight".to_string(), vec![1, 1, 3, 3], vec![0.0; 9])];
    assert!(refusal(&zipped(&vgg)).contains("fast_neural_style"));
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.photo("photo.png", 48, 32);
    for name in ["new.onnx", "old.onnx"] {
        std::fs::write(bench.path(name), file(name)).unwrap();
    }
    bench
}

#[test]
fn an_imported_network_is_a_style_like_any_other() {
    let bench = bench();
    let report =
        bench.succeeds(&["import", "new.onnx", "-o", "new.impasto", "--name", "Waves", "--licence", "CC0", "--json"]);
    let report = &json_lines(&report)[0];
    assert_eq!((report["layers"].as_array().unwrap().len(), report["name"].as_str()), (10, Some("Waves")));
    let tried = report["tried"].as_array().unwrap();
    assert!(tried.last().unwrap()["decibels"].as_f64().unwrap() >= 40.0, "{tried:?}");
    let message = bench.succeeds(&["import", "old.onnx", "-o", "old.impasto", "--thumbnail", "photo.png"]);
    assert!(message.contains("res.0.1     3x3,   6 to   6, normalized  res1.conv2.conv2d"), "{message}");

    let shown = json_lines(&bench.succeeds(&["style", "show", "new.impasto", "old.impasto", "--json"]));
    assert_eq!((&shown[0]["problem"], &shown[1]["problem"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!((shown[0]["licence"].as_str(), shown[1]["name"].as_str()), (Some("CC0"), Some("Old")));
    let architecture: serde_json::Value = serde_json::from_str(shown[0]["architecture"].as_str().unwrap()).unwrap();
    assert_eq!((&architecture["family"], &architecture["blocks"]), (&"johnson".into(), &2.into()));
    assert!(bench.succeeds(&["style", "show", "new.impasto"]).contains("usable     yes"));

    let paint = |name: &str, style: &str| {
        bench.succeeds(&["stylize", "photo.png", "-o", name, "--style", style]);
        bench.picture(name).into_rgb32f()
    };
    let (new, old) = (paint("new.png", "new.impasto"), paint("old.png", "old.impasto"));
    assert!(distance(&new, &old) > 0.1);
    // A blend with itself is the same style, with other roundings of its numbers.
    assert!(distance(&paint("twice.png", "new.impasto:2,new.impasto:1"), &new) <= 1.01 / 255.0);
    bench.succeeds(&["sheet", "photo.png", "-o", "sheet.png", "--size", "48", "--packs", "new.impasto", "old.impasto"]);
    assert!(bench.picture("sheet.png").width() > 96);

    for blend in ["new.impasto,old.impasto", "new.impasto,carnival", "carnival,new.impasto"] {
        let refused = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", blend]);
        assert!(refused.len() == 1 && refused[0].contains("different networks"), "{blend}: {refused:?}");
    }
    let pack = Pack::read(&std::fs::read(bench.path("new.impasto")).unwrap()).unwrap();
    let bare = Pack { name: "Bare".into(), archive: vec![], ..pack };
    std::fs::write(bench.path("bare.impasto"), bare.write().unwrap()).unwrap();
    let refused = bench.fails(&["stylize", "photo.png", "-o", "x.png", "--style", "bare.impasto"]);
    assert!(refused[0].contains("does not contain it"), "{refused:?}");
    // With a pack that contains the network, it paints.
    assert_eq!(paint("both.png", "bare.impasto,new.impasto"), new);
}

#[test]
fn files_that_cannot_be_imported_are_refused_in_a_sentence() {
    let bench = bench();
    std::fs::write(bench.path("notes.onnx"), "Not a network.").unwrap();
    for (arguments, what) in [
        (&["import", "notes.onnx", "-o", "x.impasto"][..], "notes.onnx: is not a supported network file"),
        (&["import", "missing.pth", "-o", "x.impasto"], "missing.pth: "),
        (&["import", "new.onnx", "-o", "x.png"], "must end in .impasto"),
        (&["import", "new.onnx", "-o", "x.impasto", "--range", "7"], "invalid value '7'"),
        (&["import", "new.onnx", "-o", "x.impasto", "--thumbnail", "notes.onnx"], "Choose a PNG, JPEG, WebP or TIFF"),
    ] {
        let message = bench.fails(arguments);
        assert!(message.len() == 1 && message[0].contains(what), "{arguments:?}: {message:?}");
    }
}

/// Packs with a network of the 26-style architecture, here with the weights that ship.
#[test]
fn packs_may_contain_a_network_of_the_26_style_architecture() {
    let bench = bench();
    let (shipped, net) = (shipped(), transfer26::network());
    let mut builder = ArchiveBuilder::new();
    for c in net.convolutions() {
        let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
        builder.float(&c.weight, &shape, &shipped.tensor(&c.weight, &shape).unwrap());
    }
    let archive = custom::seal(&Architecture::Transfer26, &mut builder).unwrap();
    let parsed = Archive::parse(&archive).unwrap();
    let space = StyleSpace::read(&parsed, net.tensors(), &net.norms).unwrap();
    let styles = StyleSet::read(&shipped, &net.norms).unwrap();
    let pack = Pack { archive, ..space.pack("Retrained", Parameters::of(styles.get(3).unwrap())) };
    std::fs::write(bench.path("retrained.impasto"), pack.write().unwrap()).unwrap();
    for (name, style) in [("own.png", "retrained.impasto"), ("built-in.png", "3")] {
        // Networks in packs have no brushwork by default.
        bench.succeeds(&["stylize", "photo.png", "-o", name, "--style", style, "--brushwork", "0"]);
    }
    bench.succeeds(&["stylize", "photo.png", "-o", "default.png", "--style", "retrained.impasto"]);
    for other in ["built-in.png", "default.png"] {
        assert!(bench.picture("own.png") == bench.picture(other), "{other} differs");
    }
}
