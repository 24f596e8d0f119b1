//! An ONNX file's nodes as the steps that pictures take: what is computed of constants is computed, and what is said of a node is
//! checked.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::{Numbers, constant, evaluate, int, ints};
use super::{Found, Read};
use crate::net::EPSILON;
use crate::style::Norm;
use crate::weights::onnx::{Attribute, Model, Node};

/// Side of the picture for which a file's sizes are computed where it does not say one.
const SIDE: usize = 64;

/// What happens to a picture.
#[derive(Debug)]
pub enum Operation {
    /// Mirrored at its border by so many pixels.
    Pad(usize),
    /// Without padding, unless `zeros`.
    Convolution {
        layer: Box<Found>,
        stride: i64,
        zeros: bool,
    },
    Norm(Norm),
    Relu,
    Add,
    /// By two, nearest neighbour.
    Enlarge,
    /// Each colour times the first number plus the second.
    Affine([f32; 3], [f32; 3]),
    Clip(f32, f32),
    Sigmoid,
}

/// A node that works on pictures, which are numbered as they are made; 0 is the input.
#[derive(Debug)]
pub struct Step {
    /// The node, for people.
    pub label: String,
    pub operation: Operation,
    pub inputs: Vec<usize>,
}

enum Value {
    /// Its number and its shape.
    Picture(usize, [usize; 4]),
    Numbers(Numbers),
}

/// The steps of `model`, each of which makes the picture behind those before it, and the number of the output.
pub fn steps(model: &Model) -> Read<(Vec<Step>, usize)> {
    let mut reader = Reader { values: BTreeMap::new(), steps: Vec::new() };
    let pictures: Vec<_> = (model.inputs.iter().zip(&model.input_shapes))
        .filter(|(name, _)| !model.initializers.contains_key(*name))
        .collect();
    let ([(input, shape)], [output]) = (&pictures[..], &model.outputs[..]) else {
        let (inputs, outputs) = (pictures.len(), model.outputs.len());
        return Err(format!("takes {inputs} pictures and makes {outputs}, where one of each was expected"));
    };
    if !shape.is_empty() && (shape.len() != 4 || !matches!(shape[1], 0 | 3)) {
        let sides = shape.iter().map(|side| if *side == 0 { "any".to_string() } else { side.to_string() });
        let sides = sides.collect::<Vec<_>>().join(", ");
        return Err(format!("takes a picture of the shape [{sides}], where [1, 3, height, width] was expected"));
    }
    let side = |axis: usize| shape.get(axis).copied().filter(|side| *side > 0).unwrap_or(SIDE);
    reader.values.insert((*input).clone(), Value::Picture(0, [1, 3, side(2), side(3)]));
    for node in &model.nodes {
        // As late as that: a file of another kind may have hundreds of megabytes.
        for name in &node.inputs {
            if let (false, Some(tensor)) = (reader.values.contains_key(name), model.initializers.get(name)) {
                reader.values.insert(name.clone(), Value::Numbers(Numbers::of(tensor)));
            }
        }
        let value = reader.value(node).map_err(|problem| format!("{} {problem}", label(node)))?;
        let Some(name) = node.outputs.first() else { return Err(format!("{} makes nothing", label(node))) };
        reader.values.insert(name.clone(), value);
    }
    match reader.values.get(output) {
        Some(Value::Picture(number, _)) => Ok((reader.steps, *number)),
        _ => Err(format!("makes no picture `{output}`")),
    }
}

/// A constant tensor of `model` that no node takes.
pub fn left_over(model: &Model) -> Option<&str> {
    let used: BTreeSet<&String> = model.nodes.iter().flat_map(|node| &node.inputs).collect();
    model.initializers.keys().find(|name| !used.contains(name)).map(String::as_str)
}

fn label(node: &Node) -> String {
    let name = if node.name.is_empty() { node.outputs.first().map_or("", String::as_str) } else { &node.name };
    format!("has a node `{name}` ({}) that", node.op)
}

struct Reader {
    values: BTreeMap<String, Value>,
    steps: Vec<Step>,
}

impl Reader {
    /// What `node` makes.
    fn value(&mut self, node: &Node) -> Read<Value> {
        if node.op == "Constant" {
            return constant(node).map(Value::Numbers).ok_or_else(|| "has a value that is not supported".to_string());
        }
        let inputs: Vec<Option<&Value>> = node.inputs.iter().map(|name| self.values.get(name)).collect();
        if let Some(missing) = node.inputs.iter().find(|name| !name.is_empty() && !self.values.contains_key(*name)) {
            return Err(format!("takes `{missing}`, which is not there"));
        }
        let numbers = |i: usize| match inputs.get(i).copied().flatten() {
            Some(Value::Numbers(numbers)) => Some(numbers),
            _ => None,
        };
        let picture = |i: usize| match inputs.get(i).copied().flatten() {
            Some(Value::Picture(number, shape)) => Some((*number, *shape)),
            _ => None,
        };
        // The picture is the first input, or the second of a sum or product.
        let (number, shape, other) = match (picture(0), picture(1)) {
            (Some((number, shape)), _) => (number, shape, 1),
            (None, Some((number, shape))) if matches!(node.op.as_str(), "Add" | "Mul") => (number, shape, 0),
            _ => return evaluate(node, &(0..inputs.len()).map(numbers).collect::<Vec<_>>()).map(Value::Numbers),
        };
        let [_, channels, height, width] = shape;
        let mut used = vec![number];
        let (operation, shape) = match node.op.as_str() {
            "Shape" => return Ok(Value::Numbers(Numbers::list(shape.iter().map(|side| *side as f64).collect()))),
            "Identity" | "Cast" | "Dropout" => return Ok(Value::Picture(number, shape)),
            "Pad" => {
                let pad = padding(node, numbers(1))?;
                (Operation::Pad(pad), [1, channels, height + 2 * pad, width + 2 * pad])
            }
            "Conv" => {
                let weights = numbers(1).ok_or("has weights that are no constants")?;
                let (layer, stride, zeros) = convolution(node, weights, numbers(2))?;
                let [outputs, kernel] = [layer.shape[0], layer.shape[2]];
                let side = |side: usize| side.saturating_sub(kernel) / stride as usize + 1;
                let shape = [1, outputs, side(height), side(width)];
                (Operation::Convolution { layer: Box::new(layer), stride, zeros }, shape)
            }
            "InstanceNormalization" => {
                let (Some(scale), Some(shift)) = (numbers(1), numbers(2)) else {
                    return Err("has scales or shifts that are no constants".to_string());
                };
                let epsilon = float(node, "epsilon").unwrap_or(EPSILON);
                if (epsilon / EPSILON - 1.0).abs() > 1e-3 {
                    return Err(format!("normalizes with an epsilon of {epsilon}, and this program with {EPSILON}"));
                }
                (Operation::Norm(Norm { scale: scale.floats(), shift: shift.floats() }), shape)
            }
            "Relu" => (Operation::Relu, shape),
            "Sigmoid" => (Operation::Sigmoid, shape),
            "Clip" => {
                let bound =
                    |i: usize, name: &str| numbers(i).and_then(|n| n.floats().first().copied()).or(float(node, name));
                let (low, high) = (bound(1, "min").unwrap_or(f32::MIN), bound(2, "max").unwrap_or(f32::MAX));
                (Operation::Clip(low, high), shape)
            }
            "Upsample" | "Resize" => {
                enlargement(node, (height, width), [1, 2, 3].map(numbers))?;
                (Operation::Enlarge, [1, channels, 2 * height, 2 * width])
            }
            "Add"
                if let Some((second, other)) = picture(1)
                    && picture(0).is_some() =>
            {
                if shape != other {
                    return Err("adds pictures of different sizes".to_string());
                }
                used.push(second);
                (Operation::Add, shape)
            }
            "Add" | "Sub" | "Mul" | "Div" => {
                let by = numbers(other).ok_or("combines two pictures, which no layer of this kind of network does")?;
                let by = colours(by).ok_or("has a constant that is neither one number nor one for each colour")?;
                let (one, none) = ([1.0; 3], [0.0; 3]);
                let operation = match node.op.as_str() {
                    "Add" => Operation::Affine(one, by),
                    "Sub" => Operation::Affine(one, by.map(|v| -v)),
                    "Mul" => Operation::Affine(by, none),
                    _ => Operation::Affine(by.map(|v| 1.0 / v), none),
                };
                (operation, shape)
            }
            _ => return Err("is no layer of this kind of network".to_string()),
        };
        self.steps.push(Step { label: label(node), operation, inputs: used });
        Ok(Value::Picture(self.steps.len(), shape))
    }
}

fn float(node: &Node, name: &str) -> Option<f32> {
    match node.attributes.get(name) {
        Some(Attribute::Float(value)) => Some(*value),
        _ => None,
    }
}

fn text<'a>(node: &'a Node, name: &str, otherwise: &'a str) -> &'a str {
    match node.attributes.get(name) {
        Some(Attribute::Text(text)) => text,
        _ => otherwise,
    }
}

/// By how many pixels the picture is mirrored on each side.
fn padding(node: &Node, given: Option<&Numbers>) -> Read<usize> {
    let mode = text(node, "mode", "constant");
    if mode != "reflect" {
        return Err(format!("pads by the mode `{mode}`, where `reflect` was expected"));
    }
    let listed = ints(node, "pads").map(|pads| pads.iter().map(|v| *v as f64).collect());
    let pads: Vec<f64> = listed.or(given.map(|n| n.values.clone())).ok_or("does not say by how much it pads")?;
    match pads[..] {
        [0.0, 0.0, top, left, 0.0, 0.0, bottom, right]
            if top == left && top == bottom && top == right && (0.0..=64.0).contains(&top) =>
        {
            Ok(top as usize)
        }
        _ => Err(format!("pads by {pads:?}, where the same on all four sides was expected")),
    }
}

fn convolution(node: &Node, weights: &Numbers, bias: Option<&Numbers>) -> Read<(Found, i64, bool)> {
    let [outputs, _, kernel, across] = weights.shape[..] else {
        return Err(format!("has weights of the shape {:?}, where four sides were expected", weights.shape));
    };
    let strides = ints(node, "strides").unwrap_or(&[1, 1]);
    let plain = int(node, "group", 1) == 1 && ints(node, "dilations").is_none_or(|all| all.iter().all(|d| *d == 1));
    if !plain || strides.iter().any(|s| *s != strides[0] || *s < 1) || kernel != across || outputs == 0 || kernel == 0 {
        return Err("is no plain convolution with a square kernel".to_string());
    }
    let padded = ints(node, "pads").is_some_and(|pads| pads.iter().any(|p| *p != 0));
    let zeros = padded || text(node, "auto_pad", "NOTSET").starts_with("SAME");
    let name = node.inputs.get(1).map_or("", |name| name.trim_end_matches(".weight")).to_string();
    let bias = bias.map(Numbers::floats);
    let layer = Found { name, shape: weights.shape.clone(), weights: weights.floats(), bias, norm: None };
    Ok((layer, strides.first().copied().unwrap_or(1), zeros))
}

/// Whether a picture of that size is enlarged by two, each pixel to four.
fn enlargement(node: &Node, (height, width): (usize, usize), given: [Option<&Numbers>; 3]) -> Read<()> {
    let mode = text(node, "mode", "nearest");
    let from_attribute = match node.attributes.get("scales") {
        Some(Attribute::Floats(scales)) => Some(scales.iter().map(|s| f64::from(*s)).collect::<Vec<_>>()),
        _ => None,
    };
    let sizes = given[2].map(|n| n.values.clone()).filter(|sizes| sizes.len() == 4);
    let from_sizes = sizes.map(|sizes| vec![sizes[0], 1.0, sizes[2] / height as f64, sizes[3] / width as f64]);
    // Scales come second in `Upsample` and in the oldest `Resize`, third in others.
    let given = given[..2].iter().rev().flatten().find(|n| n.values.len() == 4).map(|n| n.values.clone());
    let scales = from_attribute.or(from_sizes).or(given).ok_or("does not say by how much it enlarges")?;
    let twice = scales.len() == 4 && scales.iter().zip([1.0, 1.0, 2.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-3);
    if mode != "nearest" || !twice {
        return Err(format!("enlarges by {scales:?} with the mode `{mode}`, where twice by `nearest` was expected"));
    }
    if node.op == "Upsample" {
        return Ok(());
    }
    let (place, rounding) =
        (text(node, "coordinate_transformation_mode", "half_pixel"), text(node, "nearest_mode", "round_prefer_floor"));
    let source = |i: f64| {
        let x = match place {
            "asymmetric" => i / 2.0,
            "half_pixel" | "pytorch_half_pixel" => (i + 0.5) / 2.0 - 0.5,
            "tf_half_pixel_for_nn" => (i + 0.5) / 2.0,
            _ => return None,
        };
        match rounding {
            "floor" => Some(x.floor()),
            "ceil" => Some(x.ceil()),
            "round_prefer_floor" => Some((x - 0.5).ceil()),
            "round_prefer_ceil" => Some((x + 0.5).floor()),
            _ => None,
        }
    };
    // Away from the borders, where other roundings differ.
    if (2..10u8).any(|i| source(f64::from(i)) != Some(f64::from(i / 2))) {
        return Err(format!("enlarges with `{place}` and `{rounding}`, which does not make four of each pixel"));
    }
    Ok(())
}

/// One number for each colour.
fn colours(numbers: &Numbers) -> Option<[f32; 3]> {
    let values = numbers.floats();
    match (values[..].first(), values.len()) {
        (Some(one), 1) => Some([*one; 3]),
        (_, 3) if numbers.shape.iter().rev().nth(2) == Some(&3) => values.try_into().ok(),
        _ => None,
    }
}
