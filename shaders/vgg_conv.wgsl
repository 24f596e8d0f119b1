// Dense 3x3 convolution at stride 1 over a border of zeros, with bias and ReLU, for the networks of the studio: a thread makes
// 8 pixels of a row x QUADS quads of channels. Threads are counted along rows, so that small layers leave none idle, and all of
// a workgroup read the same weights. Twin: src/cpu/conv.rs with the bias and the ReLU of src/cpu/layers.rs.
//
// Tensors are burn's: [picture][channel][y][x]. Weights are [input][tap][output / 4], one vec4 each, rows of taps first. The
// tags `each` are for the specializer, src/gpu/wgsl.rs.

const QUADS: u32 = 1u;
const Q0: u32 = 0u; // number of a quad where the code is unrolled

struct Shape {
    width: u32,
    height: u32,
    inputs: u32,
    outputs: u32,
    out_quads: u32, // of weights and bias, a multiple of QUADS
    rectified: u32, // 1: ReLU
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> target_: array<f32>;
@group(0) @binding(4) var<storage, read> shape: Shape;

// Writes the first `count` pixels of a run of 8.
fn store(base: u32, count: u32, left: vec4<f32>, right: vec4<f32>) {
    target_[base] = left.x;
    if (count > 1u) { target_[base + 1u] = left.y; }
    if (count > 2u) { target_[base + 2u] = left.z; }
    if (count > 3u) { target_[base + 3u] = left.w; }
    if (count > 4u) { target_[base + 4u] = right.x; }
    if (count > 5u) { target_[base + 5u] = right.y; }
    if (count > 6u) { target_[base + 6u] = right.z; }
    if (count > 7u) { target_[base + 7u] = right.w; }
}

// Writes a quad of channels, those of them that there are; columns of `left` and `right` are pixels.
fn store_quad(quad: u32, picture: u32, pixel: u32, count: u32, left: mat4x4<f32>, right: mat4x4<f32>) {
    let low = vec4<f32>(select(-3.4e38, 0.0, shape.rectified == 1u));
    let near = transpose(left);
    let far = transpose(right);
    let plane = shape.width * shape.height;
    let channel = quad * 4u;
    let base = (picture * shape.outputs + channel) * plane + pixel;
    store(base, count, max(near[0], low), max(far[0], low));
    if (channel + 1u < shape.outputs) { store(base + plane, count, max(near[1], low), max(far[1], low)); }
    if (channel + 2u < shape.outputs) { store(base + 2u * plane, count, max(near[2], low), max(far[2], low)); }
    if (channel + 3u < shape.outputs) { store(base + 3u * plane, count, max(near[3], low), max(far[3], low)); }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let width = shape.width;
    let height = shape.height;
    let across = (width + 7u) / 8u;
    let x0 = id.x % across * 8u;
    let y = id.x / across;
    let first = id.y * QUADS;
    if (y >= height) {
        return;
    }
    let last = width - 1u;
    let inside_0 = x0 > 0u;
    let inside_2 = x0 + 1u < width;
    let inside_3 = x0 + 2u < width;
    let inside_4 = x0 + 3u < width;
    let inside_5 = x0 + 4u < width;
    let inside_6 = x0 + 5u < width;
    let inside_7 = x0 + 6u < width;
    let inside_8 = x0 + 7u < width;
    let inside_9 = x0 + 8u < width;
    let x_0 = max(x0, 1u) - 1u;
    let x_2 = min(x0 + 1u, last);
    let x_3 = min(x0 + 2u, last);
    let x_4 = min(x0 + 3u, last);
    let x_5 = min(x0 + 4u, last);
    let x_6 = min(x0 + 5u, last);
    let x_7 = min(x0 + 6u, last);
    let x_8 = min(x0 + 7u, last);
    let x_9 = min(x0 + 8u, last);
    let bias_q0 = bias[first + Q0]; // each QUADS
    var left_q0 = mat4x4<f32>(bias_q0, bias_q0, bias_q0, bias_q0); // each QUADS
    var right_q0 = mat4x4<f32>(bias_q0, bias_q0, bias_q0, bias_q0); // each QUADS
    for (var input = 0u; input < shape.inputs; input++) {
        let plane = (id.z * shape.inputs + input) * height;
        for (var ky = 0u; ky < 3u; ky++) {
            // Above the first row this wraps around, beyond every picture.
            let from_ = y + ky - 1u;
            if (from_ >= height) {
                continue;
            }
            let row = (plane + from_) * width;
            let v0 = select(0.0, source[row + x_0], inside_0);
            let v1 = source[row + x0];
            let v2 = select(0.0, source[row + x_2], inside_2);
            let v3 = select(0.0, source[row + x_3], inside_3);
            let v4 = select(0.0, source[row + x_4], inside_4);
            let v5 = select(0.0, source[row + x_5], inside_5);
            let v6 = select(0.0, source[row + x_6], inside_6);
            let v7 = select(0.0, source[row + x_7], inside_7);
            let v8 = select(0.0, source[row + x_8], inside_8);
            let v9 = select(0.0, source[row + x_9], inside_9);
            let w = (input * 9u + ky * 3u) * shape.out_quads + first;
            // each QUADS
            {
                let w0 = weights[w + Q0];
                let w1 = weights[w + shape.out_quads + Q0];
                let w2 = weights[w + 2u * shape.out_quads + Q0];
                left_q0 += mat4x4<f32>(
                    w0 * v0 + w1 * v1 + w2 * v2,
                    w0 * v1 + w1 * v2 + w2 * v3,
                    w0 * v2 + w1 * v3 + w2 * v4,
                    w0 * v3 + w1 * v4 + w2 * v5,
                );
                right_q0 += mat4x4<f32>(
                    w0 * v4 + w1 * v5 + w2 * v6,
                    w0 * v5 + w1 * v6 + w2 * v7,
                    w0 * v6 + w1 * v7 + w2 * v8,
                    w0 * v7 + w1 * v8 + w2 * v9,
                );
            }
            // end QUADS
        }
    }
    let count = min(8u, width - x0);
    let pixel = y * width + x0;
    // each QUADS
    if ((first + Q0) * 4u < shape.outputs) {
        store_quad(first + Q0, id.z, pixel, count, left_q0, right_q0);
    }
    // end QUADS
}
