//! Provisional.
use fearless_simd::Level;

/// An instruction set.
#[derive(Debug, Clone, Copy)]
pub struct InstructionSet(Level);

impl InstructionSet {
    /// All.
    pub fn available() -> Vec<Self> {
        let mut all = Vec::new();
        let best = Level::new();
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(best.as_sse2().map(Level::Sse2));
            all.extend(best.as_sse4_2().map(Level::Sse4_2));
            all.extend(best.as_avx2().map(Level::Avx2));
            all.extend(best.as_avx512().map(Level::Avx512));
        }
        #[cfg(not(target_arch = "x86_64"))]
        all.push(best);
        all.into_iter().map(Self).collect()
    }
    /// Level.
    pub fn level(self) -> Level {
        self.0
    }
}
