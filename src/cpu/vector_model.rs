//! Temporary.
use super::{InstructionSet, Workers};
use crate::error::Result;
use crate::net::Network;
use crate::weights::Archive;
/// Temporary.
pub struct CpuVectorModel;
impl CpuVectorModel {
    /// Temporary.
    ///
    /// # Errors
    /// None.
    pub fn load(_: &Network, _: &Archive, _: (usize, usize), _: InstructionSet) -> Result<Self> {
        Ok(Self)
    }
    /// Temporary.
    pub fn run(&self, _: &Workers, _: &[f32]) -> Vec<f32> {
        vec![0.0; 100]
    }
}
