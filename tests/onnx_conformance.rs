//! The ONNX standard's own test vectors against the plain executor, which the kernels are compared with in turn.
//!
//! Of the families that the layers belong to, these are left out because no layer of ours does what they ask:
//! - convolution with a different padding on opposite sides (`conv_with_strides_and_asymmetric_padding`), with kernels that are
//!   not square (`Conv2d`, `Conv2d_no_bias`, `Conv2d_groups`), dilated, in groups, or in one or three dimensions;
//! - instance normalization with another epsilon (`instancenorm_epsilon`);
//! - nearest-neighbour enlargement (`upsample_nearest`, `resize_upsample_*_nearest*`): none of the vectors enlarges both
//!   sides by two, which is all that ours does;
//! - pooling: no network here pools yet.

mod common;

use common::{distance, fixture};
use impasto::cpu::conv::convolution;
use impasto::cpu::layers::{instance_norm, sigmoid};
use impasto::net::{Border, Convolution, Shape};
use impasto::weights::onnx::{Attribute, Data, Model, Node, Tensor, read_model, read_tensor};

/// One vector: its model, and the tensors that go in and should come out, by name.
struct Vector {
    name: String,
    model: Model,
    inputs: Vec<Tensor>,
    output: Tensor,
}

impl Vector {
    fn read(name: &str) -> Self {
        let file = |file: &str| std::fs::read(fixture("onnx").join(name).join(file));
        let tensor = |file: &str, bytes: Vec<u8>| read_tensor(file, &bytes).unwrap();
        let model = read_model(name, &file("model.onnx").unwrap()).unwrap();
        let inputs =
            (0..).map_while(|i| file(&format!("input_{i}.pb")).ok().map(|bytes| tensor(name, bytes))).collect();
        let output = tensor(name, file("output_0.pb").unwrap());
        assert_eq!(model.nodes.len(), 1, "{name}");
        Self { name: name.to_string(), model, inputs, output }
    }

    fn node(&self) -> &Node {
        &self.model.nodes[0]
    }

    /// Input number `i` of the operation: a constant of the model, or one of the tensors given.
    fn input(&self, i: usize) -> Option<&Tensor> {
        let name = self.node().inputs.get(i)?;
        let given = self.model.inputs.iter().filter(|n| !self.model.initializers.contains_key(*n));
        self.model.initializers.get(name).or_else(|| given.zip(&self.inputs).find(|(n, _)| *n == name).map(|(_, t)| t))
    }

    fn ints(&self, attribute: &str, default: &[i64]) -> Vec<i64> {
        match self.node().attributes.get(attribute) {
            Some(Attribute::Ints(values)) => values.clone(),
            Some(other) => panic!("{}: {attribute} is {other:?}", self.name),
            None => default.to_vec(),
        }
    }

    fn compare(&self, got: &[f32], allowed: f32) {
        let off = distance(floats(&self.output), got);
        assert!(off <= allowed, "{}: off by {off}", self.name);
    }
}

fn floats(tensor: &Tensor) -> &[f32] {
    let Data::Float(values) = &tensor.data else { panic!("the vector holds no floats") };
    values
}

/// The pictures of a batch, each a CHW tensor, and their shape.
fn batch(tensor: &Tensor) -> (std::slice::ChunksExact<'_, f32>, Shape) {
    let [_, channels, height, width] = tensor.shape[..] else { panic!("no NCHW shape: {:?}", tensor.shape) };
    (floats(tensor).chunks_exact(channels * height * width), Shape { channels, height, width })
}

/// The one number that all of `values` are.
fn same(values: &[i64]) -> usize {
    assert!(values.iter().all(|v| *v == values[0]), "{values:?}");
    values[0] as usize
}

#[test]
fn convolutions() {
    for name in [
        "basic_conv_with_padding",
        "basic_conv_without_padding",
        "conv_with_strides_padding",
        "conv_with_strides_no_padding",
        "conv_with_autopad_same",
        "Conv2d_padding",
        "Conv2d_strided",
    ] {
        let vector = Vector::read(name);
        let (pictures, shape) = batch(vector.input(0).unwrap());
        let weight = vector.input(1).unwrap();
        let stride = same(&vector.ints("strides", &[1, 1]));
        let kernel = same(&[weight.shape[2] as i64, weight.shape[3] as i64]);
        let pad = match vector.node().attributes.get("auto_pad") {
            // As much as makes the output `size / stride`, rounded up; even here, so the same on both sides.
            Some(Attribute::Text(mode)) if mode == "SAME_LOWER" => {
                let total = |size: usize| (size.div_ceil(stride) - 1) * stride + kernel - size;
                assert!(total(shape.height) == total(shape.width) && total(shape.width).is_multiple_of(2));
                total(shape.width) / 2
            }
            None => same(&vector.ints("pads", &[0; 4])),
            other => panic!("{name}: auto_pad is {other:?}"),
        };
        let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        let border = Border::Zero;
        let c = Convolution { weight: String::new(), inputs, outputs, kernel, stride, pad, border };
        let mut got: Vec<f32> = pictures.flat_map(|x| convolution(x, shape, &c, floats(weight))).collect();
        if let Some(bias) = vector.input(2) {
            let plane = c.output_size(shape.height) * c.output_size(shape.width);
            for (i, value) in got.iter_mut().enumerate() {
                *value += floats(bias)[i / plane % outputs];
            }
        }
        vector.compare(&got, 1e-5);
    }
}

#[test]
fn instance_normalization() {
    let vector = Vector::read("instancenorm_example");
    assert!(!vector.node().attributes.contains_key("epsilon"));
    let (pictures, shape) = batch(vector.input(0).unwrap());
    let [scale, shift] = [1, 2].map(|i| floats(vector.input(i).unwrap()));
    let got: Vec<f32> = pictures.flat_map(|x| instance_norm(x, shape, scale, shift)).collect();
    vector.compare(&got, 1e-5);
}

#[test]
fn borders() {
    for (name, border) in
        [("ReflectionPad2d", Border::Reflect), ("operator_pad", Border::Reflect), ("ReplicationPad2d", Border::Clamp)]
    {
        let vector = Vector::read(name);
        let (pictures, shape) = batch(vector.input(0).unwrap());
        // Rows before, columns before, rows after, columns after; nothing along the other axes.
        let pads = vector.ints("pads", &[]);
        let [0, 0, top, left, 0, 0, bottom, right] = pads[..] else { panic!("{name}: pads are {pads:?}") };
        let mut got = vec![];
        for plane in pictures.flat_map(|x| x.chunks_exact(shape.height * shape.width)) {
            for y in -top..shape.height as i64 + bottom {
                for x in -left..shape.width as i64 + right {
                    let at = |i: i64, size: usize| border.index(i as isize, size).unwrap();
                    got.push(plane[at(y, shape.height) * shape.width + at(x, shape.width)]);
                }
            }
        }
        vector.compare(&got, 0.0);
    }
}

#[test]
fn activations() {
    for (name, function) in [("ReLU", (|v: f32| v.max(0.0)) as fn(f32) -> f32), ("Sigmoid", sigmoid)] {
        let vector = Vector::read(name);
        let got: Vec<f32> = floats(vector.input(0).unwrap()).iter().map(|v| function(*v)).collect();
        vector.compare(&got, 1e-6);
    }
}
