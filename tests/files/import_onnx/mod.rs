//! The forms in which exporters and converters write the same network: each test rewrites `new.onnx` of
//! `tests/fixtures/import` and compares its output with that of onnxruntime.

mod norms;

use std::collections::BTreeMap;

use crate::common::fixture;
use crate::common::onnx_file::*;
use impasto::error::Error;
use impasto::image::Image;
use impasto::import::network::{self, Import, Precision, psnr};
use impasto::import::onnx::external::{in_folder, missing, piece};
use impasto::net::custom;
use impasto::reference;
use impasto::style::StyleSpace;
use impasto::weights::{Archive, half};

const WIDTH: usize = 40;
const HEIGHT: usize = 32;

fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture("import").join(name)).unwrap()
}

fn new() -> GraphProto {
    parse(&fixture_bytes("new.onnx"))
}

/// A picture of the reference, which has it channel by channel.
fn reference(name: &str) -> Image {
    let archive = Archive::parse(&fixture_bytes("reference.safetensors")).unwrap();
    let planes = archive.tensor(name, &[3, HEIGHT, WIDTH]).unwrap();
    Image::new(WIDTH, HEIGHT, impasto::image::to_hwc(&planes, HEIGHT, WIDTH)).unwrap()
}

/// How near what an imported network paints is to what onnxruntime paints with `new.onnx`, in decibels.
fn near(import: &Import) -> f64 {
    let pack = import.pack("x", import.archive(Precision::Bits32).unwrap()).unwrap();
    let archive = pack.network_archive().unwrap().unwrap();
    let net = custom::network(&archive).unwrap();
    let style = StyleSpace::read(&archive, net.tensors(), &net.norms).unwrap().style(&pack).unwrap();
    let painted = reference::run(&net, &archive, &style, &reference("picture")).unwrap();
    psnr(painted.data(), reference("new").data())
}

#[track_caller]
fn paints_as_new(graph: &GraphProto, decibels: f64) {
    let import = network::read("x.onnx", &file(graph), None).unwrap();
    assert!(near(&import) >= decibels, "{:.1} dB", near(&import));
}

fn refusal(graph: &GraphProto) -> String {
    match network::read("x.onnx", &file(graph), None) {
        Err(Error::Model { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// The graph with other nodes in place of each node; `rewrite` may add constants.
fn rewritten(
    mut graph: GraphProto,
    rewrite: impl Fn(NodeProto, &mut Vec<TensorProto>) -> Vec<NodeProto>,
) -> GraphProto {
    let nodes = std::mem::take(&mut graph.node);
    graph.node = nodes.into_iter().flat_map(|node| rewrite(node, &mut graph.initializer)).collect();
    graph
}

fn halved(tensor: &TensorProto) -> TensorProto {
    let bits = tensor.values().into_iter().flat_map(|v| half::from_f32(v).to_le_bytes()).collect();
    TensorProto { data_type: Some(HALF), raw_data: Some(bits), ..tensor.clone() }
}

/// Reads a part of a file beside a model: its location, the offset and the length in bytes.
type External<'a> = dyn Fn(&str, u64, u64) -> Result<Vec<u8>, String> + 'a;

/// Writes a normalization: its input, the names of scale and shift, the number of channels, its output, the graph's constants.
type WriteNorm<'a> = dyn Fn(&str, [&str; 2], i64, &str, &mut Vec<TensorProto>) -> Vec<NodeProto> + 'a;

#[test]
fn weights_in_half_precision() {
    let mut graph = new();
    graph.initializer = graph.initializer.iter().map(halved).collect();
    paints_as_new(&graph, 60.0);
    // The bits as integers, as Python's `make_tensor` keeps them.
    let mut listed = graph.clone();
    for tensor in &mut listed.initializer {
        let raw = tensor.raw_data.take().unwrap();
        tensor.int32_data = raw.as_chunks().0.iter().map(|b| u16::from_le_bytes(*b).into()).collect();
    }
    paints_as_new(&listed, 60.0);
    // Kept in half precision, computed with in single: each weight goes through a node of its own.
    let names: Vec<String> = graph.initializer.iter().map(|tensor| tensor.name().to_string()).collect();
    let cast = rewritten(graph.clone(), |mut n, _| {
        let mut casts = Vec::new();
        for name in &mut n.input {
            if names.contains(name) {
                casts.push(node("Cast", &[name], &format!("{name}/single")).with(int("to", 1)));
                name.push_str("/single");
            }
        }
        casts.push(n);
        casts
    });
    paints_as_new(&cast, 60.0);
    // Pictures in half precision, but for the normalizations.
    let around = rewritten(graph, |n, _| {
        if n.op_type() != "InstanceNormalization" {
            return vec![n];
        }
        let (inner, output) = (format!("{}/inner", n.name()), n.output[0].clone());
        let inside = format!("{}/single", n.name());
        let wide = node("Cast", &[&n.input[0]], &inside).with(int("to", 1));
        let norm =
            NodeProto { input: [vec![inside], n.input[1..].to_vec()].concat(), output: vec![inner.clone()], ..n };
        vec![wide, norm, node("Cast", &[&inner], &output).with(int("to", 10))]
    });
    paints_as_new(&around, 60.0);
}

/// The graph with its numbers moved into other files, one or one for each tensor.
fn moved(mut graph: GraphProto, apart: bool) -> (GraphProto, BTreeMap<String, Vec<u8>>) {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let inside = graph.node.iter_mut().flat_map(|node| &mut node.attribute).filter_map(|a| a.t.as_mut());
    for (i, tensor) in graph.initializer.iter_mut().chain(inside).enumerate() {
        let Some(raw) = tensor.raw_data.take() else { continue };
        let location = if apart { format!("weights/{i}.bin") } else { "x.onnx.data".to_string() };
        let data = files.entry(location.clone()).or_default();
        data.resize(data.len().next_multiple_of(64), 0);
        tensor.data_location = Some(1);
        tensor.external_data = vec![entry("location", location)];
        // Both may be left out where the file has nothing else.
        if !apart {
            tensor.external_data.push(entry("offset", data.len().to_string()));
            tensor.external_data.push(entry("length", raw.len().to_string()));
        }
        data.extend(raw);
    }
    (graph, files)
}

#[test]
fn numbers_in_other_files() {
    for apart in [false, true] {
        let (graph, files) = moved(new(), apart);
        let folder = tempfile::tempdir().unwrap();
        for (name, data) in &files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, data).unwrap();
        }
        let read = |external: &External<'_>| network::read_with("x.onnx", &file(&graph), None, external);
        assert!(near(&read(&in_folder(folder.path())).unwrap()) >= 80.0);
        let in_memory = |location: &str, offset: u64, length: u64| {
            let data = files.get(location).ok_or_else(|| missing(location))?;
            piece(location, data, offset, length)
        };
        assert!(near(&read(&in_memory).unwrap()) >= 80.0);
        let alone = read(&in_folder(tempfile::tempdir().unwrap().path())).unwrap_err().to_string();
        assert!(alone.contains("in a second file, `") && alone.contains("which is not in the same folder"), "{alone}");
        let (name, data) = files.iter().next().unwrap();
        std::fs::write(folder.path().join(name), &data[..data.len() - 1]).unwrap();
        let cut = read(&in_folder(folder.path())).unwrap_err().to_string();
        assert!(cut.contains("is truncated or belongs to another model"), "{cut}");
    }
    let mut leaving = moved(new(), false).0;
    let inside = leaving.node.iter_mut().flat_map(|node| &mut node.attribute).filter_map(|a| a.t.as_mut());
    for tensor in leaving.initializer.iter_mut().chain(inside) {
        tensor.external_data[0].value = Some("../x.onnx.data".into());
    }
    assert!(refusal(&leaving).contains("`../x.onnx.data`, which is not a file in the model's folder"));
}

/// Weights as integers, with a scale for all or for each output.
fn quantized(graph: GraphProto, signed: bool, each: bool) -> GraphProto {
    rewritten(graph, |mut n, constants| {
        if n.op_type() != "Conv" {
            return vec![n];
        }
        let name = n.input[1].clone();
        let place = constants.iter().position(|tensor| tensor.name() == name).unwrap();
        let weights = constants.remove(place);
        let (values, outputs) = (weights.values(), weights.dims[0] as usize);
        let parts = if each { outputs } else { 1 };
        let zero = if signed { 3i32 } else { 131 };
        let (mut levels, mut scales) = (Vec::new(), Vec::new());
        for part in values.chunks(values.len() / parts) {
            let scale = part.iter().fold(0f32, |most, v| most.max(v.abs())) / 124.0;
            levels.extend(part.iter().map(|v| (v / scale).round() as i32 + zero));
            scales.push(scale);
        }
        let bytes = levels.into_iter().map(|v| v as u8).collect();
        let kind = if signed { INT8 } else { UINT8 };
        let dims: &[i64] = if each { &[outputs as i64] } else { &[] };
        constants.push(tensor(&name, kind, &weights.dims, bytes));
        constants.push(floats(&format!("{name}/scale"), dims, &scales));
        constants.push(tensor(&format!("{name}/zero"), kind, dims, vec![zero as u8; parts]));
        n.input[1] = format!("{name}/floats");
        let inputs = [name.clone(), format!("{name}/scale"), format!("{name}/zero")];
        let inputs = inputs.each_ref().map(String::as_str);
        vec![node("DequantizeLinear", &inputs, &n.input[1]).with(int("axis", 0)), n]
    })
}

#[test]
fn weights_in_8_bits() {
    for (signed, each, decibels) in [(true, true, 40.0), (false, true, 40.0), (true, false, 35.0), (false, false, 35.0)]
    {
        paints_as_new(&quantized(new(), signed, each), decibels);
    }
    // Biases as 32-bit integers, as quantizers write them.
    let biases = rewritten(new(), |mut n, constants| {
        let Some(name) = n.input.get(2).filter(|_| n.op_type() == "Conv").cloned() else { return vec![n] };
        let place = constants.iter().position(|tensor| tensor.name() == name).unwrap();
        let bias = constants.remove(place);
        let levels = bias.values().iter().flat_map(|v| ((v / 1e-3).round() as i32).to_le_bytes()).collect();
        constants.push(tensor(&name, 6, &bias.dims, levels));
        constants.push(floats(&format!("{name}/scale"), &[], &[1e-3]));
        n.input[2] = format!("{name}/floats");
        vec![node("DequantizeLinear", &[&name, &format!("{name}/scale")], &n.input[2]), n]
    });
    paints_as_new(&biases, 60.0);
}

/// Inserts a pair of both nodes after `name`, which gives the tensor another name.
fn rounded(name: &str, output: &str, zero: &str) -> Vec<NodeProto> {
    let inner = format!("{output}/integers");
    let pair = [("QuantizeLinear", name, inner.as_str()), ("DequantizeLinear", &inner, output)];
    pair.map(|(op, from, to)| node(op, &[from, "q/scale", zero], to)).to_vec()
}

#[test]
fn rounding_of_what_flows_between_layers_is_left_out() {
    let with = |mut graph: GraphProto| {
        graph.initializer.push(floats("q/scale", &[], &[0.1]));
        graph.initializer.push(tensor("q/low", UINT8, &[], vec![0]));
        graph.initializer.push(tensor("q/middle", UINT8, &[], vec![100]));
        graph
    };
    // After every ReLU and every normalization.
    let after = |n: NodeProto, zero: &str| {
        let (inner, output) = (format!("{}/exact", n.name()), n.output[0].clone());
        [vec![NodeProto { output: vec![inner.clone()], ..n }], rounded(&inner, &output, zero)].concat()
    };
    let pairs = rewritten(with(quantized(new(), true, true)), |n, _| match n.op_type() {
        "Relu" => after(n, "q/low"),
        "InstanceNormalization" => after(n, "q/middle"),
        _ => vec![n],
    });
    paints_as_new(&pairs, 40.0);
    // A ReLU that the quantizer has left out, since the range begins at zero.
    let without = rewritten(with(new()), |n, _| match n.op_type() {
        "Relu" => rounded(&n.input[0], &n.output[0], "q/low"),
        "InstanceNormalization" => after(n, "q/middle"),
        _ => vec![n],
    });
    paints_as_new(&without, 80.0);
    let whole = rewritten(new(), |n, _| match n.op_type() {
        "Conv" => vec![NodeProto { op_type: Some("QLinearConv".into()), ..n }],
        _ => vec![n],
    });
    assert!(refusal(&whole).contains("computes in whole numbers"));
}

#[test]
fn paddings_and_enlargements_of_newer_opsets() {
    let pads = |axes: &[i64], list: &dyn Fn(i64) -> Vec<i64>| {
        rewritten(new(), |mut n, constants| {
            if n.op_type() != "Pad" {
                return vec![n];
            }
            // 4 in front of the first and the last convolution, 1 elsewhere.
            let size = if is_wide(n.name()) { 4 } else { 1 };
            constants.push(longs(&format!("{}/pads", n.name()), &list(size)));
            constants.push(longs(&format!("{}/axes", n.name()), axes));
            n.input =
                vec![n.input[0].clone(), format!("{}/pads", n.name()), String::new(), format!("{}/axes", n.name())];
            vec![n]
        })
    };
    for (axes, list) in [
        (&[2, 3][..], (|p| vec![p; 4]) as fn(i64) -> Vec<i64>),
        (&[-1, -2], |p| vec![p; 4]),
        (&[1, 3, 2], |p| vec![0, p, p, 0, p, p]),
    ] {
        let graph = pads(axes, &list);
        // The constants of the paddings are nodes that no other node uses, which is allowed.
        paints_as_new(&graph, 80.0);
    }
    assert!(refusal(&pads(&[2, 3], &|p| vec![p, p, p, p, p])).contains("pads by"));
    assert!(refusal(&pads(&[1, 3], &|p| vec![p; 4])).contains("pads by"));
    assert!(refusal(&pads(&[2, 9], &|p| vec![p; 4])).contains("pads by"));

    let resizes = |change: &dyn Fn(&mut NodeProto, &mut Vec<TensorProto>)| {
        rewritten(new(), |mut n, constants| {
            if n.op_type() == "Resize" {
                change(&mut n, constants);
            }
            vec![n]
        })
    };
    let by_axes = resizes(&|n, constants| {
        constants.push(floats(&format!("{}/scales", n.name()), &[2], &[2.0, 2.0]));
        n.input = vec![n.input[0].clone(), String::new(), format!("{}/scales", n.name())];
        n.attribute.push(ints("axes", &[2, 3]));
    });
    paints_as_new(&by_axes, 80.0);
    // The picture of the fixture has no size of its own, so that a quarter of 64 is enlarged to 32 first.
    let sizes = [32, 64];
    let mut next = sizes.iter().cycle();
    let mut graph = new();
    for n in graph.node.iter_mut().filter(|n| n.op_type() == "Resize") {
        let side = *next.next().unwrap();
        let channels = 999;
        graph.initializer.push(longs(&format!("{}/sizes", n.name()), &[1, channels, side, side]));
        n.input = vec![n.input[0].clone(), String::new(), String::new(), format!("{}/sizes", n.name())];
    }
    paints_as_new(&graph, 80.0);
}

/// Whether a padding of `new.onnx` is that of a 9x9 kernel.
fn is_wide(name: &str) -> bool {
    let graph = new();
    let of = |node: &&NodeProto| node.op_type() == "Conv" && node.input[0] == name;
    let weights = graph.node.iter().find(of).map(|node| node.input[1].clone());
    graph.initializer.iter().any(|tensor| Some(tensor.name()) == weights.as_deref() && tensor.dims[3] == 9)
}

#[test]
fn numbers_that_are_too_large_are_refused() {
    for (name, value, what) in [
        ("conv1.conv2d.weight", 2e37, "has the value 2e37 in `conv1.conv2d`, which is too large"),
        ("res1.conv1.conv2d.weight", -1e9, "-1e9 in `res1.conv1.conv2d`"),
        ("in1.weight", 1e20, "1e20 in `conv1.conv2d`"),
        ("in5.bias", 1e6, "1e6 in `deconv2.conv2d`"),
        ("deconv3.conv2d.bias", 1e30, "1e30 in `deconv3.conv2d`"),
        ("in2.weight", f32::INFINITY, "inf in `conv2.conv2d`"),
    ] {
        let mut graph = new();
        let tensor = graph.initializer.iter_mut().find(|tensor| tensor.name() == name).unwrap();
        let mut values = tensor.values();
        values[1] = value;
        *tensor = floats(name, &tensor.dims, &values);
        let message = refusal(&graph);
        assert!(message.contains(what), "{message}");
    }
    // A normalization takes away how large weights are: they become smaller, and paint the same.
    let mut graph = new();
    let large = graph.initializer.iter_mut().find(|tensor| tensor.name() == "conv2.conv2d.weight").unwrap();
    let values: Vec<f32> = large.values().iter().map(|v| v * 1e4).collect();
    *large = floats("conv2.conv2d.weight", &large.dims, &values);
    paints_as_new(&graph, 60.0);
}

#[test]
fn stand_ins_for_files_are_named() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 6728029\n";
    for (bytes, what) in [(&pointer[..], "is a Git LFS pointer"), (b"<!DOCTYPE html><html>", "is a web page")] {
        let message = network::read("a.pth", bytes, None).unwrap_err().to_string();
        assert!(message.starts_with("a.pth: ") && message.contains(what), "{message}");
    }
}
