//! Lowering of transfer networks to fused convolutions: padding, the previous layer's normalization or bias and its
//! ReLU, residual sums and nearest-neighbour enlargement are folded into the load of the convolution that reads them.

use crate::error::{Error, Result};
use crate::net::{Border, Convolution, Layer, Network, Operation, TensorId};

/// A tensor in memory and the operation applied on load: `a * v + b` in each channel, then ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Number of the stored tensor: 0 is the input picture, others are numbered in the order in which they are written.
    pub tensor: usize,
    /// The scale and offset of each channel.
    pub affine: Affine,
    /// Whether a ReLU follows the scale and offset.
    pub relu: bool,
}

/// Origin of a channel's (a, b).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affine {
    /// (1, 0).
    Identity,
    /// The statistics and the style of this normalization.
    Norm(usize),
    /// (1, this bias of [`Fused::biases`]).
    Bias(usize),
}

/// Specifies whether a convolution's input is the sum of two tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Residual {
    /// The input is one tensor.
    None,
    /// The sum is computed while loading.
    Read,
    /// The sum is computed while loading and written to memory for a later skip connection.
    Written,
}

/// One fused convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The convolution as the network defines it.
    pub layer: Convolution,
    /// Whether the input is enlarged by two before the convolution, by nearest neighbour.
    pub enlarged: bool,
    /// Whether the input is a residual sum.
    pub residual: Residual,
    /// The input, or the first term of a residual sum.
    pub input: Source,
    /// The other term of a residual sum.
    pub skip: Option<Source>,
    /// Number of the stored tensor that the sum is written to, if a later stage reads it as a skip connection.
    pub sum: Option<usize>,
    /// Number of the stored tensor that is written.
    pub output: usize,
    /// The normalization whose statistics this stage computes, if its output is normalized.
    pub norm: Option<usize>,
}

/// A network as fused convolutions.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    /// The convolutions, in execution order.
    pub stages: Vec<Stage>,
    /// The network's tensor of each stored tensor.
    pub stored: Vec<TensorId>,
    /// Names and channel counts of the biases.
    pub biases: Vec<(String, usize)>,
    /// The stored tensor that the last operation reads.
    pub output: Source,
    /// The operation after `output`.
    pub finish: Finish,
}

impl Fused {
    /// Returns the steps in which the stored tensor `tensor` is written first and read last. Step 0 loads the input, step
    /// `i + 1` is stage `i`, the step after the last stage reads the output.
    pub fn lifetime(&self, tensor: usize) -> (usize, usize) {
        let stages = &self.stages;
        let writes = |s: &Stage| s.output == tensor || s.sum == Some(tensor);
        let reads = |s: &Stage| s.input.tensor == tensor || s.skip.is_some_and(|skip| skip.tensor == tensor);
        let written = stages.iter().position(writes).map_or(0, |i| i + 1);
        let last_read = stages.iter().rposition(reads).map_or(written, |i| i + 1);
        (written, if tensor == self.output.tensor { stages.len() + 1 } else { last_read })
    }
}

/// The last operation, which converts the last tensor to colours. The discriminants are the values of `FINISH` in
/// `composite.wgsl` and `temporal_filter.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The logistic function.
    Sigmoid = 1,
    /// Clamps to 0..1.
    Clamp = 2,
}

#[derive(Clone, Copy)]
enum Value {
    Stored(Source),
    Sum(Source, Source),
    Enlarged(TensorId),
    /// The network's output, which the compositing kernel computes.
    Finished(Source, Finish),
}

/// Lowers `net` to fused convolutions.
///
/// # Errors
/// [`Error::Model`] for a layer that the kernels cannot run.
pub fn fuse(net: &Network) -> Result<Fused> {
    let (output, finish) = (plain(0), Finish::Sigmoid);
    let mut fused = Fused { stages: Vec::new(), stored: vec![0], biases: Vec::new(), output, finish };
    let mut values = vec![Value::Stored(plain(0))];
    for layer in &net.layers {
        let unsupported = |what: &str| Error::Model {
            file: net.name.clone(),
            problem: format!("the kernels cannot run {what} (the layer with the output tensor {})", layer.output),
        };
        let input = values[layer.inputs[0]];
        let value = match (&layer.operation, input) {
            (Operation::Convolution(c), _) => {
                let stage = convolution(net, layer, c, &mut values, &mut fused.stored)
                    .ok_or_else(|| unsupported("this convolution on this input"))?;
                let output = stage.output;
                fused.stages.push(stage);
                Value::Stored(plain(output))
            }
            (
                Operation::InstanceNorm { norm },
                Value::Stored(Source { tensor, affine: Affine::Identity, relu: false }),
            ) => {
                let made_by = fused.stages.iter_mut().find(|s| s.output == tensor);
                made_by.ok_or_else(|| unsupported("a normalization whose input is not a convolution"))?.norm =
                    Some(*norm);
                Value::Stored(Source { tensor, affine: Affine::Norm(*norm), relu: false })
            }
            (
                Operation::Bias { tensor: name },
                Value::Stored(Source { tensor, affine: Affine::Identity, relu: false }),
            ) => {
                let made_by = fused.stages.iter().find(|s| s.output == tensor);
                let channels =
                    made_by.ok_or_else(|| unsupported("a bias whose input is not a convolution"))?.layer.outputs;
                fused.biases.push((name.clone(), channels));
                Value::Stored(Source { tensor, affine: Affine::Bias(fused.biases.len() - 1), relu: false })
            }
            (Operation::Relu, Value::Stored(source)) => Value::Stored(Source { relu: true, ..source }),
            (Operation::Add, Value::Stored(skip)) => match values[layer.inputs[1]] {
                Value::Stored(branch) => Value::Sum(branch, skip),
                _ => return Err(unsupported("a sum of more than two stored tensors")),
            },
            (Operation::Upsample2, _) => Value::Enlarged(layer.inputs[0]),
            (Operation::Sigmoid, Value::Stored(source)) if layer.output == net.output() => {
                Value::Finished(source, Finish::Sigmoid)
            }
            (Operation::Clamp, Value::Stored(source)) if layer.output == net.output() => {
                Value::Finished(source, Finish::Clamp)
            }
            (operation, _) => return Err(unsupported(&format!("{operation:?} here"))),
        };
        values.push(value);
    }
    match values.last() {
        Some(Value::Finished(source, finish)) if source.affine != Affine::Identity && !source.relu => {
            (fused.output, fused.finish) = (*source, *finish);
        }
        _ => {
            let problem =
                "the kernels need a network that ends in a normalization or a bias, followed by a sigmoid or a \
                 clamp"
                    .to_string();
            return Err(Error::Model { file: net.name.clone(), problem });
        }
    }
    Ok(fused)
}

fn plain(tensor: usize) -> Source {
    Source { tensor, affine: Affine::Identity, relu: false }
}

/// Returns the stage of the convolution `c`, or `None` if the kernels cannot run it.
fn convolution(
    net: &Network,
    layer: &Layer,
    c: &Convolution,
    values: &mut [Value],
    stored: &mut Vec<TensorId>,
) -> Option<Stage> {
    let (id, enlarged) = match values[layer.inputs[0]] {
        Value::Enlarged(id) => (id, true),
        _ => (layer.inputs[0], false),
    };
    if c.border == Border::Zero
        || (enlarged && !(c.kernel == 3 && c.stride == 1 && c.pad == 1 && c.border == Border::Reflect))
    {
        return None;
    }
    let (input, skip, sum) = match values[id] {
        Value::Stored(source) => (source, None, None),
        Value::Sum(branch, skip) => {
            let read_again = net.layers.iter().filter(|l| l.inputs.contains(&id)).count() > 1;
            let sum = read_again.then(|| {
                stored.push(id);
                values[id] = Value::Stored(plain(stored.len() - 1));
                stored.len() - 1
            });
            (branch, Some(skip), sum)
        }
        _ => return None,
    };
    let residual = match (skip, sum) {
        (None, _) => Residual::None,
        (_, None) => Residual::Read,
        _ => Residual::Written,
    };
    // The GPU's direct kernels write the sum at the centre taps of a 3x3 kernel that reads every pixel.
    if residual == Residual::Written && (enlarged || c.kernel != 3 || c.stride != 1) {
        return None;
    }
    stored.push(layer.output);
    Some(Stage { layer: c.clone(), enlarged, residual, input, skip, sum, output: stored.len() - 1, norm: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::models::{arbitrary, transfer26};

    #[test]
    fn the_26_style_network_fuses_to_its_18_convolutions() {
        let fused = fuse(&transfer26::network()).unwrap();
        assert_eq!(fused.stages.len(), 18);
        let sums = |kind| fused.stages.iter().filter(|s| s.residual == kind).count();
        assert_eq!((sums(Residual::Written), sums(Residual::Read)), (5, 1));
        assert_eq!(fused.stored.len(), 1 + 18 + 5);
        assert!(fused.stages.iter().enumerate().all(|(i, s)| s.norm == Some(i)));
    }

    #[test]
    fn biases_are_added_on_load_also_to_what_a_block_skips() {
        let fused = fuse(&arbitrary::network()).unwrap();
        assert_eq!(fused.stages.len(), 16);
        let biases = [("contract.0.b", 8), ("contract.1.b", 16), ("contract.2.b", 32)];
        assert_eq!(fused.biases, biases.map(|(name, channels)| (name.to_string(), channels)));
        let loaded: Vec<_> = fused.stages[1..4].iter().map(|s| (s.input.affine, s.input.relu)).collect();
        assert_eq!(loaded, [0, 1, 2].map(|i| (Affine::Bias(i), true)));
        assert_eq!(fused.stages[5].skip.map(|s| (s.affine, s.relu)), Some((Affine::Bias(2), true)));
        assert_eq!(fused.stages[..4].iter().map(|s| s.norm).collect::<Vec<_>>(), [None, None, None, Some(0)]);
    }

    #[test]
    fn what_the_kernels_cannot_run_is_refused() {
        let mut net = Network::new("odd", 3, 1);
        net.push(Operation::Relu, &[0]);
        assert!(matches!(fuse(&net), Err(Error::Model { .. })));
        // A sum with several readers must be written by the first convolution that reads it; not all kernels can do so.
        let sum_read_by = |kernel, stride| {
            let mut net = Network::new("odd", 3, 2);
            let mut norm = 0;
            let mut conv = |net: &mut Network, x, inputs, kernel, stride| {
                let (weight, pad, border) = (String::new(), kernel / 2, Border::Reflect);
                let c = Convolution { weight, inputs, outputs: 8, kernel, stride, pad, border };
                let y = net.push(Operation::Convolution(c), &[x]);
                norm += 1;
                net.push(Operation::InstanceNorm { norm: norm - 1 }, &[y])
            };
            let a = conv(&mut net, 0, 3, 3, 1);
            let b = conv(&mut net, a, 8, 3, 1);
            let sum = net.push(Operation::Add, &[a, b]);
            let c = conv(&mut net, sum, 8, kernel, stride);
            let d = conv(&mut net, sum, 8, 3, stride);
            let end = net.push(Operation::Add, &[c, d]);
            let last = conv(&mut net, end, 8, 3, 1);
            net.push(Operation::Sigmoid, &[last]);
            fuse(&net)
        };
        assert!(sum_read_by(3, 1).is_ok());
        for (kernel, stride) in [(9, 1), (3, 2)] {
            assert!(matches!(sum_read_by(kernel, stride), Err(Error::Model { .. })), "{kernel} {stride}");
        }
    }
}
