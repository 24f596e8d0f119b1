//! What ONNX files hold, without the format: nodes and constants.

use std::collections::BTreeMap;

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

impl Data {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(v) => v.len(),
            Self::Uint8(v) => v.len(),
            Self::Int8(v) => v.len(),
            Self::Int32(v) => v.len(),
            Self::Int64(v) => v.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number `i`, if there is one; integers from 2^53 on are rounded.
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
