//! Damaged and malicious weight archives: reading them returns an error that names the problem, never panics, and never
//! allocates memory by a length that only the file declares.

use crate::common::memory::measured;
use impasto::error::Error;
use impasto::style::StyleSet;
use impasto::weights::{Archive, ArchiveBuilder};
use proptest::prelude::*;

const SHAPES: [(&str, &[usize]); 6] = [
    ("bias", &[3]),
    ("conv", &[3, 2, 2]),
    ("norm.beta", &[2, 3]),
    ("norm.gamma", &[2, 3]),
    ("soft", &[4]),
    ("one", &[]),
];

/// An archive with every kind of tensor.
fn valid() -> Vec<u8> {
    let numbers: Vec<f32> = (0..12).map(|i| i as f32 * 0.25 - 1.0).collect();
    let mut builder = ArchiveBuilder::new();
    builder
        .metadata("styles", r#"["Amber Sky","Claret"]"#)
        .float("bias", &[3], &numbers[..3])
        .quantized("conv", &[3, 2, 2], &numbers)
        .float("norm.beta", &[2, 3], &numbers[..6])
        .float("norm.gamma", &[2, 3], &numbers[6..])
        .half("soft", &[4], &numbers[..4])
        .float("one", &[], &numbers[..1]);
    builder.finish().unwrap()
}

/// An archive of this header and this many bytes of data.
fn archive(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn header(bytes: &[u8]) -> &str {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    std::str::from_utf8(&bytes[8..8 + length]).unwrap()
}

/// [`valid`] with `from` in its header replaced by `to`, which may be longer or shorter.
fn edited(from: &str, to: &str) -> Vec<u8> {
    let bytes = valid();
    let old = header(&bytes);
    assert!(old.contains(from), "{from} is not in {old}");
    archive(&old.replacen(from, to, 1), &bytes[8 + old.len()..])
}

/// [`valid`] with the first number of a tensor replaced.
fn poked(tensor: &str, number: &[u8]) -> Vec<u8> {
    let mut bytes = valid();
    let table: serde_json::Value = serde_json::from_str(header(&bytes)).unwrap();
    let start = table[tensor]["data_offsets"][0].as_u64().unwrap() as usize + 8 + header(&bytes).len();
    bytes[start..start + number.len()].copy_from_slice(number);
    bytes
}

/// Parses the archive and reads all tensors; returns the first error. Fails if an allocation is out of proportion to the
/// file.
fn read_all(bytes: &[u8]) -> Result<(), Error> {
    let (result, taken) = measured(|| read_all_unwatched(bytes));
    let largest = taken.largest;
    assert!(largest <= 16 * bytes.len() + 4096, "{largest} bytes for a file of {}", bytes.len());
    result
}

fn read_all_unwatched(bytes: &[u8]) -> Result<(), Error> {
    let archive = Archive::parse(bytes)?;
    for (name, shape) in SHAPES {
        let values = archive.tensor(name, shape)?;
        assert_eq!(values.len(), shape.iter().product::<usize>());
        assert!(values.iter().all(|v| v.is_finite()));
    }
    StyleSet::read(&archive, &[("norm".into(), 3)]).map(drop)
}

#[track_caller]
fn blames(bytes: &[u8], expected_tensor: &str, what: &str) {
    match read_all(bytes) {
        Err(Error::Tensor { tensor, problem }) => {
            assert_eq!(tensor, expected_tensor, "{problem}");
            assert!(problem.contains(what), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn blames_archive(bytes: &[u8], what: &str) {
    match read_all(bytes) {
        Err(Error::Archive(problem)) => assert!(problem.contains(what), "{problem}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read_back() {
    let archive = Archive::parse(&valid()).unwrap();
    let names: Vec<&str> = archive.names().collect();
    assert_eq!(names, ["bias", "conv", "conv.scale", "norm.beta", "norm.gamma", "one", "soft"]);
    assert_eq!(archive.tensor("bias", &[3]).unwrap(), [-1.0, -0.75, -0.5]);
    assert_eq!(archive.tensor("soft", &[4]).unwrap(), [-1.0, -0.75, -0.5, -0.25]);
    assert_eq!(archive.tensor("one", &[]).unwrap(), [-1.0]);
    let conv = archive.tensor("conv", &[3, 2, 2]).unwrap();
    let scales = archive.tensor("conv.scale", &[3]).unwrap();
    for (i, value) in conv.iter().enumerate() {
        assert!((value - (i as f32 * 0.25 - 1.0)).abs() <= scales[i / 4] * 0.50001);
    }
    assert_eq!(archive.metadata("styles"), Some(r#"["Amber Sky","Claret"]"#));
    assert_eq!(archive.metadata("absent"), None);
}

#[test]
fn equal_contents_give_equal_bytes_and_other_readers_agree() {
    let add = |order: &[usize]| {
        let mut builder = ArchiveBuilder::new();
        for &i in order {
            let name = format!("t{i}");
            match i % 3 {
                0 => builder.float(name, &[2], &[i as f32, 1.0]),
                1 => builder.half(name, &[1], &[i as f32]),
                _ => builder.quantized(name, &[1], &[i as f32]),
            };
            builder.metadata(format!("k{i}"), "v");
        }
        builder.finish().unwrap()
    };
    let bytes = add(&[0, 1, 2, 3, 4, 5]);
    assert_eq!(bytes, add(&[5, 2, 4, 0, 3, 1]));
    assert_eq!((8 + header(&bytes).len()) % 8, 0);
    let other = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(other.tensor("t3").unwrap().data(), [3.0f32.to_le_bytes(), 1.0f32.to_le_bytes()].concat());
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
    type Add = fn(&mut ArchiveBuilder);
    let cases: [(&str, Add); 10] = [
        ("a", |b| _ = b.float("a", &[2], &[1.0])),
        ("a", |b| _ = b.float("a", &[0], &[])),
        ("a", |b| _ = b.float("a", &[usize::MAX, 2], &[1.0])),
        ("a", |b| _ = b.float("a", &[1], &[f32::NAN])),
        ("a", |b| _ = b.half("a", &[1], &[70000.0])),
        ("a", |b| _ = b.quantized("a", &[1], &[f32::INFINITY])),
        ("a", |b| _ = b.quantized("a", &[], &[1.0])),
        ("a", |b| _ = b.float("a", &[1], &[1.0]).half("a", &[1], &[1.0])),
        ("a.scale", |b| _ = b.float("a.scale", &[1], &[1.0]).quantized("a", &[1], &[1.0])),
        ("__metadata__", |b| _ = b.float("__metadata__", &[1], &[1.0])),
    ];
    for (i, (name, add)) in cases.into_iter().enumerate() {
        let mut builder = ArchiveBuilder::new();
        add(&mut builder);
        assert!(matches!(builder.finish(), Err(Error::Tensor { tensor, .. }) if tensor == name), "case {i}");
    }
}

#[test]
fn files_that_are_no_archives() {
    blames_archive(b"", "0 bytes");
    blames_archive(&[1, 2, 3], "3 bytes");
    blames_archive(b"<!doctype html><title>Not found</title>", "its header has a length of");
    blames_archive(&archive("[1, 2]", &[]), "not a table");
    blames_archive(&archive("{\"a\":", &[]), "not a table");
    blames_archive(&archive(&"[".repeat(100_000), &[]), "not a table");
    let mut not_utf8 = archive("{\"abc\":1}", &[]);
    not_utf8[11] = 0xff;
    blames_archive(&not_utf8, "not a table");
}

#[test]
fn huge_header_lengths() {
    for length in [u64::MAX, u64::MAX - 7, 1 << 63, 1 << 32, (1 << 32) - 1, (1 << 20) + 1] {
        let mut bytes = valid();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        blames_archive(&bytes, &format!("length of {length} bytes, but at most"));
    }
    let mut bytes = valid();
    bytes[..8].copy_from_slice(&(1u64 << 20).to_le_bytes());
    blames_archive(&bytes, "length of 1048576 bytes, but only");
}

#[test]
fn four_gigabyte_tensors_in_a_small_file() {
    let entry = |shape: &str, start: u64, end: u64| {
        format!(r#"{{"big":{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}}}"#)
    };
    blames(&archive(&entry("[1073741824]", 0, 1 << 32), &[0; 16]), "big", "the file has only 16");
    blames(&archive(&entry("[4611686018427387904]", 0, 0), &[0; 16]), "big", "impossible shape");
    blames(&archive(&entry("[4294967296, 4294967296]", 0, 0), &[]), "big", "impossible shape");
    blames(&archive(&entry("[99999999999999999999]", 0, 16), &[0; 16]), "big", "no usable shape");
    blames(&archive(&entry("[1]", u64::MAX - 3, u64::MAX), &[0; 4]), "big", "the file has only 4");
    blames(&archive(&entry("[1]", 4, 0), &[0; 4]), "big", "before its start");
    blames(&archive(&entry("[-1]", 0, 4), &[0; 4]), "big", "no usable shape");
}

#[test]
fn truncated_files() {
    let bytes = valid();
    for length in 0..bytes.len() {
        assert!(read_all(&bytes[..length]).is_err(), "{length} bytes");
    }
    // Truncation affects the last tensor of the file first.
    blames(&bytes[..bytes.len() - 1], "conv", "truncated");
    let mut longer = bytes.clone();
    longer.push(0);
    blames_archive(&longer, "not fully covered");
}

#[test]
fn overlapping_tensors_and_holes() {
    let two = |a: &str, b: &str| {
        let entry = |offsets: &str| format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}"#);
        archive(&format!(r#"{{"a":{},"b":{}}}"#, entry(a), entry(b)), &[0; 16])
    };
    assert!(Archive::parse(&two("[0,8]", "[8,16]")).is_ok());
    assert!(Archive::parse(&two("[8,16]", "[0,8]")).is_ok());
    blames(&two("[0,8]", "[4,12]"), "b", "overlaps");
    blames(&two("[0,8]", "[0,8]"), "b", "overlaps");
    let hole = archive(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, &[0; 12]);
    blames(&hole, "a", "leaves a gap");
}

#[test]
fn wrong_types() {
    blames(&edited(r#""one":{"dtype":"F32""#, r#""one":{"dtype":"I32""#), "one", "has type I32; F32, F16 or I8");
    blames(&edited(r#""one":{"dtype":"F32""#, r#""one":{"dtype":"X9""#), "one", "unknown type \"X9\"");
    blames(&edited(r#""one":{"dtype":"F32""#, r#""one":{"dtype":"F64""#), "one", "do not fit");
    blames(&edited(r#""one":{"dtype":"F32","#, r#""one":{"#), "one", "has no `dtype`");
    blames(
        &edited(r#""conv.scale":{"dtype":"F32""#, r#""conv.scale":{"dtype":"I32""#),
        "conv.scale",
        "has type I32; F32",
    );
    // As 8-bit integers, the numbers of `bias` would need scales.
    let as_bytes = edited(r#""bias":{"dtype":"F32","shape":[3]"#, r#""bias":{"dtype":"I8","shape":[12]"#);
    blames(&as_bytes, "bias", "has shape [12]; [3]");
    assert!(matches!(
        Archive::parse(&as_bytes).unwrap().tensor("bias", &[12]),
        Err(Error::Tensor { tensor, problem }) if tensor == "bias.scale" && problem == "is missing"
    ));
    let scalar = archive(r#"{"q":{"dtype":"I8","shape":[],"data_offsets":[0,1]}}"#, &[1]);
    let read = Archive::parse(&scalar).unwrap().tensor("q", &[]);
    assert!(matches!(read, Err(Error::Tensor { tensor, problem }) if tensor == "q" && problem.contains("no axis")));
}

#[test]
fn wrong_shapes() {
    blames(&edited(r#""shape":[3,2,2]"#, r#""shape":[2,3,2]"#), "conv", "has shape [2, 3, 2]; [3, 2, 2]");
    blames(&edited(r#""shape":[3,2,2]"#, r#""shape":[3,2,3]"#), "conv", "do not fit");
    blames(&edited(r#""shape":[3,2,2]"#, r#""shape":"wide""#), "conv", "no usable shape");
    blames(&edited(r#""norm.beta""#, r#""norm.zeta""#), "norm.beta", "is missing");
    let empty = archive(r#"{"e":{"dtype":"I8","shape":[0,5],"data_offsets":[0,0]}}"#, &[]);
    let read = Archive::parse(&empty).unwrap().tensor("e", &[0, 5]);
    assert!(matches!(read, Err(Error::Tensor { tensor, problem }) if tensor == "e" && problem == "is empty"));
}

#[test]
fn unusable_scales() {
    for scale in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, -1.0] {
        blames(&poked("conv.scale", &scale.to_le_bytes()), "conv.scale", "positive and finite");
    }
    // A finite scale may still be too large for its levels.
    blames(&poked("conv.scale", &f32::MAX.to_le_bytes()), "conv", "inf");
    blames(&edited(r#""conv.scale""#, r#""conv.sample""#), "conv.scale", "is missing");
}

#[test]
fn numbers_that_are_not_finite() {
    blames(&poked("bias", &f32::NAN.to_le_bytes()), "bias", "has the value NaN at position 0");
    blames(&poked("norm.gamma", &f32::INFINITY.to_le_bytes()), "norm.gamma", "has the value inf");
    blames(&poked("soft", &0x7c00u16.to_le_bytes()), "soft", "has the value inf");
    blames(&poked("soft", &0xfe00u16.to_le_bytes()), "soft", "has the value NaN");
}

/// One way of damaging a file. Positions are taken modulo the file's length.
#[derive(Debug, Clone)]
enum Damage {
    Flip(usize, u8),
    Set(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    HeaderLength(u64),
    /// Replaces the n-th number of the header.
    Number(usize, u64),
    /// Replaces the n-th type of the header.
    Type(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    const TYPES: [&str; 9] = ["F32", "F16", "I8", "U8", "F64", "F4", "BOOL", "C64", "?"];
    let number = prop_oneof![0..64u64, Just(1 << 32), Just(u64::MAX), Just(i64::MAX as u64), any::<u64>()];
    prop_oneof![
        (any::<usize>(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), proptest::collection::vec(any::<u8>(), 1..16)).prop_map(|(at, b)| Damage::Insert(at, b)),
        (any::<usize>(), 1..16usize).prop_map(|(at, n)| Damage::Remove(at, n)),
        number.clone().prop_map(Damage::HeaderLength),
        (0..40usize, number).prop_map(|(n, value)| Damage::Number(n, value)),
        (0..8usize, proptest::sample::select(&TYPES[..])).prop_map(|(n, name)| Damage::Type(n, name)),
    ]
}

impl Damage {
    fn apply(self, bytes: &mut Vec<u8>) {
        let length = bytes.len().max(1);
        match self {
            Self::Flip(at, mask) => bytes.iter_mut().skip(at % length).take(1).for_each(|b| *b ^= mask),
            Self::Set(at, byte) => bytes.iter_mut().skip(at % length).take(1).for_each(|b| *b = byte),
            Self::Cut(at) => bytes.truncate(at % length),
            Self::Insert(at, new) => drop(bytes.splice(at % length..at % length, new)),
            Self::Remove(at, n) => drop(bytes.drain(at % length..(at % length + n).min(bytes.len()))),
            Self::HeaderLength(n) => bytes.iter_mut().zip(n.to_le_bytes()).for_each(|(b, new)| *b = new),
            Self::Number(n, value) => {
                replace(bytes, n, |c| c.is_ascii_digit(), |c| b"[,".contains(&c), &value.to_string());
            }
            Self::Type(n, name) => replace(bytes, n, |c| c.is_ascii_alphanumeric(), |c| c == b'"', name),
        }
    }
}

/// Replaces the `n`-th run of `inside` bytes that follows an `opens` byte in the header, and corrects its length.
fn replace(bytes: &mut Vec<u8>, n: usize, inside: fn(u8) -> bool, opens: fn(u8) -> bool, new: &str) {
    let Some((prefix, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some(header) = usize::try_from(u64::from_le_bytes(*prefix)).ok().and_then(|n| rest.get(..n)) else { return };
    let starts: Vec<usize> = (1..header.len()).filter(|&i| opens(header[i - 1]) && inside(header[i])).collect();
    let Some(&start) = starts.get(n % starts.len().max(1)) else { return };
    let end = start + header[start..].iter().take_while(|c| inside(**c)).count();
    let length = (header.len() - (end - start) + new.len()) as u64;
    bytes.splice(8 + start..8 + end, new.bytes());
    bytes[..8].copy_from_slice(&length.to_le_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn damaged_archives_never_panic(damages in proptest::collection::vec(damage(), 1..4)) {
        let mut bytes = valid();
        damages.into_iter().for_each(|d| d.apply(&mut bytes));
        match read_all(&bytes) {
            // Damage may hit padding, or turn a number into another number.
            Ok(()) => {}
            Err(Error::Archive(problem)) => prop_assert!(!problem.is_empty()),
            Err(Error::Tensor { tensor, problem }) => {
                let known = SHAPES.iter().any(|(name, _)| *name == tensor) || tensor == "conv.scale";
                let in_file = serde_json::to_string(&tensor).is_ok_and(|name| {
                    let name = name.trim_matches('"');
                    bytes.windows(name.len()).any(|window| window == name.as_bytes())
                });
                prop_assert!((known || in_file || tensor.is_empty()) && !problem.is_empty(), "{} {}", tensor, problem);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(read_all(&bytes).is_err());
    }

    #[test]
    fn random_bytes_behind_a_plausible_length_never_panic(text in "[\\[\\]{}\",:0-9a-zF_]{0,80}") {
        prop_assert!(read_all(&archive(&text, &[])).is_err());
    }
}
