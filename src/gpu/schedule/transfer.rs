//! Schedules of transfer networks.

use bytemuck::bytes_of;

use super::{Binding, Cost, Dispatch, Program, Schedule};
use crate::error::{Excess, Result};
use crate::gpu::bounds::Bounds;
use crate::gpu::conv::{Kernel, Spec, Variant};
use crate::gpu::uniforms::{ConvUniforms, InstanceNormFoldUniforms};
use crate::gpu::weight_layout::packed_len;
use crate::lower::lifetimes::{Assignment, Lifetime, assign};
use crate::lower::transfer::{Affine, Fused, Source, Stage, fuse};
use crate::net::{Network, Shape};

/// Bytes of a quad of (a, b), scales or shifts.
const QUAD: u64 = 16;
/// Bytes of one entry of statistics: mean and squared deviation of a quad of channels.
const STATISTICS: u64 = 32;

/// A transfer network as kernels of one variant, for any input size.
pub struct TransferKernels {
    /// The network.
    pub net: Network,
    /// Storage type and kernel family.
    pub variant: Variant,
    /// The fused convolutions of `net`.
    pub fused: Fused,
    /// The convolution of each stage of `fused`, as the kernels execute it.
    pub specs: Vec<Spec>,
    /// The kernel of each stage of `fused`.
    pub kernels: Vec<Kernel>,
    /// Offsets of the (a, b) pairs and of the style's parameters.
    pub norms: NormLayout,
}

/// Offsets of the (a, b) pairs of the normalizations and biases, and of the scales and shifts of a style. Unit: quads
/// of channels; each quad has two vectors of four numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormLayout {
    /// Quads of the identity, which comes first, for tensors without normalization.
    identity: u32,
    /// Quads of each normalization.
    norms: Vec<u32>,
    /// Quads of each bias; these come last.
    biases: Vec<u32>,
}

/// A tensor that a normalization reads, in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normalized {
    /// Its buffer in [`Schedule::buffers`].
    pub buffer: usize,
    /// The number of dispatches after which it is complete.
    pub dispatches: usize,
    /// Its channels, height and width.
    pub shape: Shape,
    /// Where its statistics lie in those of a frame, in bytes.
    pub history: u64,
}

impl NormLayout {
    fn of(net: &Network, fused: &Fused) -> Self {
        let norms: Vec<u32> = net.norms.iter().map(|norm| norm.1.div_ceil(4) as u32).collect();
        let biases = fused.biases.iter().map(|bias| bias.1.div_ceil(4) as u32).collect();
        Self { identity: norms.iter().copied().max().unwrap_or(1), norms, biases }
    }

    /// Returns the offset of the pairs of `affine`, in quads.
    pub fn offset(&self, affine: Affine) -> u32 {
        let norms = |count: usize| 2 * (self.identity + self.norms[..count].iter().sum::<u32>());
        match affine {
            Affine::Identity => 0,
            Affine::Norm(slot) => norms(slot),
            Affine::Bias(i) => norms(self.norms.len()) + 2 * self.biases[..i].iter().sum::<u32>(),
        }
    }

    /// Returns the offset of a normalization's scales in a style, in quads.
    fn style_offset(&self, slot: usize) -> u32 {
        2 * self.norms[..slot].iter().sum::<u32>()
    }

    /// Returns the quads of the identity.
    pub fn identity(&self) -> u32 {
        self.identity
    }

    /// Returns the bytes of all pairs, of a style, and of a frame's statistics, which are preceded by the fraction that
    /// is kept.
    pub fn bytes(&self) -> [u64; 3] {
        let pairs = self.offset(Affine::Bias(self.biases.len()));
        let style = self.style_offset(self.norms.len());
        [pairs, style, style + 1].map(|quads| u64::from(quads) * QUAD)
    }
}

impl TransferKernels {
    /// Creates the kernels of `net` in `variant`.
    ///
    /// # Errors
    /// [`Error::Model`](crate::error::Error::Model) for layers that the kernels cannot run.
    pub fn new(net: Network, variant: Variant) -> Result<Self> {
        let fused = fuse(&net)?;
        let specs: Vec<Spec> = fused.stages.iter().map(Spec::of).collect();
        let kernels = specs.iter().map(|spec| spec.kernel(variant)).collect();
        let norms = NormLayout::of(&net, &fused);
        Ok(Self { net, variant, fused, specs, kernels, norms })
    }

    /// Returns the shapes of the network's tensors for photos of `width` x `height`. Photos are padded by reflection at
    /// the right and lower border to a size that the network accepts.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn shapes(&self, (width, height): (usize, usize)) -> Result<Vec<Shape>> {
        self.net.shapes(self.net.padded(height), self.net.padded(width))
    }

    /// Returns a name for each dispatch of a frame: `load_input`, then the convolution, or `norm` after the one that the
    /// statistics are of.
    pub fn dispatch_names(&self, schedule: &Schedule) -> Vec<String> {
        let mut names = vec!["load_input".to_string()];
        let mut convolution = "";
        for dispatch in &schedule.dispatches {
            names.push(match dispatch.program {
                Program::Stage(stage) => {
                    let weight = &self.fused.stages[stage].layer.weight;
                    convolution = weight.strip_suffix(".w").unwrap_or(weight);
                    convolution.to_string()
                }
                Program::InstanceNormFold => format!("{convolution} norm"),
            });
        }
        names
    }

    /// Returns the first limit of the device that a picture of `width` x `height` exceeds, if any.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn excess(&self, bounds: Bounds, size: (usize, usize)) -> Result<Option<Excess>> {
        let shapes = self.shapes(size)?;
        let side = shapes[0].width.max(shapes[0].height) as u64;
        let largest = self.lifetimes(&shapes).iter().map(|tensor| tensor.bytes).max().unwrap_or(0);
        Ok(bounds.side(side).or_else(|| bounds.buffer(largest)))
    }

    /// Returns the schedule for a photo of this size, and the cost of a frame.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn schedule(&self, size: (usize, usize)) -> Result<(Schedule, Cost)> {
        let shapes = self.shapes(size)?;
        let tensors = self.lifetimes(&shapes);
        let assignment = assign(&tensors);
        let mut dispatches = Vec::new();
        for (i, stage) in self.fused.stages.iter().enumerate() {
            dispatches.push(self.convolution(i, stage, &shapes, &assignment));
            if let Some(slot) = stage.norm {
                dispatches.push(self.fold(i, slot, &shapes, &assignment));
            }
        }
        let cost = self.cost(size, &shapes, &tensors, &assignment, dispatches.len());
        let [input, output] = [0, self.fused.output.tensor].map(|t| assignment.buffer_of[t]);
        Ok((Schedule { buffers: assignment.bytes, input, output, dispatches }, cost))
    }

    /// Returns the tensors that the normalizations read in the schedule for a photo of this size.
    ///
    /// # Errors
    /// As [`Network::shapes`].
    pub fn normalized(&self, size: (usize, usize)) -> Result<Vec<Normalized>> {
        let shapes = self.shapes(size)?;
        let assignment = assign(&self.lifetimes(&shapes));
        let mut normalized = Vec::new();
        for (i, stage) in self.fused.stages.iter().enumerate() {
            let Some(slot) = stage.norm else { continue };
            normalized.push(Normalized {
                buffer: assignment.buffer_of[stage.output],
                dispatches: i + 1 + normalized.len(),
                shape: shapes[self.fused.stored[stage.output]],
                history: u64::from(1 + self.norms.style_offset(slot)) * QUAD,
            });
        }
        Ok(normalized)
    }

    /// Returns the stored tensors' sizes and lifetimes: step 0 loads the input, step `i + 1` is convolution `i`, the
    /// step after the last draws the output. The statistics are one more tensor, which lives through all steps.
    fn lifetimes(&self, shapes: &[Shape]) -> Vec<Lifetime> {
        let stages = &self.fused.stages;
        let last = stages.len() + 1;
        let bytes = |t: usize| {
            let shape = shapes[self.fused.stored[t]];
            (shape.channels.div_ceil(4) * shape.height * shape.width) as u64 * self.variant.quad_bytes()
        };
        let life = |t: usize| {
            let (written, last_read) = self.fused.lifetime(t);
            Lifetime { bytes: bytes(t), written, last_read }
        };
        let mut tensors: Vec<Lifetime> = (0..self.fused.stored.len()).map(life).collect();
        let statistics = (0..stages.len()).map(|i| self.statistics(i, shapes));
        tensors.push(Lifetime { bytes: statistics.max().unwrap_or(0), written: 0, last_read: last });
        tensors
    }

    /// Returns the pixel grid over which the threads of stage `i` compute its output.
    fn grid(&self, i: usize, shapes: &[Shape]) -> (u32, u32) {
        grid(&self.specs[i], &shapes[self.fused.stored[self.fused.stages[i].output]])
    }

    /// Returns the bytes of the statistics that stage `i` writes.
    fn statistics(&self, i: usize, shapes: &[Shape]) -> u64 {
        let (spec, (width, height)) = (&self.specs[i], self.grid(i, shapes));
        u64::from(self.kernels[i].cells(width, height) * spec.phases * spec.out_quads()) * STATISTICS
    }

    fn convolution(&self, i: usize, stage: &Stage, shapes: &[Shape], assignment: &Assignment) -> Dispatch {
        let kernel = &self.kernels[i];
        let input = shapes[self.fused.stored[stage.input.tensor]];
        let (width, height) = self.grid(i, shapes);
        let offset_and_low =
            |source: Source| (self.norms.offset(source.affine), if source.relu { 0.0 } else { f32::MIN });
        let (in_norm, in_low) = offset_and_low(stage.input);
        let (skip_norm, skip_low) = stage.skip.map_or((0, 0.0), offset_and_low);
        let uniforms = ConvUniforms {
            in_size: [input.width as u32, input.height as u32],
            out_size: [width, height],
            in_norm,
            skip_norm,
            in_low,
            skip_low,
        };
        let tensor = |t: usize| Binding::Buffer(assignment.buffer_of[t]);
        let bindings = vec![
            Some(tensor(stage.input.tensor)),
            Some(Binding::Weights(i)),
            kernel.reads_norms.then_some(Binding::Norms),
            Some(tensor(stage.output)),
            Some(tensor(self.fused.stored.len())),
            stage.skip.map(|skip| tensor(skip.tensor)),
            stage.sum.map(tensor),
        ];
        let workgroups = kernel.workgroups(width, height);
        Dispatch { program: Program::Stage(i), uniforms: bytes_of(&uniforms).to_vec(), bindings, workgroups }
    }

    /// Returns the dispatch that folds the statistics of stage `i` and the style of `slot` into (a, b) pairs.
    fn fold(&self, i: usize, slot: usize, shapes: &[Shape], assignment: &Assignment) -> Dispatch {
        let (width, height) = self.grid(i, shapes);
        let quads = self.specs[i].out_quads();
        let uniforms = InstanceNormFoldUniforms {
            size: [width, height],
            tile: self.kernels[i].cell,
            phases: self.specs[i].phases,
            style: self.norms.style_offset(slot),
            quads,
            norm: self.norms.offset(Affine::Norm(slot)),
        };
        let statistics = Binding::Buffer(assignment.buffer_of[self.fused.stored.len()]);
        let bindings = [statistics, Binding::Style, Binding::Norms, Binding::History].map(Some).to_vec();
        let uniforms = bytes_of(&uniforms).to_vec();
        Dispatch { program: Program::InstanceNormFold, uniforms, bindings, workgroups: [quads, 1, 1] }
    }

    fn cost(
        &self,
        (width, height): (usize, usize),
        shapes: &[Shape],
        tensors: &[Lifetime],
        assignment: &Assignment,
        dispatches: usize,
    ) -> Cost {
        // The output is drawn from the last tensor and the photo to a texture; photo and texture have 8 bits per
        // channel.
        let picture = (width * height * 4) as u64;
        let mut cost = Cost {
            bytes_read: 2 * picture + tensors[self.fused.output.tensor].bytes,
            bytes_written: picture + tensors[0].bytes,
            // A separate dispatch loads the input.
            dispatches: dispatches as u64 + 1,
            memory: assignment.bytes.iter().sum::<u64>() + picture,
            multiply_adds: 0,
        };
        for (i, stage) in self.fused.stages.iter().enumerate() {
            let (spec, kernel) = (&self.specs[i], &self.kernels[i]);
            let (width, height) = self.grid(i, shapes);
            let outputs = u64::from(width * height * spec.phases);
            let statistics = self.statistics(i, shapes);
            let weights = packed_len(spec, kernel) as u64 * self.variant.quad_bytes() / 4;
            cost.multiply_adds += outputs * u64::from(spec.kernel.pow(2) * spec.inputs * spec.outputs);
            cost.bytes_read += tensors[stage.input.tensor].bytes + weights;
            cost.bytes_read += stage.skip.map_or(0, |skip| tensors[skip.tensor].bytes);
            cost.bytes_read += if stage.norm.is_some() { statistics } else { 0 };
            cost.bytes_written += tensors[stage.output].bytes + statistics + stage.sum.map_or(0, |s| tensors[s].bytes);
        }
        cost
    }
}

/// Returns the pixel grid of an output of `shape`: the grid before enlargement if an enlargement is folded in.
fn grid(spec: &Spec, shape: &Shape) -> (u32, u32) {
    let scale = if spec.phases == 4 { 2 } else { 1 };
    (shape.width as u32 / scale, shape.height as u32 / scale)
}
