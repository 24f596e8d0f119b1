//! Networks that compute a vector from a picture, such as the style predictor: prepared for one picture size and one
//! instruction set. The same on a GPU is `gpu/vector_model.rs`.

use fearless_simd::{Level, dispatch};

use super::instruction_set::InstructionSet;
use super::mobilenet::block::Block;
use super::mobilenet::dense::Dense;
use super::mobilenet::depthwise::Depthwise;
use super::mobilenet::extent::Extent;
use super::mobilenet::mean::mean;
use super::mobilenet::stem::{SIDE, Stem};
use super::workers::Workers;
use crate::error::{Error, Result};
use crate::lower::mobilenet::{Kind, Stage, stages};
use crate::net::{Convolution, Network};
use crate::weights::Archive;

/// A network with its weights, for pictures of one size.
pub struct CpuVectorModel {
    level: Level,
    steps: Vec<Step>,
    /// The tensors that steps write; empty are those between the stages of a step, and the first, which is the caller's
    /// picture.
    tensors: Vec<Vec<f32>>,
    input: Extent,
    /// Length of the output vector.
    count: usize,
}

/// Stages that run together.
struct Step {
    work: Work,
    /// Numbers of the tensors that are read, added and written.
    input: usize,
    skip: Option<usize>,
    output: usize,
}

enum Work {
    Stem(Stem),
    Block(Box<Block>),
    Mean(Extent),
}

impl CpuVectorModel {
    /// Loads `net` with the weights of `archive` for pictures of `width` x `height`.
    ///
    /// # Errors
    /// [`Error::Tensor`] for weights of a wrong shape, [`Error::Model`] for layers that the kernels cannot run and for an
    /// output of more than one pixel; otherwise as [`Network::shapes`] and [`InstructionSet::require`].
    pub fn load(
        net: &Network,
        archive: &Archive,
        set: InstructionSet,
        (width, height): (usize, usize),
    ) -> Result<Self> {
        let model = |problem| Error::Model { file: net.name.clone(), problem };
        let shapes = net.shapes(height, width)?;
        let stages = stages(net)?;
        let last = shapes[net.output()];
        if last.width * last.height != 1 {
            let problem = format!("has an output of {} x {} pixels; one pixel is needed", last.width, last.height);
            return Err(model(problem));
        }
        let level = set.require()?;
        let stored = std::iter::once(0).chain(stages.iter().map(|stage| stage.tensor));
        let extents: Vec<Extent> = stored.map(|tensor| Extent::of(shapes[tensor])).collect();
        let loader = Loader { set, archive, stages: &stages, extents: &extents };
        let steps = loader.steps()?;
        let mut tensors = vec![Vec::new(); extents.len()];
        for step in &steps {
            tensors[step.output] = vec![0.0; extents[step.output].numbers()];
        }
        Ok(Self { level, steps, tensors, input: extents[0], count: last.channels })
    }

    /// Returns the network's output for the picture in `input`: `[height][width]` pixels of four numbers, R, G, B in 0..1
    /// and 0.
    ///
    /// # Errors
    /// [`Error::Picture`] if `input` has another length.
    pub fn run(&mut self, workers: &Workers, input: &[f32]) -> Result<Vec<f32>> {
        if input.len() != self.input.numbers() {
            return Err(Error::Picture(format!(
                "a picture of {}x{} does not have {} values",
                self.input.width,
                self.input.height,
                input.len()
            )));
        }
        workers.enter(|| {
            for step in &self.steps {
                let mut output = std::mem::take(&mut self.tensors[step.output]);
                let tensor = |i: usize| if i == 0 { input } else { &self.tensors[i] };
                step.run(self.level, workers, tensor(step.input), step.skip.map_or(&[], tensor), &mut output);
                self.tensors[step.output] = output;
            }
        });
        Ok(self.tensors.last().map_or(Vec::new(), |output| output[..self.count].to_vec()))
    }
}

impl Step {
    fn run(&self, level: Level, workers: &Workers, input: &[f32], skip: &[f32], output: &mut [f32]) {
        match &self.work {
            Work::Mean(extent) => {
                let items = vec![output];
                let work = |output: &mut [f32], scratch: &mut [f32]| {
                    dispatch!(level, _simd => mean(input, *extent, output, scratch));
                };
                workers.for_each(items, extent.channels, work);
            }
            Work::Stem(stem) => {
                let work = |first, rows: &mut [f32], scratch: &mut [f32]| {
                    dispatch!(level, simd => stem.band(simd, input, first, rows, scratch));
                };
                for_each_band(workers, output, stem.output, stem.scratch(), work);
            }
            Work::Block(block) => {
                let work = |first, rows: &mut [f32], scratch: &mut [f32]| {
                    dispatch!(level, simd => block.band(simd, (input, skip), first, rows, scratch));
                };
                for_each_band(workers, output, block.output, block.scratch(), work);
            }
        }
    }
}

/// Calls `work` for one band of rows of a tensor per thread: with the number of the first row, the rows, and `scratch`
/// numbers of scratch memory.
fn for_each_band(
    workers: &Workers,
    tensor: &mut [f32],
    extent: Extent,
    scratch: usize,
    work: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let rows = extent.height.div_ceil(workers.threads());
    let bands = tensor.chunks_mut(rows * extent.row()).enumerate().collect();
    workers.for_each(bands, scratch, |(i, band), scratch| work(i * rows, band, scratch));
}

/// Makes steps of stages.
struct Loader<'a> {
    set: InstructionSet,
    archive: &'a Archive,
    stages: &'a [Stage],
    /// Of the stored tensors: 0 is the picture, `i + 1` is the output of stage `i`.
    extents: &'a [Extent],
}

impl Loader<'_> {
    fn steps(&self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let mut i = 0;
        while i < self.stages.len() {
            let (work, count) = match &self.stages[i].kind {
                Kind::GlobalMean => (Work::Mean(self.extents[self.stages[i].input]), 1),
                Kind::Stem(c) => (Work::Stem(self.stem(i, c)?), 1),
                Kind::Pointwise(_) | Kind::Depthwise(_) => self.block(i)?,
            };
            let (input, output) = (self.stages[i].input, i + count);
            steps.push(Step { work, input, skip: self.stages[output - 1].skip, output });
            i += count;
        }
        Ok(steps)
    }

    /// Returns the block that begins with stage `i`, and the number of its stages.
    fn block(&self, i: usize) -> Result<(Work, usize)> {
        let input = self.extents[self.stages[i].input];
        let mut next = i;
        let mut expand = None;
        if let Some(c) = self.pointwise(i)
            && self.stages[i].skip.is_none()
            && self.feeds_next(i)
            && self.filter(i + 1).is_some()
        {
            expand = Some(self.dense(i, c)?);
            next += 1;
        }
        let expanded = self.extents[self.stages[next].input];
        let mut depthwise = None;
        if let Some(c) = self.filter(next) {
            depthwise = Some(self.depthwise(next, c)?);
            next += 1;
        }
        let narrow = self.extents[next];
        let mut project = None;
        if let Some(c) = self.pointwise(next)
            && (next == i || self.feeds_next(next - 1))
        {
            project = Some(self.dense(next, c)?);
            next += 1;
        }
        let block = Block { input, expanded, narrow, output: self.extents[next], expand, depthwise, project };
        Ok((Work::Block(Box::new(block)), next - i))
    }

    /// Returns the convolution of stage `i` if it is 1x1.
    fn pointwise(&self, i: usize) -> Option<&Convolution> {
        let Kind::Pointwise(c) = &self.stages.get(i)?.kind else { return None };
        Some(c)
    }

    /// Returns the convolution of stage `i` if it is depthwise.
    fn filter(&self, i: usize) -> Option<&Convolution> {
        let Kind::Depthwise(c) = &self.stages.get(i)?.kind else { return None };
        Some(c)
    }

    /// Whether the output of stage `i` is read by the next stage alone, and is not added there.
    fn feeds_next(&self, i: usize) -> bool {
        let tensor = i + 1;
        let reads = |stage: &&Stage| stage.input == tensor || stage.skip == Some(tensor);
        let next = self.stages.get(i + 1).is_some_and(|next| next.input == tensor && next.skip != Some(tensor));
        next && self.stages.iter().filter(reads).count() == 1
    }

    /// Returns weight and bias of stage `i`, which has `outputs` channels.
    fn tensors(&self, i: usize, outputs: usize) -> Result<(Vec<f32>, Vec<f32>)> {
        let stage = &self.stages[i];
        let weight = match stage.weight() {
            Some((name, shape)) => self.archive.tensor(name, &shape)?,
            None => Vec::new(),
        };
        let bias = match &stage.bias {
            Some(bias) => self.archive.tensor(bias, &[outputs])?,
            None => vec![0.0; outputs],
        };
        Ok((weight, bias))
    }

    fn stem(&self, i: usize, c: &Convolution) -> Result<Stem> {
        let (weight, bias) = self.tensors(i, c.outputs)?;
        let at = |row: usize, output: usize| {
            let (tap, channel) = (row / 4, row % 4);
            if channel < c.inputs { weight[(output * c.inputs + channel) * SIDE * SIDE + tap] } else { 0.0 }
        };
        let dense = Dense::new(self.set, SIDE * SIDE * 4, (bias, self.stages[i].relu6), at);
        let input = self.extents[self.stages[i].input];
        Ok(Stem { input, output: self.extents[i + 1], stride: c.stride, pad: c.pad, dense })
    }

    fn dense(&self, i: usize, c: &Convolution) -> Result<Dense> {
        let (weight, bias) = self.tensors(i, c.outputs)?;
        let at = |input: usize, output: usize| if input < c.inputs { weight[output * c.inputs + input] } else { 0.0 };
        Ok(Dense::new(self.set, c.inputs.next_multiple_of(4), (bias, self.stages[i].relu6), at))
    }

    fn depthwise(&self, i: usize, c: &Convolution) -> Result<Depthwise> {
        let (weight, mut bias) = self.tensors(i, c.outputs)?;
        let channels = c.outputs.next_multiple_of(4);
        bias.resize(channels, 0.0);
        let taps = SIDE * SIDE;
        let value =
            |(tap, channel): (usize, usize)| if channel < c.outputs { weight[channel * taps + tap] } else { 0.0 };
        let weights = (0..taps).flat_map(|tap| (0..channels).map(move |channel| (tap, channel))).map(value).collect();
        Ok(Depthwise { channels, stride: c.stride, pad: c.pad, weights, bias, relu6: self.stages[i].relu6 })
    }
}
