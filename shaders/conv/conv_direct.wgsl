// Dense 3x3 convolution without workgroup memory: a thread computes 8 pixels x ROWS rows x QUADS quads of channels, so that a
// loaded weight is used for many pixels. For software adapters, where barriers are expensive and a load costs more than a dozen
// multiplications. Reference: src/reference/convolution.rs.
//
// Tensors are planar quads: [channel / 4][y][x], one vec4 each. The code is unrolled over taps, rows and quads, because some
// software adapters keep indexed arrays in memory. The tags `when` and `each` are directives of the specializer,
// src/gpu/preprocess.rs.

const STRIDE: u32 = 2u; // 1 or 2
const IN_QUADS: u32 = 8u;
const OUT_QUADS: u32 = 8u;
const QUADS: u32 = 1u;
const ROWS: u32 = 1u;
const RESIDUAL: u32 = 2u; // 1: the input is the sum of two tensors; 2: the sum is also written, at stride 1
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
@group(0) @binding(7) var<storage, read_write> sum: array<Quad>; // when RESIDUAL == 2

// Returns the coordinate reflected at the border. Coordinates of threads beyond the picture are clamped.
fn reflect_index(i: i32, n: u32) -> u32 {
    let last = i32(n) - 1;
    return u32(clamp(last - abs(last - abs(i)), 0, last));
}

// Returns the input at `i` after normalization, ReLU and, for a residual sum, addition of the skip branch.
fn load(i: u32, a: vec4<f32>, b: vec4<f32>, skip_a: vec4<f32>, skip_b: vec4<f32>) -> Quad {
    var v = max(vec4<f32>(source[i]) * a + b, vec4<f32>(shape.in_low));
    v += max(vec4<f32>(skip[i]) * skip_a + skip_b, vec4<f32>(shape.skip_low)); // when RESIDUAL >= 1
    return Quad(v);
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
    let x_0 = reflect_index(i32(x0 * STRIDE) + 0 - 1, shape.in_size.x);
    let x_1 = reflect_index(i32(x0 * STRIDE) + 1 - 1, shape.in_size.x);
    let x_2 = reflect_index(i32(x0 * STRIDE) + 2 - 1, shape.in_size.x);
    let x_3 = reflect_index(i32(x0 * STRIDE) + 3 - 1, shape.in_size.x);
    let x_4 = reflect_index(i32(x0 * STRIDE) + 4 - 1, shape.in_size.x);
    let x_5 = reflect_index(i32(x0 * STRIDE) + 5 - 1, shape.in_size.x);
    let x_6 = reflect_index(i32(x0 * STRIDE) + 6 - 1, shape.in_size.x);
    let x_7 = reflect_index(i32(x0 * STRIDE) + 7 - 1, shape.in_size.x);
    let x_8 = reflect_index(i32(x0 * STRIDE) + 8 - 1, shape.in_size.x);
    let x_9 = reflect_index(i32(x0 * STRIDE) + 9 - 1, shape.in_size.x);
    let x_10 = reflect_index(i32(x0 * STRIDE) + 10 - 1, shape.in_size.x); // when STRIDE == 2
    let x_11 = reflect_index(i32(x0 * STRIDE) + 11 - 1, shape.in_size.x); // when STRIDE == 2
    let x_12 = reflect_index(i32(x0 * STRIDE) + 12 - 1, shape.in_size.x); // when STRIDE == 2
    let x_13 = reflect_index(i32(x0 * STRIDE) + 13 - 1, shape.in_size.x); // when STRIDE == 2
    let x_14 = reflect_index(i32(x0 * STRIDE) + 14 - 1, shape.in_size.x); // when STRIDE == 2
    let x_15 = reflect_index(i32(x0 * STRIDE) + 15 - 1, shape.in_size.x); // when STRIDE == 2
    let x_16 = reflect_index(i32(x0 * STRIDE) + 16 - 1, shape.in_size.x); // when STRIDE == 2
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
        for (var ky = 0u; ky < 3u; ky++) {
            let w = (ky * IN_QUADS + quad) * 3u * OUT_QUADS + first;
            let w0_q0 = weights[w + Q0]; // each QUADS
            let w1_q0 = weights[w + OUT_QUADS + Q0]; // each QUADS
            let w2_q0 = weights[w + 2u * OUT_QUADS + Q0]; // each QUADS
            // each ROWS
            let row_r0 = (quad * shape.in_size.y + reflect_index(i32((y + R0) * STRIDE + ky) - 1, shape.in_size.y)) * shape.in_size.x;
            let v0_r0 = load(row_r0 + x_0, a, b, skip_a, skip_b);
            let v1_r0 = load(row_r0 + x_1, a, b, skip_a, skip_b);
            let v2_r0 = load(row_r0 + x_2, a, b, skip_a, skip_b);
            let v3_r0 = load(row_r0 + x_3, a, b, skip_a, skip_b);
            let v4_r0 = load(row_r0 + x_4, a, b, skip_a, skip_b);
            let v5_r0 = load(row_r0 + x_5, a, b, skip_a, skip_b);
            let v6_r0 = load(row_r0 + x_6, a, b, skip_a, skip_b);
            let v7_r0 = load(row_r0 + x_7, a, b, skip_a, skip_b);
            let v8_r0 = load(row_r0 + x_8, a, b, skip_a, skip_b);
            let v9_r0 = load(row_r0 + x_9, a, b, skip_a, skip_b);
            let v10_r0 = load(row_r0 + x_10, a, b, skip_a, skip_b); // when STRIDE == 2
            let v11_r0 = load(row_r0 + x_11, a, b, skip_a, skip_b); // when STRIDE == 2
            let v12_r0 = load(row_r0 + x_12, a, b, skip_a, skip_b); // when STRIDE == 2
            let v13_r0 = load(row_r0 + x_13, a, b, skip_a, skip_b); // when STRIDE == 2
            let v14_r0 = load(row_r0 + x_14, a, b, skip_a, skip_b); // when STRIDE == 2
            let v15_r0 = load(row_r0 + x_15, a, b, skip_a, skip_b); // when STRIDE == 2
            let v16_r0 = load(row_r0 + x_16, a, b, skip_a, skip_b); // when STRIDE == 2
            let near0_r0 = Window(v0_r0, v1_r0, v2_r0, v3_r0);
            let near1_r0 = Window(v1_r0, v2_r0, v3_r0, v4_r0);
            let near2_r0 = Window(v2_r0, v3_r0, v4_r0, v5_r0);
            let far0_r0 = Window(v4_r0, v5_r0, v6_r0, v7_r0);
            let far1_r0 = Window(v5_r0, v6_r0, v7_r0, v8_r0);
            let far2_r0 = Window(v6_r0, v7_r0, v8_r0, v9_r0);
            {
                let near0_r0 = Window(v0_r0, v2_r0, v4_r0, v6_r0); // when STRIDE == 2
                let near1_r0 = Window(v1_r0, v3_r0, v5_r0, v7_r0); // when STRIDE == 2
                let near2_r0 = Window(v2_r0, v4_r0, v6_r0, v8_r0); // when STRIDE == 2
                let far0_r0 = Window(v8_r0, v10_r0, v12_r0, v14_r0); // when STRIDE == 2
                let far1_r0 = Window(v9_r0, v11_r0, v13_r0, v15_r0); // when STRIDE == 2
                let far2_r0 = Window(v10_r0, v12_r0, v14_r0, v16_r0); // when STRIDE == 2
                left_r0_q0 += mat4x4<f32>(w0_q0 * near0_r0 + w1_q0 * near1_r0 + w2_q0 * near2_r0); // each QUADS
                right_r0_q0 += mat4x4<f32>(w0_q0 * far0_r0 + w1_q0 * far1_r0 + w2_q0 * far2_r0); // each QUADS
                if (id.z == 0u && ky == 1u && y + R0 < height) { // when RESIDUAL == 2
                    let centre = row_r0 + x0; // when RESIDUAL == 2
                    let rest = width - x0; // when RESIDUAL == 2
                    sum[centre] = v1_r0; // when RESIDUAL == 2
                    if (rest > 1u) { sum[centre + 1u] = v2_r0; } // when RESIDUAL == 2
                    if (rest > 2u) { sum[centre + 2u] = v3_r0; } // when RESIDUAL == 2
                    if (rest > 3u) { sum[centre + 3u] = v4_r0; } // when RESIDUAL == 2
                    if (rest > 4u) { sum[centre + 4u] = v5_r0; } // when RESIDUAL == 2
                    if (rest > 5u) { sum[centre + 5u] = v6_r0; } // when RESIDUAL == 2
                    if (rest > 6u) { sum[centre + 6u] = v7_r0; } // when RESIDUAL == 2
                    if (rest > 7u) { sum[centre + 7u] = v8_r0; } // when RESIDUAL == 2
                } // when RESIDUAL == 2
            }
            // end ROWS
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
