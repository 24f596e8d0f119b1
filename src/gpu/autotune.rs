//! Selection of the convolution variant: a measurement on the first use of an adapter, some tens of milliseconds for each
//! variant. The caller stores the name of the result.

use wgpu::BufferUsages;

use super::conv::{Family, Spec, TILES, Variant};
use super::device::Gpu;
use super::timing::milliseconds;
use crate::error::Result;
use crate::lower::transfer::Residual;
use crate::net::Border;

/// The selected variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Storage type and kernel family of the convolutions.
    pub variant: Variant,
}

/// Side of the measured tensors, in pixels. Smaller ones leave most of a large card idle.
const SIDE: u32 = 256;
/// Time of the dispatches that are measured together, in milliseconds, and their largest number.
const MEASURED_MS: f64 = 8.0;
const MOST_REPEATS: u32 = 64;

impl Choice {
    /// Returns a stored choice by the name of its variant.
    ///
    /// Returns `None` if `name` is not the name of a variant, or if this adapter does not support the variant.
    pub fn stored(gpu: &Gpu, name: &str) -> Option<Self> {
        let variant = Variant::from_name(name).filter(|v| gpu.half() || !v.half)?;
        Some(Self { variant })
    }

    /// Measures the variants and returns the fastest on this adapter.
    ///
    /// # Errors
    /// The errors of the device.
    pub async fn measure(gpu: &Gpu) -> Result<Self> {
        let direct = Variant { family: Family::Direct, half: false };
        if gpu.software() {
            return Ok(Self { variant: direct });
        }
        let tiled = Variant { family: Family::Tiled(TILES[0]), half: false };
        let mut measured = vec![(direct, time(gpu, direct).await?), (tiled, time(gpu, tiled).await?)];
        // A tie selects the tiled variant: if the clock is too coarse to show a difference, the adapter is fast.
        if measured[0].1 * 1.5 < measured[1].1 {
            return Ok(Self { variant: direct });
        }
        let others =
            TILES.iter().flat_map(|&tile| [false, true].map(|half| Variant { family: Family::Tiled(tile), half }));
        for variant in others.filter(|v| *v != tiled && (gpu.half() || !v.half)) {
            measured.push((variant, time(gpu, variant).await?));
        }
        // Another tile shape must be at least 5 % faster, because smaller differences are noise.
        let mut best = measured[1];
        for candidate in &measured[2..] {
            if candidate.1 < best.1 * 0.95 {
                best = *candidate;
            }
        }
        Ok(Self { variant: best.0 })
    }
}

/// Returns the milliseconds of one 3x3 convolution with 32 channels in `variant`.
async fn time(gpu: &Gpu, variant: Variant) -> Result<f64> {
    let spec = Spec {
        kernel: 3,
        stride: 1,
        pad: 1,
        border: Border::Reflect,
        inputs: 32,
        outputs: 32,
        phases: 1,
        residual: Residual::None,
    };
    let kernel = spec.kernel(variant);
    let quads = u64::from(SIDE * SIDE * spec.in_quads());
    let storage = BufferUsages::STORAGE;
    let prepare = || {
        let pipeline = gpu.pipeline(kernel.file, &kernel.wgsl);
        let shape = [SIDE, SIDE, SIDE, SIDE, 0, 0, 0, 0];
        let buffers = [
            gpu.filled("shape", bytemuck::cast_slice(&shape), BufferUsages::UNIFORM),
            gpu.buffer("source", quads * variant.quad_bytes(), storage),
            gpu.buffer("weights", 9 * 32 * 32 / 4 * variant.quad_bytes(), storage),
            gpu.buffer("norms", u64::from(spec.in_quads()) * 32, storage),
            gpu.buffer("target", quads * variant.quad_bytes(), storage),
            gpu.buffer("partials", u64::from(kernel.cells(SIDE, SIDE) * spec.out_quads()) * 32, storage),
        ];
        let layout = pipeline.get_bind_group_layout(0);
        Ok((gpu.bindings(&layout, buffers.iter().map(wgpu::Buffer::as_entire_binding)), pipeline))
    };
    let (bindings, pipeline) = gpu.scoped(prepare).await?;
    let [x, y, z] = kernel.workgroups(SIDE, SIDE);
    let record = |pass: &mut wgpu::ComputePass| {
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        pass.dispatch_workgroups(x, y, z);
    };
    milliseconds(gpu, (MEASURED_MS, MOST_REPEATS), record).await
}
