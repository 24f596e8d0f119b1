//! Contents of ONNX files, independent of the encoding: nodes and constants.

use std::collections::BTreeMap;

/// A network as its file defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The names of the graph's inputs, in order.
    pub inputs: Vec<String>,
    /// The names of the graph's outputs, in order.
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
    /// The node's name, for error messages. May be empty.
    pub name: String,
    /// The operator, such as `Conv`.
    pub op: String,
    /// The names of the input tensors. An omitted optional input has an empty name.
    pub inputs: Vec<String>,
    /// The names of the output tensors.
    pub outputs: Vec<String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// An attribute of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A 32-bit float.
    Float(f32),
    /// A 64-bit integer.
    Int(i64),
    /// A string.
    Text(String),
    /// A constant tensor.
    Tensor(Tensor),
    /// A list of 32-bit floats.
    Floats(Vec<f32>),
    /// A list of 64-bit integers.
    Ints(Vec<i64>),
}

/// A constant tensor. The values are in row-major order; their number is the product of `shape`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Lengths of the axes. Empty for a scalar.
    pub shape: Vec<usize>,
    /// The values, in row-major order.
    pub data: Data,
}

/// The values of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// 32-bit floats, also those of types that are converted to them.
    Float(Vec<f32>),
    /// Unsigned 8-bit integers and booleans.
    Uint8(Vec<u8>),
    /// Signed 8-bit integers.
    Int8(Vec<i8>),
    /// 32-bit integers, also those of 16 bits.
    Int32(Vec<i32>),
    /// 64-bit integers.
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
