//! Converts an ONNX file's nodes to steps on pictures. Computations on constants are evaluated, and the parameters of
//! nodes are checked.

use std::collections::{BTreeMap, BTreeSet};

use super::constant::{Budget, Constant, float, int, ints};
use super::fold::{evaluate, shape_of};
use super::layers::{Convolved, convolution, enlargement, padding};
use super::norms::{Input, Made, Statistic, normalization, statistic};
use super::parts::{Found, Read};
use super::picture::{LONGEST_SIDE, Picture};
use super::{quantized, shapes};
use crate::import::onnx::{Model, Node};
use crate::style::Norm;
use crate::weights::foreign::quoted;

/// Side of the picture that sizes are computed for, if the file does not specify one.
const SIDE: usize = 64;

/// An operation on a picture.
#[derive(Debug)]
pub enum Operation {
    /// Reflection padding by a number of pixels.
    Pad(usize),
    /// A convolution without padding.
    Convolution {
        layer: Box<Found>,
        stride: i64,
    },
    Norm(Norm),
    Relu,
    Add,
    /// Enlargement by two with nearest-neighbour sampling.
    Enlarge,
    /// Multiplies each channel by a value of the first list, and adds one of the second.
    Affine(Vec<f32>, Vec<f32>),
    Clip(f32, f32),
    Sigmoid,
    /// Rounding to integers.
    Round,
}

/// A node that operates on pictures. Pictures are numbered in the order in which they are made; 0 is the input.
#[derive(Debug)]
pub struct Step {
    /// Description of the node for error messages.
    pub label: String,
    pub operation: Operation,
    pub inputs: Vec<usize>,
}

enum Value<'m> {
    Picture(Picture),
    Statistic(Statistic),
    Constant(Constant<'m>),
}

/// Returns the steps of `model`, and the number of the output picture. Step `i`, counted from 0, makes picture `i + 1`.
pub fn steps(model: &Model) -> Read<(Vec<Step>, usize)> {
    let (input, output, picture) = ends(model)?;
    let mut reader = Reader { values: BTreeMap::new(), steps: Vec::new(), budget: Budget::default() };
    reader.values.insert(input, Value::Picture(picture));
    for node in &model.nodes {
        for name in &node.inputs {
            if let (false, Some(tensor)) = (reader.values.contains_key(name.as_str()), model.initializers.get(name)) {
                reader.values.insert(name, Value::Constant(Constant::Tensor(tensor)));
            }
        }
        let value = reader.value(node).map_err(|problem| format!("{} {problem}", label(node)))?;
        let Some(name) = node.outputs.first() else { return Err(format!("{} has no output", label(node))) };
        reader.values.insert(name, value);
    }
    match reader.values.get(output) {
        Some(Value::Picture(picture)) if picture.is_plain() => Ok((reader.steps, picture.number)),
        _ => Err(format!("does not produce the picture {}", quoted(output))),
    }
}

/// Returns the names of a model's input and output pictures, and the input picture.
fn ends(model: &Model) -> Read<(&str, &str, Picture)> {
    let pictures: Vec<_> = (model.inputs.iter().zip(&model.input_shapes))
        .filter(|(name, _)| !model.initializers.contains_key(*name))
        .collect();
    let ([(input, shape)], [output]) = (&pictures[..], &model.outputs[..]) else {
        let (inputs, outputs) = (pictures.len(), model.outputs.len());
        return Err(format!("has {inputs} input pictures and {outputs} outputs, where one of each was expected"));
    };
    let fits = shape.is_empty() || (shape.len() == 4 && matches!(shape[1], 0 | 3) && shape[0] <= 1);
    if !fits || shape.iter().any(|side| *side > LONGEST_SIDE) {
        let sides = shape.iter().take(8).map(|side| if *side == 0 { "any".to_string() } else { side.to_string() });
        let sides = sides.collect::<Vec<_>>().join(", ");
        return Err(format!("takes a picture of the shape [{sides}], where [1, 3, height, width] was expected"));
    }
    let side = |axis: usize| shape.get(axis).copied().filter(|side| *side > 0).unwrap_or(SIDE);
    Ok((input, output, Picture::new(0, [1, 3, side(2), side(3)], true)))
}

/// Returns a constant tensor of `model` that no node uses.
pub fn left_over(model: &Model) -> Option<&str> {
    let used: BTreeSet<&String> = model.nodes.iter().flat_map(|node| &node.inputs).collect();
    model.initializers.keys().find(|name| !used.contains(name)).map(String::as_str)
}

fn label(node: &Node) -> String {
    let name = if node.name.is_empty() { node.outputs.first().map_or("", String::as_str) } else { &node.name };
    let op = quoted(&node.op);
    format!("has a node {} ({}) that", quoted(name), op.trim_matches('`'))
}

struct Reader<'m> {
    values: BTreeMap<&'m str, Value<'m>>,
    steps: Vec<Step>,
    budget: Budget,
}

impl<'m> Reader<'m> {
    /// Returns the value that `node` makes.
    fn value(&mut self, node: &'m Node) -> Read<Value<'m>> {
        if node.op == "Constant" {
            return Constant::of(node)
                .map(Value::Constant)
                .ok_or_else(|| "has a value that is not supported".to_string());
        }
        if let Some(missing) =
            node.inputs.iter().find(|name| !name.is_empty() && !self.values.contains_key(name.as_str()))
        {
            return Err(format!("takes {}, which does not exist", quoted(missing)));
        }
        let inputs: Vec<Option<&Value>> = node.inputs.iter().map(|name| self.values.get(name.as_str())).collect();
        let statistics = inputs.iter().map(|value| {
            value.map(|value| match value {
                Value::Picture(picture) => Input::Picture(picture),
                Value::Statistic(statistic) => Input::Statistic(statistic),
                Value::Constant(constant) => Input::Constant(constant),
            })
        });
        match statistic(node, &statistics.collect::<Vec<_>>())? {
            Some(Made::Statistic(statistic)) => return Ok(Value::Statistic(statistic)),
            Some(Made::Normalized(picture, norm)) => {
                return Ok(self.push(node, Operation::Norm(norm), vec![picture.number], picture, false));
            }
            None => {}
        }
        let constants: Vec<Option<&Constant>> = inputs.iter().map(|value| constant(*value)).collect();
        let pictures: Vec<&Picture> = inputs.iter().filter_map(|value| picture(*value)).collect();
        match pictures[..] {
            [] if inputs.iter().flatten().any(|value| matches!(value, Value::Statistic(_))) => {
                Err("uses means or deviations, but is not an instance normalization".to_string())
            }
            [] => {
                evaluate(node, &constants, &mut self.budget).map(|numbers| Value::Constant(Constant::Numbers(numbers)))
            }
            [a, b] if node.op == "Add" => {
                if (a.shape, &a.view) != (b.shape, &b.view) {
                    return Err("adds pictures of different sizes".to_string());
                }
                let (sum, numbers) = (a.clone(), vec![a.number, b.number]);
                let positive = a.nonnegative && b.nonnegative;
                Ok(self.push(node, Operation::Add, numbers, sum, positive))
            }
            [picture] => {
                let picture = picture.clone();
                self.of_picture(node, picture)
            }
            _ => Err("combines pictures, which no layer of this kind of network does".to_string()),
        }
    }

    fn constant(&self, node: &Node, i: usize) -> Option<&Constant<'m>> {
        node.inputs.get(i).and_then(|name| constant(self.values.get(name.as_str())))
    }

    /// Returns the value that `node` makes of its only picture.
    fn of_picture(&mut self, node: &'m Node, seen: Picture) -> Read<Value<'m>> {
        let small = |i: usize| self.constant(node, i).and_then(Constant::small);
        let first = picture(node.inputs.first().and_then(|name| self.values.get(name.as_str()))).is_some();
        let op = node.op.as_str();
        if let ("Add" | "Sub" | "Mul" | "Div", other) = (op, usize::from(first)) {
            let by = self
                .constant(node, other)
                .ok_or("combines two pictures, which no layer of this kind of network does")?;
            let by =
                seen.per_channel(by).ok_or("has a constant that is neither one number nor one for each channel")?;
            let (ones, zeros) = (vec![1.0; by.len()], vec![0.0; by.len()]);
            let operation = match op {
                "Add" => Operation::Affine(ones, by),
                "Mul" => Operation::Affine(by, zeros),
                "Sub" if first => Operation::Affine(ones, by.into_iter().map(|v| -v).collect()),
                "Div" if first => Operation::Affine(by.into_iter().map(|v| 1.0 / v).collect(), zeros),
                _ => {
                    return Err("has the picture as its second operand, which no layer of this kind of network does"
                        .to_string());
                }
            };
            return Ok(self.push(node, operation, vec![seen.number], seen, false));
        }
        if !first {
            return Err("takes its picture as another input than the first".to_string());
        }
        // These operators are allowed in every view.
        let listed = |name: &str| ints(node, name).map(<[i64]>::to_vec).or_else(|| small(1).map(|n| n.integers()));
        let view = match op {
            "Shape" => return shape_of(node, &seen.view).map(|n| Value::Constant(Constant::Numbers(n))),
            "Identity" | "Dropout" | "DequantizeLinear" => return Ok(Value::Picture(seen)),
            "QuantizeLinear" if seen.nonnegative || !quantized::clips_at_zero(self.constant(node, 2)) => {
                return Ok(Value::Picture(seen));
            }
            "Cast" if matches!(int(node, "to", 1), 1 | 10 | 11 | 16) => return Ok(Value::Picture(seen)),
            "Reshape" => {
                let count = seen.count().ok_or("makes an impossibly large picture")?;
                Some(listed("shape").and_then(|shape| shapes::reshaped(&seen.view, count, &shape)))
            }
            "Squeeze" => Some(shapes::squeezed(&seen.view, listed("axes").as_deref())),
            "Unsqueeze" => Some(listed("axes").and_then(|axes| shapes::unsqueezed(&seen.view, &axes))),
            _ => None,
        };
        if let Some(view) = view {
            let again = view.and_then(|view| seen.seen_as(view));
            return again.map(Value::Picture).ok_or_else(|| "mixes the channels of the picture".to_string());
        }
        let operation = match op {
            "InstanceNormalization" | "BatchNormalization" | "GroupNormalization" => {
                let mut budget = std::mem::take(&mut self.budget);
                let [scale, shift] = [1, 2].map(|i| self.constant(node, i));
                let norm = normalization(node, &seen, scale, shift, &mut budget);
                self.budget = budget;
                Operation::Norm(norm?)
            }
            "Relu" | "QuantizeLinear" => Operation::Relu,
            "Sigmoid" => Operation::Sigmoid,
            "Cast" => Operation::Round,
            "Clip" => {
                let bound = |i: usize, name: &str| {
                    let given = small(i).and_then(|n| n.floats().first().copied());
                    given.or(float(node, name))
                };
                match (bound(1, "min").unwrap_or(f32::MIN), bound(2, "max").unwrap_or(f32::MAX)) {
                    (0.0, f32::MAX) => Operation::Relu,
                    (low, high) => Operation::Clip(low, high),
                }
            }
            _ if !seen.is_plain() => return Err("takes the picture in a changed shape".to_string()),
            _ => return self.resized(node, seen),
        };
        let positive = match &operation {
            Operation::Relu | Operation::Sigmoid => true,
            Operation::Clip(low, _) => *low >= 0.0,
            Operation::Round => seen.nonnegative,
            _ => false,
        };
        Ok(self.push(node, operation, vec![seen.number], seen, positive))
    }

    /// Returns the value of a node that changes a picture's size or channels.
    fn resized(&mut self, node: &'m Node, seen: Picture) -> Read<Value<'m>> {
        let small = |i: usize| self.constant(node, i).and_then(Constant::small);
        let [_, channels, height, width] = seen.shape;
        let (operation, shape) = match node.op.as_str() {
            "Pad" => {
                let pad = padding(node, small(1), small(3))?;
                (Operation::Pad(pad), [1, channels, height + 2 * pad, width + 2 * pad])
            }
            "Conv" => {
                let mut budget = std::mem::take(&mut self.budget);
                let weights = self.constant(node, 1).ok_or("has weights that are not constants")?;
                let bias = self.constant(node, 2);
                if bias.is_none() && node.inputs.get(2).is_some_and(|name| !name.is_empty()) {
                    return Err("has a bias that is not constant".to_string());
                }
                let convolved = convolution(node, [height, width], weights, bias, &mut budget);
                self.budget = budget;
                let Convolved { layer, stride, shape } = convolved?;
                (Operation::Convolution { layer: Box::new(layer), stride }, shape)
            }
            "Upsample" | "Resize" => {
                enlargement(node, [height, width], [1, 2, 3].map(small))?;
                (Operation::Enlarge, [1, channels, 2 * height, 2 * width])
            }
            "QLinearConv" | "ConvInteger" | "DynamicQuantizeLinear" => {
                let what = "computes in whole numbers, which is not supported";
                return Err(format!(
                    "{what}: quantize with QuantizeLinear and DequantizeLinear (QDQ), or export in floats"
                ));
            }
            _ => return Err("is not a layer of this kind of network".to_string()),
        };
        if shape[2..].iter().any(|side| *side > LONGEST_SIDE) {
            return Err("makes an impossibly large picture".to_string());
        }
        let positive = seen.nonnegative && !matches!(operation, Operation::Convolution { .. });
        let number = seen.number;
        Ok(self.push(node, operation, vec![number], Picture::new(number, shape, positive), positive))
    }

    /// Adds a step. Returns the picture that it makes, with the size and the view of `like`.
    fn push(
        &mut self,
        node: &Node,
        operation: Operation,
        inputs: Vec<usize>,
        like: Picture,
        nonnegative: bool,
    ) -> Value<'m> {
        self.steps.push(Step { label: label(node), operation, inputs });
        Value::Picture(Picture { number: self.steps.len(), nonnegative, ..like })
    }
}

fn picture<'v>(value: Option<&'v Value>) -> Option<&'v Picture> {
    match value {
        Some(Value::Picture(picture)) => Some(picture),
        _ => None,
    }
}

fn constant<'v, 'm>(value: Option<&'v Value<'m>>) -> Option<&'v Constant<'m>> {
    match value {
        Some(Value::Constant(constant)) => Some(constant),
        _ => None,
    }
}
