//! Coarse-to-fine schedule: large strokes form while the picture is small and steps are cheap.

/// One size of the schedule, and the number of steps at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Pixels on the longer side.
    pub longer: usize,
    /// Number of steps at this size.
    pub steps: usize,
}

/// Returns sizes that grow by the square root of two up to `size`. The first is the smallest of them with at least
/// `smallest` pixels, or `size` itself if that is smaller. The first size gets `steps` steps, each larger one half as
/// many, since it only adds details too fine for the size before.
pub fn coarse_to_fine(smallest: usize, size: usize, steps: usize) -> Vec<Scale> {
    let grown = (0..).map(|i| (size as f64 / 2f64.powf(f64::from(i) / 2.0)).round() as usize);
    let mut sizes: Vec<usize> = grown.take_while(|longer| *longer >= smallest.max(1)).collect();
    if sizes.is_empty() {
        sizes.push(size);
    }
    sizes.reverse();
    let above = (steps / 2).max(1);
    sizes.iter().enumerate().map(|(i, &longer)| Scale { longer, steps: if i == 0 { steps } else { above } }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_grow_by_the_root_of_two_and_end_as_asked() {
        let sizes = |smallest, size| coarse_to_fine(smallest, size, 10).iter().map(|s| s.longer).collect::<Vec<_>>();
        assert_eq!(sizes(128, 512), [128, 181, 256, 362, 512]);
        assert_eq!(sizes(128, 300), [150, 212, 300]);
        assert_eq!(sizes(128, 100), [100]);
        assert_eq!(sizes(512, 512), [512]);
    }

    #[test]
    fn sizes_above_the_first_get_half_the_steps_and_at_least_one() {
        let steps = |steps| coarse_to_fine(128, 256, steps).iter().map(|s| s.steps).collect::<Vec<_>>();
        assert_eq!(steps(1000), [1000, 500, 500]);
        assert_eq!(steps(1), [1, 1, 1]);
    }
}
