//! Lowering of MobileNet-like networks to stages: 1x1 convolutions, depthwise 3x3 convolutions and a first 3x3
//! convolution, each with its padding, bias, ReLU6 and residual sum folded in, and the global mean.

use crate::error::{Error, Result};
use crate::net::{Border, Convolution, Network, Operation, TensorId};

/// The operation of a stage.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// 1x1 convolution.
    Pointwise(Convolution),
    /// 3x3 depthwise convolution.
    Depthwise(Convolution),
    /// 3x3 convolution of an RGB picture.
    Stem(Convolution),
    /// Mean of each channel over all pixels.
    GlobalMean,
}

/// One fused convolution, or the mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The operation and its convolution.
    pub kind: Kind,
    /// Name of the bias tensor.
    pub bias: Option<String>,
    /// Whether the output is clamped to 0..6.
    pub relu6: bool,
    /// Number of the stored tensor that is added to the output.
    pub skip: Option<usize>,
    /// Number of the stored tensor that is read: 0 is the picture, `i + 1` is the output of stage `i`.
    pub input: usize,
    /// The network's tensor that is written.
    pub tensor: TensorId,
}

/// Location of a tensor of the network.
#[derive(Clone, Copy)]
enum Value {
    Stored(usize),
    /// Stored without the zero padding at the right and lower border, which the kernels supply.
    Padded(usize),
}

/// Returns the stages of `net` in execution order.
///
/// # Errors
/// [`Error::Model`] for a layer that no stage can contain.
pub fn stages(net: &Network) -> Result<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut values = vec![Value::Stored(0)];
    for layer in &net.layers {
        let unsupported = || Error::Model {
            file: net.name.clone(),
            problem: format!("no kernel can run {:?} (its output is tensor {})", layer.operation, layer.output),
        };
        let first = values[layer.inputs[0]];
        let new = |kind, input| Stage { kind, bias: None, relu6: false, skip: None, input, tensor: layer.output };
        match (&layer.operation, first) {
            (Operation::PadEnd, Value::Stored(input)) => {
                values.push(Value::Padded(input));
                continue;
            }
            (Operation::Convolution(c) | Operation::Depthwise(c), Value::Stored(input) | Value::Padded(input)) => {
                let dense = matches!(layer.operation, Operation::Convolution(_));
                let small = c.border == Border::Zero && c.stride <= 2 && c.pad <= 1;
                let kind = match (c.kernel, dense) {
                    (1, true) if c.stride == 1 && c.pad == 0 && matches!(first, Value::Stored(_)) => {
                        Kind::Pointwise(c.clone())
                    }
                    (3, true) if small && c.inputs == 3 => Kind::Stem(c.clone()),
                    (3, false) if small => Kind::Depthwise(c.clone()),
                    _ => return Err(unsupported()),
                };
                stages.push(new(kind, input));
            }
            (Operation::GlobalMean, Value::Stored(input)) => stages.push(new(Kind::GlobalMean, input)),
            // The remaining operations are folded into the previous stage, if nothing else reads its output.
            _ => {
                let read_once = |id: TensorId| net.layers.iter().filter(|l| l.inputs.contains(&id)).count() == 1;
                let made = stages.last_mut().filter(|s| s.kind != Kind::GlobalMean && read_once(s.tensor));
                let made = made.filter(|s| layer.inputs.contains(&s.tensor)).ok_or_else(unsupported)?;
                match &layer.operation {
                    Operation::Bias { tensor } if made.bias.is_none() && !made.relu6 && made.skip.is_none() => {
                        made.bias = Some(tensor.clone());
                    }
                    Operation::Relu6 if !made.relu6 && made.skip.is_none() => made.relu6 = true,
                    Operation::Add if made.skip.is_none() && matches!(made.kind, Kind::Pointwise(_)) => {
                        let other = layer.inputs.iter().find(|id| **id != made.tensor).ok_or_else(unsupported)?;
                        let Value::Stored(skip) = values[*other] else { return Err(unsupported()) };
                        made.skip = Some(skip);
                    }
                    _ => return Err(unsupported()),
                }
                made.tensor = layer.output;
            }
        }
        values.push(Value::Stored(stages.len()));
    }
    Ok(stages)
}

impl Stage {
    /// Returns name and shape of the stage's weight tensor, if it has one.
    pub fn weight(&self) -> Option<(&str, [usize; 4])> {
        match &self.kind {
            Kind::Pointwise(c) | Kind::Stem(c) => Some((&c.weight, [c.outputs, c.inputs, c.kernel, c.kernel])),
            Kind::Depthwise(c) => Some((&c.weight, [c.outputs, 1, c.kernel, c.kernel])),
            Kind::GlobalMean => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::models::predictor;

    #[test]
    fn the_predictor_is_one_stage_a_convolution() {
        let stages = stages(&predictor::network()).unwrap();
        assert_eq!(stages.len(), 53 + 1);
        assert_eq!(stages.iter().filter(|s| s.skip.is_some()).count(), 10);
        assert_eq!(stages.iter().filter(|s| s.relu6).count(), 35);
        assert!(stages.iter().enumerate().all(|(i, s)| s.input == i), "a chain, but for the skips");
    }

    #[test]
    fn what_no_stage_can_contain_is_refused() {
        let conv = |kernel, border| {
            let weight = String::new();
            Convolution { weight, inputs: 3, outputs: 3, kernel, stride: 1, pad: kernel / 2, border }
        };
        let with = |operation| {
            let mut net = Network::new("odd", 3, 1);
            net.push(operation, &[0]);
            stages(&net)
        };
        assert!(with(Operation::Convolution(conv(1, Border::Zero))).is_ok());
        for operation in [
            Operation::Relu6,
            Operation::Upsample2,
            Operation::Convolution(conv(5, Border::Zero)),
            Operation::Depthwise(conv(3, Border::Reflect)),
        ] {
            assert!(matches!(with(operation), Err(Error::Model { .. })));
        }
        // A convolution whose output is read before and after its bias.
        let mut net = Network::new("odd", 3, 1);
        let x = net.push(Operation::Convolution(conv(1, Border::Zero)), &[0]);
        let y = net.push(Operation::Bias { tensor: "b".into() }, &[x]);
        net.push(Operation::Add, &[x, y]);
        assert!(matches!(stages(&net), Err(Error::Model { .. })));
    }
}
