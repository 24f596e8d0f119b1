//! The command-line tool `impasto`.

mod cli;

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    name_runtime_folder();
    cli::run()
}

/// Where `XDG_RUNTIME_DIR` is not set, Vulkan's layers look for a display all the same, and libwayland prints an error that has
/// nothing to do with the program. With any folder they find no display there, and say nothing.
#[cfg(target_os = "linux")]
fn name_runtime_folder() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(NAME).is_none_or(|folder| folder.is_empty()) {
        // SAFETY: this is the first thing that the program does: there is no other thread that could read the environment.
        unsafe { std::env::set_var(NAME, std::env::temp_dir()) };
    }
}
