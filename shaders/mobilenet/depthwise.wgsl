// Depthwise 3x3 convolution with zero padding, its bias and ReLU6 (Howard et al. 2017, "MobileNets"). A thread computes 4 pixels
// of a row of one quad of channels. Reference: depthwise in src/reference/convolution.rs, bias in src/reference/layers.rs.

#import mobilenet

const STRIDE: u32 = 1u; // 1 or 2
const PAD: u32 = 1u; // zeros before the first row and column; after the last, as many as are read

@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>; // [quad][ky][kx]

// Returns the pixel at `x` of the row that begins at `row`, or zeros beyond its ends.
fn load(row: u32, x: i32) -> vec4<f32> {
    let inside = x >= 0 && x < i32(shape.in_size.x);
    let v = source[row + u32(clamp(x, 0, i32(shape.in_size.x) - 1))];
    return select(vec4<f32>(), v, inside);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x0 = id.x * 4u;
    let quad = id.z;
    if (x0 >= shape.out_size.x || id.y >= shape.out_size.y) {
        return;
    }
    let x = i32(x0 * STRIDE) - i32(PAD);
    var s0 = bias[quad];
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (var ky = 0u; ky < 3u; ky++) {
        let y = i32(id.y * STRIDE + ky) - i32(PAD);
        if (y < 0 || y >= i32(shape.in_size.y)) {
            continue;
        }
        let row = (quad * shape.in_size.y + u32(y)) * shape.in_size.x;
        let w = (quad * 3u + ky) * 3u;
        let w_t0 = weights[w + T0]; // each 3 as t
        // when STRIDE == 1
        let v_c0 = load(row, x + i32(C0)); // each 6 as c
        s1 += w_t0 * v_c1 + w_t1 * v_c2 + w_t2 * v_c3;
        s2 += w_t0 * v_c2 + w_t1 * v_c3 + w_t2 * v_c4;
        s3 += w_t0 * v_c3 + w_t1 * v_c4 + w_t2 * v_c5;
        // end when
        // when STRIDE == 2
        let v_c0 = load(row, x + i32(C0)); // each 9 as c
        s1 += w_t0 * v_c2 + w_t1 * v_c3 + w_t2 * v_c4;
        s2 += w_t0 * v_c4 + w_t1 * v_c5 + w_t2 * v_c6;
        s3 += w_t0 * v_c6 + w_t1 * v_c7 + w_t2 * v_c8;
        // end when
        s0 += w_t0 * v_c0 + w_t1 * v_c1 + w_t2 * v_c2;
    }
    let base = (quad * shape.out_size.y + id.y) * shape.out_size.x + x0;
    let count = shape.out_size.x - x0;
    target_[base] = activated(s0);
    if (count > 1u) { target_[base + 1u] = activated(s1); }
    if (count > 2u) { target_[base + 2u] = activated(s2); }
    if (count > 3u) { target_[base + 3u] = activated(s3); }
}
