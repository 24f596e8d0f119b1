//! Networks that compute a vector, on the CPU: small networks with random weights and odd sizes against the plain
//! executor, and the style predictor against the reference vector, with each instruction set and several threads.

use crate::common::{distance, fixture, noise, picture, shipped_as};
use crate::random_network::{PIXELS, RandomNetwork, Zeros, white_pixel};
use impasto::cpu::{CpuVectorModel, InstructionSet, Workers};
use impasto::error::Error;
use impasto::image::Image;
use impasto::net::models::predictor;
use impasto::net::{Network, Operation, TensorId};
use impasto::style::Style;
use impasto::weights::{Archive, ArchiveBuilder};

/// Appends the mean and a matrix, and compares all instruction sets and numbers of threads with the plain executor.
fn compare(mut n: RandomNetwork, x: TensorId, channels: usize, numbers: usize, size: (usize, usize), case: &str) {
    n.vector(x, channels, numbers);
    let (net, archive) = n.archive();
    let photo = Image::new(size.0, size.1, noise(3, size.0 * size.1 * 3).iter().map(|v| v.abs()).collect()).unwrap();
    let expected = impasto::reference::forward(&net, &archive, &Style::default(), &photo).unwrap().0;
    for set in InstructionSet::available() {
        let got = each_thread_count(&net, &archive, set, &photo);
        let off = distance(&got, &expected);
        assert!(off <= 2e-5, "{case}, {size:?}, {}: off by {off}", set.name());
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
                let mut n = RandomNetwork::new();
                let x = n.stem_and_block(stem, wide, narrow, zeros);
                let y = n.pointwise(x, narrow, wide);
                let y = n.conv(y, (wide, wide), (3, 2), true, zeros);
                let y = n.relu6(y);
                let x = n.pointwise(y, wide, narrow);
                // Without an activation.
                let x = n.conv(x, (narrow, narrow), (3, 2), true, zeros);
                compare(n, x, narrow, numbers, size, &format!("{stem} {wide} {narrow} {numbers} {zeros:?}"));
            }
        }
    }
}

#[test]
fn stages_may_follow_each_other_in_any_order() {
    for size in SIZES {
        let mut n = RandomNetwork::new();
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
        compare(n, x, 10, 3, size, "any order");
    }
}

#[test]
fn convolutions_without_a_border_agree() {
    for size in [(3, 3), (9, 7), (16, 17), (70, 41), (3, 60)] {
        for (stride, kernel) in [(1, 3), (2, 3)] {
            let mut n = RandomNetwork::new();
            let x = n.pointwise(0, 3, 12);
            let x = n.conv(x, (12, 12), (kernel, stride), true, Zeros::None);
            compare(n, x, 12, 5, size, &format!("depthwise, stride {stride}"));
            let mut n = RandomNetwork::new();
            let x = n.conv(0, (3, 7), (kernel, stride), false, Zeros::None);
            compare(n, x, 7, 5, size, &format!("stem, stride {stride}"));
        }
    }
}

#[test]
fn every_pixel_is_where_it_belongs() {
    for stride in [1, 2] {
        let (net, archive) = RandomNetwork::of_two_convolutions(stride).archive();
        for (x, y) in PIXELS {
            let photo = white_pixel(x, y);
            let expected = impasto::reference::forward(&net, &archive, &Style::default(), &photo).unwrap().0;
            for set in InstructionSet::available() {
                let off = distance(&each_thread_count(&net, &archive, set, &photo), &expected);
                assert!(off <= 2e-6, "stride {stride}, pixel {x} {y}, {}: off by {off}", set.name());
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
    let mut n = RandomNetwork::new();
    n.pointwise(0, 3, 4);
    assert!(matches!(load(&n.net, (4, 4)), Err(Error::Model { .. })));
    // Weights that are not in the archive.
    assert!(matches!(load(&n.net, (1, 1)), Err(Error::Tensor { .. })));
    let (net, archive) = n.archive();
    let mut model = CpuVectorModel::load(&net, &archive, set, (1, 1)).unwrap();
    assert!(matches!(model.run(&Workers::new(1), &[0.0; 3]), Err(Error::Picture(_))));
    assert_eq!(model.run(&Workers::new(1), &[0.0; 4]).unwrap().len(), 4);
}
