//! The weight layout of the kernels: blocks of `lanes` input columns x 4 outputs, in the order
//! `[phase][ky][input quad][kx][output quad]`, padded with zeros.

use super::conv::{Kernel, Spec};
use crate::net::Convolution;

/// Packs `weight` (`[outputs][inputs][kernel][kernel]`) of the layer `layer` for `kernel`, which computes `spec`.
pub fn pack(layer: &Convolution, spec: &Spec, kernel: &Kernel, weight: &[f32]) -> Vec<f32> {
    let taps = if spec.phases == 4 { phase_taps(layer, weight) } else { vec![weight.to_vec()] };
    let side = spec.kernel as usize;
    let (in_quads, out_quads) = (spec.in_quads() as usize, spec.out_quads() as usize);
    let lanes = kernel.lanes as usize;
    let mut packed = Vec::with_capacity(packed_len(spec, kernel));
    for phase in &taps {
        for ky in 0..side {
            for iq in 0..in_quads {
                for kx in 0..side {
                    for o in (0..out_quads * 4).step_by(4) {
                        for i in iq * 4..iq * 4 + lanes {
                            packed.extend((o..o + 4).map(|o| match o < layer.outputs && i < layer.inputs {
                                true => phase[((o * layer.inputs + i) * side + ky) * side + kx],
                                false => 0.0,
                            }));
                        }
                    }
                }
            }
        }
    }
    packed
}

/// Returns the number of values that [`pack`] returns.
pub fn packed_len(spec: &Spec, kernel: &Kernel) -> usize {
    (spec.phases * spec.kernel.pow(2) * spec.in_quads() * spec.out_quads() * kernel.lanes * 4) as usize
}

/// Returns the four 2x2 kernels that are equivalent to nearest-neighbour enlargement by two followed by the 3x3 kernel
/// `weight`. The even output pixel has the taps (w0, w1 + w2) on input pixels (-1, 0), the odd one (w0 + w1, w2) on (0,
/// +1), in both directions. Reflection by one on the enlarged grid becomes clamping on the input grid.
fn phase_taps(layer: &Convolution, weight: &[f32]) -> Vec<Vec<f32>> {
    let joined = |phase: usize, tap: usize| match (phase, tap) {
        (0, 0) => 0..1,
        (0, _) => 1..3,
        (_, 0) => 0..2,
        _ => 2..3,
    };
    (0..4)
        .map(|phase| {
            let mut taps = Vec::with_capacity(layer.outputs * layer.inputs * 4);
            for full in weight.chunks_exact(9) {
                for ty in 0..2 {
                    for tx in 0..2 {
                        let rows = joined(phase / 2, ty).map(|y| &full[y * 3..][..3]);
                        taps.push(rows.map(|row| row[joined(phase % 2, tx)].iter().sum::<f32>()).sum());
                    }
                }
            }
            taps
        })
        .collect()
}
