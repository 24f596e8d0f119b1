//! 9x9 convolutions of stride 1 as nine 3x3 convolutions, whose products are summed before the way back from Winograd's
//! points: one matrix product over nine times as many channels.

use std::array::from_fn;

use super::conv3x3::Winograd;
use super::instruction_set::InstructionSet;
use crate::net::Convolution;

/// Packs a 9x9 convolution of stride 1.
pub fn conv9x9(set: InstructionSet, c: &Convolution, weight: &[f32]) -> Winograd {
    let shifts = (0..9).map(|s| (3 * (s / 3), 3 * (s % 3))).collect();
    let get = |o: usize, i: usize| {
        let (shift, channel) = (i / c.inputs, i % c.inputs);
        let corner = (o * c.inputs + channel) * 81 + 27 * (shift / 3) + 3 * (shift % 3);
        (o < c.outputs).then(|| from_fn(|tap| weight[corner + 9 * (tap / 3) + tap % 3]))
    };
    Winograd::new(set, (c, c.border), shifts, c.outputs.next_multiple_of(4), get)
}
