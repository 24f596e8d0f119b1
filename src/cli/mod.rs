//! The command line: arguments, exit codes, and the code that the [`commands`] share.

mod autotune_cache;
mod backend;
#[cfg(feature = "studio")]
mod burn_device;
mod cache;
mod commands;
mod device;
mod file_plan;
mod input_files;
#[cfg(feature = "studio")]
mod job_runner;
mod label;
mod output_paths;
mod photo_stylizer;
mod photos;
mod report;
mod style_images;
mod style_source;
mod style_text;
mod tiles;
#[cfg(feature = "studio")]
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

/// Neural style transfer on your own GPU.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

/// Runs the command of the process arguments.
pub fn run() -> ExitCode {
    ignore_file_size_signal();
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    report::exit(commands::run(cli.command).unwrap_or_else(|error| report::failure(&error)))
}

/// Parses the arguments. A negative number is a value, not a flag.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command().mut_subcommands(with_negative_numbers);
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command.allow_negative_numbers(true).mut_subcommands(with_negative_numbers)
}

/// Ignores SIGXFSZ, so that a write beyond the file size limit (`ulimit -f`) returns an error instead of ending the
/// program.
fn ignore_file_size_signal() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// Prints the error of clap: the first paragraph as one sentence. Help and version are not errors.
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is not an error.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(report::BAD_INPUT)
        }
        _ => {
            report::warning(&sentence(&error.to_string()));
            ExitCode::from(report::BAD_INPUT)
        }
    }
}

fn sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or(text).trim_start_matches("error: ");
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    format!("{}; `impasto --help` and `impasto COMMAND --help` list the commands and options.", words.join(" "))
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
