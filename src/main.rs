//! The command-line tool `impasto`.

mod cli;

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    name_runtime_folder();
    cli::run()
}

/// Sets `XDG_RUNTIME_DIR` if it is not set. Without it, Vulkan's layers still look for a display, and libwayland prints
/// an unrelated error. With any folder they find no display there and print nothing.
#[cfg(target_os = "linux")]
fn name_runtime_folder() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(NAME).is_none_or(|folder| folder.is_empty()) {
        // SAFETY: this is the first statement of the program, so that no other thread can read the environment.
        unsafe { std::env::set_var(NAME, std::env::temp_dir()) };
    }
}
