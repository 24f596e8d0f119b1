//! The commands, one file or folder each.

mod art;
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
    /// Paint photos.
    Stylize(stylize::Arguments),
    /// Paint one photo pixel by pixel, after paintings, as well as can be: minutes instead of milliseconds.
    #[cfg(feature = "studio")]
    Paint(paint::Arguments),
    /// Learn a style from paintings, on photos, as a pack that paints live: minutes.
    #[cfg(feature = "studio")]
    Train(train::Arguments),
    /// Tell how near paintings are to a photo and to a painting's style, in numbers.
    #[cfg(feature = "studio")]
    Judge(judge::Arguments),
    /// Paint one photo in every style, on one labelled sheet.
    Sheet(sheet::Arguments),
    /// Tell how much paintings of a still scene change from frame to frame.
    Flicker(flicker::Arguments),
    /// Make paintings by arithmetic, to take styles of.
    Art(art::Arguments),
    /// Take a transfer network that you have, PyTorch's or ONNX, as a style that brings its network.
    Import(import::Arguments),
    /// Make and read style packs.
    #[command(subcommand)]
    Style(style::Command),
    /// Tell what the graphics adapter and the weights are.
    Info(info::Arguments),
    /// Tell what painting a photo of some size costs.
    Plan(plan::Arguments),
    /// Write the generated shaders, as WGSL and SPIR-V.
    Shaders(shaders::Arguments),
    /// Make the weight archives that ship with the program.
    #[command(subcommand)]
    Weights(weights::Command),
}

/// Runs a command; returns the exit code.
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
        Command::Info(arguments) => info::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Shaders(arguments) => shaders::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Weights(command) => weights::run(command).map(|()| ExitCode::SUCCESS),
    }
}
