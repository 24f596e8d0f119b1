//! The settings of `impasto train`, as arguments.

use clap::{Args, ValueEnum};
use impasto::error::Result;
use impasto::net::models::vgg::VGG16;
use impasto::settings::TrainStyleLoss;
use impasto::train::train_style::TrainConfig;

use crate::cli::commands::paint::losses::layers;

/// Settings of the training.
#[derive(Debug, Args)]
pub struct SettingsArguments {
    /// Number of steps; more come nearer to the painting
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Initial learning rate; default 0.03, or 0.02 when training starts from `instant` or a pack
    #[arg(long)]
    rate: Option<f32>,
    /// Side of the training crops in pixels, 32 to 1024, a multiple of 4
    #[arg(long, default_value_t = 224, value_parser = clap::value_parser!(u32).range(32..=1024))]
    crop: u32,
    /// Batch size in crops, 1 to 32
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=32))]
    batch: u32,
    /// Longer side of the paintings in pixels, 32 to 2048; larger gives larger strokes
    #[arg(long, value_name = "SIZE", default_value_t = 320, value_parser = clap::value_parser!(u32).range(32..=2048))]
    stroke_size: u32,
    /// Content weight; default 1; more keeps more of the photo
    #[arg(long)]
    content_weight: Option<f32>,
    /// Style loss: `gram` compares Gram matrices of features; `transport` compares positions with their nearest ones in the
    /// painting, and their means and covariances, which keeps more of the photo and gives cleaner shapes
    #[arg(long, value_enum, default_value_t = StyleLossChoice::Gram)]
    style_loss: StyleLossChoice,
    /// Style weight; default 6, or 12 when training starts from `instant` or a pack; a third of it with `transport`
    #[arg(long)]
    style_weight: Option<f32>,
    /// Colour loss weight; default 1.5, or 6 when training starts from `instant` or a pack
    #[arg(long)]
    palette_weight: Option<f32>,
    /// VGG16 layers of the style loss with optional weights; default `relu1_2,relu2_2,relu3_3,relu4_3`
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    style_layers: Option<String>,
    /// VGG16 layers of the content loss with optional weights; default `relu3_3`
    #[arg(long, value_name = "LAYER[:WEIGHT],...")]
    content_layers: Option<String>,
    /// Total variation weight; default 0
    #[arg(long)]
    variation_weight: Option<f32>,
    /// Stability weight: penalizes change of the result under noise, which reduces flicker of video; default 0
    #[arg(long)]
    stability_weight: Option<f32>,
    /// Amplitude of the noise of `--stability-weight`, as a fraction of white; default 0.04
    #[arg(long)]
    noise: Option<f32>,
    /// Seed of the crops
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Trains all weights of the network: the pack contains a network of its own of about 300 KB; needs more steps
    #[arg(long)]
    pub all_weights: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StyleLossChoice {
    Gram,
    Transport,
}

impl SettingsArguments {
    /// Returns the changes of the default settings.
    ///
    /// # Errors
    /// [`impasto::error::Error::Style`] for layers that VGG16 lacks and for invalid weights of layers.
    pub fn config(&self) -> Result<TrainConfig> {
        let layers = |names: &Option<String>| names.as_deref().map(|names| layers(&VGG16, names)).transpose();
        Ok(TrainConfig {
            steps: Some(self.steps as usize),
            crop: Some(self.crop as usize),
            batch: Some(self.batch as usize),
            painting: Some(self.stroke_size as usize),
            content_weight: self.content_weight,
            style_weight: self.style_weight,
            palette_weight: self.palette_weight,
            variation_weight: self.variation_weight,
            stability_weight: self.stability_weight,
            noise: self.noise,
            rate: self.rate,
            seed: Some(self.seed),
            start: None,
            all_weights: self.all_weights,
            content_layers: layers(&self.content_layers)?,
            style_layers: layers(&self.style_layers)?,
            style_loss: match self.style_loss {
                StyleLossChoice::Gram => TrainStyleLoss::Gram,
                StyleLossChoice::Transport => TrainStyleLoss::Transport,
            },
        })
    }
}
