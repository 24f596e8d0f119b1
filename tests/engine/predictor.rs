//! Compares the style predictor's kernels with the plain executor, on small networks with random weights, odd sizes and
//! several channel counts, and the whole predictor with the reference vector.

use crate::common::{distance, fixture, gpu, noise, picture, shipped, shipped_as};
use crate::random_network::{PIXELS, RandomNetwork, Zeros, white_pixel};
use impasto::error::Error;
use impasto::gpu::conv::{Family, Variant};
use impasto::gpu::mobilenet::QUADS_A_THREAD;
use impasto::gpu::vector_model::VectorPlan;
use impasto::image::Image;
use impasto::style::Style;
use impasto::stylize::{Device, StyleEncoder};

/// The variant of the transfer network's kernels, which the predictor does not use.
const VARIANT: Variant = Variant { family: Family::Direct, half: false };

fn rgba(width: usize, height: usize) -> Vec<u8> {
    let bytes: Vec<u8> = noise(3, width * height * 4).iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
    bytes.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

fn unstyled() -> Style {
    Style::default()
}

#[test]
fn kernels_agree_with_the_plain_executor() {
    let gpu = gpu();
    // Stem channels, widened channels, narrowed channels, numbers: whole quads, groups of quads, and neither.
    for (stem, wide, narrow, numbers) in [(8, 16, 8, 16), (32, 24, 32, 8), (5, 7, 5, 9), (6, 33, 6, 1)] {
        for (width, height) in [(1, 1), (2, 2), (9, 7), (16, 17), (37, 30), (70, 41)] {
            for zeros in [Zeros::Around, Zeros::AtTheEnd] {
                let mut n = RandomNetwork::new();
                let x = n.stem_and_block(stem, wide, narrow, zeros);
                // Without an activation.
                let x = n.conv(x, (narrow, narrow), (3, 2), true, zeros);
                n.vector(x, narrow, numbers);
                let (net, archive) = n.archive();
                let photo = Image::from_rgba8(width, height, &rgba(width, height)).unwrap();
                let case = format!("{stem} {wide} {narrow} {numbers}, {width}x{height}, {zeros:?}");
                let (expected, _) = impasto::reference::forward(&net, &archive, &unstyled(), &photo).unwrap();
                for quads in QUADS_A_THREAD {
                    let size = (width, height);
                    let got = pollster::block_on(async {
                        let plan = VectorPlan::with_quads(&gpu, &net, &archive, size, quads).await?;
                        let frame = plan.frame(&gpu, size).await?;
                        frame.upload(&gpu, &photo.to_rgba8())?;
                        plan.read(&gpu, &frame).await
                    })
                    .unwrap();
                    let off = distance(&got, &expected);
                    assert!(off <= 1e-4, "{case}, {quads}: off by {off}");
                }
            }
        }
    }
}

#[test]
fn every_pixel_is_where_it_belongs() {
    let gpu = gpu();
    let size = (11, 6);
    for stride in [1, 2] {
        let (net, archive) = RandomNetwork::of_two_convolutions(stride).archive();
        for (x, y) in PIXELS {
            let photo = white_pixel(x, y);
            let (expected, _) = impasto::reference::forward(&net, &archive, &unstyled(), &photo).unwrap();
            let got = pollster::block_on(async {
                let plan = VectorPlan::new(&gpu, &net, &archive, size).await?;
                let frame = plan.frame(&gpu, size).await?;
                frame.upload(&gpu, &photo.to_rgba8())?;
                plan.read(&gpu, &frame).await
            })
            .unwrap();
            let off = distance(&got, &expected);
            assert!(off <= 1e-5, "stride {stride}, pixel {x} {y}: off by {off}");
        }
    }
}

#[test]
fn the_reference_vector_is_predicted() {
    let (gpu, archive) = (gpu(), shipped_as("arbitrary"));
    let predictor = pollster::block_on(StyleEncoder::load(&Device::from_gpu(gpu, VARIANT), &archive)).unwrap();
    let painting = picture("arbitrary/style.png");
    let text = std::fs::read_to_string(fixture("arbitrary/vector.json")).unwrap();
    let expected: Vec<f32> = serde_json::from_str(&text).unwrap();
    let got = pollster::block_on(predictor.encode_rgba(&painting.to_rgba8(), (256, 256))).unwrap();
    let off = distance(&got, &expected);
    println!("off by {off}");
    assert!(off <= 1e-5, "off by {off}");
    // No state of one painting affects the next.
    pollster::block_on(predictor.encode_rgba(&[9; 16], (2, 2))).unwrap();
    let again = pollster::block_on(predictor.encode_rgba(&painting.to_rgba8(), (256, 256))).unwrap();
    assert_eq!(got, again);
}

#[test]
fn the_gpu_resamples_paintings_as_the_cpu_does() {
    let (gpu, archive) = (gpu(), shipped_as("arbitrary"));
    let predictor = pollster::block_on(StyleEncoder::load(&Device::from_gpu(gpu, VARIANT), &archive)).unwrap();
    let painting = picture("arbitrary/content.png").resized(301, 517).unwrap();
    let painting = Image::from_rgba8(301, 517, &painting.to_rgba8()).unwrap();
    let got = pollster::block_on(predictor.encode_rgba(&painting.to_rgba8(), (301, 517))).unwrap();
    let seen = painting.resized(256, 256).unwrap();
    let net = impasto::net::models::predictor::network();
    let (expected, _) = impasto::reference::forward(&net, &archive, &unstyled(), &seen).unwrap();
    let off = distance(&got, &expected);
    assert!(off <= 1e-5, "off by {off}");
    assert!(pollster::block_on(predictor.encode_rgba(&[0; 4], (1, 1))).is_ok());
}

#[test]
fn what_is_no_painting_and_no_predictor_is_refused() {
    let device = Device::from_gpu(gpu(), VARIANT);
    assert!(matches!(pollster::block_on(StyleEncoder::load(&device, &shipped())), Err(Error::Archive(_))));
    let predictor = pollster::block_on(StyleEncoder::load(&device, &shipped_as("arbitrary"))).unwrap();
    let refused = |rgba: &[u8], size| pollster::block_on(predictor.encode_rgba(rgba, size)).unwrap_err();
    assert!(matches!(refused(&[0; 8], (1, 1)), Error::Picture(_)));
    assert!(matches!(refused(&[], (0, 4)), Error::Picture(_)));
    assert!(matches!(refused(&[], (9000, 4)), Error::TooLarge { .. }));
}
