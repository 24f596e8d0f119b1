//! ONNX parser. It supports the part of the format that users' networks, the published models and the standard's test
//! vectors need.
//!
//! `messages` has the format's messages, `limits` bounds their memory, `tensor` parses constants of every type that
//! weights have, and [`external`] those in other files.

pub mod external;
mod limits;
#[doc(hidden)]
pub mod messages;
mod model;
pub mod tensor;

pub use model::{Attribute, Data, Model, Node, Tensor};

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;

use self::external::{External, ReadExternal, missing};
use self::messages::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use self::tensor::tensor;
use crate::error::{Error, Result};
use crate::weights::foreign::quoted;

/// Options of [`read_model_with`].
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Reads the model's external data.
    pub external: ReadExternal<'a>,
    /// Restricts constants to those that nodes of this operator take, instead of all.
    pub only_for: Option<&'a str>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { external: &|location, _, _| Err(missing(location)), only_for: None }
    }
}

/// Parses a model without external data. `file` names the model in errors.
///
/// # Errors
/// [`Error::Model`] when the bytes are not an ONNX model or use unsupported features.
pub fn read_model(file: &str, bytes: &[u8]) -> Result<Model> {
    read_model_with(file, bytes, Options::default())
}

/// Parses a model with these options. `file` names the model in errors.
///
/// # Errors
/// As [`read_model`]; also when an external file is missing or too short.
pub fn read_model_with(file: &str, bytes: &[u8], options: Options) -> Result<Model> {
    let wrong = |problem: String| Error::Model { file: file.into(), problem };
    limits::check_model(bytes).map_err(wrong)?;
    let model = ModelProto::decode(bytes).map_err(|e| wrong(format!("is not an ONNX model ({e})")))?;
    let graph = model.graph.ok_or_else(|| wrong("is not an ONNX model (it has no graph)".into()))?;
    read_graph(graph, options).map_err(wrong)
}

fn read_graph(graph: GraphProto, options: Options) -> std::result::Result<Model, String> {
    let mut external = External::new(options.external);
    let nodes = graph.node.into_iter().map(|proto| node(proto, &mut external));
    let nodes = nodes.collect::<std::result::Result<Vec<_>, _>>()?;
    let used: Option<BTreeSet<&String>> = options.only_for.map(|op| {
        let taking = nodes.iter().filter(|node| node.op == op);
        taking.flat_map(|node| &node.inputs).collect()
    });
    let mut initializers = BTreeMap::new();
    for proto in graph.initializer {
        let name = proto.name.clone().unwrap_or_default();
        if used.as_ref().is_some_and(|used| !used.contains(&name)) {
            continue;
        }
        let tensor =
            tensor(proto, &mut external).map_err(|e| format!("has an initializer {} that {e}", quoted(&name)))?;
        if initializers.contains_key(&name) {
            return Err(format!("has two initializers {}", quoted(&name)));
        }
        initializers.insert(name, tensor);
    }
    let input_shapes = graph.input.iter().map(shape_of).collect();
    let names = |values: Vec<ValueInfoProto>| values.into_iter().map(|v| v.name.unwrap_or_default()).collect();
    Ok(Model { inputs: names(graph.input), outputs: names(graph.output), input_shapes, initializers, nodes })
}

/// Parses a file with a single tensor (`*.pb` of the standard's test vectors). `file` names the file in errors.
///
/// # Errors
/// [`Error::Model`] when the bytes are not such a tensor or its type is not supported.
pub fn read_tensor(file: &str, bytes: &[u8]) -> Result<Tensor> {
    let wrong = |problem: String| Error::Model { file: file.into(), problem };
    limits::check_tensor(bytes).map_err(wrong)?;
    let proto = TensorProto::decode(bytes).map_err(|e| wrong(format!("is not an ONNX tensor ({e})")))?;
    let mut external = External::new(Options::default().external);
    tensor(proto, &mut external).map_err(|e| wrong(format!("has a tensor that {e}")))
}

fn shape_of(value: &ValueInfoProto) -> Vec<usize> {
    let tensor = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let sides = tensor.and_then(|tensor| tensor.shape.as_ref()).map(|shape| shape.dim.as_slice()).unwrap_or_default();
    sides.iter().map(|side| side.dim_value.and_then(|v| usize::try_from(v).ok()).unwrap_or(0)).collect()
}

fn node(proto: NodeProto, external: &mut External) -> std::result::Result<Node, String> {
    let (name, op) = (proto.name.unwrap_or_default(), proto.op_type.unwrap_or_default());
    let mut attributes = BTreeMap::new();
    for a in proto.attribute {
        let key = a.name.clone().unwrap_or_default();
        let value = attribute(a, external);
        let value = value
            .map_err(|e| format!("has a node {} ({op}) with an attribute {} that {e}", quoted(&name), quoted(&key)))?;
        attributes.insert(key, value);
    }
    Ok(Node { name, op, inputs: proto.input, outputs: proto.output, attributes })
}

fn attribute(proto: AttributeProto, external: &mut External) -> std::result::Result<Attribute, String> {
    let absent = || "has no value".to_string();
    Ok(match proto.r#type.unwrap_or_default() {
        1 => Attribute::Float(proto.f.ok_or_else(absent)?),
        2 => Attribute::Int(proto.i.ok_or_else(absent)?),
        3 => {
            let text = String::from_utf8(proto.s.ok_or_else(absent)?);
            Attribute::Text(text.map_err(|_| "is a text that is not UTF-8".to_string())?)
        }
        4 => Attribute::Tensor(tensor(proto.t.ok_or_else(absent)?, external)?),
        6 => Attribute::Floats(proto.floats),
        7 => Attribute::Ints(proto.ints),
        kind => return Err(format!("is of kind {kind}, which is not supported")),
    })
}

#[cfg(test)]
mod tests {
    use super::messages::*;
    use super::*;

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
        assert!(message.contains("a node `first` (Conv) with an attribute `group` that is of kind 5"), "{message}");
    }

    #[test]
    fn damaged_files_are_refused() {
        for bytes in [&b""[..], b"hello", &[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 40]] {
            assert!(matches!(read_model("m.onnx", bytes), Err(Error::Model { .. })), "{bytes:?}");
        }
    }
}
