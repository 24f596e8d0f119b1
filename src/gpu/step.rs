//! One dispatch, with all that it needs.

use super::device::Gpu;

/// A pipeline, what is bound to it, and how many workgroups it runs.
pub(crate) struct Step {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

impl Step {
    /// `resources` are bindings 0, 1, 2 ... of `pipeline`; `None` where it has no such binding.
    pub fn new<'r>(
        gpu: &Gpu,
        pipeline: wgpu::ComputePipeline,
        resources: impl IntoIterator<Item = Option<wgpu::BindingResource<'r>>>,
        workgroups: [u32; 3],
    ) -> Self {
        let bindings = gpu.bindings(&gpu.layout(&pipeline), resources);
        Self { pipeline, bindings, workgroups }
    }

    /// Records the dispatch.
    pub fn record(&self, pass: &mut wgpu::ComputePass) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        let [x, y, z] = self.workgroups;
        pass.dispatch_workgroups(x, y, z);
    }
}
