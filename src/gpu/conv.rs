//! The convolution kernels: selects the shader of a convolution, its specialization constants and its workgroup counts.
//! The shaders are `conv_direct.wgsl`, `conv_large.wgsl` and `conv_generic.wgsl` (family *direct*), and
//! `conv_tiled.wgsl` (family *tiled*).

use super::preprocess::specialize;
use super::shaders::{CONV_DIRECT, CONV_GENERIC, CONV_LARGE, CONV_TILED};
use crate::lower::transfer::{Residual, Stage};
use crate::net::Border;

/// Storage type and kernel family of all convolutions of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Variant {
    /// How a convolution is distributed over threads.
    pub family: Family,
    /// 16-bit storage and multiplication. Sums and statistics stay in 32 bits. Needs the adapter's `shader-f16`.
    pub half: bool,
}

/// Mapping of a convolution to threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Without workgroup memory; a thread computes 8 pixels x 2 or 4 rows x up to 4 quads of channels. For software
    /// adapters.
    Direct,
    /// With an input patch in workgroup memory for 64 threads. For hardware adapters.
    Tiled(Tile),
}

/// The part of the output that one thread of the tiled family computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Pixels along x.
    pub pixels: u32,
    /// Quads of output channels.
    pub group: u32,
}

/// The available tile shapes: 8 pixels x 4 channels, 4x4, 8x8.
pub const TILES: [Tile; 3] = [Tile { pixels: 8, group: 1 }, Tile { pixels: 4, group: 1 }, Tile { pixels: 8, group: 2 }];

impl Variant {
    /// Returns a short name, such as `tiled8x4-f16`.
    pub fn name(&self) -> String {
        let family = match self.family {
            Family::Direct => "direct".to_string(),
            Family::Tiled(tile) => format!("tiled{}x{}", tile.pixels, 4 * tile.group),
        };
        format!("{family}-{}", if self.half { "f16" } else { "f32" })
    }

    /// Returns the variant with the name `name`, as [`Variant::name`] returns it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|v| v.name() == name)
    }

    /// Returns all variants.
    pub fn all() -> Vec<Self> {
        let families = std::iter::once(Family::Direct).chain(TILES.map(Family::Tiled));
        families.flat_map(|family| [false, true].map(|half| Self { family, half })).collect()
    }

    /// Returns the bytes of one stored quad of channels.
    pub fn quad_bytes(&self) -> u64 {
        if self.half { 8 } else { 16 }
    }
}

/// One fused convolution of the lowered network, as the kernels need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spec {
    /// Side of the executed kernel: 2 for each phase of a folded enlargement.
    pub kernel: u32,
    /// Distance in input pixels between adjacent output pixels.
    pub stride: u32,
    /// Pixels added on every side of the input.
    pub pad: u32,
    /// Values beyond the input's border.
    pub border: Border,
    /// Input channels.
    pub inputs: u32,
    /// Output channels.
    pub outputs: u32,
    /// 4 if a nearest-neighbour enlargement by two is folded in, else 1.
    pub phases: u32,
    /// Whether the input is a residual sum.
    pub residual: Residual,
}

/// A specialized kernel, not yet compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// Name of the shader file, used in labels and reports.
    pub file: &'static str,
    /// The specialized WGSL.
    pub wgsl: String,
    /// Whether the kernel reads (a, b) pairs (binding 3). The first layer's direct kernel does not.
    pub reads_norms: bool,
    /// Whether the input is a residual sum; see [`Spec::residual`].
    pub residual: Residual,
    /// Input channels of a weight block: 3 if the empty fourth channel is skipped, else 4.
    pub lanes: u32,
    /// Width and height, in pixels, of the grid cell that one entry of statistics covers.
    pub cell: [u32; 2],
    /// Pixels (`block`) and z-slices (`depth`) that one workgroup covers.
    block: [u32; 2],
    depth: u32,
}

impl Kernel {
    /// Returns the workgroup counts for a grid of `width` x `height` pixels.
    pub fn workgroups(&self, width: u32, height: u32) -> [u32; 3] {
        [width.div_ceil(self.block[0]), height.div_ceil(self.block[1]), self.depth]
    }

    /// Returns the number of entries of statistics per quad of channels and phase.
    pub fn cells(&self, width: u32, height: u32) -> u32 {
        width.div_ceil(self.cell[0]) * height.div_ceil(self.cell[1])
    }
}

impl Spec {
    /// Returns the convolution of `stage`. An enlargement becomes four phases of a 2x2 kernel.
    pub fn of(stage: &Stage) -> Self {
        let (c, enlarged) = (&stage.layer, stage.enlarged);
        Self {
            kernel: if enlarged { 2 } else { c.kernel as u32 },
            stride: c.stride as u32,
            pad: c.pad as u32,
            border: if enlarged { Border::Clamp } else { c.border },
            inputs: c.inputs as u32,
            outputs: c.outputs as u32,
            phases: if enlarged { 4 } else { 1 },
            residual: stage.residual,
        }
    }

    /// Returns the number of quads of input channels.
    pub fn in_quads(&self) -> u32 {
        self.inputs.div_ceil(4)
    }

    /// Returns the number of quads of output channels.
    pub fn out_quads(&self) -> u32 {
        self.outputs.div_ceil(4)
    }

    /// Returns the kernel of this convolution in `variant`.
    pub fn kernel(&self, variant: Variant) -> Kernel {
        match variant.family {
            Family::Direct => self.direct(variant.half),
            Family::Tiled(tile) => self.tiled(tile, variant.half),
        }
    }

    fn direct(&self, half: bool) -> Kernel {
        // A power of two that divides the number of quads, at most 4: more costs registers and compile time and gains
        // little.
        let quads = [4, 2, 1].into_iter().find(|q| self.out_quads().is_multiple_of(*q)).unwrap_or(1);
        // Fewer quads leave registers for more rows.
        let rows = if quads == 4 { 2 } else { 4 };
        let mut values = self.common_values();
        values.extend([("QUADS", quads), ("ROWS", rows)]);
        let centred = self.phases == 1 && self.border == Border::Reflect && self.pad == self.kernel / 2;
        let large = centred
            && self.stride == 1
            && self.kernel.is_multiple_of(3)
            && self.kernel > 3
            && self.residual == Residual::None;
        let picture = large && self.inputs == 3;
        let lanes = if picture { 3 } else { 4 };
        let (file, source) = if large {
            values.extend([("KERNEL", self.kernel), ("LANES", lanes)]);
            ("conv_large", CONV_LARGE)
        } else if centred && self.kernel == 3 && self.stride <= 2 {
            values.extend([("STRIDE", self.stride), ("COLUMNS", 7 * self.stride + 3)]);
            ("conv_direct", CONV_DIRECT)
        } else {
            values.extend([("KERNEL", self.kernel), ("STRIDE", self.stride), ("PAD", self.pad)]);
            ("conv_generic", CONV_GENERIC)
        };
        // The generic kernel reads residual sums and never writes them. Lowering requests a written sum only from other
        // kernels.
        debug_assert!(file != "conv_generic" || self.residual != Residual::Written);
        Kernel {
            file,
            wgsl: specialize(source, &values, half),
            reads_norms: !picture,
            residual: self.residual,
            lanes,
            cell: [8, rows],
            block: [64, 2 * rows],
            depth: self.out_quads() / quads * self.phases,
        }
    }

    fn tiled(&self, tile: Tile, half: bool) -> Kernel {
        // Two quads of 16-bit sums and a long run of inputs need more registers than 8 waves on AMD's RDNA2 allow.
        let crowded = half && (tile.pixels - 1) * self.stride + self.kernel > 12;
        let group = if self.out_quads().is_multiple_of(tile.group) && !crowded { tile.group } else { 1 };
        // Adjacent threads cover adjacent quads of channels: at most 8 threads. The remaining threads cover pixels.
        let beside = [8, 4, 2, 1].into_iter().find(|n| (self.out_quads() / group).is_multiple_of(*n)).unwrap_or(1);
        let columns = 64 / beside;
        let quad_bytes = if half { 8 } else { 16 };
        let patch = |pixels: u32| {
            let (across, down) = tile_threads(columns, pixels);
            ((across * pixels - 1) * self.stride + self.kernel) * ((down - 1) * self.stride + self.kernel) * quad_bytes
        };
        // With few channels, many threads cover pixels, and the halo of a wide tile may not fit: use fewer pixels per
        // thread.
        let pixels = [8, 4, 2, 1].into_iter().find(|p| *p <= tile.pixels && patch(*p) <= STAGED_BYTES).unwrap_or(1);
        let (across, down) = tile_threads(columns, pixels);
        let staged = (STAGED_BYTES / patch(pixels)).max(1);
        let slice = (1..=staged.min(self.in_quads())).rev().find(|s| self.in_quads().is_multiple_of(*s)).unwrap_or(1);
        let lanes = self.inputs.min(4);
        let mut values = self.common_values();
        values.extend([
            ("KERNEL", self.kernel),
            ("STRIDE", self.stride),
            ("PAD", self.pad),
            ("LANES", lanes),
            ("PIXELS", pixels),
            ("GROUP", group),
            ("ACROSS", across),
            ("DOWN", down),
            ("SLICE", slice),
            ("CARRY", u32::from(!half)),
        ]);
        Kernel {
            file: "conv_tiled",
            wgsl: specialize(CONV_TILED, &values, half),
            reads_norms: true,
            residual: self.residual,
            lanes,
            cell: [across * pixels, down],
            block: [across * pixels, down],
            depth: self.out_quads() / (beside * group) * self.phases,
        }
    }

    /// Returns the constants of `shared/conv.wgsl`, which all kernels import.
    fn common_values(&self) -> Vec<(&'static str, u32)> {
        vec![
            ("BORDER", u32::from(self.border == Border::Clamp)),
            ("PHASES", self.phases),
            ("IN_QUADS", self.in_quads()),
            ("OUT_QUADS", self.out_quads()),
            ("RESIDUAL", self.residual as u32),
        ]
    }
}

/// Bytes of workgroup memory for the input patch: half of the minimum that WebGPU guarantees, so that two workgroups
/// fit on a device that has only the minimum.
const STAGED_BYTES: u32 = 8192;

/// Returns the threads across and down a tile that is as square in pixels as `columns` allows.
fn tile_threads(columns: u32, pixels: u32) -> (u32, u32) {
    let mut across = 1;
    while across * pixels * across * 2 <= columns {
        across *= 2;
    }
    (across, columns / across)
}
