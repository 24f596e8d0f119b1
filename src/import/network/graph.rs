//! Networks in ONNX files, as PyTorch's exporters write its example `fast_neural_style`: one chain of steps, in which
//! only the residual blocks have skip connections.

use std::iter::{Enumerate, Peekable};
use std::vec::IntoIter;

use super::parts::{Found, Read, Skeleton};
use super::steps::{Operation, Step, left_over, steps};
use crate::error::Error;
use crate::import::onnx::external::ReadExternal;
use crate::import::onnx::{Model, Options, read_model_with};
use crate::weights::foreign::quoted;

/// Converts all nodes of the file. `external` reads the external data.
pub fn read(file: &str, bytes: &[u8], external: ReadExternal) -> Read<Skeleton> {
    let model = read_model_with(file, bytes, Options { external, only_for: None }).map_err(|e| match e {
        Error::Model { problem, .. } if problem.starts_with("is not an ONNX model") => {
            "is not a supported network file: use PyTorch (.pth) or ONNX".to_string()
        }
        Error::Model { problem, .. } => problem,
        other => other.to_string(),
    })?;
    skeleton(&model)
}

fn skeleton(model: &Model) -> Read<Skeleton> {
    let (steps, output) = steps(model)?;
    if output != steps.len() {
        return Err("has layers after its output picture".to_string());
    }
    let skeleton = Walk { steps: steps.into_iter().enumerate().peekable(), at: 0 }.skeleton()?;
    match left_over(model) {
        Some(name) => Err(format!("has a tensor {} that belongs to no layer", quoted(name))),
        None => Ok(skeleton),
    }
}

/// A traversal of the steps in order.
struct Walk {
    steps: Peekable<Enumerate<IntoIter<Step>>>,
    /// The picture that the next step must take as input.
    at: usize,
}

impl Walk {
    fn skeleton(mut self) -> Read<Skeleton> {
        let mut input = [1.0; 3];
        while let Some((by, _)) = self.affine()? {
            // The added constant is the same for all pixels, so the first normalization removes it.
            input.iter_mut().zip(by).for_each(|(input, by)| *input *= by);
        }
        let mut contract = Vec::new();
        for (kernel, stride, which) in [(9, 1, "first"), (3, 2, "second"), (3, 2, "third")] {
            let layer = self.normalized(&format!("the {which} convolution"), kernel, stride)?;
            self.relu(&layer)?;
            contract.push(layer);
        }
        let mut blocks = Vec::new();
        while let Some(Operation::Pad(_)) = self.next_operation() {
            let (skipped, what) = (self.at, format!("residual block {}", blocks.len() + 1));
            let first = self.normalized(&format!("the first convolution of {what}"), 3, 1)?;
            self.relu(&first)?;
            let second = self.normalized(&format!("the second convolution of {what}"), 3, 1)?;
            let sum = format!("the sum of {what} with its input");
            let before = self.at;
            let step = self.step(&sum)?;
            let both = [skipped, before];
            let sums = matches!(step.operation, Operation::Add) && step.inputs.len() == 2;
            if !sums || !both.iter().all(|picture| step.inputs.contains(picture)) {
                return Err(instead(&sum, Some(&step)));
            }
            blocks.push([first, second]);
        }
        let mut expand = Vec::new();
        for which in ["first", "second"] {
            let what = format!("the {which} enlargement");
            let step = self.step(&what)?;
            if !matches!(step.operation, Operation::Enlarge) {
                return Err(instead(&what, Some(&step)));
            }
            let layer = self.normalized(&format!("the convolution after {what}"), 3, 1)?;
            self.relu(&layer)?;
            expand.push(layer);
        }
        let last = self.convolution("the last convolution", 9, 1)?;
        let (sigmoid, white) = self.ending()?;
        expand.push(last);
        Ok(Skeleton { input, contract, blocks, expand, sigmoid, white })
    }

    /// Consumes the steps after the last convolution. Returns whether there is a sigmoid, and the output value of white
    /// if the file specifies it.
    fn ending(&mut self) -> Read<(bool, Option<f32>)> {
        let (mut sigmoid, mut white) = (false, None);
        while self.steps.peek().is_some() {
            let step = self.step("")?;
            match (&step.operation, white) {
                (Operation::Sigmoid, None) => (sigmoid, white) = (true, Some(1.0)),
                (Operation::Clip(0.0, high), None) if *high > 0.0 => white = Some(*high),
                // Negative colours are clamped anyway, and the effect of rounding is invisible.
                (Operation::Relu, None) if matches!(self.next_operation(), None | Some(Operation::Clip(0.0, _))) => {}
                (Operation::Relu, Some(_)) => {}
                (Operation::Round, _) if matches!(self.next_operation(), None | Some(Operation::Clip(0.0, _))) => {}
                (Operation::Affine(by, plus), Some(before)) if even(by) && plus.iter().all(|v| *v == 0.0) => {
                    white = by.first().map(|by| before * by);
                }
                (Operation::Clip(low, high), Some(white)) if *low <= 0.0 && *high >= white => {}
                _ => return Err(instead("the end", Some(&step))),
            }
        }
        match white {
            None => Ok((sigmoid, None)),
            Some(white) => {
                let known = [1.0, 255.0].into_iter().find(|known: &f32| (white / known - 1.0).abs() < 0.005);
                let known =
                    known.ok_or_else(|| format!("has output colours up to {white}, where 1 or 255 was expected"))?;
                Ok((sigmoid, Some(known)))
            }
        }
    }

    /// Consumes the next step, if it multiplies each channel by a constant and adds another.
    fn affine(&mut self) -> Read<Option<(Vec<f32>, Vec<f32>)>> {
        if !matches!(self.next_operation(), Some(Operation::Affine(..))) {
            return Ok(None);
        }
        match self.step("")?.operation {
            Operation::Affine(by, plus) => Ok(Some((by, plus))),
            _ => Ok(None),
        }
    }

    fn next_operation(&mut self) -> Option<&Operation> {
        self.steps.peek().map(|(_, step)| &step.operation)
    }

    /// Consumes the next step, which must take the output of the step before it.
    fn step(&mut self, expected: &str) -> Read<Step> {
        let Some((i, step)) = self.steps.next() else { return Err(instead(expected, None)) };
        if !step.inputs.contains(&self.at) {
            return Err(format!(
                "{} takes another picture than the previous output, which no layer of this kind of network does",
                step.label
            ));
        }
        self.at = i + 1;
        Ok(step)
    }

    fn relu(&mut self, layer: &Found) -> Read<()> {
        let what = format!("a ReLU after `{}`", layer.name);
        let step = self.step(&what)?;
        matches!(step.operation, Operation::Relu).then_some(()).ok_or_else(|| instead(&what, Some(&step)))
    }

    fn normalized(&mut self, what: &str, kernel: usize, stride: i64) -> Read<Found> {
        let mut layer = self.convolution(what, kernel, stride)?;
        let what = format!("an instance normalization with scales and shifts after {what}");
        let step = self.step(&what)?;
        let Operation::Norm(mut norm) = step.operation else { return Err(instead(&what, Some(&step))) };
        while let Some((by, plus)) = self.affine()? {
            norm.scale.iter_mut().zip(&by).for_each(|(scale, by)| *scale *= by);
            norm.shift.iter_mut().zip(by.iter().zip(&plus)).for_each(|(shift, (by, plus))| *shift = *shift * by + plus);
        }
        layer.norm = Some(norm);
        Ok(layer)
    }

    /// Consumes a convolution with reflection padding by half its kernel.
    fn convolution(&mut self, what: &str, kernel: usize, stride: i64) -> Read<Found> {
        let border = format!("a reflection padding of {} pixels before {what}", kernel / 2);
        let step = self.step(&border)?;
        if !matches!(step.operation, Operation::Pad(pad) if pad == kernel / 2) {
            return Err(instead(&border, Some(&step)));
        }
        let what = format!("{what}, {kernel}x{kernel} with a stride of {stride}");
        let step = self.step(&what)?;
        match step.operation {
            Operation::Convolution { layer, stride: found } if layer.shape[2] == kernel && found == stride => {
                let mut layer = *layer;
                while let Some((by, plus)) = self.affine()? {
                    multiply(&mut layer, &by, &plus);
                }
                Ok(layer)
            }
            _ => Err(instead(&what, Some(&step))),
        }
    }
}

/// Scales the outputs of a convolution by `by` and adds `plus`.
fn multiply(layer: &mut Found, by: &[f32], plus: &[f32]) {
    let count = layer.weights.len() / by.len().max(1);
    for (slice, by) in layer.weights.chunks_mut(count.max(1)).zip(by) {
        slice.iter_mut().for_each(|w| *w *= by);
    }
    let bias = layer.bias.get_or_insert_with(|| vec![0.0; by.len()]);
    bias.iter_mut().zip(by.iter().zip(plus)).for_each(|(bias, (by, plus))| *bias = *bias * by + plus);
}

/// Returns whether all values are equal.
fn even(numbers: &[f32]) -> bool {
    numbers.windows(2).all(|pair| pair[0] == pair[1])
}

/// Returns the error for a step other than the expected one.
fn instead(expected: &str, step: Option<&Step>) -> String {
    match step {
        Some(step) => format!("{} stands where {expected} was expected", step.label),
        None => format!("ends where {expected} was expected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::onnx::{Attribute, Data, Node, Tensor, read_model};

    fn model() -> Model {
        read_model("new.onnx", include_bytes!("../../../tests/fixtures/import/new.onnx")).unwrap()
    }

    /// Returns the error for the model after a change.
    fn refusal(change: impl FnOnce(&mut Model)) -> String {
        let mut model = model();
        change(&mut model);
        skeleton(&model).unwrap_err()
    }

    fn nth<'m>(model: &'m mut Model, op: &str, n: usize) -> &'m mut Node {
        model.nodes.iter_mut().filter(|node| node.op == op).nth(n).unwrap()
    }

    /// Removes a node, so that its consumers take its input.
    fn cut(model: &mut Model, op: &str, n: usize) {
        let node = nth(model, op, n).clone();
        model.nodes.retain(|other| *other != node);
        let names = model.nodes.iter_mut().flat_map(|other| &mut other.inputs);
        names.filter(|name| **name == node.outputs[0]).for_each(|name| *name = node.inputs[0].clone());
    }

    /// Appends nodes after the output, each with one constant or none.
    fn append(model: &mut Model, nodes: &[(&str, Option<Vec<f32>>)]) {
        for (i, (op, constant)) in nodes.iter().enumerate() {
            let (name, number) = (format!("end_{i}"), format!("number_{i}"));
            let mut inputs = vec![model.outputs[0].clone()];
            if let Some(values) = constant {
                let shape = if values.len() == 3 { vec![1, 3, 1, 1] } else { vec![] };
                let tensor = Tensor { shape, data: Data::Float(values.clone()) };
                model.initializers.insert(number.clone(), tensor);
                inputs.push(number);
            }
            let attributes = Default::default();
            model.nodes.push(Node {
                name: name.clone(),
                op: op.to_string(),
                inputs,
                outputs: vec![name.clone()],
                attributes,
            });
            model.outputs = vec![name];
        }
    }

    fn clip(model: &mut Model, low: f32, high: f32) {
        append(model, &[("Clip", None)]);
        let node = model.nodes.last_mut().unwrap();
        let bounds = [("min", low), ("max", high)].map(|(name, value)| (name.to_string(), Attribute::Float(value)));
        node.attributes.extend(bounds);
    }

    #[test]
    fn what_is_behind_the_last_convolution_says_what_white_is() {
        let ends = |change: &dyn Fn(&mut Model)| {
            let mut model = model();
            change(&mut model);
            let Skeleton { sigmoid, white, expand, .. } = skeleton(&model).unwrap();
            (sigmoid, white, expand[2].clone())
        };
        let (sigmoid, white, plain) = ends(&|_| {});
        assert_eq!((sigmoid, white), (false, None));
        assert_eq!(ends(&|m| clip(m, 0.0, 255.0)).1, Some(255.0));
        let clip_and_divide = |m: &mut Model| {
            clip(m, 0.0, 255.0);
            append(m, &[("Div", Some(vec![255.0]))]);
        };
        assert_eq!(ends(&clip_and_divide).1, Some(1.0));
        let (sigmoid, white, last) = ends(&|m| {
            append(m, &[("Mul", Some(vec![2.0, 3.0, 4.0])), ("Add", Some(vec![0.5])), ("Sigmoid", None)]);
        });
        assert_eq!((sigmoid, white), (true, Some(1.0)));
        let (bias, plain_bias) = (last.bias.unwrap(), plain.bias.unwrap());
        assert_eq!(bias[2], plain_bias[2] * 4.0 + 0.5);
        assert_eq!(last.weights[plain.weights.len() / 3], plain.weights[plain.weights.len() / 3] * 3.0);
        assert!(refusal(|m| append(m, &[("Sigmoid", None), ("Mul", Some(vec![100.0]))])).contains("colours up to 100"));
        assert!(refusal(|m| append(m, &[("Tanh", None)])).contains("(Tanh) that is not a layer of this kind"));
        assert!(refusal(|m| clip(m, -1.0, 1.0)).contains("(Clip) that stands where the end was expected"));
    }

    #[test]
    fn other_graphs_are_refused_with_the_node_and_what_was_expected() {
        let text = |value: &str| Attribute::Text(value.to_string());
        let set = |node: &mut Node, name: &str, value: Attribute| drop(node.attributes.insert(name.to_string(), value));
        for (problem, what) in [
            (refusal(|m| set(nth(m, "Pad", 2), "mode", text("edge"))), "(Pad) that pads by the mode `edge`"),
            (refusal(|m| cut(m, "Pad", 1)), "where a reflection padding of 1 pixels before the second convolution"),
            (refusal(|m| cut(m, "Relu", 0)), "where a ReLU after `conv1.conv2d` was expected"),
            (refusal(|m| cut(m, "InstanceNormalization", 4)), "normalization with scales and shifts after the second"),
            (refusal(|m| cut(m, "Add", 1)), "where the sum of residual block 2 with its input"),
            (refusal(|m| cut(m, "Resize", 1)), "where the second enlargement was expected"),
            (refusal(|m| set(nth(m, "Conv", 3), "pads", Attribute::Ints(vec![1; 4]))), "pads with zeros"),
            (
                refusal(|m| set(nth(m, "Conv", 1), "strides", Attribute::Ints(vec![1; 2]))),
                "with a stride of 2 was expected",
            ),
            (refusal(|m| set(nth(m, "Conv", 2), "group", Attribute::Int(2))), "not a plain convolution"),
            (refusal(|m| set(nth(m, "Resize", 0), "mode", text("linear"))), "with the mode `linear`"),
            (
                refusal(|m| set(nth(m, "Resize", 0), "nearest_mode", text("ceil"))),
                "does not repeat each pixel four times",
            ),
            (refusal(|m| nth(m, "Conv", 5).op = "ConvTranspose".into()), "(ConvTranspose) that is not a layer"),
            (
                refusal(|m| set(nth(m, "InstanceNormalization", 0), "epsilon", Attribute::Float(1e-3))),
                "an epsilon of 0.001",
            ),
            (refusal(|m| m.outputs[0] = nth(m, "Relu", 2).outputs[0].clone()), "has layers after its output picture"),
            (refusal(|m| m.outputs.push("x".into())), "2 outputs, where one of each"),
            (refusal(|m| m.nodes.truncate(9)), "does not produce the picture"),
            (refusal(|m| nth(m, "Add", 0).inputs[1] = "input".into()), "adds pictures of different sizes"),
        ] {
            assert!(problem.contains(what), "{what}: {problem}");
        }
        let left = Tensor { shape: vec![1], data: Data::Float(vec![0.0]) };
        let problem = refusal(|m| drop(m.initializers.insert("unused".into(), left)));
        assert_eq!(problem, "has a tensor `unused` that belongs to no layer");
    }

    #[test]
    fn every_rounding_of_an_enlargement_by_two_is_accepted() {
        for (place, rounding) in [("half_pixel", "round_prefer_floor"), ("tf_half_pixel_for_nn", "floor")] {
            let mut model = model();
            let settings = [("coordinate_transformation_mode", place), ("nearest_mode", rounding)];
            let node = nth(&mut model, "Resize", 0);
            node.attributes
                .extend(settings.map(|(name, value)| (name.to_string(), Attribute::Text(value.to_string()))));
            assert!(skeleton(&model).is_ok(), "{place} {rounding}");
        }
    }
}
