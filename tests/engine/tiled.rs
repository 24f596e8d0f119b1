//! Pictures in tiles, compared with the same pictures as a whole, on the processor and on a graphics adapter.

use crate::common::{distance, gpu, noise, picture, psnr, shipped, shipped_as};
use impasto::cpu::Workers;
use impasto::gpu::conv::{Family, Variant};
use impasto::image::Image;
use impasto::image::composite::Look;
use impasto::image::part::Part;
use impasto::image::pixels::Pixels;
use impasto::style::Style;
use impasto::stylize::{Device, StylizeModel, TileLayout, TiledSession};
use pollster::block_on;

const MEMORY: u64 = 1 << 32;

/// The processor, and the adapter with kernels of both families and both storage types.
fn devices() -> Vec<Device> {
    let direct = |variant: &Variant| variant.family == Family::Direct;
    let variants = [(true, false), (false, false), (false, true)];
    let variants = variants.map(|(is_direct, half)| {
        let variant = Variant::all().into_iter().find(|v| direct(v) == is_direct && v.half == half).unwrap();
        Device::from_gpu(gpu(), variant)
    });
    [Device::cpu(Workers::new(2), MEMORY)].into_iter().chain(variants).collect()
}

/// A photo with as many pixels as the test needs.
fn photo((width, height): (usize, usize)) -> Image {
    picture("transfer26/content_a.png").resized(width, height).unwrap()
}

fn pixels(image: &Image) -> Pixels<u8> {
    let rgb = image.to_rgba8().as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
    Pixels::new(image.width(), image.height(), rgb).unwrap()
}

struct Case {
    photo: (usize, usize),
    picture: (usize, usize),
    tile: usize,
    look: Look,
    brushwork: f32,
}

impl Case {
    /// The photo processed at once.
    fn whole(&self, model: &StylizeModel, style: &Style, photo: &Image) -> Image {
        block_on(async {
            let mut session = model.session(self.picture.0, self.picture.1).await?;
            session.set_frame(session.new_frame(self.photo).await?)?;
            session.set_style(style)?;
            session.set_brushwork(self.brushwork)?;
            session.set_look(self.look)?;
            session.set_photo(&photo.to_rgba8())?;
            session.read_exact().await
        })
        .unwrap()
    }

    fn session(&self, model: &StylizeModel, style: &Style) -> TiledSession {
        let mut session = block_on(model.tiled_session(self.photo, self.picture, self.tile)).unwrap();
        session.set_style(style).unwrap();
        session.set_brushwork(self.brushwork);
        session.set_look(self.look);
        session
    }

    /// The photo in tiles, exactly and rounded to 8 bits, after `statistics` has set the statistics.
    fn tiled(&self, mut session: TiledSession, photo: &Pixels<u8>) -> (Vec<f32>, Vec<u8>) {
        let (width, height) = self.photo;
        let mut exact = Pixels::<u16>::black(width, height).unwrap();
        let mut rounded = Pixels::<u8>::black(width, height).unwrap();
        for tile in session.tiles().to_vec() {
            let rgba = photo.rgba(tile.photo).unwrap();
            let painted = block_on(session.paint_exact(&tile, &rgba)).unwrap();
            let words = painted.data().as_chunks::<3>().0.iter().map(|p| p.map(|v| (v * 65535.0).round() as u16));
            exact.set_part(tile.result, words).unwrap();
            let bytes = block_on(session.paint(&tile, &rgba)).unwrap();
            rounded.set_part(tile.result, bytes.as_chunks::<4>().0.iter().map(|p| [p[0], p[1], p[2]])).unwrap();
        }
        (exact.data().iter().map(|v| f32::from(*v) / 65535.0).collect(), rounded.data().to_vec())
    }
}

#[test]
fn tiles_with_exact_statistics_equal_the_whole_picture() {
    let plain = Look { strength: 1.0, keep_colors: false, split: 0.0 };
    let mixed = Look { strength: 0.8, keep_colors: true, split: 0.3 };
    let cases = [
        Case { photo: (321, 218), picture: (321, 218), tile: 192, look: plain, brushwork: 0.5 },
        Case { photo: (330, 210), picture: (281, 179), tile: 200, look: mixed, brushwork: 0.0 },
        Case { photo: (190, 250), picture: (217, 286), tile: 208, look: plain, brushwork: 1.0 },
    ];
    let nets = [(shipped(), None), (shipped_as("arbitrary"), Some(noise(5, 100)))];
    // Kernels of graphics adapters are slow on the processor.
    let chosen: [&[&[usize]]; 4] = [&[&[0, 1, 2], &[0, 1, 2]], &[&[0], &[1]], &[&[2]], &[&[1]]];
    for (device, chosen) in devices().into_iter().zip(chosen) {
        for ((archive, vector), chosen) in nets.iter().zip(chosen) {
            let model = block_on(StylizeModel::load(&device, archive)).unwrap();
            let style = match vector {
                Some(vector) => model.space().vector("noise", vector).unwrap(),
                None => model.styles().get(4).unwrap().clone(),
            };
            for case in chosen.iter().map(|case| &cases[*case]) {
                let photo = photo(case.photo);
                let small = pixels(&photo);
                let whole = case.whole(&model, &style, &photo);
                let mut session = case.session(&model, &style);
                assert!(session.tiles().len() >= 2);
                block_on(session.measure(|part: Part| small.rgba(part))).unwrap();
                let (exact, rounded) = case.tiled(session, &small);
                let off = distance(&exact, whole.data());
                let rounded: Vec<f32> = rounded.iter().map(|v| f32::from(*v) / 255.0).collect();
                let decibels = psnr(&rounded, whole.data());
                println!("{} {:?} {:?}: {off:e}, {decibels:.1} dB", device.kernels(), case.photo, case.picture);
                let half = device.kernels().contains("f16");
                let (most, least) = if half { (0.02, 50.0) } else { (5e-5, 55.0) };
                assert!(off < most && decibels > least);
            }
        }
    }
}

#[test]
fn statistics_of_a_copy_as_large_as_the_photo_are_those_of_the_photo() {
    let look = Look { strength: 1.0, keep_colors: false, split: 0.0 };
    let case = Case { photo: (260, 180), picture: (260, 180), tile: 192, look, brushwork: 0.5 };
    for device in devices().into_iter().take(2) {
        let model = block_on(StylizeModel::load(&device, &shipped())).unwrap();
        let style = model.styles().get(0).unwrap().clone();
        let photo = photo(case.photo);
        let mut session = case.session(&model, &style);
        block_on(session.measure_copy(&model, case.photo, case.picture, &photo.to_rgba8())).unwrap();
        let (found, _) = case.tiled(session, &pixels(&photo));
        let off = distance(&found, case.whole(&model, &style, &photo).data());
        println!("{}: {off:e}", device.kernels());
        assert!(off < 5e-5, "{off}");
        // Without the statistics of the whole picture, each tile has contrasts and colours of its own.
        let (alone, _) = case.tiled(case.session(&model, &style), &pixels(&photo));
        assert!(distance(&alone, &found) > 0.05);
    }
}

#[test]
fn a_photo_of_another_size_is_refused() {
    let model = block_on(StylizeModel::load(&devices()[0], &shipped())).unwrap();
    let mut session = block_on(model.tiled_session((300, 200), (300, 200), 192)).unwrap();
    let tile = session.tiles()[0];
    assert!(block_on(session.paint(&tile, &[0; 12])).is_err());
    assert!(block_on(model.tiled_session((300, 0), (300, 200), 192)).is_err());
    assert!(TileLayout::new(model.network(), (300, 200), (300, 200), 64).is_err());
}
