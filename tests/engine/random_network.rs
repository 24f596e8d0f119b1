//! Small networks with random weights, which compute a vector as the style predictor does.

use impasto::image::Image;
use impasto::net::{Border, Convolution, Network, Operation, TensorId};
use impasto::weights::{Archive, ArchiveBuilder};

use crate::common::noise;

/// What surrounds the input of a convolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zeros {
    Around,
    AtTheEnd,
    None,
}

/// A network and its weights.
pub struct RandomNetwork {
    pub net: Network,
    archive: ArchiveBuilder,
}

impl RandomNetwork {
    pub fn new() -> Self {
        Self { net: Network::new("random", 3, 1), archive: ArchiveBuilder::new() }
    }

    /// A convolution and its bias; depthwise where `depthwise`.
    pub fn conv(
        &mut self,
        mut x: TensorId,
        (inputs, outputs): (usize, usize),
        (kernel, stride): (usize, usize),
        depthwise: bool,
        zeros: Zeros,
    ) -> TensorId {
        let seed = self.net.layers.len() as u32 + 7;
        let (weight, tensor) = (format!("w{seed}"), format!("b{seed}"));
        let fan_in = if depthwise { 1 } else { inputs };
        let shape = [outputs, fan_in, kernel, kernel];
        let gain = 2.0 / (fan_in as f32 * (kernel * kernel) as f32).sqrt();
        let values: Vec<f32> = noise(seed, shape.iter().product()).iter().map(|v| v * gain).collect();
        self.archive.float(&weight, &shape, &values).float(&tensor, &[outputs], &noise(seed + 100, outputs));
        if zeros == Zeros::AtTheEnd {
            x = self.net.push(Operation::PadEnd, &[x]);
        }
        let pad = if zeros == Zeros::Around { kernel / 2 } else { 0 };
        let c = Convolution { weight, inputs, outputs, kernel, stride, pad, border: Border::Zero };
        let y = self.net.push(if depthwise { Operation::Depthwise(c) } else { Operation::Convolution(c) }, &[x]);
        self.net.push(Operation::Bias { tensor }, &[y])
    }

    /// A convolution of single pixels, and its bias.
    pub fn pointwise(&mut self, x: TensorId, inputs: usize, outputs: usize) -> TensorId {
        self.conv(x, (inputs, outputs), (1, 1), false, Zeros::Around)
    }

    pub fn relu6(&mut self, x: TensorId) -> TensorId {
        self.net.push(Operation::Relu6, &[x])
    }

    /// A convolution of stride 2 to `stem` channels, and a block that widens to `wide` channels and narrows to `narrow`, which is
    /// added to its input.
    pub fn stem_and_block(&mut self, stem: usize, wide: usize, narrow: usize, zeros: Zeros) -> TensorId {
        let x = self.conv(0, (3, stem), (3, 2), false, zeros);
        let x = self.relu6(x);
        let y = self.pointwise(x, stem, wide);
        let y = self.relu6(y);
        let y = self.conv(y, (wide, wide), (3, 1), true, Zeros::Around);
        let y = self.relu6(y);
        let y = self.pointwise(y, wide, narrow);
        self.net.push(Operation::Add, &[x, y])
    }

    /// Appends the mean over all pixels and a matrix, which end every network here.
    pub fn vector(&mut self, x: TensorId, channels: usize, numbers: usize) {
        let x = self.net.push(Operation::GlobalMean, &[x]);
        self.pointwise(x, channels, numbers);
    }

    /// A 3x3 convolution and a depthwise one, for [`white_pixel`].
    pub fn of_two_convolutions(stride: usize) -> Self {
        let mut n = Self::new();
        let x = n.conv(0, (3, 5), (3, stride), false, Zeros::Around);
        let x = n.relu6(x);
        let x = n.conv(x, (5, 5), (3, stride), true, Zeros::Around);
        let x = n.relu6(x);
        n.vector(x, 5, 5);
        n
    }

    pub fn archive(self) -> (Network, Archive) {
        (self.net, Archive::parse(&self.archive.finish().unwrap()).unwrap())
    }
}

/// A black picture of 11x6 pixels with one white pixel: the mean over a full picture would hide the position of a pixel.
pub fn white_pixel(x: usize, y: usize) -> Image {
    let mut data = vec![0.0; 11 * 6 * 3];
    data[(y * 11 + x) * 3..][..3].copy_from_slice(&[1.0, 0.6, 0.2]);
    Image::new(11, 6, data).unwrap()
}

/// Corners and other pixels of [`white_pixel`].
pub const PIXELS: [(usize, usize); 6] = [(0, 0), (10, 0), (0, 5), (10, 5), (4, 3), (7, 2)];
