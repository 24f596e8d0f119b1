//! Schedules of networks that compute a vector from a picture.

use bytemuck::bytes_of;

use super::{Binding, Dispatch, Program, Schedule};
use crate::gpu::mobilenet::Kernel;
use crate::gpu::uniforms::MobilenetUniforms;
use crate::lower::lifetimes::{Lifetime, assign};
use crate::net::Shape;

/// Returns the schedule of `kernels` for a picture for which the network's tensors have these `shapes`. Tensors have 32
/// bits.
pub fn schedule(kernels: &[Kernel], shapes: &[Shape]) -> Schedule {
    let stages = kernels.iter().map(|kernel| &kernel.stage);
    let stored: Vec<Shape> = std::iter::once(0).chain(stages.clone().map(|s| s.tensor)).map(|t| shapes[t]).collect();
    // Tensor 0 is written in step 0, the output of stage i in step i + 1; the last tensor is read after all steps.
    let life = |(t, shape): (usize, &Shape)| {
        let last_read = stages.clone().rposition(|s| s.input == t || s.skip == Some(t)).unwrap_or(kernels.len());
        let bytes = (shape.channels.div_ceil(4) * shape.height * shape.width * 16) as u64;
        Lifetime { bytes, written: t, last_read: last_read + 1 }
    };
    let assignment = assign(&stored.iter().enumerate().map(life).collect::<Vec<_>>());
    let tensor = |t: usize| Binding::Buffer(assignment.buffer_of[t]);
    let dispatch = |(i, kernel): (usize, &Kernel)| {
        let stage = &kernel.stage;
        let (input, output) = (stored[stage.input], stored[i + 1]);
        let uniforms = MobilenetUniforms {
            in_size: [input.width as u32, input.height as u32],
            out_size: [output.width as u32, output.height as u32],
            in_quads: input.channels.div_ceil(4) as u32,
            out_quads: output.channels.div_ceil(4) as u32,
            unused: [0; 2],
        };
        let weighted = stage.weight().is_some();
        let bindings = vec![
            Some(tensor(stage.input)),
            weighted.then_some(Binding::Weights(i)),
            weighted.then_some(Binding::Biases(i)),
            Some(tensor(i + 1)),
            stage.skip.map(tensor),
        ];
        let uniforms = bytes_of(&uniforms).to_vec();
        Dispatch { program: Program::Stage(i), uniforms, bindings, workgroups: kernel.workgroups(output) }
    };
    Schedule {
        input: assignment.buffer_of[0],
        output: assignment.buffer_of[kernels.len()],
        dispatches: kernels.iter().enumerate().map(dispatch).collect(),
        buffers: assignment.bytes,
    }
}
