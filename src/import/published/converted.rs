//! The result of a conversion.

use crate::weights::ArchiveBuilder;

/// An archive and the number of its tensors, scales not counted; or what is wrong with the models.
pub type Converted = std::result::Result<(ArchiveBuilder, usize), String>;
