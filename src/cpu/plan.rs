//! A network compiled for one input size ([`CpuPlan`]): all buffers are allocated once, and a frame runs the stages in
//! turn.

use std::mem::take;
use std::sync::Arc;

use fearless_simd::{Level, dispatch};

use super::packed::{Memory, Packed};
use super::rows::{Affine, Input, Operand, finish_row, load_row};
use super::workers::Workers;
use crate::error::{Error, Result};
use crate::image::part::Part;
use crate::lower::moments::{Merged, Moments};
use crate::lower::transfer::{self, Source, Stage};
use crate::net::{EPSILON, Shape};
use crate::style::{Style, StyleLayout};

/// Rows of a unit of work in passes over pixels.
const BAND: usize = 8;

/// A model compiled for one picture size. Fill [`CpuPlan::input_mut`], call [`CpuPlan::run`], read
/// [`CpuPlan::output`].
pub struct CpuPlan {
    model: Arc<Packed>,
    level: Level,
    size: (usize, usize),
    shapes: Vec<Shape>,
    /// Index in `buffers` of each stored tensor.
    buffer_of: Vec<usize>,
    buffers: Vec<Vec<f32>>,
    statistics: Vec<f32>,
    colours: Vec<f32>,
    layout: StyleLayout,
    /// Scale and shift of each channel of each normalization.
    style: Vec<Vec<(f32, f32)>>,
    /// Mean and variance of each channel of each normalization in the previous frame.
    history: Vec<Vec<Moments>>,
    kept: f64,
    identities: Vec<Affine>,
    norms: Vec<Affine>,
    biases: Vec<Affine>,
}

impl CpuPlan {
    /// Allocates the buffers of `memory`.
    pub(super) fn new(model: Arc<Packed>, size: (usize, usize), memory: Memory) -> Result<Self> {
        let Memory { shapes, buffers, statistics } = memory;
        let allocate = |numbers: usize| {
            let mut buffer = Vec::new();
            buffer.try_reserve_exact(numbers).map_err(|_| refused(size))?;
            buffer.resize(numbers, 0.0_f32);
            Ok(buffer)
        };
        let numbers = |bytes: u64| usize::try_from(bytes / 4).map_err(|_| refused(size));
        let floats = buffers.bytes.iter().map(|bytes| allocate(numbers(*bytes)?)).collect::<Result<Vec<_>>>()?;
        let colours = allocate(4 * shapes[0].height * shapes[0].width)?;
        let channels: Vec<usize> = model.net.norms.iter().map(|norm| norm.1).collect();
        let biased = |bias: &Vec<f32>| {
            let mut affine = padded_identity(bias.len());
            bias.iter().enumerate().for_each(|(c, b)| affine.set(c, 1.0, *b));
            affine
        };
        Ok(Self {
            level: model.set.require()?,
            size,
            buffer_of: buffers.buffer_of,
            buffers: floats,
            statistics: allocate(statistics)?,
            colours,
            layout: StyleLayout::new(channels.iter().copied()),
            style: channels.iter().map(|c| vec![(1.0, 0.0); *c]).collect(),
            history: channels.iter().map(|c| vec![Moments::default(); *c]).collect(),
            kept: 0.0,
            identities: model.fused.stored.iter().map(|t| padded_identity(shapes[*t].channels)).collect(),
            norms: channels.iter().map(|c| padded_identity(*c)).collect(),
            biases: model.biases.iter().map(biased).collect(),
            model,
            shapes,
        })
    }

    /// Returns width and height of the picture that the network sees.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Returns width and height of the first tensor and of the output, which the network accepts.
    pub fn padded(&self) -> (usize, usize) {
        (self.shapes[0].width, self.shapes[0].height)
    }

    /// Returns the first tensor, `[padded height][padded width]` with four numbers a pixel: red, green and blue in 0..1,
    /// and zero. It keeps its values from frame to frame.
    pub fn input_mut(&mut self) -> &mut [f32] {
        let length = self.length(0);
        &mut self.buffers[self.buffer_of[0]][..length]
    }

    /// Returns the finished colours, `[padded height][padded width]` with four numbers a pixel: red, green and blue in
    /// 0..1, and zero.
    pub fn output(&self) -> &[f32] {
        &self.colours
    }

    /// Returns the bytes of the buffers.
    pub fn bytes(&self) -> u64 {
        let numbers: usize = self.buffers.iter().chain([&self.statistics, &self.colours]).map(Vec::len).sum();
        4 * numbers as u64
    }

    /// Sets the scales and shifts of `style`.
    ///
    /// # Errors
    /// [`Error::Style`] if the style belongs to another network.
    pub fn set_style(&mut self, style: &Style) -> Result<()> {
        if !self.layout.fits(style) {
            return Err(Error::Style(format!(
                "the style {} belongs to another network: choose a style of this network",
                style.name
            )));
        }
        for (own, norm) in self.style.iter_mut().zip(&style.norms) {
            *own = norm.scale.iter().copied().zip(norm.shift.iter().copied()).collect();
        }
        Ok(())
    }

    /// Sets the fraction, 0..1, of the previous frame's statistics that the normalizations keep.
    pub fn keep_statistics(&mut self, fraction: f32) {
        self.kept = f64::from(fraction);
    }

    /// Returns the statistics that the normalizations used last.
    pub fn statistics(&self) -> &[Vec<Moments>] {
        &self.history
    }

    /// Uses `moments` as the statistics of normalization `norm`, and those of the last run in all others, until
    /// [`CpuPlan::keep_statistics`] is called.
    pub fn set_statistics(&mut self, norm: usize, moments: &[Moments]) {
        self.history[norm].copy_from_slice(moments);
        self.kept = 1.0;
    }

    /// Runs the network up to the tensor that normalization `norm` normalizes, and adds the statistics of `region`, a part
    /// of the first tensor, to `merged`.
    pub fn measure(&mut self, workers: &Workers, norm: usize, region: Part, merged: &mut Merged) {
        let model = Arc::clone(&self.model);
        let Some(last) = model.fused.stages.iter().position(|stage| stage.norm == Some(norm)) else { return };
        workers.enter(|| (0..=last).for_each(|i| self.run_stage(workers, i)));
        let tensor = model.fused.stages[last].output;
        let shape = self.shapes[model.fused.stored[tensor]];
        let values = &self.buffers[self.buffer_of[tensor]][..self.length(tensor)];
        let [columns, rows] = region.scaled((shape.width, shape.height)).sides();
        let channels = shape.channels.next_multiple_of(4);
        let mut sums = vec![Vec::new(); rows.length];
        workers.for_each(sums.iter_mut().enumerate().collect(), 0, |(y, sums): (usize, &mut Vec<_>), _| {
            let first = (rows.first + y) * shape.width + columns.first;
            *sums = row_sums(&values[first * channels..][..columns.length * channels], channels);
        });
        sums.into_iter().for_each(|row| merged.add(columns.length, row.into_iter()));
    }

    /// Runs the network on the input. The result does not depend on the number of threads.
    pub fn run(&mut self, workers: &Workers) {
        workers.enter(|| {
            for i in 0..self.stages() {
                self.run_stage(workers, i);
            }
            self.finish(workers);
        });
    }

    /// Returns the number of stages: one for each convolution.
    pub fn stages(&self) -> usize {
        self.model.fused.stages.len()
    }

    /// Returns the name of the kernel of stage `i`, and its multiply-adds without a transform, for benchmarks.
    pub fn stage(&self, i: usize) -> (&'static str, u64) {
        let stage = &self.model.fused.stages[i];
        let (c, shape) = (&stage.layer, self.shapes[self.model.fused.stored[stage.output]]);
        (self.model.convolutions[i].name(), shape.len() as u64 * (c.inputs * c.kernel * c.kernel) as u64)
    }

    /// Runs stage `i`, whose inputs have been computed.
    pub fn run_stage(&mut self, workers: &Workers, i: usize) {
        let model = Arc::clone(&self.model);
        let (stage, convolution) = (&model.fused.stages[i], &model.convolutions[i]);
        if let Some(sum) = stage.sum {
            self.sum(workers, stage, sum);
        }
        let mut output = take(&mut self.buffers[self.buffer_of[stage.output]]);
        let mut statistics = take(&mut self.statistics);
        let input = self.input(stage);
        let size = (input.height, input.width);
        let sums = &mut statistics[..convolution.statistics_length(size)];
        convolution.run(workers, &input, &mut output[..convolution.output_length(size)], sums);
        if let Some(norm) = stage.norm {
            let moments = convolution.moments(size, sums);
            self.fold(norm, &moments);
        }
        self.buffers[self.buffer_of[stage.output]] = output;
        self.statistics = statistics;
    }

    /// Converts the last tensor to colours.
    pub fn finish(&mut self, workers: &Workers) {
        let source = self.model.fused.output;
        let mut colours = take(&mut self.colours);
        let row = 4 * self.shapes[0].width;
        let values = &self.buffers[self.buffer_of[source.tensor]][..self.length(source.tensor)];
        let (level, affine, finish) = (self.level, self.affine(source), self.model.fused.finish);
        let bands = colours.chunks_mut(BAND * row).zip(values.chunks(BAND * row)).collect();
        workers.for_each(bands, 0, |(band, values): (&mut [f32], &[f32]), _| {
            dispatch!(level, simd => finish_row(simd, values, affine, finish, band));
        });
        self.colours = colours;
    }

    /// Writes the residual sum that `stage` reads to the stored tensor `sum`.
    fn sum(&mut self, workers: &Workers, stage: &Stage, sum: usize) {
        let mut output = take(&mut self.buffers[self.buffer_of[sum]]);
        let input = self.terms(stage.input, stage.skip);
        let row = input.width * input.channels;
        let level = self.level;
        let bands = output[..self.length(sum)].chunks_mut(BAND * row).enumerate().collect();
        workers.for_each(bands, 0, |(i, band): (usize, &mut [f32]), _| {
            for (y, row) in band.chunks_exact_mut(row).enumerate() {
                dispatch!(level, simd => load_row(simd, &input, i * BAND + y, row));
            }
        });
        self.buffers[self.buffer_of[sum]] = output;
    }

    /// Returns the input of `stage`. A sum that is stored has been written.
    fn input(&self, stage: &Stage) -> Input<'_> {
        match stage.sum {
            Some(tensor) => self.terms(Source { tensor, affine: transfer::Affine::Identity, relu: false }, None),
            None => self.terms(stage.input, stage.skip),
        }
    }

    fn terms(&self, main: Source, skip: Option<Source>) -> Input<'_> {
        let operand = |source: Source| Operand {
            values: &self.buffers[self.buffer_of[source.tensor]][..self.length(source.tensor)],
            affine: self.affine(source),
            relu: source.relu,
        };
        let Shape { channels, height, width } = self.shapes[self.model.fused.stored[main.tensor]];
        let channels = channels.next_multiple_of(4);
        Input { main: operand(main), skip: skip.map(operand), mask: None, height, width, channels }
    }

    fn affine(&self, source: Source) -> &Affine {
        match source.affine {
            transfer::Affine::Identity => &self.identities[source.tensor],
            transfer::Affine::Norm(norm) => &self.norms[norm],
            transfer::Affine::Bias(bias) => &self.biases[bias],
        }
    }

    /// Folds statistics and style into scale and shift of each channel.
    fn fold(&mut self, norm: usize, moments: &[Moments]) {
        let channels = self.style[norm].iter().zip(&mut self.history[norm]).zip(moments).enumerate();
        for (c, ((style, history), new)) in channels {
            let mix = |new: f64, old: f64| match self.kept {
                0.0 => new,
                1.0 => old,
                kept => new + (old - new) * kept,
            };
            *history = Moments { mean: mix(new.mean, history.mean), variance: mix(new.variance, history.variance) };
            let scale = f64::from(style.0) / (history.variance + f64::from(EPSILON)).sqrt();
            self.norms[norm].set(c, scale as f32, (f64::from(style.1) - history.mean * scale) as f32);
        }
    }

    /// Returns the numbers of a stored tensor.
    fn length(&self, tensor: usize) -> usize {
        let shape = self.shapes[self.model.fused.stored[tensor]];
        shape.height * shape.width * shape.channels.next_multiple_of(4)
    }
}

/// Returns the mean of each channel of a row of pixels, and the sum of squared distances from it.
fn row_sums(row: &[f32], channels: usize) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0); channels];
    for pixel in row.chunks_exact(channels) {
        sums.iter_mut().zip(pixel).for_each(|(sum, value)| sum.0 += f64::from(*value));
    }
    let count = (row.len() / channels) as f64;
    sums.iter_mut().for_each(|sum| sum.0 /= count);
    for pixel in row.chunks_exact(channels) {
        sums.iter_mut().zip(pixel).for_each(|(sum, value)| sum.1 += (f64::from(*value) - sum.0).powi(2));
    }
    sums
}

/// Returns the identity of `channels` channels. Padding channels have the scale zero.
fn padded_identity(channels: usize) -> Affine {
    let mut affine = Affine::identity(channels.next_multiple_of(4));
    (channels..channels.next_multiple_of(4)).for_each(|c| affine.set(c, 0.0, 0.0));
    affine
}

fn refused((width, height): (usize, usize)) -> Error {
    let problem = "the system has too little memory: choose a smaller size, or close other programs";
    Error::Picture(format!("a {width}x{height} picture cannot be stylized, because {problem}"))
}
