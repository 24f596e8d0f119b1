//! A packed convolution ([`CpuConvolution`]): selects the kernel of a convolution, divides its output into bands, and
//! runs the bands on the threads.

use fearless_simd::{Level, dispatch};

use super::conv_general::General;
use super::conv_stride2::Strided;
use super::conv3x3::Winograd;
use super::conv9x9::conv9x9;
use super::instruction_set::InstructionSet;
use super::rows::{Affine, Band, Input, apply};
use super::statistics::{PARTS, merge};
use super::workers::Workers;
use crate::error::{Error, Result};
use crate::lower::moments::Moments;
use crate::net::Convolution;

/// A convolution with its weights, packed for one instruction set.
pub struct CpuConvolution {
    level: Level,
    layer: Convolution,
    enlarged: bool,
    kernel: Kernel,
    /// What is applied to the output, after its sums are taken.
    finish: Option<(Affine, bool)>,
}

enum Kernel {
    Winograd(Winograd),
    Strided(Strided),
    General(General),
}

impl CpuConvolution {
    /// Packs `layer` with `weight`, `[outputs][inputs][kernel][kernel]`, for `set`. With `enlarged`, a nearest-neighbour
    /// enlargement by two comes first.
    ///
    /// # Errors
    /// [`Error::Model`] for an enlargement before a convolution that is not 3x3 with stride 1 and a reflected border of
    /// one pixel, and for a weight of another length; otherwise as [`InstructionSet::require`].
    pub fn new(set: InstructionSet, layer: &Convolution, enlarged: bool, weight: &[f32]) -> Result<Self> {
        let model = |problem: String| Error::Model { file: layer.weight.clone(), problem };
        let level = set.require()?;
        let expected = layer.outputs * layer.inputs * layer.kernel * layer.kernel;
        if weight.len() != expected || expected == 0 || layer.stride == 0 {
            return Err(model(format!("has {} weights, but {expected} are needed", weight.len())));
        }
        let kernel = match (layer.kernel, layer.stride) {
            _ if enlarged => {
                if layer.kernel != 3 || layer.stride != 1 || layer.pad != 1 {
                    return Err(model("the kernels cannot run this convolution after an enlargement".to_string()));
                }
                Kernel::Winograd(Winograd::enlarged(set, layer, weight))
            }
            (3, 1) => Kernel::Winograd(Winograd::conv3x3(set, layer, weight)),
            (9, 1) => Kernel::Winograd(conv9x9(set, layer, weight)),
            (3, 2) => Kernel::Strided(Strided::new(set, layer, weight)),
            _ => Kernel::General(General::new(set, layer, weight)),
        };
        Ok(Self { level, layer: layer.clone(), enlarged, kernel, finish: None })
    }

    /// Adds `bias`, a number for each output channel, to the output, followed by a ReLU if `relu`. Statistics are those
    /// of the output before.
    pub fn with_bias(self, bias: &[f32], relu: bool) -> Self {
        let mut affine = Affine::identity(self.channels());
        bias.iter().enumerate().for_each(|(channel, bias)| affine.set(channel, 1.0, *bias));
        Self { finish: Some((affine, relu)), ..self }
    }

    /// Returns the name of the kernel: `winograd3x3`, `winograd3x3-enlarged`, `winograd9x9`, `stride2`, or `general`.
    pub fn name(&self) -> &'static str {
        match self.kernel {
            Kernel::Winograd(_) if self.enlarged => "winograd3x3-enlarged",
            Kernel::Winograd(_) if self.layer.kernel == 9 => "winograd9x9",
            Kernel::Winograd(_) => "winograd3x3",
            Kernel::Strided(_) => "stride2",
            Kernel::General(_) => "general",
        }
    }

    /// Returns the packed bytes.
    pub fn bytes(&self) -> u64 {
        match &self.kernel {
            Kernel::Winograd(k) => k.bytes(),
            Kernel::Strided(k) => k.bytes(),
            Kernel::General(k) => k.bytes(),
        }
    }

    /// Returns the output channels, with padding to a multiple of four.
    pub fn channels(&self) -> usize {
        self.layer.outputs.next_multiple_of(4)
    }

    /// Returns height and width of the output for an input of `height` x `width`.
    pub fn output_size(&self, (height, width): (usize, usize)) -> (usize, usize) {
        let (height, width) = self.grid((height, width));
        if self.enlarged { (2 * height, 2 * width) } else { (height, width) }
    }

    /// Returns the numbers of the output for an input of `height` x `width`.
    pub fn output_length(&self, size: (usize, usize)) -> usize {
        let (height, width) = self.output_size(size);
        height * width * self.channels()
    }

    /// Returns the numbers of statistics for an input of `height` x `width`.
    pub fn statistics_length(&self, size: (usize, usize)) -> usize {
        let (height, _) = self.grid(size);
        height.div_ceil(self.band_rows(height)) * self.slot_length()
    }

    /// Returns the numbers of scratch memory of each thread for an input of `height` x `width`.
    pub fn scratch_length(&self, size: (usize, usize)) -> usize {
        let (height, width) = self.grid(size);
        let rows = self.band_rows(height).min(height);
        match &self.kernel {
            Kernel::Winograd(k) => k.scratch(rows, width),
            Kernel::Strided(k) => k.scratch(rows, width, size.1),
            Kernel::General(k) => k.scratch(rows, width, size.1),
        }
    }

    /// Convolves `input` into `output`, `[height][width][channels]` of [`CpuConvolution::output_length`] numbers, and
    /// writes sums to `statistics`, [`CpuConvolution::statistics_length`] numbers.
    ///
    /// # Panics
    /// If `output`, `statistics` or a tensor of `input` has another length, or `input` has other channels.
    pub fn run(&self, workers: &Workers, input: &Input, output: &mut [f32], statistics: &mut [f32]) {
        let size = (input.height, input.width);
        assert_eq!(input.channels, self.layer.inputs.next_multiple_of(4), "channels of the input");
        assert_eq!(output.len(), self.output_length(size), "length of the output");
        assert_eq!(statistics.len(), self.statistics_length(size), "length of the statistics");
        let (height, width) = self.grid(size);
        let rows = self.band_rows(height);
        let scale = if self.enlarged { 2 } else { 1 };
        let band_length = rows * scale * scale * width * self.channels();
        let slots = statistics.chunks_exact_mut(self.slot_length());
        let bands: Vec<Band> = output
            .chunks_mut(band_length)
            .zip(slots)
            .enumerate()
            .map(|(i, (out, slot))| (i * rows, out, slot))
            .collect();
        let level = self.level;
        let finish = |out: &mut [f32]| {
            if let Some((affine, relu)) = &self.finish {
                dispatch!(level, simd => apply(simd, out, affine, *relu));
            }
        };
        // Transfer networks have no deep layers: `cpu.wasm` stays small without.
        #[cfg(any(feature = "native", feature = "train"))]
        if let Kernel::Winograd(k) = &self.kernel
            && k.is_deep()
        {
            return k.run_deep(level, workers, input, (rows, height, width), bands, finish);
        }
        let run = |(first, out, slot): Band, scratch: &mut [f32]| {
            let rows = rows.min(height - first);
            match &self.kernel {
                Kernel::Winograd(k) => {
                    dispatch!(level, simd => k.band(simd, input, first, rows, width, out, slot, scratch));
                }
                Kernel::Strided(k) => {
                    dispatch!(level, simd => k.band(simd, input, first, rows, width, out, slot, scratch));
                }
                Kernel::General(k) => {
                    dispatch!(level, simd => k.band(simd, input, first, rows, width, out, slot, scratch));
                }
            }
            finish(out);
        };
        workers.for_each(bands, self.scratch_length(size), run);
    }

    /// Returns mean and variance of each output channel, with padding, from the sums that [`CpuConvolution::run`] wrote
    /// for an input of `height` x `width`.
    pub fn moments(&self, size: (usize, usize), statistics: &[f32]) -> Vec<Moments> {
        let (height, width) = self.grid(size);
        let rows = self.band_rows(height);
        let slots = statistics.chunks_exact(self.slot_length()).enumerate();
        let slots = slots.map(move |(i, slot)| (slot, rows.min(height - i * rows) * width));
        merge(slots, self.channels())
    }

    /// Returns height and width of the grid that bands divide: of the output before its enlargement.
    fn grid(&self, (height, width): (usize, usize)) -> (usize, usize) {
        (self.layer.output_size(height), self.layer.output_size(width))
    }

    fn band_rows(&self, height: usize) -> usize {
        match &self.kernel {
            Kernel::Winograd(k) => k.band_rows(height),
            Kernel::Strided(k) => k.band_rows(),
            Kernel::General(k) => k.band_rows(),
        }
    }

    fn slot_length(&self) -> usize {
        PARTS
            * match &self.kernel {
                Kernel::Winograd(k) => k.columns(),
                Kernel::Strided(k) => k.columns(),
                Kernel::General(k) => k.columns(),
            }
    }
}
