// The first convolution: 3 channels in, a large kernel, stride 1, reflected border, no normalization before it. As
// conv_direct.wgsl, but three inputs wide, so that the empty fourth channel costs nothing. Twin: src/cpu/conv.rs.

const KERNEL: u32 = 9u; // a multiple of three
const OUT_QUADS: u32 = 8u;
const QUADS: u32 = 4u;

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

// Writes a run of 8 pixels and its mean and centred sum of squares (for Chan's merge in norm.wgsl).
fn store(quad: u32, x0: u32, y: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    let width = shape.out_size.x;
    let count = min(8u, width - x0);
    let base = (quad * shape.out_size.y + y) * width + x0;
    target_[base] = Quad(left[0]);
    if (count > 1u) { target_[base + 1u] = Quad(left[1]); }
    if (count > 2u) { target_[base + 2u] = Quad(left[2]); }
    if (count > 3u) { target_[base + 3u] = Quad(left[3]); }
    if (count > 4u) { target_[base + 4u] = Quad(right[0]); }
    if (count > 5u) { target_[base + 5u] = Quad(right[1]); }
    if (count > 6u) { target_[base + 6u] = Quad(right[2]); }
    if (count > 7u) { target_[base + 7u] = Quad(right[3]); }

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
    let p = 2u * ((quad * shape.out_size.y + y) * runs + x0 / 8u);
    partials[p] = mean;
    partials[p + 1u] = squares;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 8u;
    let y = id.y;
    let first = id.z * QUADS;
    if (x0 >= shape.out_size.x || y >= shape.out_size.y) {
        return;
    }
    let pad = i32(KERNEL / 2u);
    var l0 = mat4x4<f32>();
    var r0 = mat4x4<f32>();
    var l1 = mat4x4<f32>(); // when QUADS >= 2
    var r1 = mat4x4<f32>(); // when QUADS >= 2
    var l2 = mat4x4<f32>(); // when QUADS >= 4
    var r2 = mat4x4<f32>(); // when QUADS >= 4
    var l3 = mat4x4<f32>(); // when QUADS >= 4
    var r3 = mat4x4<f32>(); // when QUADS >= 4
    for (var ky = 0u; ky < KERNEL; ky++) {
        let sy = reflect_index(i32(y + ky) - pad, shape.in_size.y);
        let row = sy * shape.in_size.x;
        var x = i32(x0) - pad;
        var v0 = load(row, x);
        var v1 = load(row, x + 1);
        var v2 = load(row, x + 2);
        var v3 = load(row, x + 3);
        var v4 = load(row, x + 4);
        var v5 = load(row, x + 5);
        var v6 = load(row, x + 6);
        for (var kx = 0u; kx < KERNEL; kx += 3u) {
            let v7 = load(row, x + 7);
            let v8 = load(row, x + 8);
            let v9 = load(row, x + 9);
            let a = Window(v0, v1, v2, v3);
            let b = Window(v1, v2, v3, v4);
            let c = Window(v2, v3, v4, v5);
            let d = Window(v4, v5, v6, v7);
            let e = Window(v5, v6, v7, v8);
            let f = Window(v6, v7, v8, v9);
            let w = (ky * KERNEL + kx) * OUT_QUADS + first;
            l0 += mat4x4<f32>(weights[w] * a + weights[w + OUT_QUADS] * b + weights[w + 2u * OUT_QUADS] * c);
            r0 += mat4x4<f32>(weights[w] * d + weights[w + OUT_QUADS] * e + weights[w + 2u * OUT_QUADS] * f);
            let w1 = w + 1u; // when QUADS >= 2
            l1 += mat4x4<f32>(weights[w1] * a + weights[w1 + OUT_QUADS] * b + weights[w1 + 2u * OUT_QUADS] * c); // when QUADS >= 2
            r1 += mat4x4<f32>(weights[w1] * d + weights[w1 + OUT_QUADS] * e + weights[w1 + 2u * OUT_QUADS] * f); // when QUADS >= 2
            let w2 = w + 2u; // when QUADS >= 4
            l2 += mat4x4<f32>(weights[w2] * a + weights[w2 + OUT_QUADS] * b + weights[w2 + 2u * OUT_QUADS] * c); // when QUADS >= 4
            r2 += mat4x4<f32>(weights[w2] * d + weights[w2 + OUT_QUADS] * e + weights[w2 + 2u * OUT_QUADS] * f); // when QUADS >= 4
            let w3 = w + 3u; // when QUADS >= 4
            l3 += mat4x4<f32>(weights[w3] * a + weights[w3 + OUT_QUADS] * b + weights[w3 + 2u * OUT_QUADS] * c); // when QUADS >= 4
            r3 += mat4x4<f32>(weights[w3] * d + weights[w3 + OUT_QUADS] * e + weights[w3 + 2u * OUT_QUADS] * f); // when QUADS >= 4
            x += 3;
            v0 = v3;
            v1 = v4;
            v2 = v5;
            v3 = v6;
            v4 = v7;
            v5 = v8;
            v6 = v9;
        }
    }
    store(first, x0, y, l0, r0);
    store(first + 1u, x0, y, l1, r1); // when QUADS >= 2
    store(first + 2u, x0, y, l2, r2); // when QUADS >= 4
    store(first + 3u, x0, y, l3, r3); // when QUADS >= 4
}
