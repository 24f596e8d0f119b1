//! The passes over pixels on the CPU, with each instruction set and with one and three threads, compared with the plain
//! twins: resizing, mirroring, brushwork, padding, the temporal filter and compositing.

use crate::common::{distance, noise};
use impasto::cpu::instruction_set::InstructionSet;
use impasto::cpu::picture::composite::Compositor;
use impasto::cpu::picture::load::Loader;
use impasto::cpu::picture::temporal_filter::TemporalFilter;
use impasto::cpu::picture::{Painting, Photo};
use impasto::cpu::workers::Workers;
use impasto::error::Error;
use impasto::image::Image;
use impasto::image::brushwork::{Brushwork, brushed};
use impasto::image::composite::{Look, look};
use impasto::image::temporal::KEEP_PAINTING;
use impasto::reference::picture::{reflect_pad, steadied};

type Size = (usize, usize);

/// Sizes of originals and results: equal, smaller, larger, both, single pixels, rows and columns.
const SIZES: [(Size, Size); 14] = [
    ((37, 29), (37, 29)),
    ((64, 48), (32, 24)),
    ((131, 77), (50, 31)),
    ((19, 13), (61, 47)),
    ((90, 20), (33, 41)),
    ((40, 25), (40, 11)),
    ((41, 25), (13, 25)),
    ((1, 1), (1, 1)),
    ((1, 1), (9, 5)),
    ((17, 23), (1, 1)),
    ((1, 40), (1, 17)),
    ((50, 1), (21, 1)),
    ((1, 30), (4, 61)),
    ((300, 200), (7, 3)),
];

/// RGBA bytes with any alpha, which the passes ignore.
fn rgba(seed: u32, (width, height): Size) -> Vec<u8> {
    noise(seed, width * height * 4).iter().map(|v| (v * 128.0 + 128.0) as u8).collect()
}

/// The picture in `rgba` without its alpha.
fn opaque(rgba: &[u8], (width, height): Size, mirrored: bool) -> Image {
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        let x = if mirrored { width - 1 - x } else { x };
        [0, 1, 2].map(|c| f32::from(rgba[(y * width + x) * 4 + c]) / 255.0)
    };
    Image::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

fn resized(image: &Image, size: Size) -> Image {
    image.resized(size.0, size.1).unwrap()
}

/// Three of four values.
fn colors(pixels: &[f32]) -> Vec<f32> {
    pixels.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect()
}

/// A painting as networks leave it: rows of `stride` pixels and any fourth value.
fn painting(seed: u32, (width, height): Size, stride: usize) -> (Vec<f32>, Image) {
    let values: Vec<f32> = noise(seed, stride * height * 4).iter().map(|v| v * 0.5 + 0.5).collect();
    let rows = values.chunks_exact(stride * 4).flat_map(|row| colors(&row[..width * 4]));
    let image = Image::new(width, height, rows.collect()).unwrap();
    (values, image)
}

/// Calls `run` with every instruction set and one or three threads, and checks that threads change nothing and that
/// instruction sets agree up to `tolerance`. Returns the result of the first set.
fn each_way(tolerance: f32, run: impl Fn(InstructionSet, &Workers) -> Vec<f32>) -> Vec<f32> {
    let mut first: Option<Vec<f32>> = None;
    for set in InstructionSet::available() {
        let [one, three] = [1, 3].map(|threads| run(set, &Workers::new(threads)));
        assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()), "{set:?}: threads change the result");
        let off = distance(first.get_or_insert_with(|| one.clone()), &one);
        assert!(off <= tolerance, "{set:?} is off by {off}");
    }
    first.unwrap()
}

#[test]
fn input_tensors_agree_with_the_plain_twins() {
    let mut most = 0.0f32;
    for (i, (source, picture)) in SIZES.into_iter().enumerate() {
        for (mirrored, strength) in [(false, 0.0), (true, 0.0), (false, 1.0), (true, 0.35)] {
            let bytes = rgba(i as u32 + 1, source);
            let padded = (picture.0.next_multiple_of(4) + 4, picture.1.next_multiple_of(4));
            let got = each_way(2e-6, |set, workers| {
                let mut loader = Loader::new(set, source, picture, padded).unwrap();
                loader.set_brushwork(workers, strength);
                let mut tensor = vec![9.0; padded.0 * padded.1 * 4];
                loader.load(workers, Photo::new(&bytes, source, mirrored).unwrap(), &mut tensor).unwrap();
                tensor
            });
            let seen = resized(&opaque(&bytes, source, mirrored), picture);
            let seen = brushed(&seen, Brushwork::new(strength, picture.0, picture.1)).unwrap();
            let expected = reflect_pad(&seen, padded.0, padded.1).unwrap();
            let off = distance(&colors(&got), expected.data());
            most = most.max(off);
            assert!(off <= 5e-6, "{source:?} {picture:?} {mirrored} {strength}: off by {off}");
            assert!(got.iter().skip(3).step_by(4).all(|v| *v == 0.0), "the fourth channel is not zero");
        }
    }
    println!("off by at most {most}");
}

#[test]
fn brushwork_of_wide_pictures_agrees_and_can_be_changed() {
    let size = (1400, 20);
    let bytes = vec![128; size.0 * size.1 * 4];
    let (set, workers) = (InstructionSet::available()[0], Workers::new(1));
    let mut loader = Loader::new(set, size, size, size).unwrap();
    for strength in [1.0, 0.0, 0.5, 0.5] {
        loader.set_brushwork(&workers, strength);
        let mut tensor = vec![0.0; bytes.len()];
        loader.load(&workers, Photo::new(&bytes, size, false).unwrap(), &mut tensor).unwrap();
        let expected = brushed(&opaque(&bytes, size, false), Brushwork::new(strength, size.0, size.1)).unwrap();
        let off = distance(&colors(&tensor), expected.data());
        assert!(off <= 5e-6, "{strength}: off by {off}");
    }
}

#[test]
fn the_temporal_filter_agrees_with_the_plain_twin() {
    let mut most = 0.0f32;
    for (i, (source, size)) in SIZES.into_iter().enumerate() {
        let (mirrored, stride, seed) = (i % 2 == 1, size.0 + i % 4, 10 * i as u32);
        let (first, first_image) = painting(seed + 1, size, stride);
        let (second, second_image) = painting(seed + 2, size, stride);
        let before = rgba(seed + 3, source);
        // Some pixels stay, some change by noise, some move.
        let step = |(i, v): (usize, &u8)| v.saturating_add((i / 4 % 5 * 8) as u8);
        let after: Vec<u8> = before.iter().enumerate().map(step).collect();
        let got = each_way(2e-6, |set, workers| {
            let mut filter = TemporalFilter::new(set, size, source).unwrap();
            for (colors, bytes, keep) in [(&first, &before, 0.0), (&second, &after, KEEP_PAINTING)] {
                let photo = Photo::new(bytes, source, mirrored).unwrap();
                let painting = Painting::new(colors, stride, size).unwrap();
                filter.update(workers, (painting, photo), keep).unwrap();
            }
            let compositor = Compositor::new(set, size, source, size).unwrap();
            let mut target = vec![0.0; size.0 * size.1 * 3];
            let pictures = (filter.painting(), Photo::new(&after, source, mirrored).unwrap());
            compositor.colors(workers, pictures, Look::default(), &mut target).unwrap();
            target
        });
        let photo = |bytes: &[u8]| resized(&opaque(bytes, source, mirrored), size);
        let state = steadied(&first_image, &photo(&before), &vec![[0.0; 4]; size.0 * size.1], 0.0);
        let state = steadied(&second_image, &photo(&after), &state, KEEP_PAINTING);
        let off = distance(&got, &colors(&state.concat()));
        most = most.max(off);
        assert!(off <= 2e-5, "{source:?} {size:?}: off by {off}");
    }
    println!("off by at most {most}");
}

#[test]
fn composites_agree_with_the_plain_twin() {
    let looks = [
        (1.0, false, 0.0),
        (0.0, false, 0.0),
        (0.6, false, 0.3),
        (1.0, true, 0.0),
        (0.8, true, 0.5),
        (1.0, false, 0.4),
        (0.7, true, 1.0),
    ];
    let mut most = 0.0f32;
    for (i, (size, target)) in SIZES.into_iter().enumerate() {
        for (j, (strength, keep_colors, split)) in looks.into_iter().enumerate() {
            // The photo is as large as the painting, as the result, or as neither.
            let source = [size, target, SIZES[(i + 3) % SIZES.len()].0][j % 3];
            let (mirrored, stride) = (j % 2 == 1, size.0 + j % 4);
            let bytes = rgba(i as u32 + 60, source);
            let (values, image) = painting(i as u32 + 80, size, stride);
            let wanted = Look { strength, keep_colors, split };
            let run = |set, workers: &Workers, target: Size| {
                let compositor = Compositor::new(set, size, source, target).unwrap();
                let photo = Photo::new(&bytes, source, mirrored).unwrap();
                let pictures = (Painting::new(&values, stride, size).unwrap(), photo);
                let mut colors = vec![9.0; target.0 * target.1 * 3];
                compositor.colors(workers, pictures, wanted, &mut colors).unwrap();
                let mut pixels = vec![9; target.0 * target.1 * 4];
                compositor.bytes(workers, pictures, wanted, &mut pixels).unwrap();
                let rounded = Image::new(target.0, target.1, colors.clone()).unwrap().to_rgba8();
                assert_eq!(pixels, rounded, "{set:?}");
                colors
            };
            let got = each_way(2e-6, |set, workers| run(set, workers, target));
            let photo = resized(&opaque(&bytes, source, mirrored), target);
            let expected = look(&resized(&image, target), &photo, wanted).unwrap();
            let off = distance(&got, expected.data());
            most = most.max(off);
            assert!(off <= 5e-6, "{size:?} {source:?} {target:?} {wanted:?}: off by {off}");
        }
    }
    println!("off by at most {most}");
}

#[test]
fn strength_0_shows_the_bytes_of_the_photo() {
    let size = (64, 16);
    let bytes: Vec<u8> = (0..64 * 16).flat_map(|i| [i as u8, (i / 3) as u8, (i * 7) as u8, 255]).collect();
    let (values, _) = painting(5, size, 64);
    for set in InstructionSet::available() {
        let compositor = Compositor::new(set, size, size, size).unwrap();
        let pictures = (Painting::new(&values, 64, size).unwrap(), Photo::new(&bytes, size, false).unwrap());
        let mut pixels = vec![0; bytes.len()];
        let nothing = Look { strength: 0.0, ..Look::default() };
        compositor.bytes(&Workers::new(1), pictures, nothing, &mut pixels).unwrap();
        assert_eq!(pixels, bytes);
    }
}

#[test]
fn values_that_are_no_colours_become_bytes() {
    let size = (5, 1);
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 2.0].map(|v| [v; 4]).concat();
    let bytes = vec![0; 20];
    for set in InstructionSet::available() {
        let compositor = Compositor::new(set, size, size, size).unwrap();
        let pictures = (Painting::new(&values, 5, size).unwrap(), Photo::new(&bytes, size, false).unwrap());
        let mut pixels = vec![9; 20];
        compositor.bytes(&Workers::new(1), pictures, Look::default(), &mut pixels).unwrap();
        let red: Vec<u8> = pixels.iter().copied().step_by(4).collect();
        // What is not a number becomes any byte.
        assert_eq!(red[1..], [255, 0, 0, 255], "{set:?}");
        assert!(pixels.iter().skip(3).step_by(4).all(|alpha| *alpha == 255));
    }
}

#[test]
fn pictures_of_other_sizes_are_refused() {
    let refused = |result: Result<(), Error>| assert!(matches!(result, Err(Error::Picture(_))), "{result:?}");
    let (set, workers) = (InstructionSet::best(), Workers::new(1));
    refused(Photo::new(&[0; 8], (1, 1), false).map(drop));
    refused(Photo::new(&[], (0, 4), false).map(drop));
    refused(Photo::new(&[], (usize::MAX, 4), false).map(drop));
    refused(Painting::new(&[0.0; 16], 1, (2, 2)).map(drop));
    refused(Painting::new(&[0.0; 15], 2, (2, 2)).map(drop));
    refused(Painting::new(&[], usize::MAX, (1, 9)).map(drop));
    refused(Loader::new(set, (0, 1), (1, 1), (4, 4)).map(drop));
    refused(Loader::new(set, (8, 8), (8, 8), (8, 4)).map(drop));
    refused(Compositor::new(set, (8, 8), (8, 8), (8, 0)).map(drop));
    refused(TemporalFilter::new(set, (8, 8), (0, 8)).map(drop));
    let bytes = [0; 16];
    let photo = Photo::new(&bytes, (2, 2), false).unwrap();
    let values = [0.0; 16];
    let painting = Painting::new(&values, 2, (2, 2)).unwrap();
    let loader = Loader::new(set, (2, 2), (2, 2), (4, 4)).unwrap();
    refused(loader.load(&workers, photo, &mut [0.0; 16]));
    let wide = Photo::new(&bytes, (4, 1), false).unwrap();
    refused(loader.load(&workers, wide, &mut [0.0; 64]));
    let compositor = Compositor::new(set, (2, 2), (2, 2), (4, 4)).unwrap();
    refused(compositor.bytes(&workers, (painting, photo), Look::default(), &mut [0; 16]));
    refused(compositor.bytes(&workers, (painting, wide), Look::default(), &mut [0; 64]));
    refused(compositor.colors(&workers, (painting, photo), Look::default(), &mut [0.0; 64]));
    let mut filter = TemporalFilter::new(set, (2, 2), (2, 2)).unwrap();
    refused(filter.update(&workers, (painting, wide), 0.0));
}
