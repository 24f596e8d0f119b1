//! One dispatch with its resources.

use super::device::Gpu;

/// A pipeline, its bind group and its workgroup counts.
pub(crate) struct Step {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    workgroups: [u32; 3],
}

impl Step {
    /// Creates a step with `resources` as bindings 0, 1, 2 ... of `pipeline`; `None` omits the binding.
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
