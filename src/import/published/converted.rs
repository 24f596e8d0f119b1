//! Result type of a conversion.

use crate::weights::ArchiveBuilder;

/// An archive and the number of its tensors without scales, or a description of the problem with the models.
pub type Converted = Result<(ArchiveBuilder, usize), String>;
