//! Reads and writes files for the command line: reads with a size limit, saves that keep the older file until the new
//! one is complete, and locks of the outputs of long jobs.

mod identity;
mod lock;
mod read;
mod save;

pub use identity::Identity;
pub use lock::Lock;
pub use read::{check_regular, read};
pub use save::{Existing, Saved, Step, probe, remove, save, save_with};

/// Returns the message of an I/O error without its number: `No space left on device (os error 28)` becomes `no space
/// left on device`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    // The first letter is only lowered if the text does not begin with an abbreviation.
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_no_numbers() {
        let error = std::io::Error::from_raw_os_error(28);
        assert!(error.to_string().contains("os error"));
        assert!(!reason(&error).contains("os error") && !reason(&error).is_empty());
        assert_eq!(reason(&std::io::Error::other("Disk is full")), "disk is full");
        assert_eq!(reason(&std::io::Error::other("HTTP failed")), "HTTP failed");
    }
}
