//! The commands of the native tool, one file each.

mod stylize;
mod weights;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
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
    /// Paint a photo.
    Stylize(stylize::Arguments),
    /// Make the weight archives that ship with the program.
    #[command(subcommand)]
    Weights(weights::Command),
}

/// Runs the command that the arguments name. Bad input of any kind ends in exit code 2 and one sentence on stderr;
/// clap uses the same code for arguments that it refuses.
pub fn run() -> ExitCode {
    match dispatch(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("impasto: {error}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Stylize(arguments) => stylize::run(&arguments),
        Command::Weights(command) => weights::run(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
