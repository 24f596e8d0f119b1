//! Runs jobs that take minutes or hours: steps, progress, saves, the trace, Ctrl-C. A write error does not end a job:
//! the result stays in memory, the next save writes it again, and the last save falls back to another folder.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use impasto::error::{Error, Result};
use impasto::files::{self, Existing, Identity, Saved, save};
use indicatif::{ProgressBar, ProgressStyle};

use super::file_plan::FilePlan;
use super::report::BAD_INPUT;
use super::report::{alert, say};
use super::trace::Trace;

/// The exit code of a program interrupted by Ctrl-C, as shells report it.
const INTERRUPTED: u8 = 130;
/// Largest checkpoint in bytes: that of a picture of 8192 pixels, without the history of L-BFGS.
pub const LARGEST_CHECKPOINT: u64 = 4 << 30;
/// Number of names that are tried for a rescued file in one folder.
const NAMES: usize = 100;

/// A job that runs step by step.
pub trait Job {
    /// The result of one step, such as its losses.
    type Report;
    /// The header of the trace. The first column is the number of the step, the last one the seconds.
    const COLUMNS: &'static str;

    /// Runs one step. Returns `None` when all steps are done.
    fn step(&mut self) -> Result<Option<Self::Report>>;
    /// Returns the number of a step, from 1, and the number of all steps.
    fn position(report: &Self::Report) -> (usize, usize);
    /// Returns the losses for the progress bar.
    fn describe(report: &Self::Report) -> String;
    /// Returns the row of the trace, without the seconds.
    fn row(report: &Self::Report) -> String;
    /// Returns the files of the result so far, the most important first.
    fn artifacts(&self) -> Result<Vec<Artifact>>;
    /// Returns the checkpoint to resume from, or `None` when all steps are done.
    fn checkpoint(&self) -> Result<Option<Vec<u8>>>;
}

/// An output file of a job.
pub struct Artifact {
    /// The name of the file in messages, such as "the painting".
    pub what: &'static str,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// The output paths of a job, and the interval of its saves.
pub struct JobFiles<'a> {
    pub output: &'a Path,
    /// Steps between two saves.
    pub save_every: Option<usize>,
    pub trace: Option<&'a Path>,
    /// The step of the checkpoint that the job resumes from.
    pub resumed: Option<usize>,
}

/// Returns the path of the checkpoint of a job that writes `output`.
pub fn checkpoint_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}

/// Adds the checkpoint of a job that writes `output` to the files of its command. Without `force`, no other checkpoint
/// than `resumed` may exist.
///
/// # Errors
/// [`Error::File`] when the checkpoint of another job exists.
pub fn plan_checkpoint(plan: &mut FilePlan, output: &Path, resumed: Option<&Path>, force: bool) -> Result<()> {
    let path = checkpoint_path(output);
    let same = resumed.is_some_and(|resumed| Identity::of(resumed) == Identity::of(&path));
    if path.exists() && !same && !force {
        let name = path.display();
        let problem = format!(
            "the checkpoint of an earlier run exists; continue that run with `--resume {name}`, or discard it with \
             `--force`"
        );
        return Err(Error::file(&path, problem));
    }
    // The checkpoint of this job is read before it is replaced; another checkpoint must not be overwritten.
    if !same {
        plan.inputs(resumed);
    }
    plan.output(path, "the checkpoint");
    Ok(())
}

/// Runs `job` to its end or until Ctrl-C, which takes effect after the current step, and writes its result.
///
/// # Errors
/// The error of a step, after the result so far is written; [`Error::File`] when the result cannot be written to any
/// folder.
pub fn run<J: Job>(mut job: J, files: &JobFiles) -> Result<ExitCode> {
    let interrupted = interruption()?;
    let mut trace = files.trace.map(|path| Trace::open(path, J::COLUMNS, files.resumed)).transpose()?;
    let start = Instant::now();
    let (mut bar, mut done, mut last, mut failure) = (None, 0, None, None);
    while !interrupted.load(Ordering::Relaxed) {
        let report = match job.step() {
            Ok(Some(report)) => report,
            Ok(None) => break,
            Err(error) => {
                failure = Some(error);
                break;
            }
        };
        done += 1;
        let (step, steps) = J::position(&report);
        let bar = bar.get_or_insert_with(|| progress(steps));
        bar.set_position(step as u64);
        bar.set_message(J::describe(&report));
        let seconds = start.elapsed().as_secs_f64();
        trace = trace.and_then(|trace| bar.suspend(|| trace.row(&format!("{},{seconds:.3}", J::row(&report)))));
        if files.save_every.is_some_and(|n| step % n == 0) && step < steps {
            let problems = save_all(&job, files.output);
            bar.suspend(|| {
                for error in &problems {
                    alert!("{error}. The job continues; the next save tries again.");
                }
            });
        }
        last = Some(report);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let finished = finish(&job, files.output);
    if let Some(error) = failure {
        // The error of the step is printed last, where it is most visible.
        if let Err(unsaved) = finished {
            alert!("{unsaved}");
        }
        return Err(error);
    }
    let Finished { unfinished, code } = finished?;
    if let Some(report) = last {
        let (step, steps) = J::position(&report);
        let seconds_per_step = start.elapsed().as_secs_f64() / f64::from(done);
        let output = files.output.display();
        say!("{output}: step {step} of {steps}, {}; {seconds_per_step:.2} s a step", J::describe(&report));
    }
    if let Some(checkpoint) = unfinished {
        say!("stopped; continue with `--resume {}` and the same arguments", checkpoint.display());
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(code)
}

/// The outcome of the last save of a job.
struct Finished {
    /// The checkpoint of a job that did not reach its end.
    unfinished: Option<PathBuf>,
    code: ExitCode,
}

/// Writes all files; a file that cannot be written at its path is written to another folder.
fn finish<J: Job>(job: &J, output: &Path) -> Result<Finished> {
    let mut code = ExitCode::SUCCESS;
    let mut save_or_rescue = |artifact: &Artifact| -> Result<PathBuf> {
        match save(&artifact.path, &artifact.bytes, Existing::Replace) {
            Ok(_) => Ok(artifact.path.clone()),
            Err(error) => {
                let rescued = rescue(artifact).ok_or_else(|| error.clone())?;
                alert!("{error}. Instead, {} is saved as {}.", artifact.what, rescued.display());
                code = ExitCode::from(BAD_INPUT);
                Ok(rescued)
            }
        }
    };
    for artifact in job.artifacts()? {
        save_or_rescue(&artifact)?;
    }
    let path = checkpoint_path(output);
    let unfinished = match job.checkpoint()? {
        Some(bytes) => Some(save_or_rescue(&Artifact { what: "the checkpoint", path, bytes })?),
        None => {
            if let Err(error) = files::remove(&path) {
                alert!("{error}. The file is no longer needed.");
            }
            None
        }
    };
    Ok(Finished { unfinished, code })
}

/// Writes result and checkpoint; an error of one does not prevent the other.
fn save_all<J: Job>(job: &J, output: &Path) -> Vec<Error> {
    let mut problems = Vec::new();
    let mut tried = |saved: Result<Saved>| problems.extend(saved.err());
    match job.artifacts() {
        Ok(artifacts) => artifacts.iter().for_each(|a| tried(save(&a.path, &a.bytes, Existing::Replace))),
        Err(error) => tried(Err(error)),
    }
    match job.checkpoint() {
        Ok(Some(bytes)) => tried(save(&checkpoint_path(output), &bytes, Existing::Replace)),
        Ok(None) => {}
        Err(error) => tried(Err(error)),
    }
    problems
}

/// Saves the artifact under an unused name in the first writable folder of: the current folder, the home folder, the
/// folder of temporary files.
fn rescue(artifact: &Artifact) -> Option<PathBuf> {
    let home = std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    let folders = [std::env::current_dir().ok(), home, Some(std::env::temp_dir())];
    folders.into_iter().flatten().find_map(|folder| rescue_in(&folder, artifact))
}

fn rescue_in(folder: &Path, artifact: &Artifact) -> Option<PathBuf> {
    let path = artifact.path.as_path();
    let (stem, ending) = (path.file_stem()?, path.extension());
    let named = |number: usize| {
        let mut name = stem.to_os_string();
        name.push(if number == 1 { "-rescued".to_string() } else { format!("-rescued-{number}") });
        if let Some(ending) = ending {
            name.push(".");
            name.push(ending);
        }
        folder.join(name)
    };
    for number in 1..=NAMES {
        let path = named(number);
        match save(&path, &artifact.bytes, Existing::Keep) {
            Ok(Saved::Written) => return Some(path),
            Ok(Saved::Kept) => {}
            Err(_) => return None,
        }
    }
    None
}

/// Returns a flag that Ctrl-C sets.
fn interruption() -> Result<Arc<AtomicBool>> {
    // The system accepts one handler per process.
    static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = INTERRUPTED.get() {
        return Ok(Arc::clone(flag));
    }
    let interrupted = Arc::clone(INTERRUPTED.get_or_init(Arc::default));
    let flag = Arc::clone(&interrupted);
    let handled = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    handled.map_err(|e| Error::file("Ctrl-C", format!("the system does not report it: {e}")))?;
    Ok(interrupted)
}

/// Returns a progress bar, hidden if standard error is no terminal.
fn progress(steps: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    match ProgressStyle::with_template("{bar:24} {pos}/{len}, {eta} left  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job that counts to `steps` and writes the count.
    struct Counter {
        step: usize,
        steps: usize,
        output: PathBuf,
        /// The step that fails.
        failing: usize,
    }

    impl Job for Counter {
        type Report = (usize, usize);
        const COLUMNS: &'static str = "step,seconds";

        fn step(&mut self) -> Result<Option<Self::Report>> {
            if self.step == self.steps {
                return Ok(None);
            }
            if self.step + 1 == self.failing {
                return Err(Error::OutOfMemory);
            }
            self.step += 1;
            Ok(Some((self.step, self.steps)))
        }
        fn position(report: &Self::Report) -> (usize, usize) {
            *report
        }
        fn describe(report: &Self::Report) -> String {
            report.0.to_string()
        }
        fn row(report: &Self::Report) -> String {
            report.0.to_string()
        }
        fn artifacts(&self) -> Result<Vec<Artifact>> {
            let bytes = self.step.to_string().into_bytes();
            Ok(vec![Artifact { what: "the count", path: self.output.clone(), bytes }])
        }
        fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
            Ok((self.step < self.steps).then(|| b"checkpoint".to_vec()))
        }
    }

    #[test]
    fn results_are_written_also_when_a_step_or_a_save_fails() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("count.txt");
        let counter = |failing| Counter { step: 0, steps: 6, output: output.clone(), failing };
        let trace = folder.path().join("trace.csv");
        let files = JobFiles { output: &output, save_every: Some(2), trace: Some(&trace), resumed: None };
        run(counter(0), &files).unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "6");
        assert!(!checkpoint_path(&output).exists());
        assert_eq!(std::fs::read_to_string(&trace).unwrap().lines().count(), 7);

        assert_eq!(run(counter(4), &files).unwrap_err(), Error::OutOfMemory);
        assert!(checkpoint_path(&output).exists());
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "3");
        let planned = |resumed, force| plan_checkpoint(&mut FilePlan::default(), &output, resumed, force);
        assert!(planned(None, false).unwrap_err().to_string().contains("--resume"));
        assert!(planned(Some(trace.as_path()), false).is_err());
        planned(None, true).unwrap();
        planned(Some(&checkpoint_path(&output)), false).unwrap();

        // With a folder at the path of the checkpoint, the count is still written, and the error is reported.
        std::fs::remove_file(checkpoint_path(&output)).unwrap();
        std::fs::create_dir(checkpoint_path(&output)).unwrap();
        let problems = save_all(&Counter { step: 5, ..counter(0) }, &output);
        assert_eq!(problems.len(), 1);
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "5");
    }

    #[test]
    fn rescued_files_replace_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let artifact = Artifact { what: "it", path: "gone/painted.png".into(), bytes: b"x".to_vec() };
        let first = rescue_in(folder.path(), &artifact).unwrap();
        assert_eq!(first, folder.path().join("painted-rescued.png"));
        assert_eq!(rescue_in(folder.path(), &artifact).unwrap(), folder.path().join("painted-rescued-2.png"));
        assert_eq!(rescue_in(&folder.path().join("gone"), &artifact), None);
    }
}
