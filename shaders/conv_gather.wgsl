// Dense convolution of any kernel and stride, and nearest-neighbour enlargement by two followed by a 3x3 convolution (as four
// 2x2 convolutions on the small grid, one a PHASE, with summed weights: exact, 2.25 times fewer multiplies). Without workgroup
// memory: a thread makes 8 pixels x QUADS quads of channels. Twin: src/cpu/conv.rs.

const KERNEL: u32 = 3u;
const STRIDE: u32 = 2u;
const BORDER: u32 = 0u; // 0 reflects, 1 clamps
const PHASES: u32 = 1u; // 4: the output is twice as large as the grid of threads
const PAD: u32 = 1u;
const IN_QUADS: u32 = 8u;
const OUT_QUADS: u32 = 8u;
const QUADS: u32 = 4u;
const RESIDUAL: u32 = 1u; // 1: the input is the sum of two tensors

alias Quad = vec4<f32>; // as stored
alias Block = mat4x4<f32>; // weights: 4 inputs (columns) x 4 outputs
alias Window = mat4x4<f32>; // 4 pixels (columns) x 4 inputs

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_norm: u32, // where the input's (a, b) pairs begin in `norms`
    skip_norm: u32,
    in_low: f32, // lower bound after normalization: 0 for ReLU
    skip_low: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<Quad>;
@group(0) @binding(2) var<storage, read> weights: array<Block>;
@group(0) @binding(3) var<storage, read> norms: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<Quad>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> skip: array<Quad>; // when RESIDUAL >= 1

// The coordinate inside the picture that stands for `i`; threads beyond the picture stay inside it.
fn border_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    let mirrored = select(i, last - abs(last - abs(i)), BORDER == 0u);
    return u32(clamp(mirrored, 0, last));
}

// The input at (x, row), normalized, rectified and, in a residual sum, added to the skipped branch.
fn load(quad: u32, row: u32, x: i32) -> Quad {
    let i = row + border_index(x, shape.in_size.x);
    let n = shape.in_norm + 2u * quad;
    var v = max(vec4<f32>(source[i]) * norms[n] + norms[n + 1u], vec4<f32>(shape.in_low));
    let s = shape.skip_norm + 2u * quad; // when RESIDUAL >= 1
    v += max(vec4<f32>(skip[i]) * norms[s] + norms[s + 1u], vec4<f32>(shape.skip_low)); // when RESIDUAL >= 1
    return Quad(v);
}

// Writes a run of 8 pixels and its mean and centred sum of squares (for Chan's merge in norm.wgsl).
fn store(quad: u32, x0: u32, y: u32, phase: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    let width = shape.out_size.x;
    let count = min(8u, width - x0);
    let scale = select(1u, 2u, PHASES == 4u);
    let row = quad * shape.out_size.y * scale + y * scale + phase / 2u;
    let base = row * width * scale + x0 * scale + phase % 2u;
    target_[base] = Quad(left[0]);
    if (count > 1u) { target_[base + 1u * scale] = Quad(left[1]); }
    if (count > 2u) { target_[base + 2u * scale] = Quad(left[2]); }
    if (count > 3u) { target_[base + 3u * scale] = Quad(left[3]); }
    if (count > 4u) { target_[base + 4u * scale] = Quad(right[0]); }
    if (count > 5u) { target_[base + 5u * scale] = Quad(right[1]); }
    if (count > 6u) { target_[base + 6u * scale] = Quad(right[2]); }
    if (count > 7u) { target_[base + 7u * scale] = Quad(right[3]); }

    // 1 for the pixels inside the picture, 0 for those beyond it.
    let l = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
    let r = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(4u, 5u, 6u, 7u) < vec4<u32>(count));
    let mean = (left * l + right * r) / f32(count);
    let d0 = left[0] - mean;
    let d1 = left[1] - mean;
    let d2 = left[2] - mean;
    let d3 = left[3] - mean;
    let d4 = right[0] - mean;
    let d5 = right[1] - mean;
    let d6 = right[2] - mean;
    let d7 = right[3] - mean;
    let squares = mat4x4<f32>(d0 * d0, d1 * d1, d2 * d2, d3 * d3) * l + mat4x4<f32>(d4 * d4, d5 * d5, d6 * d6, d7 * d7) * r;
    let runs = (width + 7u) / 8u;
    let p = 2u * (((quad * PHASES + phase) * shape.out_size.y + y) * runs + x0 / 8u);
    partials[p] = mean;
    partials[p + 1u] = squares;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y;
    let groups = OUT_QUADS / QUADS;
    let phase = id.z / groups;
    let first = (id.z % groups) * QUADS;
    if (x0 >= shape.out_size.x || y >= shape.out_size.y) {
        return;
    }
    // Phase p of the enlargement reads taps p - 1 and p of the small grid.
    let left_edge = i32(x0 * STRIDE) - i32(PAD) + i32(phase % 2u);
    let top = i32(y * STRIDE) - i32(PAD) + i32(phase / 2u);
    var l0 = mat4x4<f32>();
    var r0 = mat4x4<f32>();
    var l1 = mat4x4<f32>(); // when QUADS >= 2
    var r1 = mat4x4<f32>(); // when QUADS >= 2
    var l2 = mat4x4<f32>(); // when QUADS >= 4
    var r2 = mat4x4<f32>(); // when QUADS >= 4
    var l3 = mat4x4<f32>(); // when QUADS >= 4
    var r3 = mat4x4<f32>(); // when QUADS >= 4
    for (var ky = 0u; ky < KERNEL; ky++) {
        let sy = border_index(top + i32(ky), shape.in_size.y);
        for (var quad = 0u; quad < IN_QUADS; quad++) {
            let row = (quad * shape.in_size.y + sy) * shape.in_size.x;
            for (var kx = 0u; kx < KERNEL; kx++) {
                let x = left_edge + i32(kx);
                let s = i32(STRIDE);
                let left = Window(load(quad, row, x), load(quad, row, x + s), load(quad, row, x + 2 * s), load(quad, row, x + 3 * s));
                let far = x + 4 * s;
                let right = Window(load(quad, row, far), load(quad, row, far + s), load(quad, row, far + 2 * s), load(quad, row, far + 3 * s));
                let b = (((phase * KERNEL + ky) * IN_QUADS + quad) * KERNEL + kx) * OUT_QUADS + first;
                let w = weights[b];
                l0 += mat4x4<f32>(w * left);
                r0 += mat4x4<f32>(w * right);
                let w1 = weights[b + 1u]; // when QUADS >= 2
                l1 += mat4x4<f32>(w1 * left); // when QUADS >= 2
                r1 += mat4x4<f32>(w1 * right); // when QUADS >= 2
                let w2 = weights[b + 2u]; // when QUADS >= 4
                l2 += mat4x4<f32>(w2 * left); // when QUADS >= 4
                r2 += mat4x4<f32>(w2 * right); // when QUADS >= 4
                let w3 = weights[b + 3u]; // when QUADS >= 4
                l3 += mat4x4<f32>(w3 * left); // when QUADS >= 4
                r3 += mat4x4<f32>(w3 * right); // when QUADS >= 4
            }
        }
    }
    store(first, x0, y, phase, l0, r0);
    store(first + 1u, x0, y, phase, l1, r1); // when QUADS >= 2
    store(first + 2u, x0, y, phase, l2, r2); // when QUADS >= 4
    store(first + 3u, x0, y, phase, l3, r3); // when QUADS >= 4
}
