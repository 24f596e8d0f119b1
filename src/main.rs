//! The command-line tool `impasto`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
