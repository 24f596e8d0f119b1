//! Well-formed but malicious files: reading them ends with an error message or a valid result, in less than 5 seconds
//! and 512 MB.

mod graphs;
mod pickles;
mod sizes;

use crate::common::fixture;
use crate::common::memory::bounded;
use crate::common::onnx_file::*;
use crate::common::torch_file::zip;
use graphs::{change, graph};
use impasto::error::Error;
use impasto::import::network;
use impasto::import::vgg::{self, Bits};
use impasto::net::custom;
use impasto::net::models::vgg::VGG16;
use impasto::style::{Pack, StyleSet};
use impasto::weights::Archive;
use pickles::{NAMES, Piece, pickle, storage_code, text_code};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sizes::{size, sizes};

/// Reads a file as both kinds of networks; every refusal is a sentence about it.
#[track_caller]
fn read_both(bytes: &[u8]) {
    let sentence = |error: Error| match error {
        Error::Model { file, problem } => {
            assert!(file == "x" && !problem.is_empty() && problem.len() < 2000, "{problem}");
        }
        other => panic!("{other:?}"),
    };
    bounded(|| network::read("x", bytes, None).map(|import| import.archive(network::Precision::Bits8)).map(drop))
        .unwrap_or_else(sentence);
    bounded(|| vgg::read("x", bytes, VGG16, None, Bits::Eight).map(drop)).unwrap_or_else(sentence);
}

/// The header of an archive.
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
        bounded(|| Pack::read(&bytes).is_ok());
        bounded(|| {
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
    fn trees_of_any_links(name in select(&["small.h5", "huge.h5", "links.h5", "loops.h5"][..]), changes in vec((any::<usize>(), any::<usize>(), size()), 0..4)) {
        read_both(&rewired(name, &changes));
    }
}

/// Known malicious files.
#[test]
fn known_malicious_files_are_refused() {
    let read = |node: NodeProto, constant: TensorProto| {
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
    // The layers of `loops.h5` are found, since groups that contain themselves are listed once.
    for name in ["small.h5", "huge.h5", "links.h5", "loops.h5"] {
        let bytes = std::fs::read(fixture("import").join(name)).unwrap();
        let message = bounded(|| vgg::read("x", &bytes, VGG16, None, Bits::Eight)).unwrap_err().to_string();
        let what = if name == "links.h5" { "has no weights of `block1_conv1`" } else { "is not vgg16" };
        assert!(message.contains(what), "{name}: {message}");
    }
    // One storage that all tensors name, each larger than the file.
    let all: Vec<u8> = NAMES[..26]
        .iter()
        .flat_map(|name| Piece::Tensor { name, shape: vec![512, 512, 9, 9], offset: 0, times: 1 }.code())
        .collect();
    let pickle = [&b"\x80\x02}("[..], &all, b"u."].concat();
    read_both(&zip(&[("x/data.pkl".to_string(), pickle), ("x/data/0".to_string(), vec![0; 100_000_000])]));
}
