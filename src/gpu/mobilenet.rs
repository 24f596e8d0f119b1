//! Kernels of MobileNet-like networks: the shaders `pointwise.wgsl`, `depthwise.wgsl`, `conv3x3_rgb.wgsl` and
//! `global_mean.wgsl`, one for each stage. All tensors have 32 bits, because such a network runs only once per picture.

use super::preprocess::specialize;
use super::shaders::{CONV3X3_RGB, DEPTHWISE, GLOBAL_MEAN, POINTWISE};
use crate::error::Result;
use crate::lower::mobilenet::{Kind, Stage, stages};
use crate::net::{Convolution, Network, Shape};

/// Maximum quads of outputs per thread of the 1x1 kernel, on hardware and on software adapters. Compiled for AMD's
/// RDNA2 by RADV, one quad takes 96 registers and leaves 10 waves, four take 256 and leave 4, for 4 % fewer cycles per
/// quad; on Mesa's lavapipe, the style predictor takes 131 ms with one and 98 ms with four.
pub const QUADS_A_THREAD: [u32; 2] = [1, 4];

/// The kernel of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// The stage.
    pub stage: Stage,
    /// Quads of outputs that a thread of the 1x1 kernel computes.
    quads: u32,
}

/// Returns the kernels of `net` in execution order, with at most `quads` quads of outputs per thread (one of
/// [`QUADS_A_THREAD`]).
///
/// # Errors
/// As [`stages`].
pub fn kernels(net: &Network, quads: u32) -> Result<Vec<Kernel>> {
    let kernel = |stage: Stage| {
        let quads = if let Kind::Pointwise(c) = &stage.kind { quads_a_thread(c, quads) } else { 1 };
        Kernel { stage, quads }
    };
    Ok(stages(net)?.into_iter().map(kernel).collect())
}

impl Kernel {
    /// Returns the name of the shader file.
    pub fn file(&self) -> &'static str {
        match self.stage.kind {
            Kind::Pointwise(_) => "pointwise",
            Kind::Depthwise(_) => "depthwise",
            Kind::Stem(_) => "conv3x3_rgb",
            Kind::GlobalMean => "global_mean",
        }
    }

    /// Returns the name of the specialized kernel, such as `pointwise-2quads-sum`.
    pub fn name(&self) -> String {
        let geometry = match &self.stage.kind {
            Kind::Pointwise(_) => format!("-{}quads", self.quads),
            Kind::Depthwise(c) | Kind::Stem(c) => format!("-stride{}", c.stride),
            Kind::GlobalMean => String::new(),
        };
        let relu6 = if self.stage.relu6 { "-relu6" } else { "" };
        let sum = if self.stage.skip.is_some() { "-sum" } else { "" };
        format!("{}{geometry}{relu6}{sum}", self.file())
    }

    /// Returns the specialized WGSL. Sizes and channels are uniforms, so that the network needs few pipelines.
    pub fn wgsl(&self) -> String {
        let relu6 = ("RELU6", u32::from(self.stage.relu6));
        let geometry = |c: &Convolution| [("STRIDE", c.stride as u32), ("PAD", c.pad as u32), relu6];
        match &self.stage.kind {
            Kind::Pointwise(_) => {
                let constants = [("QUADS", self.quads), relu6, ("RESIDUAL", u32::from(self.stage.skip.is_some()))];
                specialize(POINTWISE, &constants, false)
            }
            Kind::Depthwise(c) => specialize(DEPTHWISE, &geometry(c), false),
            Kind::Stem(c) => specialize(CONV3X3_RGB, &geometry(c), false),
            Kind::GlobalMean => specialize(GLOBAL_MEAN, &[], false),
        }
    }

    /// Returns the workgroup counts for an output of `shape`.
    pub fn workgroups(&self, shape: Shape) -> [u32; 3] {
        let (width, height) = (shape.width as u32, shape.height as u32);
        let quads = shape.channels.div_ceil(4) as u32;
        match &self.stage.kind {
            Kind::Pointwise(_) => [(width * height).div_ceil(64), quads.div_ceil(8 * self.quads), 1],
            Kind::Depthwise(_) => [width.div_ceil(32), height.div_ceil(8), quads],
            Kind::Stem(_) => [width.div_ceil(8), height.div_ceil(8), quads],
            Kind::GlobalMean => [quads, 1, 1],
        }
    }

    /// Packs `weight` for the kernel: quads of outputs, padded with zeros, in the order documented in the shader.
    pub fn pack(&self, weight: &[f32]) -> Vec<f32> {
        let mut packed = Vec::new();
        match &self.stage.kind {
            Kind::Pointwise(c) => {
                for iq in 0..c.inputs.div_ceil(4) {
                    for oq in 0..c.outputs.div_ceil(4) {
                        for i in iq * 4..iq * 4 + 4 {
                            let at = |o: usize| (i < c.inputs).then_some(o * c.inputs + i);
                            packed.extend(quad(weight, oq, c.outputs, at));
                        }
                    }
                }
            }
            Kind::Depthwise(c) => {
                for oq in 0..c.outputs.div_ceil(4) {
                    (0..9).for_each(|tap| packed.extend(quad(weight, oq, c.outputs, |o| Some(o * 9 + tap))));
                }
            }
            Kind::Stem(c) => {
                for tap in 0..9 {
                    for oq in 0..c.outputs.div_ceil(4) {
                        (0..3)
                            .for_each(|i| packed.extend(quad(weight, oq, c.outputs, |o| Some((o * 3 + i) * 9 + tap))));
                    }
                }
            }
            Kind::GlobalMean => {}
        }
        packed
    }
}

/// Returns the values of `weight` at `at(o)` for the outputs o of quad `oq`; zero beyond the last output and where `at`
/// returns `None`.
fn quad(weight: &[f32], oq: usize, outputs: usize, at: impl Fn(usize) -> Option<usize>) -> [f32; 4] {
    std::array::from_fn(|lane| {
        let o = oq * 4 + lane;
        if o < outputs { at(o).map_or(0.0, |i| weight[i]) } else { 0.0 }
    })
}

/// Returns the largest power of two up to `most` that divides the number of quads of outputs.
fn quads_a_thread(c: &Convolution, most: u32) -> u32 {
    let quads = c.outputs.div_ceil(4) as u32;
    [4, 2, 1].into_iter().find(|n| *n <= most && quads.is_multiple_of(*n)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::net::models::predictor;

    #[test]
    fn the_predictor_needs_few_pipelines() {
        let kernels = kernels(&predictor::network(), 4).unwrap();
        let names: BTreeSet<_> = kernels.iter().map(Kernel::name).collect();
        let texts: BTreeSet<_> = kernels.iter().map(Kernel::wgsl).collect();
        assert!(texts.len() == names.len() && texts.len() <= 11, "{names:?}");
    }
}
