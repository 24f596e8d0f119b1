//! Compares every kernel in every variant with the plain executor, on small networks with random weights and odd sizes,
//! with several channel counts, strides, kernels, borders, enlargements and residual sums.

use crate::common::{distance, gpu, noise};
use impasto::error::Error;
use impasto::gpu::Gpu;
use impasto::gpu::conv::{Family, TILES, Variant};
use impasto::gpu::model::Model;
use impasto::gpu::output::{Compositor, OutputTexture, floats};
use impasto::image::Image;
use impasto::image::brushwork::Brushwork;
use impasto::image::composite::{Look, look};
use impasto::net::{Border, Convolution, Network, Operation, TensorId};
use impasto::reference;
use impasto::style::{Norm, Style};
use impasto::weights::{Archive, ArchiveBuilder};

struct Net {
    net: Network,
    archive: ArchiveBuilder,
    style: Style,
}

impl Net {
    fn new(multiple: usize) -> Self {
        let style = Style { network: "random".to_string(), name: "random".to_string(), norms: vec![] };
        Self { net: Network::new("random", 3, multiple), archive: ArchiveBuilder::new(), style }
    }

    fn plain(&mut self, x: TensorId, (inputs, outputs): (usize, usize), kernel: usize, stride: usize) -> TensorId {
        let seed = self.net.layers.len() as u32 + 7;
        let weight = format!("w{seed}");
        let shape = [outputs, inputs, kernel, kernel];
        let gain = 2.0 / (inputs as f32 * (kernel * kernel) as f32).sqrt();
        let values: Vec<f32> = noise(seed, shape.iter().product()).iter().map(|v| v * gain).collect();
        self.archive.float(&weight, &shape, &values);
        let pad = kernel / 2;
        let c = Convolution { weight, inputs, outputs, kernel, stride, pad, border: Border::Reflect };
        self.net.push(Operation::Convolution(c), &[x])
    }

    fn conv(&mut self, x: TensorId, channels: (usize, usize), kernel: usize, stride: usize) -> TensorId {
        let (seed, outputs) = (self.net.layers.len() as u32 + 7, channels.1);
        let y = self.plain(x, channels, kernel, stride);
        let norm = self.style.norms.len();
        self.net.norms.push((format!("n{norm}"), outputs));
        let scale = noise(seed + 100, outputs).iter().map(|v| v + 1.5).collect();
        self.style.norms.push(Norm { scale, shift: noise(seed + 200, outputs) });
        self.net.push(Operation::InstanceNorm { norm }, &[y])
    }

    /// A convolution with a bias where `conv` has a normalization.
    fn biased(&mut self, x: TensorId, channels: (usize, usize), kernel: usize, stride: usize) -> TensorId {
        let seed = self.net.layers.len() as u32 + 7;
        let tensor = format!("b{seed}");
        self.archive.float(&tensor, &[channels.1], &noise(seed + 300, channels.1));
        let y = self.plain(x, channels, kernel, stride);
        self.net.push(Operation::Bias { tensor }, &[y])
    }

    fn relu(&mut self, x: TensorId) -> TensorId {
        self.net.push(Operation::Relu, &[x])
    }

    /// The end of networks that make colours themselves.
    fn clamp(mut self, x: TensorId, channels: usize, kernel: usize) -> (Network, Archive, Style) {
        let x = self.biased(x, (channels, 3), kernel, 1);
        self.net.push(Operation::Clamp, &[x]);
        (self.net, Archive::parse(&self.archive.finish().unwrap()).unwrap(), self.style)
    }

    fn finish(mut self, x: TensorId, channels: usize, kernel: usize) -> (Network, Archive, Style) {
        let x = self.conv(x, (channels, 3), kernel, 1);
        self.net.push(Operation::Sigmoid, &[x]);
        (self.net, Archive::parse(&self.archive.finish().unwrap()).unwrap(), self.style)
    }
}

fn photo(width: usize, height: usize) -> Image {
    let bytes: Vec<u8> = noise(3, width * height * 4).iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
    let opaque: Vec<u8> = bytes.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    Image::from_rgba8(width, height, &opaque).unwrap()
}

async fn painted(gpu: &Gpu, model: &Model, style: &Style, photo: &Image, laid: Look) -> Result<Vec<f32>, Error> {
    let plan = model.plan(gpu, photo.width(), photo.height()).await?;
    let frame = plan.frame(gpu, plan.size()).await?;
    frame.upload(gpu, &photo.to_rgba8())?;
    plan.set_style(gpu, style)?;
    let mut compositor =
        Compositor::new(gpu, (&plan, &frame, None), wgpu::TextureFormat::Rgba32Float, plan.size()).await?;
    compositor.set_look(gpu, laid, false);
    let canvas = OutputTexture::new(gpu, &compositor).await?;
    plan.run(gpu, &frame, |encoder| canvas.record(encoder, &compositor));
    Ok(floats(&canvas.read(gpu).await?))
}

fn compare(gpu: &Gpu, net: (Network, Archive, Style), sizes: &[(usize, usize)]) {
    compare_in(gpu, &Variant::all(), net, sizes);
}

fn compare_in(
    gpu: &Gpu,
    variants: &[Variant],
    (net, archive, style): (Network, Archive, Style),
    sizes: &[(usize, usize)],
) {
    for &variant in variants.iter().filter(|v| gpu.half() || !v.half) {
        let model = pollster::block_on(Model::load(gpu, net.clone(), &archive, variant)).unwrap();
        for &(width, height) in sizes {
            // Known gap: a flat picture has no variance, and 16-bit rounding divided by the root of epsilon is off by up to 0.3.
            if variant.half && width * height == 1 {
                continue;
            }
            let photo = photo(width, height);
            let padded = reference::picture::reflect_pad(&photo, net.padded(width), net.padded(height)).unwrap();
            let reference = reference::run(&net, &archive, &style, &padded).unwrap();
            for laid in [Look::default(), Look { strength: 0.6, keep_colors: true, split: 0.3 }] {
                let expected = look(&reference, &photo, laid).unwrap();
                let got = pollster::block_on(painted(gpu, &model, &style, &photo, laid)).unwrap();
                // A single pixel has no variance: what remains is rounding, divided by the root of epsilon.
                let allowed = if variant.half {
                    0.05
                } else if width * height == 1 {
                    0.01
                } else {
                    2e-4
                };
                let distance = distance(expected.data(), &got);
                assert!(distance <= allowed, "{} {width}x{height} {laid:?}: off by {distance}", variant.name());
            }
        }
    }
}

const SIZES: [(usize, usize); 5] = [(1, 1), (8, 9), (17, 23), (40, 33), (66, 18)];

#[test]
fn first_and_last_layers() {
    let gpu = gpu();
    for (kernel, channels) in [(9, 32), (3, 8), (9, 5), (3, 12)] {
        let mut n = Net::new(1);
        let x = n.conv(0, (3, channels), kernel, 1);
        let x = n.relu(x);
        compare(&gpu, n.finish(x, channels, kernel), &SIZES);
    }
}

#[test]
fn strides_and_enlargements() {
    let gpu = gpu();
    for (a, b, c) in [(32, 32, 8), (8, 16, 4), (6, 7, 9)] {
        let mut n = Net::new(2);
        let x = n.conv(0, (3, a), 3, 1);
        let x = n.relu(x);
        let x = n.conv(x, (a, b), 3, 2);
        let x = n.relu(x);
        let x = n.net.push(Operation::Upsample2, &[x]);
        let x = n.conv(x, (b, c), 3, 1);
        let x = n.relu(x);
        compare(&gpu, n.finish(x, c, 3), &SIZES);
    }
}

#[test]
fn residual_sums() {
    let gpu = gpu();
    for channels in [32, 8, 10] {
        let mut n = Net::new(2);
        let x = n.conv(0, (3, channels), 3, 2);
        let mut x = n.relu(x);
        for _ in 0..2 {
            let y = n.conv(x, (channels, channels), 3, 1);
            let y = n.relu(y);
            let y = n.conv(y, (channels, channels), 3, 1);
            x = n.net.push(Operation::Add, &[x, y]);
        }
        let x = n.net.push(Operation::Upsample2, &[x]);
        let x = n.conv(x, (channels, 4), 3, 1);
        let x = n.relu(x);
        compare(&gpu, n.finish(x, 4, 9), &SIZES);
    }
}

#[test]
fn biases_instead_of_normalizations() {
    let gpu = gpu();
    for (a, b) in [(8, 16), (5, 10)] {
        let mut n = Net::new(2);
        let x = n.biased(0, (3, a), 9, 1);
        let x = n.relu(x);
        let x = n.biased(x, (a, b), 3, 2);
        // Skipped with its bias and ReLU on it.
        let x = n.relu(x);
        let y = n.conv(x, (b, b), 3, 1);
        let x = n.net.push(Operation::Add, &[x, y]);
        let x = n.net.push(Operation::Upsample2, &[x]);
        // Enlarged, and with a bias that no ReLU follows.
        let x = n.biased(x, (b, a), 3, 1);
        compare(&gpu, n.finish(x, a, 9), &SIZES);
    }
}

/// The widths of PyTorch's example, and its end. Its kernels take long to be compiled: one variant of each kind.
#[test]
fn wide_layers_and_a_clamp_at_the_end() {
    let gpu = gpu();
    let mut n = Net::new(4);
    let x = n.conv(0, (3, 32), 9, 1);
    let x = n.relu(x);
    let x = n.conv(x, (32, 64), 3, 2);
    let x = n.relu(x);
    let x = n.conv(x, (64, 128), 3, 2);
    let mut x = n.relu(x);
    for _ in 0..2 {
        let y = n.conv(x, (128, 128), 3, 1);
        let y = n.relu(y);
        let y = n.conv(y, (128, 128), 3, 1);
        x = n.net.push(Operation::Add, &[x, y]);
    }
    for channels in [(128, 64), (64, 32)] {
        x = n.net.push(Operation::Upsample2, &[x]);
        x = n.conv(x, channels, 3, 1);
        x = n.relu(x);
    }
    let direct = Variant { family: Family::Direct, half: false };
    let tiled = Variant { family: Family::Tiled(TILES[2]), half: false };
    let half = Variant { family: Family::Tiled(TILES[0]), half: true };
    compare_in(&gpu, &[direct, tiled, half], n.clamp(x, 32, 9), &[(17, 23), (40, 33)]);
}

#[test]
fn foreign_styles_and_photos_are_refused() {
    let gpu = gpu();
    let mut n = Net::new(1);
    let x = n.conv(0, (3, 8), 3, 1);
    let (net, archive, mut style) = n.finish(x, 8, 3);
    let model = pollster::block_on(Model::load(&gpu, net, &archive, Variant::all()[0])).unwrap();
    let plan = pollster::block_on(model.plan(&gpu, 8, 8)).unwrap();
    style.norms.pop();
    assert!(matches!(plan.set_style(&gpu, &style), Err(Error::Style(_))));
    let frame = pollster::block_on(plan.frame(&gpu, (8, 8))).unwrap();
    assert!(matches!(frame.upload(&gpu, &[0; 8 * 8 * 3]), Err(Error::Picture(_))));
}

fn flipped(image: &Image) -> Image {
    let rows = image.data().chunks_exact(image.width() * 3);
    let data = rows.flat_map(|row| row.rchunks_exact(3).flatten().copied().collect::<Vec<_>>()).collect();
    Image::new(image.width(), image.height(), data).unwrap()
}

/// A frame, the network's picture and the target, each with its own size, compared with resampling on the CPU,
/// with brushwork and without.
#[test]
fn frames_and_targets_of_other_sizes() {
    let gpu = gpu();
    let mut n = Net::new(1);
    let x = n.conv(0, (3, 8), 3, 1);
    let x = n.relu(x);
    let (net, archive, style) = n.finish(x, 8, 3);
    let model = pollster::block_on(Model::load(&gpu, net.clone(), &archive, Variant::all()[0])).unwrap();
    for (frame_size, picture, target, mirrored, brushwork) in [
        ((40, 30), (20, 15), (40, 30), true, 0.0),
        ((19, 33), (24, 28), (50, 9), false, 0.0),
        ((64, 8), (9, 11), (3, 5), true, 1.0),
        ((90, 70), (90, 70), (90, 70), false, 0.7),
    ] {
        let source = photo(frame_size.0, frame_size.1);
        let seen = if mirrored { flipped(&source) } else { source.clone() };
        let small = seen.resized(picture.0, picture.1).unwrap();
        let streaks = Brushwork::new(brushwork, picture.0, picture.1);
        let brushed = impasto::image::brushwork::brushed(&small, streaks).unwrap();
        let padded = reference::picture::reflect_pad(&brushed, net.padded(picture.0), net.padded(picture.1)).unwrap();
        let reference = reference::run(&net, &archive, &style, &padded).unwrap();
        let cropped = look(&reference, &small, Look::default()).unwrap().resized(target.0, target.1).unwrap();
        let laid = Look { strength: 0.7, keep_colors: true, split: 0.2 };
        let expected = look(&cropped, &seen.resized(target.0, target.1).unwrap(), laid).unwrap();

        let got = pollster::block_on(async {
            let plan = model.plan(&gpu, picture.0, picture.1).await?;
            let frame = plan.frame(&gpu, frame_size).await?;
            frame.upload(&gpu, &source.to_rgba8())?;
            frame.set_mirrored(&gpu, mirrored);
            frame.set_brushwork(&gpu, brushwork);
            plan.set_style(&gpu, &style)?;
            let format = wgpu::TextureFormat::Rgba32Float;
            let mut compositor = Compositor::new(&gpu, (&plan, &frame, None), format, target).await?;
            compositor.set_look(&gpu, laid, mirrored);
            let canvas = OutputTexture::new(&gpu, &compositor).await?;
            plan.run(&gpu, &frame, |encoder| canvas.record(encoder, &compositor));
            Ok::<_, Error>(floats(&canvas.read(&gpu).await?))
        })
        .unwrap();
        let distance = distance(expected.data(), &got);
        assert!(distance < 2e-4, "{frame_size:?} {picture:?} {target:?}: off by {distance}");
    }
}
