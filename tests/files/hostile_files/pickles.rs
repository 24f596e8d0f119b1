//! Random pickles that resemble state dicts.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::sizes::size;

/// A piece of a pickle's program.
#[derive(Debug, Clone)]
pub enum Piece {
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
pub const NAMES: [&str; 30] = [
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

pub fn piece() -> impl Strategy<Value = Piece> {
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

pub fn text_code(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

pub fn int_code(value: i64) -> Vec<u8> {
    [&b"\x8a\x08"[..], &value.to_le_bytes()].concat()
}

pub fn storage_code(class: &str, count: i64) -> Vec<u8> {
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
    pub fn code(&self) -> Vec<u8> {
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
pub fn pickle() -> impl Strategy<Value = Vec<u8>> {
    (vec(piece(), 0..60), any::<bool>()).prop_map(|(pieces, sound)| {
        let pieces = pieces.iter().filter(|piece| !sound || matches!(piece, Piece::Tensor { .. }));
        let inside: Vec<u8> = pieces.flat_map(Piece::code).collect();
        [&b"\x80\x02}("[..], &inside, b"u."].concat()
    })
}
