//! What the commands print. A closed pipe ends the output quietly, a full disk ends it with a sentence, and neither ends the work.

use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};

use impasto::error::Error;
use impasto::text::printable;

/// Bad input of any kind ends in this exit code, with one sentence on stderr for each thing that was wrong.
pub const BAD_INPUT: u8 = 2;

/// The state of standard output.
static OUTPUT: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
/// The reader of the pipe has gone, which is the reader's choice.
const CLOSED: u8 = 1;
/// Text was lost.
const FAILED: u8 = 2;

/// Prints a line on standard output, as `say!` does, without its panic.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::report::line(&format!($($text)*)) };
}

/// Prints a line on standard error, behind the program's name.
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
            "standard output cannot be written: {reason}. The work goes on, and nothing more is printed."
        ));
    }
}

/// Prints a line on standard error, behind the program's name. Where that cannot be written, nobody is there to be told.
pub fn warning(text: &str) {
    let _ = writeln!(stderr(), "impasto: {}", printable(text));
}

/// Prints what a picture's reader notes about the file at `path`.
pub fn notes(path: &Path, notes: &[String]) {
    notes.iter().for_each(|note| warning(&format!("{}: {note}", path.display())));
}

/// The exit code of a command that has ended with `code`: a failure where text was lost.
pub fn exit(code: ExitCode) -> ExitCode {
    if OUTPUT.load(Ordering::Relaxed) == FAILED { ExitCode::from(BAD_INPUT) } else { code }
}

/// Prints an error, and gives its exit code.
pub fn failure(error: &Error) -> ExitCode {
    warning(&error.to_string());
    ExitCode::from(BAD_INPUT)
}

/// The path as text, for JSON too: what is not UTF-8 in it is replaced.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
