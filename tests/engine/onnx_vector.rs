//! Converts a test vector of the ONNX standard to one layer of this crate: input pictures, attributes of the model,
//! expected output.

use impasto::import::onnx::{Attribute, Data, Model, Node, Tensor, read_model, read_tensor};
use impasto::net::{Border, Convolution, Pooling, Shape};

use crate::common::fixture;

/// What the model of a vector does, in our layers.
pub enum Work {
    /// A convolution, plus a number a channel. Ours have no such bias, because a normalization follows that would take it
    /// away again: the tests add it themselves.
    Convolution {
        layer: Convolution,
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    /// Padding: a 1x1 convolution that changes nothing, as wide a border on every side as the widest that is asked for, and
    /// the requested window of its output, from this row and column on.
    Pad {
        layer: Convolution,
        weight: Vec<f32>,
        corner: (usize, usize),
    },
    InstanceNorm {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    /// Nearest-neighbour enlargement by two, so many times.
    Enlargements(u32),
    Pool(Pooling),
    Relu,
    Sigmoid,
}

/// One vector.
pub struct Vector {
    pub work: Work,
    /// The pictures of the batch (CHW), and the shape of each.
    pub pictures: Vec<Vec<f32>>,
    pub shape: Shape,
    /// What each should become, and its shape.
    pub expected: Vec<Vec<f32>>,
    pub result: Shape,
}

/// A model of one operation and its input tensors.
struct Source {
    name: String,
    model: Model,
    given: Vec<Tensor>,
}

impl Vector {
    /// Reads the vector in the folder `name` of the fixtures.
    pub fn read(name: &str) -> Self {
        let file = |file: &str| std::fs::read(fixture("onnx").join(name).join(file));
        let tensor = |bytes: Vec<u8>| read_tensor(name, &bytes).unwrap();
        let model = read_model(name, &file("model.onnx").unwrap()).unwrap();
        let given = (0..).map_while(|i| file(&format!("input_{i}.pb")).ok().map(tensor)).collect();
        assert_eq!(model.nodes.len(), 1, "{name}");
        let source = Source { name: name.to_string(), model, given };
        let (pictures, shape) = batch(source.input(0).unwrap());
        let (expected, result) = batch(&tensor(file("output_0.pb").unwrap()));
        let work = match source.node().op.as_str() {
            "Conv" => source.convolution(shape),
            "Pad" => source.pad(shape),
            "InstanceNormalization" => {
                assert!(!source.node().attributes.contains_key("epsilon"), "{name}: ours is the default");
                let [scale, shift] = [1, 2].map(|i| floats(source.input(i).unwrap()).to_vec());
                Work::InstanceNorm { scale, shift }
            }
            "Resize" => source.resize(shape),
            "AveragePool" => source.pool(Pooling::Average),
            "MaxPool" => source.pool(Pooling::Max),
            "Relu" => Work::Relu,
            "Sigmoid" => Work::Sigmoid,
            op => panic!("{name}: no layer does {op}"),
        };
        Self { work, pictures, shape, expected, result }
    }
}

impl Source {
    fn node(&self) -> &Node {
        &self.model.nodes[0]
    }

    /// Input number `i` of the operation: a constant of the model, or one of the tensors given.
    fn input(&self, i: usize) -> Option<&Tensor> {
        let name = self.node().inputs.get(i)?;
        let names = self.model.inputs.iter().filter(|n| !self.model.initializers.contains_key(*n));
        self.model.initializers.get(name).or_else(|| names.zip(&self.given).find(|(n, _)| *n == name).map(|(_, t)| t))
    }

    fn ints(&self, attribute: &str, default: &[i64]) -> Vec<i64> {
        match self.node().attributes.get(attribute) {
            Some(Attribute::Ints(values)) => values.clone(),
            Some(other) => panic!("{}: {attribute} is {other:?}", self.name),
            None => default.to_vec(),
        }
    }

    fn text(&self, attribute: &str) -> Option<&str> {
        match self.node().attributes.get(attribute)? {
            Attribute::Text(text) => Some(text),
            other => panic!("{}: {attribute} is {other:?}", self.name),
        }
    }

    fn convolution(&self, shape: Shape) -> Work {
        let weight = self.input(1).unwrap();
        let stride = same(&self.ints("strides", &[1, 1]));
        assert_eq!(same(&self.ints("dilations", &[1, 1])), 1, "{}", self.name);
        assert_eq!(weight.shape[1], shape.channels, "{}: ours have no groups", self.name);
        let kernel = same(&[weight.shape[2] as i64, weight.shape[3] as i64]);
        let pad = match self.text("auto_pad") {
            // As much as makes the output `size / stride`, rounded up; even here, so the same on both sides.
            Some("SAME_LOWER") => {
                let total = |size: usize| (size.div_ceil(stride) - 1) * stride + kernel - size;
                assert!(total(shape.height) == total(shape.width) && total(shape.width).is_multiple_of(2));
                total(shape.width) / 2
            }
            None => same(&self.ints("pads", &[0; 4])),
            other => panic!("{}: auto_pad is {other:?}", self.name),
        };
        let outputs = weight.shape[0];
        let layer = convolution(shape.channels, outputs, kernel, stride, pad, Border::Zero);
        let bias = self.input(2).map_or(vec![0.0; outputs], |bias| floats(bias).to_vec());
        Work::Convolution { layer, weight: floats(weight).to_vec(), bias }
    }

    fn pool(&self, pooling: Pooling) -> Work {
        let asked = [self.ints("kernel_shape", &[]), self.ints("strides", &[1, 1]), self.ints("pads", &[0; 4])];
        assert_eq!(asked, [vec![2, 2], vec![2, 2], vec![0; 4]], "{}", self.name);
        Work::Pool(pooling)
    }

    fn pad(&self, shape: Shape) -> Work {
        let border = match self.text("mode") {
            Some("reflect") => Border::Reflect,
            Some("edge") => Border::Clamp,
            other => panic!("{}: no border is {other:?}", self.name),
        };
        // Rows before, columns before, rows after, columns after; nothing along the other axes.
        let pads = self.ints("pads", &[]);
        let [0, 0, top, left, 0, 0, bottom, right] = pads[..] else { panic!("{}: pads are {pads:?}", self.name) };
        let widest = [top, left, bottom, right].into_iter().max().unwrap();
        let (layer, weight) = identity(shape.channels, 1);
        let layer = Convolution { pad: widest as usize, border, ..layer };
        Work::Pad { layer, weight, corner: ((widest - top) as usize, (widest - left) as usize) }
    }

    /// Only what the one vector asks for that enlarges by a power of two: target sizes, of which the side that needs more
    /// decides for both (`not_smaller`). Its default rounding finds the same pixels as `i / factor` for an even factor.
    fn resize(&self, shape: Shape) -> Work {
        assert_eq!((self.text("mode"), self.text("keep_aspect_ratio_policy")), (Some("nearest"), Some("not_smaller")));
        assert_eq!(self.ints("axes", &[]), [2, 3]);
        assert!(self.text("coordinate_transformation_mode").is_none() && self.text("nearest_mode").is_none());
        let Data::Int64(sizes) = &self.input(3).unwrap().data else { panic!("{}: sizes are integers", self.name) };
        let factor = (sizes[0] as usize).div_ceil(shape.height).max((sizes[1] as usize).div_ceil(shape.width));
        assert!(factor.is_power_of_two(), "{}: enlarges by {factor}", self.name);
        Work::Enlargements(factor.ilog2())
    }
}

/// A convolution layer whose weights have no name.
fn convolution(inputs: usize, outputs: usize, kernel: usize, stride: usize, pad: usize, border: Border) -> Convolution {
    Convolution { weight: String::new(), inputs, outputs, kernel, stride, pad, border }
}

/// The convolution that changes nothing, and its weights.
pub fn identity(channels: usize, kernel: usize) -> (Convolution, Vec<f32>) {
    let mut weight = vec![0.0; channels * channels * kernel * kernel];
    for c in 0..channels {
        weight[(c * channels + c) * kernel * kernel + kernel * kernel / 2] = 1.0;
    }
    (convolution(channels, channels, kernel, 1, kernel / 2, Border::Reflect), weight)
}

fn floats(tensor: &Tensor) -> &[f32] {
    let Data::Float(values) = &tensor.data else { panic!("the vector holds no floats") };
    values
}

/// The pictures of a batch, and the shape of each.
fn batch(tensor: &Tensor) -> (Vec<Vec<f32>>, Shape) {
    let [_, channels, height, width] = tensor.shape[..] else { panic!("no NCHW shape: {:?}", tensor.shape) };
    let pictures = floats(tensor).chunks_exact(channels * height * width).map(<[f32]>::to_vec);
    (pictures.collect(), Shape { channels, height, width })
}

/// The one number that all of `values` are.
fn same(values: &[i64]) -> usize {
    assert!(values.iter().all(|v| *v == values[0]), "{values:?}");
    values[0] as usize
}
