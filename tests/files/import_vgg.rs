//! `import::vgg` on VGG files as PyTorch and Keras write them, which the tests create byte by byte.

use crate::common::noise;
use crate::common::torch_file::{self, NamedTensor, zip};
use hdf5_pure::FileBuilder;
use impasto::import::vgg::{self, Bits, Expects};
use impasto::net::models::vgg::{Layer, VGG16, VGG19, Vgg};
use impasto::weights::Archive;

/// Weights `[outputs][inputs][3][3]` and biases of a layer.
type Numbers = (Layer, Vec<f32>, Vec<f32>);

fn numbers(vgg: Vgg) -> Vec<Numbers> {
    let of = |(seed, layer): (u32, Layer)| {
        let count = layer.outputs() * layer.inputs() * 9;
        (layer, noise(seed, count), noise(seed + 100, layer.outputs()))
    };
    (1..).zip(vgg.layers()).map(of).collect()
}

/// `features.0.weight` and so on: ReLUs and poolings are counted too.
fn torchvision_names(vgg: Vgg) -> Vec<String> {
    let mut next = 0;
    let mut name = |layer: Layer| {
        next += usize::from(layer.follows_pooling());
        next += 2;
        format!("features.{}", next - 2)
    };
    vgg.layers().map(&mut name).collect()
}

/// The tensors of a file, as PyTorch names them.
fn tensors(names: &[String], numbers: &[Numbers]) -> Vec<NamedTensor> {
    let of = |(name, (layer, weights, biases)): (&String, &Numbers)| {
        let shape = vec![layer.outputs(), layer.inputs(), 3, 3];
        let bias = (format!("{name}.bias"), vec![layer.outputs()], biases.clone());
        [(format!("{name}.weight"), shape, weights.clone()), bias]
    };
    names.iter().zip(numbers).flat_map(of).collect()
}

fn zipped(names: &[String], numbers: &[Numbers]) -> Vec<u8> {
    torch_file::zipped(&tensors(names, numbers))
}

fn legacy(names: &[String], numbers: &[Numbers]) -> Vec<u8> {
    torch_file::legacy(&tensors(names, numbers))
}

/// As Keras has it: height, width, inputs, outputs.
fn keras(numbers: &[Numbers]) -> Vec<u8> {
    let mut file = FileBuilder::new();
    for (layer, weights, biases) in numbers {
        let (outputs, inputs) = (layer.outputs(), layer.inputs());
        let turned: Vec<f32> = (0..weights.len())
            .map(|i| {
                let (output, input, tap) = (i % outputs, i / outputs % inputs, i / outputs / inputs);
                weights[(output * inputs + input) * 9 + tap]
            })
            .collect();
        let name = format!("block{}_conv{}", layer.block, layer.convolution);
        let mut group = file.create_group(&name);
        let shape = [3, 3, inputs as u64, outputs as u64];
        group.create_dataset(&format!("{name}_W_1:0")).with_f32_data(&turned).with_shape(&shape);
        group.create_dataset(&format!("{name}_b_1:0")).with_f32_data(biases).with_shape(&[outputs as u64]);
        file.add_group(group.finish());
    }
    file.finish().unwrap()
}

/// The archive has these numbers, as far as 8 bits go.
fn assert_holds(archive: &[u8], vgg: Vgg, numbers: &[Numbers], except_first: bool) {
    let archive = Archive::parse(archive).unwrap();
    assert_eq!(archive.metadata("network"), Some(vgg.name));
    for (layer, weights, biases) in &numbers[usize::from(except_first)..] {
        let found = archive.tensor(&layer.weight(), &[layer.outputs(), layer.inputs(), 3, 3]).unwrap();
        assert!(crate::common::distance(&found, weights) <= 0.5001 / 127.0, "{}", layer.name());
        assert_eq!(archive.tensor(&layer.bias(), &[layer.outputs()]).unwrap(), *biases);
    }
}

#[test]
fn both_kinds_of_pytorchs_files_are_read() {
    let (numbers, names) = (numbers(VGG19), torchvision_names(VGG19));
    assert_eq!((names[2].as_str(), names[15].as_str()), ("features.5", "features.34"));
    for bytes in [zipped(&names, &numbers), legacy(&names, &numbers)] {
        assert_holds(
            &vgg::read("a.pth", &bytes, VGG19, Some(Expects::Caffe), Bits::Eight).unwrap(),
            VGG19,
            &numbers,
            false,
        );
    }
}

/// The first layer gives the same output for Caffe's input as the original layer for torchvision's.
#[test]
fn torchvisions_colours_are_folded_into_the_first_layer() {
    let (numbers, names) = (numbers(VGG16), torchvision_names(VGG16));
    let archive = vgg::read("a.pth", &zipped(&names, &numbers), VGG16, None, Bits::Eight).unwrap();
    assert_holds(&archive, VGG16, &numbers, true);
    let archive = Archive::parse(&archive).unwrap();
    let (layer, weights, biases) = &numbers[0];
    let found = archive.tensor(&layer.weight(), &[64, 3, 3, 3]).unwrap();
    let found_biases = archive.tensor(&layer.bias(), &[64]).unwrap();
    let colour = [0.9f32, 0.2, 0.6];
    let seen: Vec<f32> = (0..3).map(|c| (colour[c] - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c]).collect();
    let caffe: Vec<f32> = (0..3).map(|c| 255.0 * colour[2 - c] - [103.939, 116.779, 123.68][c]).collect();
    for output in 0..64 {
        let product =
            |weights: &[f32], seen: &[f32]| -> f32 { (0..27).map(|i| weights[output * 27 + i] * seen[i / 9]).sum() };
        let expected = product(weights, &seen) + biases[output];
        let result = product(&found, &caffe) + found_biases[output];
        // 27 weights rounded to 8 bits, of colours up to 2 deviations off.
        assert!((result - expected).abs() < 0.1, "{output}: {result} for {expected}");
    }
}

#[test]
fn converted_caffe_models_keep_their_colours() {
    let numbers = numbers(VGG16);
    let names: Vec<String> = VGG16.layers().map(|l| format!("conv{}_{}", l.block, l.convolution)).collect();
    assert_holds(
        &vgg::read("a.pth", &zipped(&names, &numbers), VGG16, None, Bits::Eight).unwrap(),
        VGG16,
        &numbers,
        false,
    );
}

#[test]
fn weights_of_32_bits_stay_as_they_are() {
    let numbers = numbers(VGG16);
    let names: Vec<String> = VGG16.layers().map(|l| format!("conv{}_{}", l.block, l.convolution)).collect();
    let archive = vgg::read("a.pth", &zipped(&names, &numbers), VGG16, None, Bits::ThirtyTwo).unwrap();
    let archive = Archive::parse(&archive).unwrap();
    for (layer, weights, _) in &numbers {
        assert_eq!(archive.tensor(&layer.weight(), &[layer.outputs(), layer.inputs(), 3, 3]).unwrap(), *weights);
    }
}

#[test]
fn keras_files_are_turned() {
    let numbers = numbers(VGG16);
    assert_holds(&vgg::read("a.h5", &keras(&numbers), VGG16, None, Bits::Eight).unwrap(), VGG16, &numbers, false);
}

#[test]
fn other_files_are_refused_in_a_sentence() {
    let (numbers, names) = (numbers(VGG16), torchvision_names(VGG16));
    let good = zipped(&names, &numbers);
    let old = legacy(&names, &numbers);
    let malicious = zip(&[("x/data.pkl".to_string(), b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.".to_vec())]);
    let empty = zip(&[("x/data.pkl".to_string(), b"\x80\x02}.".to_vec())]);
    let mut flat = numbers.clone();
    flat[0].1[5] = f32::NAN;
    for (bytes, vgg, what) in [
        (&good[..], VGG19, "has 13 convolutions, where vgg19 has 16"),
        (&good[..good.len() / 2], VGG16, "damaged zip archive"),
        (&old[..old.len() / 2], VGG16, "is truncated"),
        (&malicious, VGG16, "asks to call `os.system`"),
        (&empty, VGG16, "no table of tensors"),
        (&zip(&[]), VGG16, "is not a supported weight file"),
        (b"hello", VGG16, "is not a supported weight file"),
        (b"\x89HDF\r\n\x1a\n", VGG16, "cannot be read as an HDF5 file"),
        (&keras(&numbers[..5]), VGG16, "has no weights of `block3_conv2`"),
        (&zipped(&names, &flat), VGG16, "its conv1_1.w has the value NaN"),
    ] {
        let refused = vgg::read("a.pth", bytes, vgg, None, Bits::Eight).unwrap_err().to_string();
        assert!(refused.starts_with("a.pth: ") && refused.contains(what), "{what}: {refused}");
    }
}
