//! Contents of ONNX files, independent of the encoding: nodes and constants.

use std::collections::BTreeMap;

/// A network as its file defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The names of the graph's inputs and outputs, in order.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Shapes of the inputs, as far as the file specifies them. A variable side is 0.
    pub input_shapes: Vec<Vec<usize>>,
    /// Constant tensors by name.
    pub initializers: BTreeMap<String, Tensor>,
    /// The nodes in topological order.
    pub nodes: Vec<Node>,
}

/// One node of the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub name: String,
    /// The operator, such as `Conv`.
    pub op: String,
    /// The names of the input tensors. An omitted optional input has an empty name.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: BTreeMap<String, Attribute>,
}

/// An attribute of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Float(f32),
    Int(i64),
    Text(String),
    Tensor(Tensor),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

/// A constant tensor. The values are in row-major order; their number is the product of `shape`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub data: Data,
}

/// The values of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Float(Vec<f32>),
    Uint8(Vec<u8>),
    Int8(Vec<i8>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
}

impl Data {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(v) => v.len(),
            Self::Uint8(v) => v.len(),
            Self::Int8(v) => v.len(),
            Self::Int32(v) => v.len(),
            Self::Int64(v) => v.len(),
        }
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns value `i`, if it exists. Integers from 2^53 on are rounded.
    pub fn get(&self, i: usize) -> Option<f64> {
        match self {
            Self::Float(v) => v.get(i).map(|v| f64::from(*v)),
            Self::Uint8(v) => v.get(i).map(|v| f64::from(*v)),
            Self::Int8(v) => v.get(i).map(|v| f64::from(*v)),
            Self::Int32(v) => v.get(i).map(|v| f64::from(*v)),
            Self::Int64(v) => v.get(i).map(|v| *v as f64),
        }
    }
}
