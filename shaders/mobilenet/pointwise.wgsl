// 1x1 convolution with its bias and, optionally, ReLU6 or a residual sum: the expansion and projection layers of MobileNetV2
// (Sandler et al. 2018). A thread computes 8 pixels x QUADS quads of channels, so that a loaded weight is used for 8 pixels and a
// loaded pixel for 4 * QUADS channels. Pixels are numbered linearly, independent of rows. Reference: convolution in
// src/reference/convolution.rs, bias in src/reference/layers.rs.

#import mobilenet

const QUADS: u32 = 1u; // divides the quads of output channels
const RESIDUAL: u32 = 1u; // 1: `skip` is added

alias Block = mat4x4<f32>; // weights: 4 inputs (columns) x 4 outputs
alias Window = mat4x4<f32>; // 4 pixels (columns) x 4 channels

@group(0) @binding(2) var<storage, read> weights: array<Block>; // [input quad][output quad]
@group(0) @binding(5) var<storage, read> skip: array<vec4<f32>>; // when RESIDUAL == 1

fn store(i: u32, value: vec4<f32>) {
    target_[i] = activated(value); // when RESIDUAL == 0
    target_[i] = activated(value) + skip[i]; // when RESIDUAL == 1
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
    let p_i0 = min(p + I0, pixels - 1u); // each 8 as i
    let b_q0 = bias[first + Q0]; // each QUADS as q
    var left_q0 = mat4x4<f32>(b_q0, b_q0, b_q0, b_q0); // each QUADS as q
    var right_q0 = left_q0; // each QUADS as q
    for (var quad = 0u; quad < shape.in_quads; quad++) {
        let base = quad * pixels;
        let near = Window(source[base + p_i0], source[base + p_i1], source[base + p_i2], source[base + p_i3]);
        let far = Window(source[base + p_i4], source[base + p_i5], source[base + p_i6], source[base + p_i7]);
        let w = quad * shape.out_quads + first;
        let w_q0 = weights[w + Q0]; // each QUADS as q
        left_q0 += w_q0 * near; // each QUADS as q
        right_q0 += w_q0 * far; // each QUADS as q
    }
    let count = pixels - p;
    // each QUADS as q
    let base_q0 = (first + Q0) * pixels + p;
    store(base_q0, left_q0[0]);
    if (count > 1u) { store(base_q0 + 1u, left_q0[1]); }
    if (count > 2u) { store(base_q0 + 2u, left_q0[2]); }
    if (count > 3u) { store(base_q0 + 3u, left_q0[3]); }
    if (count > 4u) { store(base_q0 + 4u, right_q0[0]); }
    if (count > 5u) { store(base_q0 + 5u, right_q0[1]); }
    if (count > 6u) { store(base_q0 + 6u, right_q0[2]); }
    if (count > 7u) { store(base_q0 + 7u, right_q0[3]); }
    // end each
}
