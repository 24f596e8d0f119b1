//! Files that are well formed, but made to do harm: whatever they hold, reading them ends in a sentence or a sound result, in less
//! than 5 seconds and 512 MB.

mod common;

use common::fixture;
use common::memory::{Counting, harmless};
use common::onnx_file::*;
use common::torch_file::zip;
use impasto::error::Error;
use impasto::import::network;
use impasto::import::vgg::{self, Bits};
use impasto::net::custom;
use impasto::net::models::vgg::VGG16;
use impasto::style::{Pack, StyleSet};
use impasto::weights::Archive;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads a file as both kinds of networks; every refusal is a sentence about it.
#[track_caller]
fn read_both(bytes: &[u8]) {
    let sentence = |error: Error| match error {
        Error::Model { file, problem } => {
            assert!(file == "x" && !problem.is_empty() && problem.len() < 2000, "{problem}")
        }
        other => panic!("{other:?}"),
    };
    harmless(|| network::read("x", bytes, None).map(|import| import.archive(network::Precision::Bits8)).map(drop))
        .unwrap_or_else(sentence);
    harmless(|| vgg::read("x", bytes, VGG16, None, Bits::Eight).map(drop)).unwrap_or_else(sentence);
}

/// Sizes that have harmed somebody.
fn size() -> impl Strategy<Value = i64> {
    let odd =
        [-1, i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 7, 1 << 62, 1 << 40, 1 << 32, 1 << 31, 1 << 24, 4097, 255];
    prop_oneof![3 => 0..8i64, 2 => select(odd.to_vec()), 1 => any::<i64>()]
}

fn sizes() -> impl Strategy<Value = Vec<i64>> {
    let short = || vec(size(), 0..6);
    prop_oneof![
        8 => short(),
        1 => vec(size(), 6..40),
        1 => (size(), 1000..50_000usize).prop_map(|(size, count)| vec![size; count]),
        // The same product in many shapes.
        1 => Just(vec![i64::MAX, 0]),
    ]
}

// ONNX.

const OPS: [&str; 44] = [
    "Identity",
    "Floor",
    "Sqrt",
    "Neg",
    "Cast",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Mod",
    "Equal",
    "Where",
    "Shape",
    "Size",
    "Gather",
    "Concat",
    "Unsqueeze",
    "Squeeze",
    "Reshape",
    "ConstantOfShape",
    "Slice",
    "Transpose",
    "Expand",
    "Tile",
    "Range",
    "ReduceProd",
    "ReduceMean",
    "DequantizeLinear",
    "QuantizeLinear",
    "Pad",
    "Conv",
    "InstanceNormalization",
    "BatchNormalization",
    "GroupNormalization",
    "Relu",
    "Clip",
    "Sigmoid",
    "Upsample",
    "Resize",
    "GlobalAveragePool",
    "Reciprocal",
    "Constant",
    "Dropout",
];

const SETTINGS: [&str; 20] = [
    "axes",
    "axis",
    "starts",
    "ends",
    "steps",
    "to",
    "value",
    "shape",
    "perm",
    "pads",
    "strides",
    "dilations",
    "group",
    "scales",
    "epsilon",
    "keepdims",
    "num_groups",
    "training_mode",
    "block_size",
    "start",
];

/// A constant whose numbers are as many as its shape says, or not.
fn constant_tensor() -> impl Strategy<Value = TensorProto> {
    let kinds = [FLOAT, UINT8, INT8, INT64, HALF, 6, 11, 16];
    let whole = (select(kinds.to_vec()), vec(0..40i64, 0..4)).prop_map(|(kind, dims)| {
        let width = [0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 0, 0, 2][kind as usize];
        let count = dims.iter().product::<i64>() as usize * width;
        tensor("", kind, &dims, (0..count).map(|i| (i * 37) as u8).collect())
    });
    let list = sizes().prop_map(|values| longs("", &values));
    let torn = (sizes(), select(kinds.to_vec()), vec(any::<u8>(), 0..64))
        .prop_map(|(dims, kind, raw)| tensor("", kind, &dims, raw));
    let elsewhere = (sizes(), size(), size()).prop_map(|(dims, offset, length)| {
        let entry = |key: &str, value: String| EntryProto { key: key.into(), value };
        let places =
            [("location", "x.data".to_string()), ("offset", offset.to_string()), ("length", length.to_string())];
        let external_data = places.map(|(key, value)| entry(key, value)).to_vec();
        TensorProto { dims, data_type: FLOAT, data_location: 1, external_data, ..Default::default() }
    });
    prop_oneof![4 => whole, 4 => list, 1 => torn, 1 => elsewhere]
}

fn attribute() -> impl Strategy<Value = AttributeProto> {
    let name = select(&SETTINGS[..]);
    let value = prop_oneof![
        4 => size().prop_map(|value| int("", value)),
        4 => sizes().prop_map(|values| ints("", &values)),
        1 => any::<f32>().prop_map(|value| float("", value)),
        1 => select(&["reflect", "nearest", "SAME_UPPER"][..]).prop_map(|value| text("", value)),
        1 => constant_tensor().prop_map(|t| AttributeProto { t: Some(t), kind: 4, ..Default::default() }),
    ];
    (name, value).prop_map(|(name, value)| AttributeProto { name: name.to_string(), ..value })
}

/// Nodes over constants, the picture, and what earlier nodes make.
fn graph() -> impl Strategy<Value = GraphProto> {
    let one = (select(&OPS[..]), vec(any::<u16>(), 0..5), vec(attribute(), 0..3), 1..4usize);
    (vec(constant_tensor(), 1..6), vec(one, 1..24), 1..400usize).prop_map(|(constants, nodes, times)| {
        let mut initializer = constants;
        initializer.iter_mut().enumerate().for_each(|(i, tensor)| tensor.name = format!("c{i}"));
        let mut names: Vec<String> = initializer.iter().map(|tensor| tensor.name.clone()).collect();
        names.push("input".into());
        let mut node = Vec::new();
        for (op, inputs, attribute, many) in nodes {
            let output = format!("n{}", node.len());
            let mut input: Vec<String> = inputs.iter().map(|i| names[*i as usize % names.len()].clone()).collect();
            if many == 3 && !input.is_empty() {
                // One thing again and again.
                input = vec![input[0].clone(); times];
            }
            node.push(NodeProto {
                op_type: op.into(),
                input,
                output: vec![output.clone()],
                name: output.clone(),
                attribute,
            });
            names.push(output);
        }
        let value = |name: &str| ValueProto { name: name.into(), kind: vec![] };
        let output = vec![value(names.last().unwrap())];
        GraphProto { node, initializer, input: vec![value("input")], output }
    })
}

/// One change of a sound network.
#[derive(Debug, Clone)]
enum Change {
    Dims(usize, Vec<i64>),
    Kind(usize, i32),
    Op(usize, &'static str),
    Setting(usize, AttributeProto),
    Input(usize, usize, usize),
    /// A node so many times behind each other.
    Repeat(usize, usize),
    Constant(usize, TensorProto),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0..200usize;
    prop_oneof![
        (place.clone(), sizes()).prop_map(|(i, dims)| Change::Dims(i, dims)),
        (place.clone(), 0..24i32).prop_map(|(i, kind)| Change::Kind(i, kind)),
        (place.clone(), select(&OPS[..])).prop_map(|(i, op)| Change::Op(i, op)),
        (place.clone(), attribute()).prop_map(|(i, a)| Change::Setting(i, a)),
        (place.clone(), 0..4usize, place.clone()).prop_map(|(i, input, from)| Change::Input(i, input, from)),
        (place.clone(), 2..3000usize).prop_map(|(i, times)| Change::Repeat(i, times)),
        (place, constant_tensor()).prop_map(|(i, t)| Change::Constant(i, t)),
    ]
}

impl Change {
    fn apply(self, graph: &mut GraphProto) {
        let (nodes, constants) = (graph.node.len(), graph.initializer.len());
        match self {
            Self::Dims(i, dims) => graph.initializer[i % constants].dims = dims,
            Self::Kind(i, kind) => graph.initializer[i % constants].data_type = kind,
            Self::Op(i, op) => graph.node[i % nodes].op_type = op.into(),
            Self::Setting(i, a) => graph.node[i % nodes] = graph.node[i % nodes].clone().with(a),
            Self::Input(i, input, from) => {
                let name = graph.node[from % nodes].output[0].clone();
                let inputs = &mut graph.node[i % nodes].input;
                inputs.insert(input.min(inputs.len()), name);
            }
            Self::Repeat(i, times) => {
                let node = graph.node[i % nodes].clone();
                let mut last = node.input.first().cloned().unwrap_or_default();
                let chain: Vec<NodeProto> = (0..times)
                    .map(|n| {
                        let output = if n + 1 == times { node.output[0].clone() } else { format!("again{n}") };
                        let input = [
                            vec![std::mem::replace(&mut last, output.clone())],
                            node.input.iter().skip(1).cloned().collect(),
                        ];
                        NodeProto { input: input.concat(), output: vec![output], ..node.clone() }
                    })
                    .collect();
                graph.node.splice(i % nodes..=i % nodes, chain);
            }
            Self::Constant(i, t) => {
                let name = graph.initializer[i % constants].name.clone();
                graph.initializer[i % constants] = TensorProto { name, ..t };
            }
        }
    }
}

// PyTorch.

/// A piece of a pickle's program.
#[derive(Debug, Clone)]
enum Piece {
    Bytes(&'static [u8]),
    Many(&'static [u8], usize),
    Text(String),
    Int(i32),
    Get(u8),
    Storage {
        class: &'static str,
        count: i32,
    },
    /// A tensor under a name: its shape and strides, how often the name is repeated.
    Tensor {
        name: &'static str,
        shape: Vec<i64>,
        offset: i32,
        times: usize,
    },
}

/// The tensors of the smallest network that there can be.
const NAMES: [&str; 30] = [
    "conv1.conv2d.weight",
    "conv1.conv2d.bias",
    "in1.weight",
    "in1.bias",
    "conv2.conv2d.weight",
    "conv2.conv2d.bias",
    "in2.weight",
    "in2.bias",
    "conv3.conv2d.weight",
    "conv3.conv2d.bias",
    "in3.weight",
    "in3.bias",
    "res1.conv1.conv2d.weight",
    "res1.conv1.conv2d.bias",
    "res1.in1.weight",
    "res1.in1.bias",
    "deconv1.conv2d.weight",
    "deconv1.conv2d.bias",
    "in4.weight",
    "in4.bias",
    "deconv2.conv2d.weight",
    "deconv2.conv2d.bias",
    "in5.weight",
    "in5.bias",
    "deconv3.conv2d.weight",
    "deconv3.conv2d.bias",
    "features.0.weight",
    "features.0.bias",
    "state_dict",
    "model",
];

fn piece() -> impl Strategy<Value = Piece> {
    let codes: [&[u8]; 22] = [
        b"N",
        b"(",
        b")",
        b"]",
        b"}",
        b"t",
        b"\x85",
        b"\x86",
        b"a",
        b"e",
        b"s",
        b"u",
        b"\x94",
        b"q\x00",
        b"q\x01",
        b"h\x00",
        b"h\x01",
        b"R",
        b"Q",
        b"b",
        b"ccollections\nOrderedDict\n)R",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
    ];
    let shape = prop_oneof![4 => vec(size(), 0..6), 1 => vec(0..3i64, 0..2000)];
    let tensor = (select(&NAMES[..]), shape, 0..4i32, prop_oneof![4 => Just(1usize), 1 => 1..20_000usize])
        .prop_map(|(name, shape, offset, times)| Piece::Tensor { name, shape, offset, times });
    prop_oneof![
        8 => tensor,
        4 => select(codes.to_vec()).prop_map(Piece::Bytes),
        1 => (select(codes.to_vec()), 1..100_000usize).prop_map(|(code, times)| Piece::Many(code, times)),
        2 => "[a-z.0-9]{0,12}".prop_map(Piece::Text),
        1 => (1..300_000usize).prop_map(|length| Piece::Text("x".repeat(length))),
        2 => any::<i32>().prop_map(Piece::Int),
        2 => any::<u8>().prop_map(Piece::Get),
        2 => (select(&["FloatStorage", "HalfStorage", "BFloat16Storage", "LongStorage"][..]), any::<i32>())
            .prop_map(|(class, count)| Piece::Storage { class, count }),
    ]
}

fn text_code(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn int_code(value: i64) -> Vec<u8> {
    [&b"\x8a\x08"[..], &value.to_le_bytes()].concat()
}

fn storage_code(class: &str, count: i64) -> Vec<u8> {
    let class = format!("ctorch\n{class}\n");
    [
        b"(".to_vec(),
        text_code("storage"),
        class.into(),
        text_code("0"),
        text_code("cpu"),
        int_code(count),
        b"tQ".to_vec(),
    ]
    .concat()
}

impl Piece {
    fn code(&self) -> Vec<u8> {
        match self {
            Self::Bytes(code) => code.to_vec(),
            Self::Many(code, times) => code.repeat(*times),
            Self::Text(text) => text_code(text),
            Self::Int(value) => int_code((*value).into()),
            Self::Get(number) => vec![b'h', *number],
            Self::Storage { class, count } => storage_code(class, (*count).into()),
            Self::Tensor { name, shape, offset, times } => {
                let strides: Vec<i64> = (0..shape.len())
                    .map(|axis| shape[axis + 1..].iter().fold(1i64, |n, side| n.wrapping_mul(*side)))
                    .collect();
                let tuple = |sides: &[i64]| {
                    [b"(".to_vec(), sides.iter().flat_map(|s| int_code(*s)).collect(), b"t".to_vec()].concat()
                };
                let built = [
                    b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec(),
                    storage_code("FloatStorage", i64::MAX),
                    int_code((*offset).into()),
                    tuple(shape),
                    tuple(&strides),
                    b"tRq\x07".to_vec(),
                ];
                let mut code = [vec![text_code(name)], built.to_vec()].concat().concat();
                for i in 1..*times {
                    code.extend(text_code(&format!("{name}{i}")));
                    code.extend(b"h\x07");
                }
                code
            }
        }
    }
}

/// A state dict, or something like it.
fn pickle() -> impl Strategy<Value = Vec<u8>> {
    (vec(piece(), 0..60), any::<bool>()).prop_map(|(pieces, sound)| {
        let pieces = pieces.iter().filter(|piece| !sound || matches!(piece, Piece::Tensor { .. }));
        let inside: Vec<u8> = pieces.flat_map(Piece::code).collect();
        [&b"\x80\x02}("[..], &inside, b"u."].concat()
    })
}

// Archives.

fn header() -> impl Strategy<Value = String> {
    let names = [
        "contract.0.w",
        "contract.1.w",
        "expand.2.b",
        "scales",
        "shifts",
        "vector",
        "thumbnail",
        "archive",
        "n.beta",
        "n.gamma",
    ];
    let dtype = select(&["F32", "F16", "I8", "U8", "F64"][..]);
    let entry =
        (select(names.to_vec()), dtype, sizes(), size(), size()).prop_map(|(name, dtype, shape, start, end)| {
            let shape: Vec<String> = shape.iter().map(|side| side.unsigned_abs().to_string()).collect();
            let (start, end) = (start.unsigned_abs() % 4096, end.unsigned_abs());
            format!(r#""{name}":{{"dtype":"{dtype}","shape":[{}],"data_offsets":[{start},{end}]}}"#, shape.join(","))
        });
    let metadata = (vec(size(), 3), size(), vec(size(), 2), select(&["johnson", "transfer26"][..])).prop_map(
        |(contract, blocks, expand, family)| {
            let architecture = serde_json::json!(
                { "family": family, "contract": contract, "blocks": blocks, "expand": expand, "finish": "clamp" }
            );
            let table = serde_json::json!({
                "format": "impasto-style-1", "name": "x", "network": "own-000000000000",
                "architecture": architecture.to_string(), "styles": "[\"a\"]",
            });
            format!("\"__metadata__\":{table}")
        },
    );
    (metadata, vec(entry, 0..40))
        .prop_map(|(metadata, entries)| format!("{{{}}}", [vec![metadata], entries].concat().join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn graphs_of_any_nodes(graph in graph()) {
        read_both(&file(&graph));
    }

    #[test]
    fn networks_with_something_changed(changes in vec(change(), 1..4)) {
        let mut graph = parse(&std::fs::read(fixture("import").join("new.onnx")).unwrap());
        changes.into_iter().for_each(|change| change.apply(&mut graph));
        read_both(&file(&graph));
    }

    #[test]
    fn state_dicts_of_any_tensors(pickle in pickle(), length in 0..4096usize, legacy in any::<bool>()) {
        let bytes = if legacy {
            let keys = [&b"\x80\x02]("[..], &text_code("0"), b"e."].concat();
            let start = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.";
            [&start[..], &pickle, &keys, &(length as u64 / 4).to_le_bytes(), &vec![1; length]].concat()
        } else {
            zip(&[("x/data.pkl".to_string(), pickle), ("x/data/0".to_string(), vec![1; length])])
        };
        read_both(&bytes);
    }

    #[test]
    fn archives_of_any_shapes(header in header(), length in 0..4096usize) {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + length, 1);
        harmless(|| Pack::read(&bytes).is_ok());
        harmless(|| {
            let Ok(archive) = Archive::parse(&bytes) else { return };
            let _ = custom::network(&archive);
            let _ = StyleSet::read(&archive, &[("n".into(), 3)]);
        });
    }
}

/// Replaces words of a file by numbers, or by places that other words point to.
fn rewired(name: &str, changes: &[(usize, usize, i64)]) -> Vec<u8> {
    let mut bytes = std::fs::read(fixture("import").join(name)).unwrap();
    let length = bytes.len() as u64;
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    // Words that look like places in the file.
    let places: Vec<usize> =
        (8..bytes.len() - 8).step_by(8).filter(|at| (8..length).contains(&word(&bytes, *at))).collect();
    for (at, from, number) in changes {
        let at = places[at % places.len()];
        let new = if from % 3 == 0 { *number as u64 } else { word(&bytes, places[from % places.len()]) };
        bytes[at..at + 8].copy_from_slice(&new.to_le_bytes());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn trees_of_any_links(name in select(&["small.h5", "huge.h5", "links.h5"][..]), changes in vec((any::<usize>(), any::<usize>(), size()), 0..4)) {
        read_both(&rewired(name, &changes));
    }
}

/// What is known to have done harm.
#[test]
fn files_that_have_done_harm() {
    let read = |node: NodeProto, constant: TensorProto| {
        let value = |name: &str| ValueProto { name: name.into(), kind: vec![] };
        read_both(&file(&GraphProto {
            node: vec![node],
            initializer: vec![constant],
            input: vec![value("x")],
            output: vec![value("y")],
        }));
    };
    // A range of 2^62 rows, none of which has a number.
    let slice = node("Slice", &["e"], "y").with(ints("starts", &[0])).with(ints("ends", &[i64::MAX]));
    read(slice, tensor("e", UINT8, &[1 << 62, 0], vec![]));
    read(node("Unsqueeze", &["e"], "y").with(ints("axes", &vec![0; 600_000])), longs("e", &[7]));
    // One tensor of many sides under many names.
    let shape = [&b"("[..], &b"K\x01".repeat(200_000), b"tq\x01"].concat();
    let tensor = [
        &b"ctorch._utils\n_rebuild_tensor_v2\n("[..],
        &storage_code("FloatStorage", 1),
        b"K\x00",
        &shape,
        b"h\x01tRq\x02",
    ]
    .concat();
    let names: Vec<u8> = (0..50_000).flat_map(|i| [text_code(&format!("n{i}")), b"h\x02".to_vec()].concat()).collect();
    let pickle = [b"\x80\x02}(".to_vec(), text_code("first"), tensor, names, b"u.".to_vec()].concat();
    read_both(&zip(&[("x/data.pkl".to_string(), pickle), ("x/data/0".to_string(), vec![0; 4])]));
    for name in ["small.h5", "huge.h5", "links.h5"] {
        let bytes = std::fs::read(fixture("import").join(name)).unwrap();
        let said = harmless(|| vgg::read("x", &bytes, VGG16, None, Bits::Eight)).unwrap_err().to_string();
        let what = if name == "links.h5" { "has no weights of `block1_conv1`" } else { "is no vgg16" };
        assert!(said.contains(what), "{name}: {said}");
    }
    // One storage that all tensors name, each larger than the file.
    let all: Vec<u8> = NAMES[..26]
        .iter()
        .flat_map(|name| Piece::Tensor { name, shape: vec![512, 512, 9, 9], offset: 0, times: 1 }.code())
        .collect();
    let pickle = [&b"\x80\x02}("[..], &all, b"u."].concat();
    read_both(&zip(&[("x/data.pkl".to_string(), pickle), ("x/data/0".to_string(), vec![0; 100_000_000])]));
}
