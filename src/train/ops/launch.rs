//! Launches this crate's kernels on burn's device.

use std::sync::LazyLock;

use burn::backend::TensorMetadata;
use burn::backend::wgpu::{CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn::cubecl::prelude::*;
use burn::cubecl::server::{KernelArguments, MetadataBindingInfo};
use burn::tensor::Shape;

/// The WGSL of a kernel, specialized on first use.
pub type Kernel = LazyLock<String>;

/// Allocates a contiguous tensor for output, on the device of `like` and of its type.
pub fn empty<const D: usize>(like: &CubeTensor, shape: [usize; D]) -> CubeTensor {
    let shape = Shape::new(shape);
    let handle = like.client.empty(shape.num_elements() * like.dtype.size());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, like.dtype)
}

/// Returns the sizes of a tensor of `D` dimensions.
pub fn sizes<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    let shape = tensor.shape();
    std::array::from_fn(|dimension| shape[dimension])
}

/// Runs `kernel` with `threads` threads per workgroup and `groups` workgroups. Its bindings are the contiguous
/// `tensors` in order, then a struct of `numbers`.
pub fn dispatch(
    kernel: &'static Kernel,
    threads: usize,
    groups: [usize; 3],
    tensors: &[&CubeTensor],
    numbers: &[usize],
) {
    let Some(first) = tensors.first() else { return };
    let half = |number: Option<&usize>| number.map_or(0, |number| *number as u64);
    let words = numbers.chunks(2).map(|pair| half(pair.first()) | half(pair.get(1)) << 32);
    let buffers: Vec<_> = tensors.iter().map(|tensor| tensor.handle.clone().binding()).collect();
    let arguments =
        KernelArguments::new().with_buffers(buffers).with_info(MetadataBindingInfo::custom(words.collect()));
    let [x, y, z] = groups.map(|count| count as u32);
    let kernel = SourceKernel::new(Source(kernel), CubeDim::new_1d(threads as u32));
    first.client.launch(Box::new(kernel), CubeCount::Static(x, y, z), arguments);
}

/// A kernel's source in the form that burn compiles.
#[derive(Debug, Clone, Copy)]
struct Source(&'static str);

impl KernelSource for Source {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.0)
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.0)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}
