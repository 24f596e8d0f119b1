// 1x1 convolution with its bias and, optionally, ReLU6 or a residual sum: the expansion and projection layers of MobileNetV2
// (Sandler et al. 2018). A thread computes 8 pixels x QUADS quads of channels, so that a loaded weight is used for 8 pixels and a
// loaded pixel for 4 * QUADS channels. Pixels are numbered linearly, independent of rows. Reference: convolution in
// src/reference/convolution.rs, bias in src/reference/layers.rs.

const QUADS: u32 = 1u; // divides the quads of output channels
const RELU6: u32 = 1u;
const RESIDUAL: u32 = 1u; // 1: `skip` is added
const Q0: u32 = 0u; // index of a quad in unrolled code

alias Block = mat4x4<f32>; // weights: 4 inputs (columns) x 4 outputs
alias Window = mat4x4<f32>; // 4 pixels (columns) x 4 channels

struct Shape {
    in_size: vec2<u32>,
    out_size: vec2<u32>,
    in_quads: u32,
    out_quads: u32,
    unused: vec2<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weights: array<Block>; // [input quad][output quad]
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> target_: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> skip: array<vec4<f32>>; // when RESIDUAL == 1

fn store(i: u32, value: vec4<f32>) {
    var v = value;
    v = clamp(v, vec4<f32>(0.0), vec4<f32>(6.0)); // when RELU6 == 1
    v += skip[i]; // when RESIDUAL == 1
    target_[i] = v;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixels = shape.out_size.x * shape.out_size.y;
    let p = id.x * 8u;
    let first = id.y * QUADS;
    if (p >= pixels || first >= shape.out_quads) {
        return;
    }
    // Pixels beyond the last are computed like the last and not stored.
    let p1 = min(p + 1u, pixels - 1u);
    let p2 = min(p + 2u, pixels - 1u);
    let p3 = min(p + 3u, pixels - 1u);
    let p4 = min(p + 4u, pixels - 1u);
    let p5 = min(p + 5u, pixels - 1u);
    let p6 = min(p + 6u, pixels - 1u);
    let p7 = min(p + 7u, pixels - 1u);
    let b_q0 = bias[first + Q0]; // each QUADS
    var left_q0 = mat4x4<f32>(b_q0, b_q0, b_q0, b_q0); // each QUADS
    var right_q0 = left_q0; // each QUADS
    for (var quad = 0u; quad < shape.in_quads; quad++) {
        let base = quad * pixels;
        let near = Window(source[base + p], source[base + p1], source[base + p2], source[base + p3]);
        let far = Window(source[base + p4], source[base + p5], source[base + p6], source[base + p7]);
        let w = quad * shape.out_quads + first;
        let w_q0 = weights[w + Q0]; // each QUADS
        left_q0 += w_q0 * near; // each QUADS
        right_q0 += w_q0 * far; // each QUADS
    }
    let count = pixels - p;
    // each QUADS
    let base_q0 = (first + Q0) * pixels + p;
    store(base_q0, left_q0[0]);
    if (count > 1u) { store(base_q0 + 1u, left_q0[1]); }
    if (count > 2u) { store(base_q0 + 2u, left_q0[2]); }
    if (count > 3u) { store(base_q0 + 3u, left_q0[3]); }
    if (count > 4u) { store(base_q0 + 4u, right_q0[0]); }
    if (count > 5u) { store(base_q0 + 5u, right_q0[1]); }
    if (count > 6u) { store(base_q0 + 6u, right_q0[2]); }
    if (count > 7u) { store(base_q0 + 7u, right_q0[3]); }
    // end QUADS
}
