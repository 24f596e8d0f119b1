//! ONNX graphs of random nodes, and random changes of a valid graph.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::sizes::{size, sizes};
use crate::common::onnx_file::*;

pub const OPS: [&str; 44] = [
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

pub const SETTINGS: [&str; 20] = [
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
pub fn constant_tensor() -> impl Strategy<Value = TensorProto> {
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
        let places =
            [("location", "x.data".to_string()), ("offset", offset.to_string()), ("length", length.to_string())];
        let external_data = places.map(|(key, value)| entry(key, value)).to_vec();
        let (data_type, data_location) = (Some(FLOAT), Some(1));
        TensorProto { dims, data_type, data_location, external_data, ..Default::default() }
    });
    prop_oneof![4 => whole, 4 => list, 1 => torn, 1 => elsewhere]
}

pub fn attribute() -> impl Strategy<Value = AttributeProto> {
    let name = select(&SETTINGS[..]);
    let value = prop_oneof![
        4 => size().prop_map(|value| int("", value)),
        4 => sizes().prop_map(|values| ints("", &values)),
        1 => any::<f32>().prop_map(|value| float("", value)),
        1 => select(&["reflect", "nearest", "SAME_UPPER"][..]).prop_map(|value| text("", value)),
        1 => constant_tensor().prop_map(|t| AttributeProto { t: Some(t), r#type: Some(4), ..Default::default() }),
    ];
    (name, value).prop_map(|(name, value)| AttributeProto { name: Some(name.to_string()), ..value })
}

/// Nodes over constants, the picture, and what earlier nodes make.
pub fn graph() -> impl Strategy<Value = GraphProto> {
    let one = (select(&OPS[..]), vec(any::<u16>(), 0..5), vec(attribute(), 0..3), 1..4usize);
    (vec(constant_tensor(), 1..6), vec(one, 1..24), 1..400usize).prop_map(|(constants, nodes, times)| {
        let mut initializer = constants;
        initializer.iter_mut().enumerate().for_each(|(i, tensor)| tensor.name = Some(format!("c{i}")));
        let mut names: Vec<String> = initializer.iter().map(|tensor| tensor.name().to_string()).collect();
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
                op_type: Some(op.into()),
                input,
                output: vec![output.clone()],
                name: Some(output.clone()),
                attribute,
            });
            names.push(output);
        }
        let output = vec![value(names.last().unwrap())];
        GraphProto { node, initializer, input: vec![value("input")], output }
    })
}

/// One change of a valid network.
#[derive(Debug, Clone)]
pub enum Change {
    Dims(usize, Vec<i64>),
    Kind(usize, i32),
    Op(usize, &'static str),
    Setting(usize, AttributeProto),
    Input(usize, usize, usize),
    /// Repeats a node this many times in a chain.
    Repeat(usize, usize),
    Constant(usize, TensorProto),
}

pub fn change() -> impl Strategy<Value = Change> {
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
    pub fn apply(self, graph: &mut GraphProto) {
        let (nodes, constants) = (graph.node.len(), graph.initializer.len());
        match self {
            Self::Dims(i, dims) => graph.initializer[i % constants].dims = dims,
            Self::Kind(i, kind) => graph.initializer[i % constants].data_type = Some(kind),
            Self::Op(i, op) => graph.node[i % nodes].op_type = Some(op.into()),
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
