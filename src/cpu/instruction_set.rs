//! The SIMD instruction sets that the executor can use.

use fearless_simd::Level;

use crate::error::{Error, Result};

/// A SIMD instruction set for which the kernels are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstructionSet {
    /// No vectors: WebAssembly without `simd128`.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")))]
    Scalar,
    /// 128 bits, without fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// 128 bits, without fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Sse4_2,
    /// 256 bits, with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512 bits, as Intel's Ice Lake and AMD's Zen 4 have it.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 128 bits, with fused multiply-add.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// 128 bits; with fused multiply-add if the module is compiled for `relaxed-simd`.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    WasmSimd128,
}

impl InstructionSet {
    /// Returns the instruction sets that this processor has, the slowest first.
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let all = [Self::Sse2, Self::Sse4_2, Self::Avx2, Self::Avx512];
        #[cfg(target_arch = "aarch64")]
        let all = [Self::Neon];
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        let all = [Self::WasmSimd128];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")))]
        let all = [Self::Scalar];
        all.into_iter().filter(|set| set.level().is_some()).collect()
    }

    /// Returns the fastest instruction set that this processor has.
    pub fn best() -> Self {
        let available = Self::available();
        available[available.len() - 1]
    }

    /// Returns a short name, such as `avx2`.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")))]
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => "sse2",
            #[cfg(target_arch = "x86_64")]
            Self::Sse4_2 => "sse4.2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::WasmSimd128 if cfg!(target_feature = "relaxed-simd") => "wasm-relaxed-simd",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::WasmSimd128 => "wasm-simd128",
        }
    }

    /// Returns the available instruction set with the name `name`, as [`InstructionSet::name`] returns it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::available().into_iter().find(|set| set.name() == name)
    }

    /// Returns the numbers of single precision in a vector.
    pub fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 8,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 16,
            _ => 4,
        }
    }

    /// As [`InstructionSet::level`].
    ///
    /// # Errors
    /// [`Error::Picture`] if this processor does not have the instruction set.
    pub fn require(self) -> Result<Level> {
        let missing = || format!("this processor has no {}: choose another instruction set", self.name());
        self.level().ok_or_else(|| Error::Picture(missing()))
    }

    /// Returns the proof that this processor has the instruction set, with which kernels are dispatched; `None` if it
    /// does not have it.
    pub fn level(self) -> Option<Level> {
        let level = Level::new();
        match self {
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")))]
            Self::Scalar => Some(level),
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => level.as_sse2().map(Level::Sse2),
            #[cfg(target_arch = "x86_64")]
            Self::Sse4_2 => level.as_sse4_2().map(Level::Sse4_2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => level.as_avx2().map(Level::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => level.as_avx512().map(Level::Avx512),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => level.as_neon().map(Level::Neon),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::WasmSimd128 => level.as_wasm_simd128().map(Level::WasmSimd128),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_return_and_the_best_is_the_widest() {
        let sets = InstructionSet::available();
        assert!(sets.iter().all(|set| InstructionSet::from_name(set.name()) == Some(*set)));
        assert!(sets.iter().all(|set| set.lanes() <= InstructionSet::best().lanes()));
        assert_eq!(InstructionSet::from_name("mmx"), None);
    }
}
