//! Creates and changes ONNX files, with the messages that the importer reads.

pub use impasto::import::onnx::messages::{
    AttributeProto, EntryProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use prost::Message;

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
    let (op_type, name) = (Some(op.into()), Some(output.into()));
    NodeProto { op_type, input, output: vec![output.into()], name, attribute: vec![] }
}

/// Changes of a node.
pub trait With {
    /// The node with this attribute, instead of one of the same name.
    fn with(self, attribute: AttributeProto) -> Self;
}

impl With for NodeProto {
    fn with(mut self, attribute: AttributeProto) -> Self {
        self.attribute.retain(|other| other.name != attribute.name);
        self.attribute.push(attribute);
        self
    }
}

/// An input or output of a graph, without a type.
pub fn value(name: &str) -> ValueInfoProto {
    ValueInfoProto { name: Some(name.into()), r#type: None }
}

/// A description of external data.
pub fn entry(key: &str, value: impl Into<String>) -> EntryProto {
    EntryProto { key: Some(key.into()), value: Some(value.into()) }
}

pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: Some(name.into()), i: Some(value), r#type: Some(2), ..Default::default() }
}

pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: Some(name.into()), ints: values.to_vec(), r#type: Some(7), ..Default::default() }
}

pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: Some(name.into()), f: Some(value), r#type: Some(1), ..Default::default() }
}

pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { name: Some(name.into()), s: Some(value.into()), r#type: Some(3), ..Default::default() }
}

pub fn constant(name: &str, value: TensorProto) -> NodeProto {
    node("Constant", &[], name).with(AttributeProto {
        name: Some("value".into()),
        t: Some(value),
        r#type: Some(4),
        ..Default::default()
    })
}

pub fn tensor(name: &str, data_type: i32, dims: &[i64], raw: Vec<u8>) -> TensorProto {
    let (name, data_type) = (Some(name.into()), Some(data_type));
    TensorProto { name, data_type, dims: dims.to_vec(), raw_data: Some(raw), ..Default::default() }
}

pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    tensor(name, FLOAT, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

pub fn longs(name: &str, values: &[i64]) -> TensorProto {
    tensor(name, INT64, &[values.len() as i64], values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// The numbers of a tensor.
pub trait Values {
    /// The numbers in single precision.
    fn values(&self) -> Vec<f32>;
}

impl Values for TensorProto {
    fn values(&self) -> Vec<f32> {
        assert_eq!(self.data_type(), FLOAT);
        self.raw_data.as_ref().unwrap().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }
}
