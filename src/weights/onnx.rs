//! Reading ONNX files: as much of the format as the published models and the standard's test vectors need.
//!
//! The messages follow `onnx.proto` of the ONNX project (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>);
//! fields that are not wanted here are skipped by the protobuf reader.

use std::collections::BTreeMap;

use prost::Message;

use crate::error::{Error, Result};

/// A network as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The names of the graph's inputs and outputs, in order.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Shapes of the inputs, as far as the file says them; a side that is not fixed is 0.
    pub input_shapes: Vec<Vec<usize>>,
    /// Constant tensors by name.
    pub initializers: BTreeMap<String, Tensor>,
    /// The operations, each after those whose results it uses.
    pub nodes: Vec<Node>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub name: String,
    /// What it does, such as `Conv`.
    pub op: String,
    /// The names of the tensors it takes; an optional one that is left out has an empty name.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: BTreeMap<String, Attribute>,
}

/// A setting of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Float(f32),
    Int(i64),
    Text(String),
    Tensor(Tensor),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

/// A constant tensor: as many numbers as the product of `shape`, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub data: Data,
}

/// The numbers of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Float(Vec<f32>),
    Uint8(Vec<u8>),
    Int8(Vec<i8>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
}

/// Reads a model; `file` names it in errors.
///
/// # Errors
/// [`Error::Model`] when the bytes are no ONNX model or it uses something that is not supported here.
pub fn read_model(file: &str, bytes: &[u8]) -> Result<Model> {
    let wrong = |problem: String| Error::Model { file: file.into(), problem };
    let model = ModelProto::decode(bytes).map_err(|e| wrong(format!("is no ONNX model ({e})")))?;
    let graph = model.graph.ok_or_else(|| wrong("is no ONNX model (it has no graph)".into()))?;
    let mut initializers = BTreeMap::new();
    for proto in graph.initializer {
        let name = proto.name.clone().unwrap_or_default();
        let tensor = tensor(proto).map_err(|e| wrong(format!("initializer `{name}` {e}")))?;
        if initializers.insert(name.clone(), tensor).is_some() {
            return Err(wrong(format!("has two initializers `{name}`")));
        }
    }
    let input_shapes = graph.input.iter().map(shape_of).collect();
    let names = |values: Vec<ValueInfoProto>| values.into_iter().map(|v| v.name.unwrap_or_default()).collect();
    Ok(Model {
        inputs: names(graph.input),
        outputs: names(graph.output),
        input_shapes,
        initializers,
        nodes: graph.node.into_iter().map(node).collect::<std::result::Result<_, _>>().map_err(wrong)?,
    })
}

/// Reads a file that holds a single tensor (`*.pb` of the standard's test vectors); `file` names it in errors.
///
/// # Errors
/// [`Error::Model`] when the bytes are no such tensor or its type is not supported here.
pub fn read_tensor(file: &str, bytes: &[u8]) -> Result<Tensor> {
    let wrong = |problem: String| Error::Model { file: file.into(), problem };
    let proto = TensorProto::decode(bytes).map_err(|e| wrong(format!("is no ONNX tensor ({e})")))?;
    tensor(proto).map_err(|e| wrong(format!("the tensor {e}")))
}

fn shape_of(value: &ValueInfoProto) -> Vec<usize> {
    let tensor = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let sides = tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| shape.dim.as_slice()).unwrap_or_default();
    sides.iter().map(|side| side.dim_value.and_then(|v| usize::try_from(v).ok()).unwrap_or(0)).collect()
}

fn node(proto: NodeProto) -> std::result::Result<Node, String> {
    let (name, op) = (proto.name.unwrap_or_default(), proto.op_type.unwrap_or_default());
    let mut attributes = BTreeMap::new();
    for a in proto.attribute {
        let key = a.name.clone().unwrap_or_default();
        let value = attribute(a).map_err(|e| format!("attribute `{key}` of {op} node `{name}` {e}"))?;
        attributes.insert(key, value);
    }
    Ok(Node { name, op, inputs: proto.input, outputs: proto.output, attributes })
}

fn attribute(proto: AttributeProto) -> std::result::Result<Attribute, String> {
    let absent = || "has no value".to_string();
    Ok(match proto.r#type.unwrap_or_default() {
        1 => Attribute::Float(proto.f.ok_or_else(absent)?),
        2 => Attribute::Int(proto.i.ok_or_else(absent)?),
        3 => {
            let text = String::from_utf8(proto.s.ok_or_else(absent)?);
            Attribute::Text(text.map_err(|_| "is a text that is not UTF-8".to_string())?)
        }
        4 => Attribute::Tensor(tensor(proto.t.ok_or_else(absent)?)?),
        6 => Attribute::Floats(proto.floats),
        7 => Attribute::Ints(proto.ints),
        kind => return Err(format!("is of kind {kind}, which is not supported")),
    })
}

fn tensor(proto: TensorProto) -> std::result::Result<Tensor, String> {
    if proto.data_location.unwrap_or_default() != 0 {
        return Err("keeps its numbers in another file, which is not supported".into());
    }
    let shape: Vec<usize> =
        (proto.dims.iter().map(|&side| usize::try_from(side)).collect::<std::result::Result<_, _>>())
            .map_err(|_| format!("has the impossible shape {:?}", proto.dims))?;
    let count = shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
    let count = count.ok_or_else(|| format!("has the impossible shape {shape:?}"))?;
    let raw = proto.raw_data.as_deref();
    let data = match proto.data_type.unwrap_or_default() {
        1 => Data::Float(numbers(raw, proto.float_data, f32::from_le_bytes)?),
        2 => Data::Uint8(numbers(raw, narrowed(proto.int32_data)?, u8::from_le_bytes)?),
        3 => Data::Int8(numbers(raw, narrowed(proto.int32_data)?, i8::from_le_bytes)?),
        6 => Data::Int32(numbers(raw, proto.int32_data, i32::from_le_bytes)?),
        7 => Data::Int64(numbers(raw, proto.int64_data, i64::from_le_bytes)?),
        kind => return Err(format!("has number type {kind}, which is not supported")),
    };
    let found = match &data {
        Data::Float(v) => v.len(),
        Data::Uint8(v) => v.len(),
        Data::Int8(v) => v.len(),
        Data::Int32(v) => v.len(),
        Data::Int64(v) => v.len(),
    };
    if found != count {
        return Err(format!("has {found} numbers, which do not fit shape {shape:?}"));
    }
    Ok(Tensor { shape, data })
}

/// A tensor's numbers: from its bytes (`N` little-endian bytes each) if it has them, else from its typed field.
fn numbers<T, const N: usize>(
    raw: Option<&[u8]>,
    typed: Vec<T>,
    from: fn([u8; N]) -> T,
) -> std::result::Result<Vec<T>, String> {
    let Some(raw) = raw else { return Ok(typed) };
    let (whole, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(format!("has {} bytes, which are no multiple of {N}", raw.len()));
    }
    Ok(whole.iter().map(|bytes| from(*bytes)).collect())
}

/// Small integers, which the format keeps in 32 bits when it does not keep them as bytes.
fn narrowed<T: TryFrom<i32>>(wide: Vec<i32>) -> std::result::Result<Vec<T>, String> {
    let narrow = |v: i32| T::try_from(v).map_err(|_| format!("holds {v}, which is too large for its type"));
    wide.into_iter().map(narrow).collect()
}

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor_type: Option<TensorTypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorTypeProto {
    #[prost(message, optional, tag = "2")]
    shape: Option<ShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct ShapeProto {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<DimensionProto>,
}

#[derive(Clone, PartialEq, Message)]
struct DimensionProto {
    #[prost(int64, optional, tag = "1")]
    dim_value: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, optional, tag = "3")]
    name: Option<String>,
    #[prost(string, optional, tag = "4")]
    op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(float, optional, tag = "2")]
    f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    s: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    t: Option<TensorProto>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    floats: Vec<f32>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    r#type: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    data_type: Option<i32>,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    int64_data: Vec<i64>,
    #[prost(string, optional, tag = "8")]
    name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "9")]
    raw_data: Option<Vec<u8>>,
    #[prost(int32, optional, tag = "14")]
    data_location: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(proto: &TensorProto) -> Result<Tensor> {
        read_tensor("t.pb", &proto.encode_to_vec())
    }

    #[test]
    fn tensors_from_bytes_and_from_typed_fields() {
        let raw = |data_type, dims: &[i64], bytes: &[u8]| TensorProto {
            data_type: Some(data_type),
            dims: dims.to_vec(),
            raw_data: Some(bytes.to_vec()),
            ..Default::default()
        };
        assert_eq!(read(&raw(1, &[1, 1], &1.5f32.to_le_bytes())).unwrap().data, Data::Float(vec![1.5]));
        assert_eq!(read(&raw(2, &[2], &[1, 255])).unwrap().data, Data::Uint8(vec![1, 255]));
        assert_eq!(read(&raw(3, &[2], &[1, 255])).unwrap().data, Data::Int8(vec![1, -1]));
        assert_eq!(read(&raw(7, &[], &(-2i64).to_le_bytes())).unwrap().data, Data::Int64(vec![-2]));
        let typed =
            TensorProto { data_type: Some(3), dims: vec![3], int32_data: vec![-128, 0, 127], ..Default::default() };
        assert_eq!(read(&typed).unwrap().data, Data::Int8(vec![-128, 0, 127]));
        let too_large = TensorProto { data_type: Some(2), ..typed.clone() };
        for (wrong, what) in [
            (too_large, "holds -128, which is too large"),
            (raw(1, &[1], &[0; 5]), "5 bytes"),
            (raw(1, &[3], &[0; 8]), "2 numbers, which do not fit shape [3]"),
            (raw(1, &[-1], &[]), "impossible shape [-1]"),
            (raw(1, &[i64::MAX, 4], &[]), "impossible shape"),
            (raw(99, &[1], &[0]), "number type 99"),
            (TensorProto { data_location: Some(1), ..typed }, "another file"),
        ] {
            let message = read(&wrong).unwrap_err().to_string();
            assert!(message.starts_with("t.pb: ") && message.contains(what), "{message}");
        }
    }

    #[test]
    fn models_keep_their_order_and_attributes() {
        let attribute = |name: &str, kind| AttributeProto {
            name: Some(name.into()),
            r#type: Some(kind),
            i: Some(7),
            s: Some(b"same".to_vec()),
            ints: vec![2, -1],
            ..Default::default()
        };
        let node = NodeProto {
            input: vec!["x".into(), "w".into()],
            output: vec!["y".into()],
            name: Some("first".into()),
            op_type: Some("Conv".into()),
            attribute: vec![attribute("group", 2), attribute("pads", 7), attribute("auto_pad", 3)],
        };
        let sides = [Some(1), None, Some(8)].map(|dim_value| DimensionProto { dim_value });
        let shape = Some(ShapeProto { dim: sides.to_vec() });
        let picture = TypeProto { tensor_type: Some(TensorTypeProto { shape }) };
        let weights =
            TensorProto { name: Some("w".into()), data_type: Some(1), float_data: vec![0.5], ..Default::default() };
        let graph = GraphProto {
            node: vec![node],
            initializer: vec![weights],
            input: vec![ValueInfoProto { name: Some("x".into()), r#type: Some(picture) }],
            output: vec![ValueInfoProto { name: Some("y".into()), r#type: None }],
        };
        let bytes = |graph: &GraphProto| ModelProto { graph: Some(graph.clone()) }.encode_to_vec();
        let model = read_model("m.onnx", &bytes(&graph)).unwrap();
        assert_eq!(model.input_shapes, [[1, 0, 8]]);
        assert_eq!((model.inputs, model.outputs), (vec!["x".to_string()], vec!["y".to_string()]));
        assert_eq!(model.initializers["w"], Tensor { shape: vec![], data: Data::Float(vec![0.5]) });
        assert_eq!(model.nodes[0].op, "Conv");
        assert_eq!(model.nodes[0].attributes["group"], Attribute::Int(7));
        assert_eq!(model.nodes[0].attributes["pads"], Attribute::Ints(vec![2, -1]));
        assert_eq!(model.nodes[0].attributes["auto_pad"], Attribute::Text("same".into()));

        let mut twice = graph.clone();
        twice.initializer.push(graph.initializer[0].clone());
        assert!(read_model("m.onnx", &bytes(&twice)).unwrap_err().to_string().contains("two initializers `w`"));
        let mut strange = graph;
        strange.node[0].attribute[0].r#type = Some(5);
        let message = read_model("m.onnx", &bytes(&strange)).unwrap_err().to_string();
        assert!(message.contains("attribute `group` of Conv node `first` is of kind 5"), "{message}");
    }

    #[test]
    fn damaged_files_are_refused() {
        for bytes in [&b""[..], b"hello", &[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 40]] {
            assert!(matches!(read_model("m.onnx", bytes), Err(Error::Model { .. })), "{bytes:?}");
        }
    }
}
