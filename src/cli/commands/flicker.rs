//! `impasto flicker`: measures the change from frame to frame of a stylized still scene under camera noise.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use impasto::error::{Error, Result};
use impasto::image::Image;
use impasto::procedural::random::Random;
use impasto::stylize::{Session, StylizeModel};

use crate::cli::backend::BackendArguments;
use crate::cli::device;
use crate::cli::photos::ReadArguments;
use crate::cli::report::say;
use crate::cli::style_source::StyleSource;

/// Frames until the temporal filter has settled.
const SETTLING: usize = 6;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Photo of the still scene
    photo: PathBuf,
    /// Style, as in `stylize --style`; repeat the flag to compare styles
    #[arg(long = "style", required = true)]
    styles: Vec<OsString>,
    /// Amplitude of the noise, as a fraction of white, 0 to 1
    #[arg(long, default_value_t = 0.03)]
    noise: f32,
    /// Longer side of the photo in pixels, 16 to 2048
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=2048))]
    size: u32,
    /// Number of compared frames, 2 to 1000, after 6 frames that are not compared
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=1000))]
    frames: u32,
    #[command(flatten)]
    device: BackendArguments,
    #[command(flatten)]
    read: ReadArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    if !(0.0..=1.0).contains(&arguments.noise) {
        return Err(Error::Picture("The noise must be a number from 0 to 1.".to_string()));
    }
    let scene = arguments.read.read(&arguments.photo, Some(arguments.size))?.image;
    say!("mean change of 255 from frame to frame, with noise of up to {} of white", arguments.noise);
    say!("plain    steady");
    for style in &arguments.styles {
        let source = StyleSource::read(style, &[], &arguments.read)?;
        let [plain, steady] = pollster::block_on(async {
            let model =
                StylizeModel::load(&device::open(arguments.device.backend, &arguments.read).await?, &source.archive)
                    .await?;
            let mut changes = [0.0; 2];
            for (change, steady) in changes.iter_mut().zip([false, true]) {
                let mut session = model.session(scene.width(), scene.height()).await?;
                session.set_style(&source.style(&model).await?)?;
                if steady {
                    session.set_temporal_filter(session.new_temporal_filter().await?)?;
                }
                *change = measured(&mut session, &scene, arguments).await?;
            }
            Ok::<_, Error>(changes)
        })?;
        say!("{plain:<9.2}{steady:<9.2}{}", style.display());
    }
    Ok(())
}

/// Returns the mean absolute change between two successive frames, on the scale 0 to 255.
async fn measured(session: &mut Session, scene: &Image, arguments: &Arguments) -> Result<f32> {
    let mut random = Random::new(1);
    let mut before: Option<Image> = None;
    let mut sum = 0.0;
    for frame in 0..SETTLING + arguments.frames as usize {
        let noise = |v: &f32| (v + random.between(-arguments.noise, arguments.noise)).clamp(0.0, 1.0);
        let noisy = Image::new(scene.width(), scene.height(), scene.data().iter().map(noise).collect())?;
        session.set_photo(&noisy.to_rgba8())?;
        let painted = session.read_exact().await?;
        if let Some(before) = before.filter(|_| frame > SETTLING) {
            let off: f32 = before.data().iter().zip(painted.data()).map(|(a, b)| (a - b).abs()).sum();
            sum += 255.0 * off / painted.data().len() as f32;
        }
        before = Some(painted);
    }
    Ok(sum / (arguments.frames - 1) as f32)
}
