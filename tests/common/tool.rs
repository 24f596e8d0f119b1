//! Runs the command-line tool as a user runs it, in a temporary folder.

use std::path::PathBuf;
use std::process::{Command, Output};

use image::{DynamicImage, RgbImage};

/// A folder for one test, with its own cache.
pub struct Bench(tempfile::TempDir);

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A picture with a gradient, in the format of its ending.
    pub fn photo(&self, name: &str, width: u32, height: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let pixel = |x: u32, y: u32| image::Rgb([(x * 5 % 256) as u8, (y * 7 % 256) as u8, ((x + y) * 3 % 256) as u8]);
        RgbImage::from_fn(width, height, pixel).save(&path).unwrap();
        path
    }

    /// The tool with these arguments, to be run in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_impasto"));
        command.args(arguments).current_dir(self.0.path()).env("XDG_CACHE_HOME", self.path("cache"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must end with exit code 2; returns its error messages.
    pub fn fails(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        // The Vulkan loader and its drivers print their own lines.
        message.lines().filter(|l| l.starts_with("impasto: ") || l.contains("panicked")).map(str::to_string).collect()
    }

    pub fn picture(&self, name: &str) -> DynamicImage {
        image::open(self.path(name)).unwrap()
    }
}

/// The lines that `--json` prints.
pub fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}
