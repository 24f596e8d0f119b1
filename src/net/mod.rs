//! Networks as data: layers over numbered tensors, and the shapes of the tensors for an input size. Independent of the
//! GPU: `reference` runs a [`Network`] with plain loops, `gpu` compiles it into dispatches.
//!
//! ```
//! use impasto::net::models::transfer26;
//! use impasto::net::{Network, Operation, Shape};
//!
//! # fn main() -> impasto::error::Result<()> {
//! // A network of three layers: a 3x3 convolution of stride 2 with normalization, an enlargement, a sigmoid.
//! let mut network = Network::new("small", 3, 2);
//! let x = network.push_normalized(0, "conv", (3, 8), 3, 2);
//! let x = network.push(Operation::Upsample2, &[x]);
//! let output = network.push(Operation::Sigmoid, &[x]);
//! assert_eq!(network.shapes(64, 96)?[output], Shape { channels: 8, height: 64, width: 96 });
//! assert_eq!(network.multiply_adds(64, 96)?, 32 * 48 * 8 * 3 * 9);
//! assert!(network.shapes(63, 96).is_err(), "63 is not a multiple of 2");
//!
//! assert_eq!(transfer26::network().convolutions().count(), 18);
//! # Ok(())
//! # }
//! ```

pub mod custom;
pub mod expense;
mod layer;
pub mod models;
pub mod window;

pub use layer::{Border, Convolution, EPSILON, Layer, Operation, Pooling, Preprocessing, Shape, TensorId};

use crate::error::{Error, Result};

/// A network: layers in execution order. The last layer computes the output.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Identifier, as in the weight archive's metadata.
    pub name: String,
    /// Channels of the input picture.
    pub inputs: usize,
    /// Both sides of the input must be multiples of this.
    pub multiple: usize,
    /// The layers, in execution order. Layer `i` writes tensor `i + 1`.
    pub layers: Vec<Layer>,
    /// The style's normalizations, in network order: tensor prefix and channels.
    pub norms: Vec<(String, usize)>,
    /// Longer side in pixels up to which strokes are large enough. 0: at any size.
    pub broad_up_to: usize,
}

/// Minimum side, in pixels, to which [`Network::working_size`] reduces a photo, unless the photo's side is shorter.
/// Strokes need some pixels.
const SHORTEST: usize = 8;
/// Exponent with which the working size grows beyond [`Network::broad_up_to`]: for a photo twice as wide, the network
/// sees half as many columns again, and its strokes are a third wider.
const GROWTH: f64 = 0.6;

impl Network {
    /// Creates an empty network that reads pictures of `inputs` channels.
    pub fn new(name: impl Into<String>, inputs: usize, multiple: usize) -> Self {
        Self { name: name.into(), inputs, multiple, layers: Vec::new(), norms: Vec::new(), broad_up_to: 0 }
    }

    /// Returns the width and height to which a photo of that size is resized for the network, so that strokes are
    /// `stroke` times their default size. If the result is smaller than the photo, the output is enlarged.
    pub fn working_size(&self, (width, height): (usize, usize), stroke: f64) -> (usize, usize) {
        let longer = width.max(height) as f64;
        let broad = self.broad_up_to as f64;
        let reduction = if broad > 0.0 && longer > broad { (longer / broad).powf(1.0 - GROWTH) } else { 1.0 };
        let side = |pixels: usize| ((pixels as f64 / (reduction * stroke)).round() as usize).max(pixels.min(SHORTEST));
        (side(width), side(height))
    }

    /// Returns the names of the weight and bias tensors, without the parameters of styles.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().filter_map(|layer| match &layer.operation {
            Operation::Convolution(c) | Operation::Depthwise(c) => Some(c.weight.as_str()),
            Operation::Bias { tensor } => Some(tensor.as_str()),
            _ => None,
        })
    }

    /// Appends a layer and returns its output tensor.
    pub fn push(&mut self, operation: Operation, inputs: &[TensorId]) -> TensorId {
        let output = self.layers.len() + 1;
        self.layers.push(Layer { operation, inputs: inputs.to_vec(), output });
        output
    }

    /// Appends a convolution with the weight `NAME.w` and a reflected border of half its kernel.
    pub fn push_reflected(
        &mut self,
        x: TensorId,
        name: &str,
        (inputs, outputs): (usize, usize),
        kernel: usize,
        stride: usize,
    ) -> TensorId {
        let weight = format!("{name}.w");
        let c = Convolution { weight, inputs, outputs, kernel, stride, pad: kernel / 2, border: Border::Reflect };
        self.push(Operation::Convolution(c), &[x])
    }

    /// As [`Network::push_reflected`], followed by the style's normalization `NAME.norm`.
    pub fn push_normalized(
        &mut self,
        x: TensorId,
        name: &str,
        channels: (usize, usize),
        kernel: usize,
        stride: usize,
    ) -> TensorId {
        let y = self.push_reflected(x, name, channels, kernel, stride);
        self.norms.push((format!("{name}.norm"), channels.1));
        self.push(Operation::InstanceNorm { norm: self.norms.len() - 1 }, &[y])
    }

    /// Returns the network's output tensor.
    pub fn output(&self) -> TensorId {
        self.layers.last().map_or(0, |layer| layer.output)
    }

    /// Returns the convolutions, in network order.
    pub fn convolutions(&self) -> impl Iterator<Item = &Convolution> {
        self.layers.iter().filter_map(|layer| match &layer.operation {
            Operation::Convolution(convolution) => Some(convolution),
            _ => None,
        })
    }

    /// Returns `size` rounded up to a size that the network accepts, and to at least twice [`Network::multiple`], so
    /// that at no level the reflected border is wider than the tensor.
    pub fn padded(&self, size: usize) -> usize {
        size.next_multiple_of(self.multiple).max(2 * self.multiple)
    }

    /// Returns the shape of every tensor for an input of `height` x `width`, indexed by [`TensorId`].
    ///
    /// # Errors
    /// [`Error::Picture`] if a side is zero or not a multiple of [`Network::multiple`]; [`Error::Model`] if the layers
    /// do not match each other.
    pub fn shapes(&self, height: usize, width: usize) -> Result<Vec<Shape>> {
        if height == 0 || width == 0 || !height.is_multiple_of(self.multiple) || !width.is_multiple_of(self.multiple) {
            return Err(Error::Picture(format!(
                "the network {} needs sides that are multiples of {}, not {width}x{height}",
                self.name, self.multiple
            )));
        }
        let mut shapes = vec![Shape { channels: self.inputs, height, width }];
        for layer in &self.layers {
            let misfit = |problem: &str| Error::Model {
                file: self.name.clone(),
                problem: format!("the layer with the output tensor {} {problem}", layer.output),
            };
            let input = |i: usize| {
                let id = layer.inputs.get(i).ok_or_else(|| misfit("has too few inputs"))?;
                shapes.get(*id).copied().ok_or_else(|| misfit("reads a tensor that does not exist yet"))
            };
            let first = input(0)?;
            shapes.push(match &layer.operation {
                Operation::Convolution(c) | Operation::Depthwise(c) if c.inputs != first.channels => {
                    return Err(misfit("expects another number of channels"));
                }
                Operation::Depthwise(c) if c.inputs != c.outputs => {
                    return Err(misfit("is depthwise and changes the number of channels"));
                }
                Operation::Convolution(c) | Operation::Depthwise(c) => Shape {
                    channels: c.outputs,
                    height: c.output_size(first.height),
                    width: c.output_size(first.width),
                },
                Operation::InstanceNorm { norm } if self.norms.get(*norm).is_none_or(|n| n.1 != first.channels) => {
                    return Err(misfit("has a normalization that does not fit its channels"));
                }
                Operation::Preprocess(_) if first.channels != 3 => return Err(misfit("expects three channels")),
                Operation::Pool2(_) if first.height < 2 || first.width < 2 => {
                    return Err(misfit("pools a tensor with only one row or column: the picture is too small"));
                }
                Operation::Add if input(1)? != first => return Err(misfit("adds tensors of different shapes")),
                Operation::Preprocess(_)
                | Operation::InstanceNorm { .. }
                | Operation::Bias { .. }
                | Operation::Relu
                | Operation::Relu6
                | Operation::Sigmoid
                | Operation::Clamp
                | Operation::Add => first,
                Operation::PadEnd => Shape { height: first.height + 1, width: first.width + 1, ..first },
                Operation::Pool2(_) => Shape { height: first.height / 2, width: first.width / 2, ..first },
                Operation::GlobalMean => Shape { height: 1, width: 1, ..first },
                Operation::Upsample2 => Shape { height: first.height * 2, width: first.width * 2, ..first },
            });
        }
        Ok(shapes)
    }

    /// Returns the multiply-adds of the convolutions for an input of `height` x `width`, without fusion of layers.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn multiply_adds(&self, height: usize, width: usize) -> Result<u64> {
        let shapes = self.shapes(height, width)?;
        Ok(self
            .layers
            .iter()
            .map(|layer| match &layer.operation {
                // The product may exceed a 32-bit usize.
                Operation::Convolution(c) => {
                    shapes[layer.output].len() as u64 * (c.inputs * c.kernel * c.kernel) as u64
                }
                Operation::Depthwise(c) => shapes[layer.output].len() as u64 * (c.kernel * c.kernel) as u64,
                _ => 0,
            })
            .sum())
    }

    /// Returns the number of input pixels, along one side, that one output pixel depends on through the convolutions.
    /// Excludes the normalizations' statistics, which depend on the whole picture. After Araujo, Norris, Sim 2019,
    /// "Computing Receptive Fields".
    pub fn receptive_field(&self) -> usize {
        let mut field = vec![(1.0_f64, 1.0_f64)];
        for layer in &self.layers {
            let widest = layer.inputs.iter().map(|&i| field[i]).fold((0.0_f64, 1.0_f64), |a, b| (a.0.max(b.0), b.1));
            field.push(match &layer.operation {
                Operation::Convolution(c) | Operation::Depthwise(c) => {
                    (widest.0 + (c.kernel - 1) as f64 * widest.1, widest.1 * c.stride as f64)
                }
                Operation::Pool2(_) => (widest.0 + widest.1, widest.1 * 2.0),
                Operation::Upsample2 => (widest.0, widest.1 / 2.0),
                _ => widest,
            });
        }
        field.last().map_or(1, |f| f.0.ceil() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_follow_their_definitions() {
        let reflected: Vec<_> = (-5..9).map(|i| Border::Reflect.index(i, 4).unwrap()).collect();
        assert_eq!(reflected, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert!((-9..9).all(|i| Border::Reflect.index(i, 1) == Some(0)));
        assert_eq!([-1, 0, 1, 2].map(|i| Border::Reflect.index(i, 2).unwrap()), [1, 0, 1, 0]);
        assert_eq!([-3, 2, 7].map(|i| Border::Clamp.index(i, 4).unwrap()), [0, 2, 3]);
        assert_eq!([-1, 0, 3, 4].map(|i| Border::Zero.index(i, 4)), [None, Some(0), Some(3), None]);
    }

    #[test]
    fn reflecting_the_enlarged_grid_is_clamping_the_small_one() {
        for size in 1..9 {
            for i in -1..=(2 * size as isize) {
                let enlarged = Border::Reflect.index(i, 2 * size).unwrap() / 2;
                assert_eq!(enlarged, Border::Clamp.index(i.div_euclid(2), size).unwrap(), "{i} of {size}");
            }
        }
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let mut net = Network::new("broken", 3, 1);
        let a = net.push(Operation::Upsample2, &[0]);
        net.push(Operation::Add, &[0, a]);
        assert!(matches!(net.shapes(4, 4), Err(Error::Model { .. })));
        let (weight, border) = (String::new(), Border::Zero);
        let widening = Convolution { weight, inputs: 3, outputs: 6, kernel: 3, stride: 1, pad: 1, border };
        let mut net = Network::new("broken", 3, 1);
        net.push(Operation::Depthwise(widening), &[0]);
        assert!(matches!(net.shapes(4, 4), Err(Error::Model { .. })));
        assert!(matches!(models::transfer26::network().shapes(6, 4), Err(Error::Picture(_))));
    }
}
