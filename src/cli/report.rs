//! Prints the output of the commands. A closed pipe ends the output silently, a full disk ends it with an error
//! message; the command continues in both cases.

use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};

use impasto::error::Error;
use impasto::text::printable;

/// The exit code for bad input of any kind. Standard error has one sentence for each problem.
pub const BAD_INPUT: u8 = 2;

/// The state of standard output.
static OUTPUT: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
/// The reader closed the pipe, which is not an error.
const CLOSED: u8 = 1;
/// Output was lost.
const FAILED: u8 = 2;

/// Prints a line on standard output, like `println!`, but without a panic on write errors.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::report::line(&format!($($text)*)) };
}

/// Prints a line on standard error, after the name of the program.
macro_rules! alert {
    ($($text:tt)*) => { $crate::cli::report::warning(&format!($($text)*)) };
}

pub(super) use {alert, say};

/// Prints a line on standard output.
pub fn line(text: &str) {
    if OUTPUT.load(Ordering::Relaxed) != OPEN {
        return;
    }
    let mut output = stdout().lock();
    if let Err(error) = writeln!(output, "{}", printable(text)).and_then(|()| output.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            OUTPUT.store(CLOSED, Ordering::Relaxed);
            return;
        }
        OUTPUT.store(FAILED, Ordering::Relaxed);
        let reason = impasto::files::reason(&error);
        warning(&format!(
            "standard output cannot be written: {reason}. The command continues, and nothing more is printed."
        ));
    }
}

/// Prints a line on standard error, after the name of the program. Write errors are ignored, since they cannot be
/// reported.
pub fn warning(text: &str) {
    let _ = writeln!(stderr(), "impasto: {}", printable(text));
}

/// Prints the warnings of the picture reader about the file at `path`.
pub fn warnings(path: &Path, warnings: &[String]) {
    warnings.iter().for_each(|text| warning(&format!("{}: {text}", path.display())));
}

/// Returns the exit code of a command that ended with `code`: a failure if output was lost.
pub fn exit(code: ExitCode) -> ExitCode {
    if OUTPUT.load(Ordering::Relaxed) == FAILED { ExitCode::from(BAD_INPUT) } else { code }
}

/// Prints an error, and returns its exit code.
pub fn failure(error: &Error) -> ExitCode {
    warning(&error.to_string());
    ExitCode::from(BAD_INPUT)
}

/// Converts a path to text, also for JSON. Bytes that are not UTF-8 are replaced.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
