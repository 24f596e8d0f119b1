//! Single layers on the CPU with every instruction set, compared with their definitions, and the conversion of rows on load.

use crate::common::interleaved::{interleaved, planar};
use crate::common::{noise, relative_distance};
use impasto::cpu::rows::{Affine, Input, Operand};
use impasto::cpu::{CpuConvolution, InstructionSet, Workers};
use impasto::error::Error;
use impasto::image::mean_variance;
use impasto::net::{Border, Convolution, Shape};
use impasto::reference::convolution::convolution;
use impasto::reference::layers::upsample2;

const BORDERS: [Border; 3] = [Border::Reflect, Border::Clamp, Border::Zero];

fn layer(
    (inputs, outputs): (usize, usize),
    (kernel, stride, pad): (usize, usize, usize),
    border: Border,
) -> Convolution {
    Convolution { weight: "conv.w".into(), inputs, outputs, kernel, stride, pad, border }
}

/// The relative distance of a convolution from its definition, and of its statistics.
fn distances(set: InstructionSet, c: &Convolution, enlarged: bool, (height, width): (usize, usize)) -> (f32, f64) {
    let shape = Shape { channels: c.inputs, height, width };
    let x = noise(3, shape.len());
    let weight = noise(5, c.outputs * c.inputs * c.kernel * c.kernel);
    let (large, large_shape) = if enlarged {
        (upsample2(&x, shape), Shape { height: 2 * height, width: 2 * width, ..shape })
    } else {
        (x.clone(), shape)
    };
    let exact = convolution(&large, large_shape, c, &weight);
    let packed = CpuConvolution::new(set, c, enlarged, &weight).unwrap();
    let values = interleaved(&x, shape);
    let channels = c.inputs.next_multiple_of(4);
    let affine = Affine::identity(channels);
    let main = Operand { values: &values, affine: &affine, relu: false };
    let input = Input { main, skip: None, mask: None, height, width, channels };
    let size = (height, width);
    let mut output = vec![f32::NAN; packed.output_length(size)];
    let mut statistics = vec![f32::NAN; packed.statistics_length(size)];
    packed.run(&Workers::new(1), &input, &mut output, &mut statistics);
    let (height, width) = packed.output_size(size);
    let shape = Shape { channels: c.outputs, height, width };
    let found = planar(&output, shape);
    let moments = packed.moments(size, &statistics);
    let off = exact.chunks_exact(height * width).zip(&moments).map(|(plane, found)| {
        let (mean, variance) = mean_variance(plane);
        let largest = plane.iter().fold(1.0f64, |m, v| m.max(f64::from(v.abs())));
        ((found.mean - f64::from(mean)).abs() / largest)
            .max((found.variance - f64::from(variance)).abs() / (largest * largest))
    });
    (relative_distance(&found, &exact), off.fold(0.0, f64::max))
}

/// Checks a kind of convolution with every instruction set, at all `sizes` and `channels`.
fn check(
    name: &str,
    geometry: (usize, usize, usize),
    enlarged: bool,
    channels: &[(usize, usize)],
    sizes: &[(usize, usize)],
) {
    let mut worst = (0.0f32, 0.0f64);
    for set in InstructionSet::available() {
        for border in if enlarged { &BORDERS[..1] } else { &BORDERS } {
            for channels in channels {
                let c = layer(*channels, geometry, *border);
                assert_eq!(
                    CpuConvolution::new(
                        set,
                        &c,
                        enlarged,
                        &noise(1, channels.0 * channels.1 * geometry.0 * geometry.0)
                    )
                    .unwrap()
                    .name(),
                    name
                );
                for size in sizes {
                    let (off, statistics) = distances(set, &c, enlarged, *size);
                    assert!(off < 2e-5 && statistics < 1e-4, "{} {c:?} {size:?}: {off} {statistics}", set.name());
                    worst = (worst.0.max(off), worst.1.max(statistics));
                }
            }
        }
    }
    println!("{name} {geometry:?}: at most {:.1e}, statistics {:.1e}", worst.0, worst.1);
}

const SIZES: [(usize, usize); 6] = [(1, 1), (1, 7), (5, 2), (4, 8), (9, 13), (21, 18)];
const CHANNELS: [(usize, usize); 5] = [(1, 1), (3, 5), (8, 20), (36, 12), (16, 44)];

#[test]
fn convolutions_of_3x3_agree_with_their_definition() {
    check("winograd3x3", (3, 1, 1), false, &CHANNELS, &SIZES);
    // More rows than one band, and more tiles than one product.
    check("winograd3x3", (3, 1, 1), false, &[(4, 4)], &[(70, 5), (6, 130), (67, 33)]);
    check("winograd3x3", (3, 1, 0), false, &[(3, 8)], &[(1, 1), (2, 9), (14, 11)]);
    check("winograd3x3", (3, 1, 2), false, &[(5, 4)], &[(1, 3), (13, 10)]);
}

#[test]
fn enlarged_convolutions_agree_with_their_definition() {
    check("winograd3x3-enlarged", (3, 1, 1), true, &CHANNELS, &SIZES);
    check("winograd3x3-enlarged", (3, 1, 1), true, &[(4, 3)], &[(70, 5), (6, 130)]);
}

#[test]
fn convolutions_of_9x9_agree_with_their_definition() {
    check("winograd9x9", (9, 1, 4), false, &[(3, 8), (4, 3), (9, 6)], &SIZES);
    check("winograd9x9", (9, 1, 4), false, &[(3, 4)], &[(70, 5), (6, 110)]);
    check("winograd9x9", (9, 1, 1), false, &[(3, 4)], &[(9, 8), (12, 17)]);
}

#[test]
fn convolutions_of_stride_2_agree_with_their_definition() {
    check("stride2", (3, 2, 1), false, &CHANNELS, &SIZES);
    check("stride2", (3, 2, 1), false, &[(4, 8)], &[(70, 5), (6, 130)]);
    check("stride2", (3, 2, 0), false, &[(3, 4)], &[(1, 1), (4, 9), (12, 7)]);
}

#[test]
fn other_convolutions_agree_with_their_definition() {
    for geometry in [(1, 1, 0), (5, 1, 2), (7, 1, 3), (4, 2, 1), (3, 3, 1), (2, 1, 0), (9, 2, 4), (1, 2, 0), (11, 4, 2)]
    {
        check("general", geometry, false, &[(3, 5), (8, 20), (17, 33)], &SIZES);
    }
}

#[test]
fn rows_are_normalized_summed_and_bordered_on_load() {
    let (height, width, channels) = (7, 10, 12);
    let shape = Shape { channels: 11, height, width };
    let (x, y) = (noise(1, shape.len()), noise(2, shape.len()));
    let mut affines = [Affine::identity(channels), Affine::identity(channels)];
    let pairs = [noise(7, 22), noise(8, 22)];
    for (affine, pairs) in affines.iter_mut().zip(&pairs) {
        affine.set(11, 0.0, 0.0);
        (0..11).for_each(|c| affine.set(c, pairs[c], pairs[11 + c]));
    }
    let applied = |values: &[f32], pairs: &[f32], relu: bool| -> Vec<f32> {
        let plane = height * width;
        let one = |(i, v): (usize, &f32)| v * pairs[i / plane] + pairs[11 + i / plane];
        values.iter().enumerate().map(one).map(|v| if relu { v.max(0.0) } else { v }).collect()
    };
    let c = layer((11, 6), (3, 1, 1), Border::Reflect);
    let weight = noise(4, 11 * 6 * 9);
    let values = [interleaved(&x, shape), interleaved(&y, shape)];
    for set in InstructionSet::available() {
        let packed = CpuConvolution::new(set, &c, false, &weight).unwrap();
        for (first, second) in [(true, None), (false, Some(true)), (true, Some(false))] {
            let mut sum = applied(&x, &pairs[0], first);
            if let Some(relu) = second {
                sum.iter_mut().zip(applied(&y, &pairs[1], relu)).for_each(|(a, b)| *a += b);
            }
            let operand = |i: usize, relu| Operand { values: &values[i], affine: &affines[i], relu };
            let input = Input {
                main: operand(0, first),
                skip: second.map(|relu| operand(1, relu)),
                mask: None,
                height,
                width,
                channels,
            };
            let mut output = vec![f32::NAN; packed.output_length((height, width))];
            let mut statistics = vec![f32::NAN; packed.statistics_length((height, width))];
            packed.run(&Workers::new(2), &input, &mut output, &mut statistics);
            let found = planar(&output, Shape { channels: 6, ..shape });
            let off = relative_distance(&found, &convolution(&sum, shape, &c, &weight));
            assert!(off < 1e-5, "{}: {off}", set.name());
        }
    }
}

#[test]
fn what_the_kernels_cannot_run_is_refused() {
    let set = InstructionSet::best();
    let c = layer((3, 4), (3, 1, 1), Border::Reflect);
    assert!(matches!(CpuConvolution::new(set, &c, false, &[0.0; 5]), Err(Error::Model { .. })));
    let wide = layer((3, 4), (5, 1, 2), Border::Reflect);
    assert!(matches!(CpuConvolution::new(set, &wide, true, &noise(1, 300)), Err(Error::Model { .. })));
}
