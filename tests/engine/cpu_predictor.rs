//! Networks that compute a vector, on the CPU: small networks with random weights and odd sizes against the plain
//! executor, and the style predictor against the reference vector, with each instruction set and several threads.

use crate::common::{distance, fixture, noise, picture, shipped_as};
use impasto::cpu::{CpuVectorModel, InstructionSet, Workers};
use impasto::error::Error;
use impasto::image::Image;
use impasto::net::models::predictor;
use impasto::net::{Border, Convolution, Network, Operation, TensorId};
use impasto::style::Style;
use impasto::weights::{Archive, ArchiveBuilder};

struct Net {
    net: Network,
    archive: ArchiveBuilder,
}

/// What precedes a convolution with a stride of 2.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Zeros {
    Around,
    AtTheEnd,
    None,
}

impl Net {
    fn new() -> Self {
        Self { net: Network::new("random", 3, 1), archive: ArchiveBuilder::new() }
    }

    fn conv(
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

    fn pointwise(&mut self, x: TensorId, inputs: usize, outputs: usize) -> TensorId {
        self.conv(x, (inputs, outputs), (1, 1), false, Zeros::Around)
    }

    fn relu6(&mut self, x: TensorId) -> TensorId {
        self.net.push(Operation::Relu6, &[x])
    }

    /// Appends the mean and a matrix, and compares all instruction sets and numbers of threads with the plain executor.
    fn compare(mut self, x: TensorId, channels: usize, numbers: usize, size: (usize, usize), case: &str) {
        let x = self.net.push(Operation::GlobalMean, &[x]);
        self.pointwise(x, channels, numbers);
        let archive = Archive::parse(&self.archive.finish().unwrap()).unwrap();
        let photo =
            Image::new(size.0, size.1, noise(3, size.0 * size.1 * 3).iter().map(|v| v.abs()).collect()).unwrap();
        let expected = impasto::reference::forward(&self.net, &archive, &Style::default(), &photo).unwrap().0;
        for set in InstructionSet::available() {
            let got = each_thread_count(&self.net, &archive, set, &photo);
            let off = distance(&got, &expected);
            assert!(off <= 2e-5, "{case}, {size:?}, {}: off by {off}", set.name());
        }
    }
}

/// Runs the network with one to five threads, twice each, and checks that the results are the same.
fn each_thread_count(net: &Network, archive: &Archive, set: InstructionSet, photo: &Image) -> Vec<f32> {
    let input: Vec<f32> = photo.data().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 0.0]).collect();
    let mut model = CpuVectorModel::load(net, archive, set, (photo.width(), photo.height())).unwrap();
    let first = model.run(&Workers::new(1), &input).unwrap();
    for threads in [1, 2, 5] {
        let again = model.run(&Workers::new(threads), &input).unwrap();
        assert!(first.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads");
    }
    first
}

const SIZES: [(usize, usize); 7] = [(1, 1), (2, 2), (9, 7), (16, 17), (37, 30), (70, 41), (5, 90)];

#[test]
fn kernels_agree_with_the_plain_executor() {
    // Stem channels, widened channels, narrowed channels, numbers: whole vectors, parts of them, and neither.
    for (stem, wide, narrow, numbers) in
        [(8, 16, 8, 16), (32, 24, 32, 8), (5, 7, 5, 9), (6, 33, 6, 1), (16, 100, 16, 100)]
    {
        for size in SIZES {
            for zeros in [Zeros::Around, Zeros::AtTheEnd] {
                let mut n = Net::new();
                let x = n.conv(0, (3, stem), (3, 2), false, zeros);
                let x = n.relu6(x);
                let y = n.pointwise(x, stem, wide);
                let y = n.relu6(y);
                let y = n.conv(y, (wide, wide), (3, 1), true, Zeros::Around);
                let y = n.relu6(y);
                let y = n.pointwise(y, wide, narrow);
                let x = n.net.push(Operation::Add, &[x, y]);
                let y = n.pointwise(x, narrow, wide);
                let y = n.conv(y, (wide, wide), (3, 2), true, zeros);
                let y = n.relu6(y);
                let x = n.pointwise(y, wide, narrow);
                // Without an activation.
                let x = n.conv(x, (narrow, narrow), (3, 2), true, zeros);
                n.compare(x, narrow, numbers, size, &format!("{stem} {wide} {narrow} {numbers} {zeros:?}"));
            }
        }
    }
}

#[test]
fn stages_may_follow_each_other_in_any_order() {
    for size in SIZES {
        let mut n = Net::new();
        // A 1x1 convolution of the picture, two depthwise ones, and a tensor that three stages read.
        let x = n.pointwise(0, 3, 10);
        let x = n.conv(x, (10, 10), (3, 1), true, Zeros::Around);
        let x = n.conv(x, (10, 10), (3, 1), true, Zeros::Around);
        let x = n.relu6(x);
        let y = n.pointwise(x, 10, 10);
        let y = n.net.push(Operation::Add, &[y, x]);
        let z = n.pointwise(x, 10, 10);
        let z = n.relu6(z);
        let z = n.net.push(Operation::Add, &[y, z]);
        let x = n.conv(z, (10, 10), (3, 1), true, Zeros::Around);
        n.compare(x, 10, 3, size, "any order");
    }
}

#[test]
fn convolutions_without_a_border_agree() {
    for size in [(3, 3), (9, 7), (16, 17), (70, 41), (3, 60)] {
        for (stride, kernel) in [(1, 3), (2, 3)] {
            let mut n = Net::new();
            let x = n.pointwise(0, 3, 12);
            let x = n.conv(x, (12, 12), (kernel, stride), true, Zeros::None);
            n.compare(x, 12, 5, size, &format!("depthwise, stride {stride}"));
            let mut n = Net::new();
            let x = n.conv(0, (3, 7), (kernel, stride), false, Zeros::None);
            n.compare(x, 7, 5, size, &format!("stem, stride {stride}"));
        }
    }
}

/// A black picture with one white pixel: the mean over a full picture would hide the position of a pixel.
#[test]
fn every_pixel_is_where_it_belongs() {
    let (width, height) = (11, 6);
    for stride in [1, 2] {
        for (x0, y0) in [(0, 0), (10, 0), (0, 5), (10, 5), (4, 3), (7, 2)] {
            let mut n = Net::new();
            let x = n.conv(0, (3, 5), (3, stride), false, Zeros::Around);
            let x = n.relu6(x);
            let x = n.conv(x, (5, 5), (3, stride), true, Zeros::Around);
            let x = n.relu6(x);
            let x = n.net.push(Operation::GlobalMean, &[x]);
            n.pointwise(x, 5, 5);
            let archive = Archive::parse(&n.archive.finish().unwrap()).unwrap();
            let mut data = vec![0.0; width * height * 3];
            data[(y0 * width + x0) * 3..][..3].copy_from_slice(&[1.0, 0.6, 0.2]);
            let photo = Image::new(width, height, data).unwrap();
            let expected = impasto::reference::forward(&n.net, &archive, &Style::default(), &photo).unwrap().0;
            for set in InstructionSet::available() {
                let off = distance(&each_thread_count(&n.net, &archive, set, &photo), &expected);
                assert!(off <= 2e-6, "stride {stride}, pixel {x0} {y0}, {}: off by {off}", set.name());
            }
        }
    }
}

#[test]
fn the_reference_vector_is_predicted() {
    let (archive, painting) = (shipped_as("arbitrary"), picture("arbitrary/style.png"));
    let text = std::fs::read_to_string(fixture("arbitrary/vector.json")).unwrap();
    let expected: Vec<f32> = serde_json::from_str(&text).unwrap();
    for set in InstructionSet::available() {
        let got = each_thread_count(&predictor::network(), &archive, set, &painting);
        let off = distance(&got, &expected);
        println!("{}: off by {off}", set.name());
        assert!(off <= 6e-6, "{}: off by {off}", set.name());
    }
}

#[test]
fn what_the_kernels_cannot_run_is_refused() {
    let set = InstructionSet::best();
    let archive = Archive::parse(&ArchiveBuilder::new().finish().unwrap()).unwrap();
    let load = |net: &Network, size| CpuVectorModel::load(net, &archive, set, size).map(drop);
    let mut net = Network::new("enlarging", 3, 1);
    net.push(Operation::Upsample2, &[0]);
    assert!(matches!(load(&net, (4, 4)), Err(Error::Model { .. })));
    // More than one pixel.
    let mut n = Net::new();
    n.pointwise(0, 3, 4);
    assert!(matches!(load(&n.net, (4, 4)), Err(Error::Model { .. })));
    // Weights that are not in the archive.
    assert!(matches!(load(&n.net, (1, 1)), Err(Error::Tensor { .. })));
    let archive = Archive::parse(&n.archive.finish().unwrap()).unwrap();
    let mut model = CpuVectorModel::load(&n.net, &archive, set, (1, 1)).unwrap();
    assert!(matches!(model.run(&Workers::new(1), &[0.0; 3]), Err(Error::Picture(_))));
    assert_eq!(model.run(&Workers::new(1), &[0.0; 4]).unwrap().len(), 4);
}
