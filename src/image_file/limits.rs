//! Limits for the size of pictures, checked before decoding.

use super::problem::{Problem, gigabytes, megapixels};
use crate::error::advised;

/// The default limit of pixels: a little above the largest pictures of phones (200 megapixels).
pub const DEFAULT_PIXELS: u64 = 1 << 28;
/// The assumed free memory in bytes if it cannot be determined: that of a small computer.
const UNKNOWN_MEMORY: u64 = 4_000_000_000;
/// Bytes per pixel of an [`crate::image::Image`].
const IMAGE_BYTES: u64 = 12;
/// The longest side of a picture in pixels. The supported output formats do not allow much more than JPEG's 65535.
const LONGEST_SIDE: u64 = 1 << 20;

/// Limits for reading and resizing pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest number of pixels of a picture, width times height.
    pub pixels: u64,
    /// The largest number of bytes for decoding and resizing one picture.
    pub memory: u64,
}

impl Default for Limits {
    /// Returns the default limits: 268 megapixels, and four fifths of the free memory.
    fn default() -> Self {
        Self { pixels: DEFAULT_PIXELS, memory: free_memory().map_or(UNKNOWN_MEMORY, |free| free / 5 * 4) }
    }
}

impl Limits {
    /// Checks the number of pixels of a picture.
    pub(super) fn check_pixels(&self, width: u64, height: u64) -> Result<(), Problem> {
        let pixels = width.saturating_mul(height);
        if width == 0 || height == 0 {
            return Err(Problem(format!(
                "the header declares a picture of {width}x{height} pixels, which is impossible: the file is damaged"
            )));
        }
        if pixels > self.pixels {
            return Err(Problem(format!(
                "the picture has {width}x{height} pixels ({}), and the limit is {}. Make the picture smaller, or raise the limit with `--max-pixels`",
                megapixels(pixels),
                megapixels(self.pixels)
            )));
        }
        Ok(())
    }

    /// Checks the memory for reading a picture of `width` x `height` pixels, which is `needed` bytes.
    pub(super) fn check_memory(&self, width: u64, height: u64, needed: u64) -> Result<(), Problem> {
        if needed > self.memory {
            return Err(Problem(format!(
                "reading the picture of {width}x{height} pixels takes about {} of memory, and {} may be used. Choose a smaller `--size`, make the picture smaller, or raise the limit with `--memory`",
                gigabytes(needed),
                gigabytes(self.memory)
            )));
        }
        Ok(())
    }

    /// Checks that a file is not larger than the memory limit.
    pub(super) fn check_file(&self, bytes: u64) -> Result<(), Problem> {
        if bytes > self.memory {
            return Err(Problem(format!(
                "the file has {}, and {} of memory may be used. Make the picture smaller, or raise the limit with `--memory`",
                gigabytes(bytes),
                gigabytes(self.memory)
            )));
        }
        Ok(())
    }

    /// Checks that a picture can be resized to this size within the limits.
    pub(super) fn check_target(&self, width: u64, height: u64) -> Result<(), Problem> {
        let pixels = width.saturating_mul(height);
        let needed = pixels.saturating_mul(IMAGE_BYTES);
        let fits = self.pixels.min(self.memory / IMAGE_BYTES);
        if pixels == 0 {
            return Err(Problem(format!("a picture cannot be resized to {width}x{height}: both sides need a pixel")));
        }
        if pixels <= fits && width.max(height) <= LONGEST_SIDE {
            return Ok(());
        }
        let longest = longest_side(width, height, fits);
        let longest = if fits < self.pixels { advised(longest as usize) as u64 } else { longest };
        let reason = if pixels > self.pixels {
            format!("the limit is {} (`--max-pixels`)", megapixels(self.pixels))
        } else if needed > self.memory {
            format!("it takes {} of memory, and {} may be used", gigabytes(needed), gigabytes(self.memory))
        } else {
            format!("a side has at most {LONGEST_SIDE} pixels")
        };
        Err(Problem(format!(
            "a picture of {width}x{height} pixels is too large: {reason}. Choose a `--size` of at most {longest}"
        )))
    }
}

/// Returns the largest longer side of a picture with these proportions that has at most `pixels` pixels.
fn longest_side(width: u64, height: u64, pixels: u64) -> u64 {
    let longer = width.max(height);
    let shorter = |longest: u64| (width.min(height) as f64 * longest as f64 / longer as f64).round().max(1.0) as u64;
    let by_area = (pixels as f64 / (width as f64 * height as f64)).sqrt() * longer as f64;
    let mut longest = (by_area as u64).min(pixels).clamp(1, LONGEST_SIDE);
    while longest > 1 && shorter(longest).saturating_mul(longest) > pixels {
        longest -= 1 + longest / 1000;
    }
    longest
}

/// Checks that a picture can be resized to `width` x `height` pixels within `limits`.
///
/// # Errors
/// [`crate::error::Error::Picture`], with the largest allowed size.
pub fn check_resize(width: usize, height: usize, limits: &Limits) -> crate::error::Result<()> {
    limits.check_target(width as u64, height as u64).map_err(|problem| crate::error::Error::Picture(problem.sentence()))
}

/// Allocates an empty buffer with capacity for `len` values; an error describes missing memory.
pub(super) fn reserve<T>(len: usize) -> Result<Vec<T>, Problem> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| {
        let bytes = gigabytes((len as u64).saturating_mul(size_of::<T>() as u64));
        Problem(format!("there is not enough memory: {bytes} could not be allocated. Choose a smaller `--size`"))
    })?;
    Ok(buffer)
}

/// Allocates a buffer of `len` values; an error describes missing memory.
pub(super) fn filled<T: Clone>(len: usize, value: T) -> Result<Vec<T>, Problem> {
    let mut buffer = reserve(len)?;
    buffer.resize(len, value);
    Ok(buffer)
}

/// Returns the memory that this process may still allocate, in bytes. Supported on Linux only.
fn free_memory() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let available = read("/proc/meminfo").and_then(|text| kilobytes(&text, "MemAvailable:"));
    let address_space = read("/proc/self/limits").and_then(|text| address_space(&text)).map(|limit| {
        let used = read("/proc/self/status").and_then(|text| kilobytes(&text, "VmSize:"));
        limit.saturating_sub(used.unwrap_or(0))
    });
    let group = read("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse::<u64>().ok()).map(|limit| {
        let used = read("/sys/fs/cgroup/memory.current").and_then(|text| text.trim().parse::<u64>().ok());
        limit.saturating_sub(used.unwrap_or(0))
    });
    [available, address_space, group].into_iter().flatten().min()
}

/// Returns in bytes the kilobytes in the line of a `/proc` file that begins with `name`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Returns the soft limit of the address space in bytes (`ulimit -v`), if there is one.
fn address_space(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    const SMALL: Limits = Limits { pixels: 1_000_000, memory: 6_000_000 };

    #[test]
    fn pictures_over_the_limits_are_refused_with_both_numbers() {
        assert!(SMALL.check_pixels(1000, 1000).is_ok());
        let sentence = SMALL.check_pixels(30_000, 30_000).unwrap_err().sentence();
        for part in ["30000x30000", "900 megapixels", "1 megapixel", "--max-pixels"] {
            assert!(sentence.contains(part), "{sentence}");
        }
        assert!(SMALL.check_pixels(u64::MAX, 3).is_err());
        assert!(SMALL.check_pixels(0, 3).is_err());
        let sentence = SMALL.check_memory(10, 10, 7_000_000).unwrap_err().sentence();
        assert!(sentence.contains("--memory") && sentence.contains("6 MB"), "{sentence}");
        assert!(SMALL.check_file(6_000_001).is_err());
    }

    #[test]
    fn the_size_that_is_advised_is_accepted() {
        for (width, height) in [(99_999_999_u64, 50_000_000_u64), (30_000, 30_000), (1 << 40, 1), (3000, 200)] {
            let sentence = SMALL.check_target(width, height).unwrap_err().sentence();
            let advice: u64 = sentence.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
            let (width, height) = Image::fitted(width as usize, height as usize, advice as usize);
            assert!(check_resize(width, height, &SMALL).is_ok(), "{sentence}");
        }
        assert!(check_resize(700, 700, &SMALL).is_ok());
        assert!(check_resize(0, 700, &SMALL).is_err());
    }

    #[test]
    fn memory_reports_of_linux_are_parsed() {
        assert_eq!(kilobytes("MemTotal: 9 kB\nMemAvailable:   12 kB\n", "MemAvailable:"), Some(12_288));
        assert_eq!(kilobytes("MemTotal: 9 kB\n", "MemAvailable:"), None);
        assert_eq!(kilobytes("MemAvailable: much kB\n", "MemAvailable:"), None);
        let limits = "Limit  Soft Limit Hard Limit Units\nMax address space         4096000000           unlimited            bytes\n";
        assert_eq!(address_space(limits), Some(4_096_000_000));
        assert_eq!(address_space("Max address space         unlimited            unlimited            bytes\n"), None);
    }

    #[test]
    fn missing_memory_is_an_error() {
        assert!(reserve::<f32>(usize::MAX / 8).is_err());
        assert_eq!(filled(3, 7_u8).unwrap_or_default(), [7, 7, 7]);
    }
}
