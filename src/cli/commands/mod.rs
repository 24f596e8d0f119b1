//! The commands, one file or folder each.

mod art;
mod bench;
mod flicker;
mod import;
mod info;
#[cfg(feature = "studio")]
mod judge;
#[cfg(feature = "studio")]
mod paint;
mod plan;
mod shaders;
mod sheet;
pub mod style;
mod stylize;
#[cfg(feature = "studio")]
mod train;
mod weights;

use std::process::ExitCode;

use clap::Subcommand;
use impasto::error::Result;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stylize photos with a feed-forward network
    Stylize(stylize::Arguments),
    /// Optimize the pixels of one photo against VGG features: minutes instead of milliseconds
    #[cfg(feature = "studio")]
    Paint(paint::Arguments),
    /// Train a style for a feed-forward network on paintings, as a style pack, in minutes
    #[cfg(feature = "studio")]
    Train(train::Arguments),
    /// Measure how near stylized pictures are to a painting and to a photo
    #[cfg(feature = "studio")]
    Judge(judge::Arguments),
    /// Stylize one photo in every style, or lay out finished pictures, on one labelled sheet
    Sheet(sheet::Arguments),
    /// Measure the change between frames of a noisy still scene
    Flicker(flicker::Arguments),
    /// Draw procedural paintings
    Art(art::Arguments),
    /// Convert a PyTorch or ONNX transfer network to a style pack that contains it
    Import(import::Arguments),
    /// Write and read style packs
    #[command(subcommand)]
    Style(style::Command),
    /// Print the graphics adapter, the processor and the weight archives
    Info(info::Arguments),
    /// Print the cost of stylizing a photo of a given size
    Plan(plan::Arguments),
    /// Measure frames on the graphics adapter or on the processor, without files
    Bench(bench::Arguments),
    /// Write the generated shaders as WGSL and SPIR-V
    Shaders(shaders::Arguments),
    /// Convert VGG weights and published models to weight archives
    #[command(subcommand)]
    Weights(weights::Command),
}

/// Runs a command and returns its exit code.
pub fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Stylize(arguments) => stylize::run(&arguments),
        #[cfg(feature = "studio")]
        Command::Paint(arguments) => paint::run(&arguments),
        #[cfg(feature = "studio")]
        Command::Train(arguments) => train::run(&arguments),
        #[cfg(feature = "studio")]
        Command::Judge(arguments) => judge::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Sheet(arguments) => sheet::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Flicker(arguments) => flicker::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Art(arguments) => art::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => import::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Style(command) => style::run(command).map(|()| ExitCode::SUCCESS),
        Command::Info(arguments) => info::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Plan(arguments) => plan::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Shaders(arguments) => shaders::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Weights(command) => weights::run(command).map(|()| ExitCode::SUCCESS),
    }
}
