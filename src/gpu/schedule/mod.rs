//! The schedule of a network for one input size, as pure data: buffers shared by lifetime, dispatches, costs. Nothing
//! here needs a device; `gpu::executable` creates the pipelines and bind groups of a schedule.

pub mod mobilenet;
pub mod transfer;

/// The cost of one frame, computed from the structure: every kernel reads and writes each of its tensors once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Dispatches, including the one that loads the input.
    pub dispatches: u64,
    /// Bytes that kernels read: tensors, weights and pictures.
    pub bytes_read: u64,
    /// Bytes that kernels write.
    pub bytes_written: u64,
    /// Multiply-adds of the convolutions.
    pub multiply_adds: u64,
    /// Bytes of the allocated buffers.
    pub memory: u64,
}

impl Cost {
    /// Returns the costs and the name of the kernels' variant as JSON.
    pub fn json(&self, variant: &str) -> String {
        serde_json::json!({
            "variant": variant,
            "dispatches": self.dispatches,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "multiply_adds": self.multiply_adds,
            "memory": self.memory,
        })
        .to_string()
    }
}

/// A resource that a dispatch binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// One of [`Schedule::buffers`].
    Buffer(usize),
    /// The weights of this stage.
    Weights(usize),
    /// The biases of this stage.
    Biases(usize),
    /// The (a, b) pairs of all channels.
    Norms,
    /// The scales and shifts of the style.
    Style,
    /// The statistics of the previous frame.
    History,
}

/// The kernel that a dispatch runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The kernel of this stage.
    Stage(usize),
    /// `instance_norm_fold.wgsl`.
    InstanceNormFold,
}

/// One dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The kernel.
    pub program: Program,
    /// The bytes of the uniforms at binding 0.
    pub uniforms: Vec<u8>,
    /// The resources from binding 1 on; `None` if the kernel has no such binding.
    pub bindings: Vec<Option<Binding>>,
    /// Workgroup counts along x, y and z.
    pub workgroups: [u32; 3],
}

/// All dispatches of a network for one input size, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Bytes of each buffer.
    pub buffers: Vec<u64>,
    /// Index of the buffer of the first tensor.
    pub input: usize,
    /// Index of the buffer of the last tensor.
    pub output: usize,
    /// The dispatches, in execution order.
    pub dispatches: Vec<Dispatch>,
}

impl Schedule {
    /// Returns one line for each buffer and dispatch, for debugging and tests:
    /// `stage 3 [4, 2, 1] buffer 0, weights 3, -, buffer 1`.
    pub fn lines(&self) -> Vec<String> {
        let bound = |binding: &Option<Binding>| match binding {
            None => "-".to_string(),
            Some(Binding::Buffer(buffer)) => format!("buffer {buffer}"),
            Some(Binding::Weights(stage)) => format!("weights {stage}"),
            Some(Binding::Biases(stage)) => format!("biases {stage}"),
            Some(Binding::Norms) => "norms".to_string(),
            Some(Binding::Style) => "style".to_string(),
            Some(Binding::History) => "history".to_string(),
        };
        let dispatch = |dispatch: &Dispatch| {
            let program = match dispatch.program {
                Program::Stage(stage) => format!("stage {stage}"),
                Program::InstanceNormFold => "instance_norm_fold".to_string(),
            };
            let bindings: Vec<String> = dispatch.bindings.iter().map(bound).collect();
            format!("{program} {:?} {}", dispatch.workgroups, bindings.join(", "))
        };
        let buffers = self.buffers.iter().enumerate().map(|(i, bytes)| format!("buffer {i}: {bytes} bytes"));
        let ends = format!("from buffer {} to buffer {}", self.input, self.output);
        buffers.chain([ends]).chain(self.dispatches.iter().map(dispatch)).collect()
    }
}
