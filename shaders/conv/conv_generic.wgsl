// Dense convolution of any kernel and stride, or nearest-neighbour enlargement by two followed by a 3x3 convolution (as four 2x2
// convolutions on the input grid, one per phase, with summed weights: exact, 2.25 times fewer multiplies). Without workgroup
// memory: a thread computes 8 pixels x ROWS rows x QUADS quads of channels, as in conv_direct.wgsl.
// Reference: src/reference/convolution.rs.

const KERNEL: u32 = 3u;
const STRIDE: u32 = 2u;
const BORDER: u32 = 0u; // 0: reflect, 1: clamp
const PHASES: u32 = 1u; // 4: the output has twice the size of the thread grid
const PAD: u32 = 1u;
const IN_QUADS: u32 = 8u;
const OUT_QUADS: u32 = 8u;
const QUADS: u32 = 1u;
const ROWS: u32 = 1u;
const RESIDUAL: u32 = 1u; // 1: the input is the sum of two tensors
const Q0: u32 = 0u; // index of a quad (Q0) and of a row (R0) in unrolled code
const R0: u32 = 0u;

alias Quad = vec4<f32>; // storage type
alias Block = mat4x4<f32>; // weights: 4 inputs (columns) x 4 outputs
alias Window = mat4x4<f32>; // 4 pixels (columns) x 4 inputs

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_norm: u32, // offset of the input's (a, b) pairs in `norms`
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

// Returns the coordinate in the picture whose value is used at `i`. Coordinates of threads beyond the picture are clamped.
fn border_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    let mirrored = select(i, last - abs(last - abs(i)), BORDER == 0u);
    return u32(clamp(mirrored, 0, last));
}

// Returns the input at `i` after normalization, ReLU and, for a residual sum, addition of the skip branch.
fn load(i: u32, a: vec4<f32>, b: vec4<f32>, skip_a: vec4<f32>, skip_b: vec4<f32>) -> Quad {
    var v = max(vec4<f32>(source[i]) * a + b, vec4<f32>(shape.in_low));
    v += max(vec4<f32>(skip[i]) * skip_a + skip_b, vec4<f32>(shape.skip_low)); // when RESIDUAL >= 1
    return Quad(v);
}

// Writes the first `count` pixels of a run of 8, at distance `step`.
fn store(base: u32, step: u32, count: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    target_[base] = Quad(left[0]);
    if (count > 1u) { target_[base + 1u * step] = Quad(left[1]); }
    if (count > 2u) { target_[base + 2u * step] = Quad(left[2]); }
    if (count > 3u) { target_[base + 3u * step] = Quad(left[3]); }
    if (count > 4u) { target_[base + 4u * step] = Quad(right[0]); }
    if (count > 5u) { target_[base + 5u * step] = Quad(right[1]); }
    if (count > 6u) { target_[base + 6u * step] = Quad(right[2]); }
    if (count > 7u) { target_[base + 7u * step] = Quad(right[3]); }
}

// Returns the squared distances from the mean, summed over the pixels with weights `inside` (1 inside the picture, 0 beyond it).
fn spread(pixels: mat4x4<f32>, mean: vec4<f32>, inside: vec4<f32>) -> vec4<f32> {
    let d = pixels - mat4x4<f32>(mean, mean, mean, mean);
    return mat4x4<f32>(d[0] * d[0], d[1] * d[1], d[2] * d[2], d[3] * d[3]) * inside;
}

@compute @workgroup_size(8, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y * ROWS;
    let groups = OUT_QUADS / QUADS;
    let phase = id.z / groups;
    let first = (id.z % groups) * QUADS;
    let width = shape.out_size.x;
    let height = shape.out_size.y;
    if (x0 >= width || y >= height) {
        return;
    }
    // Phase p of the enlargement reads taps p - 1 and p of the input grid.
    let left_edge = i32(x0 * STRIDE) - i32(PAD) + i32(phase % 2u);
    let step = i32(STRIDE);
    var left_r0_q0 = mat4x4<f32>(); // each ROWS and QUADS
    var right_r0_q0 = mat4x4<f32>(); // each ROWS and QUADS
    for (var quad = 0u; quad < IN_QUADS; quad++) {
        let n = shape.in_norm + 2u * quad;
        let a = norms[n];
        let b = norms[n + 1u];
        var skip_a = a;
        var skip_b = b;
        skip_a = norms[shape.skip_norm + 2u * quad]; // when RESIDUAL >= 1
        skip_b = norms[shape.skip_norm + 2u * quad + 1u]; // when RESIDUAL >= 1
        for (var ky = 0u; ky < KERNEL; ky++) {
            let top = i32(ky + phase / 2u) - i32(PAD);
            let row_r0 = (quad * shape.in_size.y + border_index(i32((y + R0) * STRIDE) + top, shape.in_size.y)) * shape.in_size.x; // each ROWS
            for (var kx = 0u; kx < KERNEL; kx++) {
                let w = (((phase * KERNEL + ky) * IN_QUADS + quad) * KERNEL + kx) * OUT_QUADS + first;
                let w_q0 = weights[w + Q0]; // each QUADS
                let x = left_edge + i32(kx);
                let x_0 = border_index(x + 0 * step, shape.in_size.x);
                let x_1 = border_index(x + 1 * step, shape.in_size.x);
                let x_2 = border_index(x + 2 * step, shape.in_size.x);
                let x_3 = border_index(x + 3 * step, shape.in_size.x);
                let x_4 = border_index(x + 4 * step, shape.in_size.x);
                let x_5 = border_index(x + 5 * step, shape.in_size.x);
                let x_6 = border_index(x + 6 * step, shape.in_size.x);
                let x_7 = border_index(x + 7 * step, shape.in_size.x);
                // each ROWS
                let v0_r0 = load(row_r0 + x_0, a, b, skip_a, skip_b);
                let v1_r0 = load(row_r0 + x_1, a, b, skip_a, skip_b);
                let v2_r0 = load(row_r0 + x_2, a, b, skip_a, skip_b);
                let v3_r0 = load(row_r0 + x_3, a, b, skip_a, skip_b);
                let v4_r0 = load(row_r0 + x_4, a, b, skip_a, skip_b);
                let v5_r0 = load(row_r0 + x_5, a, b, skip_a, skip_b);
                let v6_r0 = load(row_r0 + x_6, a, b, skip_a, skip_b);
                let v7_r0 = load(row_r0 + x_7, a, b, skip_a, skip_b);
                let near_r0 = Window(v0_r0, v1_r0, v2_r0, v3_r0);
                let far_r0 = Window(v4_r0, v5_r0, v6_r0, v7_r0);
                left_r0_q0 += mat4x4<f32>(w_q0 * near_r0); // each QUADS
                right_r0_q0 += mat4x4<f32>(w_q0 * far_r0); // each QUADS
                // end ROWS
            }
        }
    }

    // Mean and centred sum of squares of this thread's pixels, for Chan's merge in instance_norm_fold.wgsl.
    let count = min(8u, width - x0);
    let pixels = f32(count * min(ROWS, height - y));
    let inside_left = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
    let inside_right = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(4u, 5u, 6u, 7u) < vec4<u32>(count));
    let scale = select(1u, 2u, PHASES == 4u);
    var mean_q0 = vec4<f32>(); // each QUADS
    var squares_q0 = vec4<f32>(); // each QUADS
    // each ROWS
    if (y + R0 < height) {
        mean_q0 += (left_r0_q0 * inside_left + right_r0_q0 * inside_right) / pixels; // each QUADS
        let row_q0 = ((first + Q0) * height + y + R0) * scale + phase / 2u; // each QUADS
        store((row_q0 * width + x0) * scale + phase % 2u, scale, count, left_r0_q0, right_r0_q0); // each QUADS
    }
    // end ROWS
    // each ROWS
    if (y + R0 < height) {
        squares_q0 += spread(left_r0_q0, mean_q0, inside_left) + spread(right_r0_q0, mean_q0, inside_right); // each QUADS
    }
    // end ROWS
    let across = (width + 7u) / 8u;
    let down = (height + ROWS - 1u) / ROWS;
    let p = 2u * (((first * PHASES + phase) * down + id.y) * across + id.x);
    partials[p + 2u * Q0 * PHASES * down * across] = mean_q0; // each QUADS
    partials[p + 2u * Q0 * PHASES * down * across + 1u] = squares_q0; // each QUADS
}
