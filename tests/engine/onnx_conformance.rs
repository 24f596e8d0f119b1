//! Compares the plain executor with the ONNX standard's test vectors, and every kernel that supports their layer.

use std::collections::BTreeSet;

use crate::bare_kernel::{Device, Input, network};
use crate::common::{distance, fixture};
use crate::onnx_vector::{Vector, Work, identity};
use impasto::error::Error;
use impasto::gpu::conv::Variant;
use impasto::lower::transfer::fuse;
use impasto::net::{Border, Convolution, Shape};
use impasto::reference::convolution::convolution;
use impasto::reference::layers::{instance_norm, pool2, sigmoid, upsample2};

/// The vectors that run, each in the folder of its name.
///
/// On the GPU: convolutions over zeros laid around the picture here, since the kernels have no border of zeros; the 9x9
/// kernels of the first and last layers not at all, as no vector has any, and the sigmoid neither, which only the
/// presenting draw computes (`tests/engine/kernels.rs` covers both). Pooling has no kernel: only the plain executor and the studio do it.
const COVERED: [&str; 17] = [
    "AvgPool2d",
    "Conv2d_padding",
    "Conv2d_strided",
    "ReLU",
    "ReflectionPad2d",
    "ReplicationPad2d",
    "Sigmoid",
    "averagepool_2d_precomputed_strides",
    "basic_conv_with_padding",
    "basic_conv_without_padding",
    "conv_with_autopad_same",
    "conv_with_strides_no_padding",
    "conv_with_strides_padding",
    "instancenorm_example",
    "maxpool_2d_precomputed_strides",
    "operator_pad",
    "resize_upsample_sizes_nearest_not_smaller",
];

/// The others of the same families in the package (`*` stands for any ending), and why they are left out: mostly what they ask
/// for that no layer of ours does.
const LEFT_OUT: [(&str, &str); 55] = [
    ("AvgPool1d*", "one dimension"),
    ("AvgPool2d_stride", "the same as AvgPool2d"),
    ("AvgPool3d*", "three dimensions"),
    ("ConstantPad2d", "a border of twos"),
    ("Conv1d*", "one dimension"),
    ("Conv2d", "a kernel that is not square"),
    ("Conv2d_depthwise*", "groups; depthwise layers are compared in tests/engine/predictor.rs"),
    ("Conv2d_dilated", "dilation"),
    ("Conv2d_groups*", "groups, and a kernel that is not square"),
    ("Conv2d_no_bias", "a kernel that is not square"),
    ("Conv3d*", "three dimensions"),
    ("ConvTranspose2d*", "transposed convolution"),
    ("MaxPool*", "windows of 3x3, or other dimensions than two"),
    ("ZeroPad2d", "nothing but the border of zeros that the convolutions have too"),
    ("averagepool_1d_*", "one dimension"),
    ("averagepool_2d_ceil", "windows of 3x3"),
    ("averagepool_2d_d*", "windows that overlap or have holes"),
    ("averagepool_2d_pads*", "windows of 3x3"),
    ("averagepool_2d_precomputed_pads*", "windows of 5x5"),
    ("averagepool_2d_precomputed_same_upper", "windows of 3x3"),
    ("averagepool_2d_s*", "windows that overlap"),
    ("averagepool_3d_*", "three dimensions"),
    ("constant_pad*", "a border of a number other than zero"),
    ("conv_with_strides_and_asymmetric_padding", "rows of padding without columns"),
    ("convinteger_*", "integers"),
    ("convtranspose*", "transposed convolution"),
    ("edge_pad", "integers, and a border that ReplicationPad2d has wider"),
    ("instancenorm_epsilon", "an epsilon of 0.01"),
    ("maxpool_1d_*", "one dimension"),
    ("maxpool_2d_ceil*", "rounding up"),
    ("maxpool_2d_d*", "windows that overlap or have holes"),
    ("maxpool_2d_pads", "windows of 3x3"),
    ("maxpool_2d_precomputed_pads", "windows of 5x5"),
    ("maxpool_2d_precomputed_same_upper", "windows of 3x3"),
    ("maxpool_2d_s*", "windows that overlap"),
    ("maxpool_2d_uint8", "integers"),
    ("maxpool_3d_*", "three dimensions"),
    ("maxpool_with_argmax_*", "the place of the largest value"),
    ("operator_conv", "4.5 MB"),
    ("operator_convtranspose", "transposed convolution"),
    ("operator_maxpool", "one dimension"),
    ("operator_symbolic_override", "an epsilon of 1e-9"),
    ("reflect_pad", "integers, and a border that ReflectionPad2d has wider"),
    ("resize_downsample_*", "making smaller"),
    ("resize_tf_crop_and_resize*", "linear interpolation"),
    ("resize_upsample_scales_nearest", "factors of 2 and 3"),
    ("resize_upsample_scales_nearest_axes_*", "factors of 2 and 3"),
    ("resize_upsample_sizes_nearest", "factors of 3.5 and 4"),
    ("resize_upsample_sizes_nearest_axes_*", "factors of 3.5 and 4"),
    ("resize_upsample_sizes_nearest_ceil_half_pixel", "rounding up, which shifts the pairs of equal pixels by one"),
    ("resize_upsample_sizes_nearest_floor_align_corners", "corners that coincide, which makes a factor of 7/3"),
    ("resize_upsample_sizes_nearest_not_larger", "a factor of 3.5"),
    ("resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric", "rounding up, which shifts the pairs by one"),
    ("upsample_nearest", "factors of 2 and 3"),
    ("wrap_pad", "a border from the opposite side"),
];

/// The window of `result`'s size of a CHW tensor, from row and column `corner` on.
fn window(values: &[f32], shape: Shape, corner: (usize, usize), result: Shape) -> Vec<f32> {
    let mut out = Vec::with_capacity(result.len());
    for plane in values.chunks_exact(shape.height * shape.width) {
        for row in plane.chunks_exact(shape.width).skip(corner.0).take(result.height) {
            out.extend_from_slice(&row[corner.1..][..result.width]);
        }
    }
    out
}

fn add_bias(values: &mut [f32], bias: &[f32]) {
    let plane = values.len() / bias.len();
    for (plane, bias) in values.chunks_exact_mut(plane).zip(bias) {
        plane.iter_mut().for_each(|v| *v += bias);
    }
}

/// `vector` on the plain executor.
fn on_cpu(vector: &Vector, x: &[f32]) -> Vec<f32> {
    let shape = vector.shape;
    match &vector.work {
        Work::Convolution { layer, weight, bias } => {
            let mut y = convolution(x, shape, layer, weight);
            add_bias(&mut y, bias);
            y
        }
        Work::Pad { layer, weight, corner } => {
            let (height, width) = (layer.output_size(shape.height), layer.output_size(shape.width));
            let y = convolution(x, shape, layer, weight);
            window(&y, Shape { height, width, ..shape }, *corner, vector.result)
        }
        Work::InstanceNorm { scale, shift } => instance_norm(x, shape, scale, shift),
        Work::Enlargements(times) => {
            let enlarge = |(y, s): (Vec<f32>, Shape), _| {
                (upsample2(&y, s), Shape { height: 2 * s.height, width: 2 * s.width, ..s })
            };
            (0..*times).fold((x.to_vec(), shape), enlarge).0
        }
        Work::Pool(pooling) => pool2(x, shape, *pooling),
        Work::Relu => x.iter().map(|v| v.max(0.0)).collect(),
        Work::Sigmoid => x.iter().map(|v| sigmoid(*v)).collect(),
    }
}

/// A convolution of `layer`, which pads with zeros, through a kernel that mirrors `pad` pixels: zeros are laid around the
/// picture first, wide enough that no compared pixel depends on the reflection.
fn over_zeros(
    device: &Device,
    variant: Variant,
    (layer, weight): (&Convolution, &[f32]),
    pad: usize,
    (x, shape, result): (&[f32], Shape, Shape),
) -> (Vec<f32>, &'static str) {
    let border = layer.pad + pad.next_multiple_of(layer.stride) - pad;
    let (zeros, unchanged) = identity(shape.channels, 1);
    let zeros = Convolution { pad: border, border: Border::Zero, ..zeros };
    let laid = convolution(x, shape, &zeros, &unchanged);
    let shape = Shape { height: shape.height + 2 * border, width: shape.width + 2 * border, ..shape };
    let mirroring = Convolution { pad, border: Border::Reflect, ..layer.clone() };
    let made = device.convolve(variant, Input::plain(&laid, shape), (&mirroring, weight), false);
    let first = (pad + border - layer.pad) / layer.stride;
    (window(&made.values, made.shape, (first, first), result), made.file)
}

/// `vector` on the kernels of `variant`: every way that there is, each with the name of the kernel's file.
fn on_gpu(device: &Device, variant: Variant, vector: &Vector, x: &[f32]) -> Vec<(Vec<f32>, &'static str)> {
    let shape = vector.shape;
    let plain = Input::plain(x, shape);
    match &vector.work {
        Work::Convolution { layer, weight, bias } => [0, layer.kernel / 2]
            .map(|pad| {
                let tensors = (x, shape, vector.result);
                let (mut y, file) = over_zeros(device, variant, (layer, weight), pad, tensors);
                add_bias(&mut y, bias);
                (y, file)
            })
            .to_vec(),
        Work::Pad { layer, weight, corner } => {
            let made = device.convolve(variant, plain, (layer, weight), false);
            vec![(window(&made.values, made.shape, *corner, vector.result), made.file)]
        }
        Work::InstanceNorm { scale, shift } => {
            let normalize = |kernel| {
                let (layer, weight) = identity(shape.channels, kernel);
                let made = device.convolve(variant, plain, (&layer, &weight), false);
                let norms = device.normalization(&made, scale, shift);
                let input = Input { norms: Some(&norms), ..plain };
                let made = device.convolve(variant, input, (&layer, &weight), false);
                (made.values, made.file)
            };
            vec![normalize(1), normalize(3)]
        }
        Work::Enlargements(times) => {
            let (layer, weight) = identity(shape.channels, 3);
            let mut made = device.convolve(variant, plain, (&layer, &weight), true);
            for _ in 1..*times {
                made = device.convolve(variant, Input::plain(&made.values, made.shape), (&layer, &weight), true);
            }
            vec![(made.values, made.file)]
        }
        Work::Relu => {
            let (layer, weight) = identity(shape.channels, 1);
            let made = device.convolve(variant, Input { relu: true, ..plain }, (&layer, &weight), false);
            vec![(made.values, made.file)]
        }
        Work::Pool(_) | Work::Sigmoid => vec![],
    }
}

#[test]
fn the_plain_executor_conforms() {
    for name in COVERED {
        let vector = Vector::read(name);
        for (picture, expected) in vector.pictures.iter().zip(&vector.expected) {
            let off = distance(expected, &on_cpu(&vector, picture));
            assert!(off <= 1e-5, "{name}: off by {off}");
        }
    }
}

#[test]
fn the_kernels_conform() {
    let device = Device::open();
    let mut files = BTreeSet::new();
    for name in COVERED {
        let vector = Vector::read(name);
        for variant in Variant::all().into_iter().filter(|v| !v.half) {
            for (picture, expected) in vector.pictures.iter().zip(&vector.expected) {
                for (got, file) in on_gpu(&device, variant, &vector, picture) {
                    let off = distance(expected, &got);
                    assert!(off <= 1e-4, "{name}, {} of {file}: off by {off}", variant.name());
                    files.insert(file);
                }
            }
        }
    }
    assert_eq!(Vec::from_iter(files), ["conv_direct", "conv_generic", "conv_tiled"]);
}

#[test]
fn the_kernels_have_no_border_of_zeros() {
    let (layer, _) = identity(1, 3);
    assert!(fuse(&network(&layer, false)).is_ok());
    let zeros = Convolution { border: Border::Zero, ..layer };
    assert!(matches!(fuse(&network(&zeros, false)), Err(Error::Model { .. })));
}

#[test]
fn every_fixture_runs_and_none_of_those_left_out_is_there() {
    let folders = std::fs::read_dir(fixture("onnx")).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<String> =
        folders.filter(|p| p.is_dir()).map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(there, COVERED.map(str::to_string).into());
    for (pattern, reason) in LEFT_OUT {
        let fits = |name: &str| pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start));
        assert!(!COVERED.iter().any(|name| fits(name)), "{pattern} ({reason}) is left out and runs");
    }
}
