//! Layers of networks: operations with their parameters, and the shapes of tensors.

/// Number of a tensor within a network. Tensor 0 is the input picture.
pub type TensorId = usize;

/// The epsilon added to the variance in every instance normalization (Ulyanov et al. 2016, as trained).
pub const EPSILON: f32 = 1e-5;

/// Values beyond the border of a convolution's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Border {
    /// The picture reflected at its outermost pixels, which are not repeated. Reflected repeatedly if the picture is
    /// very small.
    Reflect,
    /// The outermost pixel, repeated.
    Clamp,
    /// Zero.
    Zero,
}

impl Border {
    /// Returns the coordinate in `0..size` whose value is used at `i`, or `None` for a zero.
    pub fn index(self, i: isize, size: usize) -> Option<usize> {
        let n = size as isize;
        match self {
            Border::Zero => (0..n).contains(&i).then_some(i as usize),
            Border::Clamp => Some(i.clamp(0, n - 1) as usize),
            Border::Reflect => {
                let period = (2 * (n - 1)).max(1);
                let j = i.rem_euclid(period);
                Some(j.min(period - j).min(n - 1) as usize)
            }
        }
    }
}

/// A square 2-D convolution without bias, padded by `pad` on every side.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    /// Name of the weight tensor, `[outputs][inputs][kernel][kernel]`.
    pub weight: String,
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Side of the kernel in pixels.
    pub kernel: usize,
    /// Distance in input pixels between adjacent output pixels.
    pub stride: usize,
    /// Pixels added on every side of the input.
    pub pad: usize,
    /// Values of the added pixels.
    pub border: Border,
}

impl Convolution {
    /// Returns the output length along one side of `size` pixels.
    pub fn output_size(&self, size: usize) -> usize {
        (size + 2 * self.pad).saturating_sub(self.kernel) / self.stride + 1
    }
}

/// Reduction of a pooling window to one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The largest value of the window.
    Max,
    /// The mean of the window.
    Average,
}

/// Conversion of a picture to a network's input: output channel `i` is `scale` times channel `order[i]` minus
/// `mean[i]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocessing {
    /// Input channel of each output channel.
    pub order: [usize; 3],
    /// Factor of the input's values.
    pub scale: f32,
    /// Numbers subtracted from the output channels, after scaling.
    pub mean: [f32; 3],
}

/// The operation of one layer. Inputs and outputs are CHW tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Preprocesses a picture with three channels.
    Preprocess(Preprocessing),
    /// A dense convolution.
    Convolution(Convolution),
    /// A depthwise convolution: as many outputs as inputs, weights `[channels][1][kernel][kernel]`.
    Depthwise(Convolution),
    /// Adds one number per channel: the tensor of that name, `[channels]`.
    Bias {
        /// Name of the bias tensor.
        tensor: String,
    },
    /// Instance normalization with the style's scale and shift number `norm` (see [`super::Network::norms`]).
    InstanceNorm {
        /// Index in [`super::Network::norms`].
        norm: usize,
    },
    /// `max(x, 0)`.
    Relu,
    /// Clamps to 0..6 (Howard et al. 2017, "MobileNets").
    Relu6,
    /// Adds one column of zeros on the right and one row below: with a 3x3 convolution of stride 2, this is
    /// TensorFlow's `SAME` padding of even sizes.
    PadEnd,
    /// Pools windows of 2x2 pixels at stride 2; an odd row or column at the end is dropped.
    Pool2(Pooling),
    /// The mean of each channel, as a tensor of one pixel.
    GlobalMean,
    /// Nearest-neighbour enlargement by two.
    Upsample2,
    /// Sum of two tensors of the same shape.
    Add,
    /// The logistic function `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Clamps to 0..1.
    Clamp,
}

/// One layer: an operation, the tensors it reads, the tensor it writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The operation.
    pub operation: Operation,
    /// The tensors that it reads: two for [`Operation::Add`], else one.
    pub inputs: Vec<TensorId>,
    /// The tensor that it writes.
    pub output: TensorId,
}

/// Channels, height and width of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

impl Shape {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
