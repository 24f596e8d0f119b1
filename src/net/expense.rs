//! The arithmetic cost of a network, and the warning shown before an unusually expensive one is used.

use std::fmt;

use super::Network;
use super::models::transfer26;
use crate::error::Result;

/// Threshold for the warning: a network with this many times the arithmetic of the 26-style network is used only after
/// a confirmation. A network of the default size in a style pack has 7 to 8 times as much.
pub const MOST_TIMES: u64 = 32;

/// The cost of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expense {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Multiply-adds of the network's convolutions for one picture.
    pub multiply_adds: u64,
    /// The multiply-adds as a multiple of those of the 26-style network, rounded down.
    pub times: u64,
}

impl Expense {
    /// Whether the cost is high enough to ask the user for confirmation.
    pub fn is_unusual(&self) -> bool {
        self.times >= MOST_TIMES
    }
}

impl fmt::Display for Expense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, multiply_adds, times } = self;
        let billions = (*multiply_adds as f64 / 1e9).round();
        write!(
            f,
            "This network takes {billions} billion multiply-adds for a picture of {width} x {height} pixels, {times} times as \
             many as the built-in styles: a picture may take minutes."
        )
    }
}

impl Network {
    /// Returns the cost of a picture of `width` x `height` pixels with this network.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn expense(&self, width: usize, height: usize) -> Result<Expense> {
        let cost = |net: &Network| {
            // Networks accept only multiples of `multiple`; pictures are padded to them.
            let fit = |side: usize| side.max(8).next_multiple_of(net.multiple);
            net.multiply_adds(fit(height), fit(width))
        };
        let (multiply_adds, reference) = (cost(self)?, cost(&transfer26::network())?);
        Ok(Expense { width, height, multiply_adds, times: multiply_adds / reference.max(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::models::johnson::Johnson;

    fn johnson(contract: [usize; 3], blocks: usize, expand: [usize; 2]) -> Network {
        Johnson { contract, blocks, expand, sigmoid: false }.network("own")
    }

    #[test]
    fn usual_networks_need_no_question() {
        for net in [transfer26::network(), johnson([32, 64, 128], 5, [64, 32])] {
            assert!(!net.expense(512, 512).unwrap().is_unusual());
        }
        assert_eq!(transfer26::network().expense(333, 7).unwrap().times, 1);
        assert_eq!(johnson([32, 64, 128], 5, [64, 32]).expense(512, 384).unwrap().times, 7);
    }

    #[test]
    fn huge_networks_need_one() {
        let expense = johnson([128, 256, 512], 5, [512, 512]).expense(512, 512).unwrap();
        assert!(expense.is_unusual());
        let sentence = expense.to_string();
        assert!(sentence.contains("512 x 512 pixels") && sentence.contains("times as many"), "{sentence}");
    }
}
