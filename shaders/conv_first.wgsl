// The first convolution: 3 channels in, a large kernel, stride 1, reflected border, no normalization before it. As
// conv_direct.wgsl, but three inputs wide, so that the empty fourth channel costs nothing. Twin: src/cpu/conv.rs.

const KERNEL: u32 = 9u; // a multiple of three
const OUT_QUADS: u32 = 8u;
const QUADS: u32 = 1u;
const ROWS: u32 = 1u;
const Q0: u32 = 0u; // number of a quad and of a row where the code is unrolled
const R0: u32 = 0u;

alias Quad = vec4<f32>; // as stored
alias Block = mat3x4<f32>; // weights: 3 inputs (columns) x 4 outputs
alias Window = mat4x3<f32>; // 4 pixels (columns) x 3 inputs
alias Texel = vec3<f32>;

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
@group(0) @binding(4) var<storage, read_write> target_: array<Quad>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4<f32>>;

// Mirrored at the border; threads beyond the picture stay inside it.
fn reflect_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    return u32(clamp(last - abs(last - abs(i)), 0, last));
}

fn load(row: u32, x: i32) -> Texel {
    return source[row + reflect_index(x, shape.in_size.x)].xyz;
}

// Writes the first `count` pixels of a run of 8.
fn store(base: u32, count: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    target_[base] = Quad(left[0]);
    if (count > 1u) { target_[base + 1u] = Quad(left[1]); }
    if (count > 2u) { target_[base + 2u] = Quad(left[2]); }
    if (count > 3u) { target_[base + 3u] = Quad(left[3]); }
    if (count > 4u) { target_[base + 4u] = Quad(right[0]); }
    if (count > 5u) { target_[base + 5u] = Quad(right[1]); }
    if (count > 6u) { target_[base + 6u] = Quad(right[2]); }
    if (count > 7u) { target_[base + 7u] = Quad(right[3]); }
}

// Squared distances from the mean, summed over the pixels that count (1 inside the picture, 0 beyond it).
fn spread(pixels: mat4x4<f32>, mean: vec4<f32>, inside: vec4<f32>) -> vec4<f32> {
    let d = pixels - mat4x4<f32>(mean, mean, mean, mean);
    return mat4x4<f32>(d[0] * d[0], d[1] * d[1], d[2] * d[2], d[3] * d[3]) * inside;
}

@compute @workgroup_size(8, 2)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y * ROWS;
    let first = id.z * QUADS;
    let width = shape.out_size.x;
    let height = shape.out_size.y;
    if (x0 >= width || y >= height) {
        return;
    }
    let pad = i32(KERNEL / 2u);
    var left_r0_q0 = mat4x4<f32>(); // each ROWS and QUADS
    var right_r0_q0 = mat4x4<f32>(); // each ROWS and QUADS
    for (var ky = 0u; ky < KERNEL; ky++) {
        var x = i32(x0) - pad;
        // each ROWS
        let row_r0 = reflect_index(i32(y + R0 + ky) - pad, shape.in_size.y) * shape.in_size.x;
        var v0_r0 = load(row_r0, x);
        var v1_r0 = load(row_r0, x + 1);
        var v2_r0 = load(row_r0, x + 2);
        var v3_r0 = load(row_r0, x + 3);
        var v4_r0 = load(row_r0, x + 4);
        var v5_r0 = load(row_r0, x + 5);
        var v6_r0 = load(row_r0, x + 6);
        // end ROWS
        for (var kx = 0u; kx < KERNEL; kx += 3u) {
            let w = (ky * KERNEL + kx) * OUT_QUADS + first;
            let w0_q0 = weights[w + Q0]; // each QUADS
            let w1_q0 = weights[w + OUT_QUADS + Q0]; // each QUADS
            let w2_q0 = weights[w + 2u * OUT_QUADS + Q0]; // each QUADS
            // each ROWS
            let v7_r0 = load(row_r0, x + 7);
            let v8_r0 = load(row_r0, x + 8);
            let v9_r0 = load(row_r0, x + 9);
            let a_r0 = Window(v0_r0, v1_r0, v2_r0, v3_r0);
            let b_r0 = Window(v1_r0, v2_r0, v3_r0, v4_r0);
            let c_r0 = Window(v2_r0, v3_r0, v4_r0, v5_r0);
            let d_r0 = Window(v4_r0, v5_r0, v6_r0, v7_r0);
            let e_r0 = Window(v5_r0, v6_r0, v7_r0, v8_r0);
            let f_r0 = Window(v6_r0, v7_r0, v8_r0, v9_r0);
            left_r0_q0 += mat4x4<f32>(w0_q0 * a_r0 + w1_q0 * b_r0 + w2_q0 * c_r0); // each QUADS
            right_r0_q0 += mat4x4<f32>(w0_q0 * d_r0 + w1_q0 * e_r0 + w2_q0 * f_r0); // each QUADS
            v0_r0 = v3_r0;
            v1_r0 = v4_r0;
            v2_r0 = v5_r0;
            v3_r0 = v6_r0;
            v4_r0 = v7_r0;
            v5_r0 = v8_r0;
            v6_r0 = v9_r0;
            // end ROWS
            x += 3;
        }
    }

    // Mean and centred sum of squares of the pixels made here, for Chan's merge in norm.wgsl.
    let count = min(8u, width - x0);
    let pixels = f32(count * min(ROWS, height - y));
    let inside_left = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
    let inside_right = select(vec4<f32>(0.0), vec4<f32>(1.0), vec4<u32>(4u, 5u, 6u, 7u) < vec4<u32>(count));
    var mean_q0 = vec4<f32>(); // each QUADS
    var squares_q0 = vec4<f32>(); // each QUADS
    // each ROWS
    if (y + R0 < height) {
        mean_q0 += (left_r0_q0 * inside_left + right_r0_q0 * inside_right) / pixels; // each QUADS
        store(((first + Q0) * height + y + R0) * width + x0, count, left_r0_q0, right_r0_q0); // each QUADS
    }
    // end ROWS
    // each ROWS
    if (y + R0 < height) {
        squares_q0 += spread(left_r0_q0, mean_q0, inside_left) + spread(right_r0_q0, mean_q0, inside_right); // each QUADS
    }
    // end ROWS
    let across = (width + 7u) / 8u;
    let down = (height + ROWS - 1u) / ROWS;
    let p = 2u * ((first * down + id.y) * across + id.x);
    partials[p + 2u * Q0 * down * across] = mean_q0; // each QUADS
    partials[p + 2u * Q0 * down * across + 1u] = squares_q0; // each QUADS
}
