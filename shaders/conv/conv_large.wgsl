// Dense convolution of stride 1 with a large kernel, for the last layer. Like conv_direct.wgsl, but processes the taps of a row
// in groups of three. Reference: src/reference/convolution.rs.

const KERNEL: u32 = 9u; // a multiple of three
const IN_QUADS: u32 = 1u;
const OUT_QUADS: u32 = 1u;
const QUADS: u32 = 1u;
const ROWS: u32 = 1u;
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

// Returns the coordinate reflected at the border. Coordinates of threads beyond the picture are clamped.
fn reflect_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    return u32(clamp(last - abs(last - abs(i)), 0, last));
}

// Returns the input at `i` after normalization and ReLU.
fn load(i: u32, a: vec4<f32>, b: vec4<f32>) -> Quad {
    return Quad(max(vec4<f32>(source[i]) * a + b, vec4<f32>(shape.in_low)));
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

// Returns the squared distances from the mean, summed over the pixels with weights `inside` (1 inside the picture, 0 beyond it).
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
    for (var quad = 0u; quad < IN_QUADS; quad++) {
        let n = shape.in_norm + 2u * quad;
        let a = norms[n];
        let b = norms[n + 1u];
        for (var ky = 0u; ky < KERNEL; ky++) {
            var x = i32(x0) - pad;
            let x_0 = reflect_index(x + 0, shape.in_size.x);
            let x_1 = reflect_index(x + 1, shape.in_size.x);
            let x_2 = reflect_index(x + 2, shape.in_size.x);
            let x_3 = reflect_index(x + 3, shape.in_size.x);
            let x_4 = reflect_index(x + 4, shape.in_size.x);
            let x_5 = reflect_index(x + 5, shape.in_size.x);
            let x_6 = reflect_index(x + 6, shape.in_size.x);
            // each ROWS
            let row_r0 = (quad * shape.in_size.y + reflect_index(i32(y + R0 + ky) - pad, shape.in_size.y)) * shape.in_size.x;
            var v0_r0 = load(row_r0 + x_0, a, b);
            var v1_r0 = load(row_r0 + x_1, a, b);
            var v2_r0 = load(row_r0 + x_2, a, b);
            var v3_r0 = load(row_r0 + x_3, a, b);
            var v4_r0 = load(row_r0 + x_4, a, b);
            var v5_r0 = load(row_r0 + x_5, a, b);
            var v6_r0 = load(row_r0 + x_6, a, b);
            // end ROWS
            for (var kx = 0u; kx < KERNEL; kx += 3u) {
                let w = ((ky * IN_QUADS + quad) * KERNEL + kx) * OUT_QUADS + first;
                let w0_q0 = weights[w + Q0]; // each QUADS
                let w1_q0 = weights[w + OUT_QUADS + Q0]; // each QUADS
                let w2_q0 = weights[w + 2u * OUT_QUADS + Q0]; // each QUADS
                let x_7 = reflect_index(x + 7, shape.in_size.x);
                let x_8 = reflect_index(x + 8, shape.in_size.x);
                let x_9 = reflect_index(x + 9, shape.in_size.x);
                // each ROWS
                let v7_r0 = load(row_r0 + x_7, a, b);
                let v8_r0 = load(row_r0 + x_8, a, b);
                let v9_r0 = load(row_r0 + x_9, a, b);
                let near0_r0 = Window(v0_r0, v1_r0, v2_r0, v3_r0);
                let near1_r0 = Window(v1_r0, v2_r0, v3_r0, v4_r0);
                let near2_r0 = Window(v2_r0, v3_r0, v4_r0, v5_r0);
                let far0_r0 = Window(v4_r0, v5_r0, v6_r0, v7_r0);
                let far1_r0 = Window(v5_r0, v6_r0, v7_r0, v8_r0);
                let far2_r0 = Window(v6_r0, v7_r0, v8_r0, v9_r0);
                left_r0_q0 += mat4x4<f32>(w0_q0 * near0_r0 + w1_q0 * near1_r0 + w2_q0 * near2_r0); // each QUADS
                right_r0_q0 += mat4x4<f32>(w0_q0 * far0_r0 + w1_q0 * far1_r0 + w2_q0 * far2_r0); // each QUADS
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
    }

    // Mean and centred sum of squares of this thread's pixels, for Chan's merge in instance_norm_fold.wgsl.
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
