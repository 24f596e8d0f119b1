//! Lowering of MobileNet-like networks to kernels: 1x1 convolutions, depthwise 3x3 convolutions and a first 3x3
//! convolution, each with its padding, bias, ReLU6 and residual sum folded in, and the global mean. The shaders are
//! `pointwise.wgsl`, `depthwise.wgsl`, `conv3x3_rgb.wgsl` and `global_mean.wgsl`. All tensors have 32 bits, because
//! such a network runs only once per picture.

use crate::error::{Error, Result};
use crate::gpu::preprocess::specialize;
use crate::gpu::shaders::{CONV3X3_RGB, DEPTHWISE, GLOBAL_MEAN, POINTWISE};
use crate::net::{Border, Convolution, Network, Operation, Shape, TensorId};

/// Maximum quads of outputs per thread of the 1x1 kernel, on hardware and on software adapters. Compiled for AMD's
/// RDNA2 by RADV, one quad takes 96 registers and leaves 10 waves, four take 256 and leave 4, for 4 % fewer cycles per
/// quad; on Mesa's lavapipe, the style predictor takes 131 ms with one and 98 ms with four.
pub const QUADS_A_THREAD: [u32; 2] = [1, 4];

/// The operation of a stage.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// 1x1 convolution; a thread computes this many quads of outputs.
    Pointwise(Convolution, u32),
    /// 3x3 depthwise convolution.
    Depthwise(Convolution),
    /// 3x3 convolution of an RGB picture.
    Stem(Convolution),
    /// Mean of each channel over all pixels.
    GlobalMean,
}

/// One dispatch.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The kernel and its convolution.
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

/// Returns the stages of `net` in execution order, with at most `quads` quads of outputs per thread (one of
/// [`QUADS_A_THREAD`]).
///
/// # Errors
/// [`Error::Model`] for a layer that the kernels cannot run.
pub fn stages(net: &Network, quads: u32) -> Result<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut values = vec![Value::Stored(0)];
    for layer in &net.layers {
        let unsupported = || Error::Model {
            file: net.name.clone(),
            problem: format!(
                "the GPU kernels cannot run {:?} (its output is tensor {})",
                layer.operation, layer.output
            ),
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
                        Kind::Pointwise(c.clone(), quads_a_thread(c, quads))
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
                    Operation::Add if made.skip.is_none() && matches!(made.kind, Kind::Pointwise(..)) => {
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
    /// Returns the name of the shader file.
    pub fn file(&self) -> &'static str {
        match self.kind {
            Kind::Pointwise(..) => "pointwise",
            Kind::Depthwise(_) => "depthwise",
            Kind::Stem(_) => "conv3x3_rgb",
            Kind::GlobalMean => "global_mean",
        }
    }

    /// Returns the name of the specialized kernel, such as `pointwise-2quads-sum`.
    pub fn name(&self) -> String {
        let geometry = match &self.kind {
            Kind::Pointwise(_, quads) => format!("-{quads}quads"),
            Kind::Depthwise(c) | Kind::Stem(c) => format!("-stride{}", c.stride),
            Kind::GlobalMean => String::new(),
        };
        let relu6 = if self.relu6 { "-relu6" } else { "" };
        let sum = if self.skip.is_some() { "-sum" } else { "" };
        format!("{}{geometry}{relu6}{sum}", self.file())
    }

    /// Returns the specialized WGSL. Sizes and channels are uniforms, so that the network needs few pipelines.
    pub fn wgsl(&self) -> String {
        let relu6 = ("RELU6", u32::from(self.relu6));
        let geometry = |c: &Convolution| [("STRIDE", c.stride as u32), ("PAD", c.pad as u32), relu6];
        match &self.kind {
            Kind::Pointwise(_, quads) => {
                let constants = [("QUADS", *quads), relu6, ("RESIDUAL", u32::from(self.skip.is_some()))];
                specialize(POINTWISE, &constants, false)
            }
            Kind::Depthwise(c) => specialize(DEPTHWISE, &geometry(c), false),
            Kind::Stem(c) => specialize(CONV3X3_RGB, &geometry(c), false),
            Kind::GlobalMean => specialize(GLOBAL_MEAN, &[], false),
        }
    }

    /// Returns the workgroup counts for an output of `shape`.
    pub fn workgroups(&self, shape: Shape) -> [u32; 3] {
        let (width, height) = (shape.width as u32, shape.height as u32);
        let quads = shape.channels.div_ceil(4) as u32;
        match &self.kind {
            Kind::Pointwise(_, n) => [(width * height).div_ceil(64), quads.div_ceil(8 * n), 1],
            Kind::Depthwise(_) => [width.div_ceil(32), height.div_ceil(8), quads],
            Kind::Stem(_) => [width.div_ceil(8), height.div_ceil(8), quads],
            Kind::GlobalMean => [quads, 1, 1],
        }
    }

    /// Returns name and shape of the stage's weight tensor, if it has one.
    pub fn weight(&self) -> Option<(&str, [usize; 4])> {
        match &self.kind {
            Kind::Pointwise(c, _) | Kind::Stem(c) => Some((&c.weight, [c.outputs, c.inputs, c.kernel, c.kernel])),
            Kind::Depthwise(c) => Some((&c.weight, [c.outputs, 1, c.kernel, c.kernel])),
            Kind::GlobalMean => None,
        }
    }

    /// Packs `weight` for the kernel: quads of outputs, padded with zeros, in the order documented in the shader.
    pub fn pack(&self, weight: &[f32]) -> Vec<f32> {
        let mut packed = Vec::new();
        match &self.kind {
            Kind::Pointwise(c, _) => {
                for iq in 0..c.inputs.div_ceil(4) {
                    for oq in 0..c.outputs.div_ceil(4) {
                        for i in iq * 4..iq * 4 + 4 {
                            let at = |o: usize| (i < c.inputs).then_some(o * c.inputs + i);
                            packed.extend(quad(weight, oq, c.outputs, at));
                        }
                    }
                }
            }
            Kind::Depthwise(c) => {
                for oq in 0..c.outputs.div_ceil(4) {
                    (0..9).for_each(|tap| packed.extend(quad(weight, oq, c.outputs, |o| Some(o * 9 + tap))));
                }
            }
            Kind::Stem(c) => {
                for tap in 0..9 {
                    for oq in 0..c.outputs.div_ceil(4) {
                        (0..3)
                            .for_each(|i| packed.extend(quad(weight, oq, c.outputs, |o| Some((o * 3 + i) * 9 + tap))));
                    }
                }
            }
            Kind::GlobalMean => {}
        }
        packed
    }
}

/// Returns the values of `weight` at `at(o)` for the outputs o of quad `oq`; zero beyond the last output and where `at`
/// returns `None`.
fn quad(weight: &[f32], oq: usize, outputs: usize, at: impl Fn(usize) -> Option<usize>) -> [f32; 4] {
    std::array::from_fn(|lane| {
        let o = oq * 4 + lane;
        if o < outputs { at(o).map_or(0.0, |i| weight[i]) } else { 0.0 }
    })
}

/// Returns the largest power of two up to `most` that divides the number of quads of outputs.
fn quads_a_thread(c: &Convolution, most: u32) -> u32 {
    let quads = c.outputs.div_ceil(4) as u32;
    [4, 2, 1].into_iter().find(|n| *n <= most && quads.is_multiple_of(*n)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::net::models::predictor;

    #[test]
    fn the_predictor_is_one_stage_a_convolution_and_few_pipelines() {
        let stages = stages(&predictor::network(), 4).unwrap();
        assert_eq!(stages.len(), 53 + 1);
        assert_eq!(stages.iter().filter(|s| s.skip.is_some()).count(), 10);
        assert_eq!(stages.iter().filter(|s| s.relu6).count(), 35);
        assert!(stages.iter().enumerate().all(|(i, s)| s.input == i), "a chain, but for the skips");
        let names: BTreeSet<_> = stages.iter().map(Stage::name).collect();
        let texts: BTreeSet<_> = stages.iter().map(Stage::wgsl).collect();
        assert!(texts.len() == names.len() && texts.len() <= 11, "{names:?}");
    }

    #[test]
    fn what_the_kernels_cannot_run_is_refused() {
        let conv = |kernel, border| {
            let weight = String::new();
            Convolution { weight, inputs: 3, outputs: 3, kernel, stride: 1, pad: kernel / 2, border }
        };
        let with = |operation| {
            let mut net = Network::new("odd", 3, 1);
            net.push(operation, &[0]);
            stages(&net, 4)
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
        assert!(matches!(stages(&net, 4), Err(Error::Model { .. })));
    }
}
