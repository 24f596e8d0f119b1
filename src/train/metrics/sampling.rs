//! Positions that stand for all positions of a feature map: the ones that `numpy.random.default_rng(0).choice(positions, count,
//! replace=False)` chooses, so that figures equal those of programs in Python.

/// The state that `PCG64` has after `numpy.random.PCG64(0)`, as `numpy.random.PCG64(0).state` prints it: two hashes of the seed 0 by
/// the `SeedSequence` of `numpy`.
const STATE: u128 = 35_399_562_948_360_463_058_890_781_895_381_311_971;
const INCREMENT: u128 = 87_136_372_517_582_989_555_478_159_403_783_844_777;
/// The multiplier of PCG's generators with 128 bits.
const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// Above this number of positions, `numpy` shuffles all positions if more than one in fifty is wanted.
const SHUFFLED: usize = 10_000;

/// The generator `PCG64` XSL RR (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
/// Generation", 2014).
struct Pcg64 {
    state: u128,
    /// The upper half of the last number, which the next call returns.
    upper: Option<u32>,
}

impl Pcg64 {
    /// Returns the generator of the seed 0.
    fn new() -> Self {
        Self { state: STATE, upper: None }
    }

    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn next_u32(&mut self) -> u32 {
        if let Some(upper) = self.upper.take() {
            return upper;
        }
        let both = self.next_u64();
        self.upper = Some((both >> 32) as u32);
        both as u32
    }

    /// Returns an integer below `end`, each with the same probability (Lemire, "Fast Random Integer Generation in an Interval", 2019).
    /// For an `end` of 1, no number is drawn.
    fn below(&mut self, end: u32) -> usize {
        if end <= 1 {
            return 0;
        }
        let rejected = end.wrapping_neg() % end;
        loop {
            let product = u64::from(self.next_u32()) * u64::from(end);
            if product as u32 >= rejected {
                return (product >> 32) as usize;
            }
        }
    }
}

/// Returns `count` of the integers below `positions` in ascending order, or all of them if they are not more.
pub fn sample(positions: usize, count: usize) -> Vec<usize> {
    if count >= positions {
        return (0..positions).collect();
    }
    let mut random = Pcg64::new();
    let mut chosen = if positions > SHUFFLED && count > positions / 50 {
        end_of_shuffle(positions, count, &mut random)
    } else {
        floyd(positions, count, &mut random)
    };
    chosen.sort_unstable();
    chosen
}

/// Shuffles from the end (Fisher and Yates), no further than needed, and returns the last `count` integers.
fn end_of_shuffle(positions: usize, count: usize, random: &mut Pcg64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..positions).collect();
    for last in ((positions - count).max(1)..positions).rev() {
        order.swap(last, random.below(last as u32 + 1));
    }
    order.split_off(positions - count)
}

/// Chooses without a list of all integers (Floyd: Bentley, "Programming Pearls: A Sample of Brilliance", 1987). An integer that is
/// chosen already gives way to the largest one that could be drawn.
fn floyd(positions: usize, count: usize, random: &mut Pcg64) -> Vec<usize> {
    let mut taken = vec![false; positions];
    let mut choose = |largest: usize| {
        let drawn = random.below(largest as u32 + 1);
        let chosen = if taken[drawn] { largest } else { drawn };
        taken[chosen] = true;
        chosen
    };
    (positions - count..positions).map(&mut choose).collect()
}
