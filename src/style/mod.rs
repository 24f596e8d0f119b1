//! Styles: the scales and shifts of a transfer network's conditional instance normalizations.
//!
//! Everything else of the network is shared by all its styles, and a weighted sum of two styles' scales and shifts is
//! again a style, somewhere between them (Dumoulin, Shlens, Kudlur 2017, "A Learned Representation for Artistic Style",
//! sections 2.1 and 3.3).

mod choice;
mod set;
mod vector;

pub use set::StyleSet;
pub use vector::{DIMENSIONS, StyleLayers, mix};

/// What one style says to one normalization: `out = normalized * scale + shift`, each with one number per channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// One style: a [`Norm`] for each conditional instance normalization, in the network's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    pub name: String,
    pub norms: Vec<Norm>,
}
