//! The commands of the native tool, one file each.

mod art;
mod cache;
mod file_plan;
mod flicker;
mod import;
mod info;
mod input_files;
#[cfg(feature = "studio")]
mod job_runner;
#[cfg(feature = "studio")]
mod judge;
mod lettering;
mod output_paths;
#[cfg(feature = "studio")]
mod paint;
#[cfg(feature = "studio")]
mod paint_losses;
#[cfg(feature = "studio")]
mod paint_optimizer;
#[cfg(feature = "studio")]
mod paint_run;
#[cfg(feature = "studio")]
mod paint_styles;
mod photo_stylizer;
mod photos;
mod plan;
#[cfg(feature = "studio")]
mod processor;
mod remember;
mod report;
mod shaders;
mod sheet;
mod style;
mod style_images;
mod style_text;
mod stylize;
#[cfg(feature = "studio")]
mod trace;
#[cfg(feature = "studio")]
mod train;
#[cfg(feature = "studio")]
mod train_run;
mod wanted;
mod weights;
mod workshop;

use std::ffi::OsString;
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use impasto::error::Result;

/// Neural style transfer on your own GPU.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// Bad input of any kind ends in this exit code, with one sentence on stderr for each thing that was wrong.
const BAD_INPUT: u8 = 2;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    ignore_file_size_signal();
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    report::exit(dispatch(cli).unwrap_or_else(|error| report::failure(&error)))
}

/// The arguments. A number below zero is a number, and no option.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> std::result::Result<Cli, clap::Error> {
    let command = Cli::command().mut_subcommands(with_negative_numbers);
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command.allow_negative_numbers(true).mut_subcommands(with_negative_numbers)
}

/// Where the system limits the size of files (`ulimit -f`), a write beyond it fails like any other instead of ending the program.
fn ignore_file_size_signal() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

fn dispatch(cli: Cli) -> Result<ExitCode> {
    match cli.command {
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

/// Arguments that clap refuses: its first paragraph as one sentence. Help and version are no errors.
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is the reader's choice.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(BAD_INPUT)
        }
        _ => {
            report::warning(&sentence(&error.to_string()));
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or(text).trim_start_matches("error: ");
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    format!("{}; `impasto --help` and `impasto COMMAND --help` list what can be said.", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn refusals_are_one_line() {
        for arguments in
            [&["impasto", "stylize"][..], &["impasto", "sketch"], &["impasto", "stylize", "a", "--size", "0"]]
        {
            let error = Cli::try_parse_from(arguments).unwrap_err();
            let sentence = sentence(&error.to_string());
            assert!(!sentence.contains('\n') && !sentence.starts_with("error"), "{sentence}");
        }
    }
}
