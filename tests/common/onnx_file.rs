//! Creates and changes ONNX files: the messages of `onnx.proto` that networks need.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueProto {
    #[prost(string, tag = "1")]
    pub name: String,
    /// Type and shape, which tests leave as they are.
    #[prost(bytes = "vec", tag = "2")]
    pub kind: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub s: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub t: Option<TensorProto>,
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub raw_data: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<EntryProto>,
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct EntryProto {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Types of numbers.
pub const FLOAT: i32 = 1;
pub const UINT8: i32 = 2;
pub const INT8: i32 = 3;
pub const INT64: i32 = 7;
pub const HALF: i32 = 10;

/// The graph of a file.
pub fn parse(bytes: &[u8]) -> GraphProto {
    ModelProto::decode(bytes).unwrap().graph.unwrap()
}

/// The file of a graph.
pub fn file(graph: &GraphProto) -> Vec<u8> {
    ModelProto { graph: Some(graph.clone()) }.encode_to_vec()
}

pub fn node(op: &str, input: &[&str], output: &str) -> NodeProto {
    let input = input.iter().map(ToString::to_string).collect();
    NodeProto { op_type: op.into(), input, output: vec![output.into()], name: output.into(), attribute: vec![] }
}

impl NodeProto {
    pub fn with(mut self, attribute: AttributeProto) -> Self {
        self.attribute.retain(|other| other.name != attribute.name);
        self.attribute.push(attribute);
        self
    }
}

pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i: Some(value), kind: 2, ..Default::default() }
}

pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: values.to_vec(), kind: 7, ..Default::default() }
}

pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f: Some(value), kind: 1, ..Default::default() }
}

pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { name: name.into(), s: Some(value.into()), kind: 3, ..Default::default() }
}

pub fn constant(name: &str, value: TensorProto) -> NodeProto {
    node("Constant", &[], name).with(AttributeProto {
        name: "value".into(),
        t: Some(value),
        kind: 4,
        ..Default::default()
    })
}

pub fn tensor(name: &str, data_type: i32, dims: &[i64], raw: Vec<u8>) -> TensorProto {
    TensorProto { name: name.into(), data_type, dims: dims.to_vec(), raw_data: Some(raw), ..Default::default() }
}

pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    tensor(name, FLOAT, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

pub fn longs(name: &str, values: &[i64]) -> TensorProto {
    tensor(name, INT64, &[values.len() as i64], values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

impl TensorProto {
    /// The numbers of a tensor in single precision.
    pub fn values(&self) -> Vec<f32> {
        assert_eq!(self.data_type, FLOAT);
        self.raw_data.as_ref().unwrap().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }
}
