//! The temporal filter: the kernel against the reference, and its effect on flicker.

use crate::common::{fixture, gpu, noise, shipped};
use impasto::gpu::conv::Variant;
use impasto::gpu::model::Model;
use impasto::gpu::output::{Compositor, OutputTexture, floats};
use impasto::gpu::{Frame, Gpu, Plan, TemporalFilter};
use impasto::image::Image;
use impasto::image::temporal::{KEEP_PAINTING, KEEP_STATISTICS};
use impasto::net::models::transfer26;
use impasto::reference::picture::steadied;
use impasto::style::StyleSet;
use impasto::stylize::{Device, Session, StylizeModel};
use pollster::block_on;

const WIDTH: usize = 72;
const HEIGHT: usize = 56;

fn scene(name: &str) -> Image {
    let picture = image::open(fixture(name)).unwrap().into_rgb32f();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Image::new(width, height, picture.into_raw()).unwrap().resized(WIDTH, HEIGHT).unwrap()
}

/// Camera noise on a still scene: changes every value by up to `amplitude`.
fn noisy(scene: &Image, seed: u32, amplitude: f32) -> Image {
    let noise = noise(seed, scene.data().len());
    let data = scene.data().iter().zip(noise).map(|(v, n)| (v + n * amplitude).clamp(0.0, 1.0)).collect();
    Image::new(scene.width(), scene.height(), data).unwrap()
}

/// The adapter with the first variant of the kernels that stores 32 bits.
fn device() -> Device {
    Device::from_gpu(gpu(), *Variant::all().iter().find(|v| !v.half).unwrap())
}

fn session(device: &Device, steady: bool) -> Session {
    let model = block_on(StylizeModel::load(device, &shipped())).unwrap();
    let mut session = block_on(model.session(WIDTH, HEIGHT)).unwrap();
    if steady {
        let temporal_filter = block_on(session.new_temporal_filter()).unwrap();
        session.set_temporal_filter(temporal_filter).unwrap();
    }
    session
}

fn painted(session: &mut Session, photo: &Image) -> Image {
    session.set_photo(&photo.to_rgba8()).unwrap();
    block_on(session.read_exact()).unwrap()
}

fn mean_change(one: &Image, other: &Image) -> f32 {
    let sum: f32 = one.data().iter().zip(other.data()).map(|(a, b)| (a - b).abs()).sum();
    sum / one.data().len() as f32
}

/// Mean change from frame to frame on the scale 0..255, after the filter has settled.
fn flicker(device: &Device, steady: bool, amplitude: f32) -> f32 {
    let mut session = session(device, steady);
    let scene = scene("transfer26/content_a.png");
    let frames: Vec<Image> =
        (0..14).map(|seed| painted(&mut session, &noisy(&scene, seed, amplitude))).skip(6).collect();
    255.0 * frames.windows(2).map(|f| mean_change(&f[0], &f[1])).sum::<f32>() / (frames.len() - 1) as f32
}

#[test]
fn a_noisy_still_scene_flickers_less() {
    let device = device();
    for amplitude in [0.01, 0.03, 0.06] {
        let (plain, steady) = (flicker(&device, false, amplitude), flicker(&device, true, amplitude));
        println!(
            "noise up to {amplitude}: change a frame {plain:.2} plain, {steady:.2} steady, {:.1} times less",
            plain / steady
        );
        assert!(steady * 2.5 < plain, "{steady} of {plain}");
    }
}

#[test]
fn another_scene_leaves_no_trace() {
    let device = device();
    let (mut steady, mut plain) = (session(&device, true), session(&device, false));
    let (one, other) = (scene("transfer26/content_a.png"), scene("transfer26/content_b.png"));
    for _ in 0..4 {
        painted(&mut steady, &one);
    }
    for _ in 0..12 {
        painted(&mut steady, &other);
    }
    let change = 255.0 * mean_change(&painted(&mut steady, &other), &painted(&mut plain, &other));
    assert!(change < 1.0, "after half a second it is still {change} off");
}

#[test]
fn another_frame_ends_it() {
    let device = device();
    let (mut steady, mut plain) = (session(&device, true), session(&device, false));
    let (one, other) = (scene("transfer26/content_a.png"), scene("transfer26/content_b.png"));
    for _ in 0..3 {
        painted(&mut steady, &one);
    }
    let frame = block_on(steady.new_frame((WIDTH, HEIGHT))).unwrap();
    steady.set_frame(frame).unwrap();
    let change = 255.0 * mean_change(&painted(&mut steady, &other), &painted(&mut plain, &other));
    assert!(change < 0.01, "it is {change} off");
}

#[test]
fn another_style_shows_at_once() {
    let device = device();
    let model = block_on(StylizeModel::load(&device, &shipped())).unwrap();
    let (mut steady, mut plain) = (session(&device, true), session(&device, false));
    let photo = scene("transfer26/content_a.png");
    for _ in 0..3 {
        painted(&mut steady, &photo);
    }
    let style = model.styles().get(5).unwrap();
    steady.set_style(style).unwrap();
    plain.set_style(style).unwrap();
    let change = 255.0 * mean_change(&painted(&mut steady, &photo), &painted(&mut plain, &photo));
    assert!(change < 0.01, "it is {change} off");
}

/// A plan for scenes, with or without the temporal filter.
struct Bare {
    plan: Plan,
    frame: Frame,
    temporal_filter: Option<TemporalFilter>,
}

impl Bare {
    fn new(gpu: &Gpu, steady: bool) -> Self {
        let (archive, net) = (shipped(), transfer26::network());
        let styles = StyleSet::read(&archive, &net.norms).unwrap();
        let variant = *Variant::all().iter().find(|v| !v.half).unwrap();
        let model = block_on(Model::load(gpu, net, &archive, variant)).unwrap();
        let plan = block_on(model.plan(gpu, WIDTH, HEIGHT)).unwrap();
        plan.set_style(gpu, styles.get(0).unwrap()).unwrap();
        let frame = block_on(plan.frame(gpu, (WIDTH, HEIGHT))).unwrap();
        let temporal_filter = steady.then(|| block_on(TemporalFilter::new(gpu, &plan, &frame)).unwrap());
        Self { plan, frame, temporal_filter }
    }

    /// Stylizes a scene; keeps the fraction `keep` of the statistics and, with the temporal filter, of the output.
    fn paint(&self, gpu: &Gpu, photo: &Image, keep: bool) -> Image {
        let Self { plan, frame, temporal_filter } = self;
        let format = wgpu::TextureFormat::Rgba32Float;
        let compositor =
            block_on(Compositor::new(gpu, (plan, frame, temporal_filter.as_ref()), format, plan.size())).unwrap();
        let canvas = block_on(OutputTexture::new(gpu, &compositor)).unwrap();
        frame.upload(gpu, &photo.to_rgba8()).unwrap();
        match temporal_filter {
            Some(temporal_filter) => temporal_filter.set(gpu, plan, keep, false),
            None => plan.keep_statistics(gpu, if keep { KEEP_STATISTICS } else { 0.0 }),
        }
        plan.run(gpu, frame, |encoder| {
            if let Some(temporal_filter) = temporal_filter {
                temporal_filter.record(&mut encoder.begin_compute_pass(&Default::default()));
            }
            canvas.record(encoder, &compositor);
        });
        Image::new(WIDTH, HEIGHT, floats(&block_on(canvas.read(gpu)).unwrap())).unwrap()
    }
}

#[test]
fn the_kernel_equals_the_reference() {
    let gpu = gpu();
    let one = scene("transfer26/content_a.png");
    // Left and right exchanged in the lower half, where luma changes by much, by little, and not at all.
    let mut data = one.data().to_vec();
    for row in data.chunks_exact_mut(WIDTH * 3).skip(HEIGHT / 2) {
        let pixels: Vec<f32> = row.rchunks_exact(3).flatten().copied().collect();
        row.copy_from_slice(&pixels);
    }
    let other = Image::new(WIDTH, HEIGHT, data).unwrap();
    let as_seen = |image: &Image| Image::from_rgba8(WIDTH, HEIGHT, &image.to_rgba8()).unwrap();

    let (plain, steady) = (Bare::new(&gpu, false), Bare::new(&gpu, true));
    let first = plain.paint(&gpu, &one, false);
    let second = plain.paint(&gpu, &other, true);
    let memory = steadied(&first, &as_seen(&one), &vec![[0.0; 4]; WIDTH * HEIGHT], 0.0);
    let expected = steadied(&second, &as_seen(&other), &memory, KEEP_PAINTING);
    assert!(mean_change(&first, &steady.paint(&gpu, &one, false)) < 1e-6);
    let got = steady.paint(&gpu, &other, true);
    let worst =
        expected.iter().zip(got.data().chunks_exact(3)).flat_map(|(e, g)| [e[0] - g[0], e[1] - g[1], e[2] - g[2]]);
    let worst = worst.map(f32::abs).fold(0.0, f32::max);
    assert!(worst < 1e-4, "off by {worst}");
    assert!(mean_change(&second, &got) > 0.01, "nothing was mixed");
}

/// The smoothing of statistics alone: if they are kept completely, the first scene's statistics normalize the second.
#[test]
fn statistics_that_are_kept_are_those_of_the_frame_before() {
    let gpu = gpu();
    let bare = Bare::new(&gpu, false);
    let scene = scene("transfer26/content_a.png");
    let first = bare.paint(&gpu, &scene, false);
    let dim: Vec<f32> = scene.data().iter().map(|v| v * 0.5).collect();
    let dim = Image::new(WIDTH, HEIGHT, dim).unwrap();
    let plain = bare.paint(&gpu, &dim, false);
    bare.paint(&gpu, &scene, false);
    let held = bare.paint(&gpu, &dim, true);
    // Instance normalization undoes the dimming of a picture; statistics that lag do not.
    assert!(mean_change(&first, &held) > 1.2 * mean_change(&first, &plain));
    // They converge.
    (0..20).for_each(|_| drop(bare.paint(&gpu, &dim, true)));
    assert!(mean_change(&plain, &bare.paint(&gpu, &dim, true)) < 1e-3);
}
