//! The files of a command, checked before its work begins: no output may be an input, and every output must be
//! writable.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use impasto::error::{Error, Result};
use impasto::files::{Identity, probe};

/// The files that a command reads and writes.
#[derive(Debug, Default)]
pub struct FilePlan {
    inputs: HashMap<Identity, PathBuf>,
    outputs: Vec<(PathBuf, &'static str)>,
}

impl FilePlan {
    /// Adds input files.
    pub fn inputs<'a>(&mut self, paths: impl IntoIterator<Item = &'a Path>) -> &mut Self {
        self.inputs.extend(paths.into_iter().map(|path| (Identity::of(path), path.to_path_buf())));
        self
    }

    /// Adds an output file; `what` names it in messages, such as "the painting".
    pub fn output(&mut self, path: impl Into<PathBuf>, what: &'static str) -> &mut Self {
        self.outputs.push((path.into(), what));
        self
    }

    /// Creates the folders of the outputs, and checks that each output can be written and overwrites no other file of
    /// the command.
    ///
    /// # Errors
    /// [`Error::File`] for an output that is an input or another output, and for a path that cannot be written.
    pub fn check(&self) -> Result<()> {
        let mut taken: HashMap<Identity, &'static str> = HashMap::new();
        for (path, what) in &self.outputs {
            let identity = Identity::of(path);
            if let Some(input) = self.inputs.get(&identity) {
                let same = if input == path { String::new() } else { format!(" ({})", input.display()) };
                let problem =
                    format!("{what} would overwrite a file that the command reads{same}; choose another path");
                return Err(Error::file(path, problem));
            }
            if let Some(other) = taken.insert(identity, what) {
                let problem = format!("{what} and {other} have the same path; give them different names");
                return Err(Error::file(path, problem));
            }
        }
        let mut tried = HashSet::new();
        for (path, _) in &self.outputs {
            let folder = path.parent().unwrap_or(Path::new(""));
            // Each folder is probed once, and each existing file individually.
            if path.symlink_metadata().is_ok() || tried.insert(folder) {
                make_folder(folder)?;
                probe(path)?;
            }
        }
        Ok(())
    }
}

/// Creates `folder` and its parents.
///
/// # Errors
/// [`Error::File`] when the folder cannot be created.
pub fn make_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|e| {
        let reason = match e.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => "a file has this name".to_string(),
            _ => impasto::files::reason(&e),
        };
        Error::file(folder, format!("the folder cannot be created: {reason}; choose another path"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(plan: &FilePlan) -> String {
        plan.check().unwrap_err().to_string()
    }

    #[test]
    fn no_output_is_an_input_or_another_output() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("photo.png"), "x").unwrap();
        let plan = |outputs: &[(&str, &'static str)]| {
            let mut plan = FilePlan::default();
            plan.inputs([at("photo.png").as_path()]);
            for (name, what) in outputs {
                plan.output(at(name), what);
            }
            plan
        };
        plan(&[("new/painted.png", "the painting"), ("trace.csv", "the trace")]).check().unwrap();
        assert!(at("new").is_dir() && std::fs::read_dir(at("new")).unwrap().next().is_none());
        let overwriting = refused(&plan(&[("new/../photo.png", "the trace")]));
        assert!(overwriting.contains("the trace would overwrite"), "{overwriting}");
        let twice = refused(&plan(&[("a.png", "the painting"), ("new/../a.png", "the preview")]));
        assert!(twice.contains("the preview and the painting"), "{twice}");
        #[cfg(unix)]
        {
            std::fs::hard_link(at("photo.png"), at("hard.png")).unwrap();
            assert!(refused(&plan(&[("hard.png", "the painting")])).contains("photo.png"));
        }
    }

    #[test]
    fn output_paths_are_probed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "x").unwrap();
        let mut plan = FilePlan::default();
        plan.output(folder.path().join("file/painted.png"), "the painting");
        assert!(refused(&plan).contains("file"));
    }
}
