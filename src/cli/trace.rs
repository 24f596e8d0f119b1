//! The trace of a job: a CSV table of losses with one row per step.

use std::fs::{File, OpenOptions};
use std::io::{LineWriter, Write};
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::files::{self, Existing, reason};

use super::report::alert;

/// Largest table in bytes that a resumed job continues.
const LARGEST: u64 = 1 << 30;

/// A table that is being written.
pub struct Trace {
    path: PathBuf,
    file: LineWriter<File>,
}

impl Trace {
    /// Opens a table with the header `columns`. With `resumed`, it continues an existing table after the row of that
    /// step: later rows, written by a run whose work is lost, are removed.
    ///
    /// # Errors
    /// [`Error::File`] when the table cannot be written, and when the existing file is not such a table.
    pub fn open(path: &Path, columns: &str, resumed: Option<usize>) -> Result<Self> {
        let older = if path.exists() { Some(table(path, columns)?) } else { None };
        let rows = match (older, resumed) {
            (Some(text), Some(step)) => kept(&text, columns, step),
            _ => String::new(),
        };
        files::save(path, format!("{columns}\n{rows}").as_bytes(), Existing::Replace)?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|e| Error::file(path, format!("the trace cannot be written: {}", reason(&e))))?;
        Ok(Self { path: path.to_path_buf(), file: LineWriter::new(file) })
    }

    /// Checks that the file at `path`, if it exists, is such a table, so that no other file is overwritten.
    ///
    /// # Errors
    /// [`Error::File`] when it is another file.
    pub fn check(path: &Path, columns: &str) -> Result<()> {
        if path.exists() { table(path, columns).map(drop) } else { Ok(()) }
    }

    /// Writes a row and returns the table. After a write error it prints the error and returns `None`, and the job
    /// continues without the trace.
    pub fn row(mut self, row: &str) -> Option<Self> {
        match writeln!(self.file, "{row}") {
            Ok(()) => Some(self),
            Err(error) => {
                let (path, reason) = (self.path.display(), reason(&error));
                alert!("{path}: the trace can no longer be written: {reason}. The job continues without it.");
                None
            }
        }
    }
}

/// Returns the text of a table with these columns; an empty file is a table without rows.
fn table(path: &Path, columns: &str) -> Result<String> {
    let bytes = files::read(path, LARGEST, "a trace")?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    if text.is_empty() && path.metadata().is_ok_and(|file| file.len() == 0) || text.lines().next() == Some(columns) {
        return Ok(text);
    }
    Err(Error::file(path, "the existing file is not a trace of this command; choose another name for the trace"))
}

/// Returns the complete rows up to the row of `step`.
fn kept(text: &str, columns: &str, step: usize) -> String {
    let fields = columns.split(',').count();
    let whole =
        text.split_inclusive('\n').skip(1).filter(|row| row.ends_with('\n') && row.split(',').count() == fields);
    let number = |row: &&str| row.split(',').next().and_then(|first| first.parse::<usize>().ok());
    whole.filter(|row| number(row).is_some_and(|number| number <= step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_table_has_each_step_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.csv");
        let mut trace = Some(Trace::open(&path, "step,loss", None).unwrap());
        for step in 1..=5 {
            trace = trace.and_then(|trace| trace.row(&format!("{step},0.5")));
        }
        drop(trace);
        // A last row that a crash has cut off.
        let text = std::fs::read_to_string(&path).unwrap() + "6,0";
        std::fs::write(&path, text).unwrap();
        Trace::open(&path, "step,loss", Some(3)).unwrap().row("4,0.4").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "step,loss\n1,0.5\n2,0.5\n3,0.5\n4,0.4\n");
        Trace::open(&path, "step,loss", None).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "step,loss\n");
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.csv");
        std::fs::write(&path, "dear diary\n").unwrap();
        assert!(Trace::check(&path, "step,loss").unwrap_err().to_string().contains("not a trace"));
        assert!(Trace::open(&path, "step,loss", None).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary\n");
        Trace::check(&folder.path().join("new.csv"), "step,loss").unwrap();
    }
}
