//! Numbers that often cause overflows and large allocations.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Sizes that often cause overflows and large allocations.
pub fn size() -> impl Strategy<Value = i64> {
    let odd =
        [-1, i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 7, 1 << 62, 1 << 40, 1 << 32, 1 << 31, 1 << 24, 4097, 255];
    prop_oneof![3 => 0..8i64, 2 => select(odd.to_vec()), 1 => any::<i64>()]
}

pub fn sizes() -> impl Strategy<Value = Vec<i64>> {
    let short = || vec(size(), 0..6);
    prop_oneof![
        8 => short(),
        1 => vec(size(), 6..40),
        1 => (size(), 1000..50_000usize).prop_map(|(size, count)| vec![size; count]),
        // The same product in many shapes.
        1 => Just(vec![i64::MAX, 0]),
    ]
}
